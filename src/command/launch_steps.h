/*
 * The configured steps in a flight's plan: where each stands, and how each is taken back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_LAUNCH_STEPS_H
#define COMMAND_LAUNCH_STEPS_H

#include "change/config.h"
#include "flight/flight.h"

// Those that stand at `place`, in order. `environment` NULL: there are none.
void launch_steps_add(TALLOC_CTX *mem, const struct config_environment *environment,
                      enum step_place place, struct flight *flight);
// What takes back those that stand at `place`, the last one first.
void launch_steps_add_back(TALLOC_CTX *mem, const struct config_environment *environment,
                           enum step_place place, struct flight *flight);
// Whatever was added when: the preparation, the deploy, the way back.
void launch_steps_order(TALLOC_CTX *mem, struct flight *flight);
// What a step needs and the plan does not have. ERROR_USAGE: a version; ERROR_CONFIG: a flag, a
// channel.
MUST_CHECK bool launch_steps_check(const struct config_environment *environment,
                                   const struct flight *flight, struct error *err);

#endif
