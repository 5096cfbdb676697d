/*
 * PostgreSQL: queries and what they read and write.
 * Expected values: what the PostgreSQL 15 manual says that each statement does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "describe.h"

static void test_insert(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"INSERT INTO s.t AS x (a, b) VALUES (1, 2), (3, DEFAULT) RETURNING a",
         "INSERT: query <insert s.t alias=x columns a b returning values=2>"},
        {"INSERT INTO t DEFAULT VALUES", "INSERT: query <insert t default-values>"},
        {"INSERT INTO t VALUES ((SELECT max(a) FROM u))",
         "INSERT: query <insert t reads u values=1>"},
        {"INSERT INTO t (a) SELECT b FROM u WHERE c",
         "INSERT: query <insert t columns a reads u out «b» reads b as=b where «c» reads c>"},
        {"INSERT INTO t (a[1], b.c) TABLE x",
         "INSERT: query <insert t columns a b reads x out «*» reads *>"},
        {"INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING",
         "INSERT: query <insert t conflict=nothing values=1>"},
        {"INSERT INTO t SELECT a FROM s ON CONFLICT ON CONSTRAINT k DO UPDATE SET (a, b) = ROW "
         "(excluded.a, f((1, 2))), c = (1, 2), d = excluded.d WHERE x RETURNING z",
         "INSERT: query <insert t reads s out «a» reads a as=a set=a «excluded.a» reads a "
         "set=b «f((1, 2))» calls f set=c «(1, 2)» constant set=d «excluded.d» reads d "
         "conflict=update returning>"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_update(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"UPDATE t SET a = 1", "UPDATE: query <update t set=a «1» literal=1>"},
        {"UPDATE ONLY s.\"T\" AS x SET \"A b\" = \"C\", d = DEFAULT WHERE x.e = 1",
         "UPDATE: query <update s.T alias=x set=A b «\"C\"» reads C set=d «DEFAULT» where «x.e "
         "= 1» reads e>"},
        {"UPDATE t SET a = CASE WHEN b = 'y' THEN 1 ELSE b END, (c, d) = (SELECT x, y FROM z), "
         "(e, f) = (1, (2 + 3)) WHERE true",
         "UPDATE: query <update t reads z set=a «CASE WHEN b = 'y' THEN 1 ELSE b END» reads b "
         "case-else set=c «(SELECT x, y FROM z)» reads x y from z set=d «(SELECT x, y FROM z)» "
         "reads x y from z set=e «1» literal=1 set=f «(2 + 3)» constant where «true» "
         "literal=true true>"},
        {"UPDATE t SET a = b.c FROM b WHERE b.id = t.id",
         "UPDATE: query <update t reads b joins b set=a «b.c» reads c where «b.id = t.id» "
         "reads id>"},
        {"UPDATE t SET a = b.c FROM b JOIN c ON (b.id) = c.id LEFT JOIN d USING (x, y)",
         "UPDATE: query <update t reads b c d joins b c set=a «b.c» reads c on «(b.id) = c.id "
         "AND USING (x) AND USING (y)» reads id x y>"},
        {"UPDATE t SET a[1] = 2, b.c = 3, d = (SELECT x FROM y LIMIT 1) RETURNING *",
         "UPDATE: query <update t reads y set=a «2» literal=2 set=b «3» literal=3 set=d "
         "«(SELECT x FROM y LIMIT 1)» reads x from y returning>"},
        {"UPDATE t SET a = b IS DISTINCT FROM c, d = '=' FROM e",
         "UPDATE: query <update t reads e joins e set=a «b IS DISTINCT FROM c» reads b c set=d "
         "«'='» literal==>"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_delete(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"DELETE FROM t", "DELETE: query <delete t>"},
        {"DELETE FROM s.t AS x USING o, p WHERE o.id = x.id AND p.a",
         "DELETE: query <delete s.t alias=x reads o p joins o p where «o.id = x.id AND p.a» "
         "reads id a>"},
        {"DELETE FROM t WHERE a IN (SELECT id FROM b WHERE c = t.d) RETURNING *",
         "DELETE: query <delete t reads b where «a IN (SELECT id FROM b WHERE c = t.d)» reads "
         "a id c d from b returning>"},
        {"DELETE FROM t WHERE CURRENT OF c", "DELETE: query <delete t where «CURRENT OF c»>"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_merge(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"MERGE INTO t AS x USING s ON x.id = s.id WHEN MATCHED AND s.y THEN UPDATE SET a = "
         "s.a, b = CASE WHEN s.c THEN 1 END WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)",
         "MERGE: query <merge t alias=x columns id reads s set=a «s.a» reads a set=b «CASE WHEN s.c THEN "
         "1 END» reads c case on «x.id = s.id» reads id values=1>"},
        {"MERGE INTO t USING (SELECT * FROM u) s ON true WHEN MATCHED THEN DELETE WHEN NOT "
         "MATCHED THEN DO NOTHING",
         "MERGE: query <merge t reads u on «true» literal=true true merge-deletes>"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_select(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"SELECT 1", "SELECT: query <select out «1» literal=1>"},
        {"SELECT a AS \"from\", b \"c d\", e f, g.*, h.i, count(*) FROM t",
         "SELECT: query <select reads t out «a» reads a as=from out «b» reads b as=c d out «e» "
         "reads e as=f out «g.*» reads * out «h.i» reads i as=i out «count(*)» calls count>"},
        {"SELECT DISTINCT a FROM t GROUP BY a ORDER BY 1 LIMIT 3 FOR UPDATE",
         "SELECT: query <select reads t out «a» reads a as=a distinct group-by order-by limit "
         "locking>"},
        {"SELECT FROM t OFFSET 3", "SELECT: query <select reads t limit>"},
        {"TABLE x", "SELECT: query <select reads x out «*» reads *>"},
        {"VALUES (1), (2)", "VALUES: query <values values=2>"},
        {"SELECT a FROM x WHERE y UNION SELECT b FROM z WHERE w",
         "SELECT: query <select reads x z out «a» reads a as=a where «y» reads y set-operation>"},
        {"(SELECT a FROM x) ORDER BY 1",
         "SELECT: query <select reads x out «a» reads a as=a order-by>"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

// What stands before a RIGHT JOIN loses its rows without a partner, what stands before a LEFT JOIN
// not.
static void test_joins(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"SELECT * FROM a JOIN b ON a.x = b.x",
         "SELECT: query <select reads a b joins b out «*» reads * on «a.x = b.x» reads x>"},
        {"SELECT * FROM a LEFT JOIN b USING (x) JOIN c ON (c.y = 1)",
         "SELECT: query <select reads a b c joins c out «*» reads * on «USING (x) AND (c.y = "
         "1)» reads x y>"},
        {"SELECT * FROM a RIGHT JOIN b ON true",
         "SELECT: query <select reads a b joins b out «*» reads * on «true»>"},
        {"SELECT * FROM a FULL JOIN b ON left(a.x, 1) = b.x",
         "SELECT: query <select reads a b out «*» reads * on «left(a.x, 1) = b.x» reads x>"},
        {"SELECT * FROM a, b CROSS JOIN c NATURAL JOIN d",
         "SELECT: query <select reads a b c d joins b c d out «*» reads *>"},
        {"SELECT * FROM a JOIN (SELECT * FROM b JOIN c USING (z)) d ON a.x = d.x",
         "SELECT: query <select reads a b c joins b c out «*» reads * on «a.x = d.x» reads x>"},
        {"SELECT * FROM a LEFT JOIN (b JOIN c ON b.y = c.y) ON a.x = b.x, LATERAL f(a.x)",
         "SELECT: query <select reads a b c out «*» reads * on «b.y = c.y AND a.x = b.x» reads "
         "y x>"},
        {"WITH m AS (SELECT * FROM b) SELECT * FROM a JOIN m USING (x)",
         "SELECT: query <select reads b a joins m out «*» reads * on «USING (x)» reads x>"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

// A WITH query hides the table of its name, but not in its own body.
static void test_with(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"WITH t AS (SELECT * FROM t) SELECT * FROM t, s.t",
         "SELECT: query <select reads t s.t joins s.t out «*» reads *>"},
        {"WITH RECURSIVE r AS (SELECT * FROM a UNION SELECT * FROM r) SELECT * FROM r",
         "SELECT: query <select reads a out «*» reads *>"},
        {"WITH a AS (SELECT 1), b AS (SELECT * FROM a, c) SELECT * FROM b",
         "SELECT: query <select reads c out «*» reads *>"},
        {"WITH a AS (SELECT * FROM b), b AS (SELECT * FROM c) SELECT * FROM a",
         "SELECT: query <select reads b c out «*» reads *>"},
        {"WITH old AS (DELETE FROM t WHERE x RETURNING *) INSERT INTO archive SELECT * FROM old",
         "INSERT: query <insert archive out «*» reads * <delete t where «x» reads x returning>>"},
        {"WITH a AS (INSERT INTO b SELECT * FROM c RETURNING *), d AS (UPDATE e SET f = "
         "(SELECT g FROM a)) SELECT * FROM (WITH a AS (SELECT * FROM a) SELECT * FROM a) h",
         "SELECT: query <select out «*» reads * <insert b reads c out «*» reads * returning> "
         "<update e set=f «(SELECT g FROM a)» reads g>>"},
        {"SELECT * FROM x WHERE EXISTS (WITH y AS (SELECT * FROM z) SELECT * FROM y)",
         "SELECT: query <select reads x z out «*» reads * where «EXISTS (WITH y AS (SELECT * "
         "FROM z) SELECT * FROM y)» reads * from z>"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

// Every node that stands in expressions is gone through.
static void test_everything_that_a_query_can_hold(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"SELECT xmlelement(name a, xmlattributes(b as c), d), xmlforest(a, b), "
         "xmlserialize(document x AS text), x IS DOCUMENT, collation for (a), (a, b) < (c, d), "
         "(ROW(a)).b, arr[1:2], arr[i], f(x => 1), $1, grouping(a), coalesce(a, b), "
         "greatest(a,b), nullif(a, b), ARRAY[a, 2], a IS UNKNOWN, a IN (1, b), a = ANY (arr), "
         "EXISTS (SELECT 1), current_date, extract(year FROM a), substring(a FROM 1 FOR 2), "
         "trim(both FROM a), position('a' IN b), overlay(a placing b from 1), (a, b) OVERLAPS "
         "(c, d), a ISNULL, count(*) FILTER (WHERE z), sum(x) OVER (PARTITION BY p ORDER BY "
         "q), sum(x) OVER w, a LIKE b ESCAPE c, a SIMILAR TO b, -a, @ a, a "
         "OPERATOR(pg_catalog.+) b, INTERVAL '1' day, treat(a as int), normalize(a), "
         "U&'\\0041', B'1', 1.5, 99999999999 FROM t TABLESAMPLE bernoulli (1), ROWS FROM "
         "(f(a), g(b)) WITH ORDINALITY, XMLTABLE('/a' PASSING x COLUMNS b int PATH 'c' DEFAULT "
         "d), LATERAL (SELECT 1) q GROUP BY GROUPING SETS ((a), (b)), CUBE (c) WINDOW w AS "
         "(ORDER BY o) ORDER BY a USING < NULLS LAST OFFSET 3 ROWS FETCH FIRST 2 ROWS ONLY",
         "SELECT: query <select reads t out «xmlelement(name a, xmlattributes(b as c), d)» "
         "reads b d out «xmlforest(a, b)» reads a b out «xmlserialize(document x AS text)» "
         "reads x out «x IS DOCUMENT» reads x out «collation for (a)» reads a calls "
         "pg_catalog.pg_collation_for out «(a, b) < (c, d)» reads a b c d out «(ROW(a)).b» "
         "reads a out «arr[1:2]» reads arr out «arr[i]» reads arr i out «f(x => 1)» calls f "
         "out «$1» out «grouping(a)» reads a out «coalesce(a, b)» reads a b out "
         "«greatest(a,b)» reads a b out «nullif(a, b)» reads a b out «ARRAY[a, 2]» reads a out "
         "«a IS UNKNOWN» reads a out «a IN (1, b)» reads a b out «a = ANY (arr)» reads a arr "
         "out «EXISTS (SELECT 1)» out «current_date» calls current_date out «extract(year FROM "
         "a)» reads a calls pg_catalog.extract out «substring(a FROM 1 FOR 2)» reads a calls "
         "pg_catalog.substring out «trim(both FROM a)» reads a calls pg_catalog.btrim out "
         "«position('a' IN b)» reads b calls pg_catalog.position out «overlay(a placing b from "
         "1)» reads a b calls pg_catalog.overlay out «(a, b) OVERLAPS (c, d)» reads a b c d "
         "calls pg_catalog.overlaps out «a ISNULL» reads a out «count(*) FILTER (WHERE z)» "
         "reads z calls count out «sum(x) OVER (PARTITION BY p ORDER BY q)» reads x p q calls "
         "sum out «sum(x) OVER w» reads x calls sum out «a LIKE b ESCAPE c» reads a b c calls "
         "pg_catalog.like_escape out «a SIMILAR TO b» reads a b calls "
         "pg_catalog.similar_to_escape out «-a» reads a out «@ a» reads a out «a "
         "OPERATOR(pg_catalog.+) b» reads a b out «INTERVAL '1' day» literal=1 out «treat(a as "
         "int)» reads a calls pg_catalog.int4 out «normalize(a)» reads a calls "
         "pg_catalog.normalize out «U&'\\0041'» literal=A out «B'1'» literal=b1 out «1.5» "
         "literal=1.5 out «99999999999» literal=99999999999 group-by order-by limit>"},
        {"WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t) SEARCH DEPTH FIRST "
         "BY n SET o CYCLE n SET c USING p SELECT * FROM t",
         "SELECT: query <select out «*» reads *>"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_insert), cmocka_unit_test(test_update),
        cmocka_unit_test(test_delete), cmocka_unit_test(test_merge),
        cmocka_unit_test(test_select), cmocka_unit_test(test_joins),
        cmocka_unit_test(test_with),   cmocka_unit_test(test_everything_that_a_query_can_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
