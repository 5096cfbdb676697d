/*
 * The SQLite reader as a whole: places, what is not understood, what is invalid, the schema that it
 * carries along, trials, limits; and that a text damaged anywhere is still read.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sqlite_read.h"

#include "base/text.h"

static void test_statements__have_their_places(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct script *script = read_sqlite(tmp, "-- ü; not one\n\n  CREATE TABLE t (a); /* ; */\n"
                                             ";;\nINSERT INTO t VALUES (';') ; SELECT 1");
    assert_int_equal(script->n_statements, 3);
    assert_int_equal(script->dialect, DIALECT_SQLITE);
    assert_int_equal(script->statements[0].line, 3);
    assert_int_equal(script->statements[0].column, 3);
    assert_int_equal(script->statements[0].offset, 18);
    assert_string_equal(script->statements[0].sql, "CREATE TABLE t (a)");
    assert_int_equal(script->statements[1].line, 5);
    assert_string_equal(script->statements[1].sql, "INSERT INTO t VALUES (';')");
    assert_int_equal(script->statements[2].column, 30);
}

static void test_part__of_a_file(void **state)
{
    SCRATCH(tmp);
    (void)state;
    const char *text = "-- +up\nSELECT 1;\n-- +down\nSELECT 2;\n";
    struct error err = {0};
    struct script *script = NULL;
    struct script_source source = {
        .path = "m.sql", .text = text, .len = strlen(text), .start = 16, .end = strlen(text)};
    assert_true(reader_read(tmp, open_sqlite(tmp), &source, &script, &err));
    assert_int_equal(script->n_statements, 1);
    assert_int_equal(script->statements[0].line, 4);
    assert_int_equal(script->statements[0].offset, 26);
}

static void test_trigger__keeps_its_semicolons(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct script *script = read_sqlite(
        tmp, "CREATE TABLE t (a);\n"
             "CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN\n"
             "  UPDATE t SET a = CASE WHEN a THEN 1 END; SELECT 'END;'; END;\n"
             "SELECT 1;");
    assert_int_equal(script->n_statements, 3);
    assert_int_equal(script->n_not_understood, 0);
    assert_string_equal(script->statements[1].kind, "CREATE TRIGGER");
    assert_null(script->statements[1].invalid_reason);
    assert_int_equal(script->statements[2].line, 4);
}

static const struct {
    const char *sql;
    size_t line, column;
    const char *reason;
} refused[] = {
    {"CREATE TABLE x (a INT) ENGINE=InnoDB", 1, 30, "near \"=\": syntax error"},
    {"ALTER TABLE t\n  ALTER COLUMN a SET NOT NULL", 2, 3, "near \"ALTER\": syntax error"},
    {"ALTER TABLE t ADD COLUMN b INT,\n ADD COLUMN c INT", 1, 31, "near \",\": syntax error"},
    {"ALTER TABLE unknown ADD b INT, ADD c INT", 1, 30, "near \",\""},
    {"COMMENT ON TABLE t IS 'x'", 1, 1, "near \"COMMENT\": syntax error"},
    {"SELECT 'ü' 1", 1, 12, "near \"1\": syntax error"},
    {"SELECT (1", 1, 1, "incomplete input"},
    {".mode csv", 1, 1, "near \".\": syntax error"},
    {"UPDATE t SET a = $tag$ WHERE\x01 1", 1, 29, "unrecognized token"},
};

static void test_not_understood__with_place_and_the_rest_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        SCRATCH(tmp);
        struct script *script = read_sqlite(
            tmp, mem_printf(tmp, "CREATE TABLE t (a);\n%s;\nDELETE FROM t;", refused[i].sql));
        assert_int_equal(script->n_statements, 2);
        assert_string_equal(script->statements[1].kind, "DELETE");
        assert_int_equal(script->n_not_understood, 1);
        const struct not_understood *place = &script->not_understood[0];
        if (place->line != refused[i].line + 1 || place->column != refused[i].column ||
            !text_starts_with(place->reason, refused[i].reason))
            fail_msg("%s: %zu:%zu %s", refused[i].sql, place->line, place->column, place->reason);
        assert_non_null(strstr(place->reason, "SQLite 3."));
    }
}

