/*
 * Running a tool that takes or gives back a backup: progress by what has been written, failures in
 * its own words.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_BACKUP_TOOL_RUN_H
#define DRIVER_BACKUP_TOOL_RUN_H

#include "base/process.h"
#include "driver/backup.h"

struct tool_run {
    const char *const *argv;
    const char *const *environment;
    const char *what;    // for progress: "backup"
    const char *watched; // file or folder that grows; NULL: nothing tells how far it is
    int64_t total;       // that it grows to; ≤ 0: not known
};

// Files are made 0600, folders 0700. A status other than 0 is an answer.
MUST_CHECK bool tool_run(TALLOC_CTX *mem, const struct backup_options *options,
                         const struct tool_run *run, struct process_result *out, struct error *err);

// Fill `err` from what it said; `place` stands in front, `otherwise` is the code when its words are
// none that we know. Returns false.
bool tool_fail(const struct process_result *result, const char *place, enum error_code otherwise,
               struct error *err);

#endif
