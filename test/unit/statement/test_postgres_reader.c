/*
 * The PostgreSQL reader: where statements begin, what a syntax error costs, psql's own lines,
 * limits and encodings.
 *
 * Expected messages: PostgreSQL 15's grammar, as the server words them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "describe.h"

static struct script *read_good(TALLOC_CTX *mem, const char *text, size_t len)
{
    struct error err = {0};
    struct script *script = NULL;
    EXPECT_OK(read_text(mem, DIALECT_POSTGRES, text, len, &script, &err));
    return script;
}

// "unit" many times, between a start and an end.
static char *repeat(TALLOC_CTX *mem, const char *start, const char *unit, size_t n, const char *end)
{
    size_t len = strlen(unit);
    char *text = mem_array(mem, char, strlen(start) + n * len + strlen(end) + 1);
    char *at = mempcpy(text, start, strlen(start));
    for (size_t i = 0; i < n; i++)
        at = mempcpy(at, unit, len);
    memcpy(at, end, strlen(end));
    return text;
}

static void test_places(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const char text[] = "-- ü\n/* x /* nested */ */ SELECT 'ü';SELECT 2 -- end\n;\r\n\n;;  "
                        "BEGIN  ;\n";
    const struct {
        size_t line, column, offset;
        const char *sql;
    } expected[] = {{2, 22, 27, "SELECT 'ü'"}, {2, 33, 39, "SELECT 2"}, {5, 5, 63, "BEGIN"}};
    struct script *script = read_good(tmp, text, sizeof(text) - 1);
    assert_int_equal(script->n_statements, COUNT_OF(expected));
    assert_int_equal(script->n_not_understood, 0);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        const struct statement *statement = &script->statements[i];
        assert_string_equal(statement->sql, expected[i].sql);
        assert_int_equal(statement->len, strlen(expected[i].sql));
        assert_int_equal(statement->offset, expected[i].offset);
        assert_memory_equal(text + statement->offset, expected[i].sql, statement->len);
        assert_int_equal(statement->line, expected[i].line);
        assert_int_equal(statement->column, expected[i].column);
        assert_string_equal(statement->path, "a.sql");
    }
}

// A marker layout has up and down in one file: places are those of the whole file.
static void test_places__of_a_part(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const char text[] = "-- up\nSELECT 1;\n-- down\n  SELECT 2;\n  SELECT x y z;\n-- rest: (\n";
    struct error err = {0};
    struct reader *reader;
    struct script *script;
    struct script_source source = {.path = "a.sql",
                                   .text = text,
                                   .len = sizeof(text) - 1,
                                   .start = 16,
                                   .end = strstr(text, "-- rest") - text};
    EXPECT_OK(reader_open(tmp, DIALECT_POSTGRES, &reader, &err));
    EXPECT_OK(reader_read(tmp, reader, &source, &script, &err));
    assert_int_equal(script->n_statements, 1);
    assert_int_equal(script->statements[0].line, 4);
    assert_int_equal(script->statements[0].column, 3);
    assert_int_equal(script->statements[0].offset, 26);
    assert_int_equal(script->n_not_understood, 1);
    assert_int_equal(script->not_understood[0].line, 5);
    assert_int_equal(script->not_understood[0].column, 14);
    assert_int_equal(script->not_understood[0].offset, 49);
}

static void test_actions_have_places(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const char text[] = "ALTER TABLE IF EXISTS s.t *\n ADD a int CHECK (f(1, 2)),\n DROP b";
    struct script *script = read_good(tmp, text, sizeof(text) - 1);
    const struct statement *statement = &script->statements[0];
    assert_int_equal(statement->n_actions, 2);
    assert_int_equal(statement->actions[0].offset, 29);
    assert_int_equal(statement->actions[1].offset, 57);
}

