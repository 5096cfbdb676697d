/*
 * Setting flags: set, then read back; what reads back differently was not set.
 *
 * A flag with `only_when_zero:` is switched on only when that invariant is 0 now.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_FLAG_H
#define FLIGHT_FLAG_H

#include "driver/flag.h"
#include "flight/act.h"

struct flag_setting {
    const struct config *config;
    const struct config_environment *environment;
    const struct config_flag *flag;
    bool is_on;
    const struct flag_driver *const *drivers;
    const struct engine_driver *const *engines;
    struct wait *wait;
    void (*show)(void *context, const char *line); // of a command's output; NULL
    void *show_context;
};

// The flag called `name`. ERROR_USAGE: there is none.
MUST_CHECK bool flag_find(const struct config_environment *environment, const char *name,
                          const struct config_flag **out, struct error *err);
// What it is now.
MUST_CHECK bool flag_read(TALLOC_CTX *mem, const struct flag_setting *setting,
                          struct flag_answer *out, struct error *err);
// May it be set? ERROR_POLICY: what it waits for is not 0, or is not known.
MUST_CHECK bool flag_check(const struct flag_setting *setting, struct error *err);
struct act flag_act(TALLOC_CTX *mem, const struct flag_setting *setting);

#endif
