/*
 * Report of a plan as text for a terminal: what fails first, then what nobody could answer, then
 * what a person signs; the steps with their estimates; the verdict last, where the eye is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "base/text.h"
#include "report/plan.h"

#define TITLE_WIDTH 72

static const char *const reset = "\033[0m";

static const char *status_color(enum status status)
{
    switch (status) {
    case STATUS_PASS: return "\033[32m";
    case STATUS_WARN: return "\033[33m";
    case STATUS_FAIL: return "\033[1;31m";
    case STATUS_UNKNOWN: return "\033[1;33m";
    case STATUS_WAIVED:
    case STATUS_MANUAL: return "\033[36m";
    }
    bug("status %d", (int)status);
}

static const char *verdict_color(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_GO: return "\033[1;32m";
    case VERDICT_NO_GO: return "\033[1;31m";
    case VERDICT_HOLD: return "\033[1;33m";
    }
    bug("verdict %d", (int)verdict);
}

static void write_detail(FILE *out, const char *detail)
{
    for (const char *line = detail; line != NULL && *line != '\0';) {
        size_t len = strcspn(line, "\n");
        fprintf(out, "           %.*s\n", (int)len, line);
        line += len + (line[len] == '\n');
    }
}

static const char *estimate_text(TALLOC_CTX *mem, const struct plan_estimate *estimate)
{
    if (!estimate->is_known)
        return "unknown";
    if (estimate->high <= 1)
        return "under 1 s";
    return mem_printf(mem, "%s to %s", quantity_duration(mem, (int64_t)(estimate->low * 1000)),
                      quantity_duration(mem, (int64_t)(estimate->high * 1000)));
}

static void write_step(FILE *out, const struct plan_step *step, bool is_colored)
{
    SCRATCH(tmp);
    const char *title = text_shorten(tmp, step->title, strlen(step->title), TITLE_WIDTH);

    fprintf(out, "  %s%-7s%s  %s\n", is_colored ? status_color(step->status) : "",
            status_name(step->status), is_colored ? reset : "", title);
    if (step->observed != NULL)
        fprintf(out, "           observed %s, expected %s\n", step->observed, step->expected);
    if (step->status != STATUS_PASS)
        write_detail(out, step->detail);
    if (step->command != NULL && step->status != STATUS_PASS)
        fprintf(out, "           $ %s\n",
                text_shorten(tmp, step->command, strlen(step->command), 100));
}

static size_t write_with(FILE *out, const struct plan_section *section, enum status status,
                         bool is_colored)
{
    size_t n = 0;

    for (size_t i = 0; i < section->n_steps; i++) {
        if (section->steps[i].status != status)
            continue;
        write_step(out, &section->steps[i], is_colored);
        n++;
    }
    return n;
}

static void write_checks(FILE *out, const struct plan_section *section,
                         const struct report_plan_options *options)
{
    static const enum status order[] = {STATUS_FAIL, STATUS_UNKNOWN, STATUS_WARN, STATUS_MANUAL};
    size_t shown = 0;

    fprintf(out, "\n%s\n", plan_section_title(section->kind));
    for (size_t i = 0; i < COUNT_OF(order); i++)
        shown += write_with(out, section, order[i], options->is_colored);
    if (options->is_whole)
        write_with(out, section, STATUS_PASS, options->is_colored);
    else if (shown < section->n_steps)
        fprintf(out, "  %s%-7s%s  %zu other line%s\n",
                options->is_colored ? status_color(STATUS_PASS) : "", status_name(STATUS_PASS),
                options->is_colored ? reset : "", section->n_steps - shown,
                section->n_steps - shown == 1 ? "" : "s");
}

static void write_actions(FILE *out, const struct plan_section *section)
{
    SCRATCH(tmp);

    fprintf(out, "\n%s\n", plan_section_title(section->kind));
    for (size_t i = 0; i < section->n_steps; i++) {
        const struct plan_step *step = &section->steps[i];
        fprintf(out, "  %zu. %s\n", i + 1, step->title);
        if (step->command != NULL)
            fprintf(out, "     $ %s\n", step->command);
        if (section->kind != PLAN_DEPLOY || step->kind != STEP_ACTION || step->argv != NULL)
            continue;
        fprintf(out, "     takes %s", estimate_text(tmp, &step->estimate));
        fprintf(out, " (%s)\n", step->estimate.basis);
        fprintf(out, "     batches: %s\n     undo: %s\n", step->batching, step->undo);
        for (const char *line = step->detail; line != NULL && *line != '\0';) {
            size_t len = strcspn(line, "\n");
            fprintf(out, "     %.*s\n", (int)len, line);
            line += len + (line[len] == '\n');
        }
    }
}

static void write_counted(FILE *out, const struct plan_section *section)
{
    size_t asked = 0;

    for (size_t i = 0; i < section->n_steps; i++)
        asked += section->steps[i].kind == STEP_CHECK;
    fprintf(out, "\n%s: %zu lines, %zu of them are asked by tminus plan --check\n",
            plan_section_title(section->kind), section->n_steps, asked);
}

static bool was_asked(const struct plan_section *section)
{
    for (size_t i = 0; i < section->n_steps; i++)
        if (section->steps[i].at != NULL)
            return true;
    return false;
}

static void write_prospects(FILE *out, const struct plan *plan)
{
    fprintf(out, "\nStrategy: %s: %s\n", plan->strategy.name, plan->strategy.reason);
    fprintf(out, "Can we roll back? %s (%s): %s\n", rollback_class_answer(plan->rollback.class),
            rollback_class_name(plan->rollback.class), plan->rollback.reason);
}

void report_plan_text(FILE *out, const struct plan *plan, const struct report_plan_options *options)
{
    const char *target = plan->target.text;

    fprintf(out, "Deployment Checklist: %s\n%s%s%s\n", plan->title,
            plan->environment == NULL ? "" : plan->environment,
            plan->environment == NULL ? "" : ", ",
            target == NULL ? "no database was asked" : target);
    for (size_t i = 0; i < PLAN_SECTION_COUNT; i++) {
        const struct plan_section *section = &plan->sections[i];
        bool is_action = section->kind == PLAN_DEPLOY || section->kind == PLAN_ROLLBACK;
        if (options->only_asked) {
            if (section->kind == plan->decided)
                write_checks(out, section, options);
        } else if (is_action)
            write_actions(out, section);
        else if (section->kind == PLAN_PRE_DEPLOY || was_asked(section) || options->is_whole)
            write_checks(out, section, options);
        else
            write_counted(out, section);
    }
    if (!options->only_asked)
        write_prospects(out, plan);
    for (size_t i = 0; i < plan->n_notes; i++)
        fprintf(out, "note: %s\n", plan->notes[i]);
    fprintf(out, "\n%s%s%s  %s\nplan %.16s\n",
            options->is_colored ? verdict_color(plan->verdict) : "", verdict_words(plan->verdict),
            options->is_colored ? reset : "", plan->reason, plan->digest.hex);
}
