/*
 * Who wrote a row, by the number of its transaction and an instant; and how many rows were written,
 * by the server's statistics.
 *
 * Source of the instants' form: functions-info.html, "pg_snapshot textual representation".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/postgres_server.h"
#include "base/clock.h"
#include "driver/engine/postgres/postgres.h"

#define EPOCH 4294967296u // transactions of one turn of the 32-bit numbers

static const struct {
    const char *instant;
    uint64_t writer;
    enum engine_wrote expected;
} wrote_cases[] = {
    {"100:100:", 99, WROTE_BEFORE},
    {"100:100:", 100, WROTE_SINCE},
    {"100:100:", 3000, WROTE_SINCE},
    {"100:105:100,103", 99, WROTE_BEFORE},
    {"100:105:100,103", 100, WROTE_SINCE},
    {"100:105:100,103", 103, WROTE_SINCE},
    {"100:105:103", 102, WROTE_BEFORE},
    // 104 ended before, or is a subtransaction of 103, which the list does not say.
    {"100:105:103", 104, WROTE_UNKNOWN},
    {"100:105:103", 105, WROTE_SINCE},
    {"100:100: 0/15D68D8 2026-11-22", 99, WROTE_BEFORE},
    {"100:105:103 0/15D68D8", 103, WROTE_SINCE},
    // Bootstrap and frozen.
    {"100:100:", 1, WROTE_BEFORE},
    {"100:100:", 2, WROTE_BEFORE},
    // Numbers have turned: the row's 32 bits are told by what is near.
    {"4294967296:4294967300:", 3, WROTE_BEFORE},
    {"4294967296:4294967300:4294967299", 3, WROTE_SINCE},
    {"4294967296:4294967300:", 4294967295u, WROTE_BEFORE},
    {"4294967290:4294967290:", 5, WROTE_SINCE},
    {"8589934590:8589934600:8589934595", 8589934595 % EPOCH, WROTE_SINCE},
    {"8589934590:8589934600:8589934599", 4294967292u, WROTE_BEFORE},
    // Not known, and texts that are no instant.
    {"100:100:", 0, WROTE_UNKNOWN},
    {"100:100:", EPOCH + 5, WROTE_UNKNOWN},
    {"100:100:", 4294967295u, WROTE_UNKNOWN},
    {"", 50, WROTE_UNKNOWN},
    {NULL, 50, WROTE_UNKNOWN},
    {"100", 50, WROTE_UNKNOWN},
    {"100:99:", 50, WROTE_UNKNOWN},
    {"0:99:", 50, WROTE_UNKNOWN},
    {"-1:99:", 50, WROTE_UNKNOWN},
    {"100:105:103,", 50, WROTE_UNKNOWN},
    {"100:105:a", 50, WROTE_UNKNOWN},
    {"100:105:103;104", 50, WROTE_UNKNOWN},
    {"99999999999999999999999:105:", 50, WROTE_UNKNOWN},
    {"100:105", 50, WROTE_UNKNOWN},
};

static void test_wrote__cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrote_cases); i++)
        if (postgres_wrote(wrote_cases[i].instant, wrote_cases[i].writer) != wrote_cases[i].expected)
            fail_msg("case %zu: '%s', %llu", i, wrote_cases[i].instant, (unsigned long long)wrote_cases[i].writer);
}

// --- on a server

struct rig {
    struct database *database;
    struct engine engine;
    PGconn *other;
};

static struct rig rig_make(const char *sql)
{
    struct rig rig = {.database = postgres_database_make(sql)};
    const struct engine_open_options options = {.url = secret_make(rig.database, rig.database->path), .timeout_ms = 60000};
    if (!connection_open(rig.database, &options, &rig.engine.connection, &rig.database->err))
        fail_msg("%s", rig.database->err.message);
    rig.other = PQconnectdb(rig.database->path);
    return rig;
}

static void rig_end(struct rig *rig)
{
    PQfinish(rig->other);
    talloc_free(rig->database);
}

static void execute(PGconn *connection, const char *sql)
{
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(connection));
    PQclear(result);
}

static uint64_t ask_number(PGconn *connection, const char *sql)
{
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(connection));
    uint64_t number = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return number;
}

static char *instant_of(struct rig *rig)
{
    PGresult *result;
    assert_true(connection_ask(rig->database, rig->engine.connection, "SELECT pg_current_snapshot()::text", NULL, 0,
                               &result, &rig->database->err));
    return PQgetvalue(result, 0, 0);
}

// A transaction that ran at the instant, its subtransaction, one before and one after.
static void test_wrote__rows_of_a_server(void **state)
{
    (void)state;
    struct rig rig = rig_make("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
    execute(rig.other, "BEGIN; INSERT INTO t VALUES (2); SAVEPOINT a; INSERT INTO t VALUES (3); RELEASE a");
    const char *instant = instant_of(&rig);
    execute(rig.other, "COMMIT; INSERT INTO t VALUES (4)");
    static const enum engine_wrote expected[] = {WROTE_BEFORE, WROTE_SINCE, WROTE_SINCE, WROTE_SINCE};
    for (int id = 1; id <= 4; id++) {
        SCRATCH(tmp);
        uint64_t writer = ask_number(rig.other, mem_printf(tmp, "SELECT xmin FROM t WHERE id = %d", id));
        enum engine_wrote wrote = postgres_wrote(instant, writer);
        // Another test's transaction may have run on the server: the first may be a part of it.
        bool is_right = wrote == expected[id - 1] || (id == 1 && wrote == WROTE_UNKNOWN);
        if (!is_right)
            fail_msg("row %d: instant %s, writer %llu", id, instant, (unsigned long long)writer);
    }
    rig_end(&rig);
}

static struct engine_written written_of(struct rig *rig, const char *table, bool expected)
{
    struct engine_written written = {0};
    bool is_known;
    if (!postgres_written(&rig->engine, (struct name){"public", table}, &written, &is_known, &rig->database->err))
        fail_msg("%s", rig->database->err.message);
    assert_int_equal(is_known, expected);
    return written;
}

// Also within a transaction that has asked before, where the server would give its first answer.
static void test_written__counts_what_others_wrote(void **state)
{
    (void)state;
    struct rig rig = rig_make("CREATE TABLE t (id int PRIMARY KEY, x int) PARTITION BY RANGE (id);"
                              "CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (10);"
                              "CREATE TABLE high PARTITION OF t DEFAULT;");
    assert_true(connection_execute(rig.engine.connection, "BEGIN READ ONLY", &rig.database->err));
    struct engine_written before = written_of(&rig, "t", true);
    execute(rig.other, "INSERT INTO t SELECT i, 0 FROM generate_series(1, 20) i; UPDATE t SET x = 1 WHERE id > 15;"
                       "DELETE FROM t WHERE id = 20");
    execute(rig.other, "SELECT pg_stat_force_next_flush()");
    struct engine_written after = written_of(&rig, "t", true);
    assert_int_equal(after.inserted - before.inserted, 20);
    assert_int_equal(after.updated - before.updated, 5);
    assert_int_equal(after.deleted - before.deleted, 1);
    rig_end(&rig);
}

static void test_written__not_known(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct rig rig = rig_make("CREATE TABLE t (id int); CREATE VIEW v AS SELECT 1");
    written_of(&rig, "v", false);
    written_of(&rig, "nowhere", false);
    postgres_execute(postgres_url(tmp, "postgres", rig.database->folder),
                     mem_printf(tmp, "ALTER DATABASE %s SET track_counts = off", rig.database->folder));
    talloc_free(rig.engine.connection);
    const struct engine_open_options options = {.url = secret_make(rig.database, rig.database->path), .timeout_ms = 60000};
    assert_true(connection_open(rig.database, &options, &rig.engine.connection, &rig.database->err));
    written_of(&rig, "t", false);
    rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrote__cases),
        cmocka_unit_test(test_wrote__rows_of_a_server),
        cmocka_unit_test(test_written__counts_what_others_wrote),
        cmocka_unit_test(test_written__not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