static const struct {
    const char *sql;
    const char *reason; // SQLite's message; NULL: valid
} judged[] = {
    {"SELECT a FROM t", NULL},
    {"SELECT nosuch FROM t", "no such column: nosuch"},
    {"UPDATE unknown SET a = 1", "no such table: unknown"},
    {"CREATE TABLE t (b)", "table t already exists"},
    {"CREATE TABLE IF NOT EXISTS t (b)", NULL},
    {"DROP TABLE IF EXISTS unknown", NULL},
    {"ALTER TABLE t DROP COLUMN a", "error in index i after drop column: no such column: a"},
    {"ALTER TABLE t DROP COLUMN id", "cannot drop PRIMARY KEY column: \"id\""},
    {"CREATE VIEW w AS SELECT missing FROM t", "no such column: missing"},
    {"SELECT pg_sleep(1)", "no such function: pg_sleep"},
    {"INSERT INTO t (id) VALUES (1, 2)", "2 values for 1 columns"},
    {"INSERT INTO sqlite_master VALUES (1, 2, 3, 4, 5)", "table sqlite_master may not be modified"},
    {"ATTACH 'file.db' AS x", NULL},
    {"VACUUM INTO 'file.db'", NULL},
    {"PRAGMA journal_mode = WAL", NULL},
    {"COMMIT", NULL},
};

static void test_invalid__is_understood_and_says_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(judged); i++) {
        SCRATCH(tmp);
        struct statement *statement = last_statement(
            tmp, mem_printf(tmp, "CREATE TABLE t (id INTEGER PRIMARY KEY, a);"
                                 "CREATE INDEX i ON t (a); %s", judged[i].sql));
        if (!text_equal_nocase(statement->invalid_reason, judged[i].reason))
            fail_msg("%s: %s", judged[i].sql, statement->invalid_reason);
        assert_int_equal(statement->n_actions, 1);
    }
}

static void test_invalid__editing_the_schema_is_valid_behind_its_pragma(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct reader *reader = open_sqlite(tmp);
    const char *edit = "UPDATE sqlite_master SET sql = 'x' WHERE name = 't'";
    struct script *script =
        read_part(tmp, reader, mem_printf(tmp, "PRAGMA writable_schema = ON; %s", edit));
    assert_null(script->statements[1].invalid_reason);
    script = read_part(tmp, reader, edit);
    assert_non_null(script->statements[0].invalid_reason);
}

// A broken view stops SQLite's ALTER; what follows is still judged by the change.
static void test_schema__goes_on_behind_a_broken_view(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct script *script =
        read_sqlite(tmp, "CREATE TABLE t (a); CREATE VIEW v AS SELECT * FROM unknown;"
                         "ALTER TABLE t RENAME TO u; SELECT a FROM u");
    assert_string_equal(script->statements[1].invalid_reason, "no such table: main.unknown");
    assert_string_equal(script->statements[2].invalid_reason,
                        "error in view v: no such table: main.unknown");
    assert_null(script->statements[3].invalid_reason);
}

static void assert_reason(TALLOC_CTX *mem, struct reader *reader, const char *sql,
                          const char *reason)
{
    struct script *script = read_part(mem, reader, sql);
    const char *last = script->statements[script->n_statements - 1].invalid_reason;
    if (!text_equal_nocase(last, reason))
        fail_msg("%s: %s", sql, last ? last : "valid");
}

