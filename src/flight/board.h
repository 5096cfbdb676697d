/*
 * The board of a flight: where it is on the runbook's clock, what it waits for and until when, and
 * which command moves it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_BOARD_H
#define FLIGHT_BOARD_H

#include "driver/store.h"
#include "flight/board_lines.h"
#include "flight/flight.h"
#include <stdio.h>

struct board_options {
    int64_t now_ms;
    const struct store_lease *pilot; // who flies, or flew last; NULL: nobody yet
    const char *said;                // by what runs, last; NULL: nothing
    bool is_plan;                    // a dry run: what would be done, and nothing was begun
    struct board_size size;
};

// `end`: what each line ends with.
void board_write_text(FILE *out, const struct flight *flight, const struct board_options *options,
                      const char *end);
// The document of `tminus status`.
json_t *board_json(const struct flight *flight, const struct board_options *options);

// The exit status that says how it stands: 0 done or on its way, 1 aborted before any change, 3
// holding, or nobody flies it, or a point of the watch or the end of a maintenance was missed, 4
// taken back and proven, 5 a person is needed.
int board_exit_status(const struct flight *flight, const struct board_options *options);
// Was it begun, and nobody is at work on it although its state needs that?
bool board_is_unflown(const struct flight *flight, const struct board_options *options);

// "14:59:03" of today, with the day of another; UTC.
char *board_moment(TALLOC_CTX *mem, int64_t now_ms, int64_t ms);
// The point that nobody checked in time and that is still to be checked; NULL: there is none.
const struct flight_point *board_missed_point(const struct flight *flight, int64_t now_ms);
// Where it is on the runbook's clock: "T-30" "T-0" "T+5 min", the next point's name, "back".
const char *board_clock(const struct flight *flight);
// "T-0 at …", "step migrate", "a person: go or abort"; NULL: it has ended.
char *board_waiting_for(TALLOC_CTX *mem, const struct flight *flight,
                        const struct board_options *options);
// Commands that move it, best first, NULL-terminated, without "--env".
const char *const *board_next_commands(TALLOC_CTX *mem, const struct flight *flight,
                                       const struct board_options *options);

#endif
