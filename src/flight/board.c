/*
 * The board of a flight: see board.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/board.h"
#include "base/clock.h"
#include "base/quantity.h"
#include <string.h>

#define PLAIN "\033[0m"

// --- what it waits for

static bool is_flown(const struct board_options *options)
{
    return options->pilot != NULL && options->pilot->is_alive;
}

// "T-0 at …", "step migrate", "a person: go or abort"; NULL: it has ended.
static char *waiting_for(TALLOC_CTX *mem, const struct flight *flight,
                         const struct board_options *options)
{
    const struct flight_point *point = flight_next_point(flight);
    const struct step *step = flight_next_step(flight);

    if (flight_state_is_end(flight->state))
        return NULL;
    if (flight_state_action(flight->state) == ACTION_ASK)
        return mem_strdup(mem, "a person: go or abort");
    if (flight->state == FLIGHT_READY)
        return mem_printf(mem, "T-0 at %s", clock_format(flight->start_at_ms).text);
    if (flight->state == FLIGHT_WATCHING && point != NULL)
        return mem_printf(mem, "%s at %s", point->name,
                          clock_format(flight_point_ms(flight, point)).text);
    if (!is_flown(options))
        return mem_strdup(mem, "somebody who flies on: no tminus is at work on it");
    if (flight_state_action(flight->state) == ACTION_POLL)
        return mem_strdup(mem, "the gates");
    if (flight_state_action(flight->state) == ACTION_STEP && step != NULL)
        return mem_printf(mem, "step %s", step->name);
    return mem_strdup(mem, "the comparison with the baseline");
}

// Commands that move it, best first, NULL-terminated, without "--env".
static const char *const *next_commands(TALLOC_CTX *mem, const struct flight *flight,
                                        const struct board_options *options)
{
    const char **commands = NULL;
    size_t n = 0;
    enum flight_state state = flight->state;
    struct flight_facts facts = flight_facts(flight);
    const struct step *step = flight_next_step(flight);

    if (!flight_state_is_end(state)) {
        bool asks = flight_state_action(state) == ACTION_ASK;
        if (asks && step != NULL && step->state == STEP_UNKNOWN) {
            *mem_append(mem, commands, n) = "tminus go --step done";
            *mem_append(mem, commands, n) = "tminus go --step again";
        } else if (asks) {
            *mem_append(mem, commands, n) = "tminus go";
        }
        if (!asks && !is_flown(options))
            *mem_append(mem, commands, n) =
                state == FLIGHT_WATCHING ? "tminus watch" : "tminus resume";
        if (!asks && flight_transition_find(state, OCCURRED_HOLD_ASKED, &facts) != NULL)
            *mem_append(mem, commands, n) = "tminus hold";
        if (flight_transition_find(state, OCCURRED_ABORT_ASKED, &facts) != NULL)
            *mem_append(mem, commands, n) = "tminus abort";
    }
    (void)mem_append(mem, commands, n);
    return commands;
}

int board_exit_status(const struct flight *flight)
{
    bool has_tried = false;

    for (size_t i = 0; i < flight->n_steps; i++)
        has_tried =
            has_tried || (flight->steps[i].phase == STEP_DEPLOY && flight->steps[i].attempts > 0);
    switch (flight->state) {
    case FLIGHT_HOLDING: return 3;
    case FLIGHT_ABORTED: return has_tried ? 4 : 1;
    case FLIGHT_ROLLED_BACK: return 4;
    case FLIGHT_NEEDS_PERSON:
    case FLIGHT_CLOSED: return 5;
    case FLIGHT_POLLING:
    case FLIGHT_PREPARING:
    case FLIGHT_READY:
    case FLIGHT_CONFIRMING:
    case FLIGHT_DEPLOYING:
    case FLIGHT_VERIFYING:
    case FLIGHT_WATCHING:
    case FLIGHT_CHECKING:
    case FLIGHT_ROLLING_BACK:
    case FLIGHT_PROVING:
    case FLIGHT_DONE:
    case FLIGHT_STATE_COUNT: break;
    }
    return 0;
}

// --- text

static const char *state_color(const struct flight *flight)
{
    int status = board_exit_status(flight);
    return status == 0 ? "\033[32m" : status == 3 || status == 4 ? "\033[33m" : "\033[1;31m";
}

static void write_step(FILE *out, const struct step *step)
{
    SCRATCH(tmp);
    static const char *const marks[] = {[STEP_PENDING] = "·",
                                        [STEP_BEGUN] = "▸",
                                        [STEP_DONE] = "✓",
                                        [STEP_FAILED] = "✗",
                                        [STEP_UNKNOWN] = "?"};

    fprintf(out, "  %s %-8s %-18s %-8s", marks[step->state], step_phase_name(step->phase),
            step->name, step_state_name(step->state));
    if (step->ended_ms > 0)
        fprintf(out, " %s", quantity_duration(tmp, step->ended_ms - step->began_ms));
    if (step->attempts > 1)
        fprintf(out, ", %lld attempts", (long long)step->attempts);
    if (step->why != NULL && (step->state == STEP_FAILED || step->state == STEP_UNKNOWN))
        fprintf(out, "\n      %s", step->why);
    fputc('\n', out);
}

// Steps back stand there only once one is taken.
static void write_steps(FILE *out, const struct flight *flight)
{
    for (size_t i = 0; i < flight->n_steps; i++)
        if (flight->steps[i].phase != STEP_BACK ||
            (flight->is_rolling_back && flight_is_called_for(flight, &flight->steps[i])))
            write_step(out, &flight->steps[i]);
    for (size_t i = 0; i < flight->n_points && !flight->is_rolling_back; i++)
        fprintf(out, "  %s %-8s %s\n", flight->points[i].is_passed ? "✓" : "·", "watch",
                flight->points[i].name);
}

static void write_pilot(FILE *out, const struct board_options *options)
{
    SCRATCH(tmp);
    const struct store_lease *pilot = options->pilot;

    if (pilot == NULL)
        return;
    fprintf(out, "flown by %s on %s since %s", pilot->owner.actor, pilot->owner.host,
            clock_format(pilot->taken_ms).text);
    if (!pilot->is_held)
        fputs("; it has ended", out);
    else if (!pilot->is_alive)
        fprintf(out, "; it is gone: last heard of %s ago", quantity_duration(tmp, pilot->age_ms));
    fputc('\n', out);
}

void board_write_text(FILE *out, const struct flight *flight, const struct board_options *options)
{
    SCRATCH(tmp);
    const char *waits = waiting_for(tmp, flight, options);
    int64_t deadline_ms = flight_deadline_ms(flight);
    const char *const *commands = next_commands(tmp, flight, options);

    fprintf(out, "flight %s%s%s to %s\n", flight->id, flight->version == NULL ? "" : " of ",
            flight->version == NULL ? "" : flight->version,
            flight->environment == NULL ? "the database" : flight->environment);
    write_pilot(out, options);
    write_steps(out, flight);
    fprintf(out, "\n%s%s%s: the flight %s\n", options->is_colored ? state_color(flight) : "",
            flight_state_name(flight->state), options->is_colored ? PLAIN : "",
            flight_state_says(flight->state));
    if (flight->why != NULL)
        fprintf(out, "  %s\n", flight->why);
    if (waits != NULL && !flight_state_is_end(flight->state))
        fprintf(out, "waits for %s, until %s\n", waits, clock_format(deadline_ms).text);
    for (size_t i = 0; commands[i] != NULL; i++)
        fprintf(out, "%s%s\n", i == 0 ? "next: " : "      ", commands[i]);
}

// --- JSON

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

static void put_lists(json_t *document, const struct flight *flight,
                      const struct board_options *options)
{
    SCRATCH(tmp);
    const char *const *commands = next_commands(tmp, flight, options);
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
    json_put_text(document, "step", is_step ? step->name : NULL);
    json_put_text(document, "waiting_for", waiting_for(tmp, flight, options));
    json_put(document, "deadline", time_json(flight_deadline_ms(flight)));
    json_put_text(document, "why", flight->why);
    json_put_text(document, "service", flight->service);
    json_put_text(document, "environment", flight->environment);
    json_put_text(document, "version", flight->version);
    json_put_text(document, "digest", flight->digest);
    json_put_text(document, "held",
                  flight->state == FLIGHT_HOLDING ? flight_state_name(flight->held) : NULL);
    json_put(document, "started", time_json(flight->started_ms));
    json_put(document, "start_at", time_json(flight->start_at_ms));
    json_put_bool(document, "can_go_back", flight->can_go_back);
    json_put(document, "flown_by", pilot_json(options->pilot));
    put_lists(document, flight, options);
    return document;
}
