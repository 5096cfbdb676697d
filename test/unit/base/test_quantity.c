/*
 * Quantities: durations, shares, sizes, counts; in and out.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "expect.h"

static void test_quantity_read_duration(void **state)
{
    (void)state;
    const struct {
        const char *text;
        int64_t ms;
    } cases[] = {{"200ms", 200},  {"90s", 90000},    {"5m", 300000},
                 {"1h", 3600000}, {"7d", 604800000}, {"1.5s", 1500},
                 {"0s", 0},       {"5 m", 300000},   {"0.1ms", 0}};
    static const char *const bad[] = {"",     "5",   "-5m", "m",   "5 minutes",          "1e3s",
                                      "5m5s", " 5m", "5M",  "1.s", "99999999999999999d", "nan",
                                      "0x10s"};
    SCRATCH(tmp);
    struct error err = {0};
    int64_t ms;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        EXPECT_OK(quantity_read_duration(cases[i].text, &ms, &err));
        assert_int_equal(ms, cases[i].ms);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        EXPECT_ERROR(
            quantity_read_duration(bad[i], &ms, &err), ERROR_CONFIG,
            mem_printf(tmp, "'%s' is no duration such as 200ms, 90s, 5m, 1h or 7d", bad[i]));
}

static void test_quantity_read_share(void **state)
{
    (void)state;
    struct error err = {0};
    double share;
    EXPECT_OK(quantity_read_share("0.1%", &share, &err));
    assert_true(share > 0.000999 && share < 0.001001);
    EXPECT_OK(quantity_read_share("100 %", &share, &err));
    assert_true(share >= 1 && share <= 1);
    EXPECT_ERROR(quantity_read_share("0.1", &share, &err), ERROR_CONFIG,
                 "'0.1' is no share such as 0.1% or 5%");
    EXPECT_ERROR(quantity_read_share("-1%", &share, &err), ERROR_CONFIG,
                 "'-1%' is no share such as 0.1% or 5%");
    EXPECT_ERROR(quantity_read_share("101%", &share, &err), ERROR_CONFIG,
                 "'101%' is more than 100%");
}

static void test_quantity_read_size(void **state)
{
    (void)state;
    const struct {
        const char *text;
        int64_t bytes;
    } cases[] = {{"512", 512},    {"64MB", 67108864},      {"2GB", 2147483648},
                 {"1.5KB", 1536}, {"1TiB", 1099511627776}, {"7B", 7}};
    static const char *const bad[] = {"", "64 megabytes", "-1", "64mb", "9999999999TB"};
    SCRATCH(tmp);
    struct error err = {0};
    int64_t bytes;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        EXPECT_OK(quantity_read_size(cases[i].text, &bytes, &err));
        assert_int_equal(bytes, cases[i].bytes);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        EXPECT_ERROR(quantity_read_size(bad[i], &bytes, &err), ERROR_CONFIG,
                     mem_printf(tmp, "'%s' is no size such as 512, 64MB or 2GB", bad[i]));
}

static void test_quantity_read_integer(void **state)
{
    (void)state;
    struct error err = {0};
    int64_t value;
    EXPECT_OK(quantity_read_integer("-12", &value, &err));
    assert_int_equal(value, -12);
    EXPECT_OK(quantity_read_integer("9223372036854775807", &value, &err));
    assert_int_equal(value, INT64_MAX);
    EXPECT_ERROR(quantity_read_integer("9223372036854775808", &value, &err), ERROR_CONFIG,
                 "'9223372036854775808' is too large");
    EXPECT_ERROR(quantity_read_integer("1.5", &value, &err), ERROR_CONFIG,
                 "'1.5' is no whole number");
    EXPECT_ERROR(quantity_read_integer(" 1", &value, &err), ERROR_CONFIG,
                 "' 1' is no whole number");
    EXPECT_ERROR(quantity_read_integer("", &value, &err), ERROR_CONFIG, "'' is no whole number");
}

static void test_quantity_print(void **state)
{
    (void)state;
    SCRATCH(tmp);
    assert_string_equal(quantity_duration(tmp, 0), "0 ms");
    assert_string_equal(quantity_duration(tmp, 999), "999 ms");
    assert_string_equal(quantity_duration(tmp, 1234), "1.2 s");
    assert_string_equal(quantity_duration(tmp, 59999), "59 s");
    assert_string_equal(quantity_duration(tmp, 200000), "3 min 20 s");
    assert_string_equal(quantity_duration(tmp, 3 * 3600000 + 61000), "3 h 1 min");
    assert_string_equal(quantity_duration(tmp, 49 * 3600000), "2 d 1 h");
    assert_string_equal(quantity_count(tmp, 0), "0");
    assert_string_equal(quantity_count(tmp, 999), "999");
    assert_string_equal(quantity_count(tmp, 200000), "200,000");
    assert_string_equal(quantity_count(tmp, -1234567), "-1,234,567");
    assert_string_equal(quantity_count(tmp, -123), "-123");
    assert_string_equal(quantity_size(tmp, 1023), "1023 B");
    assert_string_equal(quantity_size(tmp, 1024), "1.0 KB");
    assert_string_equal(quantity_size(tmp, 1048575), "1.0 MB");
    assert_string_equal(quantity_size(tmp, 1503238553), "1.4 GB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantity_read_duration), cmocka_unit_test(test_quantity_read_share),
        cmocka_unit_test(test_quantity_read_size),     cmocka_unit_test(test_quantity_read_integer),
        cmocka_unit_test(test_quantity_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
