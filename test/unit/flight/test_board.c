/*
 * The board of a flight: whole, and in as much room as there is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/board.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#define T0 ((int64_t)1795357800000) // 2026-11-22T14:30:00Z
#define MINUTES(n) ((int64_t)(n)*60 * 1000)

static struct step steps[] = {
    {.name = "backup", .kind = "backup", .phase = STEP_PREPARE, .state = STEP_DONE, .attempts = 1,
     .began_ms = T0 - MINUTES(20), .ended_ms = T0 - MINUTES(17)},
    {.name = "migrate", .kind = "migrate", .phase = STEP_DEPLOY, .state = STEP_BEGUN, .attempts = 2,
     .began_ms = T0 + MINUTES(1)},
    {.name = "release", .kind = "release", .phase = STEP_DEPLOY},
    {.name = "back.migrate", .kind = "undo", .phase = STEP_BACK, .undoes = "migrate"},
};
static struct flight_point points[] = {
    {.name = "T+30 min", .after_ms = MINUTES(30)},
    {.name = "T+24 h", .after_ms = MINUTES(24 * 60)},
};
static struct flight_gate gates[] = {
    {.name = "risk", .status = "UNKNOWN", .observed = "nobody said"},
    {.name = "friday", .status = "WAIVED", .observed = "it is Friday", .is_required = true},
    {.name = "target", .status = "PASS", .is_required = true},
};
static const struct store_lease pilot = {
    .owner = {.host = "build-7", .actor = "ana"},
    .is_held = true, .is_alive = true, .taken_ms = T0 - MINUTES(30),
};

static struct flight flight_in(enum flight_state state)
{
    struct flight flight = {
        .id = "F-1", .version = "v2", .environment = "production",
        .state = state, .entered_ms = T0, .start_at_ms = T0,
        .why = "the gates say GO: the target is changed",
        .poll = {.verdict = "GO", .gates = gates, .n_gates = COUNT_OF(gates)},
        .steps = steps, .n_steps = COUNT_OF(steps),
        .points = points, .n_points = COUNT_OF(points),
    };
    flight.reached_ms[FLIGHT_POLLING] = flight.reached_ms[FLIGHT_PREPARING] = T0 - MINUTES(30);
    flight.reached_ms[FLIGHT_CONFIRMING] = flight.reached_ms[FLIGHT_DEPLOYING] = T0;
    return flight;
}

static void check(const struct flight *flight, const struct board_options *options,
                  const char *expected)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    board_write_text(out, flight, options, "\n");
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void test_whole(void **state)
{
    (void)state;
    const struct flight flight = flight_in(FLIGHT_DEPLOYING);
    const struct board_options options = {
        .now_ms = T0 + MINUTES(3), .pilot = &pilot, .said = "orders: 12,000 of 200,000 (6%)"};

    check(&flight, &options,
          "flight F-1 of v2 to production\n"
          "T+00:03:00 at 14:33:00 UTC; T-0 was at 14:30:00\n"
          "flown by ana on build-7 since 14:00:00 UTC\n"
          "\n"
          "  T-30     ✓ gates         asked again at T-0\n"
          "           ✓ backup        3 min 0 s\n"
          "  T-0      ✓ gates         GO: 1 passed, 1 waived, 1 open but not required\n"
          "               WAIVED   friday: it is Friday\n"
          "           ▸ migrate       2 min 0 s, attempt 2\n"
          "               orders: 12,000 of 200,000 (6%)\n"
          "           · release\n"
          "  T+5 min  · verification\n"
          "  T+30 min · check\n"
          "  T+24 h   · check\n"
          "\n"
          "deploying: the flight changes the target\n"
          "  the gates say GO: the target is changed\n"
          "waits for step migrate, until 2026-11-23 14:30 UTC (23 h 57 min left)\n"
          "next: tminus hold\n"
          "      tminus abort\n");
}

// What matters least goes first; where it runs, what it waits for and the first command stay.
static void test_little_room(void **state)
{
    (void)state;
    const struct flight flight = flight_in(FLIGHT_DEPLOYING);
    struct board_options options = {.now_ms = T0 + MINUTES(3),
                                    .pilot = &pilot,
                                    .said = "orders: 12,000 of 200,000 (6%)",
                                    .size = {.width = 40, .height = 12}};

    check(&flight, &options,
          "flight F-1 of v2 to production\n"
          "T+00:03:00 at 14:33:00 UTC; T-0 was at …\n"
          "flown by ana on build-7 since 14:00:00 …\n"
          "  … 7 more\n"
          "  T-0      ▸ migrate       2 min 0 s, a…\n"
          "               orders: 12,000 of 200,00…\n"
          "           · release\n"
          "  T+5 min  · verification\n"
          "deploying: the flight changes the target\n"
          "  the gates say GO: the target is chang…\n"
          "waits for step migrate, until 2026-11-2…\n"
          "next: tminus hold\n");
    options.size = (struct board_size){.width = 20, .height = 3};
    check(&flight, &options,
          "flight F-1 of v2 to…\n"
          "T+00:03:00 at 14:33…\n"
          "  T-0      ▸ migrat…\n");
}

static void test_colors_and_ascii(void **state)
{
    (void)state;
    const struct flight flight = flight_in(FLIGHT_DEPLOYING);
    struct board_options options = {.now_ms = T0 + MINUTES(3),
                                    .pilot = &pilot,
                                    .size = {.width = 40, .height = 7, .is_colored = true}};

    options.size.is_ascii = true;
    check(&flight, &options,
          "flight F-1 of v2 to production\n"
          "T+00:03:00 at 14:33:00 UTC; T-0 was a...\n"
          "\033[2m  ... 11 more\033[0m\n"
          "  T-0      > migrate       2 min 0 s,...\n"
          "\033[32mdeploying: the flight changes the tar...\033[0m\n"
          "waits for step migrate, until 2026-11...\n"
          "next: tminus hold\n");
}

// Nobody flies: what was begun has no result, and the clock stands where it stood.
static void test_left_alone(void **state)
{
    (void)state;
    struct flight flight = flight_in(FLIGHT_DEPLOYING);
    struct store_lease gone = pilot;
    const struct board_options options = {.now_ms = T0 + MINUTES(3), .pilot = &gone};

    gone.is_alive = false;
    gone.age_ms = 60000;
    flight.n_points = 0;
    assert_int_equal(board_exit_status(&flight, &options), 3);
    check(&flight, &options,
          "flight F-1 of v2 to production\n"
          "T+00:03:00 at 14:33:00 UTC; T-0 was at 14:30:00\n"
          "flown by ana on build-7 since 14:00:00 UTC; it is gone: last heard of 1 min 0 s ago\n"
          "\n"
          "  T-30     ✓ gates         asked again at T-0\n"
          "           ✓ backup        3 min 0 s\n"
          "  T-0      ✓ gates         GO: 1 passed, 1 waived, 1 open but not required\n"
          "               WAIVED   friday: it is Friday\n"
          "           ? migrate       begun, and has no result, attempt 2\n"
          "           · release\n"
          "  T+5 min  · verification\n"
          "\n"
          "deploying: the flight changes the target\n"
          "ALARM: no tminus flies it any more\n"
          "  the gates say GO: the target is changed\n"
          "waits for somebody who flies on: no tminus is at work on it, until 2026-11-23 14:30 UTC "
          "(23 h 57 min left)\n"
          "next: tminus resume\n"
          "      tminus hold\n"
          "      tminus abort\n");
}

static void test_gates_hold(void **state)
{
    (void)state;
    struct flight flight = flight_in(FLIGHT_HOLDING);
    struct flight_gate open[] = {
        {.name = "restore-proof", .status = "FAIL", .observed = "it failed", .is_required = true},
        {.name = "approved", .status = "UNKNOWN", .observed = "nobody signed", .is_required = true},
    };
    const struct board_options options = {.now_ms = T0 + MINUTES(3)};

    flight.held = FLIGHT_CONFIRMING;
    flight.reached_ms[FLIGHT_DEPLOYING] = 0;
    flight.poll = (struct flight_poll){.verdict = "HOLD", .gates = open, .n_gates = 2};
    flight.why = "a required gate could not be answered";
    flight.n_steps = flight.n_points = 0;
    check(&flight, &options,
          "flight F-1 of v2 to production\n"
          "T+00:03:00 at 14:33:00 UTC; T-0 was at 14:30:00\n"
          "\n"
          "  T-30     ✓ gates         asked again at T-0\n"
          "  T-0      ? gates         HOLD: 0 passed\n"
          "               FAIL     restore-proof: it failed\n"
          "               UNKNOWN  approved: nobody signed\n"
          "               tminus poll says what is wanted, and what to type\n"
          "  T+5 min  · verification\n"
          "\n"
          "holding: the flight holds: a person says go or abort\n"
          "  a required gate could not be answered\n"
          "waits for a person: go or abort, until 15:30:00 UTC (57 min 0 s left)\n"
          "next: tminus go\n"
          "      tminus abort\n");
}

// A point that nobody checked is an alarm; one that was checked late, and a late verification, stay
// marked.
static void test_missed_point(void **state)
{
    (void)state;
    struct flight_point watched[] = {
        {.name = "T+30 min", .after_ms = MINUTES(30), .tolerance_ms = MINUTES(5), .is_passed = true,
         .missed_ms = T0 + MINUTES(60), .checked_ms = T0 + MINUTES(60)},
        {.name = "T+1 h", .after_ms = MINUTES(60), .tolerance_ms = MINUTES(5)},
    };
    struct flight flight = flight_in(FLIGHT_WATCHING);
    const struct board_options options = {.now_ms = T0 + MINUTES(90)};

    flight.n_steps = 0;
    flight.points = watched;
    flight.n_points = COUNT_OF(watched);
    flight.deployed_ms = flight.reached_ms[FLIGHT_VERIFYING] = T0 + MINUTES(10);
    flight.verified_ms = T0 + MINUTES(18);
    flight.why = "the point passed";
    assert_int_equal(board_exit_status(&flight, &options), 3);
    assert_int_equal(board_exit_status(&flight, &(struct board_options){.now_ms = T0 + MINUTES(83) - 1}), 0);
    check(&flight, &options,
          "flight F-1 of v2 to production\n"
          "T+01:30:00 at 16:00:00 UTC; T-0 was at 14:30:00\n"
          "\n"
          "  T-30     ✓ gates         asked again at T-0\n"
          "  T-0      ✓ gates         GO: 1 passed, 1 waived, 1 open but not required\n"
          "               WAIVED   friday: it is Friday\n"
          "  T+5 min  ✓ verification  14:48:00; WARN: late by 3 min 0 s\n"
          "  T+30 min ✓ check         15:30:00; missed, and checked 12 min 0 s late\n"
          "  T+1 h    ✗ check         missed: due at 15:48:00, and nobody checked\n"
          "\n"
          "watching: the flight waits for the next point of the watch\n"
          "ALARM: nobody checked T+1 h in time\n"
          "  the point passed\n"
          "waits for T+1 h at 15:48:00 UTC, until 15:53:00 UTC (that is over)\n"
          "next: tminus watch\n"
          "      tminus hold\n"
          "      tminus abort\n");
}

static void test_maintenance(void **state)
{
    (void)state;
    struct flight flight = flight_in(FLIGHT_DEPLOYING);
    struct board_options options = {.now_ms = T0 + MINUTES(3),
                                    .pilot = &pilot,
                                    .size = {.width = 70, .height = 6}};

    flight.maintenance = (struct maintenance_lease){.is_on = true, .until_ms = T0 + MINUTES(10)};
    assert_int_equal(board_exit_status(&flight, &options), 0);
    check(&flight, &options,
          "flight F-1 of v2 to production\n"
          "T+00:03:00 at 14:33:00 UTC; T-0 was at 14:30:00\n"
          "maintenance is on until 14:40:00 UTC\n"
          "  T-0      ▸ migrate       2 min 0 s, attempt 2\n"
          "deploying: the flight changes the target\n"
          "waits for step migrate, until 2026-11-23 14:30 UTC (23 h 57 min left)\n");
    options.now_ms = T0 + MINUTES(10);
    options.size.height = 4;
    assert_int_equal(board_exit_status(&flight, &options), 3);
    check(&flight, &options,
          "flight F-1 of v2 to production\n"
          "T+00:10:00 at 14:40:00 UTC; T-0 was at 14:30:00\n"
          "ALARM: maintenance is on, and was to end at 14:40:00 UTC\n"
          "  T-0      ▸ migrate       9 min 0 s, attempt 2\n");
}

// T-0 was an appointment, and passed by eight minutes before the gates were asked.
static void test_begun_late(void **state)
{
    (void)state;
    struct flight flight = flight_in(FLIGHT_DEPLOYING);
    const struct board_options options = {
        .now_ms = T0 + MINUTES(9), .pilot = &pilot, .size = {.width = 90, .height = 3}};

    flight.started_ms = T0 - MINUTES(30);
    flight.reached_ms[FLIGHT_CONFIRMING] = T0 + MINUTES(8);
    check(&flight, &options,
          "flight F-1 of v2 to production\n"
          "T+00:09:00 at 14:39:00 UTC; T-0 was at 14:30:00; WARN: begun 8 min 0 s late\n"
          "  T-0      ▸ migrate       8 min 0 s, attempt 2\n");
    flight.started_ms = T0; // at once: what took its time was the preparation
    check(&flight, &options,
          "flight F-1 of v2 to production\n"
          "T+00:09:00 at 14:39:00 UTC; T-0 was at 14:30:00\n"
          "  T-0      ▸ migrate       8 min 0 s, attempt 2\n");
}

// Instead of the watch, which is over; what stays is no part of the proof.
static void test_way_back(void **state)
{
    (void)state;
    struct step back[] = {{.name = "migrate", .kind = "migrate", .phase = STEP_DEPLOY,
                           .state = STEP_DONE},
                          {.name = "back.release", .kind = "release", .phase = STEP_BACK,
                           .argv = (const char *const[]){"tminus", NULL}, .state = STEP_BEGUN,
                           .attempts = 1, .began_ms = T0 + MINUTES(4)}};
    struct flight flight = flight_in(FLIGHT_ROLLING_BACK);
    const struct board_options options = {
        .now_ms = T0 + MINUTES(5), .pilot = &pilot, .size = {.width = 80, .height = 10}};

    flight.steps = back;
    flight.n_steps = COUNT_OF(back);
    flight.is_rolling_back = true;
    flight.methods = BACK_VERSION;
    flight.reached_ms[FLIGHT_VERIFYING] = T0 + MINUTES(3);
    flight.why = "the verification failed; what was done is taken back";
    check(&flight, &options,
          "flight F-1 of v2 to production\n"
          "T+00:05:00 at 14:35:00 UTC; T-0 was at 14:30:00\n"
          "flown by ana on build-7 since 14:00:00 UTC\n"
          "  … 4 more\n"
          "  T+5 min  ✗ verification\n"
          "  back     ▸ back.release  1 min 0 s\n"
          "           · proof         everything as after the migrations, which stay\n"
          "rolling_back: the flight takes back what was done\n"
          "  the verification failed; what was done is taken back\n"
          "waits for step back.release, until 18:30:00 UTC (3 h 55 min left)\n");
    flight.state = FLIGHT_ROLLED_BACK;
    assert_int_equal(board_exit_status(&flight, &options), 4);
}

static void test_clock(void **state)
{
    (void)state;
    static const struct {
        enum flight_state reached;
        bool is_back;
        const char *clock;
    } cases[] = {
        {FLIGHT_POLLING, false, "T-30"},     {FLIGHT_READY, false, "T-30"},
        {FLIGHT_CONFIRMING, false, "T-0"},   {FLIGHT_DEPLOYING, false, "T-0"},
        {FLIGHT_VERIFYING, false, "T+5 min"}, {FLIGHT_VERIFYING, true, "back"},
        {FLIGHT_WATCHING, false, "T+30 min"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct flight flight = {.state = cases[i].reached, .is_rolling_back = cases[i].is_back,
                                .points = points, .n_points = COUNT_OF(points)};
        for (int reached = 0; reached <= (int)cases[i].reached; reached++)
            flight.reached_ms[reached] = T0;
        flight.verified_ms = cases[i].reached == FLIGHT_WATCHING ? T0 : 0;
        assert_string_equal(board_clock(&flight), cases[i].clock);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_little_room),
        cmocka_unit_test(test_colors_and_ascii),
        cmocka_unit_test(test_left_alone),
        cmocka_unit_test(test_gates_hold),
        cmocka_unit_test(test_missed_point),
        cmocka_unit_test(test_maintenance),
        cmocka_unit_test(test_begun_late),
        cmocka_unit_test(test_way_back),
        cmocka_unit_test(test_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
