/*
 * Whole flights in simulated time: each example flown without a break, and then killed at every
 * point there is (before and after each event, before and after each effect) and flown on by
 * another process. The end must be the same, and no effect may happen twice.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flying_world.h"

static bool fly_once(struct flight **out, struct error *err)
{
    struct flying_options options = {.watch_ms = INT64_MAX};
    struct flight_reader *reader = flight_reader_make(shelf.mem, sim.journal, NULL, NULL, NULL);

    TRY(flight_refresh(reader, out, err));
    if (*out == NULL)
        TRY(begin(err));
    for (;;) {
        TRY(flight_fly(reader, sim.journal, &world, &options, out, err));
        bool waits = (*out)->state == FLIGHT_HOLDING || (*out)->state == FLIGHT_NEEDS_PERSON ||
                     (sim.example->asks_at_end && flight_state_is_end((*out)->state));
        if (!waits || sim.has_asked || sim.example->asks == NULL)
            return true;
        const char *seen = sim.effects[sim.example->is_unknown] > 0 ? "done" : "again";
        const struct flight_wish wish = {.asks = sim.example->asks, .reason = "seen",
                                         .answer = sim.example->answers ? seen : NULL,
                                         .methods = sim.example->methods,
                                         .to = sim.example->to,
                                         .allowed_by = sim.example->allowed_by};
        TRY(flight_ask(sim.journal, *out, &wish, err));
        sim.has_asked = true;
    }
}

// With at most one death. Gives the number of events.
static size_t fly(const struct example *example, const char *where)
{
    struct error err = {0};
    struct flight *flight = NULL;

    if (!fly_once(&flight, &err)) {
        if (!shelf.is_dead)
            fail_msg("%s, %s: %s", example->name, where, err.message);
        shelf.dies_at = sim.dies_at_act = sim.dies_at_call = NEVER;
        if (!fly_once(&flight, &err))
            fail_msg("%s, resumed after death %s: %s", example->name, where, err.message);
    }
    if (flight->state != example->end)
        fail_msg("%s, %s: ended %s instead of %s (%s)", example->name, where,
                 flight_state_name(flight->state), flight_state_name(example->end), flight->why);
    for (int i = 0; i < STEPS; i++)
        if (sim.effects[i] != example->effects[i])
            fail_msg("%s, %s: step %d took effect %d times instead of %d", example->name, where, i,
                     sim.effects[i], example->effects[i]);
    if (flight_is_call_due(flight))
        fail_msg("%s, %s: people were not called for event %lld", example->name, where,
                 (long long)flight->alarm_sequence);
    struct journal_verdict verdict;
    assert_true(journal_verify(sim.journal, NULL, &verdict, &err));
    assert_true(verdict.is_intact);
    return shelf.n;
}

static void test_flights(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        reset(&examples[i]);
        fly(&examples[i], "not killed");
    }
}

// How often an example was killed.
static size_t kill_everywhere(const struct example *example)
{
    SCRATCH(tmp);
    reset(example);
    int64_t n_events = (int64_t)fly(example, "not killed");
    int64_t n_acts = sim.acts, n_calls = (int64_t)sim.n_calls;
    size_t kills = 0;

    for (int after = 0; after < 2; after++) {
        for (int64_t i = 0; i < n_events; i++, kills++) {
            reset(example);
            shelf.dies_at = i;
            shelf.dies_after = after == 1;
            fly(example, mem_printf(tmp, "killed %s event %lld", after ? "after" : "before",
                                    (long long)i + 1));
        }
        for (int64_t i = 0; i < n_calls; i++, kills++) {
            reset(example);
            sim.dies_at_call = i;
            sim.dies_after_call = after == 1;
            fly(example, mem_printf(tmp, "killed %s call %lld", after ? "after" : "before",
                                    (long long)i + 1));
        }
        for (int64_t i = 0; i < n_acts; i++, kills++) {
            reset(example);
            sim.dies_at_act = i;
            sim.dies_after_effect = after == 1;
            fly(example, mem_printf(tmp, "killed %s effect %lld", after ? "after" : "before",
                                    (long long)i + 1));
        }
    }
    return kills;
}

static void test_kill_matrix(void **state)
{
    (void)state;
    size_t kills = 0;

    for (size_t i = 0; i < COUNT_OF(examples); i++)
        kills += kill_everywhere(&examples[i]);
    print_message("# killed and resumed %zu times\n", kills);
    assert_true(kills > 400);
}

// Killed on another machine within the release, of which nothing is seen yet: never begun here by itself.
static struct flight *die_within_release(struct flight_reader **reader)
{
    static const struct example example = {"elsewhere", .end = FLIGHT_DONE};
    struct flying_options options = {.watch_ms = INT64_MAX};
    struct error err;
    struct flight *flight;

    reset(&example);
    sim.dies_at_act = 3; // behind the backup, the tag and the migration
    assert_true(begin(&err));
    *reader = flight_reader_make(shelf.mem, sim.journal, NULL, NULL, "F-1");
    assert_false(flight_fly(*reader, sim.journal, &world, &options, &flight, &err));
    shelf.is_dead = false;
    sim.dies_at_act = NEVER;
    sim.has_stray = true;
    *reader = flight_reader_make(shelf.mem, sim.journal, NULL, NULL, "F-1");
    assert_true(flight_fly(*reader, sim.journal, &world, &options, &flight, &err));
    assert_int_equal(flight->state, FLIGHT_HOLDING);
    assert_int_equal(flight_step(flight, "release")->state, STEP_UNKNOWN);
    assert_non_null(strstr(flight->why, "it may be at work elsewhere"));
    assert_int_equal(sim.effects[RELEASE], 0);
    return flight;
}

static void test_a_stray_is_not_begun_again(void **state)
{
    (void)state;
    static const struct {
        const char *answer; // NULL: go alone, which looks again
        bool comes, is_gone;
        enum flight_state end;
        int effects;
    } cases[] = {
        {NULL, .end = FLIGHT_HOLDING},
        {NULL, .comes = true, .end = FLIGHT_DONE, .effects = 1},
        {NULL, .is_gone = true, .end = FLIGHT_DONE, .effects = 1},
        {"again", .end = FLIGHT_DONE, .effects = 1},
        {"done", .end = FLIGHT_DONE, .effects = 0},
    };
    struct flying_options options = {.watch_ms = INT64_MAX};
    struct error err;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct flight_reader *reader;
        struct flight *flight = die_within_release(&reader);
        const struct flight_wish go = {.asks = "go", .answer = cases[i].answer};
        sim.effects[RELEASE] += cases[i].comes;
        sim.has_stray = !cases[i].is_gone;
        assert_true(flight_ask(sim.journal, flight, &go, &err));
        assert_true(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
        assert_int_equal(flight->state, cases[i].end);
        assert_int_equal(sim.effects[RELEASE], cases[i].effects);
    }
}

// Traffic goes on: more of what a person said go to is not asked about again, another kind is.
static void test_kinds_are_accepted(void **state)
{
    (void)state;
    static const struct example example = {"traffic", .verify = VERDICT_HOLD, .checks = VERDICT_HOLD,
                                           .is_open = true, .end = FLIGHT_DONE};
    static const char *const found[] = {
        "orders: new rows",                        // behind the deploy: holds
        "orders: new rows\norders: another status", // behind the go: not what was seen
        "orders: new rows\norders: another status", // behind the next go
        "orders: another status",                  // T+30 min
        "orders: new rows\norders: missing rows",   // T+1 h: holds
        "orders: missing rows",                    // behind the go
        "orders: new rows"};                       // T+24 h
    static const enum flight_state stops[] = {FLIGHT_VERIFYING, FLIGHT_VERIFYING, FLIGHT_CHECKING};
    struct flying_options options = {.watch_ms = INT64_MAX};
    struct error err;
    struct flight *flight;

    reset(&example);
    sim.found = found;
    assert_true(begin(&err));
    struct flight_reader *reader = flight_reader_make(shelf.mem, sim.journal, NULL, NULL, "F-1");
    for (size_t i = 0; i < COUNT_OF(stops); i++) {
        assert_true(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
        assert_int_equal(flight->state, FLIGHT_HOLDING);
        assert_int_equal(flight->held, stops[i]);
        const struct flight_wish go = {.asks = "go"};
        assert_true(flight_ask(sim.journal, flight, &go, &err));
    }
    assert_true(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
    assert_int_equal(flight->state, FLIGHT_DONE);
    assert_int_equal(sim.n_verified, COUNT_OF(found));
    assert_non_null(strstr(flight->why, "of a kind that "));
}

static bool ask_of(const struct flight *flight, const char *asks, const char *reason)
{
    struct error err;
    const struct flight_wish wish = {.asks = asks, .reason = reason};
    return flight_ask(sim.journal, flight, &wish, &err);
}

static void test_hold_and_go_between_steps(void **state)
{
    (void)state;
    static const struct example example = {"held", .end = FLIGHT_DONE};
    struct flying_options options = {.watch_ms = INT64_MAX};
    struct error err;
    struct flight *flight;

    reset(&example);
    assert_true(begin(&err));
    struct flight_reader *reader = flight_reader_make(shelf.mem, sim.journal, NULL, NULL, "F-1");
    assert_true(flight_refresh(reader, &flight, &err));
    assert_true(ask_of(flight, "hold", "lunch"));
    assert_true(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
    assert_int_equal(flight->state, FLIGHT_HOLDING);
    assert_int_equal(flight->held, FLIGHT_POLLING);
    assert_int_equal(sim.acts, 0);
    assert_true(ask_of(flight, "go", NULL));
    assert_true(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
    assert_int_equal(flight->state, FLIGHT_DONE);
    // After the end every wish is refused, and told so; nothing is done.
    assert_true(ask_of(flight, "abort", "late"));
    int64_t acts = sim.acts;
    assert_true(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
    assert_int_equal(flight->state, FLIGHT_DONE);
    assert_int_equal(sim.acts, acts);
}

static void test_back_to_a_version_that_is_named(void **state)
{
    (void)state;
    static const struct example example = {"back to v1.1", .end = FLIGHT_DONE};
    struct flying_options options = {.watch_ms = INT64_MAX};
    struct error err;
    struct flight *flight;

    reset(&example);
    assert_true(begin(&err));
    struct flight_reader *reader = flight_reader_make(shelf.mem, sim.journal, NULL, NULL, "F-1");
    assert_true(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
    const struct flight_wish wish = {.asks = "rollback", .methods = BACK_VERSION, .to = "v1.1"};
    assert_true(flight_ask(sim.journal, flight, &wish, &err));
    assert_true(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
    assert_int_equal(flight->state, FLIGHT_ROLLED_BACK);
    assert_string_equal(flight_step(flight, "back.release")->argv[3], "v1.1");
    assert_int_equal(sim.effects[BACK_MIGRATE], 0);
    // What is left of it can be taken back later, and then nothing is left.
    const struct flight_wish rest = {.asks = "rollback", .methods = BACK_MIGRATION};
    assert_true(flight_ask(sim.journal, flight, &rest, &err));
    assert_true(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
    assert_int_equal(flight->state, FLIGHT_ROLLED_BACK);
    assert_int_equal(sim.effects[BACK_MIGRATE], 1);
    assert_false(flight_facts(flight).is_changed);
    int64_t acts = sim.acts;
    assert_true(flight_ask(sim.journal, flight, &rest, &err));
    assert_true(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
    assert_int_equal(sim.acts, acts);
}

static void test_a_watch_is_handed_over(void **state)
{
    (void)state;
    static const struct example example = {"watched", .end = FLIGHT_DONE};
    struct flying_options options = {.watch_ms = MINUTES(30)};
    struct error err;
    struct flight *flight;

    reset(&example);
    assert_true(begin(&err));
    struct flight_reader *reader = flight_reader_make(shelf.mem, sim.journal, NULL, NULL, "F-1");
    assert_true(flight_fly(reader, sim.journal, &world, &options, &flight, &err));
    assert_int_equal(flight->state, FLIGHT_WATCHING);
    assert_string_equal(flight_next_point(flight)->name, "T+1 h");
    assert_int_equal(flight->points[0].is_passed, true);
    // T-0 was half an hour after the start, and the first point half an hour after the
    // verification.
    assert_true(sim.now_ms - flight->started_ms >= MINUTES(60));
    assert_true(sim.now_ms - flight->started_ms < MINUTES(61));
}

static void test_an_event_that_cannot_be_read(void **state)
{
    (void)state;
    static const struct example example = {"odd", .end = FLIGHT_DONE};
    struct error err;
    struct flight *flight;
    json_t *data = json_object();

    reset(&example);
    assert_true(begin(&err));
    json_put_text(data, "flight", "F-1");
    json_put_text(data, "occurrence", "landed");
    json_put_text(data, "state", "on the moon");
    assert_true(journal_append(sim.journal, EVENT_FLIGHT_MOVED, data, &err));
    struct flight_reader *reader = flight_reader_make(shelf.mem, sim.journal, NULL, NULL, "F-1");
    assert_false(flight_refresh(reader, &flight, &err));
    assert_int_equal(err.code, ERROR_INPUT);
    assert_non_null(strstr(err.message, "event 2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flights),
        cmocka_unit_test(test_kill_matrix),
        cmocka_unit_test(test_a_stray_is_not_begun_again),
        cmocka_unit_test(test_kinds_are_accepted),
        cmocka_unit_test(test_hold_and_go_between_steps),
        cmocka_unit_test(test_back_to_a_version_that_is_named),
        cmocka_unit_test(test_a_watch_is_handed_over),
        cmocka_unit_test(test_an_event_that_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
