/*
 * What the journal tells a poll: rehearsals with the effects files that they compared, approvals,
 * waivers.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "check/gather.h"
#include "journal/events.h"
#include "rehearsal/effects_file.h"

struct folding {
    TALLOC_CTX *mem;
    const struct poll_request *request;
    struct gate_facts *facts;
    json_t *compared; // of the last rehearsal of these migrations that compared effects files
};

static bool is_text(const json_t *data, const char *member, const char *value)
{
    const char *text = json_get_text(data, member);

    return text != NULL && value != NULL && strcmp(text, value) == 0;
}

// Of this database and environment: what is said of staging is nothing to production.
static bool is_here(const struct poll_request *request, const json_t *data)
{
    const char *environment = json_get_text(data, "environment");
    bool is_same = environment == NULL || request->environment_name == NULL
                       ? environment == request->environment_name
                       : strcmp(environment, request->environment_name) == 0;

    return is_same && is_text(data, "database", request->target->identity.database);
}

// --- rehearsals

static enum verdict read_verdict(const char *name)
{
    static const enum verdict verdicts[] = {VERDICT_GO, VERDICT_NO_GO};

    for (size_t i = 0; i < COUNT_OF(verdicts) && name != NULL; i++)
        if (strcmp(verdict_name(verdicts[i]), name) == 0)
            return verdicts[i];
    return VERDICT_HOLD;
}

static enum status read_status(const char *name)
{
    static const enum status statuses[] = {STATUS_PASS, STATUS_FAIL};

    for (size_t i = 0; i < COUNT_OF(statuses) && name != NULL; i++)
        if (strcmp(status_name(statuses[i]), name) == 0)
            return statuses[i];
    return STATUS_UNKNOWN;
}

static void fold_rehearsed(struct folding *folding, const json_t *data, int64_t at_ms)
{
    struct gate_rehearsal *rehearsal = &folding->facts->rehearsal;
    json_t *compared = json_object_get(data, "effects");

    if (!is_here(folding->request, data))
        return;
    if (!plan_is_of(folding->request->plan, json_object_get(data, "migrations"))) {
        rehearsal->has_other = true;
        return;
    }
    *rehearsal = (struct gate_rehearsal){
        .is_there = true,
        .at_ms = at_ms,
        .verdict = read_verdict(json_get_text(data, "verdict")),
        .why = mem_strdup(folding->mem, json_get_text(data, "why")),
        .schema_restored = read_status(json_get_text(data, "schema_restored")),
        .data_restored = read_status(json_get_text(data, "data_restored")),
    };
    if (compared == NULL)
        return;
    json_decref(folding->compared);
    folding->compared = json_incref(compared);
}

// Files are known by their bytes: one that was edited since was not compared.
static void judge_compared(const json_t *compared, const char *sha256, struct gate_effects *effects)
{
    for (size_t i = 0; i < json_array_size(compared); i++) {
        const json_t *one = json_array_get(compared, i);
        if (!is_text(one, "sha256", sha256))
            continue;
        effects->was_compared = true;
        effects->was_different = !json_is_false(json_object_get(one, "different"));
    }
}

static bool gather_effects(struct folding *folding, struct error *err)
{
    const struct change *change = folding->request->change;
    struct gate_facts *facts = folding->facts;

    for (size_t i = 0; i < change->n_migrations; i++) {
        char *path = effects_file_path(folding->mem, &change->migrations[i]);
        struct gate_effects effects = {.path = path, .is_there = file_kind(path) != FILE_MISSING};
        struct digest_text digest;
        if (effects.is_there) {
            TRY(digest_of_file(path, &digest, err));
            judge_compared(folding->compared, digest.hex, &effects);
        }
        *mem_append(folding->mem, facts->effects, facts->n_effects) = effects;
    }
    return true;
}

// --- people

// The last of each person counts: a reason that was left out is taken back.
static void fold_approved(struct folding *folding, const json_t *event, const json_t *data,
                          int64_t at_ms)
{
    struct gate_facts *facts = folding->facts;
    const char *actor = json_get_text(event, "actor");
    struct gate_approval *approval = NULL;

    if (actor == NULL)
        return;
    if (!is_text(data, "digest", facts->plan->digest.hex)) {
        facts->n_void++;
        return;
    }
    for (size_t i = 0; i < facts->n_approvals; i++)
        if (strcmp(facts->approvals[i].actor, actor) == 0)
            approval = &facts->approvals[i];
    if (approval == NULL)
        approval = mem_append(folding->mem, facts->approvals, facts->n_approvals);
    *approval = (struct gate_approval){
        .actor = mem_strdup(folding->mem, actor),
        .at_ms = at_ms,
        .reason = mem_strdup(folding->mem, json_get_text(data, "reason")),
    };
}

// The first time counts: who says it again does not begin anew.
static void fold_announced(struct folding *folding, const json_t *data, int64_t at_ms)
{
    struct gate_facts *facts = folding->facts;

    if (facts->announced_ms >= 0 || !is_text(data, "digest", facts->plan->digest.hex))
        return;
    facts->announced_ms = at_ms;
    facts->announced_where = mem_strdup(folding->mem, json_get_text(data, "reason"));
}

static void fold_waived(struct folding *folding, const json_t *event, const json_t *data)
{
    struct gate_facts *facts = folding->facts;
    const char *gate = json_get_text(data, "gate"), *reason = json_get_text(data, "reason");
    const char *until = json_get_text(data, "until"), *actor = json_get_text(event, "actor");
    struct gate_waiver *waiver = NULL;
    struct error ignored;
    int64_t until_ms;

    if (gate == NULL || reason == NULL || actor == NULL || until == NULL ||
        !is_here(folding->request, data) || !clock_parse(until, &until_ms, &ignored))
        return;
    for (size_t i = 0; i < facts->n_waivers; i++)
        if (strcmp(facts->waivers[i].gate, gate) == 0)
            waiver = &facts->waivers[i];
    if (waiver == NULL)
        waiver = mem_append(folding->mem, facts->waivers, facts->n_waivers);
    *waiver = (struct gate_waiver){
        .gate = mem_strdup(folding->mem, gate),
        .actor = mem_strdup(folding->mem, actor),
        .reason = mem_strdup(folding->mem, reason),
        .until_ms = until_ms,
    };
}

// --- the size of what is touched

static void fold_baseline(struct folding *folding, const json_t *data)
{
    if (is_here(folding->request, data))
        folding->facts->baseline_rows = json_get_integer(data, "rows", -1);
}

// What was signed, and counted, before was for that migration.
static void fold_applied(struct folding *folding, const json_t *data)
{
    folding->facts->n_void = 0;
    if (is_text(data, "database", folding->request->target->identity.database))
        folding->facts->baseline_rows = -1;
}

// --- all of them

static bool fold(void *context, const json_t *event)
{
    struct folding *folding = context;
    const char *name = json_get_text(event, "event"), *ts = json_get_text(event, "ts");
    const json_t *data = json_object_get(event, "data");
    struct error ignored;
    int64_t at_ms;

    if (name == NULL || ts == NULL || !clock_parse(ts, &at_ms, &ignored))
        return true;
    if (strcmp(name, EVENT_REHEARSED) == 0)
        fold_rehearsed(folding, data, at_ms);
    else if (strcmp(name, EVENT_APPROVED) == 0)
        fold_approved(folding, event, data, at_ms);
    else if (strcmp(name, EVENT_ANNOUNCED) == 0)
        fold_announced(folding, data, at_ms);
    else if (strcmp(name, EVENT_WAIVED) == 0)
        fold_waived(folding, event, data);
    else if (strcmp(name, EVENT_BASELINE_SAVED) == 0)
        fold_baseline(folding, data);
    else if (strcmp(name, EVENT_MIGRATION_APPLIED) == 0)
        fold_applied(folding, data);
    return true;
}

bool gather_journal(TALLOC_CTX *mem, const struct poll_request *request, struct gate_facts *facts,
                    struct error *err)
{
    struct folding folding = {.mem = mem, .request = request, .facts = facts};
    bool is_gathered =
        journal_read(request->journal, 1, fold, &folding, err) && gather_effects(&folding, err);

    json_decref(folding.compared);
    return is_gathered;
}
