/*
 * tminus rehearse: run the change on a copy, and see what it does and whether it goes back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "command/inspection.h"
#include "flight/record.h"
#include "journal/events.h"
#include "journal/state.h"
#include "rehearsal/command_run.h"
#include "rehearsal/effects_file.h"
#include "rehearsal/rehearsal.h"
#include "report/rehearsal.h"

#define KEY_DATABASE 0x201
#define KEY_CHECK 0x202
#define KEY_WRITE 0x203
#define KEY_FROM 0x204

struct request {
    TALLOC_CTX *mem;
    const struct program *program;
    struct options options;
    const char *database;
    const char *from;
    bool is_check;
    bool writes;
    const char **paths;
    size_t n_paths;
};

static const struct argp_option table[] = {
    {"database", KEY_DATABASE, "URL", 0,
     "database instead of tminus.yaml's (a URL, a file, or a name of several)", 1},
    {"from", KEY_FROM, "KIND", 0,
     "what the copy is made of, instead of tminus.yaml's: backup, dump, template or file", 1},
    {"check", KEY_CHECK, NULL, 0,
     "compare the effects with those approved in the effects files; any other one is NO-GO", 1},
    {"write", KEY_WRITE, NULL, 0, "write the effects files beside the migrations", 1},
    {0},
};

static void read_source(struct argp_state *state, struct request *request, const char *value)
{
    static const char *const kinds[] = {"backup", "dump", "template", "file"};
    request->from = value;
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i], value) == 0)
            return;
    argp_error(state, "--from is backup, dump, template or file, not '%s'", value);
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct request *request = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_DATABASE: request->database = value; return 0;
    case KEY_CHECK: request->is_check = true; return 0;
    case KEY_WRITE: request->writes = true; return 0;
    case KEY_FROM: read_source(state, request, value); return 0;
    case ARGP_KEY_ARG:
        *mem_append(request->mem, request->paths, request->n_paths) = value;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .args_doc = "[PATH…]",
    .doc =
        "Make a copy of the database, run the pending migrations on it, and tell what they did: "
        "locks and time of each statement, rows and values that changed, what held and no longer "
        "holds, whether the downs bring everything back, and what would be lost. The database "
        "itself is only read. Ends with 0 GO, 1 NO-GO, 3 HOLD.",
    .children = options_children,
};

// --- what is rehearsed

// The project's own tool knows what is pending.
static bool is_command(const struct inspection *inspection)
{
    const struct config_environment *environment = inspection->choice.environment;
    return environment != NULL && environment->rehearsal.runner != NULL &&
           strcmp(environment->rehearsal.runner, "command") == 0;
}

static bool read_change(TALLOC_CTX *mem, const struct inspection *inspection,
                        const struct request *request, struct change **out, struct error *err)
{
    struct change *change;
    int64_t n_applied;

    if (is_command(inspection)) {
        *out = mem_new(mem, struct change);
        (*out)->title = "rehearsal.up";
        return true;
    }

    TRY(database_read_change(mem, &inspection->choice, request->paths, request->n_paths, &change,
                             err));
    TRY(inspection_pending(mem, inspection, change, out, &n_applied, err));
    if ((*out)->n_migrations > 0)
        return true;
    error_set(err, ERROR_UNKNOWN, "nothing is pending: all %zu migrations are recorded as applied",
              change->n_migrations);
    return error_hint(err, "rehearse a change before it is applied, or name another database");
}

// Tables whose rows are not data: the tool's record and our own.
static struct name *name_left_out(TALLOC_CTX *mem, const struct change *change,
                                  enum dialect dialect, size_t *n)
{
    const char *schema = dialect == DIALECT_SQLITE ? "main" : "public";
    size_t n_records;
    const struct name *records = command_records(mem, schema, &n_records);
    struct name *names = NULL;
    const struct record_format *format;
    struct error unknown;

    *n = 0;
    for (size_t i = 0; i < n_records; i++)
        *mem_append(mem, names, *n) = records[i];
    *mem_append(mem, names, *n) = (struct name){schema, "tminus_identity"};
    *mem_append(mem, names, *n) = (struct name){schema, "tminus_migration"};
    if (change->layout != NULL && record_format_for(change->layout, dialect, &format, &unknown))
        *mem_append(mem, names, *n) = record_table(mem, format, schema);
    return names;
}

static const struct copy_driver *find_copies(const struct program *program, enum dialect dialect)
{
    for (const struct copy_driver *const *driver = program->copies; *driver != NULL; driver++)
        if ((*driver)->dialect == dialect)
            return *driver;
    bug("no copies of dialect %d", (int)dialect);
}

static bool rehearse(TALLOC_CTX *mem, struct inspection *inspection, const struct request *request,
                     const struct change *change, struct rehearsal_report **out, struct error *err)
{
    const struct config_environment *environment = inspection->choice.environment;
    struct config_rehearsal settings = {.deadline_ms = (int64_t)4 * 3600 * 1000};
    size_t n_left_out;
    char *folder;

    if (environment != NULL)
        settings = environment->rehearsal;
    if (request->from != NULL)
        settings.from = request->from;
    TRY(state_path(mem, inspection->choice.config->service, inspection->choice.environment_name,
                   "rehearsal", &folder, err));
    enum dialect dialect = inspection->target.driver->dialect;
    const struct name *left_out = name_left_out(mem, change, dialect, &n_left_out);
    const struct rehearsal_request rehearsal = {
        .copies = {.driver = find_copies(request->program, dialect),
                   .engine = inspection->target.driver,
                   .backups = request->program->backups,
                   .config = inspection->choice.config,
                   .database = database_name_among(&inspection->choice),
                   .settings = &settings,
                   .backup = environment == NULL ? NULL : &environment->backup,
                   .source = &inspection->target,
                   .source_url = inspection->choice.url,
                   .folder = folder,
                   .leave_out = left_out,
                   .n_leave_out = n_left_out,
                   .is_logged = is_command(inspection),
                   .progress = inspection->target.progress,
                   .context = inspection->target.context,
                   .wait = inspection->target.wait},
        .change = change,
        .config = inspection->choice.config,
        .environment = environment,
        .service = inspection->choice.config->service,
        .environment_name = inspection->choice.environment_name,
        .has_undo_log =
            inspection->choice.database != NULL && inspection->choice.database->has_undo_log,
    };
    bool is_made = rehearsal_make(mem, &rehearsal, out, err);
    inspection_end_progress(inspection);
    return is_made;
}

// --- effects files

struct effects_written {
    const char **paths;
    size_t n;
    json_t *compared; // [{sha256, different}]
};

// Who approved every effect approved what no longer holds by them. That an INSERT fails is none.
static void approve_mined(struct rehearsal_report *report)
{
    for (size_t i = 0; i < report->findings->n; i++)
        if (text_starts_with(report->findings->list[i].rule, "mined-") &&
            strcmp(report->findings->list[i].rule, "mined-sequence") != 0)
            report->findings->list[i].severity = SEVERITY_NOTE;
}

// What a later poll knows a file by that was compared with the run.
static bool note_effects(json_t *compared, const char *path, bool is_different, struct error *err)
{
    struct digest_text digest;
    TRY(digest_of_file(path, &digest, err));
    json_t *object = json_object();
    json_put_text(object, "sha256", digest.hex);
    json_put_bool(object, "different", is_different);
    json_array_append_new(compared, object);
    return true;
}

// What the run did that nobody approved.
static bool check_effects(TALLOC_CTX *mem, struct rehearsal_report *report, json_t *compared,
                          struct error *err)
{
    size_t n_before = report->findings->n;
    for (size_t i = 0; i < report->n_migrations; i++) {
        const struct migration_effects *effects = &report->migrations[i];
        const char *path = effects_file_path(mem, effects->migration);
        struct effects_file *file = NULL; // there is none: that is a finding
        size_t n = report->findings->n;
        if (file_kind(path) != FILE_MISSING)
            TRY(effects_file_read(mem, path, &file, err));
        effects_file_check(file, effects, report->findings);
        if (file != NULL)
            TRY(note_effects(compared, path, report->findings->n > n, err));
    }
    if (report->findings->n == n_before && report->n_migrations > 0)
        approve_mined(report);
    rehearsal_judge(report);
    return true;
}

static bool write_effects(TALLOC_CTX *mem, const struct rehearsal_report *report,
                          const char ***written, size_t *n, struct error *err)
{
    for (size_t i = 0; i < report->n_migrations; i++) {
        const struct migration_effects *effects = &report->migrations[i];
        const char *path = effects_file_path(mem, effects->migration);
        struct effects_file *existing = NULL;
        if (file_kind(path) != FILE_MISSING)
            TRY(effects_file_read(mem, path, &existing, err));
        const char *text = effects_file_text(mem, effects, existing);
        TRY(file_write(path, text, strlen(text), 0644, err));
        *mem_append(mem, *written, *n) = path;
    }
    return true;
}

static bool treat_effects(TALLOC_CTX *mem, const struct request *request,
                          struct rehearsal_report *report, struct effects_written *out,
                          struct error *err)
{
    if (request->is_check)
        TRY(check_effects(mem, report, out->compared, err));
    if (!request->writes)
        return true;
    json_array_clear(out->compared);
    TRY(write_effects(mem, report, &out->paths, &out->n, err));
    for (size_t i = 0; i < out->n; i++)
        TRY(note_effects(out->compared, out->paths[i], false, err));
    return true;
}

// --- the record and the report

static json_t *rehearsed_event(const struct inspection *inspection, const struct change *change,
                               const struct rehearsal_report *report, json_t *compared)
{
    json_t *data = json_object();
    const struct rollback_answer *answer = &report->rollback;

    json_put_text(data, "database", inspection->target.identity.database);
    json_put_text(data, "environment", inspection->choice.environment_name);
    json_put_text(data, "source", report->source.kind);
    json_put(data, "migrations", inspection_migrations(change));
    json_put_text(data, "verdict", verdict_name(report->verdict));
    json_put_text(data, "why", report->why);
    json_put_text(data, "class", rehearsal_class_name(answer->class));
    json_put_text(data, "class_why", answer->why);
    json_put_integer(data, "rows_lost", answer->rows_lost);
    json_put_text(data, "schema_restored", status_name(answer->schema_restored));
    json_put_text(data, "data_restored", status_name(answer->data_restored));
    json_put_text(data, "old_release_survives", status_name(answer->old_release_survives));
    if (answer->class == CLASS_UNDO_LOG) {
        json_t *log = json_put_object(data, "undo_log");
        json_put_integer(log, "rows", answer->undo_rows);
        json_put_integer(log, "bytes", answer->undo_bytes);
    }
    json_put_real(data, "seconds_up", (double)report->up.took_us / 1e6);
    json_put_real(data, "seconds_down", (double)report->down.took_us / 1e6);
    if (json_array_size(compared) > 0)
        json_put(data, "effects", json_incref(compared));
    return data;
}

static void write_report(const struct request *request, const struct rehearsal_report *report,
                         const struct journal_head *head, const char *const *written, size_t n)
{
    const struct report_journal journal = {.sequence = head->sequence, .hash = head->hash};
    const struct report_rehearsal_options options = {
        .is_colored = log_is_colored(stdout),
        .is_whole = request->options.verbosity > 0,
        .journal = &journal,
        .written = written,
        .n_written = n,
    };
    if (request->options.format == FORMAT_JSON)
        report_rehearsal_json(stdout, report, &options);
    else
        report_rehearsal_text(stdout, report, &options);
}

// Of a backup a copy could be made without it.
static bool open_target(TALLOC_CTX *mem, const struct request *request, const char *database,
                        struct inspection *inspection, struct error *err)
{
    if (inspection_open(mem, request->program, &request->options, database, inspection, err))
        return true;
    return err->code == ERROR_UNREACHABLE
               ? error_hint(err, "the database is asked which migrations are pending, also when "
                                 "the copy is made of a backup or a golden clone")
               : false;
}

static int rehearse_database(void *context, const char *database, bool *is_shown, struct error *err)
{
    SCRATCH(tmp);
    const struct request *request = context;
    struct inspection *inspection = mem_new(tmp, struct inspection);
    struct change *change;
    struct rehearsal_report *report;
    struct journal_head head;
    json_auto_t *compared = json_array();
    struct effects_written effects = {.compared = compared};

    inspection->query_timeout_ms = INSPECTION_LONG_MS;
    if (!open_target(tmp, request, database, inspection, err) ||
        !read_change(tmp, inspection, request, &change, err) ||
        !rehearse(tmp, inspection, request, change, &report, err) ||
        !treat_effects(tmp, request, report, &effects, err) ||
        !journal_append(inspection->journal, EVENT_REHEARSED,
                        rehearsed_event(inspection, change, report, compared), err) ||
        !journal_head(inspection->journal, &head, err))
        return -1;
    *is_shown = true;
    write_report(request, report, &head, effects.paths, effects.n);
    return command_exit_status(report->verdict);
}

static int rehearse_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {.mem = tmp, .program = program};
    argp_parse(&parser, argc, argv, 0, NULL, &request);
    if (!options_format_allowed(&request.options,
                                OPTIONS_FORMAT(FORMAT_TEXT) | OPTIONS_FORMAT(FORMAT_JSON), err))
        return -1;
    const struct database_work work = {
        .options = &request.options,
        .given = request.database,
        .needs_name = request.n_paths > 0,
        .schema = "tminus/rehearse/1",
        .run = rehearse_database,
        .context = &request,
    };
    return database_each(&work, err);
}

const struct command command_rehearse = {
    .name = "rehearse",
    .arguments = "[--check] [--write] [PATH…]",
    .summary = "run the change on a copy: what it does, and whether it goes back",
    .when = "before",
    .run = rehearse_run,
};
