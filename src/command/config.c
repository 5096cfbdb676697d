/*
 * tminus config check: what tminus.yaml says, as it is understood, and everything that is wrong in
 * it.
 *
 * Reads; connects to nothing. Secrets are masked.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/config.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "change/layout.h"
#include "command/command.h"
#include "command/config_listing.h"
#include "command/options.h"

#define KEY_NO_VARIABLES 0x200

struct config_request {
    struct options options;
    const char *action;
    bool no_variables;
};

static const struct argp_option table[] = {
    {"no-variables", KEY_NO_VARIABLES, NULL, 0,
     "leave ${NAME} as it is: for a machine that has not got the secrets", 1},
    {0},
};

static const char *const actions[] = {"check", NULL};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct config_request *request = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_NO_VARIABLES: request->no_variables = true; return 0;
    case ARGP_KEY_ARG:
        if (request->action != NULL)
            argp_error(state, "unexpected argument '%s'", value);
        request->action = options_action(state, value, actions);
        return 0;
    case ARGP_KEY_NO_ARGS: options_action(state, NULL, actions); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .args_doc = "check",
    .doc = "Read tminus.yaml and say what is understood and what is wrong in it.\v"
           "Exit status: 0 all of it is right, 2 something is wrong (each place is named).",
    .children = options_children,
};

// One reading of the configuration: problems make it unusable, warnings do not.
struct config_view {
    TALLOC_CTX *mem;
    const struct program *program;
    struct config *config;
    struct config_problems problems;
    const char **warnings;
    size_t n_warnings;
};

static void warn(struct config_view *view, const char *text)
{
    *mem_append(view->mem, view->warnings, view->n_warnings) = text;
}

static void add_problem(struct config_view *view, const struct config_database *database,
                        const struct error *err)
{
    if (view->problems.n == CONFIG_PROBLEMS_MAX)
        return;
    *mem_append(view->mem, view->problems.list, view->problems.n) = (struct config_problem){
        .line = database->url_line,
        .column = database->url_column,
        .message = mem_printf(view->mem, "%s:%zu:%zu: %s", view->config->path, database->url_line,
                              database->url_column, err->message),
        .hint = mem_strdup(view->mem, err->hint)};
}

// An engine that will never be opened is a problem, a file that is not there yet is not.
static void check_url(struct config_view *view, const struct config_database *database)
{
    const struct engine_driver *driver;
    struct error err = {0};
    if (database->url == NULL || strstr(secret_reveal(database->url), "${") != NULL ||
        engine_driver_for(view->program->engines, database->url, &driver, &err))
        return;
    if (err.code == ERROR_CONFIG)
        add_problem(view, database, &err);
    else
        warn(view, mem_printf(view->mem, "%s:%zu:%zu: %s", view->config->path, database->url_line,
                              database->url_column, err.message));
}

// "3 migrations of golang-migrate", or a warning.
static const char *describe_folder(struct config_view *view, const struct config_database *database,
                                   const char *folder)
{
    SCRATCH(tmp);
    struct error err = {0};
    struct change *change;
    const char *path = config_resolve(tmp, view->config, folder);
    const struct migration_layout *layout =
        database->layout == NULL ? NULL : layout_find(database->layout);
    if (!change_read(tmp, &path, 1, layout, &change, &err)) {
        warn(view, mem_printf(view->mem, "%s%s%s", err.message, err.hint[0] == '\0' ? "" : "; ",
                              err.hint));
        return "cannot be read";
    }
    return mem_printf(view->mem, "%zu migration%s of %s", change->n_migrations,
                      change->n_migrations == 1 ? "" : "s", change->layout->name);
}

// Masked; a variable that was left as it is names itself and hides nothing.
static char *show_url(TALLOC_CTX *mem, const struct config_database *database)
{
    if (database->url == NULL)
        return NULL;
    const char *url = secret_reveal(database->url);
    if (text_starts_with(url, "${") && strchr(url, '}') == url + strlen(url) - 1)
        return mem_strdup(mem, url);
    return secret_mask(mem, database->url);
}

// --- JSON

static void put_folder(struct config_view *view, json_t *object, const char *name,
                       const struct config_database *database, const char *folder)
{
    json_put_text(object, name, folder);
    if (folder == NULL)
        return;
    SCRATCH(tmp);
    json_put_text(object, mem_printf(tmp, "%s_found", name),
                  describe_folder(view, database, folder));
}

static json_t *database_json(struct config_view *view, const struct config_database *database)
{
    SCRATCH(tmp);
    json_t *object = json_object();
    json_put_text(object, "name", database->name);
    json_put_text(object, "url", show_url(tmp, database));
    put_folder(view, object, "migrations", database, database->migrations);
    put_folder(view, object, "post_migrations", database, database->post_migrations);
    json_put_text(object, "layout", database->layout);
    json_put_bool(object, "allow_superuser", database->allow_superuser);
    json_put_bool(object, "undo_log", database->has_undo_log);
    return object;
}

static const char *slot_address(const struct config_slot *slot)
{
    return slot->n_addresses == 0 ? NULL : slot->addresses[0];
}

static json_t *environment_json(struct config_view *view,
                                const struct config_environment *environment)
{
    json_t *object = json_object();
    json_put_text(object, "name", environment->name);
    json_t *databases = json_put_array(object, "databases");
    for (size_t i = 0; i < environment->n_databases; i++)
        json_array_append_new(databases, database_json(view, &environment->databases[i]));
    json_t *slots = json_put_array(object, "slots");
    for (size_t i = 0; i < environment->n_slots; i++) {
        json_t *slot = json_object();
        json_put_text(slot, "name", environment->slots[i].name);
        json_put_text(slot, "address", slot_address(&environment->slots[i]));
        json_array_append_new(slots, slot);
    }
    json_put_integer(object, "baseline_max_age_ms", environment->baseline_max_age_ms);
    config_listing_put(object, view->config, environment);
    return object;
}

static void put_problems(const struct config_view *view, json_t *document)
{
    json_t *problems = json_put_array(document, "problems");
    for (size_t i = 0; i < view->problems.n; i++) {
        const struct config_problem *problem = &view->problems.list[i];
        json_t *object = json_object();
        json_put_text(object, "path", view->config->path);
        json_put_integer(object, "line", (int64_t)problem->line);
        json_put_integer(object, "column", (int64_t)problem->column);
        json_put_text(object, "message", problem->message);
        json_put_text(object, "hint", problem->hint);
        json_array_append_new(problems, object);
    }
    json_t *warnings = json_put_array(document, "warnings");
    for (size_t i = 0; i < view->n_warnings; i++)
        json_array_append_new(warnings, json_text(view->warnings[i]));
}

static void write_json(struct config_view *view)
{
    const struct config *config = view->config;
    json_t *document = json_object();
    json_put_text(document, "schema", "tminus/config/1");
    json_put_text(document, "path", config->path);
    json_put_bool(document, "valid", view->problems.n == 0);
    json_put_text(document, "service", config->service);
    json_t *environments = json_put_array(document, "environments");
    for (size_t i = 0; i < config->n_environments; i++)
        json_array_append_new(environments, environment_json(view, &config->environments[i]));
    json_t *invariants = json_put_array(document, "invariants");
    for (size_t i = 0; i < config->n_invariants; i++)
        json_array_append_new(invariants, json_text(config->invariants[i].name));
    json_t *tables = json_put_array(document, "tables");
    for (size_t i = 0; i < config->n_tables; i++)
        json_array_append_new(tables, json_text(config->tables[i].name));
    json_put_integer(document, "references", (int64_t)config->n_references);
    json_put_integer(document, "paths", (int64_t)config->n_code_paths);
    put_problems(view, document);
    json_write(stdout, document);
    json_decref(document);
}

// --- text

static void write_database(struct config_view *view, const struct config_database *database)
{
    SCRATCH(tmp);
    printf("    %-16s %s\n", database->name,
           database->url == NULL ? "no url" : show_url(tmp, database));
    if (database->migrations != NULL)
        printf("    %-16s %s: %s\n", "migrations", database->migrations,
               describe_folder(view, database, database->migrations));
    if (database->post_migrations != NULL)
        printf("    %-16s %s: %s\n", "post_migrations", database->post_migrations,
               describe_folder(view, database, database->post_migrations));
}

static void write_environment(struct config_view *view,
                              const struct config_environment *environment)
{
    printf("  environment %s\n", environment->name);
    for (size_t i = 0; i < environment->n_databases; i++)
        write_database(view, &environment->databases[i]);
    for (size_t i = 0; i < environment->n_slots; i++)
        printf("    slot %-11s %s\n", environment->slots[i].name,
               slot_address(&environment->slots[i]) == NULL ? "no address"
                                                            : slot_address(&environment->slots[i]));
    config_listing_write(stdout, view->config, environment);
}

static void write_text(struct config_view *view)
{
    const struct config *config = view->config;
    printf("%s: service %s\n", config->path, config->service);
    for (size_t i = 0; i < config->n_environments; i++)
        write_environment(view, &config->environments[i]);
    for (size_t i = 0; i < config->n_invariants; i++)
        printf("  invariant          %s\n", config->invariants[i].name);
    for (size_t i = 0; i < config->n_tables; i++)
        printf("  table              %s\n", config->tables[i].name);
    for (size_t i = 0; i < config->n_references; i++)
        printf("  reference          %s.%s to %s.%s\n", config->references[i].from_table,
               config->references[i].from_column, config->references[i].to_table,
               config->references[i].to_column);
    for (size_t i = 0; i < config->n_code_paths; i++)
        printf("  path               %s writes %zu table%s\n", config->code_paths[i].glob,
               config->code_paths[i].n_tables, config->code_paths[i].n_tables == 1 ? "" : "s");
}

// Problems as errors are written everywhere else, each with its advice.
static void log_problems(const struct config_view *view)
{
    for (size_t i = 0; i < view->problems.n; i++) {
        struct error err = {0};
        error_set(&err, ERROR_CONFIG, "%s", view->problems.list[i].message);
        error_hint(&err, "%s", view->problems.list[i].hint);
        log_error(&err);
    }
}

static void check_databases(struct config_view *view)
{
    for (size_t i = 0; i < view->config->n_environments; i++) {
        const struct config_environment *environment = &view->config->environments[i];
        for (size_t j = 0; j < environment->n_databases; j++)
            check_url(view, &environment->databases[j]);
        if (environment->n_databases == 0)
            warn(view, mem_printf(view->mem, "%s: environment '%s' has no database",
                                  view->config->path, environment->name));
    }
}

// All environments are shown; a name that is given must be one of them all the same.
static bool check_names(const struct config *config, const struct options *options,
                        struct error *err)
{
    const struct config_environment *environment = NULL;
    const char *slot;
    if (options->environment == NULL && options->slot == NULL)
        return true;
    TRY(config_environment(config, options->environment, &environment, &slot, err));
    return config_check_slot(config, environment, options->slot, err);
}

static bool config_view_make(struct config_view *view, const struct config_request *request,
                             struct error *err)
{
    TRY(config_check(view->mem, request->options.config_path, !request->no_variables, &view->config,
                     &view->problems, err));
    if (view->config->path == NULL) {
        error_set(err, ERROR_CONFIG, "no tminus.yaml in this folder");
        return error_hint(err, "'tminus init' writes a first one; --config FILE names another");
    }
    TRY(check_names(view->config, &request->options, err));
    check_databases(view);
    return true;
}

static int config_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct config_request request = {0};
    argp_parse(&parser, argc, argv, 0, NULL, &request);
    struct config_view view = {.mem = tmp, .program = program};
    if (!options_format_allowed(&request.options,
                                OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON), err) ||
        !config_view_make(&view, &request, err))
        return -1;
    if (request.options.format == FORMAT_JSON)
        write_json(&view);
    else if (view.problems.n == 0)
        write_text(&view);
    log_problems(&view);
    for (size_t i = 0; i < view.n_warnings && request.options.format == FORMAT_TEXT; i++)
        log_warning("%s", view.warnings[i]);
    return view.problems.n > 0 ? EXIT_USAGE : EXIT_GO;
}

const struct command command_config = {
    .name = "config",
    .arguments = "check",
    .summary = "check tminus.yaml and show how it is understood",
    .when = "always",
    .run = config_run,
};
