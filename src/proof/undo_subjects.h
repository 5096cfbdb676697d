/*
 * Of which tables a migration overwrites or deletes rows that were there, and which columns: what
 * an undo log is asked to keep; and whether its text tells that.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_UNDO_SUBJECTS_H
#define PROOF_UNDO_SUBJECTS_H

#include "driver/engine.h"
#include "proof/reading.h"

// Fills the subjects of `out`, and what is beside them. `reading` is of that migration alone.
// False: it overwrites and deletes nothing that was there, and nothing is to be kept.
bool undo_subjects_name(TALLOC_CTX *mem, const struct reading *reading,
                        struct engine_undo_request *out);

#endif
