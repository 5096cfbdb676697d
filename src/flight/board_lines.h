/*
 * Lines of a board: what is to be shown, and what of it there is room for.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_BOARD_LINES_H
#define FLIGHT_BOARD_LINES_H

#include "base/memory.h"
#include <stdbool.h>
#include <stdio.h>

enum board_color { BOARD_PLAIN, BOARD_FAINT, BOARD_GOOD, BOARD_WARN, BOARD_BAD, BOARD_COLOR_COUNT };

struct board_line {
    const char *clock; // of the runbook, for the column on the left: "T-30"; NULL: a line across
    const char *text;
    enum board_color color;
    int rank; // what has the highest goes first where there is no room; 0: it stays
};

struct board_lines {
    TALLOC_CTX *mem;
    struct board_line *list;
    size_t n;
};

struct board_size {
    size_t width, height; // 0: as much as is wanted
    bool is_colored;
    bool is_ascii; // the terminal knows no UTF-8
};

// `line`'s text is copied.
void board_lines_add(struct board_lines *lines, const struct board_line *line);
// Each line ends with `end`, the last one too.
void board_lines_write(FILE *out, struct board_lines *lines, const struct board_size *size,
                       const char *end);

#endif
