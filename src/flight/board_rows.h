/*
 * Rows of a board: the runbook's clock from T-30 to the last point, each line with what became of
 * it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_BOARD_ROWS_H
#define FLIGHT_BOARD_ROWS_H

#include "flight/board.h"

// What goes first where there is no room.
enum board_rank {
    RANK_STAYS,
    RANK_WHY,
    RANK_STOPS, // what failed and why
    RANK_PILOT,
    RANK_PENDING,
    RANK_COMMAND, // but the first
    RANK_DONE,
    RANK_LATER,
    RANK_NOTE,
    RANK_BLANK,
};

// What a board is made of while it is made.
struct drawing {
    TALLOC_CTX *mem;
    struct board_lines lines;
    const struct flight *flight;
    const struct board_options *options;
    size_t name_width;
};

void board_rows_add(struct drawing *drawing);
// board_moment as the drawing has it.
char *drawing_moment(const struct drawing *drawing, int64_t ms);

#endif
