/*
 * Approvals of acts: see act_approval.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/act_approval.h"
#include "base/clock.h"
#include "journal/events.h"
#include <string.h>

#define APPROVAL_LASTS_MS ((int64_t)24 * 3600 * 1000)

struct digest_text act_digest(const json_t *content)
{
    SCRATCH(tmp);
    const char *canonical = json_canonical(tmp, content);

    return digest_of(canonical, strlen(canonical));
}

bool act_approve(struct journal *journal, const struct act *act, const char *reason,
                 struct error *err)
{
    json_t *data;

    if (reason == NULL || reason[strspn(reason, " \t\n")] == '\0') {
        error_set(err, ERROR_USAGE, "why it is acceptable is not said");
        return error_hint(err, "--reason TEXT");
    }
    data = json_object();
    json_put_text(data, "act", act->name);
    json_put_text(data, "digest", act->digest.hex);
    json_put_text(data, "what", act->what);
    json_put_text(data, "environment", act->environment);
    json_put_text(data, "reason", reason);
    return journal_append(journal, EVENT_ACT_APPROVED, data, err);
}

struct search {
    TALLOC_CTX *mem;
    const struct act *act;
    const char *actor; // whose own signature does not count
    struct act_approval *out;
};

static bool is_text(const json_t *object, const char *member, const char *value)
{
    const char *text = json_get_text(object, member);
    return text != NULL && strcmp(text, value) == 0;
}

static bool look_at(void *context, const json_t *event)
{
    struct search *search = context;
    const json_t *data = json_object_get(event, "data");
    const char *actor = json_get_text(event, "actor");
    struct error ignored;
    int64_t at_ms;

    if (!is_text(event, "event", EVENT_ACT_APPROVED) || !is_text(data, "act", search->act->name) ||
        !is_text(data, "digest", search->act->digest.hex) || actor == NULL ||
        strcmp(actor, search->actor) == 0)
        return true;
    if (!clock_parse(json_get_text(event, "ts"), &at_ms, &ignored) ||
        clock_wall_ms() - at_ms > APPROVAL_LASTS_MS)
        return true;
    *search->out = (struct act_approval){
        .actor = mem_strdup(search->mem, actor),
        .reason = mem_strdup(search->mem, json_get_text(data, "reason")),
    };
    return true;
}

bool act_find_approval(TALLOC_CTX *mem, struct journal *journal, const struct act *act,
                       struct act_approval *out, struct error *err)
{
    struct search search = {.mem = mem, .act = act, .actor = journal_actor(journal), .out = out};

    *out = (struct act_approval){0};
    return journal_read(journal, 1, look_at, &search, err);
}
