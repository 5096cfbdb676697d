/*
 * Lines: walk over the lines of a text, with their byte offsets.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_LINE_H
#define CHANGE_LINE_H

#include "base/memory.h"
#include <stdbool.h>

struct line {
    const char *text; // the whole text
    size_t start;     // of this line
    size_t end;       // behind its last character; line end and a carriage return left out
    size_t next;      // where the next line starts
    size_t number;    // from 1
};

// Start with {.text = text}; each call moves on by one line, false at the end of the text.
bool line_next(struct line *line, size_t len);
bool line_is_blank(const struct line *line);
// Does it start with `prefix`, blanks before it skipped?
bool line_starts_with(const struct line *line, const char *prefix);
char *line_copy(TALLOC_CTX *mem, const struct line *line);

#endif
