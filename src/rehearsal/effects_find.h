/*
 * Effects of a change, found by comparing two databases: rows added, removed, changed and doubled,
 * per column how many values changed, became NULL, were NULL, and which became which.
 *
 * Tables are told by their sums first; only those that differ are read row by row, both in the
 * order of their key. Memory does not grow with the data.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_EFFECTS_FIND_H
#define REHEARSAL_EFFECTS_FIND_H

#include "change/config.h"
#include "proof/fingerprints.h"
#include "proof/trace.h"
#include "rehearsal/rehearsal_report.h"

// Rows by table and key, that do not count, or that alone count: what the new release wrote.
struct effects_exception {
    struct name table;
    const char *const *key_texts;
    size_t n_keys;
};

struct effects_request {
    const struct target *before, *after;
    const struct fingerprints *start, *now; // of `before` and `after`; NULL: taken here
    const struct trace *trace;              // where tables and columns are; NULL: by name
    const struct config *config;            // keys, ignored and masked columns; NULL
    const struct name *leave_out;
    size_t n_leave_out;
    const struct effects_exception *except;
    size_t n_except;
    bool is_only_except; // those rows alone count, and no others
    proof_progress *progress;
    void *context;
};

MUST_CHECK bool effects_find(TALLOC_CTX *mem, const struct effects_request *request,
                             struct measured_effects *out, struct error *err);
// But for the order of columns.
bool effects_are_none(const struct measured_effects *effects);

#endif
