/*
 * A store in memory, on which a process can die: for flights in simulated time.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SUPPORT_MEMORY_STORE_H
#define SUPPORT_MEMORY_STORE_H

#include "driver/store.h"
#include "expect.h"
#include <string.h>

#define NEVER (-1)

static struct {
    TALLOC_CTX *mem;
    char **lines, **hashes;
    size_t n;
    int64_t dies_at; // the append that is not survived, from 0
    bool dies_after; // the event was written
    int64_t appends;
    bool is_dead;
} shelf;

static bool die(struct error *err)
{
    shelf.is_dead = true;
    return error_set(err, ERROR_INTERRUPTED, "killed");
}

static bool shelf_open(TALLOC_CTX *mem, const struct store_open_options *options, struct store **out, struct error *err)
{
    (void)mem;
    (void)options;
    (void)err;
    *out = (struct store *)&shelf;
    return true;
}

static bool shelf_append(struct store *store, const struct store_append *append, struct error *err)
{
    (void)store;
    struct store_row last = {.line = "", .hash = ""}, row = {0};
    int64_t number = shelf.appends++;

    if (number == shelf.dies_at && !shelf.dies_after)
        return die(err);
    if (shelf.n > 0)
        last = (struct store_row){(int64_t)shelf.n, shelf.lines[shelf.n - 1],
                                  shelf.hashes[shelf.n - 1]};
    TRY(append->make(append->context, &last, &row, err));
    size_t n = shelf.n;
    *mem_append(shelf.mem, shelf.lines, n) = mem_strdup(shelf.mem, row.line);
    *mem_append(shelf.mem, shelf.hashes, shelf.n) = mem_strdup(shelf.mem, row.hash);
    return number == shelf.dies_at ? die(err) : true;
}

static bool shelf_last(TALLOC_CTX *mem, struct store *store, struct store_row *out,
                       struct error *err)
{
    (void)mem;
    (void)store;
    (void)out;
    return error_set(err, ERROR_INTERNAL, "not asked for");
}

static bool shelf_read(struct store *store, const char *head, int64_t first, store_each *each,
                       void *context, struct error *err)
{
    (void)store;
    (void)err;
    assert_null(head); // no journal of another machine is asked for
    for (size_t i = first < 1 ? 0 : (size_t)first - 1; i < shelf.n; i++) {
        struct store_row row = {(int64_t)i + 1, shelf.lines[i], shelf.hashes[i]};
        if (!each(context, &row))
            break;
    }
    return true;
}

static const char *shelf_place(const struct store *store)
{
    (void)store;
    return "memory";
}

static const struct store_driver store_memory = {
    .name = "memory",
    .open = shelf_open,
    .place = shelf_place,
    .append = shelf_append,
    .last = shelf_last,
    .read = shelf_read,
};

// Empty, and nobody dies.
static inline void shelf_reset(void)
{
    talloc_free(shelf.mem);
    memset(&shelf, 0, sizeof shelf);
    shelf.mem = talloc_new(NULL);
    shelf.dies_at = NEVER;
}

#endif
