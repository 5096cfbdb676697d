/*
 * The loop that flies: see flying.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/flying.h"
#include "base/quantity.h"
#include "flight/acceptance.h"
#include "flight/remains.h"
#include "journal/events.h"
#include <string.h>

struct flying {
    struct flight_reader *reader;
    struct journal *journal;
    const struct flight_world *world;
    const struct flying_options *options;
    struct flight *flight;
};

// By which clock its state ends: that of the wall for an appointment, else that of durations.
static int64_t now_of(const struct flying *flying)
{
    const struct flight_world *world = flying->world;

    return flying->flight->state == FLIGHT_READY && world->wall_ms != NULL
               ? world->wall_ms(world->context)
               : world->now_ms(world->context);
}

static json_t *event_of(const struct flying *flying)
{
    json_t *data = json_object();
    json_put_text(data, "flight", flying->flight->id);
    json_put_integer(data, "at_ms", flying->world->now_ms(flying->world->context));
    return data;
}

// The state after `occurrence`, into `data`; false: refused in this state.
static bool put_transition(const struct flying *flying, json_t *data,
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

static bool append(struct flying *flying, const char *event, json_t *data, struct error *err)
{
    TRY(journal_append(flying->journal, event, data, err));
    return look(flying, err);
}

// An occurrence that is no step's and no person's.
static bool move(struct flying *flying, enum flight_occurrence occurrence, const char *why,
                 json_t *detail, struct error *err)
{
    json_t *data = event_of(flying);

    if (detail != NULL)
        json_put(data, "detail", detail);
    if (!put_transition(flying, data, occurrence, why))
        bug("%s in state %s", flight_occurrence_name(occurrence),
            flight_state_name(flying->flight->state));
    return append(flying, EVENT_FLIGHT_MOVED, data, err);
}

// --- steps

static bool note_step(struct flying *flying, struct step *step, const struct step_result *result,
                      bool was_read_back, struct error *err)
{
    json_t *data = event_of(flying);
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
    } else if (!put_transition(flying, data, occurrence, result->why)) {
        bug("%s in state %s", flight_occurrence_name(occurrence),
            flight_state_name(flying->flight->state));
    }
    return append(flying, EVENT_STEP_ENDED, data, err);
}

static bool begin_step(struct flying *flying, const struct step *step, struct error *err)
{
    json_t *data = event_of(flying);

    json_put_text(data, "step", step->name);
    json_put_integer(data, "attempt", step->attempts + 1);
    return append(flying, EVENT_STEP_STARTED, data, err);
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

static bool fly_step(struct flying *flying, struct error *err)
{
    SCRATCH(tmp);
    const struct flight_world *world = flying->world;
    struct step *step = flight_next_step(flying->flight);
    const char *refused = NULL;

    if (step == NULL)
        return move(flying, OCCURRED_STEPS_DONE, NULL, NULL, err);
    if (world->check_back != NULL && is_back_to_be_checked(flying->flight))
        TRY(world->check_back(world->context, tmp, flying->flight, &refused, err));
    if (refused != NULL)
        return move(flying, OCCURRED_BACK_REFUSED, refused, NULL, err);
    if (step->state == STEP_BEGUN || step->state == STEP_UNKNOWN)
        return settle_step(flying, tmp, step, err);
    return do_step(flying, tmp, step, err);
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
    json_t *data = event_of(flying);
    json_put_integer(data, "about", about);
    json_put_text(data, "state", flight_state_name(flight->state));
    json_put_text(data, "text", text);
    TRY(append(flying, EVENT_CALL_STARTED, data, err));
    TRY(world->call(world->context, tmp, flying->flight, text, &call, err));
    data = event_of(flying);
    json_put_integer(data, "about", about);
    json_put_text(data, "why", call.why);
    json_put(data, "answers", call.answers == NULL ? json_array() : call.answers);
    return append(flying, call.is_taken ? EVENT_CALLED : EVENT_CALL_FAILED, data, err);
}

// --- questions

static bool fly_poll(struct flying *flying, struct error *err)
{
    SCRATCH(tmp);
    struct flight_answer answer = {0};

    TRY(flying->world->poll(flying->world->context, tmp, flying->flight, &answer, err));
    enum flight_occurrence occurrence = answer.verdict == VERDICT_GO      ? OCCURRED_POLL_GO
                                        : answer.verdict == VERDICT_NO_GO ? OCCURRED_POLL_NO_GO
                                                                          : OCCURRED_POLL_HOLD;
    return move(flying, occurrence, answer.why, answer.detail, err);
}

static bool is_last_point(const struct flight *flight)
{
    const struct flight_point *point = flight_next_point(flight);
    return point == NULL || point == &flight->points[flight->n_points - 1];
}

// By how much an answer of now is late; 0: it is not.
static int64_t late_ms(const struct flying *flying)
{
    const struct flight *flight = flying->flight;
    const struct flight_point *point = flight_next_point(flight);

    if (flight->state == FLIGHT_VERIFYING)
        return flight_verification_late_ms(flight, flying->world->now_ms(flying->world->context));
    if (flight->state != FLIGHT_CHECKING || point == NULL)
        return 0;
    struct flight_point checked = *point;
    checked.checked_ms = flight->reached_ms[FLIGHT_CHECKING];
    return flight_point_late_ms(flight, &checked);
}

static const char *with_lateness(TALLOC_CTX *mem, const char *why, int64_t ms)
{
    return mem_printf(mem, "%s%slate by %s", why == NULL ? "" : why, why == NULL ? "" : "; ",
                      quantity_duration(mem, ms));
}

// A person said go to differences of these kinds, however many more of them there are by now.
static void accept(TALLOC_CTX *mem, const struct flight *flight, struct flight_answer *answer)
{
    const struct flight_acceptance *acceptance = &flight->acceptance;

    answer->detail = answer->detail == NULL ? json_object() : answer->detail;
    json_put_text(answer->detail, "unattributed", answer->unattributed);
    if (!acceptance_covers(acceptance->accepted, answer->unattributed))
        return;
    answer->verdict = VERDICT_GO;
    answer->why = mem_printf(mem, "of a kind that %s accepted: %s", acceptance->by, answer->why);
    json_put_text(answer->detail, "accepted_by", acceptance->by);
}

static bool fly_verify(struct flying *flying, bool as_before, struct error *err)
{
    SCRATCH(tmp);
    struct flight_answer answer = {0};
    enum flight_occurrence occurrence = OCCURRED_VERIFY_HOLD;

    TRY(flying->world->verify(flying->world->context, tmp, flying->flight, as_before, &answer,
                              err));
    if (answer.unattributed != NULL && flying->flight->state != FLIGHT_PROVING)
        accept(tmp, flying->flight, &answer);
    if (answer.verdict == VERDICT_NO_GO)
        occurrence = OCCURRED_VERIFY_NO_GO;
    else if (answer.verdict == VERDICT_GO)
        occurrence = flying->flight->state == FLIGHT_CHECKING && is_last_point(flying->flight)
                         ? OCCURRED_POINTS_DONE
                         : OCCURRED_VERIFY_GO;
    if (occurrence == OCCURRED_VERIFY_GO && flying->flight->state == FLIGHT_PROVING && !as_before) {
        occurrence = OCCURRED_VERSION_BACK;
        answer.why = flight_remains_text(tmp, flying->flight);
    }
    int64_t late = late_ms(flying);
    if (late > 0) {
        answer.why = with_lateness(tmp, answer.why, late);
        answer.detail = answer.detail == NULL ? json_object() : answer.detail;
        json_put_integer(answer.detail, "late_ms", late);
    }
    return move(flying, occurrence, answer.why, answer.detail, err);
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
    json_t *data = event_of(flying);
    int64_t due_ms = flight_point_ms(flying->flight, point);

    json_put_text(data, "point", point->name);
    json_put_integer(data, "due", due_ms);
    json_put_integer(data, "late_ms", now_ms - due_ms);
    return append(flying, EVENT_POINT_MISSED, data, err);
}

static bool fly_wait(struct flying *flying, struct error *err)
{
    int64_t now_ms = now_of(flying);
    int64_t deadline_ms = flight_deadline_ms(flying->flight);
    int64_t moment_ms = moment_of(flying->flight);
    bool has_moment = flight_state_action(flying->flight->state) == ACTION_WAIT;

    if (has_moment && now_ms >= moment_ms)
        return move(flying, OCCURRED_TIME, NULL, NULL, err);
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
    json_t *data = event_of(flying);
    json_put_text(data, "step", step->name);
    json_put_text(data, "outcome", step_state_name(is_done ? STEP_DONE : STEP_PENDING));
    json_put_text(data, "state", flight_state_name(flying->flight->state));
    json_put_text(data, "why",
                  mem_printf(tmp, "%s says: %s", request->actor,
                             is_done ? "it is done" : "it is to be done again"));
    return append(flying, EVENT_STEP_ENDED, data, err);
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
    json_t *data = event_of(flying);
    json_put_integer(data, "request", request.sequence);
    if (!put_transition(flying, data, request.occurrence, why)) {
        json_put_text(data, "state", flight_state_name(flying->flight->state));
        json_put_text(data, "refused", flight_refusal(flying->flight->state, request.occurrence));
    }
    return append(flying, EVENT_FLIGHT_MOVED, data, err);
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
        return move(flying, OCCURRED_DEADLINE, NULL, NULL, err);
    switch (flight_state_action(flight->state)) {
    case ACTION_POLL: return fly_poll(flying, err);
    case ACTION_STEP: return fly_step(flying, err);
    case ACTION_VERIFY: return fly_verify(flying, false, err);
    case ACTION_PROVE: // what is still applied is there to stay
        return fly_verify(flying, flight_proves_as_before(flight), err);
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
    json_t *data = event_of(flying);

    json_put_text(data, "state", flight_state_name(flying->flight->state));
    json_put_text(data, "actor", pilot->owner.actor);
    json_put_text(data, "host", pilot->owner.host);
    json_put_integer(data, "heard", pilot->renewed_ms);
    return append(flying, EVENT_PILOT_LOST, data, err);
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
