/*
 * Of which tables a migration overwrites or deletes rows that were there, and which columns: what
 * an undo log is asked to keep.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_UNDO_SUBJECTS_H
#define PROOF_UNDO_SUBJECTS_H

#include "driver/engine.h"
#include "proof/trace.h"

// Fills the subjects of `out`; none: there is nothing to keep. `trace` is of that migration alone.
void undo_subjects_name(TALLOC_CTX *mem, const struct trace *trace,
                        struct engine_undo_request *out);

#endif
