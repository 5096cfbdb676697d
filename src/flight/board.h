/*
 * The board of a flight: where it is, what it waits for and until when, and which command moves it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_BOARD_H
#define FLIGHT_BOARD_H

#include "driver/store.h"
#include "flight/flight.h"
#include <stdio.h>

struct board_options {
    int64_t now_ms;
    const struct store_lease *pilot; // who flies, or flew last; NULL: nobody yet
    bool is_colored;
};

void board_write_text(FILE *out, const struct flight *flight, const struct board_options *options);
// The document of `tminus status`.
json_t *board_json(const struct flight *flight, const struct board_options *options);

// The exit status that says how it stands: 0 done or on its way, 1 aborted before any change, 3
// holding, 4 taken back and proven, 5 a person is needed.
int board_exit_status(const struct flight *flight);

#endif
