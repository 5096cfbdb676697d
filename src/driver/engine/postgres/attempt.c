/*
 * A statement of a program, prepared and executed on a copy, and taken back.
 *
 * PREPARE says whether the statement fits the schema, and which types its parameters have; EXECUTE
 * whether its rows fit too. What it wrote goes with the transaction.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/connection.h"

#define NAME "tminus_attempt"

// The server's refusal is an answer; a connection that is gone is none.
static bool take_refusal(TALLOC_CTX *mem, const struct connection *connection,
                         const struct error *why, struct engine_attempt *out, struct error *err)
{
    if (connection->is_lost || why->code == ERROR_INTERRUPTED || connection->why == NULL) {
        *err = *why;
        return false;
    }
    snprintf(out->sqlstate, sizeof out->sqlstate, "%s", connection->sqlstate);
    out->reason = mem_strdup(mem, connection->why);
    return true;
}

static bool read_types(TALLOC_CTX *mem, struct connection *connection, struct engine_attempt *out,
                       struct error *err)
{
    SCRATCH(tmp);
    PGresult *types;
    TRY(connection_ask(tmp, connection,
                       "SELECT t::pg_catalog.text FROM pg_catalog.pg_prepared_statements,"
                       " pg_catalog.unnest(parameter_types) WITH ORDINALITY AS u(t, n)"
                       " WHERE name = '" NAME "' ORDER BY n",
                       NULL, 0, &types, err));
    for (int i = 0; i < PQntuples(types); i++)
        *mem_append(mem, out->parameter_types, out->n_parameters) =
            mem_strdup(mem, PQgetvalue(types, i, 0));
    return true;
}

static char *execute_sql(TALLOC_CTX *mem, const struct engine_attempt_request *request)
{
    char *sql = mem_strdup(mem, "EXECUTE " NAME);
    for (size_t i = 0; i < request->n_values; i++)
        sql = mem_printf(mem, "%s%s%s", sql, i == 0 ? "(" : ", ",
                         request->values[i].is_null ? "NULL"
                                                    : quote_text(mem, request->values[i].text));
    return request->n_values > 0 ? mem_printf(mem, "%s)", sql) : sql;
}

static bool count_row(void *context, const PGresult *row)
{
    (void)row;
    ++*(int64_t *)context;
    return true;
}

static bool execute(TALLOC_CTX *mem, struct connection *connection,
                    const struct engine_attempt_request *request, struct engine_attempt *out,
                    struct error *err)
{
    SCRATCH(tmp);
    struct error why = {0};
    int64_t rows = 0;
    if (!connection_each(connection, execute_sql(tmp, request), count_row, &rows, &why))
        return take_refusal(mem, connection, &why, out, err);
    out->is_done = true;
    out->rows = rows;
    return true;
}

static bool attempt(TALLOC_CTX *mem, struct connection *connection,
                    const struct engine_attempt_request *request, struct engine_attempt *out,
                    struct error *err)
{
    SCRATCH(tmp);
    struct error why = {0};
    if (!connection_execute(connection, mem_printf(tmp, "PREPARE " NAME " AS %s", request->sql),
                            &why))
        return take_refusal(mem, connection, &why, out, err);
    out->is_prepared = true;
    TRY(read_types(mem, connection, out, err));
    if (out->n_parameters != request->n_values)
        return true;
    return execute(mem, connection, request, out, err);
}

bool postgres_attempt(TALLOC_CTX *mem, struct engine *engine,
                      const struct engine_attempt_request *request, struct engine_attempt *out,
                      struct error *err)
{
    struct engine_attempt made = {.rows = -1};
    struct error ignored;
    TRY(engine_reconnect(engine, err));
    struct connection *connection = engine->connection;
    TRY(connection_execute(connection, "BEGIN", err));
    bool is_made = attempt(mem, connection, request, &made, err);
    if (connection->is_lost)
        return is_made;
    // Prepared statements outlive the transaction.
    bool is_back = connection_execute(connection, "ROLLBACK", is_made ? err : &ignored) &&
                   connection_execute(connection, "DEALLOCATE ALL", is_made ? err : &ignored);
    TRY(is_made && is_back);
    *out = made;
    return true;
}
