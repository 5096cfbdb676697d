/*
 * The place that a backup is restored into: one that was named and is empty, or one of tminus's
 * own that goes again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_RESTORE_INTO_H
#define COMMAND_RESTORE_INTO_H

#include "command/backup_work.h"

struct restore_into {
    const struct program *program;
    struct backup_work *work;
    const char *address; // --into; NULL: a place of our own, gone when `mem` is freed
    const char *shown;   // afterwards: what it was, for people
};

// `*out` is open for reading, or has no engine: a folder that no server runs on. ERROR_POLICY: the
// place is not empty. ERROR_INPUT: the backup is damaged, of a newer version, or cannot be restored
// there.
MUST_CHECK bool restore_into(TALLOC_CTX *mem, struct restore_into *into,
                             const struct backup *backup, const struct name *table,
                             struct target *out, struct error *err);

#endif
