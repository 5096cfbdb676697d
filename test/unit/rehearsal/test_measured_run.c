/*
 * Measured runs: what was measured stands beside what was predicted, and a failure is an answer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/database.h"
#include "rehearsal/measured_run.h"

#define SCHEMA                                                                                     \
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, n INT);"                                         \
    "CREATE TABLE audit (id INTEGER PRIMARY KEY, n INT);"                                          \
    "INSERT INTO orders VALUES (1, 1), (2, 2), (3, 3);"

struct rig {
    struct database *database;
    struct target work;
    struct change change;
    struct migration migration;
    struct assessment *assessment;
    struct measured_run run;
    struct error err;
};

static struct migration_text text_of(const char *path, const char *text)
{
    size_t len = text ? strlen(text) : 0;
    return (struct migration_text){.path = text ? path : NULL, .text = text, .len = len, .end = len, .in_transaction = true};
}

static struct rig *rig_make(const char *before, const char *up, const char *down)
{
    struct database *database = database_make(before);
    struct rig *rig = mem_new(database, struct rig);
    rig->database = database;
    const struct engine_open_options options = {.url = secret_make(rig, database->path), .timeout_ms = 3000};
    rig->work.driver = &engine_sqlite;
    assert_true(engine_sqlite.session->open(rig, &options, &rig->work.engine, &rig->err));
    rig->migration = (struct migration){
        .version = "2", .name = "two", .path = "2.up.sql", .up = text_of("2.up.sql", up), .down = text_of("2.down.sql", down)};
    rig->change = (struct change){.migrations = &rig->migration, .n_migrations = 1};
    struct assessment_options assess = {.dialect = DIALECT_SQLITE};
    struct schema *schema;
    assert_true(engine_sqlite.catalog->read(rig, rig->work.engine, &schema, &rig->err));
    assess.known = schema;
    if (!assessment_make(rig, &rig->change, &assess, &rig->assessment, &rig->err))
        fail_msg("%s", rig->err.message);
    return rig;
}

static bool run(struct rig *rig, bool is_down, int64_t deadline_ms)
{
    const struct run_request request = {.work = &rig->work, .assessment = rig->assessment, .migration = &rig->migration, .is_down = is_down, .deadline_ms = deadline_ms};
    return measured_run_migration(rig, &request, &rig->run, &rig->err);
}

static void test_measured_run__knows_its_predictions(void **state)
{
    (void)state;
    struct rig *rig = rig_make(SCHEMA, "-- first\nUPDATE orders SET n = 0; ALTER TABLE orders ADD COLUMN z INT;\n", "ALTER TABLE orders DROP COLUMN z;");
    assert_true(run(rig, false, 0));
    assert_int_equal(rig->run.state, RUN_DONE);
    assert_int_equal(rig->run.n_statements, 2);
    const struct measured_statement *update = &rig->run.statements[0];
    assert_string_equal(update->kind, "UPDATE");
    assert_string_equal(update->sql, "UPDATE orders SET n = 0");
    assert_int_equal(update->line, 2);
    assert_int_equal(update->offset, 9);
    assert_non_null(update->predicted);
    assert_int_equal(update->n_written, 1);
    assert_string_equal(update->written[0].table, "orders");
    assert_int_equal(update->written[0].updated, 3);
    assert_string_equal(rig->run.statements[1].kind, "ALTER TABLE");
    assert_int_equal(rig->run.statements[1].effects->locks[0].mode, LOCK_ACCESS_EXCLUSIVE);
    assert_int_equal(rig->run.wal_bytes, -1);
    assert_true(run(rig, true, 0)); // and its down, behind it
    assert_int_equal(rig->run.n_statements, 3);
    assert_non_null(rig->run.statements[2].predicted);
    talloc_free(rig->database);
}

static void test_measured_run__a_failure_is_an_answer(void **state)
{
    (void)state;
    struct rig *rig = rig_make(SCHEMA, "DELETE FROM orders;\nINSERT INTO orders VALUES (1, 1), (1, 1);", NULL);
    assert_true(run(rig, false, 0));
    assert_int_equal(rig->run.state, RUN_FAILED);
    assert_string_equal(rig->run.failure, "2.up.sql:2:1: UNIQUE constraint failed: orders.id, in: INSERT INTO orders VALUES (1, 1), (1, 1)");
    assert_int_equal(rig->run.n_statements, 1);
    assert_true(run(rig, true, 0));
    assert_int_equal(rig->run.state, RUN_FAILED);
    assert_string_equal(rig->run.failure, "2.up.sql: there is no down");
    talloc_free(rig->database);
}

static void test_measured_run__the_deadline_is_an_answer(void **state)
{
    (void)state;
    struct rig *rig = rig_make(SCHEMA, "DELETE FROM orders; INSERT INTO orders (n) WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r WHERE n < 0", NULL);
    assert_true(run(rig, false, 200));
    assert_int_equal(rig->run.state, RUN_OVERDUE);
    assert_non_null(strstr(rig->run.failure, "the run is not over within 200 ms"));
    assert_int_equal(rig->run.n_statements, 1);
    talloc_free(rig->database);
}

// A trigger that nobody predicted, because the migration's readers never saw it.
static void test_measured_run__contradicts_what_it_did_not_know(void **state)
{
    (void)state;
    struct rig *rig = rig_make(SCHEMA, "UPDATE orders SET n = 0;", NULL);
    database_execute(rig->database->path, "CREATE TRIGGER t AFTER UPDATE ON orders BEGIN INSERT INTO audit (n) VALUES (new.n); END");
    struct findings findings = {.mem = rig};
    assert_true(run(rig, false, 0));
    assert_int_equal(rig->run.state, RUN_DONE);
    contradictions_find(&rig->run, false, &findings);
    assert_int_equal(findings.n, 1);
    assert_string_equal(findings.list[0].rule, "contradiction-written-table");
    assert_string_equal(findings.list[0].message,
                        "UPDATE wrote rows of audit (3 inserted, 0 updated, 0 deleted), which its text does not name");
    talloc_free(rig->database);
}

// Without surprises nothing is said.
static void test_measured_run__agrees(void **state)
{
    (void)state;
    static const char *const ups[] = {
        "UPDATE orders SET n = 1 WHERE id = 1; DELETE FROM orders;",
        "CREATE TABLE new (id INTEGER PRIMARY KEY, n INT NOT NULL); INSERT INTO new SELECT id, n FROM orders; DROP TABLE orders; ALTER TABLE new RENAME TO orders; CREATE INDEX i ON orders (n);",
        "ALTER TABLE orders ADD COLUMN z INT CHECK (z > 0); CREATE INDEX i ON orders (n); ALTER TABLE orders DROP COLUMN z;",
        "CREATE INDEX i ON orders (n); REINDEX orders; DROP INDEX i; ALTER TABLE orders RENAME TO o; UPDATE o SET n = 2; ALTER TABLE o RENAME n TO m;",
        "CREATE TRIGGER t AFTER INSERT ON orders BEGIN SELECT 1; END; INSERT INTO orders VALUES (9, 9); DROP TRIGGER t; DROP TABLE audit;",
        "CREATE VIEW v AS SELECT n FROM orders; INSERT INTO audit (n) SELECT n FROM v; DROP VIEW v; ANALYZE;",
    };
    for (size_t i = 0; i < COUNT_OF(ups); i++) {
        struct rig *rig = rig_make(SCHEMA, ups[i], NULL);
        struct findings findings = {.mem = rig};
        assert_true(run(rig, false, 0));
        if (rig->run.state != RUN_DONE)
            fail_msg("%s", rig->run.failure);
        contradictions_find(&rig->run, false, &findings);
        if (findings.n > 0)
            fail_msg("%s: %s", ups[i], findings.list[0].message);
        talloc_free(rig->database);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_measured_run__knows_its_predictions),
        cmocka_unit_test(test_measured_run__a_failure_is_an_answer),
        cmocka_unit_test(test_measured_run__the_deadline_is_an_answer),
        cmocka_unit_test(test_measured_run__contradicts_what_it_did_not_know),
        cmocka_unit_test(test_measured_run__agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
