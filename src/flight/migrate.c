/*
 * Running migrations: intent, act, read back, result.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/migrate.h"
#include "base/log.h"
#include "change/layout.h"
#include "journal/events.h"

#define ORPHAN_TABLES_SHOWN 5

struct flight {
    TALLOC_CTX *mem;
    const struct migrate_request *request;
    const struct engine_session_table *session;
    const struct engine_catalog_table *catalog;
    struct engine *reader; // what happened is read back by it
    struct engine *writer;
    const struct record_format *format;
    struct record record;
    struct migrate_report *report;
};

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
        .timeout_ms = flight->request->timeout_ms,
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
    return true;
}

// --- the journal

static json_t *event_data(const struct flight *flight, const struct migrate_step *step)
{
    json_t *data = json_object();
    json_put_text(data, "migration", step->migration->path);
    json_put_text(data, "version", step->version);
    json_put_text(data, "direction", flight->request->is_undo ? "down" : "up");
    json_put_text(data, "database", flight->report->database_name);
    json_put_text(data, "system", flight->report->system);
    json_put_text(data, "sha256", step->sha256);
    json_put_text(data, "schema_before", step->schema_before);
    return data;
}

static void put_written(json_t *data, const struct migrate_step *step)
{
    if (step->transaction == 0)
        return;
    json_put_integer(data, "transaction", (int64_t)step->transaction);
    json_put_integer(data, "transaction_end", (int64_t)step->transaction_end);
    if (!step->has_written)
        return;
    json_t *list = json_put_array(data, "written");
    for (size_t i = 0; i < step->n_written; i++) {
        json_t *object = json_object();
        json_put_text(object, "table", step->written[i].table);
        json_put_integer(object, "inserted", step->written[i].inserted);
        json_put_integer(object, "updated", step->written[i].updated);
        json_put_integer(object, "deleted", step->written[i].deleted);
        json_array_append_new(list, object);
    }
}

static bool append_result(struct flight *flight, const struct migrate_step *step,
                          const struct error *cause, struct error *err)
{
    bool is_undo = flight->request->is_undo;
    json_t *data = event_data(flight, step);
    json_put_real(data, "seconds", (double)step->took_ms / 1000);
    json_put_text(data, "schema_after", step->schema_after[0] ? step->schema_after : NULL);
    json_put_text(data, "state", migrate_state_name(step->state, is_undo));
    put_written(data, step);
    if (cause != NULL)
        json_put_text(data, "error", cause->message);
    const char *event = cause     ? EVENT_MIGRATION_FAILED
                        : is_undo ? EVENT_MIGRATION_UNDONE
                                  : EVENT_MIGRATION_APPLIED;
    return journal_append(flight->request->journal, event, data, err);
}

// A step that failed keeps its own error, even when the journal fails too.
static bool fail_step(struct flight *flight, struct migrate_step *step, struct error *err)
{
    struct error ignored;
    step->state = err->code == ERROR_PARTIAL ? MIGRATE_PARTIAL : MIGRATE_TAKEN_BACK;
    if (!append_result(flight, step, err, &ignored))
        log_warning("the journal could not be written: %s", ignored.message);
    return false;
}

// Does an event tell of this database, wherever its file lies now?
static bool is_of_database(const struct flight *flight, const json_t *data)
{
    const char *system = data == NULL ? NULL : json_get_text(data, "system");
    return system != NULL && flight->report->system != NULL &&
           strcmp(system, flight->report->system) == 0;
}

// The schema before the up, as the journal saw it for this database; "" when it did not.
static bool journaled_schema(struct flight *flight, const struct migrate_step *step, char out[65],
                             struct error *err)
{
    json_auto_t *event = NULL;
    out[0] = '\0';
    TRY(journal_last(flight->request->journal, EVENT_MIGRATION_APPLIED, "version", step->version,
                     &event, err));
    const json_t *data = json_object_get(event, "data");
    const char *schema = data ? json_get_text(data, "schema_before") : NULL;
    const char *sha256 = data ? json_get_text(data, "sha256") : NULL;
    bool is_same = sha256 != NULL && strcmp(sha256, step->sha256) == 0;
    if (is_same && schema != NULL && is_of_database(flight, data))
        snprintf(out, 65, "%s", schema);
    return true;
}

// --- one step

static struct engine_run_request run_request(const struct flight *flight,
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

static bool run_sql(struct flight *flight, const char *what, const char *sql, struct error *err)
{
    const struct engine_run_request request = {
        .path = what, .text = "", .in_transaction = true, .last = sql};
    struct engine_run ignored;
    return sql == NULL ||
           flight->session->run(flight->mem, flight->writer, &request, &ignored, err);
}

// A committed transaction is not believed alone: the record must say so to another session.
static bool read_back(struct flight *flight, struct migrate_step *step, struct error *err)
{
    const struct migrate_request *request = flight->request;
    TRY(record_read(flight->mem, flight->session, flight->reader, flight->format, request->change,
                    &flight->record, err));
    TRY(flight->catalog->digest(flight->reader, step->schema_after, err));
    const struct record_entry *entry = record_find(&flight->record, step->version);
    bool is_applied = entry != NULL && !entry->is_dirty;
    if (is_applied != request->is_undo)
        return true;
    error_set(err, ERROR_PARTIAL, "%s: committed, but '%s' %s version %s when read back",
              step->migration->path, record_table(flight->format),
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

static bool act(struct flight *flight, struct migrate_step *step, struct error *err)
{
    SCRATCH(tmp);
    struct engine_run_request run = run_request(flight, step);
    const struct record_step mark = {.migration = step->migration,
                                     .sha256 = step->sha256,
                                     .is_undo = flight->request->is_undo,
                                     .previous = step->previous};
    struct engine_run result = {0};
    run.first = run.in_transaction ? NULL : record_sql_begun(tmp, flight->format, &mark);
    run.last = record_sql_done(tmp, flight->format, &mark);
    if (!flight->session->run(flight->mem, flight->writer, &run, &result, err)) {
        struct error cause = *err;
        bool is_marked = run.first != NULL && cause.code == ERROR_TAKEN_BACK;
        if (is_marked &&
            !run_sql(flight, run.path, record_sql_unbegun(tmp, flight->format, &mark), err))
            return error_wrap(err, "%s; taken back, but its mark stays", cause.message);
        *err = cause;
        return false;
    }
    keep_result(flight, step, &result);
    return true;
}

static bool check_restored(struct flight *flight, struct migrate_step *step, struct error *err)
{
    char schema[65];
    TRY(journaled_schema(flight, step, schema, err));
    if (schema[0] == '\0')
        return true;
    bool is_same = strcmp(schema, step->schema_after) == 0;
    step->restored = is_same ? RESTORED_YES : RESTORED_NO;
    if (is_same)
        return true;
    error_set(err, ERROR_PARTIAL, "%s: undone, but the schema is another one than before its up",
              step->migration->down.path);
    return error_hint(err,
                      "the down does not mirror the up; compare the schema and mend it by hand");
}

static bool fly_step(struct flight *flight, struct migrate_step *step, struct error *err)
{
    bool is_undo = flight->request->is_undo;
    TRY(flight->catalog->digest(flight->reader, step->schema_before, err));
    TRY(journal_append(flight->request->journal, EVENT_MIGRATION_STARTED, event_data(flight, step),
                       err));
    log_info("running %s", run_request(flight, step).path);
    if (!act(flight, step, err) || !read_back(flight, step, err))
        return fail_step(flight, step, err);
    step->state = MIGRATE_DONE;
    TRY(append_result(flight, step, NULL, err));
    return !is_undo || check_restored(flight, step, err);
}

// A migration without transaction that was begun and has no result: the process died in it, and
// only a record with a mark of its own would tell.
static bool check_unfinished(struct flight *flight, const struct migrate_step *step,
                             struct error *err)
{
    static const char *const results[] = {EVENT_MIGRATION_APPLIED, EVENT_MIGRATION_UNDONE,
                                          EVENT_MIGRATION_FAILED};
    json_auto_t *begun = NULL;
    struct journal *journal = flight->request->journal;
    if (run_request(flight, step).in_transaction)
        return true;
    TRY(journal_last(journal, EVENT_MIGRATION_STARTED, "version", step->version, &begun, err));
    if (begun == NULL || !is_of_database(flight, json_object_get(begun, "data")))
        return true;
    for (size_t i = 0; i < COUNT_OF(results); i++) {
        json_auto_t *result = NULL;
        TRY(journal_last(journal, results[i], "version", step->version, &result, err));
        if (result != NULL &&
            json_get_integer(result, "seq", 0) > json_get_integer(begun, "seq", 0))
            return true;
    }
    error_set(err, ERROR_PARTIAL,
              "%s: an earlier run began it without a transaction and never came "
              "back",
              step->migration->path);
    return error_hint(err,
                      "see what it left, and finish it by hand; tminus journal show has the run");
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

// -1 when it takes too long or cannot be asked: it is said, and verify asks again by query.
static int64_t count_orphans(struct flight *flight, const char **tables)
{
    struct error ignored;
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

static bool fly(struct flight *flight, struct error *err)
{
    SCRATCH(tmp);
    struct migrate_report *report = flight->report;
    const char *ignored = NULL;
    for (size_t i = 0; i < report->n_steps; i++)
        TRY(check_unfinished(flight, &report->steps[i], err));
    if (flight->request->before != NULL)
        TRY(flight->request->before(flight->request->context, flight->reader, err));
    report->orphans.before = count_orphans(flight, &ignored);
    TRY(open_session(flight, false, &flight->writer, err));
    if (!run_sql(flight, record_table(flight->format), record_sql_prepare(tmp, &flight->record),
                 err)) {
        // Nothing of the migrations was begun.
        err->code = err->code == ERROR_TAKEN_BACK ? ERROR_DATABASE : err->code;
        return false;
    }
    TRY(read_identity(flight, err)); // it has an id now
    for (size_t i = 0; i < report->n_steps; i++) {
        if (!fly_step(flight, &report->steps[i], err))
            return fail_after_done(report, err);
    }
    report->orphans.after = count_orphans(flight, &report->orphans.tables);
    return true;
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
        .orphans = {.before = -1, .after = -1, .tables = ""},
    };
    TRY(record_format_for(request->change->layout, &flight.format, err));
    report->record_table = record_table(flight.format);
    TRY(open_session(&flight, true, &flight.reader, err));
    TRY(read_identity(&flight, err));
    TRY(record_read(report, flight.session, flight.reader, flight.format, request->change,
                    &flight.record, err));
    report->n_applied = flight.record.n;
    TRY(migrate_plan(report, request, &flight.record, report, err));
    *out = report;
    if (request->is_dry_run || report->n_steps == 0)
        return true;
    return fly(&flight, err);
}
