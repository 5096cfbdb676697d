/*
 * Maintenance whose time is over: disabled by whoever watches, and people are called.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_MAINTENANCE_H
#define COMMAND_MAINTENANCE_H

#include "command/command.h"
#include "command/options.h"
#include "flight/act.h"

struct maintenance_ending {
    bool was_over;            // else nothing was done
    struct act_report report; // of the disabling
};

// Of the environment of the options. What came of it is told on stderr. ERROR_CONFIG: it cannot be
// disabled, for there is no command.
MUST_CHECK bool maintenance_end_overdue(TALLOC_CTX *mem, const struct program *program,
                                        const struct options *options,
                                        struct maintenance_ending *out, struct error *err);

#endif
