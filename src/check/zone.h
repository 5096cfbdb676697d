/*
 * Zones: what the clock on the wall shows in a place, by the system's own zone files.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHECK_ZONE_H
#define CHECK_ZONE_H

#include "base/error.h"
#include <stdint.h>

struct zone_time {
    char moment[17]; // "2026-11-22 11:00"; its first ten characters are the day
    int weekday;     // 0: sunday
    int minute;      // of the day, as the wall shows it
    char name[16];   // "CET"
};

// `zone` NULL: this machine's. ERROR_CONFIG: no such zone is known here.
MUST_CHECK bool zone_time(const char *zone, int64_t wall_ms, struct zone_time *out,
                          struct error *err);

const char *zone_weekday(int weekday); // "sunday" …

#endif
