/*
 * Snapshots: one instant that several connections see.
 *
 * The engine's connection exports what it sees and the readers import it. Readers are a matter of
 * speed alone: where they cannot be had (no free slots, a pooler of one connection, a pooler in
 * front of several servers) there are fewer of them, and nothing fails.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/connection.h"

#define IDLE_MS 3600000 // that a connection of a snapshot may be idle
#define JOIN_MS 3000    // for one more connection to join
#define CONNECTIONS 2   // when the options name no number
#define SLOTS_LEFT 5    // that are left to others

// Which snapshot of which server this is: equal only where the same is seen.
#define SQL_SEEN                                                                                   \
    "pg_catalog.concat_ws(' ', pg_catalog.pg_current_snapshot(),"                                  \
    " pg_catalog.pg_postmaster_start_time())"

struct export
{
    const char *name;
    const char *seen;
    size_t free_slots;
};

static bool snapshot_export(TALLOC_CTX *mem, struct connection *connection, struct export *out,
                            struct error *err)
{
    SCRATCH(tmp);
    PGresult *row;
    TRY(connection_ask(tmp, connection,
                       "SELECT pg_catalog.pg_export_snapshot(), " SQL_SEEN ","
                       " greatest(0, pg_catalog.current_setting('max_connections')::int"
                       "   - pg_catalog.current_setting('superuser_reserved_connections')::int"
                       "   - (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity"
                       "       WHERE backend_type = 'client backend'))",
                       NULL, 0, &row, err));
    *out = (struct export){.name = mem_strdup(mem, PQgetvalue(row, 0, 0)),
                           .seen = mem_strdup(mem, PQgetvalue(row, 0, 1)),
                           .free_slots = strtoul(PQgetvalue(row, 0, 2), NULL, 10)};
    return true;
}

// From now on a statement that fails leaves the snapshot as it is.
static bool snapshot_protect(struct connection *connection, struct error *err)
{
    TRY(connection_execute(connection, "SAVEPOINT " SAVEPOINT_NAME, err));
    connection->has_savepoint = true;
    return true;
}

static bool reader_join(struct engine *engine, const struct export *export, struct error *err)
{
    SCRATCH(tmp);
    struct connection *reader;
    PGresult *row;
    TRY(connection_open_beside(tmp, engine, JOIN_MS, &reader, err));
    TRY(session_begin_on(engine, reader, export->name, IDLE_MS, err));
    TRY(connection_ask(tmp, reader, "SELECT " SQL_SEEN, NULL, 0, &row, err));
    if (strcmp(PQgetvalue(row, 0, 0), export->seen) != 0)
        return error_set(err, ERROR_IDENTITY, "%s: another server", reader->place);
    TRY(snapshot_protect(reader, err));
    connection_set_timeout(reader, engine->timeout_ms);
    *mem_append(engine, engine->readers, engine->n_readers) = talloc_steal(engine, reader);
    return true;
}

static void readers_join(struct engine *engine, const struct export *export, size_t wanted)
{
    struct error ignored = {0};
    size_t most = export->free_slots > SLOTS_LEFT ? export->free_slots - SLOTS_LEFT : 0;
    for (size_t i = 0; i < wanted && i < most; i++) {
        if (!reader_join(engine, export, &ignored))
            return;
    }
}

// A pooler's sessions are few, and one that waits for the second while it holds the first keeps all
// of its clients waiting: only who asks for several gets them there.
static size_t wanted_connections(const struct engine *engine)
{
    if (engine->options->connections > 0)
        return engine->options->connections;
    return engine->server.is_pooled ? 1 : CONNECTIONS;
}

bool postgres_snapshot_begin(struct engine *engine, struct error *err)
{
    SCRATCH(tmp);
    if (engine->is_in_snapshot)
        return error_set(err, ERROR_INTERNAL, "a snapshot within a snapshot");
    TRY(engine_reconnect(engine, err));
    struct connection *connection = engine->connection;
    TRY(session_begin_on(engine, connection, NULL, IDLE_MS, err));
    struct export export;
    if (!snapshot_export(tmp, connection, &export, err) || !snapshot_protect(connection, err)) {
        session_abandon(connection);
        return false;
    }
    *mem_append(engine, engine->readers, engine->n_readers) = connection;
    engine->is_in_snapshot = true;
    engine->snapshot = mem_strdup(engine, export.name);
    readers_join(engine, &export, wanted_connections(engine) - 1);
    return true;
}

bool postgres_snapshot_end(struct engine *engine, struct error *err)
{
    // A reader's transaction ends with its connection.
    for (size_t i = 1; i < engine->n_readers; i++)
        talloc_free(engine->readers[i]);
    TALLOC_FREE(engine->readers);
    TALLOC_FREE(engine->guard); // what was judged may be another's by the next
    TALLOC_FREE(engine->snapshot);
    engine->n_readers = 0;
    engine->is_in_snapshot = false;
    engine->connection->has_savepoint = false;
    return session_end(engine, err);
}

bool postgres_snapshot_name(TALLOC_CTX *mem, struct engine *engine, char **out, struct error *err)
{
    if (!engine->is_in_snapshot)
        return error_set(err, ERROR_INTERNAL, "the name of a snapshot outside of one");
    *out = mem_strdup(mem, engine->snapshot);
    return true;
}

bool postgres_instant(TALLOC_CTX *mem, struct engine *engine, char **out, struct error *err)
{
    SCRATCH(tmp);
    PGresult *row;
    TRY(connection_ask(
        tmp, engine->connection,
        "SELECT pg_catalog.concat_ws(' ', pg_catalog.pg_current_snapshot(),"
        " 'lsn=' || CASE WHEN pg_catalog.pg_is_in_recovery()"
        "   THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END,"
        " 'at=' || pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.now()),"
        "   'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'))",
        NULL, 0, &row, err));
    *out = mem_strdup(mem, PQgetvalue(row, 0, 0));
    return true;
}
