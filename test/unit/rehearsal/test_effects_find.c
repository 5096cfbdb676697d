/*
 * Effects found by comparing two files of SQLite.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "effects_cases.h"

#define T "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, y INTEGER);"
#define ROWS T "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, NULL, 3), (4, '', 4), (5, 'a', 5);"

static const struct effects_case cases[] = {
    {"nothing", ROWS, "SELECT 1", ""},
    {"the same again", ROWS, "UPDATE t SET x = x; DELETE FROM t WHERE id = 5; INSERT INTO t VALUES (5, 'a', 5)", ""},
    {"values", ROWS, "UPDATE t SET x = 'c' WHERE x = 'a'", "t 5→5: changed 2: id=1 id=5; [x 2: a→c 2]"},
    {"values to NULL and from it", ROWS, "UPDATE t SET x = CASE x WHEN 'b' THEN 'b' WHEN 'a' THEN 'z' END; UPDATE t SET x = '' WHERE id = 3",
     "t 5→5: changed 4: id=1 id=3 id=4 id=5; [x 4 to_null 1 from_null 1: a→z 2, NULL→ 1, →NULL 1]"},
    {"rows of each kind", ROWS, "DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (9, 'n', 9); UPDATE t SET y = -1 WHERE id = 1",
     "t 5→5: added 1: id=9; removed 1: id=2; changed 1: id=1; [y 1: 1→-1 1]"},
    {"numbers that become texts", ROWS, "UPDATE t SET y = '1x' WHERE id = 1; CREATE TABLE u (id INTEGER PRIMARY KEY, v); INSERT INTO u VALUES (1, 1)",
     "t 5→5: changed 1: id=1; [y 1: 1→1x 1]\nu new -1→1: added 1;"},
    {"a number and a text that look alike", "CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 1), (2, 0.0);",
     "UPDATE t SET v = '1' WHERE id = 1; UPDATE t SET v = -0.0 WHERE id = 2", "t 2→2: changed 2: id=1 id=2; [v 2: 1→'1' 1, 0.0→-0.0 1]"},
    {"a new column that is filled", ROWS, "ALTER TABLE t ADD COLUMN z TEXT; UPDATE t SET z = upper(x) WHERE y < 4",
     "t 5→5: [z new 2 from_null 2: NULL→A 1, NULL→B 1]"},
    {"a new column that stays empty", ROWS, "ALTER TABLE t ADD COLUMN z TEXT", "t 5→5: [z new 0]"},
    {"a dropped column", ROWS, "ALTER TABLE t DROP COLUMN x", "t 5→5: [x dropped 4 to_null 4: a→NULL 2, b→NULL 1, →NULL 1]"},
    {"a renamed column", ROWS, "ALTER TABLE t RENAME COLUMN x TO w", "", .is_traced = true},
    {"a renamed column that is written", ROWS, "ALTER TABLE t RENAME COLUMN x TO w; UPDATE t SET w = 'q' WHERE id = 1",
     "t 5→5: changed 1: id=1; [w was x 1: a→q 1]", .is_traced = true},
    {"a renamed table", ROWS, "ALTER TABLE t RENAME TO s; DELETE FROM s WHERE id = 1", "s was t 5→4: removed 1: id=1;", .is_traced = true},
    {"a dropped table", ROWS, "DROP TABLE t", "t dropped 5→-1: removed 5;"},
    {"a table built anew with another type", ROWS,
     "CREATE TABLE t2 (id INTEGER PRIMARY KEY, x TEXT, y TEXT); INSERT INTO t2 SELECT * FROM t; DROP TABLE t; ALTER TABLE t2 RENAME TO t", "", .is_traced = true},
    {"columns that were mixed up", ROWS,
     "CREATE TABLE t2 (id INTEGER PRIMARY KEY, y TEXT, x TEXT); INSERT INTO t2 SELECT * FROM t WHERE id < 3; DROP TABLE t; ALTER TABLE t2 RENAME TO t",
     "t 5→2: removed 3: id=3 id=4 id=5; changed 2: id=1 id=2; [x 2: a→1 1, b→2 1] [y 2: 1→a 1, 2→b 1]", .is_traced = true},
    {"without a key, built anew", "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x'), (1, 'x'), (2, NULL), (3, '3');",
     "CREATE TABLE t2 (a, b); INSERT INTO t2 SELECT * FROM t WHERE a < 3 ORDER BY a DESC; DROP TABLE t; ALTER TABLE t2 RENAME TO t; INSERT INTO t VALUES (1, 'x'), (3, 3)",
     "t 4→5 without key: added 2; removed 1;", .is_traced = true},
    {"without a key, written in place", "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x'), (2, 'y');", "UPDATE t SET b = NULL WHERE a = 1",
     "t 2→2: changed 1: rowid=1; [b 1 to_null 1: x→NULL 1]"},
    {"a trigger that writes twice", ROWS "CREATE TABLE log (id INTEGER PRIMARY KEY, t INTEGER, what TEXT); CREATE TRIGGER a AFTER UPDATE ON t BEGIN INSERT INTO log (t, what) VALUES (new.id, 'x'); END;"
                                    "CREATE TRIGGER b AFTER UPDATE ON t BEGIN INSERT INTO log (t, what) VALUES (new.id, 'x'); END; INSERT INTO log VALUES (7, 2, 'x'), (8, 2, 'x');",
     "UPDATE t SET y = 0 WHERE id < 3", "log 2→6: added 4: id=9 id=10 id=11 id=12; doubled 3: id=12 id=10;\nt 5→5: changed 2: id=1 id=2; [y 2: 1→0 1, 2→0 1]"},
    {"rows that are twice, and a key that somebody chose", "CREATE TABLE t (id TEXT PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO t VALUES ('a', 1);", "INSERT INTO t VALUES ('b', 1)", "t 1→2: added 1: id='b';"},
    {"rows that came twice, with NULL", "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, at TEXT DEFAULT CURRENT_TIMESTAMP); INSERT INTO t VALUES (1, 'x', NULL, 'then'), (2, NULL, 'x', 'then');",
     "INSERT INTO t (a, b) SELECT a, b FROM t", "t 2→4: added 2: id=3 id=4; doubled 2: id=3 id=4;"},
    {"a key of another form", ROWS, "CREATE TABLE t2 (id TEXT PRIMARY KEY, x TEXT, y INTEGER); INSERT INTO t2 SELECT * FROM t WHERE id <> 2; DROP TABLE t; ALTER TABLE t2 RENAME TO t",
     "t 5→4 without key: removed 1; unknown: rows cannot be matched by 'id': integer before, text after"},
    {"a virtual table and its parts", ROWS "CREATE VIRTUAL TABLE f USING fts5 (body); INSERT INTO f VALUES ('one'), ('two');", "UPDATE t SET y = 0 WHERE id = 1",
     "t 5→5: changed 1: id=1; [y 1: 1→0 1]"},
    {"worst first", "CREATE TABLE a (id INTEGER PRIMARY KEY, v); CREATE TABLE b (id INTEGER PRIMARY KEY, v); CREATE TABLE c (id INTEGER PRIMARY KEY, v);"
                    "INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1, 1); INSERT INTO c VALUES (1, 1);",
     "UPDATE a SET v = 2; UPDATE b SET v = NULL; DELETE FROM c",
     "c 1→0: removed 1: id=1;\nb 1→1: changed 1: id=1; [v 1 to_null 1: 1→NULL 1]\na 1→1: changed 1: id=1; [v 1: 1→2 1]"},
};

static void test_effects_find__on_sqlite(void **state)
{
    (void)state;
    run_cases(&engine_sqlite, cases, COUNT_OF(cases));
}

// What the new release wrote does not count, or is all that counts.
static void test_effects_find__without_rows(void **state)
{
    static const char *const keys[] = {"id=9", "id=1", "id=77"};
    static const char *const found[][2] = {
        {"UPDATE t SET x = 'q' WHERE id < 3; INSERT INTO t VALUES (9, 'n', 9), (10, 'm', 9)",
         "t 5→6: added 1: id=10; changed 1: id=2; [x 1: b→q 1]|t 5→7: added 1: id=9; changed 1: id=1; [x 1: a→q 1]"},
        {"UPDATE t SET y = NULL WHERE id = 1", "|t 5→5: changed 1: id=1; [y 1 to_null 1: 1→NULL 1]"},
        {"UPDATE t SET y = NULL WHERE id = 2", "t 5→5: changed 1: id=2; [y 1 to_null 1: 2→NULL 1]|"},
        {"DROP TABLE t", "t dropped 5→-1: removed 2;|t dropped 5→-1: removed 3: id=1 id=77 id=9;"},
        {"CREATE TABLE other (a); INSERT INTO other VALUES (1)", "other new -1→1: added 1;|"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(found); i++) {
        SCRATCH(tmp);
        struct effects_rig rig = {.except = keys, .n_except = COUNT_OF(keys)};
        effects_rig_make(&rig, &engine_sqlite, ROWS);
        effects_rig_change(&rig, found[i][0]);
        assert_true(effects_rig_find(tmp, &rig, NULL));
        char *others = effects_text(tmp, &rig.effects);
        rig.is_only_except = true;
        assert_true(effects_rig_find(tmp, &rig, NULL));
        assert_string_equal(mem_printf(tmp, "%s|%s", others, effects_text(tmp, &rig.effects)), found[i][1]);
        effects_rig_end(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_effects_find__on_sqlite),
        cmocka_unit_test(test_effects_find__without_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
