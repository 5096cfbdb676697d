/*
 * Leases in a store on PostgreSQL. Their age is counted by the server's clock.
 *
 * A holder on this machine that is dead is not waited for; one that wrote another machine's mark,
 * or that of another boot (hosts of a team may have one name), has its time to live.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/process_mark.h"
#include "driver/store/postgres_store.h"
#include <inttypes.h>

#define MS_OF(moment) "(pg_catalog.date_part('epoch', " moment ") * 1000)::bigint"
#define SQL_LEASE                                                                                  \
    "SELECT name, epoch, is_held, host, process, actor, " MS_OF("taken_at") ", " MS_OF(            \
        "renewed_at") ", " MS_OF("pg_catalog.clock_timestamp() - "                                 \
                                 "renewed_at") ", time_to_live_ms"                                 \
                                               " FROM tminus_store.lease "                         \
                                               "WHERE name = $1"

enum { NAME, EPOCH, HELD, HOST, PROCESS, ACTOR, TAKEN, RENEWED, AGE, TIME_TO_LIVE };

static int64_t number_at(const PGresult *row, int column)
{
    return strtoll(PQgetvalue(row, 0, column), NULL, 10);
}

static void read_lease(TALLOC_CTX *mem, const PGresult *row, struct store_lease *out)
{
    *out = (struct store_lease){
        .name = mem_strdup(mem, PQgetvalue(row, 0, NAME)),
        .epoch = number_at(row, EPOCH),
        .is_held = PQgetvalue(row, 0, HELD)[0] == 't',
        .owner = {.host = mem_strdup(mem, PQgetvalue(row, 0, HOST)),
                  .process = mem_strdup(mem, PQgetvalue(row, 0, PROCESS)),
                  .actor = mem_strdup(mem, PQgetvalue(row, 0, ACTOR))},
        .taken_ms = number_at(row, TAKEN),
        .renewed_ms = number_at(row, RENEWED),
        .age_ms = number_at(row, AGE),
        .time_to_live_ms = number_at(row, TIME_TO_LIVE),
    };
    out->is_alive = out->is_held && out->age_ms <= out->time_to_live_ms &&
                    process_mark_life(out->owner.process) != PROCESS_DEAD;
}

// `sql`: SQL_LEASE, with the lock that is wanted behind it.
static bool ask_lease(TALLOC_CTX *mem, struct store *store, const char *sql, const char *name,
                      struct store_lease *out, bool *is_there, struct error *err)
{
    SCRATCH(tmp);
    PGresult *rows;
    TRY(connection_ask(tmp, store->connection, sql, (const char *const[]){name}, 1, &rows, err));
    if (PQntuples(rows) > 0)
        read_lease(mem, rows, out);
    *is_there = PQntuples(rows) > 0;
    return true;
}

bool postgres_store_check_fence(struct store *store, const struct store_fence *fence,
                                struct error *err)
{
    SCRATCH(tmp);
    struct store_lease lease;
    bool is_there;
    TRY(ask_lease(tmp, store, SQL_LEASE " FOR SHARE", fence->lease, &lease, &is_there, err));
    if (is_there && lease.is_held && lease.epoch == fence->epoch)
        return true;
    return store_fail_fenced(fence, is_there ? &lease : NULL, err);
}

struct leasing {
    TALLOC_CTX *mem;
    const char *name;
    const struct store_lease_request *request;
    const struct store_fence *fence;
    struct store_lease *lease;
    struct store_taken taken;
    bool *is_there;
};

static bool look(struct store *store, void *context, struct error *err)
{
    const struct leasing *leasing = context;
    return ask_lease(leasing->mem, store, SQL_LEASE, leasing->name, leasing->lease,
                     leasing->is_there, err);
}

bool postgres_store_lease_look(TALLOC_CTX *mem, struct store *store, const char *name,
                               struct store_lease *out, bool *is_there, struct error *err)
{
    struct leasing leasing = {.mem = mem, .name = name, .lease = out, .is_there = is_there};
    return postgres_store_work(store, look, &leasing, err);
}

// --- take

// A row to lock: of two who take a new lease at once, the second one waits for the first.
static bool make_row(struct store *store, const char *name, struct error *err)
{
    SCRATCH(tmp);
    PGresult *ignored;
    return connection_ask(tmp, store->connection,
                          "INSERT INTO tminus_store.lease VALUES ($1, 0, false, '', '', '',"
                          " pg_catalog.clock_timestamp(), pg_catalog.clock_timestamp(), 0)"
                          " ON CONFLICT (name) DO NOTHING",
                          (const char *const[]){name}, 1, &ignored, err);
}

static bool write_lease(struct store *store, const struct store_lease_request *request,
                        struct error *err)
{
    SCRATCH(tmp);
    PGresult *ignored;
    const char *const parameters[] = {request->name, request->owner.host, request->owner.process,
                                      request->owner.actor,
                                      mem_printf(tmp, "%" PRId64, request->time_to_live_ms)};
    return connection_ask(tmp, store->connection,
                          "UPDATE tminus_store.lease SET epoch = epoch + 1, is_held = true,"
                          " host = $2, process = $3, actor = $4, time_to_live_ms = $5::bigint,"
                          " taken_at = pg_catalog.clock_timestamp(),"
                          " renewed_at = pg_catalog.clock_timestamp() WHERE name = $1",
                          parameters, COUNT_OF(parameters), &ignored, err);
}

static bool take(struct store *store, void *context, struct error *err)
{
    struct leasing *leasing = context;
    const struct store_lease_request *request = leasing->request;
    struct store_taken taken = {0};
    bool is_there;
    TRY(postgres_store_begin(store, err));
    TRY(make_row(store, request->name, err));
    TRY(ask_lease(leasing->mem, store, SQL_LEASE " FOR UPDATE", request->name, &taken.before,
                  &is_there, err));
    if (taken.before.is_alive && strcmp(taken.before.owner.process, request->owner.process) != 0)
        return store_fail_held(&taken.before, err);
    taken.is_takeover = taken.before.is_held;
    TRY(write_lease(store, request, err));
    TRY(ask_lease(leasing->mem, store, SQL_LEASE, request->name, &taken.lease, &is_there, err));
    leasing->taken = taken;
    return postgres_store_commit(store, err);
}

bool postgres_store_lease_take(TALLOC_CTX *mem, struct store *store,
                               const struct store_lease_request *request, struct store_taken *out,
                               struct error *err)
{
    struct leasing leasing = {.mem = mem, .request = request};
    TRY(postgres_store_work(store, take, &leasing, err));
    *out = leasing.taken;
    return true;
}

// --- renew and release

static bool update_lease(struct store *store, const struct store_fence *fence, const char *sql,
                         bool *is_done, struct error *err)
{
    SCRATCH(tmp);
    PGresult *answer;
    const char *const parameters[] = {fence->lease, mem_printf(tmp, "%" PRId64, fence->epoch)};
    TRY(connection_ask(tmp, store->connection, sql, parameters, COUNT_OF(parameters), &answer,
                       err));
    *is_done = PQntuples(answer) > 0;
    return true;
}

static bool renew(struct store *store, void *context, struct error *err)
{
    SCRATCH(tmp);
    const struct leasing *leasing = context;
    struct store_lease lease;
    bool is_done, is_there;
    TRY(update_lease(store, leasing->fence,
                     "UPDATE tminus_store.lease SET renewed_at = pg_catalog.clock_timestamp()"
                     " WHERE name = $1 AND epoch = $2::bigint AND is_held RETURNING 1",
                     &is_done, err));
    if (is_done)
        return true;
    TRY(ask_lease(tmp, store, SQL_LEASE, leasing->fence->lease, &lease, &is_there, err));
    return store_fail_fenced(leasing->fence, is_there ? &lease : NULL, err);
}

bool postgres_store_lease_renew(struct store *store, const struct store_fence *fence,
                                struct error *err)
{
    struct leasing leasing = {.fence = fence};
    return postgres_store_work(store, renew, &leasing, err);
}

static bool release(struct store *store, void *context, struct error *err)
{
    const struct leasing *leasing = context;
    bool ignored;
    return update_lease(store, leasing->fence,
                        "UPDATE tminus_store.lease SET is_held = false"
                        " WHERE name = $1 AND epoch = $2::bigint RETURNING 1",
                        &ignored, err);
}

bool postgres_store_lease_release(struct store *store, const struct store_fence *fence,
                                  struct error *err)
{
    struct leasing leasing = {.fence = fence};
    return postgres_store_work(store, release, &leasing, err);
}
