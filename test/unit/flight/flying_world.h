/*
 * A world for flights of tests: time passes at once, and an example of flying_examples.h says what goes wrong.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_FLYING_WORLD_H
#define TEST_FLYING_WORLD_H

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

static int tear_down(void **state)
{
    (void)state;
    talloc_free(shelf.mem);
    shelf.mem = NULL;
    return 0;
}

#endif
