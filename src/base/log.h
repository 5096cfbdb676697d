/*
 * Log: what the operator sees now, on stderr. Only command/, flight/ and dashboard/ log.
 *
 * On a terminal: one line, coloured by level unless NO_COLOR is set; elsewhere plain lines.
 * The journal (durable facts) and reports (for readers later) are other things.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum log_level { LOG_QUIET, LOG_NORMAL };
void log_set_level(enum log_level level);
void log_set_progress(bool is_shown); // shown at first, unless the level is LOG_QUIET

void log_info(const char *format, ...) PRINTF_LIKE(1, 2);    // LOG_NORMAL and up
void log_warning(const char *format, ...) PRINTF_LIKE(1, 2); // always
// "tminus: MESSAGE" and, on a second line, "  HINT: …".
void log_error(const struct error *err);

// Progress of long work with rate and time left: redrawn in place on a terminal, otherwise a line
// every 5 seconds. `total` ≤ 0: unknown. Nothing is printed by work shorter than a second.
struct log_progress {
    const char *what;
    int64_t started_ms, printed_ms;
    bool was_drawn;
    bool is_size; // bytes are counted; set after the start
};
void log_progress_start(struct log_progress *progress, const char *what);
void log_progress_set(struct log_progress *progress, int64_t done, int64_t total);
void log_progress_end(struct log_progress *progress);

bool log_is_colored(FILE *out); // a terminal, NO_COLOR not set, TERM not dumb

#endif
