/*
 * Inquiries: a check asked of every address that it means, or once where it names none.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_INQUIRY_H
#define FLIGHT_INQUIRY_H

#include "base/json.h"
#include "driver/probe.h"

struct inquiry {
    const struct config *config;
    const struct config_environment *environment;
    const char *slot;    // NULL: every one
    const char *version; // NULL: not known
    const struct probe_driver *const *probes;
    const struct engine_driver *const *engines;
    struct wait *wait;
    void (*take)(void *context, const struct probe_request *request,
                 const struct probe_answer *answer);
    void *context;
};

// Answers, and what they point to, are `mem`'s. Fails as the drivers do; ERROR_CONFIG: it means
// addresses, and there are none.
MUST_CHECK bool inquiry_make(TALLOC_CTX *mem, const struct inquiry *inquiry,
                             const struct config_health *check, struct error *err);

// {check, slot, address, status, cause, expected, observed, text, took_ms}: for the journal.
json_t *inquiry_answer_json(const struct probe_request *request, const struct probe_answer *answer);

#endif
