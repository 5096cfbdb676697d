/*
 * Store: where the journal's events and the leases of flights are kept, outside the target
 * database.
 *
 * A lease says who flies: one process at a time holds the one of a name. It is taken for a time to
 * live and renewed within it; one that was not renewed in time, or whose process is known to be
 * dead, goes to whoever asks next. A process that was stopped and goes on does not know that it
 * lost its lease; so each taking has a number of its own (epoch), and an append that names the
 * epoch under which it was meant to happen is refused when another one is current: it is fenced.
 *
 * Time is the store's: of a file, that of the machine since it booted, which nobody sets; of a
 * server, the server's.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_STORE_H
#define DRIVER_STORE_H

#include "base/error.h"
#include "base/memory.h"
#include "base/secret.h"
#include "base/wait.h"
#include <stdbool.h>
#include <stdint.h>

struct store;

struct store_row {
    int64_t sequence; // from 1, without gaps
    const char *line; // the event, canonical JSON (journal/journal.h)
    const char *hash; // SHA-256 over the line, which holds the previous hash
};
struct store_head { // the last one
    int64_t sequence;
    char hash[65];
};
typedef bool store_each(void *context, const struct store_row *row); // false stops

// The taking of a lease under which something is meant to happen.
struct store_fence {
    const char *lease; // its name
    int64_t epoch;
};

// A journal of another machine, kept as evidence beside ours.
struct store_import {
    const char *head; // the hash of its last event: its name
    const struct store_row *rows;
    size_t n;
};

struct store_append {
    // Called within the write lock with the last row (sequence 0, hash "" when empty); gives the
    // new row, so that two processes cannot take one sequence number. It may be called again when
    // what it gave was not written. What it gives lives until append returns.
    bool (*make)(void *context, const struct store_row *last, struct store_row *row,
                 struct error *err);
    void *context;
    const struct store_fence *fence;   // NULL: whoever holds leases, this is appended
    const struct store_import *import; // written together with the event; NULL: none
};

// --- leases

struct store_owner {
    const char *host;    // name, for people
    const char *process; // of base/process_mark.h
    const char *actor;
};

struct store_lease {
    const char *name;
    struct store_owner owner;
    int64_t epoch; // grows with every taking, never used again
    bool is_held;  // false: it was given back
    bool is_alive; // held, renewed within its time to live, and its process is not known to be dead
    int64_t taken_ms; // wall time, for people
    int64_t renewed_ms;
    int64_t time_to_live_ms;
    int64_t age_ms; // since it was renewed, by the store's clock
};

struct store_lease_request {
    const char *name; // "shop/production"
    struct store_owner owner;
    int64_t time_to_live_ms;
};

struct store_taken {
    struct store_lease lease;
    bool is_takeover;          // from one who still held it
    struct store_lease before; // of a takeover
};

struct store_open_options {
    const struct secret *location; // a path, an address
    const char *journal;           // its name where one place keeps several: "shop/production"
    const char *target; // what the target answers to the driver's instance_sql; NULL: not known
    bool must_exist;    // ERROR_INPUT when there is none; else it is made
    bool is_only_read;  // nothing is written: it may be one that this user may only read
    struct wait *wait;  // whose tick may cancel; NULL: only signals do
};

struct store_driver {
    const char *name; // "sqlite"
    // Asks a database which one it is, with the same answer for any role; NULL: a store of this
    // kind is no database of a server.
    const char *instance_sql;
    // Open or make; upgrades our own schema. ERROR_INPUT: damaged, or written by a newer tminus.
    // ERROR_CONFIG: it is the target, in which nothing is made.
    bool (*open)(TALLOC_CTX *mem, const struct store_open_options *options, struct store **out,
                 struct error *err);
    // Where it is, for messages; without a password.
    const char *(*place)(const struct store *store);
    // Append with durability (synced before it returns). ERROR_POLICY: fenced, nothing is written.
    bool (*append)(struct store *store, const struct store_append *append, struct error *err);
    // The last row, under `mem`; sequence 0 and hash "" when there is none.
    bool (*last)(TALLOC_CTX *mem, struct store *store, struct store_row *out, struct error *err);
    // The head as it was noted beside the rows, behind the last append or an earlier one: without
    // it a tail that was cut is not seen. False: there is no note. NULL: this kind has none.
    bool (*noted)(const struct store *store, struct store_head *out);
    // Rows from `first` on, in the order of their sequence numbers: our own (`head` NULL), or those
    // of an imported journal.
    bool (*read)(struct store *store, const char *head, int64_t first, store_each *each,
                 void *context, struct error *err);

    // ERROR_POLICY: another process holds it and lives; the message says who, where, since when and
    // until when. The same process takes its own anew; what it held before is fenced, too.
    bool (*lease_take)(TALLOC_CTX *mem, struct store *store,
                       const struct store_lease_request *request, struct store_taken *out,
                       struct error *err);
    // ERROR_POLICY: fenced, another epoch is current, or it was given back. One that is too old and
    // that nobody took is renewed.
    bool (*lease_renew)(struct store *store, const struct store_fence *fence, struct error *err);
    // Give back. Of another epoch it is nothing to do: true.
    bool (*lease_release)(struct store *store, const struct store_fence *fence, struct error *err);
    // Who has it, whether it is held or not; `*is_there` false: nobody ever took it.
    bool (*lease_look)(TALLOC_CTX *mem, struct store *store, const char *name,
                       struct store_lease *out, bool *is_there, struct error *err);
};

// --- for the implementations (store/lease_refusal.c)

// ERROR_POLICY: `lease` is held and alive.
bool store_fail_held(const struct store_lease *lease, struct error *err);
// ERROR_POLICY: `lease` (NULL: nobody took it) is not what `fence` says.
bool store_fail_fenced(const struct store_fence *fence, const struct store_lease *lease,
                       struct error *err);

extern const struct store_driver store_sqlite;
extern const struct store_driver store_postgres;

#endif
