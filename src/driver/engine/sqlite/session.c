/*
 * Sessions of SQLite: statements of ours, guarded queries with their limits, snapshots, and what
 * SQLite's result codes mean to people.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/text.h"
#include "driver/engine/sqlite/sqlite.h"
#include <inttypes.h>
#include <math.h>

#define SHOWN_SQL 60 // columns of a statement of ours, before what is wrong with it

void deadline_set(struct engine *engine, int64_t timeout_ms)
{
    engine->stop = STOP_NONE;
    engine->ticked_ms = clock_monotonic_ms();
    engine->limit_ms = timeout_ms;
    engine->deadline_ms = timeout_ms ? engine->ticked_ms + timeout_ms : 0;
}

static bool fail_damaged(struct engine *engine, struct error *err, const char *why)
{
    error_set(err, ERROR_INPUT, "%s: damaged: %s", engine->path, why);
    return error_hint(err,
                      "sqlite3 '%s' 'PRAGMA quick_check' lists what is wrong; restore a backup",
                      engine->path);
}

static bool fail_busy(struct engine *engine, struct error *err)
{
    error_set(err, ERROR_UNREACHABLE, "%s: locked by another program (waited %" PRId64 " ms)",
              engine->path, engine->timeout_ms);
    return error_hint(err, "find it with: fuser '%s'", engine->path);
}

static bool fail_cannot_open(struct engine *engine, struct error *err, int rc, const char *why)
{
    if (rc == SQLITE_READONLY_ROLLBACK || rc == SQLITE_READONLY_RECOVERY) {
        error_set(err, ERROR_INPUT,
                  "%s: left by a crash in the middle of a transaction, and reading it alone "
                  "cannot roll that back",
                  engine->path);
        return error_hint(err, "open it once with its own program, or: sqlite3 '%s' .tables",
                          engine->path);
    }
    error_set(err, ERROR_INPUT, "%s: cannot be opened: %s", engine->path, why);
    return error_hint(err, "check the permissions of the file and of its folder (a database in WAL "
                           "mode needs its -shm file there)");
}

bool sqlite_fail(struct engine *engine, struct error *err, enum error_code otherwise,
                 const char *what)
{
    int rc = sqlite3_extended_errcode(engine->handle);
    const char *why = sqlite3_errmsg(engine->handle);
    if (engine->stop == STOP_INTERRUPTED)
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    if (engine->stop == STOP_DEADLINE) {
        error_set(err, ERROR_UNREACHABLE, "%s: no answer within %" PRId64 " ms", what,
                  engine->limit_ms);
        return error_hint(err, "an index, or a larger limit, may help");
    }
    switch (rc & 0xff) {
    case SQLITE_NOTADB:
        error_set(err, ERROR_INPUT, "%s: no SQLite database, or encrypted: %s", engine->path, why);
        return error_hint(err, "an intact one begins with 'SQLite format 3': head -c 15 '%s'",
                          engine->path);
    case SQLITE_CORRUPT: return fail_damaged(engine, err, why);
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return fail_busy(engine, err);
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM: return fail_cannot_open(engine, err, rc, why);
    case SQLITE_FULL:
    case SQLITE_IOERR: return error_set(err, ERROR_SYSTEM, "%s: %s", engine->path, why);
    default: return error_set(err, otherwise, "%s: %s", what, why);
    }
}

static int cursor_close(struct cursor *cursor)
{
    sqlite3_finalize(cursor->statement);
    return 0;
}

struct cursor *cursor_wrap(TALLOC_CTX *mem, sqlite3_stmt *statement)
{
    struct cursor *cursor = mem_new(mem, struct cursor);
    cursor->statement = statement;
    talloc_set_destructor(cursor, cursor_close);
    return cursor;
}

bool cursor_make(TALLOC_CTX *mem, struct engine *engine, const char *sql, struct cursor **out,
                 struct error *err)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(engine->handle, sql, -1, &statement, NULL) != SQLITE_OK)
        return sqlite_fail(engine, err, ERROR_UNKNOWN, sql);
    *out = cursor_wrap(mem, statement);
    return true;
}

bool cursor_step(struct engine *engine, struct cursor *cursor, bool *has_row, struct error *err)
{
    int rc = sqlite3_step(cursor->statement);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return sqlite_fail(engine, err, ERROR_UNKNOWN, "the query failed");
    *has_row = rc == SQLITE_ROW;
    return true;
}

const char *cursor_text(struct cursor *cursor, int column)
{
    const char *text = (const char *)sqlite3_column_text(cursor->statement, column);
    return text ? text : "";
}

static bool execute(struct engine *engine, const char *sql, int64_t timeout_ms, struct error *err)
{
    SCRATCH(tmp);
    deadline_set(engine, timeout_ms);
    int rc = sqlite3_exec(engine->handle, sql, NULL, NULL, NULL);
    if (rc != SQLITE_OK) // the cause stands behind it
        return sqlite_fail(engine, err, ERROR_DATABASE,
                           text_shorten(tmp, sql, strlen(sql), SHOWN_SQL));
    engine->deadline_ms = 0;
    return true;
}

bool sqlite_execute(struct engine *engine, const char *sql, struct error *err)
{
    return execute(engine, sql, engine->timeout_ms, err);
}

bool sqlite_execute_long(struct engine *engine, const char *sql, struct error *err)
{
    return execute(engine, sql, 0, err);
}

bool sqlite_snapshot_begin(struct engine *engine, struct error *err)
{
    TRY(sqlite_execute(engine, "BEGIN", err));
    // BEGIN alone takes no snapshot; the first read does.
    if (sqlite_execute(engine, "SELECT count(*) FROM sqlite_schema", err))
        return true;
    sqlite3_exec(engine->handle, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

bool sqlite_snapshot_end(struct engine *engine, struct error *err)
{
    return sqlite_execute(engine, "COMMIT", err);
}

// --- values

// SQLite prints 15 digits, and 0.1 + 0.2 would equal 0.3.
static const char *real_text(TALLOC_CTX *mem, double value)
{
    char *text = NULL;
    if (isinf(value))
        return value > 0 ? "Inf" : "-Inf";
    for (int digits = 15; digits <= 17; digits++) {
        talloc_free(text);
        text = mem_printf(mem, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return strpbrk(text, ".e") ? text : mem_printf(mem, "%s.0", text);
}

static const char *bytes_text(TALLOC_CTX *mem, const uint8_t *bytes, size_t len)
{
    char *text = mem_array(mem, char, len * 2 + 4);
    size_t n = 0;
    text[n++] = 'x';
    text[n++] = '\'';
    for (size_t i = 0; i < len; i++) {
        text[n++] = "0123456789abcdef"[bytes[i] >> 4];
        text[n++] = "0123456789abcdef"[bytes[i] & 15];
    }
    text[n] = '\'';
    return text;
}

struct engine_value sqlite_value(TALLOC_CTX *mem, sqlite3_value *from)
{
    static const enum engine_value_kind kinds[] = {
        [SQLITE_INTEGER] = VALUE_INTEGER, [SQLITE_FLOAT] = VALUE_REAL, [SQLITE_TEXT] = VALUE_TEXT,
        [SQLITE_BLOB] = VALUE_BYTES,      [SQLITE_NULL] = VALUE_NULL,
    };
    struct engine_value value = {.kind = kinds[sqlite3_value_type(from)], .text = ""};
    switch (value.kind) {
    case VALUE_NULL: value.is_null = true; return value;
    case VALUE_REAL: value.text = real_text(mem, sqlite3_value_double(from)); break;
    case VALUE_BYTES: {
        const void *bytes = sqlite3_value_blob(from);
        value.text = bytes_text(mem, bytes, (size_t)sqlite3_value_bytes(from));
        break;
    }
    case VALUE_INTEGER:
    case VALUE_TEXT:
        value.text = (const char *)sqlite3_value_text(from);
        value.len = (size_t)sqlite3_value_bytes(from);
        return value;
    }
    value.len = strlen(value.text);
    return value;
}

// --- guarded queries

struct reading {
    engine_row *row;
    void *context;
    const char **names;
    size_t n;
    int64_t rows, bytes;
};

static bool read_row(struct engine *engine, sqlite3_stmt *statement, struct reading *reading,
                     bool *goes_on, struct error *err)
{
    SCRATCH(tmp);
    struct engine_value *values = mem_array(tmp, struct engine_value, reading->n + 1);
    for (size_t i = 0; i < reading->n; i++) {
        values[i] = sqlite_value(tmp, sqlite3_column_value(statement, (int)i));
        reading->bytes += (int64_t)values[i].len;
    }
    reading->rows++;
    if (reading->rows > ENGINE_QUERY_ROWS_MAX || reading->bytes > ENGINE_QUERY_BYTES_MAX)
        return error_set(err, ERROR_UNKNOWN,
                         "the query's answer is too large (limits: %d rows, %" PRId64 " bytes)",
                         ENGINE_QUERY_ROWS_MAX, ENGINE_QUERY_BYTES_MAX);
    // The row's reader may take its time; that is not the statement's.
    int64_t left_ms = engine->deadline_ms - clock_monotonic_ms();
    *goes_on = reading->row(reading->context, reading->names, values, reading->n);
    engine->deadline_ms = clock_monotonic_ms() + left_ms;
    return true;
}

static bool read_rows(struct engine *engine, struct cursor *cursor, struct reading *reading,
                      struct error *err)
{
    bool goes_on = true;
    while (goes_on) {
        bool has_row = false;
        if (!cursor_step(engine, cursor, &has_row, err)) {
            if (engine->guard.refused[0] == '\0')
                return false;
            return error_set(err, ERROR_UNKNOWN, "refused, a check may only read: %s",
                             engine->guard.refused);
        }
        if (!has_row)
            return true;
        TRY(read_row(engine, cursor->statement, reading, &goes_on, err));
    }
    return true;
}

bool sqlite_query(struct engine *engine, const char *sql, engine_row *row, void *context,
                  struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    deadline_set(engine, engine->query_timeout_ms);
    int length = sqlite3_limit(engine->handle, SQLITE_LIMIT_LENGTH, ENGINE_QUERY_VALUE_BYTES_MAX);
    bool is_done = guard_prepare(tmp, engine, sql, &cursor, err);
    if (is_done) {
        struct reading reading = {.row = row, .context = context};
        reading.n = (size_t)sqlite3_column_count(cursor->statement);
        reading.names = mem_array(tmp, const char *, reading.n + 1);
        for (size_t i = 0; i < reading.n; i++)
            reading.names[i] = mem_strdup(tmp, sqlite3_column_name(cursor->statement, (int)i));
        is_done = read_rows(engine, cursor, &reading, err);
        talloc_free(cursor);
    }
    guard_end(engine);
    sqlite3_limit(engine->handle, SQLITE_LIMIT_LENGTH, length);
    // The database is there; it is this question that has no answer. The next one may have.
    if (!is_done && engine->stop == STOP_DEADLINE) {
        err->code = ERROR_UNKNOWN;
        engine->stop = STOP_NONE;
    }
    engine->deadline_ms = 0;
    return is_done;
}
