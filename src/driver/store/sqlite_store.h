/*
 * The inside of a store on SQLite, for the files that keep events and leases in it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_STORE_SQLITE_STORE_H
#define DRIVER_STORE_SQLITE_STORE_H

#include "driver/store.h"
#include "driver/table_file.h"

struct store {
    struct table_file *file;
    struct table_query *insert;
    struct table_query *last;
    struct table_query *read;
    int *note; // descriptor of the noted head; NULL: not open
};

typedef bool store_work(struct store *store, void *context, struct error *err);
// `work` within the write lock: on the disk, or nothing of it.
MUST_CHECK bool sqlite_store_write(struct store *store, store_work *work, void *context,
                                   struct error *err);

// --- sqlite_head.c
// After an append: which event is the last one, in a file beside the journal's.
void sqlite_store_note_head(struct store *store, const struct store_row *row);
// False: there is no note that can be read.
bool sqlite_store_read_head(const char *path, struct store_head *out);
// ERROR_INPUT: a head is noted, and the journal itself is gone.
bool sqlite_store_fail_lost(const char *path, const struct store_head *head, struct error *err);

// --- sqlite_lease.c
// Within the write lock.
MUST_CHECK bool sqlite_store_check_fence(struct store *store, const struct store_fence *fence,
                                         struct error *err);
bool sqlite_store_lease_take(TALLOC_CTX *mem, struct store *store,
                             const struct store_lease_request *request, struct store_taken *out,
                             struct error *err);
bool sqlite_store_lease_renew(struct store *store, const struct store_fence *fence,
                              struct error *err);
bool sqlite_store_lease_release(struct store *store, const struct store_fence *fence,
                                struct error *err);
bool sqlite_store_lease_look(TALLOC_CTX *mem, struct store *store, const char *name,
                             struct store_lease *out, bool *is_there, struct error *err);

#endif
