/*
 * Folders of sites: what a rehearsal makes on disk, found again by its mark and removed.
 *
 * In the root ROOT/tminus-copy-XXXXXX with ROOT/tminus-copy-XXXXXX.mark beside it, made first and
 * removed last, and locked while the site lives: the kernel lets the lock go when its maker is
 * gone, whatever way. What has no such mark is not ours.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_COPY_SITE_FOLDER_H
#define DRIVER_COPY_SITE_FOLDER_H

#include "driver/copy.h"
#include "driver/copy/mark.h"

struct site_folder { // removed when freed
    const char *path;
    const char *mark_path;
    struct mark mark;
    int lock;
};

// `root` is made when it is missing, 0700.
MUST_CHECK bool site_folder_make(TALLOC_CTX *mem, const char *root, const char *kind,
                                 struct site_folder **out, struct error *err);

// Folders in `root` of this kind whose maker is gone, oldest first. `what`: "scratch server".
MUST_CHECK bool site_folder_leftovers(TALLOC_CTX *mem, const char *root, const char *kind,
                                      const char *what, struct copy_leftover **out, size_t *n,
                                      struct error *err);
// Is `id` a folder in `root` of a maker that is gone? Then call `before` (what still runs in it is
// ended; NULL: nothing does) and remove it. ERROR_INPUT: it is not ours; ERROR_POLICY: its maker
// runs.
MUST_CHECK bool site_folder_remove_leftover(const char *root, const char *kind, const char *id,
                                            void (*before)(const char *folder), struct error *err);

// --- what is in folders
int64_t folder_room(const char *path); // that we may use; -1: it cannot be told
void folder_give(const char *path, unsigned uid, unsigned gid); // to another user, all of it

#endif
