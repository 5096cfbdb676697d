/*
 * Rows of a board: see board_rows.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/board_rows.h"
#include "base/quantity.h"
#include "base/text.h"
#include "flight/remains.h"
#include <string.h>

#define SECOND_MS ((int64_t)1000)

enum mark { MARK_PENDING, MARK_RUNNING, MARK_DONE, MARK_FAILED, MARK_UNKNOWN, MARK_COUNT };

static const char *const signs[] = {[MARK_PENDING] = "·",
                                    [MARK_RUNNING] = "▸",
                                    [MARK_DONE] = "✓",
                                    [MARK_FAILED] = "✗",
                                    [MARK_UNKNOWN] = "?"};
_Static_assert(COUNT_OF(signs) == MARK_COUNT, "one each");
static const char *const ascii_signs[] = {[MARK_PENDING] = ".",
                                          [MARK_RUNNING] = ">",
                                          [MARK_DONE] = "+",
                                          [MARK_FAILED] = "x",
                                          [MARK_UNKNOWN] = "?"};
_Static_assert(COUNT_OF(ascii_signs) == MARK_COUNT, "one each");

static const enum board_color mark_colors[] = {[MARK_PENDING] = BOARD_FAINT,
                                               [MARK_RUNNING] = BOARD_PLAIN,
                                               [MARK_DONE] = BOARD_GOOD,
                                               [MARK_FAILED] = BOARD_BAD,
                                               [MARK_UNKNOWN] = BOARD_WARN};
_Static_assert(COUNT_OF(mark_colors) == MARK_COUNT, "one each");

static const int mark_ranks[] = {[MARK_PENDING] = RANK_PENDING,
                                 [MARK_RUNNING] = RANK_STAYS,
                                 [MARK_DONE] = RANK_DONE,
                                 [MARK_FAILED] = RANK_STOPS,
                                 [MARK_UNKNOWN] = RANK_STOPS};
_Static_assert(COUNT_OF(mark_ranks) == MARK_COUNT, "one each");

// --- lines

char *drawing_moment(const struct drawing *drawing, int64_t ms)
{
    return board_moment(drawing->mem, drawing->options->now_ms, ms);
}

// One line of the clock; `note` NULL: none.
static void add_row(struct drawing *drawing, const char *clock, enum mark mark, const char *name,
                    const char *note)
{
    const char *sign = (drawing->options->size.is_ascii ? ascii_signs : signs)[mark];
    size_t width = text_width(name);
    int room = width < drawing->name_width ? (int)(drawing->name_width - width) : 0;
    const char *text = note == NULL || *note == '\0'
                           ? mem_printf(drawing->mem, "%s %s", sign, name)
                           : mem_printf(drawing->mem, "%s %s%*s  %s", sign, name, room, "", note);

    board_lines_add(&drawing->lines, &(struct board_line){.clock = clock,
                                                          .text = text,
                                                          .color = mark_colors[mark],
                                                          .rank = mark_ranks[mark]});
}

static void add_note(struct drawing *drawing, const char *clock, int rank, enum board_color color,
                     const char *text)
{
    board_lines_add(&drawing->lines,
                    &(struct board_line){.clock = clock,
                                         .text = mem_printf(drawing->mem, "    %s", text),
                                         .color = color,
                                         .rank = rank});
}

// Whole seconds: the board is drawn once a second.
static char *lasted(const struct drawing *drawing, int64_t from_ms)
{
    int64_t ms = drawing->options->now_ms - from_ms;
    return quantity_duration(drawing->mem, ms < 0 ? 0 : ms / SECOND_MS * SECOND_MS);
}

static bool is_flown(const struct drawing *drawing)
{
    return drawing->options->pilot != NULL && drawing->options->pilot->is_alive;
}

// What runs says where it is.
static void add_said(struct drawing *drawing, const char *clock)
{
    if (drawing->options->said != NULL && is_flown(drawing))
        add_note(drawing, clock, RANK_STAYS, BOARD_PLAIN, drawing->options->said);
}

// --- the gates

static size_t count_gates(const struct flight_poll *poll, const char *status)
{
    size_t n = 0;

    for (size_t i = 0; i < poll->n_gates; i++)
        n += strcmp(poll->gates[i].status, status) == 0;
    return n;
}

static bool is_open(const struct flight_gate *gate)
{
    return strcmp(gate->status, "PASS") != 0 && strcmp(gate->status, "WAIVED") != 0;
}

// "GO: 31 passed, 2 waived, 3 open that are not required"
static const char *poll_note(const struct drawing *drawing)
{
    const struct flight_poll *poll = &drawing->flight->poll;
    size_t n_waived = count_gates(poll, "WAIVED"), n_optional = 0;
    const char *verdict = strcmp(poll->verdict, "NO_GO") == 0 ? "NO-GO" : poll->verdict;
    char *text = mem_printf(drawing->mem, "%s: %zu passed", verdict, count_gates(poll, "PASS"));

    for (size_t i = 0; i < poll->n_gates; i++)
        n_optional += is_open(&poll->gates[i]) && !poll->gates[i].is_required;
    if (n_waived > 0)
        text = mem_printf(drawing->mem, "%s, %zu waived", text, n_waived);
    if (n_optional > 0)
        text = mem_printf(drawing->mem, "%s, %zu open but not required", text, n_optional);
    return text;
}

// Worst first, as the poll has them: what is required and did not pass, unless that stops nothing
// any more, and what was waived.
static void add_gates(struct drawing *drawing, const char *clock, bool has_passed)
{
    const struct flight_poll *poll = &drawing->flight->poll;

    for (size_t i = 0; i < poll->n_gates; i++) {
        const struct flight_gate *gate = &poll->gates[i];
        bool is_failed = strcmp(gate->status, "FAIL") == 0;
        bool is_waived = strcmp(gate->status, "WAIVED") == 0;
        if (!is_waived && (has_passed || !is_open(gate) || !gate->is_required))
            continue;
        add_note(drawing, clock, is_waived ? RANK_NOTE : RANK_STOPS,
                 is_failed ? BOARD_BAD : BOARD_WARN,
                 mem_printf(drawing->mem, "%-7s  %s%s%s", gate->status, gate->name,
                            gate->observed == NULL ? "" : ": ",
                            gate->observed == NULL ? "" : gate->observed));
    }
}

// At T-30 it is what failed that counts.
static const char *early_note(const struct drawing *drawing)
{
    const struct flight_poll *poll = &drawing->flight->poll;
    size_t n = 0;

    for (size_t i = 0; i < poll->n_gates; i++)
        n += is_open(&poll->gates[i]) && poll->gates[i].is_required;
    return n == 0 ? poll_note(drawing)
                  : mem_printf(drawing->mem, "nothing failed; %zu must still be known at T-0", n);
}

static enum mark poll_mark(const struct drawing *drawing)
{
    const struct flight_poll *poll = &drawing->flight->poll;

    if (strcmp(poll->verdict, "GO") == 0)
        return MARK_DONE;
    return strcmp(poll->verdict, "NO_GO") == 0 ? MARK_FAILED : MARK_UNKNOWN;
}

// Asked twice: `state` says which time this is, `follows` what came after it when it said GO.
static void add_poll(struct drawing *drawing, const char *clock, enum flight_state state,
                     enum flight_state follows)
{
    const struct flight *flight = drawing->flight;
    bool is_last = state == FLIGHT_CONFIRMING || flight->reached_ms[FLIGHT_CONFIRMING] == 0;
    bool has_passed = flight->reached_ms[follows] > 0;

    if (flight->state == state && is_flown(drawing)) {
        add_row(drawing, clock, MARK_RUNNING, "gates", lasted(drawing, flight->entered_ms));
        add_said(drawing, clock);
    } else if (flight->reached_ms[state] == 0 || flight->poll.verdict == NULL) {
        add_row(drawing, clock, MARK_PENDING, "gates", NULL);
    } else if (!is_last) {
        add_row(drawing, clock, MARK_DONE, "gates", "asked again at T-0");
    } else {
        add_row(drawing, clock, has_passed ? MARK_DONE : poll_mark(drawing), "gates",
                has_passed ? early_note(drawing) : poll_note(drawing));
        add_gates(drawing, clock, has_passed);
        if (!has_passed && strcmp(flight->poll.verdict, "GO") != 0)
            add_note(drawing, clock, RANK_NOTE, BOARD_FAINT,
                     "tminus poll says what is wanted, and what to type");
    }
}

// --- steps

static enum mark step_mark(const struct drawing *drawing, const struct step *step)
{
    static const enum mark marks[] = {[STEP_PENDING] = MARK_PENDING,
                                      [STEP_BEGUN] = MARK_RUNNING,
                                      [STEP_DONE] = MARK_DONE,
                                      [STEP_FAILED] = MARK_FAILED,
                                      [STEP_UNKNOWN] = MARK_UNKNOWN};
    _Static_assert(COUNT_OF(marks) == STEP_STATE_COUNT, "one each");

    return step->state == STEP_BEGUN && !is_flown(drawing) ? MARK_UNKNOWN : marks[step->state];
}

// As a person types it.
static char *command_text(TALLOC_CTX *mem, const struct step *step)
{
    char *text = mem_strdup(mem, step->argv == NULL ? "nobody knows what ran before" : "");

    for (size_t i = 0; step->argv != NULL && step->argv[i] != NULL; i++)
        text = mem_printf(mem, "%s%s%s", text, i == 0 ? "" : " ", step->argv[i]);
    return text;
}

static void add_step(struct drawing *drawing, const char *clock, const struct step *step)
{
    enum mark mark = step_mark(drawing, step);
    char *note = mem_strdup(drawing->mem, "");

    if (mark == MARK_RUNNING)
        note = lasted(drawing, step->began_ms);
    else if (step->state == STEP_BEGUN)
        note = mem_strdup(drawing->mem, "begun, and has no result");
    else if (step->state == STEP_FAILED || step->state == STEP_UNKNOWN)
        note = mem_strdup(drawing->mem, step_state_name(step->state));
    else if (step->ended_ms > 0)
        note = quantity_duration(drawing->mem, step->ended_ms - step->began_ms);
    else if (drawing->options->is_plan)
        note = command_text(drawing->mem, step);
    if (step->attempts > 1)
        note = mem_printf(drawing->mem, "%s, attempt %lld", note, (long long)step->attempts);
    add_row(drawing, clock, mark, step->name, note);
    if (mark == MARK_RUNNING)
        add_said(drawing, clock);
    if (step->why != NULL && (mark == MARK_FAILED || mark == MARK_UNKNOWN))
        add_note(drawing, clock, RANK_STOPS, mark_colors[mark], step->why);
}

static void add_steps(struct drawing *drawing, const char *clock, enum step_phase phase)
{
    for (size_t i = 0; i < drawing->flight->n_steps; i++)
        if (drawing->flight->steps[i].phase == phase &&
            (drawing->options->is_plan ||
             flight_is_called_for(drawing->flight, &drawing->flight->steps[i])))
            add_step(drawing, clock, &drawing->flight->steps[i]);
}

// --- verification and watch

static bool is_held_in(const struct flight *flight, enum flight_state state)
{
    return flight->state == FLIGHT_HOLDING && flight->held == state;
}

static void add_verification(struct drawing *drawing, const char *clock)
{
    const struct flight *flight = drawing->flight;
    int64_t began_ms = flight->reached_ms[FLIGHT_VERIFYING];
    int64_t late_ms = flight_verification_late_ms(flight, drawing->options->now_ms);
    const char *late = late_ms == 0 ? ""
                                    : mem_printf(drawing->mem, "; WARN: late by %s",
                                                 quantity_duration(drawing->mem, late_ms));

    if (flight->state == FLIGHT_VERIFYING && is_flown(drawing)) {
        add_row(drawing, clock, MARK_RUNNING, "verification",
                mem_printf(drawing->mem, "%s%s", lasted(drawing, began_ms), late));
        add_said(drawing, clock);
    } else if (flight->verified_ms > 0) {
        add_row(
            drawing, clock, MARK_DONE, "verification",
            mem_printf(drawing->mem, "%s%s", drawing_moment(drawing, flight->verified_ms), late));
    } else if (is_held_in(flight, FLIGHT_VERIFYING)) {
        add_row(drawing, clock, MARK_UNKNOWN, "verification", NULL);
    } else if (began_ms > 0 && flight->state != FLIGHT_VERIFYING) {
        add_row(drawing, clock, MARK_FAILED, "verification", NULL);
    } else {
        add_row(drawing, clock, MARK_PENDING, "verification", NULL);
    }
}

static void add_point(struct drawing *drawing, const struct flight_point *point)
{
    const struct flight *flight = drawing->flight;
    bool is_next = point == flight_next_point(flight);
    const char *due =
        flight->verified_ms == 0 ? NULL : drawing_moment(drawing, flight_point_ms(flight, point));

    int64_t late_ms = flight_point_late_ms(flight, point);

    if (point->is_passed)
        add_row(drawing, point->name, MARK_DONE, "check",
                late_ms == 0 ? drawing_moment(drawing, point->checked_ms)
                             : mem_printf(drawing->mem, "%s; missed, and checked %s late",
                                          drawing_moment(drawing, point->checked_ms),
                                          quantity_duration(drawing->mem, late_ms)));
    else if (is_next && flight->state == FLIGHT_CHECKING && is_flown(drawing))
        add_row(drawing, point->name, MARK_RUNNING, "check", lasted(drawing, flight->entered_ms));
    else if (is_next && is_held_in(flight, FLIGHT_CHECKING))
        add_row(drawing, point->name, MARK_UNKNOWN, "check", due);
    else if (point == board_missed_point(flight, drawing->options->now_ms))
        add_row(drawing, point->name, MARK_FAILED, "check",
                mem_printf(drawing->mem, "missed: due at %s, and nobody checked", due));
    else
        add_row(drawing, point->name, MARK_PENDING, "check", due);
    if (!point->is_passed && !is_next)
        drawing->lines.list[drawing->lines.n - 1].rank = RANK_LATER;
}

static void add_points(struct drawing *drawing)
{
    for (size_t i = 0; i < drawing->flight->n_points; i++)
        add_point(drawing, &drawing->flight->points[i]);
}

// Instead of the watch, which is over.
static void add_way_back(struct drawing *drawing)
{
    const struct flight *flight = drawing->flight;
    enum mark mark = flight->state == FLIGHT_ROLLED_BACK      ? MARK_DONE
                     : flight->state == FLIGHT_PROVING        ? MARK_RUNNING
                     : flight->reached_ms[FLIGHT_PROVING] > 0 ? MARK_FAILED
                                                              : MARK_PENDING;

    const char *proven = flight_proves_as_before(flight)
                             ? "everything as in the original baseline"
                             : "everything as after the migrations, which stay";

    add_steps(drawing, "back", STEP_BACK);
    if (mark == MARK_RUNNING && !is_flown(drawing))
        mark = MARK_UNKNOWN;
    add_row(drawing, "back", mark, "proof",
            mark == MARK_RUNNING ? lasted(drawing, flight->entered_ms) : proven);
    if (mark == MARK_RUNNING)
        add_said(drawing, "back");
}

void board_rows_add(struct drawing *drawing)
{
    add_poll(drawing, "T-30", FLIGHT_POLLING, FLIGHT_PREPARING);
    add_steps(drawing, "T-30", STEP_PREPARE);
    add_poll(drawing, "T-0", FLIGHT_CONFIRMING, FLIGHT_DEPLOYING);
    add_steps(drawing, "T-0", STEP_DEPLOY);
    add_verification(drawing, "T+5 min");
    if (drawing->flight->is_rolling_back)
        add_way_back(drawing);
    else
        add_points(drawing);
    if (drawing->options->is_plan)
        add_steps(drawing, "back", STEP_BACK);
}
