/*
 * A statement of a program, prepared and executed on a copy, and taken back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/sqlite/sqlite.h"

static void take_refusal(TALLOC_CTX *mem, const struct engine *engine, struct engine_attempt *out)
{
    out->reason = mem_strdup(mem, sqlite3_errmsg(engine->handle));
}

// NULL and numbers as what they are, anything else as text.
static void bind_values(const struct engine_attempt_request *request, sqlite3_stmt *statement)
{
    for (size_t i = 0; i < request->n_values; i++) {
        const struct engine_value *value = &request->values[i];
        int at = (int)i + 1;
        if (value->is_null)
            sqlite3_bind_null(statement, at);
        else if (value->kind == VALUE_INTEGER)
            sqlite3_bind_int64(statement, at, strtoll(value->text, NULL, 10));
        else if (value->kind == VALUE_REAL)
            sqlite3_bind_double(statement, at, strtod(value->text, NULL));
        else
            sqlite3_bind_text(statement, at, value->text, -1, SQLITE_TRANSIENT);
    }
}

static bool execute(TALLOC_CTX *mem, struct engine *engine, struct cursor *cursor,
                    struct engine_attempt *out, struct error *err)
{
    int before = sqlite3_total_changes(engine->handle);
    int64_t rows = 0;
    int rc;
    while ((rc = sqlite3_step(cursor->statement)) == SQLITE_ROW)
        rows++;
    if (engine->stop != STOP_NONE)
        return sqlite_fail(engine, err, ERROR_UNKNOWN, "a statement that was tried");
    if (rc != SQLITE_DONE) {
        take_refusal(mem, engine, out);
        return true;
    }
    out->is_done = true;
    out->rows = rows > 0 ? rows : sqlite3_total_changes(engine->handle) - before;
    return true;
}

static bool attempt(TALLOC_CTX *mem, struct engine *engine,
                    const struct engine_attempt_request *request, struct engine_attempt *out,
                    struct error *err)
{
    SCRATCH(tmp);
    sqlite3_stmt *statement;
    const char *rest = NULL;
    if (sqlite3_prepare_v2(engine->handle, request->sql, -1, &statement, &rest) != SQLITE_OK) {
        take_refusal(mem, engine, out);
        return true;
    }
    if (statement == NULL) {
        out->reason = "there is no statement in it";
        return true;
    }
    struct cursor *cursor = cursor_wrap(tmp, statement);
    out->is_prepared = true;
    out->n_parameters = (size_t)sqlite3_bind_parameter_count(statement);
    for (size_t i = 0, n = 0; i < out->n_parameters; i++)
        *mem_append(mem, out->parameter_types, n) = ""; // it has no types
    if (out->n_parameters != request->n_values)
        return true;
    bind_values(request, statement);
    return execute(mem, engine, cursor, out, err);
}

bool sqlite_attempt(TALLOC_CTX *mem, struct engine *engine,
                    const struct engine_attempt_request *request, struct engine_attempt *out,
                    struct error *err)
{
    struct engine_attempt made = {.rows = -1};
    TRY(sqlite_execute(engine, "SAVEPOINT tminus_attempt", err));
    // The statement ends no transaction that is ours.
    engine->guard.forbids_commit = true;
    deadline_set(engine, engine->timeout_ms);
    bool is_made = attempt(mem, engine, request, &made, err);
    engine->guard.forbids_commit = false;
    struct error ignored;
    bool is_back = sqlite_execute(engine, "ROLLBACK TO tminus_attempt; RELEASE tminus_attempt",
                                  is_made ? err : &ignored);
    TRY(is_made && is_back);
    *out = made;
    return true;
}
