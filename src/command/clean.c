/*
 * tminus clean: what killed runs left over, found by its marks, and undo logs that nobody needs any
 * more, removed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/quantity.h"
#include "change/config.h"
#include "command/clean_logs.h"
#include "command/command.h"
#include "command/options.h"
#include "driver/backup_directory.h"
#include "journal/state.h"

struct request {
    struct options options;
    bool is_dry_run;
    const char *undo_log; // that is given up; NULL
};

#define KEY_DRY_RUN 0x201
#define KEY_UNDO_LOG 0x202

static const struct argp_option table[] = {
    {"dry-run", KEY_DRY_RUN, NULL, 0, "say what is left over, and remove nothing", 1},
    {"undo-log", KEY_UNDO_LOG, "ID", 0,
     "remove this undo log, although its migration could be undone with it", 1},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct request *request = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_DRY_RUN: request->is_dry_run = true; return 0;
    case KEY_UNDO_LOG: request->undo_log = value; return 0;
    case ARGP_KEY_ARG: argp_error(state, "unexpected argument '%s'", value); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .doc = "Remove what a killed tminus left over: scratch servers, databases and files of "
           "rehearsals, and half-written backups; and undo logs that nobody needs any more. Of one "
           "environment with --env, else of all. Ends "
           "with 0 when nothing is "
           "left over, 1 when something is, 3 when a server could not be asked.",
    .children = options_children,
};

// --- finding

struct left {
    const struct clean_log *log;      // NULL: no undo log
    const struct copy_driver *driver; // NULL: a half-written backup in `directory`
    const struct copy_site_options *options;
    const char *directory;
    struct copy_leftover leftover;
    bool is_removed;
    const char *why; // it could not be removed; NULL
};

struct cleaning {
    TALLOC_CTX *mem;
    const struct program *program;
    const struct request *request;
    struct wait *wait;
    struct left *list;
    size_t n;
    struct clean_log *kept; // undo logs that stay
    size_t n_kept;
    bool has_found;       // the undo log that is given up
    const char **unasked; // servers that did not answer, and why
    size_t n_unasked;
};

static bool is_known(const struct cleaning *cleaning, const char *id)
{
    for (size_t i = 0; i < cleaning->n; i++) {
        if (strcmp(cleaning->list[i].leftover.id, id) == 0)
            return true;
    }
    return false;
}

static void find_at(struct cleaning *cleaning, const struct copy_driver *driver,
                    const struct copy_site_options *options)
{
    struct copy_leftover *found = NULL;
    size_t n = 0;
    struct error why = {0};
    if (!driver->leftovers(cleaning->mem, options, &found, &n, &why)) {
        *mem_append(cleaning->mem, cleaning->unasked, cleaning->n_unasked) =
            mem_strdup(cleaning->mem, why.message);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (!is_known(cleaning, found[i].id)) // two environments may share a folder
            *mem_append(cleaning->mem, cleaning->list, cleaning->n) =
                (struct left){.driver = driver, .options = options, .leftover = found[i]};
    }
}

static void find_partials(struct cleaning *cleaning, const char *directory)
{
    TALLOC_CTX *mem = cleaning->mem;
    struct directory_entry *found = NULL;
    size_t n = 0;
    struct error why = {0};
    if (!directory_leftovers(mem, directory, &found, &n, &why))
        *mem_append(mem, cleaning->unasked, cleaning->n_unasked) = mem_strdup(mem, why.message);
    for (size_t i = 0; i < n; i++) {
        int64_t bytes = directory_bytes(found[i].path);
        const struct copy_leftover leftover = {
            .what = mem_printf(mem, "half-written backup %s, %s", found[i].path,
                               quantity_size(mem, bytes)),
            .id = found[i].path,
            .bytes = bytes,
        };
        if (!is_known(cleaning, leftover.id))
            *mem_append(mem, cleaning->list, cleaning->n) =
                (struct left){.directory = directory, .leftover = leftover};
    }
}

// Of several databases each has a folder of its own.
static void find_backups(struct cleaning *cleaning, const struct config *config,
                         const struct config_environment *environment)
{
    if (environment->backup.directory == NULL)
        return;
    const char *directory = config_resolve(cleaning->mem, config, environment->backup.directory);
    find_partials(cleaning, directory);
    for (size_t i = 0; environment->n_databases > 1 && i < environment->n_databases; i++)
        find_partials(cleaning,
                      file_join(cleaning->mem, directory, environment->databases[i].name));
}

// --- undo logs, in the databases themselves

static void add_log(struct cleaning *cleaning, const struct clean_log *log)
{
    cleaning->has_found = true;
    if (log->kept != NULL)
        *mem_append(cleaning->mem, cleaning->kept, cleaning->n_kept) = *log;
    else
        *mem_append(cleaning->mem, cleaning->list, cleaning->n) = (struct left){
            .log = log,
            .leftover = {.what = log->what, .id = log->id, .bytes = log->bytes},
        };
}

static void find_logs(struct cleaning *cleaning, const struct config_environment *environment)
{
    const char *id = cleaning->request->undo_log;
    struct options *options = mem_new(cleaning->mem, struct options);
    *options = cleaning->request->options;
    options->environment = environment->name;
    for (size_t i = 0; i < environment->n_databases; i++) {
        const struct clean_logs_request request = {
            .program = cleaning->program,
            .options = options,
            .database = environment->databases[i].name,
            .id = id,
            .wait = cleaning->wait,
        };
        struct clean_log *found = NULL;
        size_t n = 0;
        struct error why = {0};
        if (environment->databases[i].url == NULL ||
            (id == NULL && !environment->databases[i].has_undo_log))
            continue;
        if (!clean_logs_find(cleaning->mem, &request, &found, &n, &why))
            *mem_append(cleaning->mem, cleaning->unasked, cleaning->n_unasked) =
                mem_strdup(cleaning->mem, why.message);
        for (size_t l = 0; l < n; l++)
            add_log(cleaning, &found[l]);
    }
}

static bool find_in(struct cleaning *cleaning, const struct config *config,
                    const struct config_environment *environment, const char *name,
                    struct error *err)
{
    char *folder;
    TRY(state_path(cleaning->mem, config->service, name, "rehearsal", &folder, err));
    if (environment != NULL && environment->rehearsal.folder != NULL)
        folder = config_resolve(cleaning->mem, config, environment->rehearsal.folder);
    struct copy_site_options *here = mem_new(cleaning->mem, struct copy_site_options);
    here->folder = folder;
    here->wait = cleaning->wait;
    if (environment != NULL)
        find_logs(cleaning, environment);
    if (cleaning->request->undo_log != NULL)
        return true;
    for (size_t i = 0; cleaning->program->copies[i] != NULL; i++)
        find_at(cleaning, cleaning->program->copies[i], here);
    if (environment != NULL)
        find_backups(cleaning, config, environment);
    if (environment == NULL || environment->rehearsal.server == NULL)
        return true;
    struct copy_site_options *there = mem_new(cleaning->mem, struct copy_site_options);
    *there = *here;
    there->server = environment->rehearsal.server;
    for (size_t i = 0; cleaning->program->copies[i] != NULL; i++) {
        if (cleaning->program->copies[i]->dialect == DIALECT_POSTGRES)
            find_at(cleaning, cleaning->program->copies[i], there);
    }
    return true;
}

static bool find_all(struct cleaning *cleaning, struct error *err)
{
    const struct options *options = &cleaning->request->options;
    const struct config_environment *one;
    const char *slot;
    struct config *config;
    TRY(config_read(cleaning->mem, options->config_path, true, &config, err));
    if (config->n_environments == 0)
        return find_in(cleaning, config, NULL, options->environment, err);
    if (options->environment != NULL) {
        TRY(config_environment(config, options->environment, &one, &slot, err));
        return find_in(cleaning, config, one, one->name, err);
    }
    for (size_t i = 0; i < config->n_environments; i++) {
        const struct config_environment *each = &config->environments[i];
        if (each->missing.code != ERROR_NONE) { // a variable of it is not set here
            *mem_append(cleaning->mem, cleaning->unasked, cleaning->n_unasked) = mem_printf(
                cleaning->mem, "environment '%s': %s", each->name, each->missing.message);
            continue;
        }
        TRY(find_in(cleaning, config, each, each->name, err));
    }
    return true;
}

// --- removing

static void remove_all(struct cleaning *cleaning)
{
    for (size_t i = 0; i < cleaning->n; i++) {
        struct left *left = &cleaning->list[i];
        struct error why = {0};
        left->is_removed =
            left->log != NULL ? undo_log_drop(&left->log->place, left->log->id, &why)
            : left->driver != NULL
                ? left->driver->remove(left->options, left->leftover.id, &why)
                : directory_remove_leftover(left->directory, left->leftover.id, &why);
        if (!left->is_removed)
            left->why = mem_strdup(cleaning->mem, why.message);
    }
}

// --- telling

static void print_text(const struct cleaning *cleaning)
{
    for (size_t i = 0; i < cleaning->n; i++) {
        const struct left *left = &cleaning->list[i];
        printf("%s  %s\n", left->is_removed ? "removed" : "left   ", left->leftover.what);
        if (left->why != NULL)
            printf("         %s\n", left->why);
    }
    for (size_t i = 0; i < cleaning->n_kept; i++)
        printf("kept     %s\n         %s\n", cleaning->kept[i].what, cleaning->kept[i].kept);
    if (cleaning->n == 0 && cleaning->n_unasked == 0)
        printf("nothing is left over\n");
}

static void write_json(const struct cleaning *cleaning)
{
    json_auto_t *document = json_object();
    json_put_text(document, "schema", "tminus/clean/1");
    json_put_bool(document, "dry_run", cleaning->request->is_dry_run);
    json_t *list = json_put_array(document, "leftovers");
    for (size_t i = 0; i < cleaning->n; i++) {
        const struct left *left = &cleaning->list[i];
        json_t *object = json_object();
        json_put_text(object, "what", left->leftover.what);
        json_put_text(object, "id", left->leftover.id);
        json_put(object, "bytes",
                 left->leftover.bytes < 0 ? json_null() : json_integer(left->leftover.bytes));
        json_put_bool(object, "removed", left->is_removed);
        json_put_text(object, "reason", left->why);
        json_array_append_new(list, object);
    }
    json_t *kept = json_put_array(document, "kept");
    for (size_t i = 0; i < cleaning->n_kept; i++) {
        json_t *object = json_object();
        json_put_text(object, "what", cleaning->kept[i].what);
        json_put_text(object, "id", cleaning->kept[i].id);
        json_put_integer(object, "bytes", cleaning->kept[i].bytes);
        json_put_text(object, "reason", cleaning->kept[i].kept);
        json_array_append_new(kept, object);
    }
    json_t *unasked = json_put_array(document, "not_asked");
    for (size_t i = 0; i < cleaning->n_unasked; i++)
        json_array_append_new(unasked, json_text(cleaning->unasked[i]));
    json_write(stdout, document);
}

static int exit_status(const struct cleaning *cleaning)
{
    for (size_t i = 0; i < cleaning->n; i++) {
        if (!cleaning->list[i].is_removed)
            return EXIT_NO_GO;
    }
    return cleaning->n_unasked > 0 ? EXIT_HOLD : EXIT_GO;
}

static int clean_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {0};
    struct cleaning cleaning = {.mem = tmp, .program = program, .request = &request};
    argp_parse(&parser, argc, argv, 0, NULL, &request);
    if (!options_format_allowed(&request.options,
                                OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON), err))
        return -1;
    cleaning.wait = wait_make(tmp);
    if (!find_all(&cleaning, err))
        return -1;
    for (size_t i = 0; i < cleaning.n_unasked; i++)
        log_warning("not asked: %s", cleaning.unasked[i]);
    if (request.undo_log != NULL && !cleaning.has_found && cleaning.n_unasked == 0) {
        error_set(err, ERROR_INPUT, "there is no undo log '%s'", request.undo_log);
        error_hint(err, "tminus clean --dry-run lists those of databases with undo_log");
        return -1;
    }
    if (!request.is_dry_run)
        remove_all(&cleaning);
    if (request.options.format == FORMAT_JSON)
        write_json(&cleaning);
    else
        print_text(&cleaning);
    return exit_status(&cleaning);
}

const struct command command_clean = {
    .name = "clean",
    .arguments = "",
    .summary = "remove what killed rehearsals and backups left over, and undo logs",
    .when = "always",
    .run = clean_run,
};
