/*
 * Undo logs that a database holds: taking data back to one, listing and dropping them.
 *
 * How rows go back stands in sql/postgres/undo_roll_back.sql, as functions that the log brought
 * with it. They run in one transaction, in which nobody else writes to its tables.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/connection.h"
#include "driver/engine/undo.h"
#include <stdlib.h>

struct log_state {
    bool is_known;
    const char *rolled_back_at; // NULL: not yet
};

static bool has_logs(struct engine *engine, bool *out, struct error *err)
{
    SCRATCH(tmp);
    PGresult *result;
    TRY(connection_ask(tmp, engine->connection,
                       "SELECT pg_catalog.to_regclass('tminus.undo_log') IS NOT NULL", NULL, 0,
                       &result, err));
    *out = PQgetvalue(result, 0, 0)[0] == 't';
    return true;
}

// Locked until the transaction ends: two that go back at once would wait for each other.
static bool read_state(TALLOC_CTX *mem, struct engine *engine, const char *id,
                       struct log_state *out, struct error *err)
{
    PGresult *result;
    bool has_any;
    *out = (struct log_state){0};
    TRY(has_logs(engine, &has_any, err));
    if (!has_any)
        return true;
    TRY(connection_ask(mem, engine->connection,
                       "SELECT rolled_back_at FROM tminus.undo_log WHERE id = $1 FOR UPDATE", &id,
                       1, &result, err));
    out->is_known = PQntuples(result) == 1;
    if (out->is_known && !PQgetisnull(result, 0, 0))
        out->rolled_back_at = PQgetvalue(result, 0, 0);
    return true;
}

static bool check_schema(struct engine *engine, const char *id, struct error *err)
{
    SCRATCH(tmp);
    PGresult *result;
    TRY(connection_ask(tmp, engine->connection, "SELECT tminus.undo_missing($1)", &id, 1, &result,
                       err));
    return PQgetisnull(result, 0, 0) || undo_fail_missing(id, PQgetvalue(result, 0, 0), err);
}

static bool go_back(struct engine *engine, const char *id, struct engine_undo_result *out,
                    struct error *err)
{
    SCRATCH(tmp);
    PGresult *result;
    struct log_state state;
    TRY(read_state(tmp, engine, id, &state, err));
    if (!state.is_known)
        return undo_fail_unknown(id, err);
    if (state.rolled_back_at != NULL)
        return undo_fail_done(id, state.rolled_back_at, err);
    TRY(check_schema(engine, id, err));
    TRY(connection_ask(tmp, engine->connection, "SELECT tminus.undo_roll_back($1)", &id, 1, &result,
                       err));
    *out = (struct engine_undo_result){.rows = strtoll(PQgetvalue(result, 0, 0), NULL, 10)};
    return true;
}

// --- in one transaction

typedef bool log_work(struct engine *engine, const char *id, struct engine_undo_result *out,
                      struct error *err);

static bool within(struct engine *engine, log_work *work, const char *id,
                   struct engine_undo_result *out, struct error *err)
{
    struct connection *connection = engine->connection;
    struct error ignored;
    connection_set_timeout(connection, 0);
    bool is_done = connection_execute(connection, "BEGIN", err) &&
                   connection_execute(connection, "SET LOCAL statement_timeout = 0", err) &&
                   work(engine, id, out, err) && connection_execute(connection, "COMMIT", err);
    if (!is_done && !connection->is_lost && PQtransactionStatus(connection->handle) != PQTRANS_IDLE)
        (void)!connection_execute(connection, "ROLLBACK", &ignored);
    connection_set_timeout(connection, engine->timeout_ms);
    return is_done;
}

struct telling {
    engine_undo_conflict *each;
    void *context;
    int64_t n;
};

static bool tell(void *context, const PGresult *row)
{
    struct telling *telling = context;
    struct name table = {PQgetvalue(row, 0, 0), PQgetvalue(row, 0, 1)};
    telling->n++;
    if (telling->each != NULL)
        telling->each(telling->context, table, PQgetvalue(row, 0, 2), PQgetvalue(row, 0, 3));
    return true;
}

bool postgres_undo_roll_back(struct engine *engine, const char *id, engine_undo_conflict *each,
                             void *context, struct engine_undo_result *out, struct error *err)
{
    SCRATCH(tmp);
    struct engine_undo_result result;
    struct telling telling = {each, context, 0};
    TRY(undo_id_check(id, err));
    if (!within(engine, go_back, id, &result, err))
        return error_wrap(err, "nothing was taken back");
    const char *sql = mem_printf(
        tmp,
        "SELECT t.schema, t.name, m.key_text, m.why FROM tminus.undo_mark m JOIN tminus.undo_table "
        "t ON t.log = m.log AND t.n = m.n WHERE m.log = '%s' AND m.mark = 'c' AND m.why IS NOT "
        "NULL ORDER BY m.n, m.key_text",
        id);
    TRY(connection_each(engine->connection, sql, tell, &telling, err));
    result.conflicts = telling.n;
    *out = result;
    return true;
}

// --- what there is

bool postgres_undo_list(TALLOC_CTX *mem, struct engine *engine, struct engine_undo_log **out,
                        size_t *n, struct error *err)
{
    SCRATCH(tmp);
    PGresult *rows;
    bool has_any;
    struct engine_undo_log *logs = NULL;
    size_t n_logs = 0;
    TRY(has_logs(engine, &has_any, err));
    if (has_any)
        TRY(connection_ask(
            tmp, engine->connection,
            "SELECT l.id, (SELECT COALESCE(pg_catalog.sum(f.rows), 0) FROM "
            "tminus.undo_firing f WHERE f.log = l.id), (SELECT COALESCE(pg_catalog.sum("
            "pg_catalog.pg_total_relation_size(pg_catalog.to_regclass(pg_catalog.format("
            "'tminus.%I', 'undo_' || l.id || '_' || t.n)))), 0) FROM tminus.undo_table t WHERE "
            "t.log = l.id) FROM tminus.undo_log l ORDER BY l.made_at, l.id",
            NULL, 0, &rows, err));
    for (int i = 0; has_any && i < PQntuples(rows); i++)
        *mem_append(mem, logs, n_logs) = (struct engine_undo_log){
            .id = mem_strdup(mem, PQgetvalue(rows, i, 0)),
            .rows = strtoll(PQgetvalue(rows, i, 1), NULL, 10),
            .bytes = strtoll(PQgetvalue(rows, i, 2), NULL, 10),
        };
    *out = logs;
    *n = n_logs;
    return true;
}

static bool drop(struct engine *engine, const char *id, struct engine_undo_result *out,
                 struct error *err)
{
    SCRATCH(tmp);
    PGresult *ignored;
    struct log_state state;
    (void)out;
    TRY(read_state(tmp, engine, id, &state, err));
    if (!state.is_known)
        return undo_fail_unknown(id, err);
    return connection_ask(tmp, engine->connection, "SELECT tminus.undo_drop($1)", &id, 1, &ignored,
                          err);
}

bool postgres_undo_drop(struct engine *engine, const char *id, struct error *err)
{
    TRY(undo_id_check(id, err));
    return within(engine, drop, id, NULL, err);
}
