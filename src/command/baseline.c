/*
 * tminus baseline: what the data is before the change, saved, shown, compared.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/file.h"
#include "command/inspection.h"
#include "journal/events.h"
#include "journal/state.h"
#include "proof/report.h"
#include <unistd.h>

#define KEY_DATABASE 0x201
#define KEY_ALL 0x202
#define KEY_TABLE 0x203
#define KEY_OUTPUT 0x204

struct request {
    const struct program *program;
    TALLOC_CTX *mem;
    struct options options;
    const char *database;
    const char *output;
    bool is_all;
    const char **tables;
    size_t n_tables;
    const char *action;
    const char **paths;
    size_t n_paths;
};

static const struct argp_option table[] = {
    {"database", KEY_DATABASE, "URL", 0,
     "database instead of tminus.yaml's (a URL, a file, or a name of several)", 1},
    {"all", KEY_ALL, NULL, 0, "save: every table, not only those that the migrations touch", 1},
    {"table", KEY_TABLE, "NAME", 0, "save: this table too; repeatable", 1},
    {"output", KEY_OUTPUT, "FILE", 0, "save: write it here, instead of into the state folder", 1},
    {0},
};

static const char *const actions[] = {"save", "show", "compare", NULL};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct request *request = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_DATABASE: request->database = value; return 0;
    case KEY_ALL: request->is_all = true; return 0;
    case KEY_TABLE: *mem_append(request->mem, request->tables, request->n_tables) = value; return 0;
    case KEY_OUTPUT: request->output = value; return 0;
    case ARGP_KEY_ARG:
        if (request->action == NULL)
            request->action = options_action(state, value, actions);
        else
            *mem_append(request->mem, request->paths, request->n_paths) = value;
        return 0;
    case ARGP_KEY_NO_ARGS: options_action(state, NULL, actions); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .args_doc = "save [MIGRATIONS…] | show [FILE] | compare [A B]",
    .doc = "Save what the data is before the pending migrations, and whether it contradicts them; "
           "show "
           "a baseline; compare two (the last two when none are named). save ends with 0, 1 when "
           "the data "
           "contradicts the change, 3 when something could not be asked; compare with 1 when they "
           "differ.",
    .children = options_children,
};

static struct report_proof_options report_options(const struct request *request,
                                                  const struct journal_head *journal)
{
    return (struct report_proof_options){
        .is_colored = log_is_colored(stdout),
        .is_whole = request->options.verbosity > 0,
        .journal = journal,
    };
}

// --- save

// The migrations that are not applied yet; none named and none configured is an empty change.
static bool read_pending(TALLOC_CTX *mem, const struct inspection *inspection,
                         const struct request *request, struct change *out, struct error *err)
{
    struct change *change, *pending;
    int64_t n_applied;

    *out = (struct change){.title = "no change"};
    if (request->n_paths == 0 && !database_has_migrations(&inspection->choice))
        return true;
    TRY(database_read_change(mem, &inspection->choice, request->paths, request->n_paths, &change,
                             err));
    TRY(inspection_pending(mem, inspection, change, &pending, &n_applied, err));
    *out = *pending;
    return true;
}

static bool is_code(const struct statement *statement)
{
    for (size_t i = 0; i < statement->n_actions; i++)
        if (statement->actions[i].kind == ACTION_DO || statement->actions[i].kind == ACTION_CALL ||
            (statement->actions[i].kind == ACTION_EXECUTE && statement->is_inner))
            return true;
    return false;
}

// A DO block or procedure is read, and only its code is not: the tables tell what it did.
static bool is_opaque(const struct assessment *assessment, const struct not_understood *place)
{
    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct script *script = assessment->scripts[i].script;
        for (size_t s = 0; script != NULL && s < script->n_statements; s++)
            if (strcmp(script->statements[s].path, place->path) == 0 &&
                script->statements[s].offset == place->offset)
                return is_code(&script->statements[s]);
    }
    return false;
}

static bool check_understood(const struct assessment *assessment, bool is_all, struct error *err)
{
    for (size_t i = 0; i < assessment->n_not_understood; i++) {
        const struct not_understood *place = &assessment->not_understood[i];
        if (is_opaque(assessment, place)) {
            if (!is_all)
                log_warning("%s:%zu: %s; --all or --table compares what it may write", place->path,
                            place->line, place->reason);
            continue;
        }
        error_set(err, ERROR_UNKNOWN, "%s:%zu:%zu: not understood: %s", place->path, place->line,
                  place->column, place->reason);
        return error_hint(
            err, "no invariant can be derived from it: tminus assess lists all such places");
    }
    return true;
}

static bool name_file(TALLOC_CTX *mem, const struct inspection *inspection,
                      const struct request *request, char **out, struct error *err)
{
    SCRATCH(tmp);
    char *path;

    if (request->output != NULL) {
        // The journal names it for later runs, which may start in another folder.
        char *folder = realpath(file_folder(tmp, request->output), NULL);
        if (folder == NULL)
            return error_set(err, ERROR_INPUT, "%s: cannot be written: %m", request->output);
        *out = file_join(mem, folder, file_base(request->output));
        free(folder);
        return true;
    }
    char *name =
        mem_printf(tmp, "baseline/%s-%d.db", clock_format(clock_wall_ms()).text, (int)getpid());
    for (char *at = name; *at != '\0'; at++)
        if (*at == ':')
            *at = '-';
    TRY(state_path(tmp, inspection->choice.config->service, inspection->choice.environment_name,
                   name, &path, err));
    *out = mem_strdup(mem, path);
    return true;
}

static json_t *saved_event(const struct baseline *baseline, const struct results *results)
{
    json_t *data = json_object();
    int64_t rows = 0, failed = 0;

    for (size_t i = 0; i < baseline->n_tables; i++)
        rows += baseline->tables[i].rows;
    for (size_t i = 0; i < results->n; i++)
        failed += results->list[i].status == STATUS_FAIL;
    json_put_text(data, "path", baseline->path);
    json_put_text(data, "sha256", baseline->sha256);
    json_put_text(data, "database", baseline->identity.database);
    json_put_text(data, "system", baseline->identity.system);
    json_put_text(data, "environment", baseline->environment);
    json_put_text(data, "at", clock_format(baseline->taken_ms).text);
    json_put_integer(data, "tables", (int64_t)baseline->n_tables);
    json_put_integer(data, "rows", rows);
    json_put_integer(data, "invariants", (int64_t)baseline->invariants.n);
    json_put_text(data, "verdict", verdict_name(baseline_verdict(baseline, results)));
    json_put_integer(data, "failed", failed);
    return data;
}

// Whether each migration may write rows at all: one that may not needs no number for attribution.
static void note_writing(const struct assessment *assessment, const struct change *pending,
                         json_t *migrations)
{
    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct assessed_script *script = &assessment->scripts[i];
        for (size_t m = 0; m < pending->n_migrations; m++)
            if (!script->is_down && script->migration == &pending->migrations[m])
                json_put_bool(json_array_get(migrations, m), "writes",
                              script_may_write_rows(script->script));
    }
}

static bool take(TALLOC_CTX *mem, struct inspection *inspection, const struct request *request,
                 const struct change *pending, struct results *results, char **path,
                 struct error *err)
{
    json_auto_t *migrations = inspection_migrations(pending);
    struct schema *schema;
    struct assessment *assessment;
    struct invariants invariants;
    struct baseline_request baseline = {
        .target = &inspection->target,
        .config = inspection->choice.config,
        .service = inspection->choice.config->service,
        .environment = inspection->choice.environment_name,
        .title = pending->title,
        .tables = request->tables,
        .n_tables = request->n_tables,
        // With nothing pending there is nothing to choose tables by.
        .is_all = request->is_all || (pending->n_migrations == 0 && request->n_tables == 0),
        .migrations = migrations,
        .invariants = &invariants,
    };

    TRY(inspection->target.driver->catalog->read(mem, inspection->target.engine, &schema, err));
    TRY(inspection_assess(mem, inspection, pending, &assessment, err));
    TRY(check_understood(assessment, baseline.is_all, err));
    note_writing(assessment, pending, migrations);
    TRY(invariants_derive(mem, assessment, schema, baseline.config, &invariants, &baseline.trace,
                          err));
    TRY(inspection_earlier_baseline(mem, inspection, NULL, &baseline.earlier, err));
    TRY(name_file(mem, inspection, request, path, err));
    baseline.schema = schema;
    baseline.path = *path;
    return baseline_save(mem, &baseline, results, err);
}

static void write_baseline(const struct request *request, const struct baseline *baseline,
                           const struct results *results, const struct journal_head *head)
{
    const struct report_proof_options options = report_options(request, head);

    if (request->options.format == FORMAT_JSON)
        report_baseline_json(stdout, baseline, results, &options);
    else
        report_baseline_text(stdout, baseline, results, &options);
}

static int run_save(TALLOC_CTX *mem, struct inspection *inspection, const struct request *request,
                    struct error *err)
{
    struct change pending;
    struct results results;
    struct baseline *baseline;
    struct journal_head head;
    char *path;

    bool is_taken = read_pending(mem, inspection, request, &pending, err) &&
                    take(mem, inspection, request, &pending, &results, &path, err);
    inspection_end_progress(inspection);
    if (!is_taken || !baseline_open(mem, path, &baseline, err) ||
        !journal_append(inspection->journal, EVENT_BASELINE_SAVED, saved_event(baseline, &results),
                        err) ||
        !journal_head(inspection->journal, &head, err))
        return -1;
    write_baseline(request, baseline, &results, &head);
    return command_exit_status(baseline_verdict(baseline, &results));
}

// --- show, compare

static int run_show(TALLOC_CTX *mem, struct inspection *inspection, const struct request *request,
                    struct error *err)
{
    struct baseline *baseline;
    struct results results;

    if (!inspection_open_baseline(mem, inspection, request->n_paths > 0 ? request->paths[0] : NULL,
                                  &baseline, err) ||
        !baseline_check_identity(baseline, &inspection->target.identity, err) ||
        !baseline_results(mem, baseline, &inspection->target, &results, err))
        return -1;
    write_baseline(request, baseline, &results, NULL);
    return EXIT_GO;
}

static bool open_two(TALLOC_CTX *mem, const struct inspection *inspection,
                     const struct request *request, struct baseline **two, struct error *err)
{
    const char *earlier;

    TRY(inspection_open_baseline(mem, inspection, request->n_paths == 2 ? request->paths[1] : NULL,
                                 &two[1], err));
    if (request->n_paths == 2)
        return inspection_open_baseline(mem, inspection, request->paths[0], &two[0], err);
    TRY(inspection_earlier_baseline(mem, inspection, two[1]->path, &earlier, err));
    if (earlier == NULL)
        return error_set(err, ERROR_BASELINE, "there is but one baseline of %s",
                         inspection->target.identity.text);
    return inspection_open_baseline(mem, inspection, earlier, &two[0], err);
}

static int run_compare(TALLOC_CTX *mem, struct inspection *inspection,
                       const struct request *request, struct error *err)
{
    struct baseline *two[2];
    struct baseline_difference *differences;
    size_t n;

    if (!open_two(mem, inspection, request, two, err) ||
        !baseline_compare(mem, two[0], two[1], &differences, &n, err))
        return -1;
    json_t *data = json_object();
    json_put_text(data, "a", two[0]->path);
    json_put_text(data, "b", two[1]->path);
    json_put_text(data, "database", two[1]->identity.database);
    json_put_bool(data, "equal", n == 0);
    json_put_integer(data, "differences", (int64_t)n);
    if (!journal_append(inspection->journal, EVENT_BASELINE_COMPARED, data, err))
        return -1;
    if (request->options.format == FORMAT_JSON)
        report_comparison_json(stdout, two[0], two[1], differences, n);
    else
        report_comparison_text(stdout, two[0], two[1], differences, n);
    return n == 0 ? EXIT_GO : EXIT_NO_GO;
}

static bool check_files(const struct request *request, struct error *err)
{
    if (strcmp(request->action, "show") == 0 && request->n_paths > 1)
        return error_set(err, ERROR_USAGE, "show takes one baseline, or none for the last one");
    if (strcmp(request->action, "compare") == 0 && request->n_paths != 0 && request->n_paths != 2)
        return error_set(err, ERROR_USAGE, "compare takes two baselines, or none for the last two");
    return true;
}

static int baseline_database(void *context, const char *database, bool *is_shown, struct error *err)
{
    SCRATCH(tmp);
    const struct request *request = context;
    struct inspection inspection = {.query_timeout_ms = INSPECTION_LONG_MS};
    bool is_save = strcmp(request->action, "save") == 0,
         is_show = strcmp(request->action, "show") == 0;

    if (!inspection_open(tmp, request->program, &request->options, database, &inspection, err))
        return -1;
    int status = is_save   ? run_save(tmp, &inspection, request, err)
                 : is_show ? run_show(tmp, &inspection, request, err)
                           : run_compare(tmp, &inspection, request, err);
    *is_shown = status >= 0;
    return status;
}

static int baseline_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {.mem = tmp, .program = program};

    argp_parse(&parser, argc, argv, 0, NULL, &request);
    if (!options_format_allowed(&request.options,
                                OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON), err) ||
        !check_files(&request, err))
        return -1;
    const struct database_work work = {
        .options = &request.options,
        .given = request.database,
        .needs_name = request.n_paths > 0,
        .schema = "tminus/baseline/1",
        .run = baseline_database,
        .context = &request,
    };
    return database_each(&work, err);
}

const struct command command_baseline = {
    .name = "baseline",
    .arguments = "save [PATH…] | show [FILE] | compare [A B]",
    .summary = "what the data is before the change, and whether it contradicts it",
    .when = "before",
    .run = baseline_run,
};
