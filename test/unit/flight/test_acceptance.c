/*
 * Acceptance: which kinds a verification's document names, and which of them a go covers.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/acceptance.h"
#include "base/error.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static char *kinds_of(TALLOC_CTX *mem, const char *text)
{
    struct error err;
    json_t *document;
    assert_true(json_read("document", text, strlen(text), &document, &err));
    return acceptance_kinds(mem, json_keep(mem, document));
}

// As `tminus verify --format json` prints them.
static void test_acceptance_kinds__of_tables(void **state)
{
    (void)state;
    SCRATCH(tmp);
    assert_string_equal(
        kinds_of(tmp, "{\"tables\": [{\"table\": \"main.orders\", \"missing_keys\": 1, \"extra_keys\": 43,"
                      " \"missing\": {\"unattributed\": 1}, \"extra\": {\"unattributed\": 43},"
                      " \"differs\": [{\"column\": \"status\", \"rows\": 3, \"unattributed\": 3},"
                      " {\"column\": \"cents\", \"rows\": 9, \"by_migration\": 9, \"unattributed\": 0}]},"
                      " {\"table\": \"main.notes\", \"missing_keys\": 0, \"extra_keys\": 2,"
                      " \"extra\": {\"unattributed\": 2}, \"differs\": []}],"
                      " \"invariants\": [{\"name\": \"I18/orders\", \"status\": \"FAIL\"}]}"),
        "main.orders: new rows\nmain.orders: missing rows\nmain.orders: another status\nmain.notes: new rows");
}

static void test_acceptance_kinds__of_checks_alone(void **state)
{
    (void)state;
    SCRATCH(tmp);
    assert_string_equal(kinds_of(tmp, "{\"tables\": [{\"table\": \"main.orders\", \"differs\": []}], \"invariants\":"
                                      " [{\"name\": \"I16/orders\", \"status\": \"FAIL\"}, {\"name\": \"I5\", \"status\": \"PASS\"}]}"),
                        "I16/orders: failed");
    assert_null(kinds_of(tmp, "{\"tables\": [], \"invariants\": []}"));
}

static void test_acceptance_covers__line_by_line(void **state)
{
    (void)state;
    SCRATCH(tmp);
    assert_false(acceptance_covers(NULL, "a: new rows"));
    assert_true(acceptance_covers("a: new rows", "a: new rows"));
    assert_false(acceptance_covers("a: new rows", "a: new"));
    assert_false(acceptance_covers("a: new", "a: new rows"));
    assert_false(acceptance_covers("aa: new rows", "a: new rows"));
    const char *both = acceptance_joined(tmp, acceptance_joined(tmp, NULL, "a: new rows"), "b: missing rows\na: another x");
    assert_true(acceptance_covers(both, "a: another x\na: new rows"));
    assert_true(acceptance_covers(both, "b: missing rows"));
    assert_false(acceptance_covers(both, "a: new rows\nb: new rows"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_acceptance_kinds__of_tables),
        cmocka_unit_test(test_acceptance_kinds__of_checks_alone),
        cmocka_unit_test(test_acceptance_covers__line_by_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
