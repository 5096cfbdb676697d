/*
 * Running a migration on PostgreSQL: what both ways share, with a transaction and without one.
 *
 * Its statements are sent one by one, so that an error has its place. Waiting for a lock has an
 * end, because whoever wants the table after us waits behind us; other time limits of the server
 * are lifted. Each run begins with the settings of a new session, whatever the migration before it
 * set.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/run.h"
#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"
#include "base/utf8.h"
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>

#define LOCK_TIMEOUT_MS 5000
#define PAUSE_MS 1000
#define PAUSE_MAX_MS 30000
#define SHOWN_SQL 60
#define LOOK_MIN_MS 50
#define LOOK_MAX_MS 1000

void run_note(const struct run *run, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    if (run->request->note == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    run->request->note(run->request->note_context, text);
}

static void pass_notice(void *context, const PGresult *notice)
{
    struct run *run = context;
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *text = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
    if (run->at == NULL || text == NULL || severity == NULL)
        return;
    run_measure_remark(run, text);
    if (text_starts_with(severity, "DEBUG")) // which is asked for to measure
        return;
    struct text_place place = text_place(run->request->text, run->request->end, run->at->start);
    run_note(run, "%s:%zu: %s: %s", run->request->path, place.line, severity, text);
}

static int64_t lock_timeout(const struct run *run)
{
    return run->request->lock_timeout_ms ? run->request->lock_timeout_ms : LOCK_TIMEOUT_MS;
}

// --- failures

bool run_lacks_lock(const struct run *run)
{
    const char *sqlstate = connection_sqlstate(run->connection);
    return strcmp(sqlstate, "55P03") == 0 || strcmp(sqlstate, "40P01") == 0;
}

// Bytes before character `position` (from 1) of a text.
static size_t offset_of(const char *text, size_t position)
{
    size_t len = strlen(text);
    size_t at = 0;
    uint32_t ignored;
    while (at < len && position-- > 1) {
        size_t bytes = utf8_next(text + at, len - at, &ignored);
        at += bytes ? bytes : 1;
    }
    return at;
}

static const char *reason(TALLOC_CTX *mem, const struct run *run, const struct error *cause)
{
    const struct connection *connection = run->connection;
    if (cause->code == ERROR_INTERRUPTED)
        return "interrupted";
    if (run->is_overdue)
        return mem_printf(mem, "the run is not over within %s",
                          quantity_duration(mem, run->request->deadline_ms));
    if (connection->why == NULL)
        return cause->message;
    if (strcmp(connection->sqlstate, "55P03") == 0 && run->watch.blocker != NULL)
        return mem_printf(mem, "no lock within %s (attempt %" PRId64 "): %s",
                          quantity_duration(mem, lock_timeout(run)), run->attempt,
                          run->watch.blocker);
    return mem_printf(mem, "%s (%s)", connection->why, connection->sqlstate);
}

static bool fail_statement(struct run *run, struct error *err)
{
    SCRATCH(tmp);
    const struct engine_run_request *request = run->request;
    const struct run_statement *at = run->at;
    size_t position = run->connection->position;
    size_t offset = at->start + (position ? offset_of(at->sql, position) : 0);
    struct text_place place = text_place(request->text, request->end, offset);
    struct error cause = *err;
    error_set(err, cause.code, "%s:%zu:%zu: %s, in: %s", request->path, place.line, place.column,
              reason(tmp, run, &cause), text_shorten(tmp, at->sql, strlen(at->sql), SHOWN_SQL));
    snprintf(err->sqlstate, sizeof err->sqlstate, "%s", cause.sqlstate);
    return false;
}

// --- statements

static void forget_blocker(struct run *run)
{
    TALLOC_FREE(run->watch.blocker);
    TALLOC_FREE(run->watch.blocker_hint);
}

// Execute within what is left of the run's time.
static bool execute(struct run *run, const char *sql, struct error *err)
{
    if (run->end_ms == 0)
        return connection_execute(run->connection, sql, err);
    int64_t left_ms = run->end_ms - clock_monotonic_ms();
    connection_set_timeout(run->connection, left_ms > 1 ? left_ms : 1);
    bool is_done = connection_execute(run->connection, sql, err);
    connection_set_timeout(run->connection, 0);
    if (is_done)
        return true;
    run->is_overdue = err->code == ERROR_UNREACHABLE && clock_monotonic_ms() >= run->end_ms;
    if (run->is_overdue && run->connection->is_lost)
        run_watch_terminate(&run->watch);
    return false;
}

static void look_as_usual(struct run *run);

static bool measured(struct run *run, const struct run_statement *statement, int64_t took_us,
                     struct error *err)
{
    if (run->measure == NULL || run_measure_after(run, statement, took_us, err))
        return true;
    return error_wrap(err, "%s: while measuring it", run->request->path);
}

// Execute `run->at`, and what it defers where the transaction around it is ours.
static bool execute_timed(struct run *run, bool is_wrapped, int64_t *took_us, struct error *err)
{
    int64_t begun_us = clock_monotonic_us();
    bool is_done = execute(run, run->at->sql, err);
    if (is_done && is_wrapped)
        is_done = execute(run, "SET CONSTRAINTS ALL IMMEDIATE", err);
    *took_us = clock_monotonic_us() - begun_us;
    look_as_usual(run);
    return is_done || fail_statement(run, err);
}

bool run_statement(struct run *run, const struct run_statement *statement, struct error *err)
{
    int64_t took_us;
    bool is_wrapped = run_measure_wraps(run, statement);
    run->at = statement;
    forget_blocker(run);
    if (is_wrapped)
        TRY(connection_execute(run->connection, "BEGIN", err));
    TRY(run_measure_before(run, statement, err));
    TRY(execute_timed(run, is_wrapped, &took_us, err));
    TRY(measured(run, statement, took_us, err));
    if (is_wrapped && !execute(run, "COMMIT", err))
        return fail_statement(run, err);
    if (is_wrapped)
        run_measure_over(run);
    run->at = NULL;
    run->done++;
    return true;
}

bool run_deferred(struct run *run, struct error *err)
{
    SCRATCH(tmp);
    int64_t begun_us = clock_monotonic_us();
    if (!execute(run, "SET CONSTRAINTS ALL IMMEDIATE", err)) {
        struct error cause = *err;
        const char *why = run->connection->why;
        return error_set(err, cause.code, "%s: at its end: %s", run->request->path,
                         why != NULL ? why : reason(tmp, run, &cause));
    }
    return run_measure_end(run, clock_monotonic_us() - begun_us, err);
}

static bool fail_ours(const struct run *run, struct error *err)
{
    SCRATCH(tmp);
    struct error cause = *err;
    error_set(err, cause.code, "%s: while recording it: %s", run->request->path,
              reason(tmp, run, &cause));
    snprintf(err->sqlstate, sizeof err->sqlstate, "%s", cause.sqlstate);
    return false;
}

bool run_ours(struct run *run, const char *sql, struct error *err)
{
    SCRATCH(tmp);
    struct run_script script = run_script_ours(tmp, sql);
    forget_blocker(run);
    for (size_t i = 0; i < script.n; i++) {
        if (!connection_execute(run->connection, script.statements[i].sql, err))
            return fail_ours(run, err);
    }
    return true;
}

bool run_settings(struct run *run, bool is_local, struct error *err)
{
    SCRATCH(tmp);
    const char *set = is_local ? "SET LOCAL" : "SET";
    const char *const settings[] = {
        mem_printf(tmp, "%s lock_timeout = %" PRId64, set, lock_timeout(run)),
        mem_printf(tmp, "%s statement_timeout = 0", set),
        // A tminus that was stopped must not keep its locks for ever.
        mem_printf(tmp, "%s idle_in_transaction_session_timeout = '60s'", set),
        // Nor may one that was killed, however long its statement still runs.
        mem_printf(tmp, "%s client_connection_check_interval = '2s'", set),
    };
    size_t n = COUNT_OF(settings) - !run->engine->server.is_linux;
    for (size_t i = 0; i < n; i++)
        TRY(connection_execute(run->connection, settings[i], err));
    // What it verifies, writes anew and builds, in the server's own words.
    return run->measure == NULL ||
           connection_execute(run->connection,
                              mem_printf(tmp, "%s client_min_messages = debug1", set), err);
}

bool run_pause(struct run *run, struct error *err)
{
    SCRATCH(tmp);
    struct error why = {0};
    const bool never = false;
    int64_t pause_ms = run->attempt > 5 ? PAUSE_MAX_MS : PAUSE_MS << (run->attempt - 1);
    run_note(run, "%s; again in %s", err->message, quantity_duration(tmp, pause_ms));
    (void)!wait_until(run->connection->wait, &never, clock_monotonic_ms() + pause_ms, &why);
    if (why.code == ERROR_UNREACHABLE)
        return true;
    error_wrap(err, "%s", why.message);
    return false;
}

bool run_rollback(struct run *run)
{
    struct error ignored;
    struct connection *connection = run->connection;
    if (connection->is_lost || PQstatus(connection->handle) != CONNECTION_OK)
        return false;
    if (PQtransactionStatus(connection->handle) == PQTRANS_IDLE)
        return true;
    connection->is_seen_through = true;
    bool is_back = connection_execute(connection, "ROLLBACK", &ignored);
    connection->is_seen_through = false;
    return is_back;
}

// --- before and after

static bool check_writable(const struct run *run, const PGresult *facts, struct error *err)
{
    const char *place = run->connection->place;
    if (run->engine->server.is_standby) {
        error_set(err, ERROR_INPUT,
                  "%s: a standby, which replays another server and cannot be "
                  "written",
                  place);
        return error_hint(err, "give the URL of its primary");
    }
    if (strcmp(PQgetvalue(facts, 0, 1), "on") == 0) {
        error_set(err, ERROR_INPUT, "%s: default_transaction_read_only is on for role '%s'", place,
                  PQuser(run->connection->handle));
        return error_hint(err,
                          "was it set to keep writers out (ALTER DATABASE or ALTER ROLE … RESET "
                          "default_transaction_read_only takes it back), or is this a role "
                          "that only reads?");
    }
    return true;
}

static bool prepare(struct run *run, struct error *err)
{
    PGresult *facts;
    // The end of a connection may have been seen only behind the run before.
    TRY(engine_reconnect(run->engine, err));
    run->connection = run->engine->connection;
    connection_set_timeout(run->connection, 0);
    TRY(connection_ask(run->mem, run->connection,
                       "SELECT pg_backend_pid(), "
                       "current_setting('default_transaction_read_only')",
                       NULL, 0, &facts, err));
    TRY(check_writable(run, facts, err));
    int process = PQbackendPID(run->connection->handle);
    run->is_pooled = strtol(PQgetvalue(facts, 0, 0), NULL, 10) != process;
    if (run->is_pooled && !run->request->in_transaction) {
        error_set(err, ERROR_INPUT,
                  "%s: runs without a transaction, and the connection goes through a pooler, which "
                  "may give each statement another session",
                  run->request->path);
        return error_hint(err, "give the URL of the server itself for migrations");
    }
    run->watch = (struct run_watch){
        .mem = run->mem,
        .engine = run->engine,
        .process = run->is_pooled ? NULL : mem_printf(run->mem, "%d", process),
    };
    TRY(run_watch_open(&run->watch, err));
    return run_measure_open(run, err);
}

static void look_as_usual(struct run *run)
{
    struct connection *connection = run->connection;
    int64_t every_ms = lock_timeout(run) / 3;
    connection->look = run_watch_look;
    connection->look_context = &run->watch;
    connection->look_every_ms = every_ms < LOOK_MIN_MS   ? LOOK_MIN_MS
                                : every_ms > LOOK_MAX_MS ? LOOK_MAX_MS
                                                         : every_ms;
}

static void ignore_notice(void *context, const PGresult *notice)
{
    (void)context;
    (void)notice;
}

// The next run finds a session as new.
static void end(struct run *run)
{
    struct error ignored;
    struct connection *connection = run->connection;
    connection->look = NULL;
    PQsetNoticeReceiver(connection->handle, ignore_notice, NULL);
    if (!run->is_pooled && run_rollback(run))
        connection->is_lost |= !connection_execute(connection, "DISCARD ALL", &ignored);
    connection_set_timeout(connection, run->engine->timeout_ms);
}

bool postgres_run(TALLOC_CTX *mem, struct engine *engine, const struct engine_run_request *request,
                  struct engine_run *out, struct error *err)
{
    SCRATCH(tmp);
    assert(!engine->is_read_only);
    int64_t begun_ms = clock_monotonic_ms();
    struct run run = {.mem = tmp, .engine = engine, .request = request, .attempt = 1};
    run.end_ms = request->deadline_ms ? begun_ms + request->deadline_ms : 0;
    TRY(run_script_cut(tmp, request, &run.script, err));
    TRY(prepare(&run, err));
    look_as_usual(&run);
    PQsetNoticeReceiver(run.connection->handle, pass_notice, &run);
    bool is_done = run.script.is_block ? run_block(&run, err) : run_alone(&run, err);
    end(&run);
    if (!is_done && run.is_overdue)
        err->code = ERROR_UNREACHABLE;
    if (!is_done)
        return false;
    run.result.statements = run.done;
    run.result.attempts = run.attempt;
    run.result.took_ms = clock_monotonic_ms() - begun_ms;
    talloc_steal(mem, run.result.written);
    for (size_t i = 0; i < run.result.n_written; i++) {
        talloc_steal(mem, run.result.written[i].table.schema);
        talloc_steal(mem, run.result.written[i].table.name);
    }
    *out = run.result;
    return true;
}