static void test_schema__is_carried_over_and_taken_back_by_a_trial(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct reader *reader = open_sqlite(tmp);
    assert_reason(tmp, reader, "CREATE TABLE t (a); CREATE TEMP TABLE s (a)", NULL);
    reader_begin_trial(reader);
    assert_reason(tmp, reader, "BEGIN; ALTER TABLE t RENAME a TO b; COMMIT; SELECT b FROM t", NULL);
    assert_reason(tmp, reader, "DROP TABLE s; ROLLBACK; SELECT a FROM s", "no such table: s");
    reader_end_trial(reader);
    assert_reason(tmp, reader, "SELECT a FROM s", NULL);
    assert_reason(tmp, reader, "SELECT b FROM t", "no such column: b");
    reader_begin_trial(reader);
    assert_reason(tmp, reader, "DROP TABLE t; SELECT a FROM t", "no such table: t");
    reader_end_trial(reader);
    assert_reason(tmp, reader, "SELECT a FROM t", NULL);
}

// Nothing is computed: this would run for ever.
static void test_schema__create_table_as_runs_no_query(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct statement *statement = last_statement(
        tmp, "CREATE TABLE \"AS\" AS WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r)"
             " SELECT x AS n FROM r ORDER BY 1 -- end");
    assert_int_equal(statement->actions[0].kind, ACTION_CREATE_TABLE_AS);
}

static struct error read_fails(TALLOC_CTX *mem, const char *text, size_t len)
{
    struct error err = {0};
    struct script *script = NULL;
    struct script_source source = {.path = "m.sql", .text = text, .len = len, .end = len};

    assert_false(reader_read(mem, open_sqlite(mem), &source, &script, &err));
    assert_null(script);
    assert_int_equal(err.code, ERROR_INPUT);
    return err;
}

static void test_limits(void **state)
{
    SCRATCH(tmp);
    (void)state;
    size_t len = 100000;
    char *deep = mem_strndup(tmp, "", 0);
    deep = talloc_realloc(tmp, deep, char, (unsigned)(2 * len + 16));
    memcpy(deep, "SELECT ", 7);
    memset(deep + 7, '(', len);
    memcpy(deep + 7 + len, "1", 2);
    struct error err = read_fails(tmp, deep, 8 + len);
    assert_non_null(strstr(err.message, "m.sql:1:"));
    assert_non_null(strstr(err.message, "100000 deep"));
    assert_non_null(strstr(read_fails(tmp, "SELECT '\xe9'", 10).message, "m.sql:1:9: not UTF-8"));
    assert_non_null(strstr(read_fails(tmp, "SELECT\0 1", 9).message, "m.sql:1:7"));
    size_t size = STATEMENT_BYTES_MAX + 10;
    char *longest = talloc_realloc(tmp, deep, char, (unsigned)size + 1);
    memset(longest, ' ', size);
    memcpy(longest, "SELECT", 6);
    longest[size - 1] = '1';
    longest[size] = '\0';
    assert_non_null(strstr(read_fails(tmp, longest, size).message, "m.sql:1:1: a statement of"));
}

// Depth that SQLite refuses (1,000) although ours would take it, and chains that it takes.
static void test_limits__of_sqlite_itself(void **state)
{
    SCRATCH(tmp);
    (void)state;
    char *chain = mem_strdup(tmp, "SELECT 1");
    for (size_t i = 0; i < 1500; i++)
        chain = talloc_strdup_append(chain, "+1");
    struct script *script = read_sqlite(tmp, chain);
    assert_int_equal(script->n_statements, 0);
    assert_non_null(strstr(script->not_understood[0].reason, "Expression tree is too large"));
    char *rows = mem_strdup(tmp, "CREATE TABLE t (a); INSERT INTO t VALUES (0)");
    for (size_t i = 0; i < 20000; i++)
        rows = talloc_strdup_append_buffer(rows, ",(1)");
    struct statement *statement = last_statement(tmp, rows);
    assert_null(statement->invalid_reason);
    assert_int_equal(statement->actions[0].query->n_values, 20001);
}

