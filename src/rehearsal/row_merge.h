/*
 * Row merges: the rows of a table of one database beside those of the other, in the order of the
 * key, so that nothing is kept of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_ROW_MERGE_H
#define REHEARSAL_ROW_MERGE_H

#include "proof/target.h"

struct row_merge_side {
    const struct target *target;
    struct engine_fingerprint_request rows; // table, columns, key, shown
};

// NULL: the other side has no row of this key.
typedef void row_merge_pair(void *context, const struct engine_row_image *before,
                            const struct engine_row_image *after);

struct row_merge {
    struct row_merge_side before, after;
    bool is_key_retyped; // keys are told by their order alone
    row_merge_pair *pair;
    void *context;
    proof_progress *progress;
    void *progress_context;
    const char *title; // of the table, for the progress
    int64_t total;     // rows of both
};

MUST_CHECK bool row_merge_run(const struct row_merge *merge, struct error *err);

#endif
