/*
 * Releases: the user's deploy command for each slot, and the version read back from every address.
 *
 * It is done when every check that expects {version} passes on every address, and every other
 * critical health check passes too.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_RELEASE_H
#define FLIGHT_RELEASE_H

#include "driver/probe.h"
#include "flight/act.h"

struct release_request {
    const struct config *config;
    const struct config_environment *environment;
    const char *slot; // NULL: every one
    const char *version;
    const char *sha256; // of what was built as this version; NULL: not known
    const struct probe_driver *const *probes;
    const struct engine_driver *const *engines;
    struct wait *wait;
    void (*show)(void *context, const char *line); // of the command's output; NULL
    void *show_context;
};

// ERROR_CONFIG: no check tells the version, or no deploy command is configured. ERROR_USAGE: no
// such slot.
MUST_CHECK bool release_act(TALLOC_CTX *mem, const struct release_request *request, struct act *out,
                            struct error *err);

#endif
