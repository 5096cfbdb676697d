/*
 * Report of a plan as Markdown: the checklist in the shape of its source document, for a pull
 * request, a ticket or the summary of a CI job.
 *
 * A summary holds one mebibyte. What does not fit is left out in the order of what a reader misses
 * least: how passed lines came about, then queries and details, then lines that passed or wait.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "base/text.h"
#include "report/plan.h"
#include "report/plan_parts.h"

// Once nothing else makes it fit: so many lines of a section, so many characters of a text.
#define LINES_WHEN_CUT 200
#define WIDTH_WHEN_CUT 200

// How much is shown, each less than the one before.
enum extent { EXTENT_ALL, EXTENT_OPEN, EXTENT_SHORT, EXTENT_CUT, EXTENT_COUNT };

struct page {
    FILE *out;
    enum extent extent;
    bool is_ascii;
};

// --- parts of Markdown

static size_t longest_run(const char *text, char letter)
{
    size_t longest = 0, run = 0;
    for (; *text != '\0'; text++) {
        run = *text == letter ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static void write_repeated(FILE *out, char letter, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fputc(letter, out);
}

// A block of code `indent` columns in, so that it belongs to its line of the list.
static void write_block(FILE *out, size_t indent, const char *language, const char *text)
{
    size_t run = longest_run(text, '`');
    size_t fence = run < 3 ? 3 : run + 1;
    fputc('\n', out);
    write_repeated(out, ' ', indent);
    write_repeated(out, '`', fence);
    fprintf(out, "%s\n", language);
    for (const char *line = text; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        if (len > 0)
            write_repeated(out, ' ', indent);
        fprintf(out, "%.*s\n", (int)len, line);
        line += len + (line[len] == '\n');
    }
    write_repeated(out, ' ', indent);
    write_repeated(out, '`', fence);
    fputs("\n\n", out);
}

// Code in a line; in a table a `|` would end the cell even there.
static void write_code(FILE *out, const char *text, bool is_cell)
{
    size_t fence = longest_run(text, '`') + 1;
    bool is_padded = text[0] == '`' || (text[0] != '\0' && text[strlen(text) - 1] == '`');
    write_repeated(out, '`', fence);
    if (is_padded)
        fputc(' ', out);
    for (; *text != '\0'; text++) {
        if (*text == '|' && is_cell)
            fputs("\\|", out);
        else
            fputc(*text == '\n' ? ' ' : *text, out);
    }
    if (is_padded)
        fputc(' ', out);
    write_repeated(out, '`', fence);
}

// Text as it may stand there, however long it is.
static void write_text(const struct page *page, const char *text)
{
    SCRATCH(tmp);
    if (page->extent == EXTENT_CUT)
        text = text_shorten(tmp, text, strlen(text), WIDTH_WHEN_CUT);
    text_write_markdown(page->out, text);
}

// "Owner: reviewer", on a line of its own within the list's line.
static void write_field(const struct page *page, size_t indent, const char *name, const char *text)
{
    if (text == NULL)
        return;
    write_repeated(page->out, ' ', indent);
    fprintf(page->out, "- %s: ", name);
    write_text(page, text);
    fputc('\n', page->out);
}

static void write_row(FILE *out, const char *name, const char *text)
{
    if (text == NULL)
        return;
    fprintf(out, "| %s | ", name);
    text_write_markdown(out, text);
    fputs(" |\n", out);
}

// --- head

static void write_head(const struct page *page, const struct plan *plan)
{
    SCRATCH(tmp);
    struct plan_fact facts[PLAN_FACTS];
    FILE *out = page->out;
    fputs("# Deployment Checklist: ", out);
    text_write_markdown(out, plan->title);
    fprintf(out, "\n\n**%s%s%s**: ", page->is_ascii ? "" : plan_verdict_mark(plan->verdict),
            page->is_ascii ? "" : " ", verdict_words(plan->verdict));
    text_write_markdown(out, plan->reason);
    fputs("\n\n| | |\n|---|---|\n", out);
    plan_facts(tmp, plan, facts);
    for (size_t i = 0; i < PLAN_FACTS; i++)
        write_row(out, facts[i].name, facts[i].text);
}

// --- lines

static void write_line(const struct page *page, const struct plan_step *step, size_t number)
{
    FILE *out = page->out;
    const char *box = plan_step_is_done(step) ? "[x]" : "[ ]";
    if (number > 0)
        fprintf(out, "%zu. %s ", number, box);
    else
        fprintf(out, "- %s ", box);
    // What is not asked but done has no answer yet: it waits for its turn.
    if (step->kind == STEP_CHECK || step->at != NULL)
        fprintf(out, "**%s** ", plan_status_text(step->status, page->is_ascii));
    write_text(page, step->title);
    if (!step->is_required)
        fputs(" (not required)", out);
    fputc('\n', out);
}

// What is typed: a query by itself, so that it can be read, and the line that asks it.
static void write_command(FILE *out, size_t indent, const struct plan_step *step)
{
    SCRATCH(tmp);
    if (step->sql != NULL)
        write_block(out, indent, "sql",
                    mem_printf(tmp, "%s;\n-- Expected: %s", step->sql,
                               text_shorten(tmp, step->expected, strlen(step->expected), 100)));
    // A line of its own where it has lines, or nothing else stands in a block.
    if (step->command != NULL && (step->sql == NULL || strchr(step->command, '\n') != NULL)) {
        write_block(out, indent, "sh", step->command);
        return;
    }
    write_repeated(out, ' ', indent);
    fputs("- Command: ", out);
    if (step->command != NULL)
        write_code(out, step->command, false);
    else
        fputs("by hand", out);
    fputc('\n', out);
}

static void write_body(const struct page *page, const struct plan_step *step, size_t indent)
{
    SCRATCH(tmp);
    bool is_short =
        page->extent >= EXTENT_SHORT || (page->extent >= EXTENT_OPEN && plan_step_is_done(step));
    if (!is_short)
        write_command(page->out, indent, step);
    write_field(page, indent, "Expected", step->expected);
    write_field(page, indent, "Observed", plan_observed_text(tmp, step));
    if (is_short)
        return;
    write_field(page, indent, "Proof", step->proof);
    write_field(page, indent, "Owner", step->owner);
    write_field(page, indent, "Undo", step->undo);
    if (step->detail != NULL)
        write_block(page->out, indent, "text", step->detail);
}

static int badness(enum status status)
{
    static const int order[] = {[STATUS_FAIL] = 0,   [STATUS_UNKNOWN] = 1, [STATUS_WARN] = 2,
                                [STATUS_MANUAL] = 3, [STATUS_WAIVED] = 4,  [STATUS_PASS] = 5};
    return order[status];
}

// Of many lines the worst stay: `limit` is how many of each status do.
static bool is_kept(const struct plan_section *section, size_t index, size_t max)
{
    int own = badness(section->steps[index].status);
    size_t n_before = 0;
    for (size_t i = 0; i < section->n_steps; i++) {
        int other = badness(section->steps[i].status);
        n_before += other < own || (other == own && i < index);
    }
    return n_before < max;
}

static void write_lines(const struct page *page, const struct plan_section *section)
{
    size_t n_left_out = 0;
    for (size_t i = 0; i < section->n_steps; i++) {
        if (page->extent == EXTENT_CUT && !is_kept(section, i, LINES_WHEN_CUT)) {
            n_left_out++;
            continue;
        }
        size_t number = plan_is_ordered(section->kind) ? i + 1 : 0;
        write_line(page, &section->steps[i], number);
        write_body(page, &section->steps[i], number == 0 ? 2 : number < 10 ? 3 : 4);
    }
    if (n_left_out > 0)
        fprintf(page->out,
                "\n%zu more lines did not fit here; `tminus plan --format json` has them all.\n",
                n_left_out);
}

// --- sections

static void write_invariants(const struct page *page, const struct plan *plan)
{
    SCRATCH(tmp);
    size_t n;
    const struct plan_step **list = plan_invariants(tmp, plan, &n);
    if (n == 0)
        return;
    fputs("**Invariants**, which must hold before and after:\n\n", page->out);
    size_t shown = page->extent == EXTENT_CUT && n > LINES_WHEN_CUT ? LINES_WHEN_CUT : n;
    for (size_t i = 0; i < shown; i++) {
        const char *observed = plan_observed_text(tmp, list[i]);
        fprintf(page->out, "- [%s] ", list[i]->status == STATUS_PASS ? "x" : " ");
        write_text(page, list[i]->title);
        fputs(": expected ", page->out);
        write_text(page, list[i]->expected);
        fputs(observed == NULL ? "; not asked" : "; now ", page->out);
        write_text(page, observed == NULL ? "" : observed);
        fputc('\n', page->out);
    }
    if (shown < n)
        fprintf(page->out, "\n%zu more invariants did not fit here.\n", n - shown);
    fputs("\n**Checks**, before anything is changed:\n\n", page->out);
}

static void write_steps_table(const struct page *page, const struct plan_section *section)
{
    SCRATCH(tmp);
    FILE *out = page->out;
    if (section->n_steps == 0 || page->extent == EXTENT_CUT)
        return;
    fputs("| Step | Command | Estimated Runtime | Batching | Rollback |\n"
          "|------|---------|-------------------|----------|----------|\n",
          out);
    for (size_t i = 0; i < section->n_steps; i++) {
        const struct plan_step *step = &section->steps[i];
        fprintf(out, "| %zu. ", i + 1);
        text_write_markdown(out, step->title);
        fputs(" | ", out);
        if (step->command != NULL)
            write_code(out, step->command, true);
        else
            fputs("by hand", out);
        fputs(" | ", out);
        if (step->kind == STEP_ACTION && step->estimate.basis != NULL)
            text_write_markdown(out, plan_estimate_text(tmp, &step->estimate));
        else
            fputs("N/A", out);
        fputs(" | ", out);
        text_write_markdown(out, step->batching != NULL ? step->batching : "N/A");
        fputs(" | ", out);
        text_write_markdown(out, step->undo);
        fputs(" |\n", out);
    }
    fputc('\n', out);
}

static void write_monitoring_table(const struct page *page, const struct plan_section *section)
{
    FILE *out = page->out;
    if (section->n_steps == 0 || page->extent == EXTENT_CUT)
        return;
    fputs("| Metric/Log | Alert Condition | Seen by |\n"
          "|------------|-----------------|---------|\n",
          out);
    for (size_t i = 0; i < section->n_steps; i++) {
        const struct plan_step *step = &section->steps[i];
        fputs("| ", out);
        text_write_markdown(out, step->title);
        fputs(" | ", out);
        text_write_markdown(out, step->expected);
        fputs(" | ", out);
        text_write_markdown(out, step->proof);
        fputs(" |\n", out);
    }
    fputc('\n', out);
}

static void write_answers(const struct page *page, const struct plan_rollback *rollback)
{
    SCRATCH(tmp);
    fputs("**Can we roll back?**\n\n", page->out);
    for (size_t i = 0; i < plan_answer_count; i++) {
        bool is_it = plan_answers[i].class == rollback->class;
        if (plan_answer_is_shown(&plan_answers[i], rollback->class))
            fprintf(page->out, "- [%s] %s\n", is_it ? "x" : " ", plan_answers[i].text);
    }
    fprintf(page->out, "\n%s: ", rollback_class_answer(rollback->class));
    text_write_markdown(page->out, plan_rollback_text(tmp, rollback));
    fputs("\n\n", page->out);
}

static void write_section(const struct page *page, const struct plan *plan,
                          enum plan_section_kind kind)
{
    const struct plan_section *section = &plan->sections[kind];
    fprintf(page->out, "\n## %s %s\n\n", plan_mark(kind, page->is_ascii), plan_section_title(kind));
    if (kind == PLAN_PRE_DEPLOY)
        write_invariants(page, plan);
    if (kind == PLAN_DEPLOY)
        write_steps_table(page, section);
    if (kind == PLAN_MONITORING)
        write_monitoring_table(page, section);
    if (kind == PLAN_ROLLBACK)
        write_answers(page, &plan->rollback);
    if (section->n_steps == 0)
        fputs("Nothing.\n", page->out);
    write_lines(page, section);
}

static void write_notes(const struct page *page, const struct plan *plan)
{
    if (plan->n_notes == 0)
        return;
    fputs("\n**Not known:**\n\n", page->out);
    for (size_t i = 0; i < plan->n_notes; i++) {
        fputs("- ", page->out);
        write_text(page, plan->notes[i]);
        fputc('\n', page->out);
    }
}

static char *render(const struct plan *plan, bool is_ascii, enum extent extent, size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);
    if (out == NULL)
        bug("no memory for a report");
    const struct page page = {.out = out, .extent = extent, .is_ascii = is_ascii};
    write_head(&page, plan);
    for (size_t i = 0; i < PLAN_SECTION_COUNT; i++)
        write_section(&page, plan, plan->sections[i].kind);
    write_notes(&page, plan);
    if (extent > EXTENT_ALL)
        fputs(
            "\nSome of it is left out, to stay below one mebibyte: `tminus plan --format json` has "
            "everything.\n",
            out);
    fclose(out);
    return text;
}

void report_plan_markdown(FILE *out, const struct plan *plan,
                          const struct report_plan_options *options)
{
    size_t len;
    char *text = render(plan, options->is_ascii, EXTENT_ALL, &len);
    for (enum extent extent = EXTENT_OPEN; len >= REPORT_PLAN_MARKDOWN_MAX && extent < EXTENT_COUNT;
         extent++) {
        free(text);
        text = render(plan, options->is_ascii, extent, &len);
    }
    fwrite(text, 1, len, out);
    free(text);
}
