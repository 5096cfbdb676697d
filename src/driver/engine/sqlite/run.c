/*
 * Running a migration on SQLite, and finding out what a failed one left behind.
 *
 * A second connection watches from outside: what it saw before is compared with what it sees after
 * a ROLLBACK. PRAGMA data_version changes when another connection than the asking one commits, so
 * an unchanged one proves that nothing was committed; it is asked while our write lock still keeps
 * everybody else from committing, where that is possible.
 *
 * PRAGMA foreign_keys is SQLite's default, off, as in the tools whose records we write.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"
#include "driver/engine/sqlite/run_measure.h"
#include "statement/lexer.h"
#include <assert.h>

#define SQL_COLUMNS_SHOWN 60
#define WATCH_TIMEOUT_MS 2000

struct watch {
    struct engine *outside;
    int64_t version;
    char digest[65];
};

struct run {
    struct engine *engine;
    const struct engine_run_request *request;
    const char *text; // the part that is run, NUL-terminated
    size_t at;        // begin of the statement that runs, in `text`
    size_t statements;
    size_t pending; // statements that may have changed something, in the file's own transaction
    size_t stay;    // likewise, committed
    struct watch watch;
    struct measure *measure; // NULL: nobody wants to know
    bool is_overdue;
};

// --- the view from outside

static bool watch_version(struct watch *watch, int64_t *out, struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    bool has_row;
    TRY(cursor_make(tmp, watch->outside, "PRAGMA data_version", &cursor, err));
    TRY(cursor_step(watch->outside, cursor, &has_row, err));
    *out = sqlite3_column_int64(cursor->statement, 0);
    return true;
}

static bool watch_open(TALLOC_CTX *mem, struct run *run, struct error *err)
{
    const struct engine_open_options options = {
        .url = secret_make(mem, run->engine->path),
        .read_only = true,
        .timeout_ms = run->engine->timeout_ms,
    };
    TRY(sqlite_open(mem, &options, &run->watch.outside, err));
    // What an interrupted migration left must still be looked at.
    sqlite3_progress_handler(run->watch.outside->handle, 0, NULL, NULL);
    return true;
}

static bool watch_begin(struct watch *watch, struct error *err)
{
    TRY(sqlite_catalog_digest(watch->outside, watch->digest, err));
    return watch_version(watch, &watch->version, err);
}

static bool watch_sees_no_commit(struct watch *watch, int64_t timeout_ms)
{
    struct error ignored;
    int64_t version;
    watch->outside->timeout_ms = timeout_ms;
    return watch_version(watch, &version, &ignored) && version == watch->version;
}

static bool watch_sees_same_schema(struct watch *watch)
{
    struct error ignored;
    char digest[65];
    return sqlite_catalog_digest(watch->outside, digest, &ignored) &&
           strcmp(digest, watch->digest) == 0;
}

// --- statements

// Skip blanks, comments and semicolons; false at the end.
static bool find_statement(struct run *run)
{
    struct lexer lexer = lexer_make(DIALECT_SQLITE, run->text, run->at, strlen(run->text));
    struct token token = lexer_next(&lexer);
    while (token.kind == TOKEN_SEMICOLON)
        token = lexer_next(&lexer);
    run->at = token.kind == TOKEN_END ? strlen(run->text) : token.offset;
    return token.kind != TOKEN_END;
}

// To its first semicolon, which may stand within a trigger's body.
static size_t statement_head(const char *sql)
{
    struct lexer lexer = lexer_make(DIALECT_SQLITE, sql, 0, strlen(sql));
    for (struct token t = lexer_next(&lexer); t.kind != TOKEN_END; t = lexer_next(&lexer)) {
        if (t.kind == TOKEN_SEMICOLON)
            return t.offset;
    }
    return strlen(sql);
}

static bool fail_at_statement(struct run *run, const char *why, struct error *err)
{
    SCRATCH(tmp);
    const struct engine_run_request *request = run->request;
    const char *sql = run->text + run->at;
    struct text_place place = text_place(request->text, request->end, request->start + run->at);
    return error_set(err, ERROR_DATABASE, "%s:%zu:%zu: %s, in: %s", request->path, place.line,
                     place.column, why,
                     text_shorten(tmp, sql, statement_head(sql), SQL_COLUMNS_SHOWN));
}

static bool fail_statement(struct run *run, struct error *err)
{
    SCRATCH(tmp);
    struct engine *engine = run->engine;
    struct error cause = {0};
    run->is_overdue = engine->stop == STOP_DEADLINE;
    if (run->is_overdue)
        return fail_at_statement(run,
                                 mem_printf(tmp, "the run is not over within %s",
                                            quantity_duration(tmp, run->request->deadline_ms)),
                                 err);
    if (text_starts_with(engine->guard.refused, "it attaches"))
        return fail_at_statement(run, engine->guard.refused, err);
    if (engine->guard.refused[0] != '\0')
        return fail_at_statement(run,
                                 "the tool of this layout wraps the file in a transaction, "
                                 "and the file may not begin or end one itself",
                                 err);
    if (engine->stop != STOP_NONE)
        return fail_at_statement(run, "interrupted", err);
    sqlite_fail(engine, &cause, ERROR_DATABASE, "SQLite");
    // For the statement's own mistakes SQLite's words are enough.
    bool is_ours = cause.code == ERROR_DATABASE;
    return fail_at_statement(run, is_ours ? sqlite3_errmsg(engine->handle) : cause.message, err);
}

// Prepare and step to its end; `*tail`: behind it.
static bool execute(struct run *run, bool *may_change, const char **tail, struct error *err)
{
    SCRATCH(tmp);
    sqlite3_stmt *statement;
    const char *sql = run->text + run->at;
    if (sqlite3_prepare_v2(run->engine->handle, sql, -1, &statement, tail) != SQLITE_OK)
        return fail_statement(run, err);
    cursor_wrap(tmp, statement);
    *may_change = !sqlite3_stmt_readonly(statement);
    int rc;
    do {
        rc = sqlite3_step(statement);
    } while (rc == SQLITE_ROW);
    return rc == SQLITE_DONE || fail_statement(run, err);
}

static bool run_statement(struct run *run, struct error *err)
{
    sqlite3 *db = run->engine->handle;
    const char *tail;
    bool may_change = false;
    if (run->measure != NULL)
        TRY(measure_begin(run->measure, run->text + run->at, err));
    int64_t begun_us = clock_monotonic_us();
    TRY(execute(run, &may_change, &tail, err));
    int64_t took_us = clock_monotonic_us() - begun_us;
    size_t len = (size_t)(tail - run->text) - run->at;
    len -= len > 0 && tail[-1] == ';';
    if (run->measure != NULL)
        TRY(measure_end(run->measure, run->request->start + run->at, len, took_us, err));
    run->statements++;
    run->pending += may_change;
    if (sqlite3_get_autocommit(db)) {
        run->stay += run->pending;
        run->pending = 0;
    }
    run->at = (size_t)(tail - run->text);
    return true;
}

static bool run_text(struct run *run, struct error *err)
{
    struct guard *guard = &run->engine->guard;
    guard->refused[0] = '\0';
    guard->forbids_commit = run->request->in_transaction;
    bool is_done = true;
    while (is_done && find_statement(run))
        is_done = run_statement(run, err);
    guard->forbids_commit = false;
    return is_done;
}

static bool run_ours(struct run *run, const char *sql, struct error *err)
{
    return sql == NULL || sqlite_execute_long(run->engine, sql, err) ||
           error_wrap(err, "%s: while recording the migration", run->request->path);
}

// --- the end

// Nothing of the migration may stay; say whether that is so and what proves it.
static bool take_back(struct run *run, struct error *err)
{
    struct error cause = *err;
    sqlite3 *db = run->engine->handle;
    bool is_locked = sqlite3_txn_state(db, "main") == SQLITE_TXN_WRITE;
    // A transaction that outgrew its cache keeps readers out too: then it is asked below.
    bool is_same = is_locked && watch_sees_no_commit(&run->watch, 0);
    if (!sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    run->engine->stop = STOP_NONE;
    is_same = is_same || watch_sees_no_commit(&run->watch, WATCH_TIMEOUT_MS);
    is_same = is_same && watch_sees_same_schema(&run->watch);
    *err = cause;
    if (is_same && sqlite3_get_autocommit(db)) {
        err->code = ERROR_TAKEN_BACK;
        return error_hint(err, "taken back: a second connection sees no commit and the same schema "
                               "as before; mend the migration and run it again");
    }
    err->code = ERROR_PARTIAL;
    if (run->stay == 0)
        return error_hint(err,
                          "the database changed meanwhile, so it is not proven that nothing of "
                          "this migration stays; compare it with the baseline");
    return error_hint(err,
                      "%zu of its statements before this one stay applied, because the file "
                      "runs without a transaction; undo or finish them by hand",
                      run->stay);
}

static bool begin(struct run *run, struct error *err)
{
    if (run->request->in_transaction)
        TRY(sqlite_execute(run->engine, "BEGIN IMMEDIATE", err));
    else
        TRY(run_ours(run, run->request->first, err));
    if (watch_begin(&run->watch, err))
        return true;
    sqlite3_exec(run->engine->handle, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

static bool run_and_record(struct run *run, struct error *err)
{
    const struct engine_run_request *request = run->request;
    if (request->in_transaction)
        TRY(run_ours(run, request->first, err));
    // SQL of ours has set its own limit; 0: as long as it takes.
    deadline_set(run->engine, request->deadline_ms);
    TRY(run_text(run, err));
    deadline_set(run->engine, 0);
    if (!sqlite3_get_autocommit(run->engine->handle) && !request->in_transaction) {
        run->at = 0;
        return fail_at_statement(run, "the file begins a transaction and does not end it", err);
    }
    TRY(run_ours(run, request->last, err));
    if (!request->in_transaction)
        return true;
    return sqlite_execute(run->engine, "COMMIT", err) ||
           error_wrap(err, "%s: while committing", request->path);
}

bool sqlite_run(TALLOC_CTX *mem, struct engine *engine, const struct engine_run_request *request,
                struct engine_run *out, struct error *err)
{
    SCRATCH(tmp);
    (void)mem;
    assert(!engine->is_read_only);
    int64_t begun_ms = clock_monotonic_ms();
    const char *part = request->text + request->start;
    size_t len = request->end - request->start;
    if (memchr(part, '\0', len) != NULL)
        return error_set(err, ERROR_INPUT, "%s: a NUL character is in it", request->path);
    struct run run = {.engine = engine, .request = request, .text = mem_strndup(tmp, part, len)};
    TRY(watch_open(tmp, &run, err));
    if (request->measured != NULL)
        TRY(measure_open(tmp, engine, request, &run.measure, err));
    TRY(begin(&run, err));
    if (!run_and_record(&run, err)) {
        take_back(&run, err);
        if (run.is_overdue)
            err->code = ERROR_UNREACHABLE;
        return false;
    }
    *out = (struct engine_run){
        .statements = run.statements, .attempts = 1, .took_ms = clock_monotonic_ms() - begun_ms};
    return true;
}
