/*
 * Choosing the database: see database.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/database.h"
#include "change/after_release.h"
#include "change/layout.h"

static const struct config_database *find_database(const struct config_environment *environment,
                                                   const char *name)
{
    for (size_t i = 0; environment != NULL && i < environment->n_databases; i++) {
        if (strcmp(environment->databases[i].name, name) == 0)
            return &environment->databases[i];
    }
    return NULL;
}

static bool fail_which(const struct config_environment *environment, struct error *err)
{
    SCRATCH(tmp);
    char *names = mem_strdup(tmp, "");
    for (size_t i = 0; i < environment->n_databases; i++)
        names = mem_printf(tmp, "%s%s%s", names, i ? ", " : "", environment->databases[i].name);
    error_set(err, ERROR_USAGE, "environment '%s' has %zu databases", environment->name,
              environment->n_databases);
    return error_hint(err, "name one with --database: %s", names);
}

static bool fail_none(const struct config *config, struct error *err)
{
    error_set(err, ERROR_USAGE, "no database is named%s%s", config->path ? " in " : "",
              config->path ? config->path : "");
    return error_hint(err, "give --database URL, or write database: {url: …} into tminus.yaml");
}

static bool choose_configured(const struct config *config,
                              const struct config_environment *environment,
                              struct database_choice *choice, struct error *err)
{
    if (environment == NULL || environment->n_databases == 0)
        return fail_none(config, err);
    if (environment->n_databases > 1)
        return fail_which(environment, err);
    choice->database = &environment->databases[0];
    return true;
}

bool database_choose(TALLOC_CTX *mem, const struct options *options, const char *given,
                     struct database_choice *out, struct error *err)
{
    struct database_choice choice = {
        .environment_name = options->environment,
        .phase = options->is_after_release ? PHASE_AFTER_RELEASE : PHASE_BEFORE_RELEASE,
    };
    const char *slot;
    TRY(config_read(mem, options->config_path, true, &choice.config, err));
    // A URL on the command line needs no environment, unless one is asked for.
    bool needs_environment = given == NULL || options->environment != NULL;
    if (choice.config->n_environments > 0 && needs_environment)
        TRY(config_environment(choice.config, options->environment, &choice.environment, &slot,
                               err));
    else if (choice.config->n_environments == 1)
        choice.environment = &choice.config->environments[0];
    TRY(config_check_slot(choice.config, choice.environment, options->slot, err));
    if (choice.environment != NULL)
        choice.environment_name = choice.environment->name;
    choice.database = given ? find_database(choice.environment, given) : NULL;
    if (given == NULL)
        TRY(choose_configured(choice.config, choice.environment, &choice, err));
    choice.url = choice.database ? choice.database->url : secret_make(mem, given);
    if (choice.url == NULL)
        return fail_none(choice.config, err);
    *out = choice;
    return true;
}

const char *database_name_among(const struct database_choice *choice)
{
    bool is_one_of_several = choice->environment != NULL && choice->database != NULL &&
                             choice->environment->n_databases > 1;
    return is_one_of_several ? choice->database->name : NULL;
}

bool database_has_migrations(const struct database_choice *choice)
{
    return choice->database != NULL && choice->database->migrations != NULL;
}

static bool find_layout(const struct database_choice *choice, const struct migration_layout **out,
                        struct error *err)
{
    const struct config_database *database = choice->database;

    *out = NULL;
    if (database == NULL || database->layout == NULL)
        return true;
    *out = layout_find(database->layout);
    if (*out != NULL)
        return true;
    return error_set(err, ERROR_CONFIG, "%s: unknown layout '%s'", choice->config->path,
                     database->layout);
}

static bool check_phase(const struct database_choice *choice, size_t n_paths, struct error *err)
{
    const struct config_database *database = choice->database;

    if (choice->phase != PHASE_AFTER_RELEASE)
        return true;
    if (n_paths > 0)
        return error_set(err, ERROR_USAGE,
                         "--after-release goes with the folders of tminus.yaml, not with paths");
    if (database != NULL && database->post_migrations != NULL)
        return true;
    error_set(err, ERROR_USAGE, "no migrations that run after the release are configured");
    return error_hint(err, "write post_migrations: … beside migrations: … into tminus.yaml");
}

bool database_read_change(TALLOC_CTX *mem, const struct database_choice *choice,
                          const char *const *paths, size_t n, struct change **out,
                          struct error *err)
{
    const struct migration_layout *layout;
    const char *configured = NULL;
    bool is_configured = n == 0 && database_has_migrations(choice);

    TRY(check_phase(choice, n, err));
    if (is_configured) {
        configured = config_resolve(mem, choice->config, choice->database->migrations);
        paths = &configured;
        n = 1;
    }
    if (n == 0) {
        error_set(err, ERROR_USAGE, "no migrations are named");
        return error_hint(err, "give their folder, or write migrations: … into tminus.yaml");
    }
    TRY(find_layout(choice, &layout, err));
    TRY(change_read(mem, paths, n, layout, out, err));
    if (!is_configured || choice->database->post_migrations == NULL)
        return true;
    return after_release_read(
        mem, config_resolve(mem, choice->config, choice->database->post_migrations), layout, *out,
        err);
}
