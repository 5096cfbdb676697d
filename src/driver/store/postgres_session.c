/*
 * Connecting to a store on PostgreSQL, making its tables, and going on when the connection is lost.
 *
 * Nothing is kept in a session, so a pooler may give each transaction another one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "driver/store/postgres_store.h"
#include "sql/queries.h"

#define SCHEMA_VERSION 2
#define CONNECT_MS 10000
#define RECONNECT_MS 20000 // how long a server may take to come back
#define RETRY_MS 200
// A key of ours among the database's advisory locks: "tmij" and 0.
#define UPGRADE_LOCK "1953327466, 0"

// Upgrades of our own schema, one a version; [0] makes the first one.
static const char *const upgrades[SCHEMA_VERSION] = {
    sql_store_postgres_version_1,
    sql_store_postgres_version_2,
};

// --- our tables

struct tables {
    bool has_schema, has_version;
    int64_t n; // of those that each version has
    int64_t version;
};

static bool is_true(const PGresult *row, int column)
{
    return PQgetvalue(row, 0, column)[0] == 't';
}

static bool fail_encoding(const struct store *store, const char *encoding, struct error *err)
{
    error_set(err, ERROR_CONFIG, "%s: a database in %s cannot hold every event", store->place,
              encoding);
    return error_hint(err, "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0");
}

// By reading the catalog, not by to_regclass: that may answer from what the session remembers,
// which is older than a lock that was waited for.
#define SQL_TABLES                                                                                 \
    "SELECT pg_catalog.current_setting('server_encoding'),"                                        \
    " (SELECT pg_catalog.count(*) > 0 FROM pg_catalog.pg_namespace"                                \
    "   WHERE nspname = 'tminus_store'),"                                                          \
    " coalesce(pg_catalog.bool_or(relname = 'version'), false),"                                   \
    " pg_catalog.count(*) FILTER (WHERE relname IN ('event', 'lease', 'imported'))"                \
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"         \
    " WHERE nspname = 'tminus_store' AND relkind = 'r'"

static bool read_tables(struct store *store, struct tables *out, struct error *err)
{
    SCRATCH(tmp);
    PGresult *row;
    TRY(connection_ask(tmp, store->connection, SQL_TABLES, NULL, 0, &row, err));
    const char *encoding = PQgetvalue(row, 0, 0);
    if (strcmp(encoding, "UTF8") != 0 && strcmp(encoding, "SQL_ASCII") != 0)
        return fail_encoding(store, encoding, err);
    struct tables tables = {.has_schema = is_true(row, 1),
                            .has_version = is_true(row, 2),
                            .n = strtoll(PQgetvalue(row, 0, 3), NULL, 10)};
    if (tables.has_version) {
        TRY(connection_ask(tmp, store->connection,
                           "SELECT pg_catalog.max(version) FROM tminus_store.version", NULL, 0,
                           &row, err));
        tables.version = strtoll(PQgetvalue(row, 0, 0), NULL, 10);
    }
    *out = tables;
    return true;
}

static bool check_tables(const struct store *store, const struct tables *tables, struct error *err)
{
    if (!tables->has_schema)
        return true;
    if (tables->version > SCHEMA_VERSION) {
        error_set(err, ERROR_INPUT,
                  "%s: written by a newer tminus (format %lld, this one knows %d)", store->place,
                  (long long)tables->version, SCHEMA_VERSION);
        return error_hint(err, "use the newer tminus");
    }
    static const int64_t wanted[SCHEMA_VERSION + 1] = {INT64_MAX, 2, 3};
    if (tables->version >= 1 && tables->n >= wanted[tables->version])
        return true;
    error_set(err, ERROR_INPUT, "%s: damaged: the schema tminus_store lacks a table of tminus",
              store->place);
    return error_hint(err, "restore it from a backup, or rename the schema to begin a new store");
}

static bool upgrade_locked(struct store *store, struct error *err)
{
    SCRATCH(tmp);
    struct tables tables;
    // After the lock, so that of two first runs the second one sees what the first one made.
    TRY(connection_execute(store->connection,
                           "SELECT pg_catalog.pg_advisory_xact_lock(" UPGRADE_LOCK ")", err));
    TRY(read_tables(store, &tables, err));
    TRY(check_tables(store, &tables, err));
    for (int64_t version = tables.version; version < SCHEMA_VERSION; version++)
        TRY(connection_script(store->connection, upgrades[version], err));
    return postgres_store_commit(store, err);
}

static bool fail_permission(struct error *err)
{
    if (strcmp(err->sqlstate, "42501") == 0)
        error_hint(err, "whoever makes the store needs CREATE on its database; the others log in "
                        "as the same role, or as members of it");
    return false;
}

static bool upgrade(struct store *store, struct error *err)
{
    TRY(postgres_store_begin(store, err));
    if (upgrade_locked(store, err))
        return true;
    session_abandon(store->connection);
    return fail_permission(err);
}

static bool fail_missing(const struct store *store, struct error *err)
{
    error_set(err, ERROR_INPUT, "%s: there is no journal", store->place);
    return error_hint(err, "baseline, migrate and verify write it");
}

static bool prepare_tables(struct store *store, bool must_exist, struct error *err)
{
    struct tables tables;
    if (!read_tables(store, &tables, err))
        return fail_permission(err);
    TRY(check_tables(store, &tables, err));
    if (must_exist && !tables.has_schema)
        return fail_missing(store, err);
    return tables.version == SCHEMA_VERSION || upgrade(store, err);
}

// --- connecting

static bool connect_once(struct store *store, struct error *err)
{
    struct connection *connection;
    TRY(connection_open(store, &store->options, &connection, err));
    talloc_free(store->connection);
    store->connection = connection;
    return true;
}

static bool check_instance(struct store *store, const char *target, struct error *err)
{
    SCRATCH(tmp);
    PGresult *row;
    if (target == NULL)
        return true;
    TRY(connection_ask(tmp, store->connection, POSTGRES_STORE_INSTANCE, NULL, 0, &row, err));
    if (strcmp(PQgetvalue(row, 0, 0), target) != 0)
        return true;
    error_set(err, ERROR_CONFIG, "%s: the store is the database that is being deployed to",
              store->place);
    return error_hint(err, "name another database in store.url: the journal must outlive what "
                           "becomes of the target");
}

bool postgres_store_connect(struct store *store, const struct store_open_options *options,
                            struct error *err)
{
    store->journal = mem_strdup(store, options->journal ? options->journal : "default");
    store->options = (struct engine_open_options){
        .url = secret_make(store, secret_reveal(options->location)),
        .timeout_ms = CONNECT_MS,
        .name = "tminus/store",
        .wait = options->wait ? options->wait : wait_make(store),
    };
    TRY(connect_once(store, err));
    store->place = mem_printf(store, "%s, journal '%s'", store->connection->place, store->journal);
    connection_set_timeout(store->connection, CONNECT_MS * 3);
    TRY(check_instance(store, options->target, err));
    return prepare_tables(store, options->must_exist, err);
}

static bool is_lost(const struct store *store)
{
    return store->connection->is_lost || PQstatus(store->connection->handle) != CONNECTION_OK;
}

// Until it is there again: a server that is started anew refuses connections for a moment.
static bool connect_again(struct store *store, struct error *err)
{
    int64_t deadline_ms = clock_monotonic_ms() + RECONNECT_MS;
    struct error why = {0};
    while (!connect_once(store, &why)) {
        const bool never = false;
        struct error waited;
        if (why.code != ERROR_UNREACHABLE || clock_monotonic_ms() >= deadline_ms) {
            *err = why;
            return false;
        }
        if (!wait_until(store->options.wait, &never, clock_monotonic_ms() + RETRY_MS, &waited) &&
            waited.code == ERROR_INTERRUPTED) {
            *err = waited;
            return false;
        }
    }
    connection_set_timeout(store->connection, CONNECT_MS * 3);
    return true;
}

bool postgres_store_work(struct store *store, store_work *work, void *context, struct error *err)
{
    bool was_lost = is_lost(store);
    if (was_lost)
        TRY(connect_again(store, err));
    if (work(store, context, err))
        return true;
    if (!is_lost(store)) {
        if (PQtransactionStatus(store->connection->handle) != PQTRANS_IDLE)
            session_abandon(store->connection);
        return false;
    }
    if (was_lost || err->code == ERROR_INTERRUPTED)
        return false;
    // The connection may have been dead for long, which only this work has found out.
    TRY(connect_again(store, err));
    if (work(store, context, err))
        return true;
    if (!is_lost(store) && PQtransactionStatus(store->connection->handle) != PQTRANS_IDLE)
        session_abandon(store->connection);
    return false;
}

// --- transactions

bool postgres_store_begin(struct store *store, struct error *err)
{
    return connection_script(store->connection, POSTGRES_STORE_BEGIN, err);
}

bool postgres_store_commit(struct store *store, struct error *err)
{
    return connection_execute(store->connection, "COMMIT", err);
}
