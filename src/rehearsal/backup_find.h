/*
 * Finding backups: those of the place that tminus.yaml names, with what was recorded of each.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_BACKUP_FIND_H
#define REHEARSAL_BACKUP_FIND_H

#include "change/config.h"
#include "driver/backup.h"

struct backup_place {
    const struct backup_driver *driver;
    struct backup_options options;
    const char *folder; // of the state: for fingerprints of backups that stand in no place of ours
};

struct backup_place_request {
    const struct backup_driver *const *drivers; // all there are, NULL-terminated
    const struct config *config;                // paths of it are seen from its folder
    const struct config_backup *settings;       // of the environment
    const char *database;     // of several: its own folder in the directory; NULL: the only one
    const char *folder;       // of the state: "backup"
    const struct secret *url; // to take one; for the others unused
    struct wait *wait;
};

// ERROR_CONFIG: nothing is configured, or no driver of that kind is there.
MUST_CHECK bool backup_place_make(TALLOC_CTX *mem, const struct backup_place_request *request,
                                  struct backup_place *out, struct error *err);

// Newest first; `fingerprints` and `system` of each as far as they are known.
MUST_CHECK bool backup_list(TALLOC_CTX *mem, const struct backup_place *place, struct backup **out,
                            size_t *n, struct error *err);
// By its id; NULL or "latest": the newest one that is not damaged. ERROR_INPUT: there is none.
MUST_CHECK bool backup_find(TALLOC_CTX *mem, const struct backup_place *place, const char *id,
                            struct backup *out, struct error *err);
// The newest one, for who relies on it. ERROR_BASELINE: there is none, it is damaged, or older than
// `max_age_ms` (0: however old). ERROR_IDENTITY: it is of another system than `of` (NULL: any).
MUST_CHECK bool backup_find_newest(TALLOC_CTX *mem, const struct backup_place *place,
                                   const struct engine_identity *of, int64_t max_age_ms,
                                   struct backup *out, struct error *err);

// Where fingerprints of a backup stand, or will.
char *backup_fingerprints_path(TALLOC_CTX *mem, const struct backup_place *place,
                               const struct backup *backup);

#endif
