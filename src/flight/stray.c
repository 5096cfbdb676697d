/*
 * Strays: see stray.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/stray.h"
#include "base/process_mark.h"
#include "base/text.h"
#include "journal/events.h"
#include <string.h>

// What is harmless when it is done twice at once is not here: a tag, a flag, a message, a backup.
// Of migrations the server tells (flight/migrate_others.c).
static const struct {
    const char *started, *done, *failed;
} acts[] = {
    {EVENT_RELEASE_STARTED, EVENT_RELEASED, EVENT_RELEASE_FAILED},
    {EVENT_BUILD_STARTED, EVENT_BUILT, EVENT_BUILD_FAILED},
    {EVENT_STEP_ACT_STARTED, EVENT_STEP_ACTED, EVENT_STEP_ACT_FAILED},
    {EVENT_MAINTENANCE_STARTED, EVENT_MAINTENANCE_SET, EVENT_MAINTENANCE_FAILED},
};

struct sought {
    TALLOC_CTX *mem;
    const char *flight, *step;
    json_t *begun; // the intent of its last attempt's act; NULL: none, or it has a result
};

static bool is_any(const char *name, const char *of)
{
    return name != NULL && strcmp(name, of) == 0;
}

static void take_begun(struct sought *sought, const json_t *event)
{
    json_decref(sought->begun);
    sought->begun = event == NULL ? NULL : json_deep_copy(event);
}

static bool look_at(void *context, const json_t *event)
{
    struct sought *sought = context;
    const json_t *data = json_object_get(event, "data");
    const char *name = json_get_text(event, "event");

    if (is_any(name, EVENT_STEP_STARTED) && is_any(json_get_text(data, "flight"), sought->flight) &&
        is_any(json_get_text(data, "step"), sought->step))
        take_begun(sought, NULL);
    if (!is_any(json_get_text(event, "run"), sought->flight))
        return true;
    for (size_t i = 0; i < COUNT_OF(acts); i++) {
        if (is_any(name, acts[i].started))
            take_begun(sought, event);
        else if (is_any(name, acts[i].done) || is_any(name, acts[i].failed))
            take_begun(sought, NULL);
    }
    return true;
}

// Of this machine a process that is gone took its commands with it, and one that lives is waited
// for (flight/verb.h). A machine that was started anew has its name still.
static bool may_be_at_work(const json_t *begun, const char *host)
{
    const char *process = json_get_text(json_object_get(begun, "data"), "process");
    const char *where = json_get_text(begun, "host");
    enum process_life life = process == NULL ? PROCESS_UNKNOWN : process_mark_life(process);
    bool is_here = where != NULL && strcmp(where, host) == 0;

    return life == PROCESS_LIVES || (life != PROCESS_DEAD && !is_here);
}

static char *command_of(TALLOC_CTX *mem, const json_t *data)
{
    SCRATCH(tmp);
    char *text = NULL;
    const json_t *word;
    size_t i;

    json_array_foreach(json_object_get(data, "command"), i, word)
    {
        const char *quoted = text_shell_quoted(tmp, json_string_value(word) ?: "");
        text = mem_printf(tmp, "%s%s%s", text ?: "", i == 0 ? "" : " ", quoted);
    }
    return mem_strdup(mem, text ?: json_get_text(data, "path") ?: "what it does");
}

static char *describe(TALLOC_CTX *mem, const json_t *begun)
{
    SCRATCH(tmp);
    const json_t *data = json_object_get(begun, "data");
    const char *process = json_get_text(data, "process");
    const char *number =
        process == NULL ? "of an older tminus" : mem_strndup(tmp, process, strcspn(process, "/"));

    return mem_printf(mem,
                      "%s was begun on %s (process %s) at %s, has no result, and may be at "
                      "work there still",
                      command_of(tmp, data), json_get_text(begun, "host") ?: "another machine",
                      number, json_get_text(begun, "ts") ?: "some time");
}

bool stray_find(TALLOC_CTX *mem, struct journal *journal, const struct flight *flight,
                const struct step *step, const char **out, struct error *err)
{
    struct sought sought = {.mem = mem, .flight = flight->id, .step = step->name};

    bool is_read = journal_read(journal, 1, look_at, &sought, err);
    bool may =
        is_read && sought.begun != NULL && may_be_at_work(sought.begun, journal_host(journal));
    *out = may ? describe(mem, sought.begun) : NULL;
    json_decref(sought.begun);
    return is_read;
}
