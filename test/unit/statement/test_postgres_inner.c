/*
 * Statements in code: what of a DO block's body is read, with which place, and whether it surely
 * runs.
 *
 * Each row: SQL, and the statements behind the DO as `line:column SQL`, `?` behind the place when
 * it may not run.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "describe.h"

static char *describe_inner(TALLOC_CTX *mem, const char *sql)
{
    struct error err = {0};
    struct script *script;
    EXPECT_OK(read_text(mem, DIALECT_POSTGRES, sql, strlen(sql), &script, &err));
    char *out = mem_strdup(mem, "");
    for (size_t i = 0; i < script->n_statements; i++) {
        const struct statement *s = &script->statements[i];
        assert_int_equal(s->n_inner > 0, s->inner != NULL);
        if (s->actions[0].kind == ACTION_DO && s->actions[0].option != NULL)
            out = mem_printf(mem, "%s%s\n", out, s->actions[0].option);
        if (s->is_inner)
            out = mem_printf(mem, "%s%zu:%zu%s %s\n", out, s->line, s->column,
                             s->is_conditional ? "?" : "",
                             s->actions[0].option != NULL ? "dynamic" : s->sql);
    }
    for (size_t i = 0; i < script->n_not_understood; i++)
        out = mem_printf(mem, "%s%zu:%zu %s\n", out, script->not_understood[i].line,
                         script->not_understood[i].column, script->not_understood[i].reason);
    return out;
}

static void check(const struct reading_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        SCRATCH(tmp);
        assert_string_equal(describe_inner(tmp, cases[i].sql), cases[i].expected);
    }
}

static void test_inner__static(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"DO $$ BEGIN END $$", ""},
        {"\nDO $$\nBEGIN\n  DROP TABLE a;\n  CREATE TABLE b (c int END);\nEND\n$$",
         "4:3 DROP TABLE a\n5:25 syntax error at or near \"END\" (PostgreSQL 15 grammar)\n"},
        {"DO $$ BEGIN DROP TABLE a; DELETE FROM b; END; $$; SELECT 1",
         "1:13 DROP TABLE a\n1:27 DELETE FROM b\n"},
        // INTO is PL/pgSQL's, but not that of INSERT.
        {"DO $$ DECLARE v int; r record; BEGIN SELECT a INTO STRICT v FROM t; INSERT INTO t VALUES "
         "(1) "
         "RETURNING a, b INTO r.x, v; END $$",
         "1:38 SELECT a               FROM t\n1:69 INSERT INTO t VALUES (1) RETURNING a, b\n"},
        {"DO $$ BEGIN PERFORM f(1); x := (SELECT max(a) FROM t); y = 1; RAISE NOTICE 'x;'; END $$",
         "1:21 SELECT f(1)\n1:32 SELECT (SELECT max(a) FROM t)\n"},
        {"DO $$ <<l>> DECLARE c CURSOR (k int) FOR SELECT 1 FROM t; BEGIN NULL; END l $$",
         "1:42 SELECT 1 FROM t\n"},
        {"DO $$ BEGIN OPEN c FOR SELECT 2; CALL p(1); RETURN; END $$",
         "1:24 SELECT 2\n1:34 CALL p(1)\n"},
        {"DO 'BEGIN UPDATE t SET a = ''x''; DELETE FROM t; END'",
         "1:11 UPDATE t SET a = 'x'\n1:35 DELETE FROM t\n"},
        {"DO $a$ BEGIN DO $b$ BEGIN DROP TABLE t; END $b$; END $a$",
         "1:14 DO $b$ BEGIN DROP TABLE t; END $b$\n1:27 DROP TABLE t\n"},
    };
    check(cases, COUNT_OF(cases));
}

static void test_inner__conditional(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"DO $$ BEGIN IF a THEN DROP TABLE a; ELSIF CASE WHEN b THEN c END THEN DROP TABLE b; ELSE "
         "DROP TABLE c; END IF; DROP TABLE d; END $$",
         "1:23? DROP TABLE a\n1:71? DROP TABLE b\n1:90? DROP TABLE c\n1:112 DROP TABLE d\n"},
        {"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM t) THEN DROP TABLE a; END IF; END $$",
         "1:16 SELECT NOT EXISTS (SELECT 1 FROM t)\n1:50? DROP TABLE a\n"},
        {"DO $$ BEGIN CASE x WHEN 1 THEN DROP TABLE a; ELSE DROP TABLE b; END CASE; END $$",
         "1:32? DROP TABLE a\n1:51? DROP TABLE b\n"},
        {"DO $$ BEGIN CREATE TYPE a AS ENUM (); EXCEPTION WHEN duplicate_object THEN NULL; WHEN "
         "others THEN DROP TABLE t; END $$",
         "1:13? CREATE TYPE a AS ENUM ()\n1:99? DROP TABLE t\n"},
        {"DO $$ BEGIN BEGIN DROP TABLE a; EXCEPTION WHEN others THEN END; DROP TABLE b; END $$",
         "1:19? DROP TABLE a\n1:65 DROP TABLE b\n"},
        {"DO $$ BEGIN IF a THEN RETURN; END IF; DROP TABLE a; END $$", "1:39? DROP TABLE a\n"},
        {"DO $$ BEGIN FOR r IN SELECT * FROM t LOOP DELETE FROM t WHERE a = r.a; EXIT l WHEN f(r); "
         "END "
         "LOOP; FOR i IN 1..10 LOOP DROP TABLE a; END LOOP; WHILE x LOOP DROP TABLE b; END LOOP; "
         "END $$",
         "1:22 SELECT * FROM t\n1:43? DELETE FROM t WHERE a = r.a\n1:84? SELECT f(r)\n"
         "1:120? DROP TABLE a\n1:157? DROP TABLE b\n"},
    };
    check(cases, COUNT_OF(cases));
}

static void test_inner__execute(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"DO $$ BEGIN EXECUTE 'DROP TABLE a; DROP TABLE ' || 'b'; END $$",
         "1:22 DROP TABLE a\n1:36 DROP TABLE b\n"},
        {"DO $$ BEGIN EXECUTE format('ALTER TABLE %I DROP %2$s; COMMENT ON TABLE %1$I IS %L', 'A "
         "b', "
         "'c', 'it''s') USING 1; END $$",
         "1:29 ALTER TABLE \"A b\" DROP c\n1:55 COMMENT ON TABLE \"A b\" IS 'c'\n"},
        {"DO $$ BEGIN EXECUTE 'SELECT ' || quote_ident('A') || quote_literal('b') INTO v; END $$",
         "1:22 SELECT \"A\"'b'\n"},
        {"DO $$ DECLARE a CONSTANT text := 't'; b text := 'u'; BEGIN EXECUTE 'DROP TABLE ' || a; b "
         ":= "
         "f(); EXECUTE 'DROP TABLE ' || b; END $$",
         "1:69 DROP TABLE t\n1:93 SELECT f()\n1:106 dynamic\n"},
        {"DO $$ DECLARE x text; BEGIN FOREACH x IN ARRAY ARRAY['a', 'b'] LOOP EXECUTE 'DROP TABLE "
         "' || x; "
         "END LOOP; FOR x IN SELECT unnest('{c,d}'::text[]) LOOP EXECUTE 'DROP TABLE ' || x; END "
         "LOOP; END $$",
         "1:78 DROP TABLE a\n1:78 DROP TABLE b\n1:161 DROP TABLE c\n1:161 DROP TABLE d\n"},
        {"DO $$ BEGIN FOR r IN (VALUES ('a'), ('b')) LOOP EXECUTE 'DROP TABLE ' || r.n; END LOOP; "
         "END $$",
         "1:58 DROP TABLE a\n1:58 DROP TABLE b\n"},
        {"DO $$ BEGIN FOR r IN SELECT relname FROM pg_class LOOP EXECUTE 'DROP TABLE ' || "
         "r.relname; "
         "END LOOP; EXECUTE x; END $$",
         "1:22 SELECT relname FROM pg_class\n1:64? dynamic\n1:110 dynamic\n"},
        {"DO $$ BEGIN FOR r IN EXECUTE 'SELECT 1' LOOP NULL; END LOOP; EXECUTE format('%5s', 'x'); "
         "END $$",
         "1:31 SELECT 1\n1:70 dynamic\n"},
        {"DO $$ BEGIN EXECUTE 'DO ''BEGIN DROP TABLE a; END'''; END $$",
         "1:22 DO 'BEGIN DROP TABLE a; END'\n1:33 DROP TABLE a\n"},
    };
    check(cases, COUNT_OF(cases));
}

// Nothing of it is known then, and the reason says where.
static void test_inner__broken(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"DO LANGUAGE plperl 'x'", "its code is in plperl\n"},
        {"DO $$ BEGIN\nIF a THEN $$",
         "its code is not understood at line 2: the last END is missing\n"},
        {"DO $$ DROP TABLE a; $$", "its code is not understood at line 1: BEGIN is missing\n"},
        {"DO $$ BEGIN DROP TABLE a; END;\nDROP TABLE b; $$",
         "its code is not understood at line 2: text behind the last END\n"},
        {"DO $$ BEGIN IF a DROP TABLE b; END IF; END $$",
         "its code is not understood at line 1: no 'then' before it\n"},
        {"DO $$ BEGIN SELECT 1 INTO $$",
         "its code is not understood at line 1: the last END is missing\n"},
        {"DO $$ BEGIN FOREACH ARRAY ARRAY['a'] LOOP END LOOP; END $$", ""},
        {"DO $$ BEGIN FOR $$", "its code is not understood at line 1: no 'in' before it\n"},
        {"DO $$ BEGIN ELSE END $$", "its code is not understood at line 1: ELSE of nothing\n"},
        {"DO $$ BEGIN SELECT 'a; END $$",
         "its code is not understood at line 1: a quote or comment is not closed\n"},
    };
    check(cases, COUNT_OF(cases));
}

static void test_inner__depth(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char *sql = mem_strdup(tmp, "DO $$ BEGIN ");
    for (int i = 0; i < 600; i++)
        sql = mem_printf(tmp, "%sLOOP ", sql);
    assert_string_equal(describe_inner(tmp, mem_printf(tmp, "%s $$", sql)),
                        "its code is not understood at line 1: nested too deep\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inner__static),  cmocka_unit_test(test_inner__conditional),
        cmocka_unit_test(test_inner__execute), cmocka_unit_test(test_inner__broken),
        cmocka_unit_test(test_inner__depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
