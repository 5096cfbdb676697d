/*
 * Sessions of PostgreSQL: pinned settings, snapshots shared by connections, roles that are refused,
 * reconnecting, on a real server.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/postgres_server.h"
#include "driver/engine/postgres/connection.h"

#define SCHEMA                                                                                     \
    "CREATE TABLE t (id int PRIMARY KEY, a text);"                                                 \
    "INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1, 100) i"

static struct engine *open_as(struct database *database, const char *role, size_t connections, bool read_only)
{
    SCRATCH(tmp);
    struct engine *engine = NULL;
    const struct engine_open_options options = {
        .url = secret_make(tmp, postgres_url(tmp, role, database->folder)),
        .read_only = read_only,
        .timeout_ms = 5000,
        .connections = connections,
        .name = "tminus/7",
    };
    postgres_open(database, &options, &engine, &database->err);
    return engine;
}

static struct engine *open_engine(struct database *database, size_t connections)
{
    struct engine *engine = open_as(database, "deployer", connections, true);
    if (engine == NULL)
        fail_msg("%s", database->err.message);
    return engine;
}

static const char *ask(struct database *database, struct connection *connection, const char *sql)
{
    PGresult *result;
    if (!connection_ask(database, connection, sql, NULL, 0, &result, &database->err))
        fail_msg("%s", database->err.message);
    return PQgetvalue(result, 0, 0);
}

static void test_session_begin__pins_what_decides_a_text(void **state)
{
    static const char *const pinned[][2] = {
        {"transaction_read_only", "on"},
        {"transaction_isolation", "repeatable read"},
        {"application_name", "tminus/7"},
        {"TimeZone", "UTC"},
        {"DateStyle", "ISO, YMD"},
        {"IntervalStyle", "postgres"},
        {"extra_float_digits", "1"},
        {"bytea_output", "hex"},
        {"standard_conforming_strings", "on"},
        {"transform_null_equals", "off"},
        {"lc_monetary", "C"},
        {"row_security", "off"},
        {"search_path", "pg_catalog, \"$user\", \"Odd one\", pg_temp"},
        {"lock_timeout", "4001ms"},
        {"statement_timeout", "605s"},
        {"client_connection_check_interval", "1s"},
    };
    SCRATCH(tmp);
    (void)state;
    struct database *database = postgres_database_make(SCHEMA);
    static const char *const hostile[] = {
        "TimeZone = 'Asia/Tokyo'", "DateStyle = 'German'", "IntervalStyle = 'iso_8601'", "extra_float_digits = -15",
        "bytea_output = 'escape'", "standard_conforming_strings = off", "transform_null_equals = on",
        "search_path = \"$user\", \"Odd one\"",
    };
    for (size_t i = 0; i < COUNT_OF(hostile); i++)
        postgres_execute(database->path,
                         mem_printf(tmp, "ALTER DATABASE %s SET %s", database->folder, hostile[i]));
    struct engine *engine = open_engine(database, 1);
    assert_true(session_begin(engine, &database->err));
    for (size_t i = 0; i < COUNT_OF(pinned); i++)
        assert_string_equal(ask(database, engine->connection, mem_printf(tmp, "SHOW %s", pinned[i][0])), pinned[i][1]);
    assert_true(session_end(engine, &database->err));
    // Nothing stays behind for whom a pooler gives the server's session next.
    assert_string_equal(ask(database, engine->connection, "SHOW TimeZone"), "Asia/Tokyo");
    assert_string_equal(ask(database, engine->connection, "SHOW search_path"), "\"$user\", \"Odd one\"");
    assert_string_equal(ask(database, engine->connection, "SHOW statement_timeout"), "0");
    talloc_free(database);
}

static void test_session_begin__an_empty_search_path(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct database *database = postgres_database_make(SCHEMA);
    postgres_execute(database->path, mem_printf(tmp, "ALTER DATABASE %s SET search_path = ''", database->folder));
    struct engine *engine = open_engine(database, 1);
    assert_true(session_begin(engine, &database->err));
    assert_string_equal(ask(database, engine->connection, "SELECT current_schemas(true)::text"), "{pg_catalog}");
    assert_true(session_end(engine, &database->err));
    talloc_free(database);
}

static void test_session_end__after_a_failure(void **state)
{
    (void)state;
    struct database *database = postgres_database_make(SCHEMA);
    struct engine *engine = open_engine(database, 1);
    assert_true(session_begin(engine, &database->err));
    assert_false(connection_execute(engine->connection, "DELETE FROM t", &database->err));
    assert_string_equal(database->err.sqlstate, "25006");
    assert_true(session_end(engine, &database->err));
    assert_string_equal(ask(database, engine->connection, "SELECT count(*) FROM t"), "100");
    talloc_free(database);
}

static void test_snapshot__readers_see_one_instant(void **state)
{
    (void)state;
    struct database *database = postgres_database_make(SCHEMA);
    struct engine *engine = open_engine(database, 3);
    assert_true(postgres_snapshot_begin(engine, &database->err));
    assert_int_equal(engine->n_readers, 3);
    assert_ptr_equal(engine->readers[0], engine->connection);
    postgres_execute(database->path, "DELETE FROM t WHERE id <= 40");
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(ask(database, engine->readers[i], "SELECT count(*) FROM t"), "100");
        // What fails there takes the instant from nobody.
        assert_false(connection_execute(engine->readers[i], "SELECT 1/0", &database->err));
        assert_string_equal(ask(database, engine->readers[i], "SELECT count(*) FROM t"), "100");
        assert_string_equal(ask(database, engine->readers[i], "SHOW TimeZone"), "UTC");
    }
    assert_false(postgres_snapshot_begin(engine, &database->err));
    assert_int_equal(database->err.code, ERROR_INTERNAL);
    assert_true(postgres_snapshot_end(engine, &database->err));
    assert_int_equal(engine->n_readers, 0);
    assert_string_equal(ask(database, engine->connection, "SELECT count(*) FROM t"), "60");
    assert_true(postgres_snapshot_begin(engine, &database->err));
    assert_true(postgres_snapshot_end(engine, &database->err));
    talloc_free(database);
}

static void test_snapshot__fewer_readers_when_no_slot_is_free(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct database *database = postgres_database_make(SCHEMA);
    struct engine *engine = open_engine(database, 4);
    postgres_execute(database->path, mem_printf(tmp, "ALTER DATABASE %s CONNECTION LIMIT 2", database->folder));
    assert_true(postgres_snapshot_begin(engine, &database->err));
    assert_int_equal(engine->n_readers, 2);
    assert_true(postgres_snapshot_end(engine, &database->err));
    talloc_free(database);
}

static void test_instant__is_what_the_snapshot_sees(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct database *database = postgres_database_make(SCHEMA);
    struct engine *engine = open_engine(database, 2);
    char *instant;
    assert_true(postgres_snapshot_begin(engine, &database->err));
    assert_true(postgres_instant(tmp, engine, &instant, &database->err));
    const char *seen = ask(database, engine->connection, "SELECT pg_current_snapshot()");
    assert_memory_equal(instant, seen, strlen(seen));
    assert_int_equal(instant[strlen(seen)], ' ');
    assert_non_null(strstr(instant, " lsn="));
    assert_non_null(strstr(instant, " at=20"));
    assert_true(postgres_snapshot_end(engine, &database->err));
    talloc_free(database);
}

static void test_open__refuses_a_superuser(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct database *database = postgres_database_make(NULL);
    assert_null(open_as(database, "postgres", 1, true));
    assert_int_equal(database->err.code, ERROR_POLICY);
    assert_string_equal(database->err.message,
                        mem_printf(tmp, "127.0.0.1:%s/%s: role 'postgres' is a superuser; audits are not run by a role "
                                        "that may do more than read", postgres_port(tmp), database->folder));
    assert_non_null(strstr(database->err.hint, "GRANT pg_monitor, pg_read_all_data TO tminus"));
    struct engine *writer = open_as(database, "postgres", 1, false);
    assert_non_null(writer);
    talloc_free(writer); // deployer, who drops the database, may not end a superuser's session
    talloc_free(database);
}

static void test_identity__of_this_server(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct database *database = postgres_database_make(NULL);
    struct engine *engine = open_engine(database, 1);
    struct engine_identity identity;
    assert_true(postgres_identity(tmp, engine, &identity, &database->err));
    assert_string_equal(identity.system, ask(database, engine->connection, "SELECT system_identifier FROM pg_control_system()"));
    assert_string_equal(identity.database, database->folder);
    assert_false(identity.is_standby);
    assert_string_equal(identity.text, mem_printf(tmp, "PostgreSQL %s, database %s at 127.0.0.1:%s", identity.version,
                                                  database->folder, postgres_port(tmp)));
    talloc_free(database);
}

static void test_identity__where_the_system_identifier_is_not_readable(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct database *database = postgres_database_make(NULL);
    char *as_super = mem_strdup(tmp, postgres_url(tmp, "postgres", database->folder));
    postgres_execute(as_super, "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM public");
    struct engine *engine = open_engine(database, 1);
    struct engine_identity identity;
    assert_true(postgres_identity(tmp, engine, &identity, &database->err));
    assert_string_equal(identity.system, mem_printf(tmp, "database-%s", ask(database, engine->connection,
                        "SELECT oid FROM pg_database WHERE datname = current_database()")));
    assert_non_null(strstr(identity.text, " (its system identifier may not be read)"));
    talloc_free(database);
}

static void test_reconnect__to_the_same_database(void **state)
{
    (void)state;
    struct database *database = postgres_database_make(SCHEMA);
    struct engine *engine = open_engine(database, 1);
    assert_false(connection_execute(engine->connection, "SELECT pg_terminate_backend(pg_backend_pid())", &database->err));
    assert_true(session_begin(engine, &database->err));
    assert_string_equal(ask(database, engine->connection, "SELECT count(*) FROM t"), "100");
    assert_true(session_end(engine, &database->err));
    // Within a snapshot the instant is gone with the connection.
    assert_true(postgres_snapshot_begin(engine, &database->err));
    assert_false(connection_execute(engine->connection, "SELECT pg_terminate_backend(pg_backend_pid())", &database->err));
    assert_true(session_begin(engine, &database->err));
    assert_false(connection_execute(engine->connection, "SELECT 1", &database->err));
    assert_int_equal(database->err.code, ERROR_UNREACHABLE);
    assert_false(postgres_snapshot_end(engine, &database->err));
    assert_true(postgres_snapshot_begin(engine, &database->err));
    assert_true(postgres_snapshot_end(engine, &database->err));
    talloc_free(database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session_begin__pins_what_decides_a_text),
        cmocka_unit_test(test_session_begin__an_empty_search_path),
        cmocka_unit_test(test_session_end__after_a_failure),
        cmocka_unit_test(test_snapshot__readers_see_one_instant),
        cmocka_unit_test(test_snapshot__fewer_readers_when_no_slot_is_free),
        cmocka_unit_test(test_instant__is_what_the_snapshot_sees),
        cmocka_unit_test(test_open__refuses_a_superuser),
        cmocka_unit_test(test_identity__of_this_server),
        cmocka_unit_test(test_identity__where_the_system_identifier_is_not_readable),
        cmocka_unit_test(test_reconnect__to_the_same_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
