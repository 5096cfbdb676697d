/*
 * Leases: who flies. One process at a time holds the lease of a name, wherever it runs, and what it
 * appends to the journal under it is refused once another one has it (driver/store.h).
 *
 * A lease is not given back when its memory is freed: a flight that ends without saying so is to be
 * found as it was. A process that is dead loses it at once to one on the same machine, and to
 * others when its time to live is over.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef JOURNAL_LEASE_H
#define JOURNAL_LEASE_H

#include "journal/journal.h"

struct lease {
    struct store_taken taken; // with whom it was taken over from
    struct journal *journal;
    struct store_fence fence; // what journal_fence takes
};

// ERROR_POLICY: another process holds it and lives. Renew it at least every third of its time to
// live.
MUST_CHECK bool lease_take(TALLOC_CTX *mem, struct journal *journal, const char *name,
                           int64_t time_to_live_ms, struct lease **out, struct error *err);
// ERROR_POLICY: fenced. Any other failure: it could not be renewed now, and may be later.
MUST_CHECK bool lease_renew(struct lease *lease, struct error *err);
// Also when it was lost meanwhile: there is nothing to give back then.
MUST_CHECK bool lease_release(struct lease *lease, struct error *err);
// Who has it; `*is_there` false: nobody ever took it.
MUST_CHECK bool lease_look(TALLOC_CTX *mem, struct journal *journal, const char *name,
                           struct store_lease *out, bool *is_there, struct error *err);

// From now on every append happens under `lease`, which must outlive them; NULL: no longer. One
// that is fenced fails with ERROR_POLICY, and nothing is written.
void journal_fence(struct journal *journal, const struct lease *lease);
// The same under a lease that another process took, for what it has done by this one.
void journal_fence_at(struct journal *journal, const struct store_fence *fence);

#endif
