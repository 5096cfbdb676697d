/*
 * The board of a flight as a JSON document: see board.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "flight/board.h"
#include <string.h>

static json_t *time_json(int64_t ms)
{
    return ms == 0 ? json_null() : json_text(clock_format(ms).text);
}

static json_t *step_state_json(const struct step *step)
{
    json_t *object = json_object();
    json_put_text(object, "name", step->name);
    json_put_text(object, "phase", step_phase_name(step->phase));
    json_put_text(object, "state", step_state_name(step->state));
    json_put_integer(object, "attempts", step->attempts);
    json_put(object, "began", time_json(step->began_ms));
    json_put(object, "ended", time_json(step->ended_ms));
    json_put_text(object, "why", step->why);
    return object;
}

static json_t *pilot_json(const struct store_lease *pilot)
{
    if (pilot == NULL)
        return json_null();
    json_t *object = json_object();
    json_put_text(object, "actor", pilot->owner.actor);
    json_put_text(object, "host", pilot->owner.host);
    json_put(object, "since", time_json(pilot->taken_ms));
    json_put_integer(object, "epoch", pilot->epoch);
    json_put_bool(object, "is_alive", pilot->is_alive);
    return object;
}

// Of the last poll what did not pass, worst first.
static json_t *poll_json(const struct flight_poll *poll)
{
    if (poll->verdict == NULL)
        return json_null();
    json_t *object = json_object();
    json_put_text(object, "verdict", poll->verdict);
    json_put_text(object, "why", poll->why);
    json_t *list = json_put_array(object, "open");
    for (size_t i = 0; i < poll->n_gates; i++) {
        const struct flight_gate *gate = &poll->gates[i];
        if (strcmp(gate->status, "PASS") == 0)
            continue;
        json_t *one = json_object();
        json_put_text(one, "name", gate->name);
        json_put_text(one, "status", gate->status);
        json_put_bool(one, "required", gate->is_required);
        json_put_text(one, "observed", gate->observed);
        json_array_append_new(list, one);
    }
    return object;
}

static void put_lists(json_t *document, const struct flight *flight,
                      const struct board_options *options)
{
    SCRATCH(tmp);
    const char *const *commands = board_next_commands(tmp, flight, options);
    json_t *list = json_put_array(document, "next_commands");
    for (size_t i = 0; commands[i] != NULL; i++)
        json_array_append_new(list, json_text(commands[i]));
    list = json_put_array(document, "steps");
    for (size_t i = 0; i < flight->n_steps; i++)
        json_array_append_new(list, step_state_json(&flight->steps[i]));
    list = json_put_array(document, "points");
    for (size_t i = 0; i < flight->n_points; i++) {
        json_t *point = json_object();
        json_put_text(point, "name", flight->points[i].name);
        json_put_bool(point, "is_passed", flight->points[i].is_passed);
        json_put(
            point, "due",
            time_json(flight->verified_ms == 0 ? 0 : flight_point_ms(flight, &flight->points[i])));
        json_put(point, "checked", time_json(flight->points[i].checked_ms));
        json_put_bool(point, "is_missed",
                      flight_point_is_missed(flight, &flight->points[i], options->now_ms));
        json_put_integer(point, "late_ms", flight_point_late_ms(flight, &flight->points[i]));
        json_array_append_new(list, point);
    }
}

json_t *board_json(const struct flight *flight, const struct board_options *options)
{
    SCRATCH(tmp);
    static const char *const phases[] = {"pre_deploy", "deploy", "post_deploy", "rollback"};
    json_t *document = json_object();
    const struct step *step = flight_next_step(flight);
    bool is_step = flight_state_action(flight->state) == ACTION_STEP && step != NULL;
    enum flight_state where = flight->state == FLIGHT_HOLDING ? flight->held : flight->state;
    int phase = flight->is_rolling_back      ? 3
                : where <= FLIGHT_CONFIRMING ? 0
                : where == FLIGHT_DEPLOYING  ? 1
                                             : 2;

    json_put_text(document, "schema", "tminus/status/1");
    json_put_text(document, "flight", flight->id);
    json_put_text(document, "state", flight_state_name(flight->state));
    json_put_text(document, "phase", phases[phase]);
    json_put_text(document, "clock", board_clock(flight));
    json_put_text(document, "step", is_step ? step->name : NULL);
    json_put_text(document, "waiting_for", board_waiting_for(tmp, flight, options));
    json_put(document, "deadline",
             options->is_plan ? json_null() : time_json(flight_deadline_ms(flight)));
    if (options->is_plan)
        json_put_bool(document, "is_dry_run", true);
    json_put_text(document, "why", flight->why);
    json_put_text(document, "service", flight->service);
    json_put_text(document, "environment", flight->environment);
    json_put_text(document, "version", flight->version);
    json_put_text(document, "digest", flight->digest);
    json_put_text(document, "held",
                  flight->state == FLIGHT_HOLDING ? flight_state_name(flight->held) : NULL);
    json_put(document, "started", time_json(flight->started_ms));
    json_put(document, "start_at", time_json(flight->start_at_ms));
    json_put(document, "verified", time_json(flight->verified_ms));
    json_put_integer(document, "verification_late_ms",
                     flight_verification_late_ms(flight, options->now_ms));
    json_put_bool(document, "can_go_back", flight->can_go_back);
    json_put(document, "flown_by", pilot_json(options->pilot));
    json_put(document, "maintenance_until",
             time_json(flight->maintenance.is_on ? flight->maintenance.until_ms : 0));
    json_put(document, "poll", poll_json(&flight->poll));
    put_lists(document, flight, options);
    return document;
}