// A statement that the grammar does not know costs only itself.
static void test_syntax_errors(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"SELECT 1; SELECT 'ü' form x y; SELECT 2",
         "SELECT: query <select out «1» literal=1>\nSELECT: query <select out «2» literal=2>\n"
         "not understood 1:27 syntax error at or near \"x\" (PostgreSQL 15 grammar)"},
        {"ALTER TABLE t\n  ADD NOT NULL;",
         "not understood 2:7 syntax error at or near \"NOT\" (PostgreSQL 15 grammar)"},
        {"DROP TABLE", "not understood 1:11 syntax error at end of input (PostgreSQL 15 grammar)"},
        {"BEGIN; SELECT 'x",
         "BEGIN: begin\nnot understood 1:15 unterminated quoted string at or near \"'x\" "
         "(PostgreSQL 15 grammar)"},
        {"BEGIN; /* x",
         "BEGIN: begin\nnot understood 1:8 unterminated /* comment at or near \"/* x\" "
         "(PostgreSQL 15 grammar)"},
        {"BEGIN; DO $a$ x $b$;",
         "BEGIN: begin\nnot understood 1:11 unterminated dollar-quoted string at or near "
         "\"$a$ x $b$;\" (PostgreSQL 15 grammar)"},
        {"BEGIN; DROP TABLE \"x;",
         "BEGIN: begin\nnot understood 1:19 unterminated quoted identifier at or near \"\"x;\" "
         "(PostgreSQL 15 grammar)"},
        // PostgreSQL 16 and later
        {"SELECT JSON_OBJECT('a': 1); BEGIN",
         "BEGIN: begin\nnot understood 1:23 syntax error at or near \":\" (PostgreSQL 15 grammar)"},
        // an open parenthesis must not swallow the rest of the file
        {"BEGIN; CREATE TABLE a (b int; COMMIT; DROP TABLE b; ROLLBACK",
         "BEGIN: begin\nCOMMIT: commit\nDROP TABLE: drop table b\nROLLBACK: rollback\n"
         "not understood 1:29 syntax error at end of input (PostgreSQL 15 grammar)"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_not_understood__shows_its_start(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char *text = repeat(tmp, "SELECT\n  x y z", " w", 100, "");
    struct script *script = read_good(tmp, text, strlen(text));
    assert_int_equal(script->n_not_understood, 1);
    assert_string_equal(
        script->not_understood[0].sql,
        "SELECT x y z w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w "
        "…");
    assert_string_equal(script->not_understood[0].reason,
                        "syntax error at or near \"z\" (PostgreSQL 15 grammar)");
    assert_int_equal(script->not_understood[0].line, 2);
    assert_int_equal(script->not_understood[0].column, 7);
    assert_int_equal(script->not_understood[0].offset, 13);
    assert_string_equal(script->not_understood[0].path, "a.sql");
}

static void test_semicolons_that_do_not_split(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a THEN 1 END; "
         "END; COMMIT",
         "CREATE FUNCTION: create function function f language=sql body="
         "BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a THEN 1 END; END\nCOMMIT: commit"},
        {"CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC DELETE FROM t; END; COMMIT",
         "CREATE PROCEDURE: create function procedure p language=sql body="
         "BEGIN ATOMIC DELETE FROM t; END or-replace\nCOMMIT: commit"},
        {"CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b); COMMIT",
         "CREATE RULE: create rule rule t member=r option=INSERT\nCOMMIT: commit"},
        {"DO $x$ BEGIN NULL; END; /* $y$ */ $x$; SELECT ';'';' AS \";\", E'\\';' /* ; */; -- "
         ";\nCOMMIT",
         "DO: do language=plpgsql body= BEGIN NULL; END; /* $y$ */ \nSELECT: query <select out "
         "«';'';'» "
         "literal=;'; as=; out «E'\\';'» literal=';>\nCOMMIT: commit"},
        {"CREATE TABLE begin_function (a int); COMMIT",
         "CREATE TABLE: create table table begin_function (a integer)\nCOMMIT: commit"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

// What psql would take itself is said and does not harm the rest. Source: psql's manual page.
static void test_psql(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"\\set ON_ERROR_STOP on\nSELECT 1;\n\\c shop; SELECT 2;\nSELECT 3",
         "SELECT: query <select out «1» literal=1>\nSELECT: query <select out «3» literal=3>\n"
         "not understood 3:1 '\\c' is a command of psql, not SQL"},
        {"SELECT 1 \\gset\nSELECT 2",
         "SELECT: query <select out «1» literal=1>\nSELECT: query <select out «2» literal=2>\n"
         "not understood 1:10 '\\gset' is a command of psql, not SQL"},
        {"COPY t (a) FROM stdin;\n1\t'x;\n\\N\tSELECT (\n\\.\nSELECT 2;",
         "COPY: query <copy t columns a>\nSELECT: query <select out «2» literal=2>"},
        {"COPY t FROM STDIN WITH (FORMAT csv);\r\n1,\"\r\n\\.\r\nSELECT 2;",
         "COPY: query <copy t>\nSELECT: query <select out «2» literal=2>"},
        {"\\timing on\n\\dt+ t\n\\gexec\n\\i a.sql",
         "not understood 3:1 '\\gexec' is a command of psql, not SQL\n"
         "not understood 4:1 '\\i' is a command of psql, not SQL: what the file holds that it names is not read"},
        {"COPY t FROM stdin;\nno end (",
         "COPY: query <copy t>\n"
         "not understood 1:1 the data of COPY has no end: a line with \\. is missing"},
        {"COPY t FROM '/stdin'; SELECT 1",
         "COPY: query <copy t>\nSELECT: query <select out «1» literal=1>"},
        {"\xEF\xBB\xBFSELECT 1",
         "SELECT: query <select out «1» literal=1>\n"
         "not understood 1:1 a byte order mark: psql skips it, the server refuses it"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

// Source: release notes of PostgreSQL 17 and 18. The grammar refuses each as it is.
static void test_newer_forms(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const char text[] =
        "ALTER TABLE t ADD COLUMN v int GENERATED ALWAYS AS (n) VIRTUAL;"
        "ALTER TABLE t ADD CONSTRAINT c CHECK (n > 0) NOT ENFORCED;"
        "ALTER TABLE t ADD CONSTRAINT nn NOT NULL \"A\" NOT VALID;"
        "ALTER TABLE t ALTER v SET EXPRESSION AS (n + 2);"
        "MERGE INTO t USING s ON true WHEN NOT MATCHED BY SOURCE THEN DELETE RETURNING t.id";
    static const unsigned versions[] = {18, 18, 18, 17, 17};
    struct script *script = read_good(tmp, text, sizeof(text) - 1);
    assert_int_equal(script->n_not_understood, 0);
    assert_int_equal(script->n_statements, COUNT_OF(versions));
    for (size_t i = 0; i < COUNT_OF(versions); i++)
        assert_int_equal(script->statements[i].needs_version, versions[i]);
    const struct statement *statements = script->statements;
    assert_string_equal(statements[0].actions[0].definition->generated->text, "n");
    assert_false(statements[0].actions[0].definition->generated_is_stored);
    assert_true(statements[1].actions[0].constraint->is_not_valid);
    assert_int_equal(statements[2].actions[0].constraint->kind, CONSTRAINT_NOT_NULL);
    assert_string_equal(statements[2].actions[0].constraint->columns[0], "A");
    assert_true(statements[2].actions[0].constraint->is_not_valid);
    assert_int_equal(statements[3].actions[0].kind, ACTION_SET_EXPRESSION);
    assert_true(statements[4].actions[0].query->merge_deletes);
    assert_string_equal(statements[4].sql + strlen(statements[4].sql) - 14, "RETURNING t.id");
}

static void test_placeholders(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const struct {
        const char *text, *placeholder, *name;
    } cases[] = {
        {"DROP TABLE ${name}", "${name}", "__name_"},
        {"DROP TABLE {{ .T }};", "{{ .T }}", "____t___"},
        {"DROP TABLE <%= t %>", "<%= t %>", "____t___"},
        {"DROP TABLE %(t)s", "%(t)s", "__t_s"},
        {"DROP TABLE :t", ":t", "_t"},
        {"DROP TABLE t", NULL, "t"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct script *script = read_good(tmp, cases[i].text, strlen(cases[i].text));
        assert_int_equal(script->n_statements, 1);
        const struct statement *statement = &script->statements[0];
        assert_int_equal(statement->placeholder == NULL, cases[i].placeholder == NULL);
        if (cases[i].placeholder != NULL)
            assert_string_equal(statement->placeholder, cases[i].placeholder);
        assert_string_equal(statement->actions[0].relation.name, cases[i].name);
    }
    static const struct reading_case refused[] = {
        {"{% if x %} DROP TABLE t",
         "not understood 1:1 syntax error at or near \"{\" (PostgreSQL 15 grammar): "
         "'{% if x %}' is a placeholder"},
        {"REPACK t", "not understood 1:1 syntax error at or near \"REPACK\" (PostgreSQL 15 "
                     "grammar): REPACK needs PostgreSQL 19"},
    };
    check_cases(DIALECT_POSTGRES, refused, COUNT_OF(refused));
}

static void test_nothing(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"", ""}, {"-- x", ""}, {" ; ;\n/* ; */", ""}, {"--", ""}};
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void check_refused(const char *text, size_t len, const char *message)
{
    SCRATCH(tmp);
    struct error err;
    struct script *script = NULL;
    EXPECT_ERROR(read_text(tmp, DIALECT_POSTGRES, text, len, &script, &err), ERROR_INPUT, message);
    assert_null(script);
}

static void test_encodings(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const char latin1[] = "SELECT 1;\nINSERT INTO t VALUES ('Stra\xDF"
                          "e');";
    check_refused(latin1, sizeof(latin1) - 1, "a.sql:2:28: not UTF-8 (Latin-1?)");
    const char nul[] = "SELECT 1;\nSELECT \0 2";
    check_refused(nul, sizeof(nul) - 1, "a.sql:2:8: a NUL byte: this is not SQL text");
    struct error err = {0};
    struct script *script;
    assert_false(read_text(tmp, DIALECT_POSTGRES, latin1, sizeof(latin1) - 1, &script, &err));
    assert_string_equal(err.hint, "convert it: iconv -f LATIN1 -t UTF-8 'a.sql' > converted.sql");
}

static void test_limits(void **state)
{
    (void)state;
    SCRATCH(tmp);
    // Refused by its length alone, whatever it says.
    char *large =
        repeat(tmp, "SELECT 1;\nINSERT INTO t VALUES ('", "x", STATEMENT_BYTES_MAX, "');");
    check_refused(large, strlen(large),
                  "a.sql:2:1: a statement of 16777241 bytes; the limit is "
                  "16777216");
}

static void test_limits__nested_too_deep(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char *open = repeat(tmp, "SELECT 1;\nSELECT ", "(", 100000, "1");
    char *deep = repeat(tmp, open, ")", 100000, ";\nSELECT 2;");
    struct script *script;
    struct error err = {0};
    assert_true(read_text(tmp, DIALECT_POSTGRES, deep, strlen(deep), &script, &err));
    assert_int_equal(script->n_statements, 2); // what stands around it
    assert_string_equal(script->statements[1].sql, "SELECT 2");
    assert_int_equal(script->n_not_understood, 1);
    assert_string_equal(script->not_understood[0].reason,
                        "parentheses nested 100000 deep; the limit is 2000");
    assert_int_equal(script->not_understood[0].line, 2);
    assert_int_equal(script->not_understood[0].column, 100007);
}

// Neither the parser's stack nor ours grows with the text: each is read, or named as too deep.
static void test_depths(void **state)
{
    (void)state;
    const struct {
        const char *start, *unit, *end;
        size_t n;
        const char *reason; // NULL: understood
    } cases[] = {
        {"SELECT ", "1+", "1", 100000, NULL},
        {"DELETE FROM t WHERE ", "a = 1 OR ", "b", 100000, NULL},
        {"", "SELECT 1 UNION ", "SELECT 1", 100000, NULL},
        {"SELECT * FROM a", " JOIN b ON true", "", 100000, NULL},
        {"SELECT 1", "::int", "", 100000, NULL},
        {"DELETE FROM t WHERE a IN (1", ",1", ")", 100000, NULL},
        {"INSERT INTO t VALUES (1)", ",(1)", "", 100000, NULL},
        {"ALTER TABLE t DROP a", ", DROP b", "", 10000, NULL},
        {"DELETE FROM t WHERE ", "NOT ", "b", 3000, NULL},
        {"DELETE FROM t WHERE ", "NOT ", "b", 100000, "nested too deep at or near \"NOT\""},
        {"SELECT ", "- ", "1", 100000, "nested too deep at or near \"-\""},
        {"SELECT ", "CASE WHEN ", "1", 100000, "nested too deep at or near \"CASE\""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        char *text = repeat(tmp, cases[i].start, cases[i].unit, cases[i].n, cases[i].end);
        struct script *script = read_good(tmp, text, strlen(text));
        assert_int_equal(script->n_statements, cases[i].reason == NULL ? 1 : 0);
        assert_int_equal(script->n_not_understood, cases[i].reason == NULL ? 0 : 1);
        if (cases[i].reason != NULL)
            assert_string_equal(script->not_understood[0].reason,
                                mem_printf(tmp, "%s (PostgreSQL 15 grammar)", cases[i].reason));
    }
}

static void test_nested_to_the_limit(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char *closed = repeat(tmp, "1", ")", STATEMENT_DEPTH_MAX, "");
    char *text = repeat(tmp, "SELECT ", "(", STATEMENT_DEPTH_MAX, closed);
    assert_int_equal(read_good(tmp, text, strlen(text))->n_statements, 1);
    closed = repeat(tmp, "1", ")", STATEMENT_DEPTH_MAX, "");
    text = repeat(tmp, "SELECT ", "(SELECT ", STATEMENT_DEPTH_MAX, closed);
    assert_int_equal(read_good(tmp, text, strlen(text))->n_statements, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_places__of_a_part),
        cmocka_unit_test(test_actions_have_places),
        cmocka_unit_test(test_syntax_errors),
        cmocka_unit_test(test_not_understood__shows_its_start),
        cmocka_unit_test(test_semicolons_that_do_not_split),
        cmocka_unit_test(test_psql),
        cmocka_unit_test(test_newer_forms),
        cmocka_unit_test(test_placeholders),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_limits__nested_too_deep),
        cmocka_unit_test(test_depths),
        cmocka_unit_test(test_nested_to_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
