/*
 * Flights and people in simulated time: nobody answers, points are missed, calls, deadlines that are kept, and a flight that
 * nobody flies any more.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flying_world.h"

static void test_nobody_answers(void **state)
{
    (void)state;
    static const struct example example = {"nobody answers", .is_unknown = RELEASE,
                                           .end = FLIGHT_NEEDS_PERSON,
                                           .effects = {0, 1, 1, 1, 1, 0, 0}};
    struct flying_options options = {.watch_ms = INT64_MAX, .is_waiting = true};
    struct error err;
    struct flight *flight;

    reset(&example);
    assert_true(begin(&err));
    struct flight_reader *reader = flight_reader_make(shelf.mem, sim.journal, NULL, NULL, "F-1");
    assert_true(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
    assert_int_equal(flight->state, FLIGHT_NEEDS_PERSON);
    assert_int_equal(sim.effects[BACK_RELEASE], 0); // nothing by itself
    assert_non_null(strstr(flight->why, "nobody answered in time"));
}

// How often the journal has an event.
struct counted {
    const char *name;
    size_t n;
    json_t *last; // its data
};

static bool count_one(void *context, const json_t *event)
{
    struct counted *counted = context;

    if (strcmp(json_get_text(event, "event"), counted->name) == 0) {
        counted->n++;
        json_decref(counted->last);
        counted->last = json_deep_copy(json_object_get(event, "data"));
    }
    return true;
}

static size_t count_events(const char *name, json_t **last)
{
    struct counted counted = {.name = name};
    struct error err;

    assert_true(journal_read(sim.journal, 1, count_one, &counted, &err));
    *last = json_keep(shelf.mem, counted.last == NULL ? json_null() : counted.last);
    return counted.n;
}

// Each of the three points is missed, told once, checked late and marked so.
static void test_missed_points(void **state)
{
    (void)state;
    static const struct example example = {"away", .oversleeps = true, .end = FLIGHT_DONE};
    struct flying_options options = {.watch_ms = INT64_MAX};
    struct error err;
    struct flight *flight;
    json_t *last;

    reset(&example);
    assert_true(begin(&err));
    struct flight_reader *reader = flight_reader_make(shelf.mem, sim.journal, NULL, NULL, "F-1");
    assert_true(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
    assert_int_equal(flight->state, FLIGHT_DONE);
    assert_int_equal(count_events(EVENT_POINT_MISSED, &last), 3);
    assert_string_equal(json_get_text(last, "point"), "T+24 h");
    assert_true(json_get_integer(last, "late_ms", 0) >= MINUTES(20));
    for (size_t i = 0; i < flight->n_points; i++) {
        assert_true(flight->points[i].missed_ms > 0);
        assert_true(flight_point_late_ms(flight, &flight->points[i]) >= MINUTES(20));
    }
    assert_int_equal(count_events(EVENT_FLIGHT_MOVED, &last) > 0, 1);
    assert_true(json_get_integer(json_object_get(last, "detail"), "late_ms", 0) >= MINUTES(20));
    assert_non_null(strstr(flight->why, "late by 20 min"));
    assert_int_equal(count_events(EVENT_CALLED, &last), 4); // three points, and its end
}

static void test_points_in_time(void **state)
{
    (void)state;
    static const struct example example = {"there", .end = FLIGHT_DONE};
    struct flying_options options = {.watch_ms = INT64_MAX};
    struct error err;
    struct flight *flight;
    json_t *last;

    reset(&example);
    assert_true(begin(&err));
    struct flight_reader *reader = flight_reader_make(shelf.mem, sim.journal, NULL, NULL, "F-1");
    assert_true(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
    assert_int_equal(count_events(EVENT_POINT_MISSED, &last), 0);
    assert_int_equal(flight_point_late_ms(flight, &flight->points[0]), 0);
    assert_int_equal(flight_verification_late_ms(flight, sim.now_ms), 0);
    assert_int_equal(count_events(EVENT_CALLED, &last), 1); // it is done
}

// A process that looks while nobody flies: missed once the tolerance is over, and not before.
static void test_when_a_point_is_missed(void **state)
{
    (void)state;
    struct flight_point point = {.after_ms = MINUTES(30), .tolerance_ms = MINUTES(5)};
    struct flight flight = {.state = FLIGHT_WATCHING, .verified_ms = MINUTES(1000)};

    assert_false(flight_point_is_missed(&flight, &point, MINUTES(1035) - 1));
    assert_true(flight_point_is_missed(&flight, &point, MINUTES(1035)));
    flight.state = FLIGHT_CHECKING;
    assert_false(flight_point_is_missed(&flight, &point, MINUTES(1035)));
    flight.state = FLIGHT_WATCHING;
    point.is_passed = true;
    assert_false(flight_point_is_missed(&flight, &point, MINUTES(1035)));
}

static void test_late_verification(void **state)
{
    (void)state;
    static const struct example example = {"slow", .end = FLIGHT_WATCHING};
    struct flying_options options = {.watch_ms = 0};
    struct error err;
    struct flight *flight;
    json_t *last;

    reset(&example);
    sim.verify_takes_ms = MINUTES(7);
    assert_true(begin(&err));
    struct flight_reader *reader = flight_reader_make(shelf.mem, sim.journal, NULL, NULL, "F-1");
    assert_true(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
    assert_int_equal(flight->state, FLIGHT_WATCHING);
    int64_t late_ms = flight_verification_late_ms(flight, sim.now_ms);
    assert_true(late_ms >= MINUTES(2) && late_ms < MINUTES(2) + 1000);
    count_events(EVENT_FLIGHT_MOVED, &last);
    assert_true(json_get_integer(json_object_get(last, "detail"), "late_ms", 0) >= MINUTES(2));
    assert_non_null(strstr(flight->why, "late by 2 min"));
}

// Called at once, and once more at each deadline, whoever flies on then.
static void test_called_again(void **state)
{
    (void)state;
    static const struct example example = {"a person is needed", .verify = VERDICT_NO_GO,
                                           .cannot_go_back = true, .nobody_takes = true};
    struct flying_options options = {.watch_ms = INT64_MAX};
    struct error err;
    struct flight *flight;
    json_t *last;

    reset(&example);
    assert_true(begin(&err));
    struct flight_reader *reader = flight_reader_make(shelf.mem, sim.journal, NULL, NULL, "F-1");
    assert_true(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
    assert_int_equal(flight->state, FLIGHT_NEEDS_PERSON);
    assert_int_equal(sim.n_calls, 1);
    assert_true(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
    assert_int_equal(sim.n_calls, 1);
    sim.now_ms += MINUTES(16);
    assert_true(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
    assert_int_equal(flight->state, FLIGHT_NEEDS_PERSON);
    assert_int_equal(sim.n_calls, 2);
    assert_int_equal(count_events(EVENT_CALL_FAILED, &last), 2);
    assert_int_equal(count_events(EVENT_CALLED, &last), 0);
}

// Whoever keeps the deadlines stays until somebody answers, and calls each quarter of an hour.
static void test_deadlines_are_kept(void **state)
{
    (void)state;
    static const struct example example = {"kept", .verify = VERDICT_NO_GO, .cannot_go_back = true};
    struct flying_options options = {.watch_ms = INT64_MAX, .is_keeping = true};
    struct error err;
    struct flight *flight;

    reset(&example);
    sim.asks_behind_calls = 4;
    assert_true(begin(&err));
    struct flight_reader *reader = flight_reader_make(shelf.mem, sim.journal, NULL, NULL, "F-1");
    assert_true(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
    assert_int_equal(flight->state, FLIGHT_CLOSED);
    assert_int_equal(sim.n_calls, 4);
    int64_t lasted_ms = sim.now_ms - flight->deployed_ms;
    assert_true(lasted_ms >= MINUTES(45) && lasted_ms < MINUTES(46));
}

// Who flew died in the midst of a deploy. The watch's timer calls people once, and flies nothing.
static void test_nobody_flies(void **state)
{
    (void)state;
    static const struct example example = {"left alone", .end = FLIGHT_DONE};
    static const struct store_lease pilot = {.owner = {.actor = "ana", .host = "build-7"}, .renewed_ms = 1795000000000};
    struct flying_options options = {.watch_ms = INT64_MAX};
    struct error err;
    struct flight *flight;
    json_t *last;

    reset(&example);
    sim.dies_at_act = 3;
    assert_true(begin(&err));
    struct flight_reader *reader = flight_reader_make(shelf.mem, sim.journal, NULL, NULL, "F-1");
    assert_false(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
    shelf.is_dead = false;
    sim.dies_at_act = NEVER;
    int64_t acts = sim.acts;
    for (int i = 0; i < 3; i++) {
        reader = flight_reader_make(shelf.mem, sim.journal, NULL, NULL, "F-1");
        assert_true(flight_raise_alarm(reader, sim.journal, &world, &pilot, &flight, &err));
        assert_int_equal(flight->state, FLIGHT_DEPLOYING);
        assert_int_equal(count_events(EVENT_PILOT_LOST, &last), 1);
        assert_string_equal(json_get_text(last, "host"), "build-7");
        assert_int_equal(sim.n_calls, 1);
    }
    assert_int_equal(sim.acts, acts);
    assert_true(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
    assert_int_equal(flight->state, FLIGHT_DONE);
    assert_int_equal(flight->lost_ms, 0);
    assert_int_equal(sim.n_calls, 2); // and it is done
    // An end needs nobody who flies.
    assert_true(flight_raise_alarm(reader, sim.journal, &world, &pilot, &flight, &err));
    assert_int_equal(count_events(EVENT_PILOT_LOST, &last), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_answers),
        cmocka_unit_test(test_missed_points),
        cmocka_unit_test(test_points_in_time),
        cmocka_unit_test(test_when_a_point_is_missed),
        cmocka_unit_test(test_late_verification),
        cmocka_unit_test(test_called_again),
        cmocka_unit_test(test_deadlines_are_kept),
        cmocka_unit_test(test_nobody_flies),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
