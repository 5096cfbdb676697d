/*
 * Whole flights in simulated time: each example flown without a break, and then killed at every
 * point there is (before and after each event, before and after each effect) and flown on by
 * another process. The end must be the same, and no effect may happen twice.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flying_examples.h"
#include "journal/events.h"
#include "memory_store.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#define MINUTES(n) ((int64_t)(n)*60 * 1000)

// --- a world in which time passes at once

static struct {
    const struct example *example;
    int64_t now_ms;
    int effects[STEPS]; // of the target: it outlives the process
    int64_t acts, dies_at_act;
    bool dies_after_effect;
    int64_t *called_about; // the events that people were called for: they outlive the process too
    size_t n_calls;
    int64_t dies_at_call;
    bool dies_after_call;
    int64_t verify_takes_ms;
    bool has_asked, has_stray;
    const char *const *found; // what each verification found that nobody can attribute; NULL: "found"
    size_t n_verified;
    size_t asks_behind_calls; // somebody aborts it then; 0: nobody does
    struct flight_reader *reader;
    struct journal *journal;
} sim;

static int index_of(const struct step *step)
{
    static const char *const names[] = {"tag",     "backup",       "migrate",
                                        "release", "back.release", "back.migrate",
                                        "grant",   "seal",         "back.grant"};
    for (int i = TAG; i < STEPS; i++)
        if (strcmp(names[i - TAG], step->name) == 0)
            return i;
    fail_msg("no step %s", step->name);
    return -1;
}

static int64_t sim_now(void *context)
{
    (void)context;
    return sim.now_ms++;
}

static bool sim_sleep(void *context, int64_t ms, struct error *err)
{
    (void)context;
    assert_true(ms > 0);
    if (sim.asks_behind_calls > 0 && sim.n_calls == sim.asks_behind_calls && !sim.has_asked) {
        const struct flight flight = {.id = "F-1"};
        const struct flight_wish wish = {.asks = "abort"};
        sim.has_asked = true;
        return flight_ask(sim.journal, &flight, &wish, err);
    }
    sim.now_ms = ms > sim.now_ms ? ms : sim.now_ms + 1;
    if (sim.example->oversleeps)
        sim.now_ms += MINUTES(20);
    return true;
}

static bool sim_poll(void *context, TALLOC_CTX *mem, const struct flight *flight,
                     struct flight_answer *out, struct error *err)
{
    (void)context, (void)mem, (void)flight, (void)err;
    *out = (struct flight_answer){.verdict = sim.has_asked ? VERDICT_GO : sim.example->poll,
                                  .why = "polled"};
    return true;
}

static bool sim_verify(void *context, TALLOC_CTX *mem, const struct flight *flight, bool as_before,
                       struct flight_answer *out, struct error *err)
{
    (void)context, (void)mem, (void)err;
    const struct example *example = sim.example;
    sim.now_ms += sim.verify_takes_ms;
    *out = (struct flight_answer){.verdict = as_before                          ? example->proof
                                             : flight->state == FLIGHT_CHECKING ? example->checks
                                                                                : example->verify};
    if (example->passes_later && sim.has_asked)
        out->verdict = VERDICT_GO;
    if (example->is_open && out->verdict == VERDICT_HOLD)
        out->unattributed = sim.found == NULL ? "found" : sim.found[sim.n_verified++], out->why = "a row differs";
    return true;
}

// An effect that happened already would happen again: that is what is counted.
static bool sim_act(void *context, TALLOC_CTX *mem, const struct flight *flight,
                    const struct step *step, struct step_result *out, struct error *err)
{
    (void)context, (void)mem, (void)flight;
    int index = index_of(step);
    int64_t number = sim.acts++;

    if (number == sim.dies_at_act && !sim.dies_after_effect)
        return die(err);
    out->state = STEP_DONE;
    if (index == sim.example->fails || index == sim.example->fails_unseen)
        out->state = STEP_FAILED;
    else if (index == sim.example->fails_half)
        out->state = STEP_FAILED, sim.effects[index]++;
    else if (index != sim.example->lies)
        sim.effects[index]++;
    return number == sim.dies_at_act ? die(err) : true;
}

static bool sim_read_back(void *context, TALLOC_CTX *mem, const struct flight *flight,
                          const struct step *step, struct step_result *out, struct error *err)
{
    (void)context, (void)mem, (void)flight, (void)err;
    int index = index_of(step);

    out->state = sim.effects[index] == 0 ? STEP_PENDING : STEP_DONE;
    out->is_proof = index != sim.example->fails_unseen;
    if (index == sim.example->fails_half && sim.effects[index] > 0)
        out->state = STEP_FAILED;
    if (index == sim.example->is_unknown && !sim.has_asked)
        out->state = STEP_UNKNOWN;
    return true;
}

static bool sim_find_stray(void *context, TALLOC_CTX *mem, const struct flight *flight,
                           const struct step *step, const char **out, struct error *err)
{
    (void)context, (void)mem, (void)flight, (void)step, (void)err;
    *out = sim.has_stray ? "it may be at work elsewhere" : NULL;
    return true;
}

static bool sim_check_back(void *context, TALLOC_CTX *mem, const struct flight *flight,
                           const char **refused, struct error *err)
{
    (void)context, (void)mem, (void)err;
    assert_int_equal(flight->state, FLIGHT_ROLLING_BACK);
    *refused = sim.example->is_blocked ? "somebody built upon it" : NULL;
    return true;
}

static char *sim_call_text(void *context, TALLOC_CTX *mem, const struct flight *flight)
{
    (void)context;
    return mem_printf(mem, "it is %s", flight_state_name(flight->state));
}

// Nobody is called twice for one event, whoever died when.
static bool sim_call(void *context, TALLOC_CTX *mem, const struct flight *flight, const char *text,
                     struct flight_call *out, struct error *err)
{
    (void)context, (void)mem;
    int64_t number = (int64_t)sim.n_calls;

    assert_non_null(strstr(text, flight_state_name(flight->state)));
    if (number == sim.dies_at_call && !sim.dies_after_call)
        return die(err);
    for (size_t i = 0; i < sim.n_calls; i++)
        assert_int_not_equal(sim.called_about[i], flight->alarm_sequence);
    *mem_append(shelf.mem, sim.called_about, sim.n_calls) = flight->alarm_sequence;
    out->is_taken = !sim.example->nobody_takes;
    out->why = "called";
    return number == sim.dies_at_call ? die(err) : true;
}

static void sim_tell(void *context, const struct flight *flight)
{
    (void)context;
    assert_true(flight->state < FLIGHT_STATE_COUNT);
}

static const struct flight_world world = {
    .now_ms = sim_now,
    .sleep_until = sim_sleep,
    .poll = sim_poll,
    .verify = sim_verify,
    .act = sim_act,
    .read_back = sim_read_back,
    .find_stray = sim_find_stray,
    .check_back = sim_check_back,
    .call_text = sim_call_text,
    .call = sim_call,
    .tell = sim_tell,
};

// --- flying

#define OWN_TAKEN_BACK "{\"does\": \"sql\", \"back\": \"migration\"}"
#define OWN_FINAL "{\"does\": \"command\", \"back\": \"version\", \"undo\": \"none\"}"

static const json_t *settings(const char *text)
{
    struct error err;
    json_t *settings;
    assert_true(json_read("settings", text, strlen(text), &settings, &err));
    return json_keep(shelf.mem, settings);
}

static bool begin(struct error *err)
{
    static const char *const back[] = {"tminus", "release", "--version", "v1.2.2", NULL};
    static struct step steps[9];
    struct step all[] = {
        {.name = "tag", .phase = STEP_PREPARE, .kind = "tag"},
        {.name = "backup", .phase = STEP_PREPARE, .kind = "backup"},
        {.name = "migrate", .phase = STEP_DEPLOY, .kind = "migrate"},
        {.name = "grant", .phase = STEP_DEPLOY, .kind = "step", .settings = settings(OWN_TAKEN_BACK)},
        {.name = "release", .phase = STEP_DEPLOY, .kind = "command"},
        {.name = "seal", .phase = STEP_DEPLOY, .kind = "step", .settings = settings(OWN_FINAL)},
        {.name = "back.release", .phase = STEP_BACK, .kind = "release", .argv = back, .undoes = "release"},
        {.name = "back.grant", .phase = STEP_BACK, .kind = "step", .undoes = "grant", .settings = settings(OWN_TAKEN_BACK)},
        {.name = "back.migrate", .phase = STEP_BACK, .kind = "undo", .undoes = "migrate"},
    };
    size_t n_steps = 0;
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (all[i].settings == NULL || sim.example->has_own)
            steps[n_steps++] = all[i];
    static struct flight_point points[] = {
        {.name = "T+30 min", .after_ms = MINUTES(30), .tolerance_ms = MINUTES(5)},
        {.name = "T+1 h", .after_ms = MINUTES(60), .tolerance_ms = MINUTES(5)},
        {.name = "T+24 h", .after_ms = MINUTES(24 * 60), .tolerance_ms = MINUTES(5)},
    };
    struct flight flight = {
        .id = "F-1",
        .service = "shop",
        .environment = "production",
        .version = "v1.2.3",
        .started_ms = sim.now_ms,
        .start_at_ms = sim.now_ms + MINUTES(30),
        .can_go_back = !sim.example->cannot_go_back,
        .steps = steps,
        .n_steps = n_steps,
        .points = points,
        .n_points = COUNT_OF(points),
    };
    return flight_begin(sim.journal, &flight, err);
}

// One process: until it ends or dies. The first one that is asked begins the flight.
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

static void reset(const struct example *example)
{
    const struct journal_place place = {.driver = &store_memory};
    struct error err;

    shelf_reset();
    memset(&sim, 0, sizeof sim);
    sim.dies_at_act = sim.dies_at_call = NEVER;
    sim.example = example;
    sim.now_ms = 1795000000000;
    assert_true(journal_open(shelf.mem, &place, "F-1", &sim.journal, &err));
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

static int tear_down(void **state)
{
    (void)state;
    talloc_free(shelf.mem);
    shelf.mem = NULL;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flights),
        cmocka_unit_test(test_kill_matrix),
        cmocka_unit_test(test_a_stray_is_not_begun_again),
        cmocka_unit_test(test_nobody_answers),
        cmocka_unit_test(test_missed_points),
        cmocka_unit_test(test_points_in_time),
        cmocka_unit_test(test_when_a_point_is_missed),
        cmocka_unit_test(test_late_verification),
        cmocka_unit_test(test_called_again),
        cmocka_unit_test(test_kinds_are_accepted),
        cmocka_unit_test(test_deadlines_are_kept),
        cmocka_unit_test(test_nobody_flies),
        cmocka_unit_test(test_hold_and_go_between_steps),
        cmocka_unit_test(test_back_to_a_version_that_is_named),
        cmocka_unit_test(test_a_watch_is_handed_over),
        cmocka_unit_test(test_an_event_that_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
