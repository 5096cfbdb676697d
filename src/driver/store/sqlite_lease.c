/*
 * Leases in a store on SQLite.
 *
 * The file is on one machine (WAL shares memory), so a holder of another boot is dead, and the time
 * since the boot is one clock for all who hold it, which neither a person nor NTP sets back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/process_mark.h"
#include "driver/store/sqlite_store.h"

static bool is_dead(const struct store_owner *owner)
{
    enum process_life life = process_mark_life(owner->process);
    return life == PROCESS_DEAD || life == PROCESS_OTHER_BOOT;
}

static void read_row(TALLOC_CTX *mem, struct table_query *query, struct store_lease *out)
{
    *out = (struct store_lease){
        .name = mem_strdup(mem, table_query_text(query, 0) ?: ""),
        .epoch = table_query_integer(query, 1),
        .is_held = table_query_integer(query, 2) != 0,
        .owner = {.host = mem_strdup(mem, table_query_text(query, 3) ?: ""),
                  .process = mem_strdup(mem, table_query_text(query, 4) ?: ""),
                  .actor = mem_strdup(mem, table_query_text(query, 5) ?: "")},
        .taken_ms = table_query_integer(query, 6),
        .renewed_ms = table_query_integer(query, 7),
        .age_ms = clock_boot_ms() - table_query_integer(query, 8),
        .time_to_live_ms = table_query_integer(query, 9),
    };
    out->is_alive = out->is_held && out->age_ms <= out->time_to_live_ms && !is_dead(&out->owner);
}

bool sqlite_store_lease_look(TALLOC_CTX *mem, struct store *store, const char *name,
                             struct store_lease *out, bool *is_there, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool has_row;
    TRY(table_query_make(tmp, store->file,
                         "SELECT name, epoch, is_held, host, process, actor, taken_ms, renewed_ms,"
                         " renewed_boot_ms, time_to_live_ms FROM lease WHERE name = ?1",
                         &query, err));
    table_query_bind_text(query, 1, name);
    TRY(table_query_next(query, &has_row, err));
    if (has_row)
        read_row(mem, query, out);
    *is_there = has_row;
    return true;
}

bool sqlite_store_check_fence(struct store *store, const struct store_fence *fence,
                              struct error *err)
{
    SCRATCH(tmp);
    struct store_lease lease;
    bool is_there;
    TRY(sqlite_store_lease_look(tmp, store, fence->lease, &lease, &is_there, err));
    if (is_there && lease.is_held && lease.epoch == fence->epoch)
        return true;
    return store_fail_fenced(fence, is_there ? &lease : NULL, err);
}

// --- take

struct taking {
    TALLOC_CTX *mem;
    const struct store_lease_request *request;
    struct store_taken *out;
};

static bool write_lease(struct store *store, const struct store_lease_request *request,
                        int64_t epoch, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    int64_t now_ms = clock_wall_ms();
    TRY(table_query_make(tmp, store->file,
                         "INSERT INTO lease VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?6, ?7, ?8)"
                         " ON CONFLICT (name) DO UPDATE SET epoch = ?2, is_held = 1, host = ?3,"
                         " process = ?4, actor = ?5, taken_ms = ?6, renewed_ms = ?6,"
                         " renewed_boot_ms = ?7, time_to_live_ms = ?8",
                         &query, err));
    table_query_bind_text(query, 1, request->name);
    table_query_bind_integer(query, 2, epoch);
    table_query_bind_text(query, 3, request->owner.host);
    table_query_bind_text(query, 4, request->owner.process);
    table_query_bind_text(query, 5, request->owner.actor);
    table_query_bind_integer(query, 6, now_ms);
    table_query_bind_integer(query, 7, clock_boot_ms());
    table_query_bind_integer(query, 8, request->time_to_live_ms);
    return table_query_run(query, err);
}

static bool take(struct store *store, void *context, struct error *err)
{
    struct taking *taking = context;
    const struct store_lease_request *request = taking->request;
    struct store_taken taken = {0};
    bool is_there;
    TRY(sqlite_store_lease_look(taking->mem, store, request->name, &taken.before, &is_there, err));
    if (is_there && taken.before.is_alive &&
        strcmp(taken.before.owner.process, request->owner.process) != 0)
        return store_fail_held(&taken.before, err);
    taken.is_takeover = is_there && taken.before.is_held;
    TRY(write_lease(store, request, is_there ? taken.before.epoch + 1 : 1, err));
    TRY(sqlite_store_lease_look(taking->mem, store, request->name, &taken.lease, &is_there, err));
    *taking->out = taken;
    return true;
}

bool sqlite_store_lease_take(TALLOC_CTX *mem, struct store *store,
                             const struct store_lease_request *request, struct store_taken *out,
                             struct error *err)
{
    struct store_taken taken;
    struct taking taking = {.mem = mem, .request = request, .out = &taken};
    TRY(sqlite_store_write(store, take, &taking, err));
    *out = taken;
    return true;
}

// --- renew and release

static bool renew(struct store *store, void *context, struct error *err)
{
    SCRATCH(tmp);
    const struct store_fence *fence = context;
    struct table_query *query;
    TRY(sqlite_store_check_fence(store, fence, err));
    TRY(table_query_make(tmp, store->file,
                         "UPDATE lease SET renewed_ms = ?2, renewed_boot_ms = ?3 WHERE name = ?1",
                         &query, err));
    table_query_bind_text(query, 1, fence->lease);
    table_query_bind_integer(query, 2, clock_wall_ms());
    table_query_bind_integer(query, 3, clock_boot_ms());
    return table_query_run(query, err);
}

bool sqlite_store_lease_renew(struct store *store, const struct store_fence *fence,
                              struct error *err)
{
    struct store_fence copy = *fence;
    return sqlite_store_write(store, renew, &copy, err);
}

static bool release(struct store *store, void *context, struct error *err)
{
    SCRATCH(tmp);
    const struct store_fence *fence = context;
    struct table_query *query;
    TRY(table_query_make(tmp, store->file,
                         "UPDATE lease SET is_held = 0 WHERE name = ?1 AND epoch = ?2", &query,
                         err));
    table_query_bind_text(query, 1, fence->lease);
    table_query_bind_integer(query, 2, fence->epoch);
    return table_query_run(query, err);
}

bool sqlite_store_lease_release(struct store *store, const struct store_fence *fence,
                                struct error *err)
{
    struct store_fence copy = *fence;
    return sqlite_store_write(store, release, &copy, err);
}
