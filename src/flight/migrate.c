/*
 * Running migrations: intent, act, read back, result.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/log.h"
#include "change/layout.h"
#include "flight/migrate_flight.h"

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

static bool open_session(struct flight *flight, bool read_only, struct engine **out,
                         struct error *err)
{
    const struct engine_open_options options = {
        .url = flight->request->url,
        .read_only = read_only,
        .allow_superuser = true, // asked are only questions of ours
        // SQLite has one lock, for which opening waits already.
        .timeout_ms =
            flight->request->driver->dialect == DIALECT_SQLITE ? flight->request->timeout_ms : 0,
        .name = "tminus/migrate",
        .wait = flight->request->wait,
    };
    return flight->session->open(flight->mem, &options, out, err);
}

static bool read_identity(struct flight *flight, struct error *err)
{
    struct engine_identity identity;
    TRY(flight->session->identity(flight->mem, flight->reader, &identity, err));
    flight->report->database = identity.text;
    flight->report->database_name = identity.database;
    flight->report->system = identity.system;
    flight->is_standby = identity.is_standby;
    return true;
}

// --- one step

struct engine_run_request flight_request(const struct flight *flight,
                                         const struct migrate_step *step)
{
    const struct migration_text *text =
        flight->request->is_undo ? &step->migration->down : &step->migration->up;
    return (struct engine_run_request){
        .path = text->path,
        .text = text->text,
        .start = text->start,
        .end = text->end,
        .in_transaction = text->in_transaction,
        .lock_timeout_ms = flight->request->timeout_ms,
        .attempts = flight->request->attempts,
    };
}

// A step that failed keeps its own error, even when the journal fails too.
static bool fail_step(struct flight *flight, struct migrate_step *step, struct error *err)
{
    struct error ignored;
    step->state = err->code == ERROR_PARTIAL ? MIGRATE_PARTIAL : MIGRATE_TAKEN_BACK;
    if (!flight_journal_result(flight, step, err, NULL, &ignored))
        log_warning("the journal could not be written: %s", ignored.message);
    return false;
}

static void pass_note(void *context, const char *text)
{
    (void)context;
    log_info("%s", text);
}

// SQL of ours alone. `lock` NULL: what keeps others out is held, or not needed.
static bool run_sql(struct flight *flight, const char *what, const char *lock, const char *sql,
                    struct error *err)
{
    const struct engine_run_request request = {
        .path = what,
        .text = "",
        .in_transaction = true,
        .first = lock,
        .last = sql,
        .lock_timeout_ms = flight->request->timeout_ms,
        .attempts = flight->request->attempts,
        .note = pass_note,
    };
    struct engine_run ignored;
    return sql == NULL ||
           flight->session->run(flight->mem, flight->writer, &request, &ignored, err);
}

// A committed transaction is not believed alone: the record must say so to another session.
static bool read_back(struct flight *flight, struct migrate_step *step,
                      struct schema_objects *after, struct error *err)
{
    const struct migrate_request *request = flight->request;
    TRY(record_read(flight->mem, &flight->target, request->change, &flight->record, err));
    TRY(flight->catalog->objects(flight->mem, flight->reader, step->schema_after, after, err));
    const struct record_entry *entry = record_find(&flight->record, step->version);
    bool is_applied = entry != NULL && !entry->is_dirty;
    if (is_applied != request->is_undo)
        return true;
    error_set(err, ERROR_PARTIAL, "%s: committed, but '%s' %s version %s when read back",
              step->migration->path, flight->record.table_title,
              is_applied ? "still has" : "does not have", step->version);
    return error_hint(err, "another program writes to this record; find it before going on");
}

static void keep_result(struct flight *flight, struct migrate_step *step,
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
        const char *schema = written->table.schema;
        *mem_append(flight->mem, step->written, step->n_written) = (struct migrate_written){
            .table = mem_printf(flight->mem, "%s%s%s", schema ? schema : "", schema ? "." : "",
                                written->table.name),
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

static bool act(struct flight *flight, struct migrate_step *step, struct error *err)
{
    SCRATCH(tmp);
    struct engine_run_request run = flight_request(flight, step);
    const struct record_step mark = {.migration = step->migration,
                                     .sha256 = step->sha256,
                                     .is_undo = flight->request->is_undo,
                                     .previous = step->previous};
    struct engine_run result = {0};
    const struct record *record = &flight->record;
    const char *begun = run.in_transaction ? NULL : record_sql_begun(tmp, record, &mark);
    run.first = joined(tmp, record_sql_lock(tmp, record, run.in_transaction), begun);
    run.last = record_sql_done(tmp, record, &mark);
    run.note = pass_note;
    if (!flight->session->run(flight->mem, flight->writer, &run, &result, err)) {
        struct error cause = *err;
        bool is_marked = begun != NULL && cause.code == ERROR_TAKEN_BACK;
        if (is_marked &&
            !run_sql(flight, run.path, NULL, record_sql_unbegun(tmp, record, &mark), err))
            return error_wrap(err, "%s; taken back, but its mark stays", cause.message);
        *err = cause;
        return false;
    }
    keep_result(flight, step, &result);
    return true;
}

static bool fly_step(struct flight *flight, struct migrate_step *step, struct error *err)
{
    SCRATCH(tmp);
    struct schema_objects before, after;
    struct schema_differences changed;
    TRY(flight->catalog->objects(tmp, flight->reader, step->schema_before, &before, err));
    TRY(flight_journal_started(flight, step, err));
    log_info("running %s", flight_request(flight, step).path);
    if (!act(flight, step, err) || !read_back(flight, step, &after, err))
        return fail_step(flight, step, err);
    step->state = MIGRATE_DONE;
    schema_objects_compare(tmp, &before, &after, &changed);
    TRY(flight_journal_result(flight, step, NULL, &changed, err));
    return !flight->request->is_undo || flight_check_restored(flight, step, &before, &after, err);
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
static int64_t count_orphans(struct flight *flight, const char **tables)
{
    struct error ignored;
    if (!flight->report->orphans.is_asked)
        return -1;
    struct orphan_list list = {.mem = flight->mem, .tables = mem_strdup(flight->mem, "")};
    if (!flight->session->query(flight->reader, "PRAGMA foreign_key_check", add_orphan, &list,
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
static bool prepare_record(struct flight *flight, struct error *err)
{
    SCRATCH(tmp);
    struct record *record = &flight->record;
    const char *sql = record_sql_prepare(tmp, record);
    if (sql == NULL)
        return true;
    if (!run_sql(flight, record->table_title, record_sql_lock(tmp, record, true), sql, err)) {
        // Nothing of the migrations was begun.
        bool is_locked = strcmp(err->sqlstate, "55P03") == 0;
        if (err->code == ERROR_TAKEN_BACK)
            err->code = is_locked ? ERROR_UNREACHABLE : ERROR_DATABASE;
        return false;
    }
    if (record->is_there)
        return true;
    TRY(record_read(flight->mem, &flight->target, flight->request->change, record, err));
    if (record->n == 0)
        return true;
    return error_set(err, ERROR_POLICY, "another program made '%s' just now, and migrates",
                     record->table_title);
}

static bool fly(struct flight *flight, struct error *err)
{
    struct migrate_report *report = flight->report;
    const char *ignored = NULL;
    for (size_t i = 0; i < report->n_steps; i++)
        TRY(flight_check_unfinished(flight, &report->steps[i], err));
    if (flight->request->before != NULL)
        TRY(flight->request->before(flight->request->context, flight->reader, err));
    TRY(flight_note_traffic(flight, err));
    report->orphans.before = count_orphans(flight, &ignored);
    TRY(open_session(flight, false, &flight->writer, err));
    TRY(prepare_record(flight, err));
    TRY(read_identity(flight, err)); // it has an id now
    for (size_t i = 0; i < report->n_steps; i++) {
        if (!fly_step(flight, &report->steps[i], err))
            return fail_after_done(report, err);
    }
    report->orphans.after = count_orphans(flight, &report->orphans.tables);
    return true;
}

static bool open_record(struct flight *flight, struct error *err)
{
    const struct migrate_request *request = flight->request;
    enum dialect dialect = request->driver->dialect;
    struct record_target *target = &flight->target;
    target->driver = request->driver;
    TRY(record_format_for(request->change->layout, dialect, &target->format, err));
    TRY(record_format_check(target->format, dialect, err));
    TRY(open_session(flight, true, &flight->reader, err));
    TRY(read_identity(flight, err));
    target->engine = flight->reader;
    target->database = flight->report->database_name;
    TRY(record_read(flight->mem, target, request->change, &flight->record, err));
    flight->report->record_table = flight->record.table_title;
    return true;
}

// What the engine refuses of any of them is said before the first one runs.
static bool check_texts(struct flight *flight, struct error *err)
{
    const struct migrate_report *report = flight->report;
    for (size_t i = 0; flight->session->check != NULL && i < report->n_steps; i++) {
        struct engine_run_request request = flight_request(flight, &report->steps[i]);
        TRY(flight->session->check(&request, err));
    }
    return true;
}

static bool check_role(struct flight *flight, struct error *err)
{
    const struct record *record = &flight->record;
    if (flight->is_standby) {
        error_set(err, ERROR_INPUT,
                  "%s is a standby: it replays another server and cannot be written",
                  flight->report->database);
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
    struct flight flight = {
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
        .orphans = {.is_asked = request->driver->dialect == DIALECT_SQLITE,
                    .before = -1,
                    .after = -1,
                    .tables = ""},
    };
    TRY(open_record(&flight, err));
    report->n_applied = flight.record.n;
    TRY(migrate_plan(report, request, &flight.record, report, err));
    *out = report;
    if (report->n_steps == 0)
        return true;
    TRY(check_texts(&flight, err));
    TRY(check_role(&flight, err));
    return request->is_dry_run || fly(&flight, err);
}
