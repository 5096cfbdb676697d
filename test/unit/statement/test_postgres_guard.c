/*
 * The words half of the guard: what a text may be, and which names the catalog must judge.
 *
 * Which functions and operators a syntax means was read from PostgreSQL 15's gram.y and parse_expr.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/expect.h"
#include "statement/guard.h"
#include "statement/reader.h"

static const char *const uses[GUARD_USE_COUNT] = {
    [GUARD_FUNCTION] = "call", [GUARD_ATTRIBUTE] = "attribute", [GUARD_OPERATOR] = "operator",
    [GUARD_RELATION] = "read", [GUARD_TYPE] = "type",           [GUARD_SAMPLING] = "sample",
};

// "call lower/1, read public.emails"
static const char *describe(TALLOC_CTX *mem, const struct guard_names *names)
{
    const char *text = "";
    for (size_t i = 0; i < names->n; i++) {
        const struct guard_name *name = &names->names[i];
        text = mem_printf(mem, "%s%s%s %s%s%s", text, i == 0 ? "" : ", ", uses[name->use],
                          name->schema ? name->schema : "", name->schema ? "." : "", name->name);
        if (name->use == GUARD_FUNCTION)
            text = mem_printf(mem, "%s/%d", text, name->n_arguments);
    }
    return text;
}

static void expect_names(const char *sql, const char *wanted)
{
    SCRATCH(tmp);
    struct guard_names names;
    struct error err;
    if (!guard_read(tmp, sql, GUARD_QUESTION, &names, &err))
        fail_msg("%s\n%s", sql, err.message);
    if (strcmp(describe(tmp, &names), wanted) != 0)
        fail_msg("%s\ngot:      %s\nexpected: %s", sql, describe(tmp, &names), wanted);
}

static void expect_refused(const char *sql, const char *why)
{
    SCRATCH(tmp);
    struct guard_names names = {.n = 77};
    struct error err;
    if (guard_read(tmp, sql, GUARD_QUESTION, &names, &err))
        fail_msg("allowed: %s", sql);
    assert_int_equal(names.n, 77);
    assert_int_equal(err.code, ERROR_UNKNOWN);
    if (strcmp(err.message, why) != 0)
        fail_msg("%.200s\ngot:      %s\nexpected: %s", sql, err.message, why);
}

static void test_guard_read__names(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"SELECT 1", ""},
        {"SHOW server_version", ""},
        {"VALUES (1), (2)", ""},
        {"TABLE a.b", "read a.b"},
        {"SELECT;", ""},
        {"EXPLAIN (VERBOSE, COSTS off) SELECT f(1) FROM t", "call f/1, read t"},
        {"SELECT count(*), lower(x), a.g(1, 2, 3) FROM t", "call count/0, call lower/1, call a.g/3, read t"},
        {"SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x), f(VARIADIC a)",
         "call percentile_cont/-1, call f/-1"},
        {"SELECT count(*) FILTER (WHERE p(1)) OVER (PARTITION BY q(1) ORDER BY r(1) RANGE s(1) PRECEDING)",
         "call count/0, call p/1, call q/1, call r/1, call s/1"},
        {"SELECT string_agg(a, ',' ORDER BY b USING OPERATOR(public.<<))", "call string_agg/2, operator public.<<"},
        {"SELECT extract(year FROM a), a AT TIME ZONE 'UTC', trim(a), position('a' IN b), substring(a FROM 1)",
         "call pg_catalog.extract/2, call pg_catalog.timezone/2, call pg_catalog.btrim/1, "
         "call pg_catalog.position/2, call pg_catalog.substring/2"},
        {"SELECT current_date, coalesce(f(1), g(2)), greatest(1, h(3)), nullif(a, i(4))",
         "call f/1, call g/1, call h/1, operator =, call i/1"},
        {"SELECT xmlserialize(CONTENT x AS text), xmlelement(name a, f(1)), xmlexists('/a' PASSING d)",
         "type text, call f/1, call pg_catalog.xmlexists/2"},
        {"SELECT a + b, a OPERATOR(public.+) b, -c, d !@ e",
         "operator +, operator public.+, operator -, operator !@"},
        {"SELECT a IN (1), a NOT IN (1)", "operator =, operator <>"},
        {"SELECT a LIKE b, a ILIKE b, a IS DISTINCT FROM b, CASE a WHEN 1 THEN 2 END",
         "operator ~~, operator ~~*, operator ="},
        {"SELECT a BETWEEN 1 AND 2", "operator <, operator <=, operator >, operator >="},
        {"SELECT a IN (SELECT 1), b < ALL (SELECT 2), EXISTS (SELECT f(1))",
         "operator =, operator <, call f/1"},
        {"SELECT 1 FROM a JOIN b USING (id)", "operator =, read a, read b"},
        {"SELECT 1 FROM a NATURAL JOIN b", "operator =, read a, read b"},
        {"SELECT a::b.c, CAST(a AS d[]), e '1', f(1)::numeric(3, 2)",
         "type b.c, type d, type e, call f/1, type pg_catalog.numeric"},
        {"SELECT a.b, (c).d, (e[1]).f.g, h FROM a",
         "attribute d, attribute f, attribute g, attribute b, read a"},
        {"SELECT * FROM f(1) AS t (a integer, b public.c), ROWS FROM (g(1), h(2) AS (x d))",
         "call f/1, type pg_catalog.int4, type public.c, call g/1, call h/1, type d"},
        {"SELECT * FROM xmltable('/a' PASSING x COLUMNS c public.d PATH '/b' DEFAULT f(1))",
         "type public.d, call f/1"},
        {"SELECT * FROM t TABLESAMPLE public.m (f(1)) REPEATABLE (g(2))",
         "read t, sample public.m, call f/1, call g/1"},
        {"SELECT a COLLATE \"C\", ARRAY[f(1)], ROW(g(1)), b[h(1):i(2)] FROM t GROUP BY GROUPING SETS ((j(1)), ())",
         "call f/1, call g/1, call h/1, call i/1, read t, call j/1"},
        {"SELECT 1 LIMIT f(1) OFFSET g(1)", "call f/1, call g/1"},
        {"SELECT DISTINCT ON (f(1)) 1 FROM t WHERE g(1) HAVING h(1) UNION SELECT i(1) ORDER BY 1",
         "call f/1, read t, call g/1, call h/1, call i/1"},
        {"SELECT grouping(a), CASE WHEN f(1) THEN g(1) ELSE h(1) END, b IS NULL, c IS TRUE",
         "call f/1, call g/1, call h/1"},
        // WITH
        {"WITH a AS (SELECT * FROM b) SELECT * FROM a", "read b"},
        {"WITH a AS (SELECT * FROM a) SELECT * FROM a", "read a"},
        {"WITH RECURSIVE a AS (SELECT * FROM a) SELECT * FROM a", ""},
        {"WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a, b, c", "read b, read c"},
        {"WITH a AS (SELECT 1) SELECT * FROM public.a", "read public.a"},
        {"SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a) x, a", "read a"},
        {"WITH a AS (SELECT 1) SELECT (SELECT count(*) FROM a), (WITH b AS (TABLE a) SELECT 1 FROM b)",
         "call count/0"},
        {"WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n FROM a) "
         "CYCLE n SET y TO public.d 'x' DEFAULT public.d 'z' USING p SELECT * FROM a",
         "type public.d"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect_names(cases[i][0], cases[i][1]);
}

static void test_guard_read__refused(void **state)
{
    (void)state;
    static const char explain[] = "of EXPLAIN only BUFFERS, COSTS, FORMAT, SETTINGS, SUMMARY, TIMING and "
                                  "VERBOSE are allowed (ANALYZE runs the statement)";
    const char *const cases[][2] = {
        {"", "there is no statement in it"},
        {" -- nothing\n;", "there is no statement in it"},
        {"SELECT 1; SELECT 2", "there is a second statement in it in line 1 column 11"},
        {"COMMIT; CREATE TABLE t ()", "there is a second statement in it in line 1 column 9"},
        {"/* a */ COMMIT", "it is COMMIT in line 1 column 9"},
        {"ROLLBACK", "it is ROLLBACK in line 1 column 1"},
        {"\n  BEGIN", "it is BEGIN in line 2 column 3"},
        {"SAVEPOINT a", "it is SAVEPOINT in line 1 column 1"},
        {"PREPARE TRANSACTION 'a'", "it is PREPARE TRANSACTION in line 1 column 1"},
        {"COMMIT PREPARED 'a'", "it is COMMIT PREPARED in line 1 column 1"},
        {"ROLLBACK PREPARED 'a'", "it is ROLLBACK PREPARED in line 1 column 1"},
        {"INSERT INTO t VALUES (1)", "it is INSERT in line 1 column 1"},
        {"UPDATE t SET a = 1", "it is UPDATE in line 1 column 1"},
        {"DELETE FROM t", "it is DELETE in line 1 column 1"},
        {"MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE", "it is MERGE in line 1 column 1"},
        {"TRUNCATE t", "it is TRUNCATE in line 1 column 1"},
        {"COPY (SELECT 1) TO PROGRAM 'touch x'", "it is COPY in line 1 column 1"},
        {"COPY t TO '/x'", "it is COPY in line 1 column 1"},
        {"COPY t FROM STDIN", "it is COPY in line 1 column 1"},
        {"CREATE TEMP TABLE t ()", "it is CREATE TABLE in line 1 column 1"},
        {"CREATE TABLE t AS SELECT 1", "it is CREATE TABLE AS in line 1 column 1"},
        {"REFRESH MATERIALIZED VIEW v", "it is REFRESH MATERIALIZED VIEW in line 1 column 1"},
        {"SET TRANSACTION READ WRITE", "it is SET in line 1 column 1"},
        {"SET LOCAL transaction_read_only = off", "it is SET in line 1 column 1"},
        {"RESET ALL", "it is SET in line 1 column 1"},
        {"DISCARD ALL", "it is DISCARD in line 1 column 1"},
        {"DO 'BEGIN END'", "it is DO in line 1 column 1"},
        {"CALL p()", "it is CALL in line 1 column 1"},
        {"PREPARE a AS SELECT 1", "it is PREPARE in line 1 column 1"},
        {"EXECUTE a", "it is EXECUTE in line 1 column 1"},
        {"DECLARE c CURSOR FOR SELECT 1", "it is DECLARE CURSOR in line 1 column 1"},
        {"FETCH ALL FROM c", "it is FETCH in line 1 column 1"},
        {"LISTEN a", "it is LISTEN in line 1 column 1"},
        {"NOTIFY a", "it is NOTIFY in line 1 column 1"},
        {"LOCK TABLE t", "it is LOCK TABLE in line 1 column 1"},
        {"LOAD 'x'", "it is LOAD in line 1 column 1"},
        {"CHECKPOINT", "it is CHECKPOINT in line 1 column 1"},
        {"VACUUM t", "it is VACUUM in line 1 column 1"},
        {"ALTER SYSTEM SET work_mem = '1GB'", "it is ALTER SYSTEM in line 1 column 1"},
        {"EXPLAIN ANALYZE SELECT 1", explain},
        {"EXPLAIN (ANALYZE) SELECT 1", explain},
        {"EXPLAIN (ANALYZE false) SELECT 1", explain},
        {"EXPLAIN (GENERIC_PLAN) SELECT 1", explain},
        {"EXPLAIN DELETE FROM t", "it is EXPLAIN of DELETE"},
        {"EXPLAIN EXECUTE a", "it is EXPLAIN of EXECUTE"},
        {"EXPLAIN CREATE TABLE t AS SELECT 1", "it is EXPLAIN of CREATE TABLE AS"},
        {"SELECT 1 INTO t", "SELECT INTO creates a table in line 1 column 15"},
        {"SELECT 1 INTO TEMP t UNION SELECT 2", "SELECT INTO creates a table in line 1 column 20"},
        {"SELECT * FROM t FOR UPDATE", "FOR UPDATE and FOR SHARE lock rows"},
        {"SELECT * FROM (SELECT * FROM t FOR KEY SHARE) x", "FOR UPDATE and FOR SHARE lock rows"},
        {"WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a", "there is DELETE in it"},
        {"WITH a AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM a", "there is INSERT in it"},
        {"SELECT * FROM (WITH a AS (UPDATE t SET a = 1 RETURNING *) SELECT * FROM a) x",
         "there is UPDATE in it"},
        {"SELECT é +", "it is not understood: syntax error at end of input (PostgreSQL 15 grammar) in line 1 column 11"},
        {"SELECT JSON_ARRAY(1 NULL ON NULL)",
         "it is not understood: syntax error at or near \"NULL\" (PostgreSQL 15 grammar) in line 1 column 21"},
        {"\\! touch x", "it is not understood: syntax error at or near \"\\\" (PostgreSQL 15 grammar) in line 1 column 1"},
        {"SELECT '\xff'", "byte 9 of it is not UTF-8"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect_refused(cases[i][0], cases[i][1]);
}

