/*
 * Files of a fixed change: which versions its parts get, and their texts as the tool reads them.
 *
 * Migrations that are judged and stand behind a fixed one may have to move to a later version;
 * those that are applied never do.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_FIXED_FILES_H
#define ANALYSIS_FIXED_FILES_H

#include "analysis/fixed_change.h"
#include "change/layout.h"

// One new migration.
struct fixed_target {
    const struct migration *origin;
    const char *version;
    const char *path; // of its up, below the folder
    bool is_moved;    // the origin as it was, under another version
};

struct fixed_files {
    struct fixed_target *targets; // in the order of the change
    size_t n_targets;
    struct following_files files;
};

// A migration for whose parts there is no room loses them, and its places get the reason.
struct fixed_files *fixed_files_make(TALLOC_CTX *mem, const struct following *following,
                                     const struct change *change, struct fixed_change *fixed);

#endif
