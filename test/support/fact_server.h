/*
 * What one statement does on a PostgreSQL server: the strongest lock on each relation, and which
 * were read, written anew, and had an index built.
 *
 * Names of what is gone come from a list taken before. A table counts as written anew when it got
 * another file, an index as built when its file was not there before; TRUNCATE, whose new files are
 * empty, is left out.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SUPPORT_FACT_SERVER_H
#define SUPPORT_FACT_SERVER_H

#include "postgres_server.h"

#include "analysis/effects.h"
#include <poll.h>
#include <strings.h>

enum { WATCH_STEP_MS = 2, WATCH_MS_MAX = 20000, WATCH_HELD_MS = 80 };

struct fact_server {
    PGconn *worker, *watcher, *blockers[3];
    unsigned version;
};

struct measured_relation {
    const char *oid, *name; // "schema.name"
    const char *table;      // of an index: its table's name
    const char *file;       // "0": none
    char kind;              // pg_class.relkind
    int mode;               // -1: none
    int64_t scans;          // before the statement
    bool is_new;
    bool is_scanned, is_rewritten, is_built;
};

struct measured {
    struct measured_relation *list;
    size_t n;
    bool is_query;
    const char *error; // NULL: the statement worked
};

static PGresult *fact_server_ask(PGconn *connection, const char *sql)
{
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(connection));
    return result;
}

static void fact_server_do(PGconn *connection, const char *sql)
{
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        fail_msg("%s: %s", sql, PQerrorMessage(connection));
    PQclear(result);
}

// NULL: it worked.
static const char *fact_server_attempt(TALLOC_CTX *mem, PGconn *connection, const char *sql)
{
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    bool is_done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    return is_done ? NULL : mem_strdup(mem, PQerrorMessage(connection));
}

static void fact_server_quiet(void *data, const char *message)
{
    (void)data;
    (void)message;
}

static PGconn *fact_server_connect(const char *url)
{
    struct error err;
    if (!libpq_load(&err))
        fail_msg("%s", err.message);
    PGconn *connection = PQconnectdb(url);
    if (PQstatus(connection) != CONNECTION_OK)
        fail_msg("%s", PQerrorMessage(connection));
    PQsetNoticeProcessor(connection, fact_server_quiet, NULL);
    fact_server_do(connection, "SET timezone TO 'UTC'");
    return connection;
}

static inline struct fact_server *fact_server_open(void)
{
    SCRATCH(tmp);
    struct fact_server *server = mem_new(NULL, struct fact_server);
    const char *url = postgres_url(tmp, "postgres", "tminus_facts");
    PGconn *first = fact_server_connect(postgres_url(tmp, "postgres", "postgres"));
    fact_server_do(first, "DROP DATABASE IF EXISTS tminus_facts WITH (FORCE)");
    fact_server_do(first, "DROP TABLESPACE IF EXISTS tminus_facts");
    fact_server_do(first, "SET allow_in_place_tablespaces = on");
    fact_server_do(first, "CREATE TABLESPACE tminus_facts LOCATION ''");
    fact_server_do(first, "CREATE DATABASE tminus_facts");
    PQfinish(first);
    server->worker = fact_server_connect(url);
    server->watcher = fact_server_connect(url);
    for (size_t i = 0; i < COUNT_OF(server->blockers); i++)
        server->blockers[i] = fact_server_connect(url);
    // What DROP INDEX CONCURRENTLY takes last is there to be seen for a while.
    fact_server_do(server->worker, "CREATE SCHEMA watching");
    fact_server_do(server->worker, "CREATE FUNCTION watching.rest() RETURNS event_trigger LANGUAGE plpgsql AS "
                                   "'BEGIN PERFORM pg_sleep(0.05); END'");
    fact_server_do(server->worker, "CREATE EVENT TRIGGER rest ON ddl_command_end WHEN TAG IN ('DROP INDEX') "
                                   "EXECUTE FUNCTION watching.rest()");
    server->version = (unsigned)PQserverVersion(server->worker) / 10000;
    fact_server_do(server->worker, "SET allow_in_place_tablespaces = on");
    fact_server_do(server->worker, "SET vacuum_cost_delay = 20");
    fact_server_do(server->worker, "SET vacuum_cost_limit = 1");
    return server;
}

static inline void fact_server_reset(struct fact_server *server)
{
    static const char *const steps[] = {
        "DROP SCHEMA IF EXISTS public, other, another CASCADE",
        "CREATE SCHEMA public",
        "DROP ACCESS METHOD IF EXISTS heap2",
        "DROP DATABASE IF EXISTS tminus_facts_made",
        "DROP DATABASE IF EXISTS tminus_facts_gone",
        "DROP DATABASE IF EXISTS tminus_facts_moved",
        "DROP TABLESPACE IF EXISTS tminus_facts_made",
    };
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        fact_server_do(server->worker, steps[i]);
    PGresult *left = fact_server_ask(server->worker, "SELECT subname FROM pg_subscription WHERE subname = 'x'");
    if (PQntuples(left)) {
        fact_server_do(server->worker, "ALTER SUBSCRIPTION x SET (slot_name = NONE)");
        fact_server_do(server->worker, "DROP SUBSCRIPTION x");
    }
    PQclear(left);
}

static inline void fact_server_close(struct fact_server *server)
{
    SCRATCH(tmp);
    fact_server_reset(server);
    PQfinish(server->worker);
    PQfinish(server->watcher);
    for (size_t i = 0; i < COUNT_OF(server->blockers); i++)
        PQfinish(server->blockers[i]);
    postgres_execute(postgres_url(tmp, "postgres", "postgres"), "DROP DATABASE tminus_facts WITH (FORCE)");
    postgres_execute(postgres_url(tmp, "postgres", "postgres"), "DROP TABLESPACE tminus_facts");
}

static struct measured_relation *measured_find(struct measured *measured, const char *oid)
{
    for (size_t i = 0; i < measured->n; i++) {
        if (strcmp(measured->list[i].oid, oid) == 0)
            return &measured->list[i];
    }
    return NULL;
}

static bool measured_has_file(const struct measured *measured, size_t n, const char *file)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(measured->list[i].file, file) == 0)
            return true;
    }
    return false;
}

// Relations of people, as they are now: oid, name, kind, file, table of an index.
#define RELATIONS                                                                                  \
    "SELECT c.oid, n.nspname || '.' || c.relname, c.relkind, coalesce(pg_relation_filenode(c.oid), 0)," \
    " coalesce(tn.nspname || '.' || t.relname, '') FROM pg_class c"                              \
    " JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_index i ON i.indexrelid = c.oid" \
    " LEFT JOIN pg_class t ON t.oid = i.indrelid LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace" \
    " WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND c.relkind <> 'c'"

static void measured_add(TALLOC_CTX *mem, struct measured *measured, PGresult *row, int at)
{
    struct measured_relation *r = mem_append(mem, measured->list, measured->n);
    *r = (struct measured_relation){.oid = mem_strdup(mem, PQgetvalue(row, at, 0)),
                                    .name = mem_strdup(mem, PQgetvalue(row, at, 1)),
                                    .kind = PQgetvalue(row, at, 2)[0],
                                    .file = mem_strdup(mem, PQgetvalue(row, at, 3)),
                                    .table = mem_strdup(mem, PQgetvalue(row, at, 4)),
                                    .mode = -1};
}

static inline struct measured *measured_before(TALLOC_CTX *mem, PGconn *connection)
{
    struct measured *measured = mem_new(mem, struct measured);
    PGresult *rows = fact_server_ask(connection, RELATIONS);
    for (int i = 0; i < PQntuples(rows); i++)
        measured_add(mem, measured, rows, i);
    PQclear(rows);
    return measured;
}

static void measured_build(struct measured *measured, const char *table)
{
    for (size_t i = 0; i < measured->n; i++) {
        if (strcmp(measured->list[i].name, table) == 0)
            measured->list[i].is_built = true;
    }
}

// What became of the files.
static inline void measured_after(TALLOC_CTX *mem, struct measured *measured, PGconn *connection)
{
    size_t n_before = measured->n;
    PGresult *rows = fact_server_ask(connection, RELATIONS);
    for (int i = 0; i < PQntuples(rows); i++) {
        const char *file = PQgetvalue(rows, i, 3);
        char kind = PQgetvalue(rows, i, 2)[0];
        struct measured_relation *before = measured_find(measured, PQgetvalue(rows, i, 0));
        bool is_other = strcmp(file, "0") != 0 && !measured_has_file(measured, n_before, file);
        if (kind == 'i' && is_other)
            measured_build(measured, PQgetvalue(rows, i, 4));
        if (before && (kind == 'r' || kind == 'm') && is_other)
            before->is_rewritten = true;
        if (!before) {
            measured_add(mem, measured, rows, i);
            measured->list[measured->n - 1].is_new = true;
        }
    }
    PQclear(rows);
}

static inline void measured_locks(struct measured *measured, PGconn *connection, const char *pid)
{
    SCRATCH(tmp);
    PGresult *rows = fact_server_ask(
        connection, mem_printf(tmp, "SELECT relation, mode FROM pg_locks WHERE locktype = 'relation' AND pid = %s", pid));
    for (int i = 0; i < PQntuples(rows); i++) {
        enum lock_mode mode;
        struct measured_relation *r = measured_find(measured, PQgetvalue(rows, i, 0));
        if (r && lock_mode_by_name(PQgetvalue(rows, i, 1), &mode) && (int)mode > r->mode)
            r->mode = (int)mode;
    }
    PQclear(rows);
}

// Scans counted by `view`; those that were there `before` are not the statement's.
static inline void measured_scans(struct measured *measured, PGconn *connection, const char *view, bool is_before)
{
    SCRATCH(tmp);
    PGresult *rows = fact_server_ask(
        connection, mem_printf(tmp, "SELECT relid, seq_scan + coalesce(idx_scan, 0) FROM %s", view));
    for (int i = 0; i < PQntuples(rows); i++) {
        struct measured_relation *r = measured_find(measured, PQgetvalue(rows, i, 0));
        int64_t scans = strtoll(PQgetvalue(rows, i, 1), NULL, 10);
        if (r && is_before)
            r->scans = scans;
        else if (r)
            r->is_scanned = scans > r->scans;
    }
    PQclear(rows);
}

// In a transaction that is rolled back.
static inline struct measured *fact_server_try(TALLOC_CTX *mem, struct fact_server *server, const char *sql)
{
    fact_server_do(server->worker, "SELECT pg_stat_force_next_flush()");
    struct measured *measured = measured_before(mem, server->worker);
    measured_scans(measured, server->worker, "pg_stat_xact_user_tables", true);
    fact_server_do(server->worker, "BEGIN");
    measured->error = fact_server_attempt(mem, server->worker, sql);
    if (measured->error) {
        fact_server_do(server->worker, "ROLLBACK");
        return measured;
    }
    measured_after(mem, measured, server->worker);
    measured_locks(measured, server->worker, "pg_backend_pid()");
    if (strncasecmp(sql, "TRUNCATE", 8) == 0) {
        for (size_t i = 0; i < measured->n; i++)
            measured->list[i].is_rewritten = measured->list[i].is_built = false;
    } else {
        measured_scans(measured, server->worker, "pg_stat_xact_user_tables", false);
    }
    fact_server_do(server->worker, "ROLLBACK");
    return measured;
}

static void expect_refused(struct fact_server *server, const char *sql)
{
    fact_server_do(server->worker, "BEGIN");
    PGresult *result = PQexec(server->worker, sql);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (!state || strcmp(state, "25001") != 0) // active_sql_transaction
        fail_msg("%s may stand in a transaction: %s", sql, PQerrorMessage(server->worker));
    PQclear(result);
    fact_server_do(server->worker, "ROLLBACK");
}

// Notes the locks until the worker is done, or for `ms`.
static bool watch_for(struct fact_server *server, struct measured *measured, int ms)
{
    char pid[16];
    snprintf(pid, sizeof(pid), "%d", PQbackendPID(server->worker));
    for (int waited = 0; waited < ms; waited += WATCH_STEP_MS) {
        measured_locks(measured, server->watcher, pid);
        struct pollfd source = {.fd = PQsocket(server->worker), .events = POLLIN};
        poll(&source, 1, WATCH_STEP_MS);
        if (!PQconsumeInput(server->worker))
            fail_msg("%s", PQerrorMessage(server->worker));
        if (!PQisBusy(server->worker))
            return true;
    }
    return false;
}

// Holds the relation in the others' way, where there is such a one.
static void fact_server_hold(PGconn *blocker, struct measured *measured, const char *relation, const char *sql)
{
    SCRATCH(tmp);
    const char *place = strstr(sql, "%s");
    for (size_t i = 0; i < measured->n; i++) {
        if (strcmp(measured->list[i].name, relation) == 0)
            fact_server_do(blocker, mem_printf(tmp, "%.*s%s%s", (int)(place - sql), sql, relation, place + 2));
    }
}

static inline void watch_run(struct fact_server *server, struct measured *measured, const char *sql)
{
    for (size_t i = 0; i < COUNT_OF(server->blockers); i++)
        fact_server_do(server->blockers[i], "BEGIN");
    bool is_vacuum = strncasecmp(sql, "VACUUM", 6) == 0; // has nothing against writers
    fact_server_hold(server->blockers[0], measured, "public.t",
                     is_vacuum ? "LOCK TABLE ONLY %s IN SHARE UPDATE EXCLUSIVE MODE" : "LOCK TABLE ONLY %s IN ROW EXCLUSIVE MODE");
    fact_server_hold(server->blockers[0], measured, "public.p", "LOCK TABLE ONLY %s IN ROW EXCLUSIVE MODE");
    fact_server_hold(server->blockers[1], measured, "public.q", "LOCK TABLE ONLY %s IN ACCESS SHARE MODE");
    fact_server_hold(server->blockers[2], measured, "public.q_pkey", "ALTER INDEX %s SET (fillfactor = 90)");
    if (!PQsendQuery(server->worker, sql))
        fail_msg("%s: %s", sql, PQerrorMessage(server->worker));
    bool is_done = watch_for(server, measured, WATCH_HELD_MS);
    for (size_t i = 0; i < COUNT_OF(server->blockers); i++) {
        fact_server_do(server->blockers[i], "COMMIT");
        is_done = is_done || watch_for(server, measured, WATCH_HELD_MS);
    }
    if (!is_done && !watch_for(server, measured, WATCH_MS_MAX))
        fail_msg("%s is not done", sql);
    for (PGresult *result = PQgetResult(server->worker); result; result = PQgetResult(server->worker)) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            fail_msg("%s: %s", sql, PQerrorMessage(server->worker));
        PQclear(result);
    }
}

// Outside a transaction. Without effects on relations it is only seen to be refused in one: what it
// would do to the server is not for a test.
static inline struct measured *fact_server_watch(TALLOC_CTX *mem, struct fact_server *server, const char *sql,
                                                 bool has_effects)
{
    expect_refused(server, sql);
    struct measured *measured = measured_before(mem, server->watcher);
    if (!has_effects)
        return measured;
    fact_server_do(server->worker, "SELECT pg_stat_force_next_flush()");
    measured_scans(measured, server->watcher, "pg_stat_user_tables", true);
    watch_run(server, measured, sql);
    fact_server_do(server->worker, "SELECT pg_stat_force_next_flush()");
    measured_after(mem, measured, server->watcher);
    measured_scans(measured, server->watcher, "pg_stat_user_tables", false);
    return measured;
}

#endif
