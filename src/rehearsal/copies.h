/*
 * Copies: the two databases of a rehearsal, made of the source that tminus.yaml names.
 *
 * `before` stays as the source was; the change runs on `work`. Both are of one site, with the mark
 * of driver/copy.h, and go when the copies are freed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_COPIES_H
#define REHEARSAL_COPIES_H

#include "change/config.h"
#include "driver/backup.h"
#include "driver/copy.h"
#include "proof/fingerprints.h"
#include "rehearsal/rehearsal_report.h"

struct copies_request {
    const struct copy_driver *driver;
    const struct engine_driver *engine;
    const struct backup_driver *const *backups; // all there are, NULL-terminated
    const struct config_rehearsal *settings;
    const struct config_backup *backup; // of the environment
    const struct config *config; // whose folder paths are seen from; NULL: this one, no backups
    const char *database;        // of several of the environment: its name; NULL: the only one
    const struct target *source; // the target, for reading alone; NULL: it is not reachable (from a
                                 // backup a copy can be made without it)
    const struct secret *source_url;
    const char *folder;           // of the state: what is made stands here unless settings say else
    const struct name *leave_out; // tables without effects: records of migrations
    size_t n_leave_out;
    bool is_logged; // statements are to be read from the server's log afterwards
    proof_progress *progress;
    void *context;
    struct wait *wait;
};

struct copies {
    const struct copies_request *request;
    struct copy_site *site;
    struct target before, work;
    struct fingerprints *start; // of `before`
    struct rehearsal_source source;
    bool is_recorded_beside; // the source's fingerprints are of an instant near the copy's
    const char **notes;      // in what the copies are not like the source, what was cleared away
    size_t n_notes;
    struct copies_kept { // that are open
        struct engine *engine;
        const char *name;
    } * kept;
    size_t n_kept;
};

// Room on disk is looked at first. ERROR_INPUT: a damaged backup, one of another system;
// ERROR_SYSTEM: no room; ERROR_POLICY: no permission to make databases; ERROR_CONFIG: nothing says
// what to make it from. What was begun is removed on failure.
MUST_CHECK bool copies_make(TALLOC_CTX *mem, const struct copies_request *request,
                            struct copies **out, struct error *err);
// `work` as it is now, once more, to be looked at beside what comes. Closes and opens `work`.
MUST_CHECK bool copies_keep(TALLOC_CTX *mem, struct copies *copies, const char *name,
                            struct target *out, struct error *err);
MUST_CHECK bool copies_forget(struct copies *copies, struct target *kept, struct error *err);
// `work` again as `before` is.
MUST_CHECK bool copies_begin_anew(struct copies *copies, struct error *err);
// Remove everything at once, and say so when it fails (freeing does the same, and keeps quiet).
MUST_CHECK bool copies_end(struct copies *copies, struct error *err);

#endif
