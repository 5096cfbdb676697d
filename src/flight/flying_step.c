/*
 * Flying a step: its intent, the act, and what is seen of it; what was begun is read back first.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/flying_parts.h"
#include "journal/events.h"

static bool note_step(struct flying *flying, struct step *step, const struct step_result *result,
                      bool was_read_back, struct error *err)
{
    json_t *data = flying_event(flying);
    int64_t took_ms = flying->world->now_ms(flying->world->context) - step->began_ms;
    // After a crash nothing was done: it begins anew, and the flight stays where it is.
    bool is_anew = was_read_back && result->state == STEP_PENDING;
    bool left_nothing = !was_read_back && result->state == STEP_PENDING;
    enum step_state outcome = left_nothing ? STEP_FAILED : result->state;
    enum flight_occurrence occurrence = OCCURRED_STEP_FAILED;

    step->state = outcome;
    step->left_nothing = left_nothing;
    if (outcome == STEP_UNKNOWN)
        occurrence = OCCURRED_STEP_UNKNOWN;
    else if (outcome == STEP_DONE)
        occurrence =
            flight_next_step(flying->flight) == NULL ? OCCURRED_STEPS_DONE : OCCURRED_STEP_DONE;
    json_put_text(data, "step", step->name);
    json_put_text(data, "outcome", step_state_name(outcome));
    json_put_text(data, "said", result->why);
    json_put_integer(data, "took_ms", took_ms);
    json_put_bool(data, "was_read_back", was_read_back);
    json_put_bool(data, "left_nothing", left_nothing);
    if (result->evidence != NULL)
        json_put(data, "evidence", result->evidence);
    if (is_anew) {
        json_put_text(data, "state", flight_state_name(flying->flight->state));
        json_put_text(data, "why", result->why);
    } else if (!flying_put_transition(flying, data, occurrence, result->why)) {
        bug("%s in state %s", flight_occurrence_name(occurrence),
            flight_state_name(flying->flight->state));
    }
    return flying_append(flying, EVENT_STEP_ENDED, data, err);
}

static bool begin_step(struct flying *flying, const struct step *step, struct error *err)
{
    json_t *data = flying_event(flying);

    json_put_text(data, "step", step->name);
    json_put_integer(data, "attempt", step->attempts + 1);
    return flying_append(flying, EVENT_STEP_STARTED, data, err);
}

// What the act said, beside what is seen from outside: a command's word is not believed alone.
static void compare(TALLOC_CTX *mem, const struct step_result *seen, struct step_result *said)
{
    const char *saw = seen->why == NULL ? step_state_name(seen->state) : seen->why;

    bool is_nothing = seen->state == STEP_PENDING && seen->is_proof && !seen->is_partly;
    if (said->state == STEP_FAILED || (said->state == STEP_UNKNOWN && is_nothing)) {
        said->state = is_nothing ? STEP_PENDING : STEP_FAILED; // failed, and nothing of it was done
        return;
    }
    if (said->state == seen->state)
        return;
    said->why = mem_printf(mem, "%s seen from outside: %s",
                           said->state == STEP_DONE ? "it ended as done, but"
                           : said->why != NULL      ? mem_printf(mem, "%s;", said->why)
                                                    : "its end is not known;",
                           saw);
    said->state = seen->state == STEP_PENDING ? STEP_FAILED : seen->state;
}

static bool do_step(struct flying *flying, TALLOC_CTX *tmp, struct step *step, struct error *err)
{
    const struct flight_world *world = flying->world;
    struct step_result said = {0}, seen = {0};

    TRY(begin_step(flying, step, err));
    TRY(world->act(world->context, tmp, flying->flight, step, &said, err));
    TRY(world->read_back(world->context, tmp, flying->flight, step, &seen, err));
    compare(tmp, &seen, &said);
    if (seen.evidence != NULL && said.evidence == NULL)
        said.evidence = seen.evidence;
    else
        json_decref(seen.evidence);
    return note_step(flying, step, &said, false, err);
}

// Nothing of it is to be seen, and yet it may come: on another machine its command goes on. Begun
// here too, it would run twice at once.
static bool look_for_stray(struct flying *flying, TALLOC_CTX *tmp, const struct step *step,
                           struct step_result *seen, struct error *err)
{
    const struct flight_world *world = flying->world;
    const char *stray = NULL;

    if (seen->state != STEP_PENDING || world->find_stray == NULL)
        return true;
    TRY(world->find_stray(world->context, tmp, flying->flight, step, &stray, err));
    if (stray == NULL)
        return true;
    seen->state = STEP_UNKNOWN;
    seen->why = mem_printf(tmp, "%s%s%s", stray, seen->why == NULL ? "" : "; ",
                           seen->why == NULL ? "" : seen->why);
    return true;
}

// Begun by a process that is gone, or unknown: what became of it?
static bool settle_step(struct flying *flying, TALLOC_CTX *tmp, struct step *step,
                        struct error *err)
{
    const struct flight_world *world = flying->world;
    struct step_result seen = {0};

    TRY(world->read_back(world->context, tmp, flying->flight, step, &seen, err));
    if (seen.state == STEP_FAILED) // half of it: nothing here can tell how to go on
        seen.state = STEP_UNKNOWN;
    TRY(look_for_stray(flying, tmp, step, &seen, err));
    return note_step(flying, step, &seen, true, err);
}

// Is it about to go back, and began no step of that since it was sent? What ends a maintenance is
// never in anybody's way.
static bool is_back_to_be_checked(const struct flight *flight)
{
    bool has_lasting = false;

    if (flight->state != FLIGHT_ROLLING_BACK)
        return false;
    for (size_t i = 0; i < flight->n_steps; i++) {
        const struct step *step = &flight->steps[i];
        if (step->phase != STEP_BACK || !flight_is_called_for(flight, step))
            continue;
        if (step->attempts > 0 && step->began_ms >= flight->entered_ms)
            return false;
        has_lasting =
            has_lasting || (step->state != STEP_DONE && flight_step_method(step) != BACK_WHOLE);
    }
    return has_lasting;
}

bool flying_step(struct flying *flying, struct error *err)
{
    SCRATCH(tmp);
    const struct flight_world *world = flying->world;
    struct step *step = flight_next_step(flying->flight);
    const char *refused = NULL;

    if (step == NULL)
        return flying_move(flying, OCCURRED_STEPS_DONE, NULL, NULL, err);
    if (world->check_back != NULL && is_back_to_be_checked(flying->flight))
        TRY(world->check_back(world->context, tmp, flying->flight, &refused, err));
    if (refused != NULL)
        return flying_move(flying, OCCURRED_BACK_REFUSED, refused, NULL, err);
    if (step->state == STEP_BEGUN || step->state == STEP_UNKNOWN)
        return settle_step(flying, tmp, step, err);
    return do_step(flying, tmp, step, err);
}
