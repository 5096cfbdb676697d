/*
 * A flight and time: a clock that is set back, and a day of many points in memory that stays flat.
 *
 * Nothing is deployed: the world says GO to everything, and time passes at once.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/flying.h"
#include "memory_store.h"
#include <string.h>

#define MINUTES(n) ((int64_t)(n)*60 * 1000)
#define MANY_POINTS 1440

// --- a world in which time passes at once

static struct {
    int64_t now_ms;
    struct journal *journal;
    struct flight_reader *reader;
    size_t checks, bytes[2]; // of what is kept, after some of the points and at the end
} sim;

static int64_t sim_now(void *context)
{
    (void)context;
    return sim.now_ms++;
}

// The clock on the wall was set back by an hour.
static int64_t sim_wall_back(void *context)
{
    (void)context;
    return sim.now_ms - MINUTES(60);
}

static bool sim_sleep(void *context, int64_t ms, struct error *err)
{
    (void)context, (void)err;
    sim.now_ms = ms > sim.now_ms ? ms : sim.now_ms + 1000;
    return true;
}

static bool sim_poll(void *context, TALLOC_CTX *mem, const struct flight *flight, struct flight_answer *out,
                     struct error *err)
{
    (void)context, (void)mem, (void)flight, (void)err;
    *out = (struct flight_answer){.verdict = VERDICT_GO, .why = "polled"};
    return true;
}

static bool sim_verify(void *context, TALLOC_CTX *mem, const struct flight *flight, bool as_before,
                       struct flight_answer *out, struct error *err)
{
    (void)as_before;
    return sim_poll(context, mem, flight, out, err);
}

static void sim_tell(void *context, const struct flight *flight)
{
    (void)context;
    if (flight->state != FLIGHT_CHECKING)
        return;
    sim.checks++;
    if (sim.checks == 100 || sim.checks == MANY_POINTS)
        sim.bytes[sim.checks == MANY_POINTS] = talloc_total_size(sim.reader);
}

static struct flight *fly(const struct flight_world *world, struct flight_point *points, size_t n,
                          int64_t start_in_ms)
{
    const struct journal_place place = {.driver = &store_memory};
    const struct flying_options options = {.watch_ms = INT64_MAX};
    struct error err = {0};
    struct flight *flown;
    struct flight flight = {.id = "F-1", .points = points, .n_points = n};

    shelf_reset();
    memset(&sim, 0, sizeof sim);
    sim.now_ms = 1795000000000;
    flight.started_ms = sim.now_ms;
    flight.start_at_ms = sim.now_ms + start_in_ms;
    EXPECT_OK(journal_open(shelf.mem, &place, "F-1", &sim.journal, &err));
    EXPECT_OK(flight_begin(sim.journal, &flight, &err));
    sim.reader = flight_reader_make(shelf.mem, sim.journal, NULL, NULL, NULL);
    EXPECT_OK(flight_fly(sim.reader, sim.journal, world, &options, &flown, &err));
    assert_int_equal(flown->state, FLIGHT_DONE);
    return flown;
}

static const struct flight_world world = {
    .now_ms = sim_now, .sleep_until = sim_sleep, .poll = sim_poll, .verify = sim_verify, .tell = sim_tell};

// --- tests

struct seen {
    int64_t t0_ms, verified_ms, checked_ms[8];
    size_t n;
};

static bool see(void *context, const json_t *event)
{
    struct seen *seen = context;
    const json_t *data = json_object_get(event, "data");
    const char *state = json_get_text(data, "state");
    int64_t at_ms = json_get_integer(data, "at_ms", 0);

    if (state != NULL && strcmp(state, "confirming") == 0)
        seen->t0_ms = at_ms;
    else if (state != NULL && strcmp(state, "watching") == 0 && seen->verified_ms == 0)
        seen->verified_ms = at_ms;
    else if (state != NULL && strcmp(state, "checking") == 0 && seen->n < COUNT_OF(seen->checked_ms))
        seen->checked_ms[seen->n++] = at_ms;
    return true;
}

// T-0 is what people read from the wall; the points count from the verification, each once.
static void test_time__the_clock_is_set_back(void **state)
{
    (void)state;
    static struct flight_point points[] = {
        {.name = "T+30 min", .after_ms = MINUTES(30), .tolerance_ms = MINUTES(5)},
        {.name = "T+1 h", .after_ms = MINUTES(60), .tolerance_ms = MINUTES(5)},
        {.name = "T+24 h", .after_ms = MINUTES(24 * 60), .tolerance_ms = MINUTES(5)}};
    struct flight_world set_back = world;
    struct seen seen = {0};
    struct error err = {0};

    set_back.wall_ms = sim_wall_back;
    int64_t started_ms = fly(&set_back, points, COUNT_OF(points), MINUTES(10))->started_ms;
    EXPECT_OK(journal_read(sim.journal, 1, see, &seen, &err));
    assert_in_range(seen.t0_ms - started_ms, MINUTES(70), MINUTES(72));
    assert_int_equal(seen.n, COUNT_OF(points));
    for (size_t i = 0; i < COUNT_OF(points); i++)
        assert_in_range(seen.checked_ms[i] - seen.verified_ms, points[i].after_ms, points[i].after_ms + MINUTES(1));
    struct journal_verdict verdict;
    EXPECT_OK(journal_verify(sim.journal, NULL, &verdict, &err));
    assert_true(verdict.is_intact);
}

// What is kept of a flight does not grow with what happened.
static void test_time__a_day_of_many_points(void **state)
{
    (void)state;
    static struct flight_point points[MANY_POINTS];
    static char names[MANY_POINTS][16];

    for (size_t i = 0; i < MANY_POINTS; i++) {
        snprintf(names[i], sizeof names[i], "T+%zu min", i + 1);
        points[i] = (struct flight_point){
            .name = names[i], .after_ms = MINUTES((int64_t)i + 1), .tolerance_ms = MINUTES(1)};
    }
    struct flight *flown = fly(&world, points, MANY_POINTS, 0);
    assert_true(sim.now_ms - flown->started_ms >= MINUTES(24 * 60));
    assert_int_equal(sim.checks, MANY_POINTS);
    assert_true(sim.bytes[0] > 0);
    assert_in_range(sim.bytes[1], 1, sim.bytes[0] + 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time__the_clock_is_set_back),
        cmocka_unit_test(test_time__a_day_of_many_points),
    };
    int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    talloc_free(shelf.mem);
    return n_failed;
}
