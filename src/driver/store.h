/*
 * Store: where the journal's events are kept, outside the target database.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_STORE_H
#define DRIVER_STORE_H

#include "base/error.h"
#include "base/memory.h"
#include <stdint.h>

struct store;

struct store_row {
    int64_t sequence; // from 1, without gaps
    const char *line; // the event, canonical JSON (journal/journal.h)
    const char *hash; // SHA-256 over the line, which holds the previous hash
};
typedef bool store_each(void *context, const struct store_row *row); // false stops

struct store_driver {
    const char *name; // "sqlite"
    // Open or create; upgrades our own schema. ERROR_INPUT: damaged, or written by a newer tminus.
    bool (*open)(TALLOC_CTX *mem, const char *location, struct store **out, struct error *err);
    // Append with durability (synced before it returns). `make` is called inside the write lock
    // with the last row (sequence 0, hash "" when empty) and gives the new row, so that two
    // processes cannot take one sequence number. What `make` gives lives until append returns.
    bool (*append)(struct store *store,
                   bool (*make)(void *context, const struct store_row *last, struct store_row *row,
                                struct error *err),
                   void *context, struct error *err);
    // The last row, under `mem`; sequence 0 and hash "" when there is none.
    bool (*last)(TALLOC_CTX *mem, struct store *store, struct store_row *out, struct error *err);
    // Rows from `first` on, in the order of their sequence numbers.
    bool (*read)(struct store *store, int64_t first, store_each *each, void *context,
                 struct error *err);
};

extern const struct store_driver store_sqlite;

#endif