static char *repeat(TALLOC_CTX *mem, const char *part, size_t n)
{
    size_t len = strlen(part);
    char *text = mem_array(mem, char, n * len + 1);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * len, part, len);
    return text;
}

static void test_guard_read__large(void **state)
{
    (void)state;
    SCRATCH(tmp);
    expect_names(mem_printf(tmp, "SELECT f(1)%s", repeat(tmp, " + f(1)", 20000)), "call f/1, operator +");
    expect_names(mem_printf(tmp, "SELECT 1%s", repeat(tmp, " ", GUARD_BYTES_MAX - 8)), "");
    expect_refused(mem_printf(tmp, "SELECT 1%s", repeat(tmp, " ", GUARD_BYTES_MAX - 7)),
                   "it is longer than 1048576 bytes");
    const char *open = repeat(tmp, "(", STATEMENT_DEPTH_MAX + 1);
    const char *close = repeat(tmp, ")", STATEMENT_DEPTH_MAX + 1);
    expect_refused(mem_printf(tmp, "SELECT %s1%s", open, close), "it is nested deeper than 2000 parentheses");
    expect_names(mem_printf(tmp, "SELECT %s1%s", open + 1, close + 1), "");
    expect_refused(mem_printf(tmp, "SELECT %s1", repeat(tmp, "CASE WHEN true THEN ", 4000)),
                   "it is not understood: nested too deep at or near \"WHEN\" (PostgreSQL 15 grammar) in line 1 column 39993");
}

static void test_guard_read__body(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct guard_names names;
    struct error err;
    assert_true(guard_read(tmp, "SELECT f($1); SELECT a + g($2);", GUARD_BODY, &names, &err));
    assert_string_equal(describe(tmp, &names), "call f/1, operator +, call g/1");
    assert_false(guard_read(tmp, "SELECT 1; DELETE FROM t", GUARD_BODY, &names, &err));
    assert_string_equal(err.message, "it is DELETE in line 1 column 11");
    assert_false(guard_read(tmp, "SHOW a", GUARD_BODY, &names, &err));
    assert_string_equal(err.message, "it is SHOW in line 1 column 1");
    assert_false(guard_read(tmp, " ", GUARD_BODY, &names, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guard_read__names),
        cmocka_unit_test(test_guard_read__refused),
        cmocka_unit_test(test_guard_read__large),
        cmocka_unit_test(test_guard_read__body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
