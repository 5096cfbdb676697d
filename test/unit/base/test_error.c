/*
 * Errors: filling, wrapping, and the exit statuses of man/tminus.1.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/error.h"
#include "expect.h"

static void test_error_set__fills_and_is_false(void **state)
{
    (void)state;
    struct error err = {.hint = "old", .sqlstate = "42601"};
    assert_false(error_set(&err, ERROR_INPUT, "%s: %s", "a.sql", "no such file"));
    assert_int_equal(err.code, ERROR_INPUT);
    assert_string_equal(err.message, "a.sql: no such file");
    assert_string_equal(err.hint, "");
    assert_string_equal(err.sqlstate, "");
}

static void test_error_set__takes_its_own_message(void **state)
{
    (void)state;
    struct error err = {0};
    error_set(&err, ERROR_DATABASE, "no such table");
    error_set(&err, ERROR_TAKEN_BACK, "%s, taken back", err.message);
    assert_string_equal(err.message, "no such table, taken back");
}

static void test_error_wrap__keeps_the_rest(void **state)
{
    (void)state;
    struct error err = {0};
    error_set(&err, ERROR_DATABASE, "no such table");
    assert_false(error_hint(&err, "make %s", "it"));
    memcpy(err.sqlstate, "42P01", 6);
    assert_false(error_wrap(&err, "while reading '%s'", "x"));
    assert_int_equal(err.code, ERROR_DATABASE);
    assert_string_equal(err.message, "while reading 'x': no such table");
    assert_string_equal(err.hint, "make it");
    assert_string_equal(err.sqlstate, "42P01");
}

static void test_error_wrap__too_long_is_cut(void **state)
{
    (void)state;
    struct error err = {0};
    error_set(&err, ERROR_INPUT, "%01500d", 0);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
    error_wrap(&err, "%01500d", 1);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
}

// man/tminus.1, EXIT STATUS.
static void test_error_exit_status__as_documented(void **state)
{
    (void)state;
    const struct {
        enum error_code code;
        int status;
        const char *name;
    } cases[] = {
        {ERROR_NONE, 0, "none"},
        {ERROR_USAGE, 2, "usage"},
        {ERROR_CONFIG, 2, "config"},
        {ERROR_INPUT, 2, "input"},
        {ERROR_SYSTEM, 2, "system"},
        {ERROR_IDENTITY, 1, "identity"},
        {ERROR_BASELINE, 1, "baseline"},
        {ERROR_UNREACHABLE, 3, "unreachable"},
        {ERROR_UNKNOWN, 3, "unknown"},
        {ERROR_DATABASE, 2, "database"},
        {ERROR_TAKEN_BACK, 4, "taken_back"},
        {ERROR_PARTIAL, 5, "partial"},
        {ERROR_POLICY, 6, "policy"},
        {ERROR_INTERRUPTED, 130, "interrupted"},
        {ERROR_INTERNAL, 2, "internal"},
    };
    assert_int_equal(COUNT_OF(cases), ERROR_CODE_COUNT);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(error_exit_status(cases[i].code), cases[i].status);
        assert_string_equal(error_code_name(cases[i].code), cases[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_set__fills_and_is_false),
        cmocka_unit_test(test_error_set__takes_its_own_message),
        cmocka_unit_test(test_error_wrap__keeps_the_rest),
        cmocka_unit_test(test_error_wrap__too_long_is_cut),
        cmocka_unit_test(test_error_exit_status__as_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
