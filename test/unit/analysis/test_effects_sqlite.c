/*
 * Predicted effects against what SQLite does: each statement is predicted, then run on a database
 * file with cold cache; a table is rewritten when most of its pages changed, gone through when most
 * were read.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects.h"
#include "base/text.h"
#include "statement/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

static const char tables[] =
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b TEXT, c TEXT, v AS (a + 1));"
    "CREATE INDEX t_a ON t (a);"
    "CREATE TABLE k (id INTEGER PRIMARY KEY, b TEXT, n INT CHECK (n >= 0));";
static const char rows[] =
    "WITH RECURSIVE r (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 2000)"
    " INSERT INTO t SELECT i, i, printf('%.300c', 'x'), printf('%.300c', 'y') FROM r;"
    "INSERT INTO k SELECT id, b, a FROM t;";

static const struct {
    const char *sql;
    const char *rewrites, *scans, *index_builds; // of "t", "k"
    const char *blocks;                          // long blocks of writers
    const char *destroys;
} cases[] = {
    {"ALTER TABLE t ADD COLUMN e INT", "", "", "", "", ""},
    {"ALTER TABLE t ADD COLUMN e INT NOT NULL DEFAULT 5", "", "", "", "", ""},
    {"ALTER TABLE t ADD COLUMN e INT AS (a * 2)", "", "", "", "", ""},
    {"ALTER TABLE t ADD COLUMN e INT CHECK (e > 0)", "", "main.t", "", "main.t", ""},
    {"ALTER TABLE t ADD COLUMN e INT NOT NULL AS (a * 2)", "", "main.t", "", "main.t", ""},
    {"ALTER TABLE k ADD COLUMN e INT", "", "", "", "", ""}, // has a CHECK already
    {"ALTER TABLE t DROP COLUMN c", "main.t", "", "", "main.t", "column main.t.c"},
    {"ALTER TABLE t DROP COLUMN v", "", "", "", "", "column main.t.v"},
    {"ALTER TABLE t RENAME COLUMN c TO z", "", "", "", "", ""},
    {"ALTER TABLE t RENAME TO u", "", "", "", "", ""},
    {"CREATE INDEX i ON t (c)", "", "main.t", "main.t", "main.t", ""},
    {"CREATE UNIQUE INDEX i ON t (id) WHERE a > 5", "", "main.t", "main.t", "main.t", ""},
    {"CREATE VIEW w AS SELECT * FROM t", "", "", "", "", ""},
    {"CREATE TABLE n AS SELECT b FROM t", "", "main.t", "", "", ""},
    {"CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END", "", "", "", "", ""},
    {"UPDATE t SET c = 'q'", NULL, "main.t", "", "main.t", "values main.t.c"},
    {"UPDATE t SET c = 'q' WHERE c LIKE 'z%'", "", "main.t", "", "main.t", "values main.t.c"},
    {"UPDATE t SET c = 'q' WHERE id = 5", "", "", "", "", "values main.t.c"},
    {"UPDATE t SET c = 'q' WHERE a = 5", "", "", "", "", "values main.t.c"},
    {"UPDATE k SET n = 1 WHERE id IN (SELECT id FROM t WHERE c = 'q')", "", "main.t", "", "main.k",
     "values main.k.n"},
    {"DELETE FROM t WHERE b = 'q'", "", "main.t", "", "main.t", "rows main.t"},
    {"DELETE FROM t WHERE id < 3", "", "", "", "", "rows main.t"},
    {"INSERT INTO k (b) VALUES ('a')", "", "", "", "", ""},
    {"INSERT INTO k (b) SELECT max(b) FROM t", "", "main.t", "", "main.k", ""},
    {"INSERT OR REPLACE INTO k (id) VALUES (1)", "", "", "", "", "rows main.k"},
    {"SELECT count(*) FROM k WHERE b > 'a'", "", "main.k", "", "", ""},
    {"SELECT * FROM t WHERE id = 1", "", "", "", "", ""},
    {"REINDEX t", NULL, "main.t", "main.t", "main.t", ""},
    {"VACUUM", "main.k main.t", NULL, "", "main.k main.t", ""},
    {"DROP TABLE k", NULL, "", "", "", "table main.k"},
    {"DROP INDEX t_a", "", "", "", "", "index main.t_a"},
    {"EXPLAIN DELETE FROM t", "", "", "", "", ""},
    {"PRAGMA user_version = 3", "", "", "", "", ""},
};

// --- predicted

static struct effects *predict(TALLOC_CTX *mem, const char *sql)
{
    struct error err = {0};
    struct reader *reader = NULL;
    struct script *script = NULL;
    const char *text = mem_printf(mem, "%s%s", tables, sql);
    struct script_source source = {
        .path = "m.sql", .text = text, .len = strlen(text), .end = strlen(text)};
    struct schema *schema = schema_make(mem, DIALECT_SQLITE);

    assert_true(reader_open(mem, DIALECT_SQLITE, &reader, &err));
    assert_true(reader_read(mem, reader, &source, &script, &err));
    assert_int_equal(script->n_not_understood, 0);
    schema_begin_migration(schema, "first");
    for (size_t i = 0; i + 1 < script->n_statements; i++)
        schema_apply(schema, &script->statements[i]);
    schema_begin_migration(schema, "second");
    return effects_predict(mem, schema, &script->statements[script->n_statements - 1], 0);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void assert_list(const char *sql, const char *what, const char **list, size_t n,
                        const char *expected)
{
    SCRATCH(tmp);
    char *text = mem_strdup(tmp, "");
    if (!expected)
        return;
    if (n > 1)
        qsort(list, n, sizeof *list, by_text);
    for (size_t i = 0; i < n; i++)
        text = mem_printf(tmp, "%s%s%s", text, i ? " " : "", list[i]);
    if (strcmp(text, expected) != 0)
        fail_msg("%s: %s '%s', expected '%s'", sql, what, text, expected);
}

static void test_effects__as_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        struct effects *e = predict(tmp, cases[i].sql);
        assert_list(cases[i].sql, "rewrites", e->rewrites, e->n_rewrites,
                    cases[i].rewrites ? cases[i].rewrites : "");
        assert_list(cases[i].sql, "scans", e->scans, e->n_scans,
                    cases[i].scans ? cases[i].scans : "");
        assert_list(cases[i].sql, "builds", e->index_builds, e->n_index_builds,
                    cases[i].index_builds);
        assert_list(cases[i].sql, "blocks", e->blocks_writes_long, e->n_blocks_writes_long,
                    cases[i].blocks);
        const char *destroys = e->n_destroys == 0 ? ""
                               : mem_printf(tmp, "%s %s", e->destroys[0].what, e->destroys[0].object);
        assert_list(cases[i].sql, "destroys", &destroys, 1, cases[i].destroys);
        assert_null(e->unknown_reason);
    }
}

// --- measured

static sqlite3 *open_file(const char *path)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static void execute(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
}

static int64_t number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

struct measured {
    int read, written; // pages
};

static struct measured measure(const char *path, const char *sql)
{
    struct measured m;
    int high;
    sqlite3 *db = open_file(path);
    // The schema is read first, so that it does not count.
    execute(db, "PRAGMA cache_size = 10000; SELECT count(*) FROM sqlite_schema");
    sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_MISS, &m.read, &high, 1);
    sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_WRITE, &m.written, &high, 1);
    execute(db, sql);
    sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_MISS, &m.read, &high, 0);
    sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_WRITE, &m.written, &high, 0);
    sqlite3_close(db);
    return m;
}

static void assert_work(const char *sql, const char *what, const char *expected, int pages, int all)
{
    if (!expected)
        return; // not told apart by pages alone
    if ((expected[0] != '\0') != (pages > all / 2))
        fail_msg("%s: %s '%s', but %d of %d pages", sql, what, expected, pages, all);
}

static void test_effects__as_measured(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char path[] = "/tmp/tminus-effects-XXXXXX";
        int descriptor = mkstemp(path);
        assert_true(descriptor >= 0);
        close(descriptor);
        sqlite3 *db = open_file(path);
        execute(db, "PRAGMA synchronous = off; PRAGMA journal_mode = memory");
        execute(db, tables);
        execute(db, rows);
        int all = (int)number(db, "SELECT count(*) FROM dbstat WHERE name = 'k'");
        sqlite3_close(db);
        assert_true(all > 100);
        struct measured m = measure(path, cases[i].sql);
        bool builds = cases[i].index_builds[0] != '\0';
        const char *read = cases[i].rewrites && cases[i].rewrites[0] ? NULL : cases[i].scans;
        assert_work(cases[i].sql, "scans", cases[i].rewrites ? read : NULL, m.read, all);
        assert_work(cases[i].sql, "rewrites", builds ? NULL : cases[i].rewrites, m.written,
                    strstr(cases[i].sql, "CREATE TABLE n") ? 100 * all : all);
        unlink(path);
    }
}

// --- locks and what is not known

static void test_locks(void **state)
{
    static const struct {
        const char *sql, *relation;
        enum lock_mode mode;
    } locks[] = {
        {"ALTER TABLE t ADD e", "main.t", LOCK_ACCESS_EXCLUSIVE},
        {"DROP TABLE k", "main.k", LOCK_ACCESS_EXCLUSIVE},
        {"CREATE INDEX i ON t (c)", "main.t", LOCK_ACCESS_EXCLUSIVE},
        {"UPDATE t SET a = 1", "main.t", LOCK_ROW_EXCLUSIVE},
        {"INSERT INTO k (id) SELECT id FROM t", "main.t", LOCK_ACCESS_SHARE},
        {"VACUUM", "main.k", LOCK_ACCESS_EXCLUSIVE},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(locks); i++) {
        SCRATCH(tmp);
        struct effects *effects = predict(tmp, locks[i].sql);
        const struct effect_lock *lock = effects_lock_on(effects, locks[i].relation);
        assert_non_null(lock);
        assert_int_equal(lock->mode, locks[i].mode);
    }
}

static void test_unknown__is_said(void **state)
{
    SCRATCH(tmp);
    (void)state;
    assert_non_null(predict(tmp, "PRAGMA writable_schema = ON")->unknown_reason);
    assert_non_null(predict(tmp, "UPDATE sqlite_schema SET sql = 'x'")->unknown_reason);
    assert_non_null(predict(tmp, "ATTACH 'x.db' AS x")->unknown_reason);
    assert_null(predict(tmp, "PRAGMA writable_schema")->unknown_reason);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_effects__as_told),
        cmocka_unit_test(test_effects__as_measured),
        cmocka_unit_test(test_locks),
        cmocka_unit_test(test_unknown__is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
