/*
 * Plan: names, looking up a step, and the verdict.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "plan/plan.h"

const char *plan_section_name(enum plan_section_kind kind)
{
    static const char *const names[PLAN_SECTION_COUNT] = {
        [PLAN_PRE_DEPLOY] = "pre_deploy",   [PLAN_DEPLOY] = "deploy",
        [PLAN_POST_DEPLOY] = "post_deploy", [PLAN_MONITORING] = "monitoring",
        [PLAN_ROLLBACK] = "rollback",
    };
    return names[kind];
}

const char *plan_section_title(enum plan_section_kind kind)
{
    // Source: the checklist's output format.
    static const char *const titles[PLAN_SECTION_COUNT] = {
        [PLAN_PRE_DEPLOY] = "Pre-Deploy (Required)",
        [PLAN_DEPLOY] = "Deploy Steps",
        [PLAN_POST_DEPLOY] = "Post-Deploy (Within 5 Minutes)",
        [PLAN_MONITORING] = "Monitoring (24 Hours)",
        [PLAN_ROLLBACK] = "Rollback (If Needed)",
    };
    return titles[kind];
}

const char *plan_step_kind_name(enum plan_step_kind kind)
{
    static const char *const names[] = {
        [STEP_CHECK] = "check", [STEP_ACTION] = "action", [STEP_MANUAL] = "manual"};
    return names[kind];
}

const char *rollback_class_name(enum rollback_class class)
{
    static const char *const names[] = {
        [ROLLBACK_UNKNOWN] = "unknown",
        [ROLLBACK_ROUND_TRIP] = "round_trip",
        [ROLLBACK_UNDO_LOG] = "undo_log",
        [ROLLBACK_DUAL_WRITE] = "dual_write",
        [ROLLBACK_BACKUP] = "backup",
        [ROLLBACK_PARTIAL] = "partial",
        [ROLLBACK_IRREVERSIBLE] = "irreversible",
    };
    return names[class];
}

const char *rollback_class_answer(enum rollback_class class)
{
    switch (class) {
    case ROLLBACK_UNKNOWN: return "Not known";
    case ROLLBACK_ROUND_TRIP:
    case ROLLBACK_UNDO_LOG:
    case ROLLBACK_DUAL_WRITE:
    case ROLLBACK_BACKUP: return "Yes";
    case ROLLBACK_PARTIAL: return "Partial";
    case ROLLBACK_IRREVERSIBLE: return "No";
    }
    bug("rollback class %d", (int)class);
}

bool rollback_class_is_whole(enum rollback_class class)
{
    return class == ROLLBACK_ROUND_TRIP || class == ROLLBACK_UNDO_LOG;
}

struct plan_step *plan_find(struct plan *plan, const char *name)
{
    for (size_t i = 0; i < PLAN_SECTION_COUNT; i++)
        for (size_t j = 0; j < plan->sections[i].n_steps; j++)
            if (strcmp(plan->sections[i].steps[j].name, name) == 0)
                return &plan->sections[i].steps[j];
    return NULL;
}

bool plan_is_of(const struct plan *plan, const json_t *migrations)
{
    if (json_array_size(migrations) != plan->n_migrations)
        return false;
    for (size_t i = 0; i < plan->n_migrations; i++) {
        const char *sha256 = json_get_text(json_array_get(migrations, i), "sha256");
        if (sha256 == NULL || plan->migrations[i].sha256 == NULL ||
            strcmp(sha256, plan->migrations[i].sha256) != 0)
            return false;
    }
    return true;
}

void plan_note(TALLOC_CTX *mem, struct plan *plan, const char *text)
{
    for (size_t i = 0; i < plan->n_notes; i++)
        if (strcmp(plan->notes[i], text) == 0)
            return;
    *mem_append(mem, plan->notes, plan->n_notes) = mem_strdup(mem, text);
}

// --- the verdict

struct tally {
    size_t n, failed, unknown, manual;
    const struct plan_step *first_failed, *first_unknown;
};

static struct tally count_lines(const struct plan_section *section)
{
    struct tally tally = {0};

    for (size_t i = 0; i < section->n_steps; i++) {
        const struct plan_step *step = &section->steps[i];
        tally.n++;
        tally.manual += step->status == STATUS_MANUAL;
        if (!step->is_required)
            continue;
        if (step->status == STATUS_FAIL && tally.failed++ == 0)
            tally.first_failed = step;
        if (step->status == STATUS_UNKNOWN && tally.unknown++ == 0)
            tally.first_unknown = step;
    }
    return tally;
}

static const char *others(TALLOC_CTX *mem, size_t n)
{
    return n <= 1 ? "" : mem_printf(mem, " (and %zu more)", n - 1);
}

static const char *signatures(TALLOC_CTX *mem, size_t n)
{
    return n == 0 ? ""
                  : mem_printf(mem, "; %zu line%s a person to sign", n,
                               n == 1 ? " waits for" : "s wait for");
}

void plan_decide(TALLOC_CTX *mem, struct plan *plan, enum plan_section_kind section)
{
    SCRATCH(tmp);
    struct tally tally = count_lines(&plan->sections[section]);
    const char *waiting = signatures(tmp, tally.manual);

    plan->decided = section;
    if (tally.failed > 0) {
        plan->verdict = VERDICT_NO_GO;
        plan->reason = mem_printf(
            mem, "%s: %s%s", tally.first_failed->title,
            tally.first_failed->observed == NULL ? "failed" : tally.first_failed->observed,
            others(tmp, tally.failed));
    } else if (tally.unknown > 0) {
        plan->verdict = VERDICT_HOLD;
        plan->reason = mem_printf(mem, "not known yet: %s%s%s", tally.first_unknown->title,
                                  others(tmp, tally.unknown), waiting);
    } else {
        plan->verdict = VERDICT_GO;
        plan->reason = mem_printf(mem, "every line that can be asked passes%s", waiting);
    }
}
