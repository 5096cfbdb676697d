/*
 * What staging's journal tells of the same migrations, for a poll.
 *
 * Its system is not known here: what was applied there is known by the bytes, and that it was not
 * on this target by another system.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "check/gather.h"
#include "journal/events.h"

struct folding {
    TALLOC_CTX *mem;
    const struct poll_request *request;
    int64_t *applied_ms;   // of each migration of the plan; -1: not, or undone since
    const char **versions; // as the record there has them
    struct gate_staging *out;
};

static bool is_of_target(const struct folding *folding, const json_t *data)
{
    const struct engine_identity *identity = &folding->request->target->identity;
    const char *system = json_get_text(data, "system"), *name = json_get_text(data, "database");

    if (system != NULL && identity->system != NULL && strcmp(system, identity->system) != 0)
        return false;
    return name == NULL || strcmp(name, identity->database) == 0;
}

static void fold_applied(const struct folding *folding, const json_t *data, int64_t at_ms)
{
    const struct plan *plan = folding->request->plan;
    const char *sha256 = json_get_text(data, "sha256");

    for (size_t i = 0; i < plan->n_migrations; i++)
        if (sha256 != NULL && plan->migrations[i].sha256 != NULL &&
            strcmp(plan->migrations[i].sha256, sha256) == 0) {
            folding->applied_ms[i] = at_ms;
            folding->versions[i] = mem_strdup(folding->mem, json_get_text(data, "version"));
        }
}

// An undo is of a version, whatever the bytes of its down.
static void fold_undone(const struct folding *folding, const json_t *data)
{
    const struct plan *plan = folding->request->plan;
    const char *version = json_get_text(data, "version");

    for (size_t i = 0; i < plan->n_migrations; i++)
        if (version != NULL && folding->versions[i] != NULL &&
            strcmp(folding->versions[i], version) == 0)
            folding->applied_ms[i] = -1;
}

static void fold_verified(const struct folding *folding, const json_t *data, int64_t at_ms)
{
    const char *environment = json_get_text(data, "environment");
    const char *verdict = json_get_text(data, "verdict");

    if (environment == NULL || strcmp(environment, folding->out->name) != 0 || verdict == NULL)
        return;
    folding->out->verified_ms = at_ms;
    folding->out->is_go = strcmp(verdict, verdict_name(VERDICT_GO)) == 0;
}

// A change that touches no table has no rows to be tried on.
static void fold_baseline(const struct folding *folding, const json_t *data)
{
    const char *environment = json_get_text(data, "environment");

    if (environment != NULL && strcmp(environment, folding->out->name) == 0)
        folding->out->rows =
            json_get_integer(data, "tables", 0) > 0 ? json_get_integer(data, "rows", -1) : -1;
}

static bool fold(void *context, const json_t *event)
{
    const struct folding *folding = context;
    const char *name = json_get_text(event, "event"), *ts = json_get_text(event, "ts");
    const json_t *data = json_object_get(event, "data");
    struct error ignored;
    int64_t at_ms;

    if (name == NULL || ts == NULL || !clock_parse(ts, &at_ms, &ignored))
        return true;
    if (strcmp(name, EVENT_VERIFIED) == 0)
        fold_verified(folding, data, at_ms);
    else if (strcmp(name, EVENT_BASELINE_SAVED) == 0)
        fold_baseline(folding, data);
    else if (strcmp(name, EVENT_MIGRATION_APPLIED) == 0 && !is_of_target(folding, data))
        fold_applied(folding, data, at_ms);
    else if (strcmp(name, EVENT_MIGRATION_UNDONE) == 0 && !is_of_target(folding, data))
        fold_undone(folding, data);
    return true;
}

bool gather_staging(const struct poll_request *request, struct gate_facts *facts, struct error *err)
{
    SCRATCH(tmp);
    size_t n = request->plan->n_migrations;
    struct gate_staging *out = &facts->staging;
    struct folding folding = {
        .mem = tmp,
        .request = request,
        .applied_ms = mem_array(tmp, int64_t, n + 1),
        .versions = mem_array(tmp, const char *, n + 1),
        .out = out,
    };

    *out = (struct gate_staging){.name = request->staging.name,
                                 .unknown = request->staging.unknown,
                                 .verified_ms = -1,
                                 .rows = -1};
    if (request->staging.journal == NULL)
        return true;
    for (size_t i = 0; i < n; i++)
        folding.applied_ms[i] = -1;
    TRY(journal_read(request->staging.journal, 1, fold, &folding, err));
    for (size_t i = 0; i < n; i++) {
        out->n_applied += folding.applied_ms[i] >= 0;
        if (folding.applied_ms[i] > out->applied_ms)
            out->applied_ms = folding.applied_ms[i];
    }
    return true;
}
