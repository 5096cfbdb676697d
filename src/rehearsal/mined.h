/*
 * Mined invariants: what held on the touched tables before and no longer holds after.
 *
 * De facto unique, not null, inclusion between key-like columns, value sets, sums, ordering of
 * pairs. Asked of both copies, only within reach of the change, worst first, with a cap.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_MINED_H
#define REHEARSAL_MINED_H

#include "change/config.h"
#include "proof/target.h"
#include "proof/trace.h"
#include "rehearsal/rehearsal_report.h"

struct mined_request {
    const struct target *before, *after;
    const struct schema *schema_before, *schema_after; // of the catalogs
    const struct measured_effects *effects;            // what was touched
    const struct measured_run *run;                    // of the ups; NULL: not known
    const struct trace *trace;   // where tables and columns are; NULL: by name
    const struct config *config; // masked columns; NULL
    const char *path;            // of the change, for the findings
};

MUST_CHECK bool mined_find(TALLOC_CTX *mem, const struct mined_request *request,
                           struct findings *out, struct error *err);
// Of the downs: is what is there afterwards fit for the old release? `effects`: what differs.
MUST_CHECK bool mined_find_back(TALLOC_CTX *mem, const struct mined_request *request,
                                struct findings *out, struct error *err);

#endif
