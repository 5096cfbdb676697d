/*
 * Builds: the user's build command, and the digest of what it made.
 *
 * What is to be deployed must be what was verified: where `verified_in` names another environment,
 * the digest must be the one that was released there. A provenance file must name the digest as its
 * subject.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_BUILD_H
#define FLIGHT_BUILD_H

#include "change/config.h"
#include "flight/act.h"

struct build_request {
    const struct config *config;
    const struct config_environment *environment;
    const char *version;
    const char *built;       // digest of this version that this environment's journal has; NULL
    const char *verified;    // digest of this version that was released there; NULL: none was
    const char *verified_in; // name of that environment; NULL: nothing is asked
    struct wait *wait;
    void (*show)(void *context, const char *line);
    void *show_context;
};

// ERROR_CONFIG: no build command or no artifact is configured.
MUST_CHECK bool build_act(TALLOC_CTX *mem, const struct build_request *request, struct act *out,
                          struct error *err);

#endif
