/*
 * Terminal: a whole screen that is drawn again and again, and given back as it was.
 *
 * It is given back when its memory is freed, by a signal that ends the program at once, and while
 * the program is stopped (Ctrl-Z). A terminal that takes nothing (Ctrl-S, a slow line) is not
 * waited for: what it does not take is drawn again later.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_TERMINAL_H
#define COMMAND_TERMINAL_H

#include "base/memory.h"
#include <stdbool.h>
#include <stddef.h>

struct terminal;

// On stderr; NULL: it is none, or a dumb one, or another process has it now.
struct terminal *terminal_open(TALLOC_CTX *mem);
// How large it is now.
void terminal_size(const struct terminal *terminal, size_t *width, size_t *height);
// Has it another size than when it was drawn last, or was it given back in between?
bool terminal_has_changed(const struct terminal *terminal);
// `text`: lines that end with TERMINAL_END_OF_LINE, at most as many as it is high.
void terminal_draw(struct terminal *terminal, const char *text);

#define TERMINAL_END_OF_LINE "\033[K\n"

#endif
