/*
 * Ways back: can one be gone to its end? Looked at whole before its first step.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_WAY_BACK_H
#define FLIGHT_WAY_BACK_H

#include "flight/step_kind.h"

struct way_back {
    const struct step_context *steps;
    // What others built upon the flight, in words; NULL: nothing.
    bool (*since)(TALLOC_CTX *mem, void *context, const char **out, struct error *err);
    void *context;
};

// What stands in the way of a step back that is called for and not done, in words; NULL: nothing
// does. It changes nothing.
MUST_CHECK bool way_back_check(TALLOC_CTX *mem, const struct way_back *way_back,
                               const struct flight *flight, const char **refused,
                               struct error *err);

#endif
