/*
 * Clock: wall time for people and records, monotonic time for waiting.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/error.h"
#include <stdint.h>

// Milliseconds since 1970-01-01 UTC.
int64_t clock_wall_ms(void);
// Milliseconds since an arbitrary start; never goes back.
int64_t clock_monotonic_ms(void);
int64_t clock_monotonic_us(void);
// Since the machine booted, with the time that it slept: the same for all its processes.
int64_t clock_boot_ms(void);

// RFC 3339 in UTC with milliseconds: "2026-11-21T14:00:00.000Z" (24 characters and NUL).
struct clock_text {
    char text[32];
};
struct clock_text clock_format(int64_t wall_ms);
MUST_CHECK bool clock_parse(const char *text, int64_t *wall_ms, struct error *err);

#endif
