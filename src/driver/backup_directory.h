/*
 * The directory of backups: a new one is written beside as NAME.partial and renamed when it is
 * whole; one is taken at a time.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_BACKUP_DIRECTORY_H
#define DRIVER_BACKUP_DIRECTORY_H

#include "driver/backup.h"

#define DIRECTORY_PARTIAL ".partial"
#define DIRECTORY_FINGERPRINTS ".fingerprints.json"

// One that is being written. Freed before directory_finish: what was written is removed.
struct directory_begun {
    const char *id;
    const char *path;    // of the whole one
    const char *partial; // that is written
    int64_t taken_ms;
    int lock;
};

// The directory is made when it is missing, 0700; what a killed run left half-written is removed.
// ERROR_POLICY: another one is being taken. `ending`: ".dump".
MUST_CHECK bool directory_begin(TALLOC_CTX *mem, const struct backup_options *options,
                                const char *database, const char *ending,
                                struct directory_begun **out, struct error *err);
MUST_CHECK bool directory_finish(struct directory_begun *begun, struct error *err);

// What stands in it, but for hidden names and fingerprints.
struct directory_entry {
    const char *name, *path;
    bool is_folder;
    bool is_partial;
    int64_t modified_ms;
};

// `backup` with what the entry tells of every kind: id, path, bytes, time, fingerprints, damage.
void directory_describe(TALLOC_CTX *mem, const struct directory_entry *entry, struct backup *out);
// Newest first.
void directory_sort(struct backup *backups, size_t n);

// Describe an entry; false: it is none of this kind.
typedef bool directory_read(TALLOC_CTX *mem, const struct backup_options *options,
                            const struct directory_entry *entry, struct backup *out);
// Those of the directory that `read` takes, newest first.
MUST_CHECK bool directory_backups(TALLOC_CTX *mem, const struct backup_options *options,
                                  directory_read *read, struct backup **out, size_t *n,
                                  struct error *err);

// What killed runs left half-written; none while one is being taken. By name.
MUST_CHECK bool directory_leftovers(TALLOC_CTX *mem, const char *directory,
                                    struct directory_entry **out, size_t *n, struct error *err);
// ERROR_POLICY: one is being taken.
MUST_CHECK bool directory_remove_leftover(const char *directory, const char *path,
                                          struct error *err);

int64_t directory_bytes(const char *path); // of a file, or of everything in a folder
MUST_CHECK bool directory_remove(const char *path, struct error *err); // it may be gone already

#endif
