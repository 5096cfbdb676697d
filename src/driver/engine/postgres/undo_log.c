/*
 * Undo logs that a database holds: taking data back to one, listing and dropping them.
 *
 * How rows go back stands in sql/postgres/undo_roll_back.sql, as functions that the log brought
 * with it. They run in one transaction, in which nobody else writes to its tables.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "driver/engine/postgres/run.h"
#include "driver/engine/undo.h"
#include <inttypes.h>
#include <stdlib.h>

#define LOCK_TIMEOUT_MS 5000 // as of a migration

struct log_state {
    bool is_known;
    bool is_ended;
    const char *rolled_back_at; // NULL: not yet
};

// Whoever may not read them does not know whether data waits in them.
static bool has_logs(struct engine *engine, bool *out, struct error *err)
{
    SCRATCH(tmp);
    PGresult *result;
    TRY(connection_ask(
        tmp, engine->connection,
        "SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND "
        "pg_catalog.has_table_privilege(c.oid, 'SELECT'), current_user FROM pg_catalog.pg_class c "
        "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'tminus' AND "
        "c.relname = 'undo_log'",
        NULL, 0, &result, err));
    *out = PQntuples(result) == 1;
    if (!*out || PQgetvalue(result, 0, 0)[0] == 't')
        return true;
    const char *role = PQgetvalue(result, 0, 1);
    error_set(err, ERROR_DATABASE,
              "role '%s' may not read the undo logs in the schema 'tminus', and so cannot tell "
              "whether data waits in them",
              role);
    return error_hint(err, "migrate with the role that made them, or GRANT USAGE ON SCHEMA tminus "
                           "and SELECT ON ALL TABLES IN SCHEMA tminus to it");
}

// Locked until the transaction ends, two that go back at once wait for each other.
static bool read_state(TALLOC_CTX *mem, struct engine *engine, const char *id, bool is_locked,
                       struct log_state *out, struct error *err)
{
    PGresult *result;
    bool has_any;
    *out = (struct log_state){0};
    TRY(has_logs(engine, &has_any, err));
    if (!has_any)
        return true;
    TRY(connection_ask(mem, engine->connection,
                       is_locked ? "SELECT rolled_back_at, ended_at IS NOT NULL FROM "
                                   "tminus.undo_log WHERE id = $1 FOR UPDATE"
                                 : "SELECT rolled_back_at, ended_at IS NOT NULL FROM "
                                   "tminus.undo_log WHERE id = $1",
                       &id, 1, &result, err));
    out->is_known = PQntuples(result) == 1;
    out->is_ended = out->is_known && PQgetvalue(result, 0, 1)[0] == 't';
    if (out->is_known && !PQgetisnull(result, 0, 0))
        out->rolled_back_at = PQgetvalue(result, 0, 0);
    return true;
}

static const char missing_sql[] = "SELECT tminus.undo_missing($1)";
static const char moved_sql[] = "SELECT tminus.undo_moved($1)";
static const char lost_sql[] =
    "SELECT pg_catalog.string_agg(schema || '.' || name || ': ' || lost, '; ' ORDER BY n) FROM "
    "tminus.undo_table WHERE log = $1 AND lost IS NOT NULL";

// What one of them says of a log; NULL: nothing.
static bool ask_text(TALLOC_CTX *mem, struct engine *engine, const char *sql, const char *id,
                     const char **out, struct error *err)
{
    PGresult *result;
    TRY(connection_ask(mem, engine->connection, sql, &id, 1, &result, err));
    *out = PQgetisnull(result, 0, 0) ? NULL : PQgetvalue(result, 0, 0);
    return true;
}

// --- in one transaction

struct log_work {
    TALLOC_CTX *mem;
    const struct engine_undo_back *request;
    struct engine_undo_result result;
    bool (*act)(struct engine *engine, struct log_work *work, struct error *err);
};

static bool within(struct engine *engine, struct log_work *work, struct error *err)
{
    SCRATCH(tmp);
    struct connection *connection = engine->connection;
    struct error ignored;
    int64_t timeout_ms = work->request->lock_timeout_ms;
    const char *lock_timeout = mem_printf(tmp, "SET LOCAL lock_timeout = %" PRId64,
                                          timeout_ms > 0 ? timeout_ms : LOCK_TIMEOUT_MS);
    connection_set_timeout(connection, 0);
    bool is_done = connection_execute(connection, "BEGIN", err) &&
                   connection_execute(connection, "SET LOCAL statement_timeout = 0", err) &&
                   connection_execute(connection, lock_timeout, err) &&
                   work->act(engine, work, err) && connection_execute(connection, "COMMIT", err);
    if (!is_done && !connection->is_lost && PQtransactionStatus(connection->handle) != PQTRANS_IDLE)
        (void)!connection_execute(connection, "ROLLBACK", &ignored);
    connection_set_timeout(connection, engine->timeout_ms);
    return is_done;
}

static bool tell(void *context, const PGresult *row)
{
    struct log_work *work = context;
    const struct engine_undo_back *request = work->request;
    struct name table = {PQgetvalue(row, 0, 0), PQgetvalue(row, 0, 1)};
    work->result.conflicts++;
    if (request->each != NULL)
        request->each(request->context, table, PQgetvalue(row, 0, 2), PQgetvalue(row, 0, 3));
    return true;
}

static bool tell_conflicts(struct engine *engine, struct log_work *work, struct error *err)
{
    SCRATCH(tmp);
    const char *sql = mem_printf(
        tmp,
        "SELECT t.schema, t.name, m.key_text, m.why FROM tminus.undo_mark m JOIN tminus.undo_table "
        "t ON t.log = m.log AND t.n = m.n WHERE m.log = '%s' AND m.mark = 'c' AND m.why IS NOT "
        "NULL ORDER BY m.n, m.key_text",
        work->request->id);
    return connection_each(engine->connection, sql, tell, work, err);
}

// What is written here is nobody else's: verify asks for its number.
static bool write_rows(struct engine *engine, struct log_work *work, struct error *err)
{
    SCRATCH(tmp);
    struct connection *connection = engine->connection;
    struct run_counts before, after;
    PGresult *result, *number;
    TRY(run_counts_read(tmp, connection, &before, err));
    TRY(connection_ask(tmp, connection, "SELECT tminus.undo_roll_back($1)", &work->request->id, 1,
                       &result, err));
    TRY(connection_ask(tmp, connection, "SELECT pg_catalog.pg_current_xact_id()", NULL, 0, &number,
                       err));
    TRY(run_counts_read(tmp, connection, &after, err));
    work->result.rows = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    work->result.run.transaction = strtoull(PQgetvalue(number, 0, 0), NULL, 10);
    run_counts_difference(work->mem, &before, &after, &work->result.run);
    return true;
}

static bool go_back(struct engine *engine, struct log_work *work, struct error *err)
{
    SCRATCH(tmp);
    const char *id = work->request->id;
    struct log_state state;
    TRY(read_state(tmp, engine, id, true, &state, err));
    if (!state.is_known)
        return undo_fail_unknown(id, err);
    if (state.rolled_back_at != NULL)
        return undo_fail_done(id, state.rolled_back_at, err);
    const char *missing;
    TRY(ask_text(tmp, engine, missing_sql, id, &missing, err));
    if (missing != NULL)
        return undo_fail_missing(id, missing, err);
    TRY(write_rows(engine, work, err));
    return tell_conflicts(engine, work, err);
}

// As of a migration: what was given until now may be a number of its savepoints.
static void ask_end(struct engine *engine, struct engine_run *run)
{
    SCRATCH(tmp);
    PGresult *answer;
    struct error ignored;
    if (connection_ask(tmp, engine->connection,
                       "SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())", NULL,
                       0, &answer, &ignored))
        run->transaction_end = strtoull(PQgetvalue(answer, 0, 0), NULL, 10);
}

bool postgres_undo_roll_back(TALLOC_CTX *mem, struct engine *engine,
                             const struct engine_undo_back *request, struct engine_undo_result *out,
                             struct error *err)
{
    struct log_work work = {.mem = mem, .request = request, .act = go_back};
    int64_t begun_ms = clock_monotonic_ms();
    TRY(undo_id_check(request->id, err));
    if (!within(engine, &work, err))
        return error_wrap(err, "nothing was taken back");
    ask_end(engine, &work.result.run);
    work.result.run.attempts = 1;
    work.result.run.took_ms = clock_monotonic_ms() - begun_ms;
    *out = work.result;
    return true;
}

// --- what there is

bool postgres_undo_list(TALLOC_CTX *mem, struct engine *engine, bool has_sizes,
                        struct engine_undo_log **out, size_t *n, struct error *err)
{
    SCRATCH(tmp);
    PGresult *rows;
    bool has_any;
    struct engine_undo_log *logs = NULL;
    size_t n_logs = 0;
    TRY(has_logs(engine, &has_any, err));
    const char *sizes =
        "(SELECT COALESCE(pg_catalog.sum(f.rows), 0) FROM tminus.undo_firing f WHERE f.log = "
        "l.id), "
        "(SELECT COALESCE(pg_catalog.sum(pg_catalog.pg_total_relation_size(pg_catalog.to_regclass("
        "pg_catalog.format('tminus.%I', 'undo_' || l.id || '_' || t.n)))), 0) FROM "
        "tminus.undo_table t WHERE t.log = l.id)";
    if (has_any)
        TRY(connection_ask(
            tmp, engine->connection,
            mem_printf(tmp,
                       "SELECT l.id, (extract(epoch FROM l.made_at) * 1000)::bigint, "
                       "l.ended_at IS NOT NULL, l.rolled_back_at IS NOT NULL, %s "
                       "FROM tminus.undo_log l ORDER BY l.made_at, l.id",
                       has_sizes ? sizes : "-1, -1"),
            NULL, 0, &rows, err));
    for (int i = 0; has_any && i < PQntuples(rows); i++)
        *mem_append(mem, logs, n_logs) = (struct engine_undo_log){
            .id = mem_strdup(mem, PQgetvalue(rows, i, 0)),
            .made_ms = strtoll(PQgetvalue(rows, i, 1), NULL, 10),
            .is_ended = PQgetvalue(rows, i, 2)[0] == 't',
            .is_rolled_back = PQgetvalue(rows, i, 3)[0] == 't',
            .rows = strtoll(PQgetvalue(rows, i, 4), NULL, 10),
            .bytes = strtoll(PQgetvalue(rows, i, 5), NULL, 10),
        };
    *out = logs;
    *n = n_logs;
    return true;
}

bool postgres_undo_look(TALLOC_CTX *mem, struct engine *engine, const char *id,
                        struct engine_undo_state *out, struct error *err)
{
    SCRATCH(tmp);
    struct log_state state;
    const char *missing = NULL, *moved = NULL, *lost = NULL;
    TRY(undo_id_check(id, err));
    TRY(read_state(tmp, engine, id, false, &state, err));
    if (state.is_known) {
        TRY(ask_text(tmp, engine, missing_sql, id, &missing, err));
        TRY(ask_text(tmp, engine, moved_sql, id, &moved, err));
        TRY(ask_text(tmp, engine, lost_sql, id, &lost, err));
    }
    *out = (struct engine_undo_state){.is_there = state.is_known,
                                      .is_ended = state.is_ended,
                                      .is_rolled_back = state.rolled_back_at != NULL,
                                      .missing = mem_strdup(mem, missing),
                                      .moved = mem_strdup(mem, moved),
                                      .lost = mem_strdup(mem, lost)};
    return true;
}

static bool drop(struct engine *engine, struct log_work *work, struct error *err)
{
    SCRATCH(tmp);
    PGresult *ignored;
    struct log_state state;
    const char *id = work->request->id;
    TRY(read_state(tmp, engine, id, true, &state, err));
    if (!state.is_known)
        return undo_fail_unknown(id, err);
    return connection_ask(tmp, engine->connection, "SELECT tminus.undo_drop($1)", &id, 1, &ignored,
                          err);
}

bool postgres_undo_drop(struct engine *engine, const char *id, struct error *err)
{
    const struct engine_undo_back request = {.id = id};
    struct log_work work = {.request = &request, .act = drop};
    TRY(undo_id_check(id, err));
    return within(engine, &work, err);
}
