/*
 * What came after a flight: a way back may not go through what others built upon it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/rollback_plan.h"
#include "flight/binding.h"
#include "journal/events.h"
#include <string.h>

// A migration that was applied by hand, and not undone since.
struct applied {
    const char *version, *text;
};

struct since {
    TALLOC_CTX *mem;
    const struct flight *flight;
    struct binding binding;
    bool has_begun;     // its start was read
    const char **after; // ids of the flights that began later
    size_t n_after;
    struct applied *applied;
    size_t n_applied;
    const char *released; // by hand; NULL
};

static bool is_named(const json_t *event, const char *name)
{
    const char *event_name = json_get_text(event, "event");
    return event_name != NULL && strcmp(event_name, name) == 0;
}

// Of a flight: it is looked at whole.
static bool is_flown(const struct since *since, const char *run)
{
    for (size_t i = 0; run != NULL && i < since->n_after; i++)
        if (strcmp(since->after[i], run) == 0)
            return true;
    return run != NULL && strcmp(run, since->flight->id) == 0;
}

static const char *by_whom(const struct since *since, const json_t *event, const char *what)
{
    return mem_printf(since->mem, "%s by %s at %s", what,
                      json_get_text(event, "actor") ?: "somebody",
                      json_get_text(event, "ts") ?: "some time");
}

static void note_applied(struct since *since, const json_t *event)
{
    SCRATCH(tmp);
    const json_t *data = json_object_get(event, "data");
    const char *version = json_get_text(data, "version") ?: "";
    const char *path = json_get_text(data, "migration") ?: version;

    *mem_append(since->mem, since->applied, since->n_applied) = (struct applied){
        .version = mem_strdup(since->mem, version),
        .text = by_whom(since, event, mem_printf(tmp, "migration %s was applied", path)),
    };
}

static void note_undone(struct since *since, const json_t *event)
{
    const char *version = json_get_text(json_object_get(event, "data"), "version") ?: "";

    for (size_t i = since->n_applied; i > 0; i--)
        if (strcmp(since->applied[i - 1].version, version) == 0) {
            memmove(&since->applied[i - 1], &since->applied[i],
                    (since->n_applied - i) * sizeof *since->applied);
            since->n_applied--;
            return;
        }
}

static void note_released(struct since *since, const json_t *event)
{
    SCRATCH(tmp);
    const char *version = json_get_text(json_object_get(event, "data"), "version") ?: "";
    bool is_same = since->flight->version != NULL && strcmp(since->flight->version, version) == 0;

    since->released =
        is_same ? NULL : by_whom(since, event, mem_printf(tmp, "release %s was deployed", version));
}

static bool look_at(void *context, const json_t *event)
{
    struct since *since = context;
    const char *id = json_get_text(json_object_get(event, "data"), "flight");
    const char *run = json_get_text(event, "run");

    if (is_named(event, EVENT_FLIGHT_STARTED) && id != NULL) {
        if (strcmp(id, since->flight->id) == 0)
            since->has_begun = true;
        else if (since->has_begun)
            *mem_append(since->mem, since->after, since->n_after) = mem_strdup(since->mem, id);
    }
    if (!since->has_begun || is_flown(since, run))
        return true;
    bool is_here = binding_is_about(&since->binding, json_object_get(event, "data"));
    if (is_named(event, EVENT_MIGRATION_APPLIED) && is_here)
        note_applied(since, event);
    else if (is_named(event, EVENT_MIGRATION_UNDONE) && is_here)
        note_undone(since, event);
    else if (is_named(event, EVENT_RELEASED) &&
             flight_event_is_of(event, since->flight->service, since->flight->environment))
        note_released(since, event);
    return true;
}

// A later flight that changed something and is not taken back itself.
static bool find_flight(TALLOC_CTX *mem, const struct flight_work *work, const struct since *since,
                        const char **out, struct error *err)
{
    for (size_t i = since->n_after; i > 0; i--) {
        SCRATCH(tmp);
        struct flight *flight;
        TRY(flight_refresh(flight_work_reader(tmp, work, since->after[i - 1]), &flight, err));
        if (flight == NULL || !flight_work_has(work, flight) ||
            (flight_state_is_end(flight->state) && !flight_facts(flight).is_changed))
            continue;
        *out = mem_printf(mem, "flight %s%s%s came after it, and is %s", flight->id,
                          flight->version == NULL ? "" : " of ",
                          flight->version == NULL ? "" : flight->version,
                          flight_state_name(flight->state));
        return true;
    }
    return true;
}

bool rollback_since(TALLOC_CTX *mem, const struct flight_work *work, const char **out,
                    struct error *err)
{
    struct since since = {.mem = mem, .flight = work->flight};

    *out = NULL;
    TRY(binding_read(mem, work->journal, work->flight->id, &since.binding, err));
    TRY(journal_read(work->journal, 1, look_at, &since, err));
    TRY(find_flight(mem, work, &since, out, err));
    if (*out == NULL && since.n_applied > 0)
        *out = mem_printf(mem, "after it %s", since.applied[since.n_applied - 1].text);
    if (*out == NULL && since.released != NULL)
        *out = mem_printf(mem, "after it %s", since.released);
    return true;
}
