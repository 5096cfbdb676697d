/*
 * PostgreSQL: expressions, where they end in the text, and what is plain about them.
 * Expected values: what the PostgreSQL 15 manual says that each statement does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "describe.h"

static void test_texts_end_where_the_clause_ends(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY x) p, a.from, 'x'::timestamp with "
         "time zone t, left(a, 1) FROM a",
         "SELECT: query <select reads a out «percentile_disc(0.5) WITHIN GROUP (ORDER BY x)» "
         "reads x calls percentile_disc as=p out «a.from» reads from as=from out "
         "«'x'::timestamp with time zone» literal=x as=t out «left(a, 1)» reads a calls left>"},
        {"DELETE FROM t WHERE x AT TIME ZONE 'UTC' > now() AND y BETWEEN 1 AND 2 RETURNING 1",
         "DELETE: query <delete t where «x AT TIME ZONE 'UTC' > now() AND y BETWEEN 1 AND 2» "
         "reads x y calls pg_catalog.timezone now returning>"},
        {"SELECT 1 FROM t WHERE a IS DISTINCT FROM b GROUP BY 1",
         "SELECT: query <select reads t out «1» literal=1 where «a IS DISTINCT FROM b» reads a "
         "b group-by>"},
        {"SELECT 1 FROM t WHERE CASE WHEN a THEN b ELSE c END /* why */ = 2 -- end",
         "SELECT: query <select reads t out «1» literal=1 where «CASE WHEN a THEN b ELSE c END "
         "/* why */ = 2» reads a b c>"},
        {"DELETE FROM t WHERE \"where\" = '; WHERE (' AND b = $$;)$$",
         "DELETE: query <delete t where «\"where\" = '; WHERE (' AND b = $$;)$$» reads where b>"},
        {"SELECT 1 FROM t WHERE (a) = ((b)) WINDOW w AS ()",
         "SELECT: query <select reads t out «1» literal=1 where «(a) = ((b))» reads a b>"},
        {"UPDATE t SET a = (b), c = ((d) + (e)), f = ARRAY[1, 2]",
         "UPDATE: query <update t set=a «(b)» reads b set=c «((d) + (e))» reads d e set=f "
         "«ARRAY[1, 2]» constant>"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_constants(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"UPDATE t SET a = NULL, b = NULL::text, c = 'x' COLLATE \"C\", d = -1, e = 1 + 2, f = "
         "ARRAY['a'], g = '{}'::jsonb, h = CAST('1' AS int), i = true, j = 1.50, k = 'it''s', "
         "l = E'\\\\n'",
         "UPDATE: query <update t set=a «NULL» null set=b «NULL::text» null set=c «'x' COLLATE "
         "\"C\"» literal=x set=d «-1» literal=-1 set=e «1 + 2» constant set=f «ARRAY['a']» "
         "constant set=g «'{}'::jsonb» literal={} set=h «CAST('1' AS int)» literal=1 set=i "
         "«true» literal=true true set=j «1.50» literal=1.50 set=k «'it''s'» literal=it's "
         "set=l «E'\\\\n'» literal=\\n>"},
        {"UPDATE t SET a = now(), b = current_user, c = d, e = $1, f = (SELECT 1), g = DEFAULT",
         "UPDATE: query <update t set=a «now()» calls now set=b «current_user» calls "
         "current_user set=c «d» reads d set=e «$1» set=f «(SELECT 1)» set=g «DEFAULT»>"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_always_true(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"DELETE FROM t WHERE true; DELETE FROM t WHERE 1=1; DELETE FROM t WHERE 't' = 't'; "
         "DELETE FROM t WHERE 't'; DELETE FROM t WHERE 'yes'::boolean; DELETE FROM t WHERE NOT "
         "false; DELETE FROM t WHERE a = 1 OR true; DELETE FROM t WHERE true AND 2 > 1; DELETE "
         "FROM t WHERE 1 <> 2; DELETE FROM t WHERE 1 <= 1; DELETE FROM t WHERE 2 >= 1; DELETE "
         "FROM t WHERE 1 < 2; DELETE FROM t WHERE NULL IS NULL; DELETE FROM t WHERE 1 IS NOT "
         "NULL; DELETE FROM t WHERE true IS TRUE; DELETE FROM t WHERE NOT (1 = 2 OR false)",
         "DELETE: query <delete t where «true» literal=true true>\n"
         "DELETE: query <delete t where «1=1» constant true>\n"
         "DELETE: query <delete t where «'t' = 't'» constant true>\n"
         "DELETE: query <delete t where «'t'» literal=t true>\n"
         "DELETE: query <delete t where «'yes'::boolean» literal=yes true>\n"
         "DELETE: query <delete t where «NOT false» constant true>\n"
         "DELETE: query <delete t where «a = 1 OR true» reads a true>\n"
         "DELETE: query <delete t where «true AND 2 > 1» constant true>\n"
         "DELETE: query <delete t where «1 <> 2» constant true>\n"
         "DELETE: query <delete t where «1 <= 1» constant true>\n"
         "DELETE: query <delete t where «2 >= 1» constant true>\n"
         "DELETE: query <delete t where «1 < 2» constant true>\n"
         "DELETE: query <delete t where «NULL IS NULL» constant true>\n"
         "DELETE: query <delete t where «1 IS NOT NULL» constant true>\n"
         "DELETE: query <delete t where «true IS TRUE» constant true>\n"
         "DELETE: query <delete t where «NOT (1 = 2 OR false)» constant true>"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

// a = a is not true of NULL; 1.0 = 1.00 is true but not plainly.
static void test_not_plainly_true(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"DELETE FROM t WHERE a = a; DELETE FROM t WHERE false; DELETE FROM t WHERE 1 = 2; "
         "DELETE FROM t WHERE 1 > 1; DELETE FROM t WHERE 2 <= 1; DELETE FROM t WHERE a AND "
         "true; DELETE FROM t WHERE NULL; DELETE FROM t WHERE 1 IN (1); DELETE FROM t WHERE "
         "1.0 = 1.00; DELETE FROM t WHERE 'a' <> 'b'; DELETE FROM t WHERE NULL = NULL; DELETE "
         "FROM t WHERE NOT true; DELETE FROM t WHERE false IS TRUE; DELETE FROM t WHERE 'tr'; "
         "DELETE FROM t WHERE '1'::int = 1; DELETE FROM t WHERE a OR b; DELETE FROM t WHERE "
         "NULL IS NOT NULL",
         "DELETE: query <delete t where «a = a» reads a>\n"
         "DELETE: query <delete t where «false» literal=false>\n"
         "DELETE: query <delete t where «1 = 2» constant>\n"
         "DELETE: query <delete t where «1 > 1» constant>\n"
         "DELETE: query <delete t where «2 <= 1» constant>\n"
         "DELETE: query <delete t where «a AND true» reads a>\n"
         "DELETE: query <delete t where «NULL» null>\n"
         "DELETE: query <delete t where «1 IN (1)» constant>\n"
         "DELETE: query <delete t where «1.0 = 1.00» constant>\n"
         "DELETE: query <delete t where «'a' <> 'b'» constant>\n"
         "DELETE: query <delete t where «NULL = NULL» constant>\n"
         "DELETE: query <delete t where «NOT true» constant>\n"
         "DELETE: query <delete t where «false IS TRUE» constant>\n"
         "DELETE: query <delete t where «'tr'» literal=tr>\n"
         "DELETE: query <delete t where «'1'::int = 1» constant>\n"
         "DELETE: query <delete t where «a OR b» reads a b>\n"
         "DELETE: query <delete t where «NULL IS NOT NULL» constant>"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_proofs_of_not_null(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"DELETE FROM t WHERE a IS NOT NULL; DELETE FROM t WHERE (t.a IS NOT NULL AND b = 1) "
         "AND c IS NOT NULL; DELETE FROM t WHERE b = 1 AND (c = 2 AND a IS NOT NULL)",
         "DELETE: query <delete t where «a IS NOT NULL» reads a not-null=a>\n"
         "DELETE: query <delete t where «(t.a IS NOT NULL AND b = 1) AND c IS NOT NULL» reads "
         "a b c not-null=a>\n"
         "DELETE: query <delete t where «b = 1 AND (c = 2 AND a IS NOT NULL)» reads b c a "
         "not-null=a>"},
        {"DELETE FROM t WHERE a IS NOT NULL OR b; DELETE FROM t WHERE NOT a IS NOT NULL; "
         "DELETE FROM t WHERE lower(a) IS NOT NULL; DELETE FROM t WHERE a IS NULL",
         "DELETE: query <delete t where «a IS NOT NULL OR b» reads a b>\n"
         "DELETE: query <delete t where «NOT a IS NOT NULL» reads a>\n"
         "DELETE: query <delete t where «lower(a) IS NOT NULL» reads a calls lower>\n"
         "DELETE: query <delete t where «a IS NULL» reads a>"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_cases(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"UPDATE t SET a = CASE b WHEN 1 THEN 2 END, c = CASE WHEN b THEN 1 ELSE NULL END, d = "
         "(CASE WHEN b THEN 1 ELSE 2 END)::text, e = 1 + CASE WHEN b THEN 1 END",
         "UPDATE: query <update t set=a «CASE b WHEN 1 THEN 2 END» reads b case set=c «CASE "
         "WHEN b THEN 1 ELSE NULL END» reads b case-else set=d «(CASE WHEN b THEN 1 ELSE 2 "
         "END)::text» reads b case-else set=e «1 + CASE WHEN b THEN 1 END» reads b>"},
    };
    check_cases(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_end_where_the_clause_ends),
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_always_true),
        cmocka_unit_test(test_not_plainly_true),
        cmocka_unit_test(test_proofs_of_not_null),
        cmocka_unit_test(test_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
