/*
 * What is said to whoever may not have a lease, or has lost it; the same for all stores.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "driver/store.h"

// "ana@web1, process 4711 on web1"
static char *holder_text(TALLOC_CTX *mem, const struct store_lease *lease)
{
    return mem_printf(mem, "%s, process %.*s on %s", lease->owner.actor,
                      (int)strcspn(lease->owner.process, "/"), lease->owner.process,
                      lease->owner.host);
}

bool store_fail_held(const struct store_lease *lease, struct error *err)
{
    SCRATCH(tmp);
    int64_t left_ms = lease->time_to_live_ms - lease->age_ms;
    error_set(err, ERROR_POLICY,
              "'%s' is being worked on by %s, since %s; its lease lasts until %s, unless renewed",
              lease->name, holder_text(tmp, lease), clock_format(lease->taken_ms).text,
              clock_format(clock_wall_ms() + (left_ms > 0 ? left_ms : 0)).text);
    return error_hint(err, "wait for it, or look at it there; when it is dead, its lease is free "
                           "at that time");
}

bool store_fail_fenced(const struct store_fence *fence, const struct store_lease *lease,
                       struct error *err)
{
    SCRATCH(tmp);
    if (lease == NULL)
        return error_set(err, ERROR_POLICY, "the lease '%s' is not there: nothing is written",
                         fence->lease);
    if (lease->epoch == fence->epoch)
        error_set(err, ERROR_POLICY, "the lease '%s' was given back: nothing more is written",
                  fence->lease);
    else
        error_set(err, ERROR_POLICY,
                  "fenced: the lease '%s' (epoch %lld) was taken over by %s, at %s (epoch %lld)",
                  fence->lease, (long long)fence->epoch, holder_text(tmp, lease),
                  clock_format(lease->taken_ms).text, (long long)lease->epoch);
    return error_hint(err, "this process must not go on; tminus status shows what the other does");
}
