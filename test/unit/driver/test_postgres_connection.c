/*
 * Connections of PostgreSQL: answers, rows, COPY, deadlines, interruptions, on a real server.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/postgres_server.h"
#include "base/clock.h"
#include "driver/engine/postgres/connection.h"

struct rig {
    struct database *database;
    struct connection *connection;
    struct wait *wait;
    struct error err;
};

static struct connection *connect_to(struct rig *rig)
{
    struct connection *connection = NULL;
    const struct engine_open_options options = {
        .url = secret_make(rig->database, rig->database->path), .timeout_ms = 10000, .wait = rig->wait};
    if (!connection_open(rig->database, &options, &connection, &rig->err))
        fail_msg("%s", rig->err.message);
    return connection;
}

static struct rig rig_make(const char *sql)
{
    struct rig rig = {.database = postgres_database_make(sql)};
    rig.wait = wait_make(rig.database);
    rig.connection = connect_to(&rig);
    return rig;
}

static const char *ask(struct rig *rig, const char *sql)
{
    PGresult *result;
    if (!connection_ask(rig->database, rig->connection, sql, NULL, 0, &result, &rig->err))
        fail_msg("%s", rig->err.message);
    return PQgetvalue(result, 0, 0);
}

static void test_connection_ask__with_parameters(void **state)
{
    (void)state;
    struct rig rig = rig_make(NULL);
    const char *const parameters[] = {"it's", NULL};
    PGresult *result;
    assert_true(connection_ask(rig.database, rig.connection, "SELECT $1::text, $2::text, 42", parameters, 2,
                               &result, &rig.err));
    assert_string_equal(PQgetvalue(result, 0, 0), "it's");
    assert_true(PQgetisnull(result, 0, 1));
    assert_string_equal(PQgetvalue(result, 0, 2), "42");
    assert_string_equal(ask(&rig, "SHOW application_name"), "tminus");
    assert_string_equal(ask(&rig, "SHOW client_encoding"), "UTF8");
    talloc_free(rig.database);
}

static void test_connection_execute__says_why_it_failed(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct rig rig = rig_make(NULL);
    assert_false(connection_execute(rig.connection, "SELECT * FROM nowhere", &rig.err));
    assert_int_equal(rig.err.code, ERROR_DATABASE);
    assert_string_equal(rig.err.message,
                        mem_printf(tmp, "127.0.0.1:%s/%s: relation \"nowhere\" does not exist: "
                                        "SELECT * FROM nowhere",
                                   postgres_port(tmp), rig.database->folder));
    assert_string_equal(connection_sqlstate(rig.connection), "42P01");
    assert_string_equal(rig.err.sqlstate, "42P01");
    // One message is one statement.
    assert_false(connection_execute(rig.connection, "SELECT 1; SELECT 2", &rig.err));
    assert_string_equal(connection_sqlstate(rig.connection), "42601");
    assert_true(connection_execute(rig.connection, "SELECT 1", &rig.err));
    assert_string_equal(connection_sqlstate(rig.connection), "");
    assert_false(connection_execute(rig.connection, "COPY pg_class FROM STDIN", &rig.err));
    assert_false(connection_execute(rig.connection, "CREATE TEMP TABLE t AS SELECT 1 AS a; COPY t FROM STDIN", &rig.err));
    assert_true(connection_execute(rig.connection, "CREATE TEMP TABLE t (a int)", &rig.err));
    assert_false(connection_execute(rig.connection, "COPY t FROM STDIN", &rig.err));
    assert_non_null(strstr(rig.err.message, "tminus has no data to send for COPY"));
    assert_true(connection_execute(rig.connection, "COPY t TO STDOUT", &rig.err));
    talloc_free(rig.database);
}

struct reading {
    struct rig *rig;
    int64_t rows, bytes;
    int64_t stop_at; // 0: never
    int64_t pause_ms;
};

static bool read_row(void *context, const PGresult *row)
{
    struct reading *reading = context;
    assert_int_equal(PQntuples(row), 1);
    reading->bytes += PQgetlength(row, 0, 0);
    if (reading->pause_ms > 0) {
        struct timespec pause = {.tv_nsec = (long)reading->pause_ms * 1000000};
        nanosleep(&pause, NULL);
    }
    return ++reading->rows != reading->stop_at;
}

static void test_connection_each__gives_every_row(void **state)
{
    (void)state;
    struct rig rig = rig_make(NULL);
    struct reading reading = {0};
    assert_true(connection_each(rig.connection, "SELECT i FROM generate_series(1, 50000) i", read_row, &reading,
                                &rig.err));
    assert_int_equal(reading.rows, 50000);
    reading = (struct reading){0};
    assert_true(connection_each(rig.connection, "SELECT 1 WHERE false", read_row, &reading, &rig.err));
    assert_int_equal(reading.rows, 0);
    // An error behind the first rows.
    assert_false(connection_each(rig.connection, "SELECT 1 / (1000 - i) FROM generate_series(1, 2000) i", read_row,
                                 &reading, &rig.err));
    assert_int_equal(reading.rows, 999);
    assert_string_equal(connection_sqlstate(rig.connection), "22012");
    talloc_free(rig.database);
}

static void test_connection_each__stops_when_told(void **state)
{
    (void)state;
    struct rig rig = rig_make(NULL);
    struct reading reading = {.stop_at = 10};
    int64_t started_ms = clock_monotonic_ms();
    assert_true(connection_each(rig.connection, "SELECT repeat('x', 1000), generate_series(1, 100000000)",
                                read_row, &reading, &rig.err));
    assert_int_equal(reading.rows, 10);
    assert_true(clock_monotonic_ms() - started_ms < 9000);
    assert_string_equal(ask(&rig, "SELECT 42"), "42");
    talloc_free(rig.database);
}

static void test_connection_set_timeout__cancels_in_the_server(void **state)
{
    (void)state;
    struct rig rig = rig_make(NULL);
    connection_set_timeout(rig.connection, 200);
    int64_t started_ms = clock_monotonic_ms();
    assert_false(connection_execute(rig.connection, "SELECT pg_sleep(60)", &rig.err));
    assert_int_equal(rig.err.code, ERROR_UNREACHABLE);
    assert_non_null(strstr(rig.err.message, ": no answer within 200 ms: SELECT pg_sleep(60)"));
    assert_true(clock_monotonic_ms() - started_ms < 3000);
    assert_string_equal(ask(&rig, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sl_ep(60)%' "
                                  "AND pid <> pg_backend_pid()"), "0");
    // Time that the reader of rows takes does not count.
    struct reading reading = {.pause_ms = 100};
    assert_true(connection_each(rig.connection, "SELECT i FROM generate_series(1, 5) i", read_row, &reading,
                                &rig.err));
    assert_int_equal(reading.rows, 5);
    talloc_free(rig.database);
}

static bool cancel_soon(void *context)
{
    return ++*(int *)context < 3;
}

static void test_connection__tick_cancels(void **state)
{
    (void)state;
    struct rig rig = rig_make(NULL);
    int ticks = 0;
    wait_on_tick(rig.wait, cancel_soon, &ticks);
    assert_false(connection_execute(rig.connection, "SELECT pg_sleep(60)", &rig.err));
    assert_int_equal(rig.err.code, ERROR_INTERRUPTED);
    wait_on_tick(rig.wait, NULL, NULL);
    assert_string_equal(ask(&rig, "SELECT 42"), "42");
    talloc_free(rig.database);
}

static bool ask_within(void *context, const PGresult *row)
{
    struct rig *rig = context;
    (void)row;
    assert_false(connection_execute(rig->connection, "SELECT 1", &rig->err));
    return true;
}

static void test_connection__one_question_at_a_time(void **state)
{
    (void)state;
    struct rig rig = rig_make(NULL);
    struct error err = {0};
    assert_true(connection_each(rig.connection, "SELECT 1", ask_within, &rig, &err));
    assert_int_equal(rig.err.code, ERROR_INTERNAL);
    assert_non_null(strstr(rig.err.message, "asked within the answer to another question"));
    talloc_free(rig.database);
}

static void test_connection__is_lost(void **state)
{
    (void)state;
    struct rig rig = rig_make(NULL);
    assert_false(connection_execute(rig.connection, "SELECT pg_terminate_backend(pg_backend_pid())", &rig.err));
    assert_int_equal(rig.err.code, ERROR_UNREACHABLE);
    assert_string_equal(connection_sqlstate(rig.connection), "57P01");
    assert_false(connection_execute(rig.connection, "SELECT 1", &rig.err));
    assert_int_equal(rig.err.code, ERROR_UNREACHABLE);
    assert_non_null(strstr(rig.err.message, "the connection is lost"));
    // In the middle of COPY, too.
    rig.connection = connect_to(&rig);
    assert_false(connection_execute(rig.connection,
                                    "COPY (SELECT i, CASE WHEN i = 50000 THEN pg_terminate_backend(pg_backend_pid()) END "
                                    "FROM generate_series(1, 100000) i) TO STDOUT", &rig.err));
    assert_int_equal(rig.err.code, ERROR_UNREACHABLE);
    talloc_free(rig.database);
}

static void test_connection__snapshot_outlives_a_failure(void **state)
{
    (void)state;
    struct rig rig = rig_make(NULL);
    struct reading reading = {.stop_at = 10};
    assert_true(connection_execute(rig.connection, "BEGIN", &rig.err));
    assert_true(connection_execute(rig.connection, "SAVEPOINT " SAVEPOINT_NAME, &rig.err));
    rig.connection->has_savepoint = true;
    assert_false(connection_execute(rig.connection, "SELECT 1 / 0", &rig.err));
    assert_string_equal(connection_sqlstate(rig.connection), "22012");
    assert_true(connection_each(rig.connection, "SELECT generate_series(1, 100000000)", read_row, &reading,
                                &rig.err));
    connection_set_timeout(rig.connection, 100);
    assert_false(connection_execute(rig.connection, "SELECT pg_sleep(60)", &rig.err));
    assert_string_equal(ask(&rig, "SELECT 42"), "42");
    assert_true(connection_execute(rig.connection, "COMMIT", &rig.err));
    talloc_free(rig.database);
}

static bool read_data(void *context, const char *bytes, size_t len)
{
    struct reading *reading = context;
    (void)bytes;
    reading->bytes += (int64_t)len;
    return ++reading->rows != reading->stop_at;
}

static bool copy(struct rig *rig, const char *sql, struct reading *reading)
{
    void *context = reading;
    return connection_copy_all(&rig->connection, &sql, &context, 1, read_data, &rig->err);
}

static void test_connection_copy_all__gives_every_row(void **state)
{
    (void)state;
    struct rig rig = rig_make(NULL);
    struct reading reading = {0};
    assert_true(copy(&rig, "COPY (SELECT generate_series(1, 200000)) TO STDOUT", &reading));
    assert_int_equal(reading.rows, 200000);
    assert_int_equal(reading.bytes, 9 * 2 + 90 * 3 + 900 * 4 + 9000 * 5 + 90000 * 6 + 100001 * 7);
    reading = (struct reading){.stop_at = 3};
    assert_true(copy(&rig, "COPY (SELECT generate_series(1, 100000000)) TO STDOUT", &reading));
    assert_int_equal(reading.rows, 3);
    assert_false(copy(&rig, "COPY (SELECT 1/0) TO STDOUT", &reading));
    assert_string_equal(connection_sqlstate(rig.connection), "22012");
    talloc_free(rig.database);
}

static void test_connection_copy_all__at_once(void **state)
{
    (void)state;
    struct rig rig = rig_make(NULL);
    struct reading readings[2] = {0};
    struct connection *connections[] = {rig.connection, connect_to(&rig)};
    void *const contexts[] = {&readings[0], &readings[1]};
    const char *const slow[] = {"COPY (SELECT pg_sleep(0.4)) TO STDOUT", "COPY (SELECT pg_sleep(0.4)) TO STDOUT"};
    int64_t started_ms = clock_monotonic_ms();
    assert_true(connection_copy_all(connections, slow, contexts, 2, read_data, &rig.err));
    assert_true(clock_monotonic_ms() - started_ms < 780);
    assert_int_equal(readings[0].rows + readings[1].rows, 2);
    // One fails: the other is not waited for.
    const char *const failing[] = {"COPY (SELECT pg_sleep(60)) TO STDOUT", "COPY (SELECT 1/0) TO STDOUT"};
    assert_false(connection_copy_all(connections, failing, contexts, 2, read_data, &rig.err));
    assert_string_equal(rig.err.sqlstate, "22012");
    assert_true(connection_execute(connections[0], "SELECT 1", &rig.err));
    assert_true(connection_execute(connections[1], "SELECT 1", &rig.err));
    talloc_free(rig.database);
}

static void test_quote__reads_back(void **state)
{
    static const char *const texts[] = {"a", "it's", "a\"b", "back\\slash'", "new\nline", "", "é \\"};
    (void)state;
    struct rig rig = rig_make(NULL);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        SCRATCH(tmp);
        assert_string_equal(ask(&rig, mem_printf(tmp, "SELECT %s", quote_text(tmp, texts[i]))), texts[i]);
        if (texts[i][0] == '\0')
            continue;
        PGresult *result;
        assert_true(connection_ask(tmp, rig.connection, mem_printf(tmp, "SELECT 1 AS %s", quote_name(tmp, texts[i])),
                                   NULL, 0, &result, &rig.err));
        assert_string_equal(PQfname(result, 0), texts[i]);
    }
    char *relation = quote_relation(rig.database, (struct name){.schema = "a\"b", .name = "c"});
    assert_string_equal(relation, "\"a\"\"b\".\"c\"");
    assert_string_equal(quote_relation(rig.database, (struct name){.name = "c"}), "\"c\"");
    talloc_free(rig.database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connection_ask__with_parameters),
        cmocka_unit_test(test_connection_execute__says_why_it_failed),
        cmocka_unit_test(test_connection_each__gives_every_row),
        cmocka_unit_test(test_connection_each__stops_when_told),
        cmocka_unit_test(test_connection_set_timeout__cancels_in_the_server),
        cmocka_unit_test(test_connection__tick_cancels),
        cmocka_unit_test(test_connection__one_question_at_a_time),
        cmocka_unit_test(test_connection__is_lost),
        cmocka_unit_test(test_connection__snapshot_outlives_a_failure),
        cmocka_unit_test(test_connection_copy_all__gives_every_row),
        cmocka_unit_test(test_connection_copy_all__at_once),
        cmocka_unit_test(test_quote__reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
