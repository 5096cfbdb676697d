/*
 * Maintenance: what users see instead of the service, switched by commands of the user's and proven
 * from outside.
 *
 * It is on for a time only: its end stands in the journal before it is enabled, and whoever watches
 * disables it when that is over.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_MAINTENANCE_H
#define FLIGHT_MAINTENANCE_H

#include "driver/probe.h"
#include "flight/act.h"
#include "flight/maintenance_lease.h"

struct maintenance_request {
    const struct config *config;
    const struct config_environment *environment;
    bool is_on;       // enable; else disable
    bool has_for;     // how long was said, so a lease that runs is set anew
    int64_t until_ms; // of enabling
    struct maintenance_lease lease;
    const struct probe_driver *const *probes;
    const struct engine_driver *const *engines;
    struct wait *wait;
    void (*show)(void *context, const char *line); // what its commands write; NULL: nobody
    void *show_context;
};

// ERROR_CONFIG: there is no such command, or no check that proves it.
MUST_CHECK bool maintenance_check(const struct config_environment *environment, struct error *err);
// As that fails. `request` must outlive it.
MUST_CHECK bool maintenance_act(TALLOC_CTX *mem, const struct maintenance_request *request,
                                struct act *out, struct error *err);

#endif
