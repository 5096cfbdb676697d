/*
 * Running migrations: intent, act, read back, result.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/log.h"
#include "change/layout.h"
#include "flight/migrating.h"

#define ORPHAN_TABLES_SHOWN 5

const char *migrate_state_name(enum migrate_state state, bool is_undo)
{
    switch (state) {
    case MIGRATE_PENDING: return is_undo ? "applied" : "pending";
    case MIGRATE_DONE: return is_undo ? "undone" : "applied";
    case MIGRATE_TAKEN_BACK: return "taken back";
    case MIGRATE_PARTIAL: return "partly applied";
    }
    bug("migrate: state %d", (int)state);
}

static bool has_masks(const struct config *config)
{
    for (size_t i = 0; config != NULL && i < config->n_tables; i++)
        if (config->tables[i].n_mask > 0)
            return true;
    return false;
}

static bool open_session(struct migrating *migrating, bool read_only, struct engine **out,
                         struct error *err)
{
    const struct engine_open_options options = {
        .url = migrating->request->url,
        .read_only = read_only,
        .recovers = migrating->request->recovers,
        .hides_rows = has_masks(migrating->request->config),
        .allow_superuser = true, // asked are only questions of ours
        // SQLite has one lock, for which opening waits already.
        .timeout_ms = migrating->request->driver->dialect == DIALECT_SQLITE
                          ? migrating->request->timeout_ms
                          : 0,
        .name = "tminus/migrate",
        .wait = migrating->request->wait,
    };
    return migrating->session->open(migrating->mem, &options, out, err);
}

static bool read_identity(struct migrating *migrating, struct error *err)
{
    struct engine_identity identity;
    TRY(migrating->session->identity(migrating->mem, migrating->reader, &identity, err));
    migrating->report->database = identity.text;
    migrating->report->database_name = identity.database;
    migrating->report->system = identity.system;
    migrating->is_standby = identity.is_standby;
    return migrating->request->binding == NULL ||
           binding_check_target(migrating->request->binding, &identity, err);
}

// An address that leads to several servers may have led elsewhere this time.
static bool open_writer(struct migrating *migrating, struct error *err)
{
    struct engine_identity identity;
    TRY(open_session(migrating, false, &migrating->writer, err));
    if (migrating->request->binding == NULL)
        return true;
    TRY(migrating->session->identity(migrating->mem, migrating->writer, &identity, err));
    return binding_check_target(migrating->request->binding, &identity, err);
}

// The bytes that may run, against those that the flight's gates were asked about. A dry run only
// reads back.
static bool check_bytes(const struct migrating *migrating, struct error *err)
{
    const struct migrate_request *request = migrating->request;
    return request->binding == NULL || request->is_dry_run ||
           binding_check_change(request->binding, request->change, err);
}

// Each that is about to run is the flight's.
static bool check_steps(const struct migrating *migrating, struct error *err)
{
    const struct migrate_request *request = migrating->request;
    const struct migrate_report *report = migrating->report;
    if (request->binding == NULL || request->is_dry_run)
        return true;
    for (size_t i = 0; i < report->n_steps; i++)
        TRY(binding_check_has(request->binding, report->steps[i].migration, err));
    return true;
}

// --- one step

const struct migration_text *migrate_step_text(const struct migrate_step *step, bool is_undo)
{
    return is_undo && step->migration->down.path != NULL ? &step->migration->down
                                                         : &step->migration->up;
}

struct engine_run_request migrating_request(const struct migrating *migrating,
                                            const struct migrate_step *step)
{
    bool is_undo = migrating->request->is_undo;
    const struct migration_text *text = migrate_step_text(step, is_undo);
    bool is_empty = is_undo && text != &step->migration->down; // the record alone
    return (struct engine_run_request){
        .path = text->path,
        .text = text->text,
        .start = is_empty ? 0 : text->start,
        .end = is_empty ? 0 : text->end,
        .in_transaction = is_empty || text->in_transaction,
        .lock_timeout_ms = migrating->request->timeout_ms,
        .attempts = migrating->request->attempts,
    };
}

// A step that failed keeps its own error, even when the journal fails too.
static bool fail_step(struct migrating *migrating, struct migrate_step *step, struct error *err)
{
    struct error ignored;
    step->state = err->code == ERROR_PARTIAL ? MIGRATE_PARTIAL : MIGRATE_TAKEN_BACK;
    if (!migrating_journal_result(migrating, step, err, NULL, &ignored))
        log_warning("the journal could not be written: %s", ignored.message);
    return false;
}

static void pass_note(void *context, const char *text)
{
    (void)context;
    log_info("%s", text);
}

// SQL of ours alone. `lock` NULL: what keeps others out is held, or not needed.
static bool run_sql(struct migrating *migrating, const char *what, const char *lock,
                    const char *sql, struct error *err)
{
    const struct engine_run_request request = {
        .path = what,
        .text = "",
        .in_transaction = true,
        .first = lock,
        .last = sql,
        .lock_timeout_ms = migrating->request->timeout_ms,
        .attempts = migrating->request->attempts,
        .note = pass_note,
    };
    struct engine_run ignored;
    return sql == NULL ||
           migrating->session->run(migrating->mem, migrating->writer, &request, &ignored, err);
}

// A committed transaction is not believed alone: the record must say so to another session.
static bool read_back(struct migrating *migrating, struct migrate_step *step,
                      struct schema_objects *after, struct error *err)
{
    const struct migrate_request *request = migrating->request;
    TRY(record_read(migrating->mem, &migrating->target, request->change, &migrating->record, err));
    TRY(migrating->catalog->objects(migrating->mem, migrating->reader, step->schema_after, after,
                                    err));
    const struct record_entry *entry = record_find(&migrating->record, step->version);
    bool is_applied = entry != NULL && !entry->is_dirty;
    if (is_applied != request->is_undo)
        return true;
    error_set(err, ERROR_PARTIAL, "%s: committed, but '%s' %s version %s when read back",
              step->migration->path, migrating->record.table_title,
              is_applied ? "still has" : "does not have", step->version);
    return error_hint(err, "another program writes to this record; find it before going on");
}

char *migrating_table_text(const struct migrating *migrating, struct name table)
{
    bool is_short = table.schema == NULL || migrating->request->driver->dialect == DIALECT_SQLITE;
    return mem_printf(migrating->mem, "%s%s%s", is_short ? "" : table.schema, is_short ? "" : ".",
                      table.name);
}

void migrating_keep_result(const struct migrating *migrating, struct migrate_step *step,
                           const struct engine_run *result)
{
    step->statements = result->statements;
    step->took_ms = result->took_ms;
    step->attempts = result->attempts;
    step->transaction = result->transaction;
    step->transaction_end = result->transaction_end;
    step->has_written = result->has_written;
    for (size_t i = 0; i < result->n_written; i++) {
        const struct engine_written *written = &result->written[i];
        *mem_append(migrating->mem, step->written, step->n_written) = (struct migrate_written){
            .table = migrating_table_text(migrating, written->table),
            .inserted = written->inserted,
            .updated = written->updated,
            .deleted = written->deleted,
        };
    }
}

// Both, either of which may be NULL.
static const char *joined(TALLOC_CTX *mem, const char *a, const char *b)
{
    return a == NULL ? b : b == NULL ? a : mem_printf(mem, "%s %s", a, b);
}

// Of what was taken back although it had no transaction around it: our own SQL before it stays.
static bool unmark(struct migrating *migrating, const struct migrate_step *step, const char *sql,
                   struct error *err)
{
    TRY(run_sql(migrating, step->migration->path, NULL, sql, err));
    return migrating_drop_log(migrating, step, err);
}

static bool act(struct migrating *migrating, struct migrate_step *step,
                const struct engine_undo_plan *log, struct error *err)
{
    SCRATCH(tmp);
    struct engine_run_request run = migrating_request(migrating, step);
    const struct record_step mark = {.migration = step->migration,
                                     .sha256 = step->sha256,
                                     .is_undo = migrating->request->is_undo,
                                     .previous = step->previous};
    struct engine_run result = {0};
    const struct record *record = &migrating->record;
    const char *begun = run.in_transaction ? NULL : record_sql_begun(tmp, record, &mark);
    run.first = joined(tmp, record_sql_lock(tmp, record, run.in_transaction), begun);
    run.first = joined(tmp, run.first, log->first);
    run.last = joined(tmp, log->last, record_sql_done(tmp, record, &mark));
    run.note = pass_note;
    if (!migrating->session->run(migrating->mem, migrating->writer, &run, &result, err)) {
        struct error cause = *err;
        bool is_marked = !run.in_transaction && cause.code == ERROR_TAKEN_BACK;
        const char *unbegun = begun == NULL ? NULL : record_sql_unbegun(tmp, record, &mark);
        if (is_marked && !unmark(migrating, step, unbegun, err))
            return error_wrap(err, "%s; taken back, but its mark stays", cause.message);
        *err = cause;
        return false;
    }
    migrating_keep_result(migrating, step, &result);
    return true;
}

static bool run_step(struct migrating *migrating, struct migrate_step *step, struct error *err)
{
    SCRATCH(tmp);
    struct schema_objects before, after;
    struct schema_differences changed;
    struct engine_undo_plan log = {0};
    if (!migrating->request->is_undo)
        TRY(migrating_plan_log(migrating, step, &log, err));
    TRY(migrating->catalog->objects(tmp, migrating->reader, step->schema_before, &before, err));
    TRY(migrating_journal_started(migrating, step, err));
    log_info("running %s", migrating_request(migrating, step).path);
    if (!act(migrating, step, &log, err) || !read_back(migrating, step, &after, err))
        return fail_step(migrating, step, err);
    if (!migrating->request->is_undo)
        TRY(migrating_read_back_log(migrating, step, err));
    step->state = MIGRATE_DONE;
    schema_objects_compare(tmp, &before, &after, &changed);
    TRY(migrating_journal_result(migrating, step, NULL, &changed, err));
    return !migrating->request->is_undo ||
           migrating_check_restored(migrating, step, &before, &after, err);
}

bool migrating_run_down(struct migrating *migrating, struct migrate_step *step, struct error *err)
{
    return run_step(migrating, step, err);
}

static bool fly_step(struct migrating *migrating, struct migrate_step *step, struct error *err)
{
    return migrating->request->is_undo ? migrating_go_back(migrating, step, err)
                                       : run_step(migrating, step, err);
}

// --- foreign keys

struct orphan_list {
    TALLOC_CTX *mem;
    int64_t rows;
    char *tables;
    char *last;
    size_t n_tables;
};

static bool add_orphan(void *context, const char *const *names, const struct engine_value *values,
                       size_t n)
{
    struct orphan_list *list = context;
    (void)names;
    (void)n;
    list->rows++;
    if (list->last != NULL && strcmp(list->last, values[0].text) == 0)
        return true;
    list->last = mem_strdup(list->mem, values[0].text);
    if (list->n_tables++ < ORPHAN_TABLES_SHOWN)
        list->tables =
            mem_printf(list->mem, "%s%s%s", list->tables, *list->tables ? ", " : "", list->last);
    return true;
}

// Only SQLite lets foreign keys point nowhere unseen. -1 when it takes too long or cannot be asked:
// it is said, and verify asks again by query.
static int64_t count_orphans(struct migrating *migrating, const char **tables)
{
    struct error ignored;
    if (!migrating->report->orphans.is_asked)
        return -1;
    struct orphan_list list = {.mem = migrating->mem, .tables = mem_strdup(migrating->mem, "")};
    if (!migrating->session->query(migrating->reader, "PRAGMA foreign_key_check", add_orphan, &list,
                                   &ignored))
        return -1;
    *tables = list.tables;
    return list.rows;
}

// --- the run

// What failed beside the migrations (the journal, a full disk) would be told as "nothing changed".
static bool fail_after_done(const struct migrate_report *report, struct error *err)
{
    if (err->code != ERROR_SYSTEM && err->code != ERROR_INPUT)
        return false;
    for (size_t i = 0; i < report->n_steps; i++) {
        if (report->steps[i].state != MIGRATE_DONE)
            continue;
        err->code = ERROR_PARTIAL;
        return error_hint(
            err, "what is told as applied stays, and the database has its record; mend the "
                 "cause and run it again for the rest");
    }
    return false;
}

// Make the record where there is none; somebody else may be at it at the same time.
static bool prepare_record(struct migrating *migrating, struct error *err)
{
    SCRATCH(tmp);
    struct record *record = &migrating->record;
    const char *sql = record_sql_prepare(tmp, record);
    if (sql == NULL)
        return true;
    if (!run_sql(migrating, record->table_title, record_sql_lock(tmp, record, true), sql, err)) {
        // Nothing of the migrations was begun.
        bool is_locked = strcmp(err->sqlstate, "55P03") == 0;
        if (err->code == ERROR_TAKEN_BACK)
            err->code = is_locked ? ERROR_UNREACHABLE : ERROR_DATABASE;
        return false;
    }
    if (record->is_there)
        return true;
    TRY(record_read(migrating->mem, &migrating->target, migrating->request->change, record, err));
    if (record->n == 0)
        return true;
    return error_set(err, ERROR_POLICY, "another program made '%s' just now, and migrates",
                     record->table_title);
}

// A table that is not in its log at all; NULL: each has its rows there.
static const struct migrate_conflict *find_lost_table(const struct migrate_log *log)
{
    for (size_t i = 0; i < log->n_shown; i++)
        if (*log->shown[i].key == '\0')
            return &log->shown[i];
    return NULL;
}

static bool fail_lost(const struct migrate_conflict *lost, struct error *err)
{
    error_set(err, ERROR_PARTIAL, "undone, but what %s held did not come back: %s", lost->table,
              lost->why);
    return error_hint(err, "a backup may have it: tminus restore");
}

// Everything is undone, but for rows that are not the migration's any more.
static bool check_conflicts(const struct migrate_report *report, struct error *err)
{
    const struct migrate_conflict *lost = NULL;
    const char *id = NULL;
    int64_t rows = 0;
    for (size_t i = 0; i < report->n_steps; i++) {
        const struct migrate_log *log = &report->steps[i].log;
        rows += log->conflicts;
        id = log->conflicts > 0 && id == NULL ? log->id : id;
        lost = lost == NULL ? find_lost_table(log) : lost;
    }
    if (rows == 0)
        return true;
    if (lost != NULL)
        return fail_lost(lost, err);
    error_set(err, ERROR_PARTIAL, "undone, but %lld row%s left alone: not as the undo log knows %s",
              (long long)rows, rows == 1 ? " was" : "s were", rows == 1 ? "it" : "them");
    return error_hint(err,
                      "look at each: the undo log still has what it was, until tminus clean "
                      "--undo-log %s",
                      id);
}

// Nor does a log bring back what it never held.
static bool check_whole(const struct migrate_report *report, struct error *err)
{
    for (size_t i = 0; report->is_undo && i < report->n_steps; i++) {
        const struct migrate_step *step = &report->steps[i];
        if (step->log.n_unkept == 0)
            continue;
        error_set(err, ERROR_PARTIAL,
                  "%s: undone, but its undo log does not hold all that it may have overwritten: %s",
                  step->migration->path, step->log.unkept[0].why);
        return error_hint(err, "what is not in it is as the migration left it; see to it by hand");
    }
    return true;
}

static bool fly(struct migrating *migrating, struct error *err)
{
    struct migrate_report *report = migrating->report;
    const char *ignored = NULL;
    for (size_t i = 0; i < report->n_steps; i++)
        TRY(migrating_check_unfinished(migrating, &report->steps[i], err));
    if (!migrating->request->is_undo)
        TRY(migrating_check_keeping(migrating, err));
    if (migrating->request->before != NULL)
        TRY(migrating->request->before(migrating->request->context, migrating->reader, err));
    TRY(migrating_note_traffic(migrating, err));
    report->orphans.before = count_orphans(migrating, &ignored);
    TRY(open_writer(migrating, err));
    TRY(prepare_record(migrating, err));
    TRY(read_identity(migrating, err)); // it has an id now
    for (size_t i = 0; i < report->n_steps; i++) {
        if (!fly_step(migrating, &report->steps[i], err))
            return fail_after_done(report, err);
    }
    report->orphans.after = count_orphans(migrating, &report->orphans.tables);
    report->is_complete = true;
    return check_conflicts(report, err) && check_whole(report, err);
}

static bool open_record(struct migrating *migrating, struct error *err)
{
    const struct migrate_request *request = migrating->request;
    enum dialect dialect = request->driver->dialect;
    struct record_target *target = &migrating->target;
    target->driver = request->driver;
    TRY(record_format_for(request->change->layout, dialect, &target->format, err));
    TRY(record_format_check(target->format, dialect, err));
    TRY(open_session(migrating, true, &migrating->reader, err));
    TRY(read_identity(migrating, err));
    target->engine = migrating->reader;
    target->database = migrating->report->database_name;
    TRY(migrating_note_others(migrating, err));
    TRY(record_read(migrating->mem, target, request->change, &migrating->record, err));
    migrating->report->record_table = migrating->record.table_title;
    return true;
}

// What the engine refuses of any of them is said before the first one runs.
static bool check_texts(struct migrating *migrating, struct error *err)
{
    const struct migrate_report *report = migrating->report;
    for (size_t i = 0; migrating->session->check != NULL && i < report->n_steps; i++) {
        struct engine_run_request request = migrating_request(migrating, &report->steps[i]);
        TRY(migrating->session->check(&request, err));
    }
    return true;
}

static bool check_role(struct migrating *migrating, struct error *err)
{
    const struct record *record = &migrating->record;
    if (migrating->is_standby) {
        error_set(err, ERROR_INPUT,
                  "%s is a standby: it replays another server and cannot be written",
                  migrating->report->database);
        return error_hint(err, "give the URL of its primary; nothing was touched");
    }
    if (record->may_write)
        return true;
    error_set(err, ERROR_INPUT, "this role may not %s '%s'",
              record->is_there ? "write" : "make the table", record->table_title);
    return error_hint(err, "migrate with the role that owns the tables; nothing was touched");
}

bool migrate_run(TALLOC_CTX *mem, const struct migrate_request *request,
                 struct migrate_report **out, struct error *err)
{
    struct migrate_report *report = mem_new(mem, struct migrate_report);
    struct migrate_undo *undo = NULL;
    struct migrating migrating = {
        .mem = report,
        .request = request,
        .session = request->driver->session,
        .catalog = request->driver->catalog,
        .report = report,
    };
    *report = (struct migrate_report){
        .layout = request->change->layout->name,
        .is_undo = request->is_undo,
        .is_dry_run = request->is_dry_run,
        .keeps_undo_log = !request->is_undo && request->undo_log == UNDO_LOG_KEPT,
        .orphans = {.is_asked = request->driver->dialect == DIALECT_SQLITE,
                    .before = -1,
                    .after = -1,
                    .tables = ""},
    };
    TRY(open_record(&migrating, err));
    report->n_applied = migrating.record.n;
    TRY(check_bytes(&migrating, err));
    TRY(migrating_read_logs(&migrating, err));
    TRY(migrating_read_undo(&migrating, &undo, err));
    TRY(migrate_plan(report, request, &migrating.record, undo, report, err));
    TRY(check_steps(&migrating, err));
    *out = report;
    if (report->n_steps == 0)
        return true;
    TRY(check_texts(&migrating, err));
    TRY(check_role(&migrating, err));
    if (request->is_undo)
        TRY(migrating_check_undo(&migrating, err));
    return request->is_dry_run || fly(&migrating, err);
}
