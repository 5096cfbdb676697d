/*
 * Zones: days that change over at another hour, and the two nights of the year when clocks jump.
 *
 * Expected values: GNU date, TZ=ZONE date -d '2026-10-25 00:30Z'.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expect.h"

#include "base/clock.h"
#include "check/zone.h"
#include <stdlib.h>

static const struct {
    const char *zone, *at, *moment, *name, *weekday;
    int minute;
} cases[] = {
    {"UTC", "2026-11-22T10:00:00Z", "2026-11-22 10:00", "UTC", "sunday", 600},
    {"Europe/Berlin", "2026-11-26T23:30:00Z", "2026-11-27 00:30", "CET", "friday", 30},
    {"America/Los_Angeles", "2026-11-27T23:30:00Z", "2026-11-27 15:30", "PST", "friday", 930},
    {"Pacific/Auckland", "2026-11-26T12:00:00Z", "2026-11-27 01:00", "NZDT", "friday", 60},
    // In autumn half past two comes twice.
    {"Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25 02:30", "CEST", "sunday", 150},
    {"Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25 02:30", "CET", "sunday", 150},
    // In spring the hour from two to three is left out.
    {"Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29 01:59", "CET", "sunday", 119},
    {"Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29 03:00", "CEST", "sunday", 180},
    {"Asia/Kolkata", "2026-11-22T18:45:00Z", "2026-11-23 00:15", "IST", "monday", 15},
};

static void test_zone_time__what_the_wall_shows(void **state)
{
    (void)state;
    setenv("TZ", "Asia/Tokyo", 1);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};
        struct zone_time local;
        int64_t at_ms;
        EXPECT_OK(clock_parse(cases[i].at, &at_ms, &err));
        EXPECT_OK(zone_time(cases[i].zone, at_ms, &local, &err));
        assert_string_equal(local.moment, cases[i].moment);
        assert_string_equal(local.name, cases[i].name);
        assert_string_equal(zone_weekday(local.weekday), cases[i].weekday);
        assert_int_equal(local.minute, cases[i].minute);
        assert_string_equal(getenv("TZ"), "Asia/Tokyo");
    }
}

static void test_zone_time__this_machines(void **state)
{
    (void)state;
    struct error err = {0};
    struct zone_time local;

    setenv("TZ", "Asia/Tokyo", 1);
    EXPECT_OK(zone_time(NULL, 0, &local, &err));
    assert_string_equal(local.moment, "1970-01-01 09:00");
    unsetenv("TZ");
    EXPECT_OK(zone_time("Asia/Tokyo", 0, &local, &err));
    assert_null(getenv("TZ"));
}

// To the C library each of them is UTC.
static void test_zone_time__no_such_zone(void **state)
{
    (void)state;
    struct error err = {0};
    struct zone_time local;

    EXPECT_ERROR(zone_time("Europe/Berlni", 0, &local, &err), ERROR_CONFIG,
                 "no time zone 'Europe/Berlni' is known here");
    EXPECT_ERROR(zone_time("", 0, &local, &err), ERROR_CONFIG, "no time zone '' is known here");
    EXPECT_ERROR(zone_time("../../../etc/passwd", 0, &local, &err), ERROR_CONFIG,
                 "no time zone '../../../etc/passwd' is known here");
    EXPECT_ERROR(zone_time("/etc/passwd", 0, &local, &err), ERROR_CONFIG,
                 "no time zone '/etc/passwd' is known here");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zone_time__what_the_wall_shows),
        cmocka_unit_test(test_zone_time__this_machines),
        cmocka_unit_test(test_zone_time__no_such_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
