/*
 * Flights: their plan as the first event has it, and what a view says; see flight.h. The view
 * itself is made in flight_reader.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/flight.h"
#include "journal/events.h"
#include <string.h>

static const char *const state_names[] = {
    [STEP_PENDING] = "pending", [STEP_BEGUN] = "begun",     [STEP_DONE] = "done",
    [STEP_FAILED] = "failed",   [STEP_UNKNOWN] = "unknown",
};
_Static_assert(COUNT_OF(state_names) == STEP_STATE_COUNT, "one name each");

static const char *const phase_names[] = {
    [STEP_PREPARE] = "prepare",
    [STEP_DEPLOY] = "deploy",
    [STEP_BACK] = "back",
};
_Static_assert(COUNT_OF(phase_names) == STEP_PHASE_COUNT, "one name each");

const char *step_state_name(enum step_state state)
{
    return state_names[state];
}

const char *step_phase_name(enum step_phase phase)
{
    return phase_names[phase];
}

enum step_state step_state_named(const char *name)
{
    int state = 0;

    while (state < STEP_STATE_COUNT && (name == NULL || strcmp(state_names[state], name) != 0))
        state++;
    return (enum step_state)state;
}

enum step_phase step_phase_named(const char *name)
{
    int phase = 0;

    while (phase < STEP_PHASE_COUNT && (name == NULL || strcmp(phase_names[phase], name) != 0))
        phase++;
    return (enum step_phase)phase;
}

// --- the start

static json_t *step_json(const struct step *step)
{
    json_t *object = json_object();

    json_put_text(object, "name", step->name);
    json_put_text(object, "phase", phase_names[step->phase]);
    json_put_text(object, "kind", step->kind);
    if (step->argv != NULL) {
        json_t *argv = json_put_array(object, "argv");
        for (size_t i = 0; step->argv[i] != NULL; i++)
            json_array_append_new(argv, json_text(step->argv[i]));
    }
    if (step->undoes != NULL)
        json_put_text(object, "undoes", step->undoes);
    json_put_integer(object, "timeout_ms", step->timeout_ms);
    if (step->settings != NULL)
        json_put(object, "settings", json_deep_copy(step->settings));
    return object;
}

static void put_way_back(json_t *data, const struct flight_way_back *way_back)
{
    if (way_back->class == NULL)
        return;
    json_t *object = json_put_object(data, "way_back");
    json_put_text(object, "class", way_back->class);
    json_put_text(object, "reason", way_back->reason);
    json_put_integer(object, "rows_lost", way_back->rows_lost);
    json_put_text(object, "old_release_survives", way_back->old_release_survives);
}

json_t *flight_plan_json(const struct flight *flight)
{
    json_t *data = json_object();

    json_put_text(data, "flight", flight->id);
    json_put_integer(data, "at_ms", flight->started_ms);
    json_put_text(data, "service", flight->service);
    json_put_text(data, "environment", flight->environment);
    json_put_text(data, "version", flight->version);
    json_put_text(data, "digest", flight->digest);
    json_put_integer(data, "start_at", flight->start_at_ms);
    json_put_bool(data, "after_release", flight->is_after_release);
    json_put_integer(data, "after_release_pending", flight->n_after_release);
    json_put_bool(data, "can_go_back", flight->can_go_back);
    if (flight->target != NULL)
        json_put(data, "target", json_deep_copy(flight->target));
    put_way_back(data, &flight->way_back);
    json_put_text(data, "state", flight_state_name(flight->state));
    json_t *steps = json_put_array(data, "steps");
    for (size_t i = 0; i < flight->n_steps; i++)
        json_array_append_new(steps, step_json(&flight->steps[i]));
    json_t *points = json_put_array(data, "points");
    for (size_t i = 0; i < flight->n_points; i++) {
        json_t *point = json_object();
        json_put_text(point, "name", flight->points[i].name);
        json_put_integer(point, "after_ms", flight->points[i].after_ms);
        json_put_integer(point, "tolerance_ms", flight->points[i].tolerance_ms);
        json_array_append_new(points, point);
    }
    return data;
}

// --- what the view says

struct step *flight_step(const struct flight *flight, const char *name)
{
    for (size_t i = 0; name != NULL && i < flight->n_steps; i++)
        if (strcmp(flight->steps[i].name, name) == 0)
            return &flight->steps[i];
    return NULL;
}

static bool is_begun(const struct step *step)
{
    return step->state != STEP_PENDING && !step->left_nothing;
}

enum back_method flight_step_method(const struct step *step)
{
    const char *back = json_get_text(step->settings, "back");

    if (strcmp(step->kind, "maintenance") == 0) // it ends whichever way back is flown
        return BACK_WHOLE;
    if (back != NULL)
        return strcmp(back, "migration") == 0 ? BACK_MIGRATION : BACK_VERSION;
    return strcmp(step->kind, "undo") == 0 ? BACK_MIGRATION : BACK_VERSION;
}

// What it undoes was begun: what failed half-way is taken back too.
bool flight_is_called_for(const struct flight *flight, const struct step *step)
{
    const struct step *undone = flight_step(flight, step->undoes);

    if (step->phase != STEP_BACK)
        return true;
    if (step->argv == NULL && strcmp(step->kind, "release") == 0) // nobody knows what ran before
        return false;
    return (undone == NULL || is_begun(undone)) &&
           (flight->methods & flight_step_method(step)) != 0;
}

static enum step_phase phase_of(const struct flight *flight)
{
    if (flight->is_rolling_back)
        return STEP_BACK;
    return flight->state == FLIGHT_POLLING || flight->state == FLIGHT_PREPARING ? STEP_PREPARE
                                                                                : STEP_DEPLOY;
}

struct step *flight_next_step(const struct flight *flight)
{
    enum step_phase phase = phase_of(flight);

    for (size_t i = 0; i < flight->n_steps; i++) {
        struct step *step = &flight->steps[i];
        if (step->phase == phase && step->state != STEP_DONE && flight_is_called_for(flight, step))
            return step;
    }
    return NULL;
}

// Its step back is done; of one that has none nothing is left to be done once the others went back.
static bool is_taken_back(const struct flight *flight, const struct step *step)
{
    for (size_t i = 0; i < flight->n_steps; i++) {
        const struct step *back = &flight->steps[i];
        if (back->phase == STEP_BACK && back->undoes != NULL &&
            strcmp(back->undoes, step->name) == 0)
            return back->state == STEP_DONE;
    }
    return flight->is_rolling_back;
}

static bool is_only_a_look(const struct step *step)
{
    static const char *const kinds[] = {"wait", "notify", "verify", "tag"};
    const char *does = json_get_text(step->settings, "does");

    for (size_t i = 0; does != NULL && i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i], does) == 0)
            return true;
    return false;
}

const struct step *flight_final_step(const struct flight *flight)
{
    for (size_t i = 0; i < flight->n_steps; i++) {
        const struct step *step = &flight->steps[i];
        const char *undo = json_get_text(step->settings, "undo");
        if (step->phase == STEP_DEPLOY && is_begun(step) && undo != NULL &&
            strcmp(undo, "none") == 0)
            return step;
    }
    return NULL;
}

static bool stands(const struct flight *flight)
{
    for (size_t i = 0; i < flight->n_steps; i++) {
        const struct step *step = &flight->steps[i];
        if ((step->phase == STEP_DEPLOY && step->state != STEP_DONE) ||
            (step->phase == STEP_BACK && is_begun(step)))
            return false;
    }
    return true;
}

struct flight_facts flight_facts(const struct flight *flight)
{
    struct flight_facts facts = {.can_go_back =
                                     flight->can_go_back && flight_final_step(flight) == NULL,
                                 .is_open = flight->acceptance.open != NULL,
                                 .stands = stands(flight)};
    bool has_lasting = false; // more than a maintenance, which always ends

    for (size_t i = 0; i < flight->n_steps; i++) {
        const struct step *step = &flight->steps[i];
        if (step->phase != STEP_DEPLOY || !is_begun(step) || is_taken_back(flight, step))
            continue;
        if (is_only_a_look(step)) // a wait, a message, a comparison
            continue;
        facts.is_changed = true;
        has_lasting = has_lasting || strcmp(step->kind, "maintenance") != 0;
    }
    if (facts.is_changed && !has_lasting)
        facts.can_go_back = true;
    return facts;
}

int64_t flight_deadline_ms(const struct flight *flight)
{
    int64_t lasts = flight_state_deadline_ms(flight->state);
    int64_t from = flight->entered_ms;

    if (flight_state_is_end(flight->state))
        return 0;
    // Waiting for a moment that was chosen is no hang before that moment.
    if (flight->state == FLIGHT_READY && flight->start_at_ms > from)
        from = flight->start_at_ms;
    const struct flight_point *point = flight_next_point(flight);
    if (flight->state == FLIGHT_WATCHING && point != NULL)
        return flight_point_ms(flight, point) + point->tolerance_ms;
    return from + lasts;
}

const struct flight_point *flight_next_point(const struct flight *flight)
{
    for (size_t i = 0; i < flight->n_points; i++)
        if (!flight->points[i].is_passed)
            return &flight->points[i];
    return NULL;
}

int64_t flight_point_ms(const struct flight *flight, const struct flight_point *point)
{
    return flight->verified_ms + point->after_ms;
}

bool flight_point_is_missed(const struct flight *flight, const struct flight_point *point,
                            int64_t now_ms)
{
    return flight->state == FLIGHT_WATCHING && !point->is_passed &&
           now_ms >= flight_point_ms(flight, point) + point->tolerance_ms;
}

int64_t flight_point_late_ms(const struct flight *flight, const struct flight_point *point)
{
    int64_t late_ms = point->checked_ms - flight_point_ms(flight, point);

    return point->checked_ms > 0 && late_ms > point->tolerance_ms ? late_ms : 0;
}

int64_t flight_verification_late_ms(const struct flight *flight, int64_t now_ms)
{
    int64_t ended_ms = flight->verified_ms > 0 ? flight->verified_ms : now_ms;
    int64_t late_ms = ended_ms - flight->deployed_ms - FLIGHT_VERIFY_WITHIN_MS;
    bool is_over = flight->verified_ms == 0 && flight->state != FLIGHT_VERIFYING &&
                   flight->state != FLIGHT_HOLDING;

    return flight->deployed_ms > 0 && !is_over && late_ms > 0 ? late_ms : 0;
}

bool flight_needs_pilot(const struct flight *flight)
{
    enum flight_action action = flight_state_action(flight->state);

    return action != ACTION_END && action != ACTION_ASK && flight->state != FLIGHT_WATCHING;
}

bool flight_is_call_due(const struct flight *flight)
{
    return flight->alarm_sequence > flight->called_sequence;
}
