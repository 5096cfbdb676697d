/*
 * Report of an assessment as Markdown, for a pull request: a verdict, the worst in a table; the
 * rest and the notes, by rule, are folded away, and what is too much is counted.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "base/text.h"
#include "report/assess.h"
#include "report/finding_groups.h"

#define HEAD_ROOM 1000    // characters of verdict and counts, generously
#define ROOM_FOR_END 300  // characters kept for the line that tells how much was cut
#define OPEN_MAX 20       // more stops and warnings than this are folded,
#define OPEN_WHEN_MANY 12 // all but so many,
#define OPEN_OF_RULE 2    // and so many of one rule
#define FOLDED_MAX 50     // rows in the fold; more are counted
#define PLACES_SHOWN 5    // of a rule's notes

// SQL of several lines stays so: a comment ends with its line.
static void write_lines(FILE *out, const char *text)
{
    SCRATCH(tmp);
    for (;;) {
        size_t len = strcspn(text, "\n");
        text_write_markdown(out, mem_strndup(tmp, text, len));
        if (text[len] == '\0')
            return;
        fputs("<br>", out);
        text += len + 1;
    }
}

// Where the running release uses it.
static void write_evidence(FILE *row, const struct finding *finding)
{
    for (size_t i = 0; i < finding->n_evidence; i++) {
        const struct sighting *evidence = &finding->evidence[i];
        fputs("<br>", row);
        if (evidence->path != NULL) {
            text_write_markdown(row, evidence->path);
            fprintf(row, ":%zu ", evidence->line);
        } else if (evidence->calls >= 0) {
            fprintf(row, "%lld calls: ", (long long)evidence->calls);
        }
        text_write_markdown(row, evidence->text);
    }
}

// A page that ends before it is longer than a comment may be.
struct page {
    FILE *out;
    size_t used;
    bool is_full;
};

// `text` is freed; false: it does not fit, and nothing behind it is written either.
static bool page_add(struct page *page, char *text)
{
    size_t width = text_width(text);
    page->is_full = page->is_full || page->used + width + ROOM_FOR_END >= REPORT_MARKDOWN_MAX;
    if (!page->is_full) {
        fputs(text, page->out);
        page->used += width;
    }
    free(text);
    return !page->is_full;
}

static void write_place(FILE *row, const struct finding *finding)
{
    text_write_markdown(row, finding->path);
    if (finding->line > 0)
        fprintf(row, ":%zu", finding->line);
}

// A line of the table; `is_whole`: with safe form and evidence.
static char *finding_row(const struct finding *finding, bool is_whole)
{
    char *text = NULL;
    size_t len;
    FILE *row = open_memstream(&text, &len);
    if (row == NULL)
        bug("no memory for a row");
    fprintf(row, "| %s | ", severity_name(finding->severity));
    write_place(row, finding);
    fputs(" | ", row);
    text_write_markdown(row, finding->rule);
    fputs(" | ", row);
    text_write_markdown(row, finding->message);
    if (is_whole && finding->hint[0] != '\0') {
        fputs("<br>Safe form: ", row);
        write_lines(row, finding->hint);
    }
    if (is_whole)
        write_evidence(row, finding);
    fputs(" |\n", row);
    fclose(row);
    return text;
}

// All notes of a rule: what the first says, and where the others are.
static char *group_row(const struct finding_group *group)
{
    char *text = NULL;
    size_t len;
    FILE *row = open_memstream(&text, &len);
    if (row == NULL)
        bug("no memory for a row");
    fprintf(row, "| %zu | ", group->n);
    text_write_markdown(row, group->rule);
    fputs(" | ", row);
    text_write_markdown(row, group->list[0]->message);
    if (group->list[0]->hint[0] != '\0') {
        fputs("<br>Safe form: ", row);
        write_lines(row, group->list[0]->hint);
    }
    write_evidence(row, group->list[0]);
    fputs(" | ", row);
    for (size_t i = 0; i < group->n && i < PLACES_SHOWN; i++) {
        fputs(i > 0 ? "<br>" : "", row);
        write_place(row, group->list[i]);
    }
    if (group->n > PLACES_SHOWN)
        fprintf(row, "<br>and %zu more", group->n - PLACES_SHOWN);
    fputs(" |\n", row);
    fclose(row);
    return text;
}

static void write_head(FILE *out, const struct assessment *assessment)
{
    SCRATCH(tmp);
    const struct findings *findings = &assessment->findings;
    fprintf(out, "## tminus: %s\n\n%s.\n\n", verdict_words(assessment->verdict),
            assessment->reason);
    fprintf(out, "%zu stop, %zu warn, %zu note; %s of %s statements understood; risk %s.\n",
            findings_count(findings, SEVERITY_STOP), findings_count(findings, SEVERITY_WARN),
            findings_count(findings, SEVERITY_NOTE),
            quantity_count(tmp, (int64_t)assessment->n_understood),
            quantity_count(tmp, (int64_t)assessment->n_statements), risk_name(assessment->risk));
    if (assessment->suppressed.n > 0)
        fprintf(out, "\n%zu finding%s allowed by comments in the SQL.\n", assessment->suppressed.n,
                assessment->suppressed.n == 1 ? " is" : "s are");
    for (size_t i = 0; i < assessment->n_databases; i++) {
        const struct assessed_database *database = &assessment->databases[i];
        fputs("\nRead ", out);
        text_write_markdown(out, database->text);
        fprintf(out, " at %s; %s.\n", database->read_at, database->record);
    }
}

static bool page_add_text(struct page *page, const char *text)
{
    char *copy = strdup(text);
    if (copy == NULL)
        bug("no memory for a line");
    return page_add(page, copy);
}

static const char *const table_head = "| severity | place | rule | what |\n|---|---|---|---|\n";

// How many findings of its rule stand before it.
static size_t count_before(const struct findings *findings, size_t i)
{
    size_t n = 0;
    for (size_t j = 0; j < i; j++)
        n += strcmp(findings->list[j].rule, findings->list[i].rule) == 0;
    return n;
}

// Of many, the worst and a few of each rule stand in the open.
static bool is_open(const struct findings *findings, size_t n, size_t i, size_t n_open)
{
    return n <= OPEN_MAX || (n_open < OPEN_WHEN_MANY && count_before(findings, i) < OPEN_OF_RULE);
}

// Gives how many were written.
static size_t write_worst(struct page *page, const struct findings *findings, size_t n, bool *open)
{
    size_t n_written = 0;
    page_add_text(page, "\n");
    page_add_text(page, table_head);
    for (size_t i = 0; i < n; i++) {
        open[i] = is_open(findings, n, i, n_written);
        if (open[i] && page_add(page, finding_row(&findings->list[i], true)))
            n_written++;
    }
    return n_written;
}

// Gives how many are told: as rows, or counted behind them.
static size_t write_rest(struct page *page, const struct findings *findings, size_t n,
                         const bool *open, size_t n_rest)
{
    SCRATCH(tmp);
    size_t n_written = 0;
    page_add_text(page, mem_printf(tmp, "\n<details><summary>%zu more finding%s</summary>\n\n",
                                   n_rest, n_rest == 1 ? "" : "s"));
    page_add_text(page, table_head);
    for (size_t i = 0; i < n && n_written < FOLDED_MAX; i++) {
        if (!open[i] && page_add(page, finding_row(&findings->list[i], false)))
            n_written++;
    }
    if (n_written < n_rest)
        page_add_text(page, mem_printf(tmp, "\nand %zu more: `tminus assess -v` lists all.\n",
                                       n_rest - n_written));
    fputs("\n</details>\n", page->out);
    return page->is_full ? n_written : n_rest;
}

// Gives how many notes the rows stand for.
static size_t write_notes(struct page *page, const struct findings *findings, size_t n_notes)
{
    SCRATCH(tmp);
    size_t n_groups, n_written = 0;
    const struct finding_group *groups =
        finding_groups_make(tmp, findings, SEVERITY_NOTE, &n_groups);
    if (!page_add_text(page, mem_printf(tmp,
                                        "\n<details><summary>%zu note%s</summary>\n\n"
                                        "| places | rule | what | where |\n|---|---|---|---|\n",
                                        n_notes, n_notes == 1 ? "" : "s")))
        return 0;
    for (size_t i = 0; i < n_groups && page_add(page, group_row(&groups[i])); i++)
        n_written += groups[i].n;
    fputs("\n</details>\n", page->out);
    return n_written;
}

void report_assess_markdown(FILE *out, const struct assessment *assessment)
{
    SCRATCH(tmp);
    const struct findings *findings = &assessment->findings;
    size_t n_notes = findings_count(findings, SEVERITY_NOTE);
    size_t n = findings->n - n_notes;
    struct page page = {.out = out, .used = HEAD_ROOM};
    bool *open = mem_array(tmp, bool, n);
    write_head(out, assessment);
    size_t n_written = n > 0 ? write_worst(&page, findings, n, open) : 0;
    size_t n_left = n - n_written;
    if (n_left > 0 && !page.is_full)
        n_left -= write_rest(&page, findings, n, open, n_left);
    size_t n_notes_left = n_notes;
    if (n_notes > 0 && !page.is_full)
        n_notes_left -= write_notes(&page, findings, n_notes);
    if (page.is_full)
        fprintf(out, "\n%zu more findings did not fit here; `tminus assess -v` lists all.\n",
                n_left + n_notes_left);
}
