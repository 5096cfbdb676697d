/*
 * Parts of a plan's reports: marks, words and what is chosen to be shown.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/plan_parts.h"
#include "analysis/estimate.h"
#include "base/quantity.h"
#include "base/text.h"

const char *plan_mark(enum plan_section_kind kind, bool is_ascii)
{
    // Source: the checklist's output format.
    static const char *const signs[PLAN_SECTION_COUNT] = {
        [PLAN_PRE_DEPLOY] = "🔴", [PLAN_DEPLOY] = "🟡", [PLAN_POST_DEPLOY] = "🟢",
        [PLAN_MONITORING] = "🔵", [PLAN_ROLLBACK] = "🔄",
    };
    static const char *const words[PLAN_SECTION_COUNT] = {
        [PLAN_PRE_DEPLOY] = "[RED]",  [PLAN_DEPLOY] = "[YELLOW]", [PLAN_POST_DEPLOY] = "[GREEN]",
        [PLAN_MONITORING] = "[BLUE]", [PLAN_ROLLBACK] = "[BACK]",
    };
    return is_ascii ? words[kind] : signs[kind];
}

const char *plan_status_text(enum status status, bool is_ascii)
{
    switch (status) {
    case STATUS_PASS: return is_ascii ? "PASS" : "✓ PASS";
    case STATUS_WARN: return is_ascii ? "WARN" : "! WARN";
    case STATUS_FAIL: return is_ascii ? "FAIL" : "✗ FAIL";
    case STATUS_UNKNOWN: return is_ascii ? "UNKNOWN" : "? UNKNOWN";
    case STATUS_WAIVED: return is_ascii ? "WAIVED" : "– WAIVED";
    case STATUS_MANUAL: return is_ascii ? "MANUAL" : "✎ MANUAL";
    }
    bug("status %d", (int)status);
}

const char *plan_verdict_mark(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_GO: return "✓";
    case VERDICT_NO_GO: return "✗";
    case VERDICT_HOLD: return "‖";
    }
    bug("verdict %d", (int)verdict);
}

bool plan_step_is_done(const struct plan_step *step)
{
    return step->status == STATUS_PASS || step->status == STATUS_WAIVED;
}

size_t plan_count_done(const struct plan_section *section)
{
    size_t n = 0;
    for (size_t i = 0; i < section->n_steps; i++)
        n += plan_step_is_done(&section->steps[i]);
    return n;
}

bool plan_is_ordered(enum plan_section_kind kind)
{
    return kind == PLAN_DEPLOY || kind == PLAN_ROLLBACK;
}

void plan_facts(TALLOC_CTX *mem, const struct plan *plan, struct plan_fact facts[PLAN_FACTS])
{
    const struct plan_fact all[PLAN_FACTS] = {
        {"Service", plan->service},
        {"Environment", plan->environment},
        {"Database", plan->target.text != NULL ? plan->target.text : "none was asked"},
        {"Commit", plan->version},
        {"Runs before it", plan->previous},
        {"Strategy", mem_printf(mem, "%s: %s", plan->strategy.name, plan->strategy.reason)},
        {"Made", plan->made_at},
        {"Digest to approve", plan->digest.hex},
    };
    memcpy(facts, all, sizeof(all));
}

char *plan_estimate_text(TALLOC_CTX *mem, const struct plan_estimate *estimate)
{
    if (!estimate->is_known)
        return mem_strdup(mem, "not known");
    return duration_text(mem, (struct duration){estimate->low, estimate->high});
}

// "2026-11-22T02:19:59.182Z" → "2026-11-22 02:19:59 UTC": people need no milliseconds.
static const char *time_text(TALLOC_CTX *mem, const char *at)
{
    if (strlen(at) < 19)
        return at;
    return mem_printf(mem, "%.10s %.8s UTC", at, at + 11);
}

char *plan_observed_text(TALLOC_CTX *mem, const struct plan_step *step)
{
    if (step->observed == NULL)
        return NULL;
    if (step->at == NULL)
        return mem_strdup(mem, step->observed);
    return mem_printf(mem, "%s (%s, %s)", step->observed, time_text(mem, step->at),
                      quantity_duration(mem, step->took_ms));
}

// Without its section.
static const char *invariant_name(const struct plan_step *step)
{
    const char *dot = strchr(step->name, '.');
    return dot == NULL ? step->name : dot + 1;
}

static const struct plan_step **find_invariant(const struct plan_step **list, size_t n,
                                               const struct plan_step *step)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(invariant_name(list[i]), invariant_name(step)) == 0)
            return &list[i];
    }
    return NULL;
}

const struct plan_step **plan_invariants(TALLOC_CTX *mem, const struct plan *plan, size_t *n)
{
    const struct plan_step **list = NULL;
    *n = 0;
    for (size_t i = 0; i < PLAN_SECTION_COUNT; i++) {
        const struct plan_section *section = &plan->sections[i];
        for (size_t j = 0; j < section->n_steps; j++) {
            const struct plan_step *step = &section->steps[j];
            if (!step->is_invariant)
                continue;
            const struct plan_step **known = find_invariant(list, *n, step);
            if (known == NULL)
                *mem_append(mem, list, *n) = step;
            else if (step->at != NULL)
                *known = step;
        }
    }
    return list;
}

const struct plan_answer plan_answers[] = {
    {ROLLBACK_ROUND_TRIP, "Yes - every migration has a down that brings schema and data back"},
    {ROLLBACK_UNDO_LOG, "Yes - the downs and the undo log bring schema and data back"},
    // Source: the checklist, "Rollback Plan".
    {ROLLBACK_DUAL_WRITE, "Yes - dual-write kept legacy column populated"},
    {ROLLBACK_BACKUP, "Yes - have database backup from before migration"},
    {ROLLBACK_PARTIAL, "Partial - can revert code but data needs manual fix"},
    {ROLLBACK_IRREVERSIBLE, "No - irreversible change (document why this is acceptable)"},
};
const size_t plan_answer_count = COUNT_OF(plan_answers);

bool plan_answer_is_shown(const struct plan_answer *answer, enum rollback_class class)
{
    return answer->class == class || !rollback_class_is_whole(answer->class);
}

char *plan_rollback_text(TALLOC_CTX *mem, const struct plan_rollback *rollback)
{
    const char *lost = rollback->rows_lost < 0 ? "how many rows would be lost by it is not known"
                       : rollback->rows_lost == 0
                           ? "no row would be lost by it now"
                           : mem_printf(mem, "%s row%s would be lost by it now",
                                        quantity_count(mem, rollback->rows_lost),
                                        rollback->rows_lost == 1 ? "" : "s");
    return mem_printf(mem, "%s (%s; %s)", rollback->reason, layer_name(rollback->layer), lost);
}
