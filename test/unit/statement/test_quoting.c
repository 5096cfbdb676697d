/*
 * Names as a server takes them. Expected: PostgreSQL 15, pg_catalog.quote_ident; SQLite 3.40 takes a
 * name without quotes in any case.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expect.h"
#include "statement/quoting.h"

static void test_quoting_name__as_quote_ident(void **state)
{
    (void)state;
    static const struct {
        const char *name, *postgres, *sqlite;
    } cases[] = {
        {"emails", "emails", "emails"},
        {"Emails", "\"Emails\"", "Emails"},
        {"_a1", "_a1", "_a1"},
        {"1a", "\"1a\"", "\"1a\""},
        {"a b", "\"a b\"", "\"a b\""},
        {"a\"b", "\"a\"\"b\"", "\"a\"\"b\""},
        {"größe", "\"größe\"", "\"größe\""},
        {"", "\"\"", "\"\""},
        {"select", "\"select\"", "\"select\""},
        {"order", "\"order\"", "\"order\""},
        // Reserved in PostgreSQL as a function's name only, and there quote_ident quotes it.
        {"int", "\"int\"", "int"},
        // Not reserved in PostgreSQL, a keyword of SQLite.
        {"index", "index", "\"index\""},
        {"a$b", "\"a$b\"", "\"a$b\""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        assert_string_equal(quoting_name(tmp, DIALECT_POSTGRES, cases[i].name), cases[i].postgres);
        assert_string_equal(quoting_name(tmp, DIALECT_SQLITE, cases[i].name), cases[i].sqlite);
    }
}

static void test_quoting_relation__schema_in_front(void **state)
{
    (void)state;
    SCRATCH(tmp);
    assert_string_equal(
        quoting_relation(tmp, DIALECT_POSTGRES, (struct name){"Sales", "order"}),
        "\"Sales\".\"order\"");
    assert_string_equal(quoting_relation(tmp, DIALECT_POSTGRES, (struct name){NULL, "orders"}),
                        "orders");
}

static void test_quoting_text__quotes_doubled(void **state)
{
    (void)state;
    SCRATCH(tmp);
    assert_string_equal(quoting_text(tmp, "it's"), "'it''s'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quoting_name__as_quote_ident),
        cmocka_unit_test(test_quoting_relation__schema_in_front),
        cmocka_unit_test(test_quoting_text__quotes_doubled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