// Views that multiply would let SQLite work for long on a few lines.
static void test_limits__views_that_multiply(void **state)
{
    SCRATCH(tmp);
    (void)state;
    const char *columns = "a, b, c, d, e, f, g, h, i, j";
    char *text = mem_printf(tmp, "CREATE TABLE t (%s); CREATE VIEW v0 AS SELECT * FROM t;", columns);
    for (size_t i = 1; i < 13; i++)
        text = talloc_asprintf_append(text, "CREATE VIEW v%zu AS SELECT %s FROM v%zu"
                                            " UNION ALL SELECT %s FROM v%zu;",
                                      i, columns, i - 1, columns, i - 1);
    struct script *script = read_sqlite(tmp, text);
    assert_int_equal(script->n_statements, 14);
    assert_null(script->statements[7].invalid_reason);
    assert_string_equal(script->statements[13].invalid_reason,
                        "more columns and views than can be judged");
}

// At every third byte: cut there, that byte replaced or removed: it is read, and every
// statement is either understood or not.
static void test_damaged_text__is_read(void **state)
{
    static const char text[] =
        "CREATE TABLE t (a INT DEFAULT (1) CHECK (a > 0), b AS (a), UNIQUE (a)) STRICT;"
        "WITH c AS (SELECT * FROM t) INSERT OR IGNORE INTO t (a) SELECT max(a) FILTER (WHERE a)"
        " OVER (ORDER BY a) FROM c JOIN t USING (a) WHERE a IN (1, 2) AND \"x\" NOT NULL"
        " ON CONFLICT (a) DO UPDATE SET (a) = (SELECT 1) RETURNING *;"
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t WHERE a = CASE 1 WHEN 2 THEN 3 END; END;"
        "ALTER TABLE t RENAME COLUMN a TO [z]; PRAGMA x = -1; UPDATE t SET z = x'00' WHERE 1;";
    static const char replacements[] = "(';\xc3[)";
    SCRATCH(mem);
    struct reader *reader = open_sqlite(mem);
    (void)state;
    for (size_t i = 0; i < sizeof text - 1; i += 3) {
        for (size_t r = 0; r <= sizeof replacements; r++) {
            SCRATCH(tmp);
            char damaged[sizeof text];
            size_t len = sizeof text - 1;
            memcpy(damaged, text, sizeof text);
            if (r < sizeof replacements - 1)
                damaged[i] = replacements[r];
            else if (r == sizeof replacements - 1)
                memmove(damaged + i, damaged + i + 1, len-- - i);
            else
                damaged[len = i] = '\0';
            struct error err = {0};
            struct script *script = NULL;
            struct script_source source = {.path = "m.sql", .text = damaged, .len = len, .end = len};
            reader_begin_trial(reader);
            if (!reader_read(tmp, reader, &source, &script, &err))
                assert_non_null(strstr(err.message, "not UTF-8"));
            for (size_t s = 0; script && s < script->n_statements; s++)
                assert_int_equal(script->statements[s].n_actions, 1);
            reader_end_trial(reader);
        }
    }
}

// Rows that stand in the text: tried on the empty table, so what they fail by is sure. Source of
// the messages: SQLite 3.40 on a file with rows in it.
static void test_invalid__rows_in_the_text(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *reason;
    } cases[] = {
        {"INSERT INTO t (id, name) VALUES (1, 'a')", NULL},
        {"INSERT INTO t DEFAULT VALUES", "NOT NULL constraint failed: t.name"},
        {"INSERT INTO t (name) VALUES ('a'), (NULL)", "NOT NULL constraint failed: t.name"},
        {"INSERT INTO t (name, age) VALUES ('a', 300)", "CHECK constraint failed: age < 200"},
        {"INSERT INTO t (id, name) VALUES ('abc', 'a')", "datatype mismatch"},
        {"INSERT INTO t (name) VALUES ('a'), ('a')", "UNIQUE constraint failed: t.name"},
        {"INSERT INTO s VALUES ('x')", "cannot store TEXT value in INT column s.n"},
        {"INSERT OR IGNORE INTO t (name, age) VALUES ('a', 300)", NULL},
        {"INSERT INTO t (name) VALUES ('a') ON CONFLICT DO NOTHING", NULL},
        // A table with rows may have what the subquery or the trigger looks for.
        {"INSERT INTO t (name) VALUES ((SELECT name FROM t WHERE id = 1))", NULL},
        {"INSERT INTO fired VALUES (1)", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        struct statement *statement = last_statement(
            tmp,
            mem_printf(tmp,
                       "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, age INT "
                       "CHECK (age < 200)); CREATE TABLE s (n INT) STRICT; CREATE TABLE fired (n);"
                       "CREATE TRIGGER f AFTER INSERT ON fired BEGIN INSERT INTO t (name) SELECT "
                       "max(name) FROM t; END; INSERT INTO t (name) VALUES ('a'); %s",
                       cases[i].sql));
        if (!text_equal_nocase(statement->invalid_reason, cases[i].reason))
            fail_msg("%s: %s", cases[i].sql, statement->invalid_reason);
    }
}

