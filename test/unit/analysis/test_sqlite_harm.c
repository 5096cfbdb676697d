/*
 * What the pages of rules for SQLite warn of, done on the real library: the first example harms the
 * rows (or fails), the second does not, and the question that is asked before tells which rows.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "judged.h"
#include "rule_page.h"
#include <sqlite3.h>

struct harm {
    const char *rule;
    const char *rows;  // behind the page's own schema, before the migration
    const char *probe; // one value, asked afterwards
    const char *bad, *good; // that value, or SQLite's message when the migration fails
    const char *later;      // what the program does next, before the probe; NULL: nothing
};

static const char *run(TALLOC_CTX *mem, sqlite3 *db, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK)
        return NULL;
    char *kept = mem_strdup(mem, message);
    sqlite3_free(message);
    return kept;
}

static const char *value_of(TALLOC_CTX *mem, sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    const char *value = "no row";
    if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0) != NULL)
        value = mem_strdup(mem, (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return value;
}

static sqlite3 *database(TALLOC_CTX *mem, const char *before, const char *rows)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    const char *message = run(mem, db, before);
    message = message == NULL ? run(mem, db, rows) : message;
    if (message != NULL)
        fail_msg("%s", message);
    return db;
}

// The migration as its tool runs it, then the probe.
static const char *outcome(TALLOC_CTX *mem, const struct harm *harm, const char *which)
{
    const char *page = page_read(mem, harm->rule), *flags = "";
    const char *sql = page_block(mem, page, which, &flags);
    bool is_wrapped = strstr(flags, "no-transaction") == NULL;
    sqlite3 *db = database(mem, page_block(mem, page, "before", NULL), harm->rows);
    const char *message =
        run(mem, db, is_wrapped ? mem_printf(mem, "BEGIN;\n%s\nCOMMIT;", sql) : sql);
    if (message == NULL && harm->later != NULL)
        message = run(mem, db, harm->later);
    const char *value = message != NULL ? message : value_of(mem, db, harm->probe);
    sqlite3_close(db);
    return value;
}

static const struct harm harms[] = {
    {"copy-may-fail", "INSERT INTO emails VALUES (1, NULL, 1)", "SELECT count(*) FROM emails",
     "NOT NULL constraint failed: emails_new.address", "1"},
    {"copy-may-fail", "INSERT INTO emails VALUES (1, 'a', 1), (2, 'a', 1)",
     "SELECT count(*) FROM emails", "UNIQUE constraint failed: emails_new.address", "2"},
    {"copy-may-fail", "INSERT INTO emails VALUES (1, 'a', 0)", "SELECT count(*) FROM emails",
     "CHECK constraint failed: size > 0", "1"},
    {"copy-converts-values", "INSERT INTO parts VALUES (1, '007')", "SELECT code FROM parts", "7",
     "007"},
    {"foreign-keys-pragma-ignored", "PRAGMA foreign_keys = OFF", "SELECT count(*) FROM files", "1",
     "FOREIGN KEY constraint failed"},
    {"foreign-keys-left-off", "PRAGMA foreign_keys = ON", "PRAGMA foreign_keys", "0", "1"},
    {"drop-refused-by-children",
     "PRAGMA foreign_keys = ON; INSERT INTO emails VALUES (1, 1); INSERT INTO files VALUES (1, 1)",
     "SELECT count(*) FROM emails", "FOREIGN KEY constraint failed", "1"},
    {"drop-deletes-children",
     "PRAGMA foreign_keys = ON; INSERT INTO emails VALUES (1, 1); INSERT INTO files VALUES (1, 1)",
     "SELECT count(*) FROM files", "0", "1"},
    {"drop-column-breaks-trigger", "", "SELECT count(*) FROM files", "no such column: touched", "1",
     "INSERT INTO files (email_id) VALUES (1)"},
    {"double-quoted-string", "INSERT INTO emails VALUES (1, 'new')", "SELECT count(*) FROM emails",
     "0", "1"},
    {"replace-deletes-row", "INSERT INTO labels VALUES (1, 'old', 'red')",
     "SELECT color FROM labels", "no row", "red"},
    {"replace-deletes-row",
     "PRAGMA foreign_keys = ON; INSERT INTO labels VALUES (1, 'old', 'red');"
     "INSERT INTO uses VALUES (1)",
     "SELECT count(*) FROM uses", "0", "1"},
    {"autoincrement-restarts",
     "INSERT INTO emails VALUES (1, 1), (7, 1); DELETE FROM emails WHERE id = 7",
     "INSERT INTO emails (size) VALUES (2) RETURNING id", "2", "8"},
    {"legacy-alter-table", "INSERT INTO emails VALUES (1, 2000000)", "SELECT n FROM got",
     "no such table: main.emails", "1", "CREATE TABLE got AS SELECT count(*) AS n FROM large"},
    {"foreign-key-check-missing",
     "INSERT INTO emails VALUES (1, 0); INSERT INTO files VALUES (1, 1)",
     "SELECT count(*) FROM pragma_foreign_key_check", "1", "1"},
};

static void test_pages__do_on_sqlite_what_they_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(harms); i++) {
        SCRATCH(tmp);
        const char *bad = outcome(tmp, &harms[i], "bad"), *good = outcome(tmp, &harms[i], "good");
        if (strcmp(bad, harms[i].bad) != 0 || strcmp(good, harms[i].good) != 0)
            fail_msg("%s: bad says \"%s\", good says \"%s\"", harms[i].rule, bad, good);
    }
}

// --- questions: what they count is what happens

struct column_case {
    const char *rule, *was, *is, *options;
    const char *value;   // as SQL
    const char *counted; // by the question
    const char *arrived; // the value, with its type, or the message
};

static const struct column_case column_cases[] = {
    {"copy-converts-values", "TEXT", "INTEGER", "", "'12'", "0", "12 integer"},
    {"copy-converts-values", "TEXT", "INTEGER", "", "'012'", "1", "12 integer"},
    {"copy-converts-values", "TEXT", "NUMERIC", "", "'1e3'", "1", "1000 integer"},
    {"copy-converts-values", "TEXT", "INTEGER", "", "' 5'", "1", "5 integer"},
    {"copy-converts-values", "TEXT", "INTEGER", "", "'abc'", "0", "abc text"},
    {"copy-converts-values", "TEXT", "INTEGER", "", "''", "0", " text"},
    {"copy-converts-values", "TEXT", "INTEGER", "", "'0x10'", "0", "0x10 text"},
    {"copy-converts-values", "BLOB", "INT", "", "'007'", "1", "7 integer"},
    {"copy-converts-values", "INTEGER", "REAL", "", "9007199254740992", "0",
     "9.00719925474099e+15 real"},
    {"copy-converts-values", "INTEGER", "REAL", "", "9007199254740993", "1",
     "9.00719925474099e+15 real"},
    {"copy-may-fail", "TEXT", "INTEGER", "STRICT", "'12'", "0", "12 integer"},
    {"copy-may-fail", "TEXT", "INTEGER", "STRICT", "'1.0'", "0", "1 integer"},
    {"copy-may-fail", "TEXT", "INTEGER", "STRICT", "NULL", "0", "no row"},
    {"copy-may-fail", "TEXT", "INTEGER", "STRICT", "'abc'", "1",
     "cannot store TEXT value in INTEGER column n.c"},
    {"copy-may-fail", "REAL", "INT", "STRICT", "1.5", "1",
     "cannot store REAL value in INT column n.c"},
    {"copy-may-fail", "REAL", "INT", "STRICT", "2.0", "0", "2 integer"},
    {"copy-may-fail", "INTEGER", "INTEGER", "STRICT", "'abc'", "1",
     "cannot store TEXT value in INTEGER column n.c"},
    {"copy-may-fail", "INTEGER", "REAL", "STRICT", "'x'", "1",
     "cannot store TEXT value in REAL column n.c"},
    {"copy-may-fail", "INTEGER", "REAL", "STRICT", "3", "0", "3.0 real"},
    {"copy-may-fail", "TEXT", "TEXT", "STRICT", "x'61'", "1",
     "cannot store BLOB value in TEXT column n.c"},
    {"copy-may-fail", "TEXT", "TEXT", "STRICT", "7", "0", "7 text"},
    {"copy-may-fail", "TEXT", "BLOB", "STRICT", "'a'", "1",
     "cannot store TEXT value in BLOB column n.c"},
    {"copy-may-fail", "TEXT", "TEXT UNIQUE COLLATE NOCASE", "", "'a'), (2, 'A'", "1",
     "UNIQUE constraint failed: n.c"},
    {"copy-may-fail", "TEXT UNIQUE", "TEXT UNIQUE COLLATE NOCASE", "", "'a'), (2, 'A'", "1",
     "UNIQUE constraint failed: n.c"},
};

static void check_column(const struct column_case *c)
{
    SCRATCH(tmp);
    char *before = mem_printf(tmp, "CREATE TABLE t (id INTEGER PRIMARY KEY, c %s);", c->was);
    char *up = mem_printf(tmp,
                          "CREATE TABLE n (id INTEGER PRIMARY KEY, c %s) %s;"
                          "INSERT INTO n SELECT * FROM t;",
                          c->is, c->options);
    sqlite3 *db = database(tmp, before, mem_printf(tmp, "INSERT INTO t VALUES (1, %s)", c->value));
    const struct finding *finding =
        judged_find(judged(tmp, &(struct judged_case){.before = before, .up = up,
                                                      .dialect = DIALECT_SQLITE}),
                    c->rule);
    if (finding == NULL || finding->question == NULL)
        fail_msg("%s to %s %s: nothing is asked", c->was, c->is, c->options);
    const char *counted = value_of(tmp, db, finding->question->sql);
    const char *decided = value_of(tmp, db, finding->question->decision);
    const char *message = run(tmp, db, up);
    const char *arrived =
        message != NULL ? message : value_of(tmp, db, "SELECT c || ' ' || typeof(c) FROM n");
    sqlite3_close(db);
    if (strcmp(counted, c->counted) != 0 || strcmp(decided, c->counted) != 0 ||
        strcmp(arrived, c->arrived) != 0)
        fail_msg("%s to %s %s, %s: counted %s, arrived \"%s\"", c->was, c->is, c->options, c->value,
                 counted, arrived);
}

static void test_copy__what_is_asked_is_what_happens(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(column_cases); i++)
        check_column(&column_cases[i]);
}

// --- rules of both databases, whose pages speak PostgreSQL

struct deed {
    const char *rule, *before, *rows;
    const char *up; // runs in a transaction
    const char *probe;
    const char *outcome; // the probe's value, or SQLite's message
};

static const char emails[] = "CREATE TABLE emails (id INTEGER PRIMARY KEY AUTOINCREMENT, "
                             "address TEXT COLLATE NOCASE UNIQUE);";

static const struct deed deeds[] = {
    {"non-transactional-statement-in-transaction", emails, "", "VACUUM;", "",
     "cannot VACUUM from within a transaction"},
    {"non-transactional-statement-in-transaction", emails, "", "PRAGMA synchronous = OFF;", "",
     "Safety level may not be changed inside a transaction"},
    {"non-transactional-statement-in-transaction", emails, "", "BEGIN; SELECT 1; COMMIT;", "",
     "cannot start a transaction within a transaction"},
    {"on-conflict-do-nothing", emails, "INSERT INTO emails VALUES (1, 'a'), (2, 'b')",
     "UPDATE OR REPLACE emails SET address = 'x' WHERE id < 9;", "SELECT count(*) FROM emails",
     "1"},
    {"on-conflict-do-nothing", emails, "INSERT INTO emails VALUES (1, 'a'), (2, 'b')",
     "UPDATE OR IGNORE emails SET address = 'x' WHERE id < 9;",
     "SELECT count(*) FROM emails WHERE address = 'x'", "1"},
    // no AUTOINCREMENT: the id of a deleted row comes back
    {"replaced-table-loses-constraints", emails,
     "INSERT INTO emails VALUES (1, 'a'), (7, 'b'); DELETE FROM emails WHERE id = 7",
     "CREATE TABLE n (id INTEGER PRIMARY KEY, address TEXT COLLATE NOCASE UNIQUE);"
     "INSERT INTO n SELECT * FROM emails; DROP TABLE emails; ALTER TABLE n RENAME TO emails;"
     "INSERT INTO emails (address) VALUES ('c');",
     "SELECT max(id) FROM emails", "2"},
    // no COLLATE: what was not found twice is
    {"replaced-table-loses-constraints", emails, "INSERT INTO emails VALUES (1, 'a')",
     "CREATE TABLE n (id INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT UNIQUE);"
     "INSERT INTO n SELECT * FROM emails; DROP TABLE emails; ALTER TABLE n RENAME TO emails;"
     "INSERT INTO emails (address) VALUES ('A');",
     "SELECT count(*) FROM emails", "2"},
    {"replaced-table-loses-constraints", "CREATE TABLE t (a INT) STRICT;", "",
     "CREATE TABLE n (a INT); INSERT INTO n SELECT * FROM t; DROP TABLE t;"
     "ALTER TABLE n RENAME TO t; INSERT INTO t VALUES ('x');",
     "SELECT typeof(a) FROM t", "text"},
};

// A string that is meant is a note, a column that is misspelt a warning, one finding each.
static void test_double_quoted_string__tells_a_column_from_a_string(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *name; // NULL: nothing is said
        enum severity severity;
    } cases[] = {
        {"UPDATE t SET \"status\" = \"done\" WHERE \"id\" = 1;", "\"done\"", SEVERITY_NOTE},
        {"INSERT INTO t (status) VALUES (\"done\");", "\"done\"", SEVERITY_NOTE},
        {"UPDATE t SET status = \"done\" WHERE \"stauts\" = \"new\";", "column stauts",
         SEVERITY_WARN},
        {"DELETE FROM t WHERE \"stauts\" IN ('a') AND status = \"b\";", "column stauts",
         SEVERITY_WARN},
        {"CREATE INDEX i ON t (\"stauts\");", "column stauts", SEVERITY_WARN},
        {"CREATE TABLE n (a); INSERT INTO n SELECT \"stauts\" FROM t;", "column stauts",
         SEVERITY_WARN},
        {"DELETE FROM t WHERE \"STATUS\" = 'a' AND t.\"id\" = 1;", NULL, 0},
        {"CREATE UNIQUE INDEX \"i\" ON \"t\" (\"status\");", NULL, 0},
        {"WITH \"c\" AS (SELECT \"id\" AS \"x\" FROM t) DELETE FROM t WHERE id IN "
         "(SELECT \"x\" FROM \"c\" ORDER BY \"x\");",
         NULL, 0},
        {"UPDATE t SET status = '\"stauts\"' WHERE id = 1;", NULL, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        struct judged_case c = {.before = "CREATE TABLE t (id INTEGER PRIMARY KEY, status TEXT);",
                                .up = cases[i].sql, .dialect = DIALECT_SQLITE};
        const struct finding *finding = judged_find(judged(tmp, &c), "double-quoted-string");
        if ((finding == NULL) != (cases[i].name == NULL))
            fail_msg("%s: %s", cases[i].sql, finding == NULL ? "silent" : finding->message);
        if (finding != NULL && (finding->severity != cases[i].severity ||
                                strstr(finding->message, cases[i].name) == NULL))
            fail_msg("%s: %s", cases[i].sql, finding->message);
    }
}

// The question counts a counter that is ahead of the rows.
static void test_autoincrement_restarts__asks_for_the_counter(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"INSERT INTO t VALUES (1), (7)", "0"},
        {"INSERT INTO t VALUES (1), (7); DELETE FROM t WHERE id = 1", "0"},
        {"INSERT INTO t VALUES (1), (7); DELETE FROM t WHERE id = 7", "1"},
        {"INSERT INTO t VALUES (1); DELETE FROM t", "1"},
        {"SELECT 1", "0"},
    };
    static const char before[] = "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT);";
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        SCRATCH(tmp);
        struct judged_case c = {
            .before = before, .dialect = DIALECT_SQLITE,
            .up = "CREATE TABLE n (id INTEGER PRIMARY KEY AUTOINCREMENT);"
                  "INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;"};
        const struct finding *finding = judged_find(judged(tmp, &c), "autoincrement-restarts");
        assert_non_null(finding);
        assert_non_null(finding->question);
        sqlite3 *db = database(tmp, before, rows[i][0]);
        const char *counted = value_of(tmp, db, finding->question->sql);
        sqlite3_close(db);
        assert_string_equal(counted, rows[i][1]);
    }
}

static void test_deeds__do_on_sqlite_what_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(deeds); i++) {
        SCRATCH(tmp);
        const struct deed *deed = &deeds[i];
        struct judged_case c = {
            .before = deed->before, .up = deed->up, .dialect = DIALECT_SQLITE};
        const struct finding *finding = judged_find(judged(tmp, &c), deed->rule);
        if (finding == NULL || finding->severity == SEVERITY_NOTE)
            fail_msg("%s: nothing is said", deed->up);
        sqlite3 *db = database(tmp, deed->before, deed->rows);
        const char *message = run(tmp, db, mem_printf(tmp, "BEGIN;\n%s\nCOMMIT;", deed->up));
        const char *value = message != NULL ? message : value_of(tmp, db, deed->probe);
        sqlite3_close(db);
        if (strcmp(value, deed->outcome) != 0)
            fail_msg("%s: %s", deed->up, value);
    }
}

// --- no false alarm

static const char *const silent[][3] = {
    // an INTEGER PRIMARY KEY is never NULL, and unique
    {"copy-may-fail", "CREATE TABLE t (id INTEGER PRIMARY KEY, c TEXT);",
     "CREATE TABLE n (id INTEGER PRIMARY KEY NOT NULL, c TEXT); INSERT INTO n SELECT * FROM t;"},
    // proven, filled, filtered, computed
    {"copy-may-fail", "CREATE TABLE t (c TEXT NOT NULL UNIQUE, d INT CHECK (d > 0));",
     "CREATE TABLE n (c TEXT NOT NULL UNIQUE, d INT CHECK (d > 0));"
     "INSERT INTO n (c, d) SELECT t.c, \"d\" FROM t;"},
    {"copy-may-fail", "CREATE TABLE t (c TEXT);",
     "UPDATE t SET c = '' WHERE c IS NULL; CREATE TABLE n (c TEXT NOT NULL);"
     "INSERT INTO n SELECT c FROM t;"},
    {"copy-may-fail", "CREATE TABLE t (c TEXT);",
     "CREATE TABLE n (c TEXT NOT NULL); INSERT INTO n SELECT c FROM t WHERE c IS NOT NULL;"},
    {"copy-may-fail", "CREATE TABLE t (c TEXT);",
     "CREATE TABLE n (c TEXT NOT NULL); INSERT INTO n SELECT coalesce(c, '') FROM t;"},
    {"copy-may-fail", "CREATE TABLE t (c INT) STRICT;",
     "CREATE TABLE n (c INT) STRICT; INSERT INTO n SELECT c FROM t;"},
    {"copy-converts-values", "CREATE TABLE t (c VARCHAR(20), d INT, e REAL, f DECIMAL(9, 2));",
     "CREATE TABLE n (c TEXT, d BIGINT, e INTEGER, f NUMERIC); INSERT INTO n SELECT * FROM t;"},
    {"copy-converts-values", "CREATE TABLE t (c TEXT);",
     "CREATE TABLE n (c INT); INSERT INTO n SELECT CAST(c AS INTEGER) FROM t;"},
    {"foreign-keys-left-off", NULL, "PRAGMA foreign_keys = OFF; SELECT 1;"}, // it does nothing
    {"foreign-keys-pragma-ignored", NULL, "PRAGMA foreign_keys; PRAGMA foreign_key_check;"},
    {"drop-refused-by-children", // a row may reference its own table
     "CREATE TABLE t (id INTEGER PRIMARY KEY, up INT REFERENCES t (id));", "DROP TABLE t;"},
    {"drop-refused-by-children", // the other rule's
     "CREATE TABLE t (id INTEGER PRIMARY KEY);"
     "CREATE TABLE c (t INT REFERENCES t (id) ON DELETE CASCADE);",
     "DROP TABLE t;"},
    {"non-transactional-statement-in-transaction", NULL, "REINDEX; ATTACH ':memory:' AS o;"},
    {"on-conflict-do-nothing", "CREATE TABLE t (id INTEGER PRIMARY KEY);",
     "UPDATE OR FAIL t SET id = 2 WHERE id = 1; UPDATE t SET id = 3 WHERE id = 2;"},
    {"replaced-table-loses-constraints", emails,
     "CREATE TABLE n (id INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT UNIQUE COLLATE nocase);"
     "INSERT INTO n SELECT * FROM emails; DROP TABLE emails; ALTER TABLE n RENAME TO emails;"},
    {"replace-deletes-row", "CREATE TABLE t (k TEXT PRIMARY KEY, v TEXT, w TEXT AS (k || v));",
     "INSERT OR REPLACE INTO t (k, v) VALUES ('a', 'b'); REPLACE INTO t VALUES ('a', 'c');"},
    {"autoincrement-restarts", "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT);",
     "DROP TABLE t;"},
    {"drop-column-breaks-trigger", // another column; a view's trigger
     "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b INT NOT NULL, c INT AS (b)); CREATE VIEW v AS SELECT id, b FROM t;"
     "CREATE TRIGGER g AFTER UPDATE ON t BEGIN UPDATE t SET b = 1 WHERE id = new.id; END;"
     "CREATE TRIGGER h INSTEAD OF DELETE ON v BEGIN DELETE FROM t WHERE id = old.id; END;",
     "ALTER TABLE t DROP COLUMN a;"},
    {"copy-converts-values", NULL,
     "CREATE TABLE t (c TEXT); CREATE TABLE n (c INT); INSERT INTO n SELECT c FROM t;"},
};

static void test_rules__are_silent_where_nothing_can_happen(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(silent); i++) {
        SCRATCH(tmp);
        struct judged_case c = {
            .before = silent[i][1], .up = silent[i][2], .dialect = DIALECT_SQLITE};
        const struct finding *finding = judged_find(judged(tmp, &c), silent[i][0]);
        if (finding != NULL)
            fail_msg("%s: %s", silent[i][2], finding->message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages__do_on_sqlite_what_they_say),
        cmocka_unit_test(test_deeds__do_on_sqlite_what_is_said),
        cmocka_unit_test(test_double_quoted_string__tells_a_column_from_a_string),
        cmocka_unit_test(test_autoincrement_restarts__asks_for_the_counter),
        cmocka_unit_test(test_copy__what_is_asked_is_what_happens),
        cmocka_unit_test(test_rules__are_silent_where_nothing_can_happen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
