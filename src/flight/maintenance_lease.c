/*
 * The lease of a maintenance: see maintenance_lease.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/maintenance_lease.h"
#include "base/clock.h"
#include "journal/events.h"
#include <string.h>

static bool is_text(const json_t *object, const char *name, const char *text)
{
    const char *found = json_get_text(object, name);
    return found != NULL && strcmp(found, text) == 0;
}

void maintenance_lease_take(struct maintenance_lease *lease, const json_t *event)
{
    const json_t *data = json_object_get(event, "data");
    const char *until = json_get_text(data, "until");
    struct error ignored;
    int64_t until_ms;

    if (is_text(event, "event", EVENT_MAINTENANCE_OVERDUE)) {
        lease->is_noted = true;
    } else if (is_text(event, "event", EVENT_MAINTENANCE_STARTED) && is_text(data, "set", "on")) {
        // From the intent on: who dies behind it leaves it on.
        if (until != NULL && clock_parse(until, &until_ms, &ignored))
            *lease = (struct maintenance_lease){.is_on = true, .until_ms = until_ms};
    } else if (is_text(event, "event", EVENT_MAINTENANCE_SET) && is_text(data, "set", "off")) {
        *lease = (struct maintenance_lease){0};
    } else if (is_text(event, "event", EVENT_MAINTENANCE_FAILED) && is_text(data, "set", "on") &&
               is_text(data, "state", "pending")) {
        *lease = (struct maintenance_lease){0};
    }
}

struct folding {
    const char *environment;
    struct maintenance_lease lease;
};

static bool take(void *context, const json_t *event)
{
    struct folding *folding = context;
    const char *environment = json_get_text(json_object_get(event, "data"), "environment");

    if (environment == NULL || folding->environment == NULL ||
        strcmp(environment, folding->environment) == 0)
        maintenance_lease_take(&folding->lease, event);
    return true;
}

bool maintenance_lease_read(struct journal *journal, const char *environment,
                            struct maintenance_lease *out, struct error *err)
{
    struct folding folding = {.environment = environment};

    TRY(journal_read(journal, 1, take, &folding, err));
    *out = folding.lease;
    return true;
}

bool maintenance_lease_is_over(const struct maintenance_lease *lease, int64_t now_ms)
{
    return lease->is_on && now_ms >= lease->until_ms;
}
