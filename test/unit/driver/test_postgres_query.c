/*
 * Guarded queries of PostgreSQL: kinds of values, limits, what a failure leaves behind.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/postgres_server.h"
#include "driver/engine/postgres/connection.h"
#include "../../support/skip.h"

static struct engine *open_engine(struct database *database, int64_t timeout_ms)
{
    struct engine *engine;
    const struct engine_open_options options = {
        .url = secret_make(database, database->path), .read_only = true, .timeout_ms = timeout_ms};
    if (!postgres_open(database, &options, &engine, &database->err))
        fail_msg("%s", database->err.message);
    return engine;
}

struct seen {
    struct engine *engine;
    size_t rows, n, stop_at;
    enum engine_value_kind kinds[16];
    char text[16][64];
    char name[64];
    struct error err;
    int64_t pause_ms;
};

static bool see(void *context, const char *const *names, const struct engine_value *values, size_t n)
{
    struct seen *seen = context;
    seen->n = n;
    for (size_t i = 0; i < n; i++) {
        seen->kinds[i] = values[i].kind;
        assert_int_equal(values[i].is_null, values[i].kind == VALUE_NULL);
        assert_int_equal(values[i].len, strlen(values[i].text));
        snprintf(seen->text[i], sizeof seen->text[i], "%s", values[i].text);
    }
    snprintf(seen->name, sizeof seen->name, "%s", names[0]);
    struct timespec pause = {.tv_nsec = (long)seen->pause_ms * 1000000};
    nanosleep(&pause, NULL);
    return ++seen->rows != seen->stop_at;
}

static void test_query__kinds_of_values(void **state)
{
    static const struct {
        const char *sql;
        enum engine_value_kind kind;
        const char *text;
    } values[] = {
        {"42::int2", VALUE_INTEGER, "42"},
        {"-7", VALUE_INTEGER, "-7"},
        {"9223372036854775807", VALUE_INTEGER, "9223372036854775807"},
        {"1.50::numeric", VALUE_REAL, "1.50"},
        {"0.1::float8 + 0.2::float8", VALUE_REAL, "0.30000000000000004"},
        {"'NaN'::numeric", VALUE_REAL, "NaN"},
        {"'\\x6162'::bytea", VALUE_BYTES, "x'6162'"},
        {"''::bytea", VALUE_BYTES, "x''"},
        {"'it''s'", VALUE_TEXT, "it's"},
        {"''", VALUE_TEXT, ""},
        {"true", VALUE_TEXT, "t"},
        {"'2026-11-21 14:00+02'::timestamptz", VALUE_TEXT, "2026-11-21 12:00:00+00"},
        {"'1 day 2 hours'::interval", VALUE_TEXT, "1 day 02:00:00"},
        {"NULL", VALUE_NULL, ""},
        {"NULL::int", VALUE_NULL, ""},
    };
    SCRATCH(tmp);
    (void)state;
    struct database *database = postgres_database_make(NULL);
    struct engine *engine = open_engine(database, 5000);
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        struct seen seen = {0};
        if (!postgres_query(engine, mem_printf(tmp, "SELECT %s AS \"the value\"", values[i].sql), see, &seen, &database->err))
            fail_msg("%s", database->err.message);
        assert_int_equal(seen.rows, 1);
        assert_int_equal(seen.n, 1);
        assert_string_equal(seen.name, "the value");
        assert_string_equal(seen.text[0], values[i].text);
        assert_int_equal(seen.kinds[0], values[i].kind);
    }
    talloc_free(database);
}

static void expect_unknown(struct database *database, struct engine *engine, const char *sql, const char *words)
{
    struct seen seen = {0};
    assert_false(postgres_query(engine, sql, see, &seen, &database->err));
    assert_int_equal(database->err.code, ERROR_UNKNOWN);
    if (strstr(database->err.message, words) == NULL)
        fail_msg("%s", database->err.message);
    assert_int_equal(seen.rows, 0);
}

static void test_query__a_failure_ends_only_itself(void **state)
{
    (void)state;
    struct database *database = postgres_database_make("CREATE TABLE t AS SELECT generate_series(1, 10) AS i");
    struct engine *engine = open_engine(database, 2000);
    for (int in_snapshot = 0; in_snapshot < 2; in_snapshot++) {
        struct seen seen = {0};
        if (in_snapshot)
            assert_true(postgres_snapshot_begin(engine, &database->err));
        expect_unknown(database, engine, "SELECT i / 0 FROM t", "division by zero");
        expect_unknown(database, engine, "DELETE FROM t", "refused, a check may only read");
        expect_unknown(database, engine, "SELECT nothing FROM t", "column \"nothing\" does not exist");
        expect_unknown(database, engine, "SELECT count(*) FROM generate_series(1, 1000000000)", "no answer within 2000 ms");
        assert_true(postgres_query(engine, "SELECT count(*) FROM t", see, &seen, &database->err));
        assert_string_equal(seen.text[0], "10");
        if (in_snapshot)
            assert_true(postgres_snapshot_end(engine, &database->err));
        assert_int_equal(PQtransactionStatus(connection_handle(engine->connection)), PQTRANS_IDLE);
    }
    talloc_free(database);
}

static void test_query__stops_when_told(void **state)
{
    (void)state;
    struct database *database = postgres_database_make(NULL);
    struct engine *engine = open_engine(database, 30000);
    for (int in_snapshot = 0; in_snapshot < 2; in_snapshot++) {
        struct seen seen = {.stop_at = 3};
        if (in_snapshot)
            assert_true(postgres_snapshot_begin(engine, &database->err));
        assert_true(postgres_query(engine, "SELECT generate_series(1, 100000000)", see, &seen, &database->err));
        assert_int_equal(seen.rows, 3);
        assert_true(postgres_query(engine, "SELECT 1", see, &seen, &database->err));
        assert_int_equal(seen.rows, 4);
        if (in_snapshot)
            assert_true(postgres_snapshot_end(engine, &database->err));
    }
    talloc_free(database);
}

// A question about every row may take longer than connecting.
static void test_query__may_have_more_time(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct database *database = postgres_database_make(NULL);
    const char *slow = "SELECT count(*) FROM generate_series(1, 20000000)";
    struct engine_open_options options = {
        .url = secret_make(tmp, database->path), .read_only = true, .timeout_ms = 400};
    struct engine *engine;
    struct seen seen = {0};
    if (!postgres_open(tmp, &options, &engine, &database->err))
        SKIP("connecting takes as long as the limit here");
    assert_false(postgres_query(engine, slow, see, &seen, &database->err));
    options.query_timeout_ms = 120000;
    if (!postgres_open(tmp, &options, &engine, &database->err))
        SKIP("connecting takes as long as the limit here");
    if (!postgres_query(engine, slow, see, &seen, &database->err))
        fail_msg("%s", database->err.message);
    assert_string_equal(seen.text[0], "20000000");
    TALLOC_FREE(engine);
    talloc_free(database);
}

static void test_query__a_slow_reader_is_not_a_slow_statement(void **state)
{
    (void)state;
    struct database *database = postgres_database_make(NULL);
    struct engine *engine = open_engine(database, 1500);
    struct seen seen = {.pause_ms = 250};
    // The answer is larger than what the sockets hold, so the server waits as well.
    assert_true(postgres_query(engine, "SELECT repeat('x', 4000000) FROM generate_series(1, 8)", see, &seen, &database->err));
    assert_int_equal(seen.rows, 8);
    talloc_free(database);
}

static bool ask_within(void *context, const char *const *names, const struct engine_value *values, size_t n)
{
    struct seen *seen = context;
    struct seen inner = {0};
    (void)names;
    (void)values;
    (void)n;
    assert_false(postgres_query(seen->engine, "SELECT 1", see, &inner, &seen->err));
    seen->rows++;
    return true;
}

static void test_query__not_within_the_answer_to_another(void **state)
{
    (void)state;
    struct database *database = postgres_database_make(NULL);
    struct engine *engine = open_engine(database, 5000);
    struct seen seen = {.engine = engine};
    assert_true(postgres_query(engine, "VALUES (1), (2)", ask_within, &seen, &database->err));
    assert_int_equal(seen.rows, 2);
    assert_int_equal(seen.err.code, ERROR_INTERNAL);
    assert_non_null(strstr(seen.err.message, "asked within the answer to another question"));
    talloc_free(database);
}

static void test_query__hidden_rows_are_an_error(void **state)
{
    (void)state;
    struct database *database = postgres_database_make(
        "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2); ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
        "ALTER TABLE t FORCE ROW LEVEL SECURITY; CREATE POLICY half ON t USING (a = 1)");
    struct engine *engine = open_engine(database, 5000);
    expect_unknown(database, engine, "SELECT count(*) FROM t", "query would be affected by row-level security policy");
    talloc_free(database);
}

static void test_query__names_as_in_psql(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct database *database = postgres_database_make(
        "CREATE SCHEMA shop; CREATE TABLE shop.orders AS SELECT generate_series(1, 5)");
    postgres_execute(database->path, mem_printf(tmp, "ALTER DATABASE %s SET search_path = shop, public", database->folder));
    struct engine *engine = open_engine(database, 5000);
    struct seen seen = {0};
    assert_true(postgres_query(engine, "SELECT count(*) FROM orders", see, &seen, &database->err));
    assert_string_equal(seen.text[0], "5");
    talloc_free(database);
}

static void test_query__connects_anew(void **state)
{
    (void)state;
    struct database *database = postgres_database_make(NULL);
    struct engine *engine = open_engine(database, 5000);
    struct seen seen = {0};
    assert_false(connection_execute(engine->connection, "SELECT pg_terminate_backend(pg_backend_pid())", &database->err));
    assert_true(postgres_query(engine, "SELECT 1", see, &seen, &database->err));
    talloc_free(database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query__kinds_of_values),
        cmocka_unit_test(test_query__a_failure_ends_only_itself),
        cmocka_unit_test(test_query__stops_when_told),
        cmocka_unit_test(test_query__may_have_more_time),
        cmocka_unit_test(test_query__a_slow_reader_is_not_a_slow_statement),
        cmocka_unit_test(test_query__not_within_the_answer_to_another),
        cmocka_unit_test(test_query__hidden_rows_are_an_error),
        cmocka_unit_test(test_query__names_as_in_psql),
        cmocka_unit_test(test_query__connects_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
