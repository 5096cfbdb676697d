/*
 * Taking a backup, and the fingerprints of the instant that it is of.
 *
 * Where one snapshot serves both, they are of one instant. Else fingerprints are taken before and
 * after: what is equal in both is recorded, and a table that moved meanwhile is unknown.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_BACKUP_TAKE_H
#define REHEARSAL_BACKUP_TAKE_H

#include "base/digest.h"
#include "journal/journal.h"
#include "proof/fingerprints.h"
#include "rehearsal/backup_find.h"

struct backup_taken {
    struct backup backup;
    struct fingerprints *prints; // as they were recorded
    size_t n_unknown;            // tables that could not be read, or moved
    bool is_one_instant;
    int64_t took_ms;
    char sha256[DIGEST_TEXT_SIZE]; // of the file, the archive's contents or the manifest; "": none
};

// `target` is open for reading. Events: backup-taken. Nothing stays of one that failed.
MUST_CHECK bool backup_take(TALLOC_CTX *mem, const struct backup_place *place,
                            const struct target *target, struct journal *journal,
                            struct backup_taken *out, struct error *err);

#endif