// Constants of an UPDATE: what they fail by is sure of every row, and so is nothing that stands on
// columns which the statement does not set. Source of the messages: as above.
static void test_invalid__constants_of_an_update(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *reason;
    } cases[] = {
        {"UPDATE t SET name = NULL WHERE id = 7", "NOT NULL constraint failed: t.name"},
        {"UPDATE t SET age = 300", "CHECK constraint failed: age < 200"},
        {"UPDATE t SET age = 3, name = NULL", "NOT NULL constraint failed: t.name"},
        {"UPDATE t SET id = 'abc'", "datatype mismatch"},
        {"UPDATE s SET n = 'x'", "cannot store TEXT value in INT column s.n"},
        {"UPDATE t SET low = 5, high = 3", "CHECK constraint failed: low <= high"},
        // What the row holds beside it decides.
        {"UPDATE t SET low = 5", NULL},
        {"UPDATE t SET high = -1", NULL},
        {"UPDATE t SET kind = 5", NULL}, // the CHECK is called like a column
        {"UPDATE t SET age = low + 300", NULL},
        {"UPDATE t SET name = (SELECT NULL)", NULL},
        {"UPDATE t SET age = 30, name = 'b'", NULL},
        {"UPDATE t SET age = NULL", NULL},
        {"UPDATE OR IGNORE t SET name = NULL", NULL},
        {"UPDATE OR REPLACE t SET name = NULL", NULL},
        {"UPDATE t SET name = 'same'", NULL}, // one row keeps the key
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        struct statement *statement = last_statement(
            tmp,
            mem_printf(tmp,
                       "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, age INT "
                       "CHECK (age < 200), low INT, high INT, kind INT, CHECK (low <= high), "
                       "CONSTRAINT kind CHECK (kind < coalesce(low, 9))); "
                       "CREATE TABLE s (n INT, b BLOB) STRICT; %s",
                       cases[i].sql));
        if (!text_equal_nocase(statement->invalid_reason, cases[i].reason))
            fail_msg("%s: %s", cases[i].sql, statement->invalid_reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_invalid__constants_of_an_update),
        cmocka_unit_test(test_statements__have_their_places),
        cmocka_unit_test(test_part__of_a_file),
        cmocka_unit_test(test_trigger__keeps_its_semicolons),
        cmocka_unit_test(test_not_understood__with_place_and_the_rest_is_read),
        cmocka_unit_test(test_invalid__is_understood_and_says_why),
        cmocka_unit_test(test_invalid__rows_in_the_text),
        cmocka_unit_test(test_invalid__editing_the_schema_is_valid_behind_its_pragma),
        cmocka_unit_test(test_schema__goes_on_behind_a_broken_view),
        cmocka_unit_test(test_schema__is_carried_over_and_taken_back_by_a_trial),
        cmocka_unit_test(test_schema__create_table_as_runs_no_query),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_limits__of_sqlite_itself),
        cmocka_unit_test(test_limits__views_that_multiply),
        cmocka_unit_test(test_damaged_text__is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
