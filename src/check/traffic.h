/*
 * Traffic by the hour: counts that a monitoring system exports, added up by hour of the day.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHECK_TRAFFIC_H
#define CHECK_TRAFFIC_H

#include "base/error.h"
#include <stddef.h>

#define TRAFFIC_HOURS 24

struct traffic {
    double sums[TRAFFIC_HOURS];
    size_t n[TRAFFIC_HOURS]; // counts of each
};

// Lines "HOUR,COUNT": an hour of the wall's clock ("9", "09:00"), or a moment
// ("2026-11-15T09:00:00Z", seconds since 1970) that `zone` (NULL: this machine's) puts into one. A
// first line without a count is a heading; empty lines and those with # are left out. ERROR_INPUT:
// `path`, line and what is wrong. ERROR_CONFIG: no such zone.
MUST_CHECK bool traffic_read(const char *path, const char *text, size_t len, const char *zone,
                             struct traffic *out, struct error *err);
// An hour's usual count.
double traffic_at(const struct traffic *traffic, int hour);
size_t traffic_hours(const struct traffic *traffic); // that have a count
int traffic_busiest(const struct traffic *traffic);
int traffic_quietest(const struct traffic *traffic);

#endif
