/*
 * Traffic: which rows of a baseline's tables the application wrote between the baseline and the
 * migrations.
 *
 * A migration that rewrites a row puts its own number over traffic's: afterwards nobody can tell.
 * So the keys are noted just before it runs, in a file beside the baseline whose SHA-256 is
 * journaled.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_TRAFFIC_H
#define PROOF_TRAFFIC_H

#include "journal/journal.h"
#include "proof/baseline.h"

struct traffic_noted {
    bool is_noted; // false: no baseline, or an engine that does not tell who wrote
    const char *path;
    int64_t tables, rows;
};

// For the baseline saved last of this database. What it finds is journaled.
MUST_CHECK bool traffic_note(TALLOC_CTX *mem, const struct target *target, struct journal *journal,
                             struct traffic_noted *out, struct error *err);

// The file noted for this baseline; NULL when there is none. ERROR_BASELINE: it is another one than
// was noted.
MUST_CHECK bool traffic_find(TALLOC_CTX *mem, struct journal *journal,
                             const struct baseline *baseline, const char **out, struct error *err);

#endif
