/*
 * Counts by the hour: what is read, what is refused, and what the gate makes of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "gate_facts.h"

#include "check/gate.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static bool read_text(const char *text, const char *zone, struct traffic *out, struct error *err)
{
    return traffic_read("hourly.csv", text, strlen(text), zone, out, err);
}

static void test_hours(void **state)
{
    (void)state;
    struct traffic traffic;
    struct error err;

    assert_true(read_text("hour,requests\n9,100\n09:00,300\n\"14:00\";5000\n# night\n\n3\t7.5\r\n",
                          "UTC", &traffic, &err));
    assert_float_equal(traffic_at(&traffic, 9), 200, 1e-9);
    assert_float_equal(traffic_at(&traffic, 14), 5000, 1e-9);
    assert_float_equal(traffic_at(&traffic, 3), 7.5, 1e-9);
    assert_int_equal(traffic_hours(&traffic), 3);
    assert_int_equal(traffic_busiest(&traffic), 14);
}

// 2026-07-15T22:00:00Z is midnight in Berlin, in summer time; in winter it would be 23:00.
static void test_moments(void **state)
{
    (void)state;
    struct traffic traffic;
    struct error err;

    if (!read_text("2026-07-15T22:00:00Z,40\n2026-11-15T22:00:00Z,60\n1795302000,10\n",
                   "Europe/Berlin", &traffic, &err))
        fail_msg("%s", err.message);
    assert_float_equal(traffic_at(&traffic, 0), 25, 1e-9); // 1795302000 is 2026-11-21T23:00:00Z
    assert_float_equal(traffic_at(&traffic, 23), 60, 1e-9);
    assert_false(read_text("2026-07-15T22:00:00Z,40\n", "Mars", &traffic, &err));
    assert_string_equal(err.message, "no time zone 'Mars' is known here");
}

static void test_lines_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"9,100\nten,5\n", "hourly.csv:2: its first field is no hour"},
        {"24,5\n", "hourly.csv:1: its first field is no hour"},
        {"-1,5\n", "hourly.csv:1: its first field is no hour"},
        {"9,100\n10\n", "hourly.csv:2: no count stands in it"},
        {"9,100\n10,\n", "hourly.csv:2: no count stands in it"},
        {"9,100\n10,-3\n", "hourly.csv:2: no count stands in it"},
        {"9,100\n10,nan\n", "hourly.csv:2: no count stands in it"},
        {"9,100\n10,5 and more\n", "hourly.csv:2: no count stands in it"},
    };
    struct traffic traffic;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};
        assert_false(read_text(cases[i].text, "UTC", &traffic, &err));
        assert_string_equal(err.message, cases[i].message);
        assert_int_equal(err.code, ERROR_INPUT);
    }
}

// --- the gate

static void check(struct good_facts *good, enum status status, const char *observed)
{
    SCRATCH(tmp);
    struct gate_answer answer = {0};

    judge_low_traffic(tmp, &good->facts, &answer);
    assert_int_equal(answer.status, status);
    assert_string_equal(answer.observed, observed);
}

static void test_gate(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct good_facts good;

    good_facts(tmp, &good);
    good.facts.traffic.sums[11] = 500; // just half
    check(&good, STATUS_PASS, "11:00 CET has 50 % of the busiest hour");
    good.facts.traffic.sums[11] = 510;
    check(&good, STATUS_FAIL, "11:00 CET has 51 % of the busiest hour");
    good.gates.traffic_below = 0.6;
    check(&good, STATUS_PASS, "11:00 CET has 51 % of the busiest hour");
    good.facts.traffic.n[5] = 0; // an hour without a count may be the busiest
    check(&good, STATUS_UNKNOWN, "23 of 24 hours have a count");
    good.facts.traffic_unknown = "hourly.csv: no such file";
    check(&good, STATUS_UNKNOWN, "hourly.csv: no such file");
    good.facts.has_traffic = false;
    check(&good, STATUS_UNKNOWN, "no counts by the hour are configured");
    good_facts(tmp, &good);
    for (int hour = 0; hour < TRAFFIC_HOURS; hour++)
        good.facts.traffic.sums[hour] = 0;
    check(&good, STATUS_UNKNOWN, "every hour counts 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hours),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_lines_that_are_none),
        cmocka_unit_test(test_gate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
