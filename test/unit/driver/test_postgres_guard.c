/*
 * The guard of PostgreSQL on a real server: what may be asked, and each way out that is refused.
 *
 * Here the guard alone is asked and nothing runs; test/live/postgres_guard.t shows through the
 * program that nothing did.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/postgres_server.h"
#include "driver/engine/postgres/postgres.h"

struct rig {
    struct database *database;
    struct engine *engine;
    struct error err;
};

static struct rig *rig_make(const char *sql)
{
    struct database *database = postgres_database_make(NULL);
    struct rig *rig = mem_new(database, struct rig);
    rig->database = database;
    const char *super = postgres_url(rig, "postgres", database->folder);
    postgres_execute(super, sql);
    rig->engine = mem_new(rig, struct engine);
    const struct engine_open_options options = {.url = secret_make(rig, database->path)};
    if (!connection_open(rig, &options, &rig->engine->connection, &rig->err))
        fail_msg("%s", rig->err.message);
    return rig;
}

static void rig_free(struct rig *rig)
{
    struct database *database = rig->database;
    talloc_free(rig);
    talloc_free(database);
}

static void expect_allowed(struct rig *rig, const char *sql)
{
    if (!guard_allow(rig->engine, sql, &rig->err))
        fail_msg("%s\n%s", sql, rig->err.message);
}

static void expect_refused(struct rig *rig, const char *sql, const char *why)
{
    SCRATCH(tmp);
    if (guard_allow(rig->engine, sql, &rig->err))
        fail_msg("allowed: %s", sql);
    assert_int_equal(rig->err.code, ERROR_UNKNOWN);
    assert_string_equal(rig->err.message,
                        mem_printf(tmp, "refused, a check may only read: %s", why));
}

static void test_guard_allow__reads(void **state)
{
    (void)state;
    struct rig *rig = rig_make("CREATE TABLE emails (id int PRIMARY KEY, category text, sent timestamptz, body jsonb);"
                               "CREATE VIEW briefs AS SELECT * FROM emails WHERE category = 'brief'");
    static const char *const allowed[] = {
        "SELECT count(*) FROM emails",
        "VALUES (1), (2)",
        "TABLE emails",
        "SHOW server_version",
        "EXPLAIN SELECT * FROM emails",
        "EXPLAIN (VERBOSE, FORMAT json) SELECT * FROM emails",
        "WITH e AS (SELECT * FROM emails), f AS (SELECT * FROM e) SELECT count(*) FROM f",
        "SELECT date_trunc('day', sent), count(*) FILTER (WHERE body ? 'a') FROM emails GROUP BY 1",
        "SELECT extract(year FROM sent AT TIME ZONE 'UTC'), row_number() OVER (ORDER BY id) FROM emails",
        "SELECT e.id, e.category::varchar(10) FROM emails e JOIN briefs b USING (id)",
        "SELECT pid, pg_blocking_pids(pid) FROM pg_stat_activity",
        "SELECT relname, pg_total_relation_size(oid) FROM pg_class",
        "SELECT * FROM information_schema.columns",
        "SELECT * FROM emails TABLESAMPLE system (10)",
        "SELECT",
    };
    for (size_t i = 0; i < COUNT_OF(allowed); i++)
        expect_allowed(rig, allowed[i]);
    rig_free(rig);
}

static void test_guard_allow__ways_out(void **state)
{
    (void)state;
    struct rig *rig = rig_make(
        "CREATE TABLE emails (id int PRIMARY KEY, category text);"
        "CREATE FUNCTION bump() RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN DELETE FROM emails; RETURN 1; END';"
        "CREATE FUNCTION calls_bump() RETURNS int LANGUAGE sql AS 'SELECT bump()';"
        "CREATE VIEW v AS SELECT calls_bump() AS n; CREATE VIEW w AS SELECT * FROM v");
    static const struct {
        const char *sql;
        const char *why;
    } refused[] = {
        {"SELECT 1; SELECT 2", "there is a second statement in it in line 1 column 11"},
        {"DELETE FROM emails", "it is DELETE in line 1 column 1"},
        {"SELECT pg_terminate_backend(1)",
         "function pg_terminate_backend(integer,bigint) in line 1 column 8 is not on the list of what only reads"},
        {"SELECT\n  bump()", "function bump() in line 2 column 3 is written in plpgsql, so what it does cannot be told"},
        {"SELECT n FROM w", "function bump() behind calls_bump() behind public.v behind public.w in line 1 column 15 "
                            "is written in plpgsql, so what it does cannot be told"},
        {"SELECT nonsense(1)", "function nonsense() in line 1 column 8 is not known to the server"},
    };
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        expect_refused(rig, refused[i].sql, refused[i].why);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guard_allow__reads),
        cmocka_unit_test(test_guard_allow__ways_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
