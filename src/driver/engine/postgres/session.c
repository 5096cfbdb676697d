/*
 * Sessions: transactions of ours that only read.
 *
 * Nothing is set for longer than a transaction, because a pooler gives each transaction another
 * server session. What decides the meaning or the text of an answer is pinned, whatever role,
 * database or pooler had set. Three settings are chosen, not merely pinned. search_path is the
 * role's own behind pg_catalog and before pg_temp: names without a schema mean what they mean in
 * psql, but no temporary table that a pooler's session has left stands before them. row_security is
 * off: a table whose policy hides rows from this role is an error, not a smaller answer.
 * statement_timeout is far behind our own deadline, for it would count the time that the reader of
 * the rows takes; it and client_connection_check_interval end what nobody waits for any more.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/connection.h"
#include <inttypes.h>

#define READER_MS 600000 // that the reader of rows may take in all

static const char *settings_text(TALLOC_CTX *mem, const struct engine *engine, int64_t idle_ms)
{
    return mem_printf(
        mem,
        "SET LOCAL statement_timeout = %" PRId64 "; SET LOCAL lock_timeout = %" PRId64 ";"
        "SET LOCAL idle_in_transaction_session_timeout = %" PRId64 ";%s%s"
        "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD';"
        "SET LOCAL IntervalStyle = 'postgres'; SET LOCAL extra_float_digits = 1;"
        "SET LOCAL bytea_output = 'hex'; SET LOCAL xmlbinary = 'base64';"
        "SET LOCAL xmloption = 'content'; SET LOCAL lc_monetary = 'C'; SET LOCAL lc_numeric = 'C';"
        "SET LOCAL lc_time = 'C'; SET LOCAL standard_conforming_strings = on;"
        "SET LOCAL transform_null_equals = off; SET LOCAL array_nulls = on;"
        "SET LOCAL row_security = off; SET LOCAL jit = off;"
        "SET LOCAL search_path TO DEFAULT;"
        "SELECT pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', 'pg_catalog',"
        " nullif(pg_catalog.current_setting('search_path'), ''), 'pg_temp'), true)",
        engine->timeout_ms + READER_MS, engine->options->timeout_ms * 4 / 5 + 1, idle_ms,
        engine->version >= 170000 ? "SET LOCAL transaction_timeout = 0;" : "",
        engine->server.is_linux ? "SET LOCAL client_connection_check_interval = '1s';" : "");
}

void session_abandon(struct connection *connection)
{
    struct error ignored;
    if (!connection->is_lost)
        (void)!connection_execute(connection, "ROLLBACK", &ignored);
}

bool session_begin_on(const struct engine *engine, struct connection *connection,
                      const char *snapshot, int64_t idle_ms, struct error *err)
{
    SCRATCH(tmp);
    const char *join =
        snapshot ? mem_printf(tmp, "SET TRANSACTION SNAPSHOT %s;", quote_text(tmp, snapshot)) : "";
    const char *sql = mem_printf(tmp, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; %s%s",
                                 join, settings_text(tmp, engine, idle_ms));
    if (connection_script(connection, sql, err))
        return true;
    session_abandon(connection);
    return false;
}

bool session_begin(struct engine *engine, struct error *err)
{
    if (engine->is_in_snapshot)
        return true;
    TRY(engine_reconnect(engine, err));
    return session_begin_on(engine, engine->connection, NULL, engine->timeout_ms + READER_MS, err);
}

bool session_end(struct engine *engine, struct error *err)
{
    if (engine->is_in_snapshot)
        return true;
    return connection_execute(engine->connection, "COMMIT", err);
}
