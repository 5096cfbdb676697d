/*
 * Expectations: what a value may be, its words, and both ways through JSON.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/expected_value.h"
#include "expect.h"

static const struct {
    struct config_expectation expect;
    double value;
    const char *text;
    bool holds;
} rows[] = {
    {{.has_below = true, .below = 5}, 4.9, NULL, true},
    {{.has_below = true, .below = 5}, 5, NULL, false},
    {{.has_above = true, .above = 5}, 5, NULL, false},
    {{.has_above = true, .above = 5}, 5.1, NULL, true},
    // between: [1, 5] holds its bounds.
    {{.has_below = true, .below = 5, .has_above = true, .above = 1, .is_inclusive = true},
     1,
     NULL,
     true},
    {{.has_below = true, .below = 5, .has_above = true, .above = 1, .is_inclusive = true},
     5,
     NULL,
     true},
    {{.has_below = true, .below = 5, .has_above = true, .above = 1, .is_inclusive = true},
     5.1,
     NULL,
     false},
    {{.has_below = true, .below = 5, .has_above = true, .above = 1, .is_inclusive = true},
     0.9,
     NULL,
     false},
    {{.has_equals = true, .equals = "on"}, 0, "on", true},
    {{.has_equals = true, .equals = "on"}, 0, "off", false},
    {{.has_equals = true, .equals = "on"}, 0, NULL, false},
};

static void test_expectation_holds__bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (expected_value_holds(&rows[i].expect, rows[i].value, rows[i].text) != rows[i].holds)
            fail_msg("row %zu", i);
}

static void test_expectation_from_json__what_was_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        SCRATCH(tmp);
        json_auto_t *json = expected_value_to_json(&rows[i].expect);
        const struct config_expectation read = expected_value_from_json(tmp, json);
        if (expected_value_holds(&read, rows[i].value, rows[i].text) != rows[i].holds)
            fail_msg("row %zu", i);
        assert_string_equal(expected_value_text(tmp, &read),
                            expected_value_text(tmp, &rows[i].expect));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expectation_holds__bounds),
        cmocka_unit_test(test_expectation_from_json__what_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
