/*
 * Measured runs: a migration on the copy, statement by statement under its tool's transaction rule,
 * with what each statement did.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_MEASURED_RUN_H
#define REHEARSAL_MEASURED_RUN_H

#include "proof/target.h"
#include "rehearsal/rehearsal_report.h"

struct run_request {
    const struct target *work;
    const struct assessment *assessment; // of the change: places, kinds and predictions; NULL
    const struct migration *migration;
    bool is_down;
    const char *first, *last; // SQL of ours around it: the undo log's; NULL
    int64_t deadline_ms;      // 0: none
};

// Appends to `run`. A migration that fails or lasts too long is an answer, in `run->state`; this
// fails when the copy is gone, and on an interruption.
MUST_CHECK bool measured_run_migration(TALLOC_CTX *mem, const struct run_request *request,
                                       struct measured_run *run, struct error *err);

// --- contradictions.c

// Where prediction and measurement disagree: locks, rewrites, scans, index builds, tables written
// that no text names. `size` tells what is too small to be a difference (an empty table's scan).
// `has_locks`: the engine locks tables, so locks are compared too.
void contradictions_find(const struct measured_run *run, bool has_locks, struct findings *out);

#endif
