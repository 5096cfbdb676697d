/*
 * The gate about traffic: is this one of the quiet hours of the day?
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "check/gate.h"

#define BELOW_USUAL 0.5 // of the busiest hour

// What cannot be said of it; NULL: nothing.
static const char *find_unknown(TALLOC_CTX *mem, const struct gate_facts *facts)
{
    size_t n = traffic_hours(&facts->traffic);

    if (!facts->has_traffic)
        return "no counts by the hour are configured";
    if (facts->zone_unknown != NULL)
        return facts->zone_unknown;
    if (facts->traffic_unknown != NULL)
        return facts->traffic_unknown;
    if (n < TRAFFIC_HOURS)
        return mem_printf(mem, "%zu of 24 hours have a count", n);
    if (traffic_at(&facts->traffic, traffic_busiest(&facts->traffic)) <= 0)
        return "every hour counts 0";
    return NULL;
}

void judge_low_traffic(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    const struct traffic *traffic = &facts->traffic;
    double below = facts->gates->traffic_below > 0 ? facts->gates->traffic_below : BELOW_USUAL;
    const char *unknown = find_unknown(mem, facts);

    out->is_configured = facts->has_traffic;
    out->layer = LAYER_MEASURED;
    out->expected = mem_printf(mem, "at most %.0f %% of the busiest hour", below * 100);
    if (unknown != NULL) {
        gate_answer(out, STATUS_UNKNOWN, unknown);
        return;
    }
    int hour = facts->local.minute / 60, busiest = traffic_busiest(traffic);
    double share = traffic_at(traffic, hour) / traffic_at(traffic, busiest);
    out->has_value = true;
    out->value = share;
    out->detail = mem_printf(mem, "the quietest hour is %02d:00, the busiest %02d:00",
                             traffic_quietest(traffic), busiest);
    gate_answer(out, share <= below ? STATUS_PASS : STATUS_FAIL,
                mem_printf(mem, "%02d:00 %s has %.0f %% of the busiest hour", hour,
                           facts->local.name, share * 100));
}
