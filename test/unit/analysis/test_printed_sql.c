/*
 * Printed SQL: expressions as written beside what PostgreSQL 15.20 printed of them (pg_get_expr).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "judged.h"
#include "analysis/printed_sql.h"

static const struct {
    const char *written, *printed;
    bool is_same;
} cases[] = {
    {"'new'", "'new'::text", true},
    {"-1", "'-1'::integer", true},
    {"'x'", "'x'::character varying", true},
    {"'{}'", "'{}'::text[]", true},
    {"current_date", "CURRENT_DATE", true},
    {"n >= 0 and status <> ''", "((n >= (0)::numeric) AND (status <> ''::text))", true},
    {"n >= 0 and status != ''", "((n >= (0)::numeric) AND (status <> ''::text))", true},
    {"k in ('a','x')", "((k)::text = ANY ((ARRAY['a'::character varying, 'x'::character varying])::text[]))", true},
    {"status LIKE 'a%'", "(status ~~ 'a%'::text)", true},
    {"at > '2024-01-01'", "(at > '2024-01-01 00:00:00'::timestamp without time zone)", false}, // as it is typed
    {"price < 10.5::numeric(10,2) and ok", "((price < (10.5)::numeric(10,2)) AND ok)", true},
    {"m = 'sad'", "(m = 'sad'::public.mood)", true},
    {"a and b", "(a OR b)", false},
    {"n > 0", "(n > 1)", false},
    {"n > 0", "(m > 0)", false},
    {"status = 'A'", "(status = 'a'::text)", false},
    {"k in ('a','x')", "((k)::text = ANY ((ARRAY['a'::character varying, 'y'::character varying])::text[]))", false},
};

static void test_printed_sql_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (printed_sql_same(cases[i].written, cases[i].printed) != cases[i].is_same)
            fail_msg("%s, %s", cases[i].written, cases[i].printed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_printed_sql_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
