/*
 * What goes on in the target's server, for a poll.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "check/gather.h"

bool gather_server(TALLOC_CTX *mem, const struct poll_request *request, struct gate_facts *facts,
                   struct error *err)
{
    const struct target *target = request->target;
    struct engine_activity *activity = NULL;
    size_t n = 0;
    struct error failure = {0};

    facts->has_server = target->driver->catalog->activity != NULL;
    if (!facts->has_server)
        return true;
    if (!target->driver->catalog->activity(mem, target->engine, &activity, &n, &failure)) {
        if (failure.code == ERROR_INTERRUPTED) {
            *err = failure;
            return false;
        }
        facts->activity_unknown = mem_strdup(mem, failure.message);
    }
    facts->activity = activity;
    facts->n_activity = n;
    return true;
}
