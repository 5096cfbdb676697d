/*
 * Leases, in the store of the journal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journal/lease.h"
#include "base/process_mark.h"
#include "journal/journal_parts.h"

bool lease_take(TALLOC_CTX *mem, struct journal *journal, const char *name, int64_t time_to_live_ms,
                struct lease **out, struct error *err)
{
    SCRATCH(tmp);
    struct lease *lease = mem_new(tmp, struct lease);
    const struct store_lease_request request = {
        .name = name,
        .owner = {.host = journal->host, .process = process_mark(tmp), .actor = journal->actor},
        .time_to_live_ms = time_to_live_ms,
    };
    TRY(journal->driver->lease_take(lease, journal->store, &request, &lease->taken, err));
    lease->journal = journal;
    lease->fence =
        (struct store_fence){.lease = lease->taken.lease.name, .epoch = lease->taken.lease.epoch};
    *out = talloc_steal(mem, lease);
    return true;
}

bool lease_renew(struct lease *lease, struct error *err)
{
    return lease->journal->driver->lease_renew(lease->journal->store, &lease->fence, err);
}

bool lease_release(struct lease *lease, struct error *err)
{
    return lease->journal->driver->lease_release(lease->journal->store, &lease->fence, err);
}

bool lease_look(TALLOC_CTX *mem, struct journal *journal, const char *name, struct store_lease *out,
                bool *is_there, struct error *err)
{
    return journal->driver->lease_look(mem, journal->store, name, out, is_there, err);
}

void journal_fence(struct journal *journal, const struct lease *lease)
{
    journal->fence = lease == NULL ? NULL : &lease->fence;
}

void journal_fence_at(struct journal *journal, const struct store_fence *fence)
{
    journal->fence = fence;
}
