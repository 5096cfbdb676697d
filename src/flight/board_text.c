/*
 * The board of a flight for people: who flies and since when, the rows of the clock, the state,
 * what it waits for, and what a person types.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"
#include "flight/board_rows.h"
#include "flight/remains.h"
#include <string.h>

#define NAME_WIDTH_MIN 12
#define NAME_WIDTH_MAX 28
#define SECOND_MS ((int64_t)1000)
#define START_TOLERANCE_MS (60 * SECOND_MS) // of T-0

// --- lines

static void add(struct drawing *drawing, int rank, enum board_color color, const char *text)
{
    board_lines_add(&drawing->lines,
                    &(struct board_line){.text = text, .color = color, .rank = rank});
}

static void add_blank(struct drawing *drawing)
{
    add(drawing, RANK_BLANK, BOARD_PLAIN, "");
}

// --- head and foot

// "T-12 min 30 s": by how much T-0 is ahead or over.
static char *countdown(const struct drawing *drawing)
{
    int64_t ms = drawing->options->now_ms - drawing->flight->start_at_ms;
    int64_t whole = (ms < 0 ? -ms : ms) / SECOND_MS;

    return mem_printf(drawing->mem, "T%c%02lld:%02lld:%02lld", ms < 0 ? '-' : '+',
                      (long long)(whole / 3600), (long long)(whole / 60 % 60),
                      (long long)(whole % 60));
}

static void add_pilot(struct drawing *drawing)
{
    const struct store_lease *pilot = drawing->options->pilot;
    const char *state = "";

    if (pilot == NULL)
        return;
    if (!pilot->is_held)
        state = "; that tminus has ended";
    else if (!pilot->is_alive)
        state = mem_printf(drawing->mem, "; it is gone: last heard of %s ago",
                           quantity_duration(drawing->mem, pilot->age_ms));
    add(drawing, pilot->is_held && !pilot->is_alive ? RANK_STOPS : RANK_PILOT,
        pilot->is_held && !pilot->is_alive ? BOARD_WARN : BOARD_PLAIN,
        mem_printf(drawing->mem, "flown by %s on %s since %s UTC%s", pilot->owner.actor,
                   pilot->owner.host, drawing_moment(drawing, pilot->taken_ms), state));
}

static void add_maintenance(struct drawing *drawing)
{
    const struct maintenance_lease *lease = &drawing->flight->maintenance;
    bool is_over = maintenance_lease_is_over(lease, drawing->options->now_ms);

    if (lease->is_on)
        add(drawing, RANK_STAYS, is_over ? BOARD_BAD : BOARD_WARN,
            mem_printf(drawing->mem, "%s %s UTC",
                       is_over ? "ALARM: maintenance is on, and was to end at"
                               : "maintenance is on until",
                       drawing_moment(drawing, lease->until_ms)));
}

// T-0 came and nobody flew, or the preparation took longer than it was to. Without an appointment
// nothing is late.
static const char *lateness(const struct drawing *drawing)
{
    const struct flight *flight = drawing->flight;
    int64_t late_ms = flight->reached_ms[FLIGHT_CONFIRMING] - flight->start_at_ms;

    if (flight->start_at_ms - flight->started_ms < START_TOLERANCE_MS ||
        late_ms < START_TOLERANCE_MS)
        return "";
    return mem_printf(drawing->mem, "; WARN: begun %s late",
                      quantity_duration(drawing->mem, late_ms));
}

static void add_head(struct drawing *drawing)
{
    const struct flight *flight = drawing->flight;
    const char *to = flight->environment == NULL ? "the database" : flight->environment;

    if (drawing->options->is_plan) {
        add(drawing, RANK_STAYS, BOARD_PLAIN,
            mem_printf(drawing->mem, "dry run: a flight%s%s to %s; nothing was begun",
                       flight->version == NULL ? "" : " of ",
                       flight->version == NULL ? "" : flight->version, to));
        add_blank(drawing);
        return;
    }
    add(drawing, RANK_STAYS, BOARD_PLAIN,
        mem_printf(drawing->mem, "flight %s%s%s to %s", flight->id,
                   flight->version == NULL ? "" : " of ",
                   flight->version == NULL ? "" : flight->version, to));
    if (!flight_state_is_end(flight->state))
        add(drawing, RANK_STAYS, BOARD_PLAIN,
            mem_printf(drawing->mem, "%s at %.8s UTC; T-0 %s %s%s", countdown(drawing),
                       clock_format(drawing->options->now_ms).text + strlen("2026-11-21T"),
                       flight->start_at_ms > drawing->options->now_ms ? "is at" : "was at",
                       drawing_moment(drawing, flight->start_at_ms), lateness(drawing)));
    add_pilot(drawing);
    add_maintenance(drawing);
    add_blank(drawing);
}

static enum board_color state_color(const struct drawing *drawing)
{
    int status = board_exit_status(drawing->flight, drawing->options);
    return status == 0 ? BOARD_GOOD : status == 3 || status == 4 ? BOARD_WARN : BOARD_BAD;
}

static void add_waiting(struct drawing *drawing)
{
    const struct flight *flight = drawing->flight;
    const char *waits = board_waiting_for(drawing->mem, flight, drawing->options);
    int64_t deadline_ms = flight_deadline_ms(flight);
    int64_t left_ms = (deadline_ms - drawing->options->now_ms) / SECOND_MS * SECOND_MS;
    const char *left;

    if (waits == NULL)
        return;
    if (left_ms < 0)
        left = "that is over";
    else if (flight_state_action(flight->state) == ACTION_WAIT)
        left = "at the latest";
    else
        left = mem_printf(drawing->mem, "%s left", quantity_duration(drawing->mem, left_ms));
    add(drawing, RANK_STAYS, BOARD_PLAIN,
        mem_printf(drawing->mem, "waits for %s, until %s UTC (%s)", waits,
                   drawing_moment(drawing, deadline_ms), left));
}

static void add_foot(struct drawing *drawing)
{
    const struct flight *flight = drawing->flight;
    const char *const *commands = board_next_commands(drawing->mem, flight, drawing->options);

    add_blank(drawing);
    if (drawing->options->is_plan)
        add(drawing, RANK_STAYS, flight->can_go_back ? BOARD_GOOD : BOARD_WARN,
            flight->can_go_back
                ? "if a step fails: taken back by itself"
                : "if a step fails: a person decides, for nothing shows that all of "
                  "it comes back");
    else
        add(drawing, RANK_STAYS, state_color(drawing),
            mem_printf(drawing->mem, "%s: the flight %s", flight_state_name(flight->state),
                       flight_says(flight)));
    if (board_missed_point(flight, drawing->options->now_ms) != NULL)
        add(drawing, RANK_STAYS, BOARD_BAD,
            mem_printf(drawing->mem, "ALARM: nobody checked %s in time", board_clock(flight)));
    if (board_is_unflown(flight, drawing->options))
        add(drawing, RANK_STAYS, BOARD_BAD, "ALARM: no tminus flies it any more");
    if (flight->why != NULL)
        add(drawing, RANK_WHY, BOARD_PLAIN, mem_printf(drawing->mem, "  %s", flight->why));
    add_waiting(drawing);
    for (size_t i = 0; commands[i] != NULL; i++)
        add(drawing, i == 0 ? RANK_STAYS : RANK_COMMAND, BOARD_PLAIN,
            mem_printf(drawing->mem, "%s%s", i == 0 ? "next: " : "      ", commands[i]));
}

static size_t find_name_width(const struct flight *flight)
{
    size_t width = NAME_WIDTH_MIN;

    for (size_t i = 0; i < flight->n_steps; i++) {
        size_t own = text_width(flight->steps[i].name);
        if (own > width)
            width = own < NAME_WIDTH_MAX ? own : NAME_WIDTH_MAX;
    }
    return width;
}

void board_write_text(FILE *out, const struct flight *flight, const struct board_options *options,
                      const char *end)
{
    SCRATCH(tmp);
    struct drawing drawing = {.mem = tmp,
                              .lines = {.mem = tmp},
                              .flight = flight,
                              .options = options,
                              .name_width = find_name_width(flight)};

    add_head(&drawing);
    board_rows_add(&drawing);
    add_foot(&drawing);
    board_lines_write(out, &drawing.lines, &options->size, end);
}
