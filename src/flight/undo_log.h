/*
 * The undo logs of migrations: how each is called, and which are in the target.
 *
 * A log is found again without the journal: its id is made of the version and of the up's bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_UNDO_LOG_H
#define FLIGHT_UNDO_LOG_H

#include "driver/engine.h"

// `version` as the record writes it; `sha256` of the up.
char *undo_log_id(TALLOC_CTX *mem, const char *version, const char *sha256);

struct undo_logs {
    struct engine_undo_log *list; // the oldest first
    size_t n;
};

// A target, opened for just this.
struct undo_log_place {
    const struct engine_driver *driver;
    const struct secret *url;
    struct wait *wait;
};

// All of them, with their sizes. `*database` is one line about the target.
MUST_CHECK bool undo_logs_read(TALLOC_CTX *mem, const struct undo_log_place *place,
                               struct undo_logs *out, const char **database, struct error *err);
// ERROR_INPUT: there is no such log.
MUST_CHECK bool undo_log_drop(const struct undo_log_place *place, const char *id,
                              struct error *err);

const struct engine_undo_log *undo_logs_find(const struct undo_logs *logs,
                                             const char *id); // or NULL
// The newest of a version that did not go back; NULL: there is none.
const struct engine_undo_log *undo_logs_find_open(const struct undo_logs *logs,
                                                  const char *version);

#endif
