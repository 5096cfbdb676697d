/*
 * Report of a plan as text for a terminal: what fails first, then what nobody could answer, then
 * what a person signs; the steps with their estimates; the verdict last, where the eye is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "base/text.h"
#include "report/plan.h"
#include "report/plan_parts.h"

#define TITLE_WIDTH 90
#define COMMAND_WIDTH 300 // a query may be longer than a person would type
#define NAME_WIDTH 10

static void write_colored(FILE *out, const char *color, const char *text, bool is_colored)
{
    fprintf(out, "%s%s%s", is_colored ? color : "", text, is_colored ? COLOR_PLAIN : "");
}

static void write_heading(FILE *out, const struct plan_section *section,
                          const struct report_plan_options *options)
{
    fprintf(out, "\n%s ", plan_mark(section->kind, options->is_ascii));
    write_colored(out, "\033[1m", plan_section_title(section->kind), options->is_colored);
    fputc('\n', out);
}

// --- fields of a line

static void write_field(FILE *out, const char *name, const char *text)
{
    for (const char *line = text; line != NULL && *line != '\0';) {
        size_t len = strcspn(line, "\n");
        fprintf(out, "    %-*s %.*s\n", NAME_WIDTH, line == text ? name : "", (int)len, line);
        line += len + (line[len] == '\n');
    }
}

static void write_command(FILE *out, const char *command)
{
    SCRATCH(tmp);
    if (command != NULL)
        fprintf(out, "    $ %s\n", text_shorten(tmp, command, strlen(command), COMMAND_WIDTH));
}

// --- checks

static void write_check(FILE *out, const struct plan_step *step, bool is_colored)
{
    SCRATCH(tmp);
    fputs("  ", out);
    write_colored(out, status_color(step->status),
                  mem_printf(tmp, "%-7s", status_name(step->status)), is_colored);
    fprintf(out, "  %s\n", text_shorten(tmp, step->title, strlen(step->title), TITLE_WIDTH));
    if (step->status == STATUS_PASS) {
        write_field(out, "observed", step->observed);
        return;
    }
    write_command(out, step->command);
    write_field(out, "expected", step->expected);
    write_field(out, "observed", plan_observed_text(tmp, step));
    write_field(out, "", step->detail);
}

static size_t write_with(FILE *out, const struct plan_section *section, enum status status,
                         bool is_colored)
{
    size_t n = 0;
    for (size_t i = 0; i < section->n_steps; i++) {
        if (section->steps[i].status != status)
            continue;
        write_check(out, &section->steps[i], is_colored);
        n++;
    }
    return n;
}

static void write_checks(FILE *out, const struct plan_section *section,
                         const struct report_plan_options *options)
{
    static const enum status order[] = {STATUS_FAIL, STATUS_UNKNOWN, STATUS_WARN, STATUS_MANUAL,
                                        STATUS_WAIVED};
    size_t shown = 0;
    write_heading(out, section, options);
    for (size_t i = 0; i < COUNT_OF(order); i++)
        shown += write_with(out, section, order[i], options->is_colored);
    if (options->is_whole) {
        write_with(out, section, STATUS_PASS, options->is_colored);
    } else if (shown < section->n_steps) {
        size_t n = section->n_steps - shown;
        fputs("  ", out);
        write_colored(out, status_color(STATUS_PASS), "PASS   ", options->is_colored);
        fprintf(out, "  %zu %sline%s\n", n, shown > 0 ? "other " : "", n == 1 ? "" : "s");
    }
}

static void write_counted(FILE *out, const struct plan_section *section,
                          const struct report_plan_options *options)
{
    size_t n_checks = 0;
    for (size_t i = 0; i < section->n_steps; i++)
        n_checks += section->steps[i].kind == STEP_CHECK;
    write_heading(out, section, options);
    fprintf(out, "  %zu line%s, of which tminus plan --check asks %zu; -v lists them\n",
            section->n_steps, section->n_steps == 1 ? "" : "s", n_checks);
}

static bool was_asked(const struct plan_section *section)
{
    for (size_t i = 0; i < section->n_steps; i++) {
        if (section->steps[i].at != NULL)
            return true;
    }
    return false;
}

// --- actions

static void write_action(FILE *out, const struct plan_step *step, size_t number)
{
    SCRATCH(tmp);
    fprintf(out, "  %zu. %s\n", number,
            text_shorten(tmp, step->title, strlen(step->title), TITLE_WIDTH));
    write_command(out, step->command);
    if (step->kind != STEP_ACTION || step->estimate.basis == NULL)
        return;
    write_field(
        out, "takes",
        mem_printf(tmp, "%s (%s)", plan_estimate_text(tmp, &step->estimate), step->estimate.basis));
    write_field(out, "batching", step->batching);
    write_field(out, "undo", step->undo);
    write_field(out, "", step->detail);
}

static void write_actions(FILE *out, const struct plan_section *section,
                          const struct report_plan_options *options)
{
    write_heading(out, section, options);
    for (size_t i = 0; i < section->n_steps; i++)
        write_action(out, &section->steps[i], i + 1);
}

// --- the whole

static void write_section(FILE *out, const struct plan *plan, const struct plan_section *section,
                          const struct report_plan_options *options)
{
    if (options->only_asked) {
        if (section->kind == plan->decided)
            write_checks(out, section, options);
    } else if (plan_is_ordered(section->kind)) {
        write_actions(out, section, options);
    } else if (section->kind == PLAN_PRE_DEPLOY || was_asked(section) || options->is_whole) {
        write_checks(out, section, options);
    } else {
        write_counted(out, section, options);
    }
}

static void write_prospects(FILE *out, const struct plan *plan)
{
    SCRATCH(tmp);
    fprintf(out, "\nStrategy: %s: %s\n", plan->strategy.name, plan->strategy.reason);
    fprintf(out, "Can we roll back? %s: %s\n", rollback_class_answer(plan->rollback.class),
            plan_rollback_text(tmp, &plan->rollback));
}

static void write_plan(FILE *out, const struct plan *plan,
                       const struct report_plan_options *options)
{
    const char *target = plan->target.text;
    fprintf(out, "Deployment Checklist: %s\n%s%s%s\n", plan->title,
            plan->environment == NULL ? "" : plan->environment,
            plan->environment == NULL ? "" : ", ",
            target == NULL ? "no database was asked" : target);
    for (size_t i = 0; i < PLAN_SECTION_COUNT; i++)
        write_section(out, plan, &plan->sections[i], options);
    if (!options->only_asked)
        write_prospects(out, plan);
    for (size_t i = 0; i < plan->n_notes; i++)
        fprintf(out, "Not known: %s\n", plan->notes[i]);
    fputc('\n', out);
    write_colored(out, verdict_color(plan->verdict), verdict_words(plan->verdict),
                  options->is_colored);
    fprintf(out, ": %s\nplan %.16s\n", plan->reason, plan->digest.hex);
}

void report_plan_text(FILE *out, const struct plan *plan, const struct report_plan_options *options)
{
    if (!options->is_ascii) {
        write_plan(out, plan, options);
        return;
    }
    char *text = NULL;
    size_t len;
    FILE *memory = open_memstream(&text, &len);
    if (memory == NULL)
        bug("no memory for a report");
    write_plan(memory, plan, options);
    fclose(memory);
    text_write_ascii(out, text);
    free(text);
}
