/*
 * What a flight consists of: its steps and points, made of the configuration and of what is
 * pending.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_LAUNCH_PLAN_H
#define COMMAND_LAUNCH_PLAN_H

#include "command/flight_work.h"

struct launch_request {
    const char *version;
    int64_t start_at_ms;
    const char *reason; // for what needs one; NULL
};

// ERROR_INPUT: nothing is pending, or an order that cannot be flown; ERROR_POLICY: a watch that is
// too short without a reason.
MUST_CHECK bool launch_plan_make(TALLOC_CTX *mem, const struct flight_work *work,
                                 const struct launch_request *request, struct flight **out,
                                 struct error *err);

#endif
