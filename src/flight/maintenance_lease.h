/*
 * The lease of a maintenance: until when it may be on, as the journal tells it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_MAINTENANCE_LEASE_H
#define FLIGHT_MAINTENANCE_LEASE_H

#include "journal/journal.h"

struct maintenance_lease {
    bool is_on; // it was begun to be enabled, and not proven off since
    int64_t until_ms;
    bool is_noted; // that it is over: the alarm was raised
};

// What an event of the journal changes in it.
void maintenance_lease_take(struct maintenance_lease *lease, const json_t *event);
// After all events of the environment: a journal may tell of several.
MUST_CHECK bool maintenance_lease_read(struct journal *journal, const char *environment,
                                       struct maintenance_lease *out, struct error *err);
bool maintenance_lease_is_over(const struct maintenance_lease *lease, int64_t now_ms);

#endif
