/*
 * What the clock on the wall shows where the change is launched, for a poll.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "check/gather.h"

void gather_time(TALLOC_CTX *mem, struct gate_facts *facts)
{
    struct error failure;

    if (!zone_time(facts->gates->zone, facts->now_ms, &facts->local, &failure))
        facts->zone_unknown = mem_strdup(mem, failure.message);
}
