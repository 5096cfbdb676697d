/*
 * Both releases on a changed database: what of the old one still runs, and which rows the new one wrote.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/effects_rig.h"
#include "base/file.h"
#include "rehearsal/release.h"

#define SHOP                                                                                                           \
    "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, state TEXT);"                                        \
    "INSERT INTO t VALUES (1, 'a', 'new'), (2, 'b', 'new'), (3, 'c', 'old');"                                         \
    "CREATE TABLE other (id INTEGER PRIMARY KEY); INSERT INTO other VALUES (1);"

static void rig_begin(struct effects_rig *rig, const char *change)
{
    *rig = (struct effects_rig){.is_traced = true};
    effects_rig_make(rig, &engine_sqlite, SHOP);
    effects_rig_change(rig, change);
    // What runs on a copy is written there.
    for (size_t i = 0; i < 2; i++) {
        const struct engine_open_options options = {.url = secret_make(rig->databases[i], rig->databases[i]->path), .timeout_ms = 3000};
        talloc_free(rig->targets[i].engine);
        if (!engine_sqlite.session->open(rig->databases[i], &options, &rig->targets[i].engine, &rig->err))
            fail_msg("%s", rig->err.message);
    }
}

// "STATUS observed; " of one statement that is tried after `change`.
static void check_try(const char *change, const char *sql, enum status status, const char *observed)
{
    SCRATCH(tmp);
    struct effects_rig rig;
    struct results results;
    struct release_statement one = {.name = "old.sql:1", .sql = sql, .calls = -1};
    const struct release_statements statements = {&one, 1};
    rig_begin(&rig, change);
    if (!release_try(tmp, &rig.targets[0], &rig.targets[1], &statements, &results, &rig.err))
        fail_msg("%s", rig.err.message);
    assert_int_equal(results.n, 1);
    assert_string_equal(results.list[0].observed, observed);
    assert_int_equal(results.list[0].status, status);
    effects_rig_end(&rig);
}

static void test_release_try__what_still_runs(void **state)
{
    (void)state;
    check_try("ALTER TABLE t ADD COLUMN more TEXT", "SELECT name FROM t WHERE id = ?1", STATUS_PASS, "runs");
    check_try("ALTER TABLE t ADD COLUMN more TEXT", "INSERT INTO t (name) VALUES ('x')", STATUS_PASS, "runs");
    check_try("ALTER TABLE t RENAME COLUMN state TO phase", "SELECT state FROM t", STATUS_FAIL, "no longer valid: no such column: state");
    check_try("ALTER TABLE t RENAME TO s", "DELETE FROM t", STATUS_FAIL, "no longer valid: no such table: t");
    // By position: a column too many.
    check_try("ALTER TABLE t ADD COLUMN more TEXT", "INSERT INTO t VALUES (9, 'x', 'new')", STATUS_FAIL,
              "no longer valid: table t has 4 columns but 3 values were supplied");
    check_try("CREATE UNIQUE INDEX u ON t (name)", "INSERT INTO t (name) VALUES ('a')", STATUS_FAIL,
              "no longer runs: UNIQUE constraint failed: t.name");
    check_try("DELETE FROM t WHERE id = 3", "SELECT name FROM t", STATUS_WARN, "runs; 2 rows, before the change 3");
    check_try("SELECT 1", "SELECT a FROM nowhere", STATUS_UNKNOWN, "does not run before the change either: no such table: nowhere");
    check_try("SELECT 1", "INSERT INTO t (id, name) VALUES (1, 'taken')", STATUS_PASS,
              "valid; it did not run with the values that were tried, before or after");
}

static void test_release_read__statements_with_their_places(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char path[] = "/tmp/tminus-release-XXXXXX";
    static const char text[] = "-- of the app\nSELECT 1;\n\nINSERT INTO t\n VALUES (';', 2) -- end\n;;\nDELETE FROM t";
    struct release_statements statements;
    struct error err = {0};
    close(mkstemp(path));
    assert_true(file_write(path, text, strlen(text), 0600, &err));
    assert_true(release_read(tmp, path, DIALECT_SQLITE, &statements, &err));
    assert_int_equal(statements.n, 3);
    assert_string_equal(statements.list[0].sql, "SELECT 1");
    assert_string_equal(statements.list[1].name, mem_printf(tmp, "%s:4", path));
    assert_string_equal(statements.list[2].sql, "DELETE FROM t");

    assert_true(file_write(path, "SELECT 'open", 12, 0600, &err));
    assert_false(release_read(tmp, path, DIALECT_SQLITE, &statements, &err));
    assert_int_equal(err.code, ERROR_INPUT);
    assert_string_equal(err.message, mem_printf(tmp, "%s:1:8: a quote or comment is not closed", path));
    assert_true(file_write(path, "-- nothing", 10, 0600, &err));
    assert_false(release_read(tmp, path, DIALECT_SQLITE, &statements, &err));
    assert_string_equal(err.message, mem_printf(tmp, "%s: there is no statement in it", path));
    unlink(path);
}

// --- what the new release writes

static char *rows_text(TALLOC_CTX *mem, const struct new_rows *rows)
{
    char *text = mem_strdup(mem, "");
    for (size_t i = 0; i < rows->n_rows; i++) {
        text = mem_printf(mem, "%s%s:", text, rows->rows[i].table.name);
        for (size_t k = 0; k < rows->rows[i].n_keys; k++)
            text = mem_printf(mem, "%s %s", text, rows->rows[i].key_texts[k]);
        text = mem_printf(mem, "%s; ", text);
    }
    for (size_t i = 0; i < rows->n_notes; i++)
        text = mem_printf(mem, "%s[%s] ", text, rows->notes[i]);
    return text;
}

// What is written after `change`, seen from another database that was changed likewise.
static void check_write(const char *change, const char *sql, const char *expected)
{
    SCRATCH(tmp);
    struct effects_rig rig;
    struct new_rows rows;
    struct release_statement one = {.name = "new.sql:1", .sql = sql, .calls = -1};
    const struct release_statements statements = {&one, 1};
    struct new_release_request request = {.statements = sql == NULL ? NULL : &statements};
    struct schema *schema;
    rig_begin(&rig, change);
    request.trace = effects_rig_trace(tmp, &rig, change);
    database_execute(rig.databases[0]->path, change);
    request.work = &rig.targets[1];
    if (!engine_sqlite.catalog->read(tmp, rig.targets[1].engine, &schema, &rig.err))
        fail_msg("%s", rig.err.message);
    request.schema = schema;
    if (!release_write(tmp, &request, &rows, &rig.err) || !release_find_rows(tmp, &request, &rig.targets[0], &rows, &rig.err))
        fail_msg("%s", rig.err.message);
    assert_string_equal(rows_text(tmp, &rows), expected);
    effects_rig_end(&rig);
}

static void test_release_write__rows_and_values(void **state)
{
    (void)state;
    // Three rows like one that is there, and the new column in three that were there.
    check_write("ALTER TABLE t ADD COLUMN more TEXT", NULL, "t: id=1 id=2 id=3 id=4 id=5 id=6; ");
    check_write("UPDATE t SET state = 'x' WHERE id = 1", NULL, "t: id=4 id=5 id=6; ");
    check_write("UPDATE t SET state = 'x' WHERE id = 1", "INSERT INTO t (id, name) VALUES (70, 'q')", "t: id=70; ");
    check_write("UPDATE t SET state = 'x' WHERE id = 1", "INSERT INTO t (id, name) VALUES (1, 'q')",
                "[not written as the new release would: new.sql:1:1:1: UNIQUE constraint failed: t.id, in: INSERT INTO t (id, name) VALUES (1, 'q')] ");
    check_write("SELECT 1", NULL, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_release_try__what_still_runs),
        cmocka_unit_test(test_release_read__statements_with_their_places),
        cmocka_unit_test(test_release_write__rows_and_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
