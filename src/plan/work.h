/*
 * Work: what one migration does to the tables that were there, in words and in seconds.
 *
 * Private to plan/. Rates and their sources: docs/plan.md.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PLAN_WORK_H
#define PLAN_WORK_H

#include "plan/making.h"

struct work {
    struct plan_estimate estimate;
    const char *batching;
    const char *detail; // locks, rewrites, scans, one line a table; NULL: it touches none
    // The largest table that takes no writes while long work is done; NULL: none. `locked_relation`
    // is NULL when it is not known.
    const char *locked;
    const struct schema_relation *locked_relation;
};

// Of the up of `migration`.
struct work work_of(const struct making *making, const struct migration *migration);

#endif
