/*
 * tminus journal: what its files share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_JOURNAL_H
#define COMMAND_JOURNAL_H

#include "command/command.h"
#include "command/options.h"
#include "journal/journal.h"

struct journal_request {
    struct options options;
    const char *action;
    const char *given; // import: the file
    const char *file;  // --journal
    const char *head;
    const char *event;
    int64_t last; // 0: all
    const char *bundle;
    const char *key;
    const char *imported;
    bool is_public;
};

json_t *journal_head_json(const struct journal_head *head);

// --- journal_evidence.c: what leaves this machine, or comes from another. They give the exit
// status, or -1 and `err`.
int journal_key_run(const struct journal_request *request, struct error *err);
int journal_import_run(const struct program *program, const struct journal_request *request,
                       struct error *err);
int journal_bundle_verify_run(const struct journal_request *request, struct error *err);
int journal_bundle_export_run(struct journal *journal, const struct journal_request *request,
                              struct error *err);

#endif
