/*
 * What the verbs backup and restore work with: the place of backups, the journal, progress in
 * bytes; and how a backup is shown.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_BACKUP_WORK_H
#define COMMAND_BACKUP_WORK_H

#include "command/inspection.h"
#include "rehearsal/backup_find.h"
#include "rehearsal/restore_proof.h"

struct backup_work {
    struct inspection inspection; // its target is open when asked for
    struct backup_place place;
    const struct config_backup *settings;
    struct wait *wait;
};

struct backup_work_request {
    const struct program *program;
    const struct options *options;
    const char *database;  // --database
    const char *directory; // --directory; NULL: the configured one
    bool needs_target;     // it is connected to
};

// `*out` must not move afterwards.
MUST_CHECK bool backup_work_open(TALLOC_CTX *mem, const struct backup_work_request *request,
                                 struct backup_work *out, struct error *err);
void backup_work_show(void *context, const char *what, int64_t done, int64_t total);

// Members of BACKUP in man/tminus-backup.1. `proven_ms` -1: it was never proven.
json_t *backup_to_json(const struct backup *backup, int64_t proven_ms, enum verdict proof);
// "3 min 20 s ago".
char *backup_age(TALLOC_CTX *mem, int64_t since_ms);
char *backup_size(TALLOC_CTX *mem, const struct backup *backup); // "size unknown" for -1

// "\nGO  WHY\n" and the journal's head.
void backup_write_verdict(enum verdict verdict, const char *why, const struct journal_head *head);
void backup_put_journal(json_t *document, const struct journal_head *head);

#endif
