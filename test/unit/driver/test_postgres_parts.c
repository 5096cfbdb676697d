/*
 * Large tables of PostgreSQL, read by several connections at one instant, on a real server.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/fingerprint_rig.h"
#include "driver/engine/postgres/relation_parts.h"

#define MANY "INSERT INTO t SELECT i, repeat(md5(i::text), 8) FROM generate_series(1, 60000) i;" // 17 MB

static const struct {
    const char *name, *sql;
} large[] = {
    {"a table", "CREATE TABLE t (id int PRIMARY KEY, x text);" MANY},
    {"without key", "CREATE TABLE t (id int, x text);" MANY},
    {"partitions of unlike sizes", "CREATE TABLE t (id int PRIMARY KEY, x text) PARTITION BY RANGE (id);"
     "CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (50000); CREATE TABLE high PARTITION OF t DEFAULT;" MANY},
    {"a materialized view", "CREATE TABLE u (id int PRIMARY KEY, x text);"
     "INSERT INTO u SELECT i, repeat(md5(i::text), 8) FROM generate_series(1, 60000) i; CREATE MATERIALIZED VIEW t AS TABLE u"},
    {"rows that moved", "CREATE TABLE t (id int PRIMARY KEY, x text);" MANY "UPDATE t SET x = x WHERE id % 3 = 0; DELETE FROM t WHERE id < 20000"},
};

static int count_connections(const char *name)
{
    SCRATCH(tmp);
    PGconn *connection = PQconnectdb(shared->path);
    PGresult *result = PQexec(connection, mem_printf(tmp, "SELECT count(*) FROM pg_stat_activity WHERE application_name = '%s'", name));
    int n = (int)strtol(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    PQfinish(connection);
    return n;
}

static bool count_image(void *context, const struct engine_row_image *image)
{
    int64_t *n = context;
    (void)image;
    ++*n;
    return true;
}

// Equal sums whatever the number of connections, and what others write meanwhile is not seen.
static void test_parts__have_the_sums_of_the_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(large); i++) {
        make_schema("one", large[i].sql);
        struct engine_fingerprint *alone = print_in("one");
        for (size_t n = 1; n <= 4; n++) {
            struct engine *several = NULL;
            const struct engine_open_options options = {
                .url = secret_make(shared, shared->path), .read_only = true, .timeout_ms = 60000, .connections = n, .name = "several"};
            if (!postgres_open(shared, &options, &several, &shared->err) || !postgres_snapshot_begin(several, &shared->err))
                fail_msg("%s", shared->err.message);
            assert_int_equal(count_connections("several"), n);
            if (i == 0)
                postgres_execute(shared->path, "UPDATE one.t SET x = x WHERE id < 100; INSERT INTO one.t SELECT 70000 + count(*) FROM one.t");
            int64_t images = 0;
            const struct engine_fingerprint_request request = {.table = {"one", "t"}, .image = count_image, .context = &images};
            struct engine_fingerprint *print;
            if (!postgres_fingerprint(shared, several, &request, &print, &shared->err))
                fail_msg("%s", shared->err.message);
            assert_int_equal(print->rows, alone->rows);
            assert_int_equal(images, alone->rows);
            if (!is_equal(&print->sum, &alone->sum) || !is_equal(&print->columns[1].sum, &alone->columns[1].sum))
                fail_msg("%s by %zu connections", large[i].name, n);
            assert_true(postgres_snapshot_end(several, &shared->err));
            talloc_free(several);
            if (i == 0)
                alone = print_in("one");
        }
    }
}

static size_t parts_of(size_t n)
{
    SCRATCH(tmp);
    struct relation *relation;
    struct relation_parts parts;
    if (!relation_read(tmp, engine, (struct name){"one", "t"}, NULL, &relation, &shared->err) ||
        !relation_parts_make(tmp, engine, relation, n, &parts, &shared->err))
        fail_msg("%s", shared->err.message);
    return parts.n;
}

static void test_parts__of_which_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(large); i++) {
        make_schema("one", large[i].sql);
        assert_int_equal(parts_of(4), 4);
        assert_int_equal(parts_of(0), 1);
    }
    make_schema("one", "CREATE TABLE t (id int PRIMARY KEY)");
    assert_int_equal(parts_of(4), 1); // small
    make_schema("one", "CREATE TABLE u (id int PRIMARY KEY, x text);"
                       "INSERT INTO u SELECT i, repeat(md5(i::text), 8) FROM generate_series(1, 60000) i; CREATE VIEW t AS TABLE u");
    assert_int_equal(parts_of(4), 1); // its rows have no place
}

// No page is read twice: each part is a TID range scan, also of partitions.
static void test_parts__are_ranges_of_pages(void **state)
{
    (void)state;
    make_schema("one", large[2].sql);
    PGconn *connection = PQconnectdb(shared->path);
    PGresult *result = PQexec(connection, "EXPLAIN SELECT id, x FROM one.t WHERE ctid >= '(900,0)'::pg_catalog.tid");
    size_t n_scans = 0;
    for (int i = 0; i < PQntuples(result); i++) {
        n_scans += strstr(PQgetvalue(result, i, 0), "Tid Range Scan") != NULL;
        assert_null(strstr(PQgetvalue(result, i, 0), "Seq Scan"));
    }
    assert_int_equal(n_scans, 2);
    PQclear(result);
    PQfinish(connection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts__have_the_sums_of_the_whole),
        cmocka_unit_test(test_parts__of_which_tables),
        cmocka_unit_test(test_parts__are_ranges_of_pages),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
