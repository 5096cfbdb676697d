/*
 * The board of a flight: see board.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/board.h"
#include "base/clock.h"
#include "flight/remains.h"
#include <string.h>

#define DAY_MS ((int64_t)86400 * 1000)

char *board_moment(TALLOC_CTX *mem, int64_t now_ms, int64_t ms)
{
    struct clock_text text = clock_format(ms);
    const char *time = text.text + strlen("2026-11-21T");

    return ms / DAY_MS == now_ms / DAY_MS ? mem_printf(mem, "%.8s", time)
                                          : mem_printf(mem, "%.10s %.5s", text.text, time);
}

// --- what it waits for

static bool is_flown(const struct board_options *options)
{
    return options->pilot != NULL && options->pilot->is_alive;
}

char *board_waiting_for(TALLOC_CTX *mem, const struct flight *flight,
                        const struct board_options *options)
{
    const struct flight_point *point = flight_next_point(flight);
    const struct step *step = flight_next_step(flight);

    if (flight_state_is_end(flight->state) || options->is_plan)
        return NULL;
    if (flight_state_action(flight->state) == ACTION_ASK)
        return mem_strdup(mem, flight->acceptance.open != NULL
                                   ? "a person: go accepts differences of this kind, abort takes it back"
                                   : "a person: go or abort");
    if (flight->state == FLIGHT_READY)
        return mem_printf(mem, "T-0 at %s UTC",
                          board_moment(mem, options->now_ms, flight->start_at_ms));
    if (flight->state == FLIGHT_WATCHING && point != NULL)
        return mem_printf(mem, "%s at %s UTC", point->name,
                          board_moment(mem, options->now_ms, flight_point_ms(flight, point)));
    if (!is_flown(options))
        return mem_strdup(mem, "somebody who flies on: no tminus is at work on it");
    if (flight_state_action(flight->state) == ACTION_POLL)
        return mem_strdup(mem, "the gates");
    if (flight_state_action(flight->state) == ACTION_STEP && step != NULL)
        return mem_printf(mem, "step %s", step->name);
    return mem_strdup(mem, "the comparison with the baseline");
}

const char *const *board_next_commands(TALLOC_CTX *mem, const struct flight *flight,
                                       const struct board_options *options)
{
    const char **commands = NULL;
    size_t n = 0;
    enum flight_state state = flight->state;
    struct flight_facts facts = flight_facts(flight);
    const struct step *step = flight_next_step(flight);

    if (options->is_plan) {
        *mem_append(mem, commands, n) = mem_printf(
            mem, "tminus launch%s%s%s", flight->is_after_release ? " --after-release" : "",
            flight->version == NULL ? "" : " --version ",
            flight->version == NULL ? "" : flight->version);
    } else if (!flight_state_is_end(state)) {
        bool asks = flight_state_action(state) == ACTION_ASK;
        if (asks && step != NULL && step->state == STEP_UNKNOWN) {
            *mem_append(mem, commands, n) = "tminus go --step done";
            *mem_append(mem, commands, n) = "tminus go --step again";
        } else if (asks) {
            *mem_append(mem, commands, n) = "tminus go";
        }
        if (flight_transition_find(state, OCCURRED_WATCH_ASKED, &facts) != NULL)
            *mem_append(mem, commands, n) = "tminus go --watch";
        if (!asks && !is_flown(options))
            *mem_append(mem, commands, n) =
                state == FLIGHT_WATCHING ? "tminus watch" : "tminus resume";
        if (!asks && flight_transition_find(state, OCCURRED_HOLD_ASKED, &facts) != NULL)
            *mem_append(mem, commands, n) = "tminus hold";
        if (flight_transition_find(state, OCCURRED_ABORT_ASKED, &facts) != NULL)
            *mem_append(mem, commands, n) = "tminus abort";
    } else if (state == FLIGHT_DONE && flight->n_after_release > 0) {
        *mem_append(mem, commands, n) = "tminus launch --after-release";
    } else if (state == FLIGHT_ROLLED_BACK && flight_remaining_migrations(flight) > 0) {
        *mem_append(mem, commands, n) = "tminus rollback --method migration";
    }
    (void)mem_append(mem, commands, n);
    return commands;
}

const char *board_clock(const struct flight *flight)
{
    const struct flight_point *point = flight_next_point(flight);

    if (flight->is_rolling_back)
        return "back";
    if (flight->verified_ms > 0 && flight->n_points > 0)
        return point == NULL ? flight->points[flight->n_points - 1].name : point->name;
    if (flight->reached_ms[FLIGHT_VERIFYING] > 0)
        return "T+5 min";
    return flight->reached_ms[FLIGHT_CONFIRMING] > 0 ? "T-0" : "T-30";
}

const struct flight_point *board_missed_point(const struct flight *flight, int64_t now_ms)
{
    const struct flight_point *point = flight_next_point(flight);
    return point != NULL && flight_point_is_missed(flight, point, now_ms) ? point : NULL;
}

bool board_is_unflown(const struct flight *flight, const struct board_options *options)
{
    return flight_needs_pilot(flight) && !is_flown(options) && !options->is_plan;
}

int board_exit_status(const struct flight *flight, const struct board_options *options)
{
    bool has_tried = false;
    int64_t now_ms = options->now_ms;

    for (size_t i = 0; i < flight->n_steps; i++)
        has_tried =
            has_tried || (flight->steps[i].phase == STEP_DEPLOY && flight->steps[i].attempts > 0);
    if (board_missed_point(flight, now_ms) != NULL ||
        maintenance_lease_is_over(&flight->maintenance, now_ms) ||
        board_is_unflown(flight, options))
        return 3;
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
