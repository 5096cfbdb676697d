/*
 * Sources of copies: how `before` is made, one function a kind of tminus.yaml's `from`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_COPIES_SOURCE_H
#define REHEARSAL_COPIES_SOURCE_H

#include "rehearsal/copies.h"

#define COPY_BEFORE "before"
#define COPY_WORK "work"

// Fills the site with `before`, `copies->source` as far as it is known, and fingerprints of the
// instant that was copied, when there are any.
struct copies_source {
    const char *kind; // "dump"
    enum dialect dialect;
    bool (*make)(struct copies *copies, struct fingerprints **prints, struct error *err);
    // The same, after `copies->start` was taken: what only shows then. NULL: nothing does.
    bool (*compare)(struct copies *copies, struct error *err);
};

// What tminus.yaml says, else what a database of this kind has. ERROR_CONFIG with what to write.
MUST_CHECK bool copies_source_find(const struct copies_request *request,
                                   const struct copies_source **out, struct error *err);

// Opens the site; `options` hold what differs from the usual. `needed`: bytes of the source, -1.
MUST_CHECK bool copies_open_site(struct copies *copies, struct copy_site_options *options,
                                 int64_t needed, struct error *err);
MUST_CHECK bool copies_open_target(struct copies *copies, const struct secret *url, bool read_only,
                                   struct target *out, struct error *err);
void copies_set_equal(struct copies *copies, enum status status, const char *detail);
void copies_compare(struct copies *copies, const struct fingerprints *source);

// --- copies_dump.c
extern const struct copies_source copies_source_dump;
// Of the target's database; -1: it cannot be told.
int64_t copies_source_bytes(const struct target *source);

// --- copies_backup.c: of PostgreSQL, of SQLite
struct backup;
struct backup_place;
// The newest one of the target, however old. As backup_find_newest().
MUST_CHECK bool copies_find_backup(TALLOC_CTX *mem, const struct copies_request *request,
                                   struct backup_place *place, struct backup *out,
                                   struct error *err);
extern const struct copies_source copies_source_backup, copies_source_backup_file;

#endif
