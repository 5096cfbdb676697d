/*
 * What assess gathers: the migrations (of paths or of tminus.yaml, narrowed by a git range), and
 * what is known beside them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rule_setting.h"
#include "analysis/sarif.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "change/after_release.h"
#include "change/config.h"
#include "change/git.h"
#include "change/layout.h"
#include "change/migration.h"
#include "change/range_folders.h"
#include "command/assess.h"
#include "command/schema_files.h"

// What tminus.yaml says, when there is one.
struct settings {
    const struct config *config;
    const struct config_environment *environment; // NULL: the file names none
};

static bool read_settings(TALLOC_CTX *mem, const struct options *options, struct settings *out,
                          struct error *err)
{
    struct config *config;
    const char *slot;
    // Nothing is connected to, so a variable that is not set is no obstacle.
    TRY(config_read(mem, options->config_path, false, &config, err));
    out->config = config;
    out->environment = NULL;
    if (config->n_environments > 0 || options->environment != NULL)
        TRY(config_environment(config, options->environment, &out->environment, &slot, err));
    return config_check_slot(config, out->environment, options->slot, err);
}

// --- the change

static bool database_of(const struct assess_request *request, const struct settings *settings,
                        const struct config_database **out, struct error *err)
{
    const struct config_environment *environment = settings->environment;
    *out = NULL;
    if (environment == NULL || environment->n_databases == 0)
        return true;
    for (size_t i = 0; request->database != NULL && i < environment->n_databases; i++) {
        *out = &environment->databases[i];
        if (strcmp((*out)->name, request->database) == 0)
            return true;
    }
    *out = &environment->databases[0];
    if (environment->n_databases == 1)
        return true;
    error_set(err, ERROR_USAGE, "environment '%s' has several databases", environment->name);
    return error_hint(err, "give the migrations of one: tminus assess PATH, or --database NAME");
}

static bool read_configured(TALLOC_CTX *mem, const struct settings *settings,
                            const struct config_database *database, struct change **out,
                            struct error *err)
{
    const struct migration_layout *layout = NULL;
    const char *path = config_resolve(mem, settings->config, database->migrations);

    if (database->layout != NULL) {
        layout = layout_find(database->layout);
        if (layout == NULL)
            return error_set(err, ERROR_CONFIG, "%s: unknown layout '%s'", settings->config->path,
                             database->layout);
    }
    TRY(change_read(mem, &path, 1, layout, out, err));
    if (database->post_migrations == NULL)
        return true;
    return after_release_read(mem, config_resolve(mem, settings->config, database->post_migrations),
                              layout, *out, err);
}

// Nothing names the migrations: those of the folders that the range touches. None: a change of
// code.
static bool read_of_range(TALLOC_CTX *mem, const struct assess_request *request,
                          const struct settings *settings, struct change **out, struct error *err)
{
    struct change range = {0};
    const char **folders;
    size_t n;

    TRY(git_read_range(mem, settings->config->folder, request->base, settings->config, &range,
                       err));
    TRY(range_folders_find(mem, &range, &folders, &n, err));
    if (n == 1)
        return change_read(mem, folders, n, NULL, out, err);
    if (n > 1) {
        error_set(err, ERROR_USAGE, "the range changes migrations in several folders: %s, %s%s",
                  folders[0], folders[1], n > 2 ? ", …" : "");
        return error_hint(err, "give one: tminus assess --base %s %s", request->base, folders[0]);
    }
    *out = mem_new(mem, struct change);
    return true;
}

static bool read_migrations(TALLOC_CTX *mem, const struct assess_request *request,
                            const struct settings *settings, struct change **out, struct error *err)
{
    const struct config_database *database;
    if (request->n_paths > 0)
        return change_read(mem, request->paths, request->n_paths, NULL, out, err);
    TRY(database_of(request, settings, &database, err));
    if (database != NULL && database->migrations != NULL)
        return read_configured(mem, settings, database, out, err);
    if (request->base != NULL)
        return read_of_range(mem, request, settings, out, err);
    if (settings->config->path == NULL)
        error_set(err, ERROR_USAGE,
                  "nothing to assess: no PATH is given, and there is no tminus.yaml");
    else
        error_set(err, ERROR_USAGE,
                  "nothing to assess: no PATH is given, and %s names no migrations",
                  settings->config->path);
    return error_hint(err, "give a folder: tminus assess db/migrations");
}

static bool narrow_to_range(TALLOC_CTX *mem, const struct assess_request *request,
                            const struct settings *settings, struct assess_input *out,
                            struct error *err)
{
    struct code_report *code;
    const struct config *config = settings->config;
    TRY(git_read_range(mem, config->folder, request->base, config, out->change, err));
    change_mark_context(out->change);
    TRY(code_read(mem, config->folder, out->change, config, &code, err));
    out->options.code = code;
    return true;
}

// --- the dialect

// With the variables that are set here.
static bool expand_environment(TALLOC_CTX *mem, const struct assess_request *request,
                               const struct settings *settings,
                               const struct config_environment **out, struct error *err)
{
    struct config *config;
    TRY(config_read(mem, request->options.config_path, true, &config, err));
    *out = &config->environments[settings->environment - settings->config->environments];
    return true;
}

// By the URL, if its variables are set here; where they are not, the default holds.
static bool dialect_of_url(TALLOC_CTX *mem, const struct engine_driver *const *engines,
                           const struct assess_request *request, const struct settings *settings,
                           enum dialect *out, struct error *err)
{
    const struct config_environment *environment;
    if (settings->environment == NULL || settings->environment->n_databases == 0)
        return true;
    TRY(expand_environment(mem, request, settings, &environment, err));
    if (environment->missing.code != ERROR_NONE || environment->databases[0].url == NULL)
        return true;
    return engine_dialect_for(engines, environment->databases[0].url, out, err);
}

static bool pick_dialect(TALLOC_CTX *mem, const struct engine_driver *const *engines,
                         const struct assess_request *request, const struct settings *settings,
                         enum dialect *out, struct error *err)
{
    *out = DIALECT_POSTGRES;
    if (request->dialect == NULL)
        return dialect_of_url(mem, engines, request, settings, out, err);
    if (strcmp(request->dialect, dialect_name(DIALECT_SQLITE)) == 0)
        *out = DIALECT_SQLITE;
    else if (strcmp(request->dialect, dialect_name(DIALECT_POSTGRES)) != 0)
        return error_set(err, ERROR_USAGE, "unknown dialect '%s', known are postgres, sqlite",
                         request->dialect);
    return true;
}

// --- what is known beside the migrations

static bool read_sizes(TALLOC_CTX *mem, const char *path, struct assessment_options *options,
                       struct error *err)
{
    char *text;
    size_t len;
    struct sizes *sizes;
    TRY(file_read(mem, path, FILE_SIZE_MAX, &text, &len, err));
    TRY(sizes_read(mem, path, text, len, &sizes, err));
    options->sizes = sizes;
    return true;
}

// A file that is not there is an error of the command line; one that is malformed is an answer.
static bool read_findings(TALLOC_CTX *mem, const char *path, struct assessment_options *options,
                          struct error *err)
{
    char *text;
    size_t len;
    struct error cause;
    TRY(file_read(mem, path, FILE_SIZE_MAX, &text, &len, err));
    struct findings *findings = mem_new(mem, struct findings);
    findings->mem = findings;
    options->others_path = path;
    options->others = findings;
    if (sarif_read(path, text, len, findings, &cause))
        return true;
    options->others_malformed = true;
    options->others_reason = mem_strdup(mem, cause.message);
    return true;
}

// --- rules

static bool take_rule(const struct config *config, const struct config_rule *given,
                      struct rule_setting *out, struct error *err)
{
    SCRATCH(tmp);
    const struct rule *rule = rule_find(given->rule);
    if (rule == NULL) {
        const char **ids = mem_array(tmp, const char *, rule_count);
        for (size_t i = 0; i < rule_count; i++)
            ids[i] = rule_table[i]->id;
        const char *nearest = text_nearest(given->rule, ids, rule_count);
        error_set(err, ERROR_CONFIG, "%s:%zu:%zu: no rule is called '%s'", config->path,
                  given->line, given->column, given->rule);
        return nearest != NULL ? error_hint(err, "did you mean '%s'?", nearest)
                               : error_hint(err, "`tminus explain` lists the rules");
    }
    *out = (struct rule_setting){.rule = rule->id, .is_off = strcmp(given->setting, "off") == 0};
    for (enum severity s = SEVERITY_NOTE; s <= SEVERITY_STOP; s++) {
        if (strcmp(severity_name(s), given->setting) == 0)
            out->severity = s;
    }
    if (rule->is_final && (out->is_off || out->severity < rule->severity)) {
        error_set(err, ERROR_CONFIG, "%s:%zu:%zu: rule '%s' cannot be less than %s", config->path,
                  given->line, given->column, rule->id, severity_name(rule->severity));
        return error_hint(err, "it tells what was not read: unknown is never pass");
    }
    return true;
}

static bool read_rules(TALLOC_CTX *mem, const struct config *config,
                       struct assessment_options *options, struct error *err)
{
    struct rule_settings *settings = mem_new(mem, struct rule_settings);
    settings->has_style = config->has_style;
    settings->list = mem_array(mem, struct rule_setting, config->n_rules + 1);
    for (; settings->n < config->n_rules; settings->n++)
        TRY(take_rule(config, &config->rules[settings->n], &settings->list[settings->n], err));
    options->rules = settings;
    return true;
}

static bool read_deployed(TALLOC_CTX *mem, const struct assess_request *request,
                          const struct settings *settings, const char **out, struct error *err)
{
    const struct config_environment *environment = settings->environment;
    if (environment == NULL || environment->deployed == NULL)
        return true;
    TRY(expand_environment(mem, request, settings, &environment, err));
    *out = environment->deployed;
    return true;
}

static const char *today(TALLOC_CTX *mem)
{
    return mem_strndup(mem, clock_format(clock_wall_ms()).text, strlen("2026-11-22"));
}

bool assess_gather(TALLOC_CTX *mem, const struct engine_driver *const *engines,
                   const struct assess_request *request, struct assess_input *out,
                   struct error *err)
{
    struct settings settings;
    *out =
        (struct assess_input){.options = {.pg_version = request->pg_version, .today = today(mem)}};
    TRY(read_settings(mem, &request->options, &settings, err));
    TRY(read_rules(mem, settings.config, &out->options, err));
    out->options.budget = &settings.config->budget;
    TRY(pick_dialect(mem, engines, request, &settings, &out->options.dialect, err));
    TRY(read_deployed(mem, request, &settings, &out->deployed, err));
    TRY(read_migrations(mem, request, &settings, &out->change, err));
    if (request->base != NULL)
        TRY(narrow_to_range(mem, request, &settings, out, err));
    TRY(schema_files_read(mem, request->schema_paths, request->n_schemas, &out->options, err));
    if (request->sizes_path != NULL)
        TRY(read_sizes(mem, request->sizes_path, &out->options, err));
    if (request->findings_path != NULL)
        TRY(read_findings(mem, request->findings_path, &out->options, err));
    return true;
}
