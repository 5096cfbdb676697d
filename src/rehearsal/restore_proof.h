/*
 * Restore proof: is what was restored what was there when the backup was taken?
 *
 * GO: every table is equal, and so is the schema. NO-GO: something differs; which table and column
 * is said. HOLD: something could not be compared, or nothing was recorded to compare with.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_RESTORE_PROOF_H
#define REHEARSAL_RESTORE_PROOF_H

#include "driver/backup.h"
#include "journal/journal.h"
#include "proof/fingerprints.h"

struct restore_proof {
    enum verdict verdict;
    const char *why;                            // one line for people
    struct fingerprint_differences differences; // worst first: what differs, then what is unknown
    struct fingerprints *found;                 // of the restored database
    int64_t rows;                               // compared, of equal tables
    bool is_schema_equal;                       // of a whole database; true when it is not known
};

struct restore_proof_request {
    const struct backup *backup;
    const struct target *restored; // open for reading
    const struct name *table;      // that was restored alone; NULL: everything
};

MUST_CHECK bool restore_prove(TALLOC_CTX *mem, const struct restore_proof_request *request,
                              struct restore_proof *out, struct error *err);

// Event restore-proven, by which a backup's proof is known later. `took_ms`: of restoring.
MUST_CHECK bool restore_proof_note(struct journal *journal,
                                   const struct restore_proof_request *request,
                                   const struct restore_proof *proof, int64_t took_ms,
                                   struct error *err);

// When it was proven last, and how that ended. `*proven_ms` -1: never.
MUST_CHECK bool restore_proof_last(struct journal *journal, const char *id, int64_t *proven_ms,
                                   enum verdict *verdict, struct error *err);

#endif
