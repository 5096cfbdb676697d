/*
 * The inside of a store on PostgreSQL, for the files that keep events and leases in it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_STORE_POSTGRES_STORE_H
#define DRIVER_STORE_POSTGRES_STORE_H

#include "driver/engine/postgres/connection.h"
#include "driver/store.h"

struct store {
    struct connection *connection;
    struct engine_open_options options; // to connect again with
    char *journal;                      // its name
    char *place;
    // The last event that this process wrote: a store that does not have it any more is another
    // one.
    int64_t seen;
    char *seen_hash;
};

// --- postgres_session.c

#define POSTGRES_STORE_INSTANCE                                                                    \
    "SELECT pg_catalog.concat_ws('/', (pg_catalog.date_part('epoch',"                              \
    " pg_catalog.pg_postmaster_start_time()) * 1000000)::bigint, (SELECT oid"                      \
    " FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))"

// Connected, with our tables.
MUST_CHECK bool postgres_store_connect(struct store *store,
                                       const struct store_open_options *options, struct error *err);

typedef bool store_work(struct store *store, void *context, struct error *err);
// Run `work`; when the connection is lost before or while it runs, connect again within a deadline,
// and run it once more. What it left open after a failure is rolled back.
MUST_CHECK bool postgres_store_work(struct store *store, store_work *work, void *context,
                                    struct error *err);
// A transaction that is on the disk when it is committed, and whose locks and idleness have limits:
// should we be cut off, the server does not hold them for ever.
#define POSTGRES_STORE_BEGIN                                                                       \
    "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE;"                                            \
    "SET LOCAL lock_timeout = '10s'; SET LOCAL statement_timeout = '30s';"                         \
    "SET LOCAL idle_in_transaction_session_timeout = '5s';"                                        \
    "SET LOCAL standard_conforming_strings = on; SET LOCAL search_path = pg_catalog;"              \
    "SELECT set_config('synchronous_commit', 'on', true)"                                          \
    " WHERE current_setting('synchronous_commit') IN ('off', 'local');"
MUST_CHECK bool postgres_store_begin(struct store *store, struct error *err);
MUST_CHECK bool postgres_store_commit(struct store *store, struct error *err);

// --- postgres_lease.c
// Within a transaction; nobody takes the lease over before it ends.
MUST_CHECK bool postgres_store_check_fence(struct store *store, const struct store_fence *fence,
                                           struct error *err);
bool postgres_store_lease_take(TALLOC_CTX *mem, struct store *store,
                               const struct store_lease_request *request, struct store_taken *out,
                               struct error *err);
bool postgres_store_lease_renew(struct store *store, const struct store_fence *fence,
                                struct error *err);
bool postgres_store_lease_release(struct store *store, const struct store_fence *fence,
                                  struct error *err);
bool postgres_store_lease_look(TALLOC_CTX *mem, struct store *store, const char *name,
                               struct store_lease *out, bool *is_there, struct error *err);

#endif
