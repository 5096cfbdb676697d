/*
 * Clock: RFC 3339 in and out.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/memory.h"
#include "expect.h"

// Expected values: `date -u -d TIME +%s%3N` of GNU coreutils.
static const struct {
    const char *text;
    int64_t ms;
    const char *printed;
} cases[] = {
    {"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000Z"},
    {"2026-11-21T14:00:00.125Z", 1795269600125, "2026-11-21T14:00:00.125Z"},
    {"2026-11-21T14:00:00.5+02:00", 1795262400500, "2026-11-21T12:00:00.500Z"},
    {"2024-02-29T23:59:59-00:30", 1709252999000, "2024-03-01T00:29:59.000Z"},
    {"0226-11-21T14:00:00Z", -55007287200000, "0226-11-21T14:00:00.000Z"},
    {"1969-12-31T23:59:59.999Z", -1, "1969-12-31T23:59:59.999Z"},
};

static void test_clock_parse__and_format(void **state)
{
    (void)state;
    struct error err = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ms;
        EXPECT_OK(clock_parse(cases[i].text, &ms, &err));
        assert_int_equal(ms, cases[i].ms);
        assert_string_equal(clock_format(ms).text, cases[i].printed);
    }
}

static void test_clock_parse__refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "yesterday",
        "2026-11-21",
        "2026-11-21T14:00:00",      // no zone
        "2026-02-30T00:00:00Z",     // no such day
        "2026-13-01T00:00:00Z",     // no such month
        "2026-00-01T00:00:00Z",     // no such month
        "2026-11-21T24:00:00Z",     // no such hour
        "2026-11-21T14:00:00.Z",    // no digits
        "2026-11-21T14:00:00Z ",    // more
        "2026-11-21T14:00:00+0200", // not RFC 3339
    };
    SCRATCH(tmp);
    struct error err = {0};
    int64_t ms;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        EXPECT_ERROR(
            clock_parse(bad[i], &ms, &err), ERROR_INPUT,
            mem_printf(tmp, "'%s' is no time of the form 2026-11-21T14:00:00Z (RFC 3339)", bad[i]));
}

static void test_clock__goes_on(void **state)
{
    (void)state;
    int64_t before_ms = clock_monotonic_ms();
    assert_true(clock_wall_ms() > 1700000000000);
    assert_true(clock_monotonic_ms() >= before_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clock_parse__and_format),
        cmocka_unit_test(test_clock_parse__refuses),
        cmocka_unit_test(test_clock__goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
