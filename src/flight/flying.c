/*
 * The loop that flies: see flying.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/flying_parts.h"
#include "flight/remains.h"
#include "journal/events.h"
#include <string.h>

// By which clock its state ends: that of the wall for an appointment, else that of durations.
static int64_t now_of(const struct flying *flying)
{
    const struct flight_world *world = flying->world;

    return flying->flight->state == FLIGHT_READY && world->wall_ms != NULL
               ? world->wall_ms(world->context)
               : world->now_ms(world->context);
}

json_t *flying_event(const struct flying *flying)
{
    json_t *data = json_object();
    json_put_text(data, "flight", flying->flight->id);
    json_put_integer(data, "at_ms", flying->world->now_ms(flying->world->context));
    return data;
}

bool flying_put_transition(const struct flying *flying, json_t *data,
                           enum flight_occurrence occurrence, const char *why)
{
    SCRATCH(tmp);
    const struct flight *flight = flying->flight;
    struct flight_facts facts = flight_facts(flight);

    // Evidence for just these methods, or another person than who asks signed what is lost.
    if (occurrence == OCCURRED_ROLLBACK_ASKED && flight->requests[0].allowed_by != NULL)
        facts.can_go_back = true;
    const struct flight_transition *row = flight_transition_find(flight->state, occurrence, &facts);
    if (row == NULL)
        return false;
    enum flight_state next = row->next == FLIGHT_HELD ? flight->held : row->next;
    json_put_text(data, "occurrence", flight_occurrence_name(occurrence));
    json_put_text(data, "state", flight_state_name(next));
    json_put_text(data, "why",
                  why == NULL ? row->sentence : mem_printf(tmp, "%s: %s", row->sentence, why));
    return true;
}

// The flight as the journal has it now.
static bool look(struct flying *flying, struct error *err)
{
    enum flight_state before = flying->flight == NULL ? FLIGHT_STATE_COUNT : flying->flight->state;
    int64_t sequence = flying->flight == NULL ? 0 : flying->flight->last_sequence;

    TRY(flight_refresh(flying->reader, &flying->flight, err));
    if (flying->flight == NULL)
        return error_set(err, ERROR_INPUT, "there is no such flight in the journal");
    if (flying->flight->state != before || flying->flight->last_sequence != sequence)
        flying->world->tell(flying->world->context, flying->flight);
    return true;
}

bool flying_append(struct flying *flying, const char *event, json_t *data, struct error *err)
{
    TRY(journal_append(flying->journal, event, data, err));
    return look(flying, err);
}

bool flying_move(struct flying *flying, enum flight_occurrence occurrence, const char *why,
                 json_t *detail, struct error *err)
{
    json_t *data = flying_event(flying);

    if (detail != NULL)
        json_put(data, "detail", detail);
    if (!flying_put_transition(flying, data, occurrence, why))
        bug("%s in state %s", flight_occurrence_name(occurrence),
            flight_state_name(flying->flight->state));
    return flying_append(flying, EVENT_FLIGHT_MOVED, data, err);
}

// --- people are called

// Once for each event, whatever becomes of it: an intent is enough.
static bool call_people(struct flying *flying, struct error *err)
{
    SCRATCH(tmp);
    const struct flight_world *world = flying->world;
    const struct flight *flight = flying->flight;
    int64_t about = flight->alarm_sequence;
    struct flight_call call = {0};

    if (world->call == NULL || !flight_is_call_due(flight))
        return true;
    const char *text = world->call_text(world->context, tmp, flight);
    json_t *data = flying_event(flying);
    json_put_integer(data, "about", about);
    json_put_text(data, "state", flight_state_name(flight->state));
    json_put_text(data, "text", text);
    TRY(flying_append(flying, EVENT_CALL_STARTED, data, err));
    TRY(world->call(world->context, tmp, flying->flight, text, &call, err));
    data = flying_event(flying);
    json_put_integer(data, "about", about);
    json_put_text(data, "why", call.why);
    json_put(data, "answers", call.answers == NULL ? json_array() : call.answers);
    return flying_append(flying, call.is_taken ? EVENT_CALLED : EVENT_CALL_FAILED, data, err);
}

// --- waiting

// The moment that the state waits for; 0: only for its deadline.
static int64_t moment_of(const struct flight *flight)
{
    const struct flight_point *point = flight_next_point(flight);

    if (flight->state == FLIGHT_READY)
        return flight->start_at_ms;
    if (flight->state == FLIGHT_WATCHING)
        return point == NULL ? flight->entered_ms : flight_point_ms(flight, point);
    return 0;
}

static bool note_missed(struct flying *flying, const struct flight_point *point, int64_t now_ms,
                        struct error *err)
{
    json_t *data = flying_event(flying);
    int64_t due_ms = flight_point_ms(flying->flight, point);

    json_put_text(data, "point", point->name);
    json_put_integer(data, "due", due_ms);
    json_put_integer(data, "late_ms", now_ms - due_ms);
    return flying_append(flying, EVENT_POINT_MISSED, data, err);
}

static bool fly_wait(struct flying *flying, struct error *err)
{
    int64_t now_ms = now_of(flying);
    int64_t deadline_ms = flight_deadline_ms(flying->flight);
    int64_t moment_ms = moment_of(flying->flight);
    bool has_moment = flight_state_action(flying->flight->state) == ACTION_WAIT;

    if (has_moment && now_ms >= moment_ms)
        return flying_move(flying, OCCURRED_TIME, NULL, NULL, err);
    int64_t until_ms = has_moment && moment_ms < deadline_ms ? moment_ms : deadline_ms;
    TRY(flying->world->sleep_until(flying->world->context, until_ms, err));
    return look(flying, err);
}

// --- people

// What a person says of the step that nobody knew of.
static bool take_answer(struct flying *flying, const struct flight_request *request,
                        struct error *err)
{
    SCRATCH(tmp);
    struct step *step = flight_next_step(flying->flight);

    if (request->answer == NULL || step == NULL || step->state != STEP_UNKNOWN)
        return true;
    bool is_done = strcmp(request->answer, "done") == 0;
    json_t *data = flying_event(flying);
    json_put_text(data, "step", step->name);
    json_put_text(data, "outcome", step_state_name(is_done ? STEP_DONE : STEP_PENDING));
    json_put_text(data, "state", flight_state_name(flying->flight->state));
    json_put_text(data, "why",
                  mem_printf(tmp, "%s says: %s", request->actor,
                             is_done ? "it is done" : "it is to be done again"));
    return flying_append(flying, EVENT_STEP_ENDED, data, err);
}

static bool answer_request(struct flying *flying, struct error *err)
{
    SCRATCH(tmp);
    struct flight_request request = flying->flight->requests[0];
    const char *why = request.reason == NULL
                          ? mem_strdup(tmp, request.actor)
                          : mem_printf(tmp, "%s, %s", request.actor, request.reason);

    if (request.occurrence == OCCURRED_GO_ASKED)
        TRY(take_answer(flying, &request, err));
    json_t *data = flying_event(flying);
    json_put_integer(data, "request", request.sequence);
    if (!flying_put_transition(flying, data, request.occurrence, why)) {
        json_put_text(data, "state", flight_state_name(flying->flight->state));
        json_put_text(data, "refused", flight_refusal(flying->flight->state, request.occurrence));
    }
    return flying_append(flying, EVENT_FLIGHT_MOVED, data, err);
}

// --- the loop

static bool fly_state(struct flying *flying, struct error *err)
{
    const struct flight *flight = flying->flight;
    const struct flight_point *point = flight_next_point(flight);
    int64_t now_ms = now_of(flying);

    if (flight->n_requests > 0)
        return answer_request(flying, err);
    if (point != NULL && point->missed_ms == 0 && flight_point_is_missed(flight, point, now_ms))
        return note_missed(flying, point, now_ms, err);
    if (now_ms >= flight_deadline_ms(flight))
        return flying_move(flying, OCCURRED_DEADLINE, NULL, NULL, err);
    switch (flight_state_action(flight->state)) {
    case ACTION_POLL: return flying_poll(flying, err);
    case ACTION_STEP: return flying_step(flying, err);
    case ACTION_VERIFY: return flying_verify(flying, false, err);
    case ACTION_PROVE: // what is still applied is there to stay
        return flying_verify(flying, flight_proves_as_before(flight), err);
    case ACTION_WAIT:
    case ACTION_ASK: return fly_wait(flying, err);
    case ACTION_END: break;
    }
    bug("nothing to do in state %s", flight_state_name(flight->state));
}

static bool is_enough(const struct flying *flying)
{
    const struct flight *flight = flying->flight;
    const struct flight_point *point = flight_next_point(flight);

    if (flight->n_requests > 0)
        return false;
    if (flight_state_is_end(flight->state))
        return true;
    // What a deadline asks for is done still.
    if (flying->world->now_ms(flying->world->context) >= flight_deadline_ms(flight))
        return false;
    if (flight->state == FLIGHT_NEEDS_PERSON)
        return !flying->options->is_keeping;
    if (flight->state == FLIGHT_HOLDING)
        return !flying->options->is_waiting && !flying->options->is_keeping;
    return flight->state == FLIGHT_WATCHING && point != NULL &&
           point->after_ms > flying->options->watch_ms;
}

static bool keep(struct flying *flying, struct error *err)
{
    SCRATCH(tmp);
    const struct flight_world *world = flying->world;

    return world->keep == NULL || world->keep(world->context, tmp, flying->flight, err);
}

bool flight_fly(struct flight_reader *reader, struct journal *journal,
                const struct flight_world *world, const struct flying_options *options,
                struct flight **out, struct error *err)
{
    struct flying flying = {
        .reader = reader, .journal = journal, .world = world, .options = options};

    TRY(look(&flying, err));
    TRY(call_people(&flying, err));
    while (!is_enough(&flying)) {
        TRY(keep(&flying, err));
        TRY(fly_state(&flying, err));
        TRY(call_people(&flying, err));
    }
    *out = flying.flight;
    return true;
}

// --- nobody flies

static bool note_lost(struct flying *flying, const struct store_lease *pilot, struct error *err)
{
    json_t *data = flying_event(flying);

    json_put_text(data, "state", flight_state_name(flying->flight->state));
    json_put_text(data, "actor", pilot->owner.actor);
    json_put_text(data, "host", pilot->owner.host);
    json_put_integer(data, "heard", pilot->renewed_ms);
    return flying_append(flying, EVENT_PILOT_LOST, data, err);
}

bool flight_raise_alarm(struct flight_reader *reader, struct journal *journal,
                        const struct flight_world *world, const struct store_lease *pilot,
                        struct flight **out, struct error *err)
{
    static const struct flying_options none = {0};
    struct flying flying = {.reader = reader, .journal = journal, .world = world, .options = &none};

    TRY(look(&flying, err));
    if (flight_needs_pilot(flying.flight) && flying.flight->lost_ms == 0)
        TRY(note_lost(&flying, pilot, err));
    TRY(call_people(&flying, err));
    *out = flying.flight;
    return true;
}

// --- beginning and asking

bool flight_begin(struct journal *journal, const struct flight *flight, struct error *err)
{
    return journal_append(journal, EVENT_FLIGHT_STARTED, flight_plan_json(flight), err);
}

static void put_way_back(json_t *data, const struct flight_wish *wish)
{
    json_t *methods = json_put_array(data, "methods");

    if ((wish->methods & BACK_VERSION) != 0)
        json_array_append_new(methods, json_text("version"));
    if ((wish->methods & BACK_MIGRATION) != 0)
        json_array_append_new(methods, json_text("migration"));
    if (wish->to != NULL)
        json_put_text(data, "to", wish->to);
    if (wish->allowed_by != NULL)
        json_put_text(data, "allowed_by", wish->allowed_by);
    json_put_bool(data, "now", wish->is_now);
}

bool flight_ask(struct journal *journal, const struct flight *flight,
                const struct flight_wish *wish, struct error *err)
{
    json_t *data = json_object();

    json_put_text(data, "flight", flight->id);
    json_put_text(data, "asks", wish->asks);
    json_put_text(data, "reason", wish->reason);
    if (wish->answer != NULL)
        json_put_text(data, "step", wish->answer);
    if (strcmp(wish->asks, "rollback") == 0)
        put_way_back(data, wish);
    return journal_append(journal, EVENT_FLIGHT_ASKED, data, err);
}
