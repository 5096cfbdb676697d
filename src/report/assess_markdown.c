/*
 * Report of an assessment as Markdown, for a pull request: a verdict, a table, the rest counted.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "base/text.h"
#include "report/assess.h"

#define ROOM_FOR_END 300 // characters kept for the line that tells how much was cut

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

// A line of the table in memory: it is written only when it still fits.
static char *finding_row(const struct finding *finding)
{
    char *text = NULL;
    size_t len;
    FILE *row = open_memstream(&text, &len);
    if (row == NULL)
        bug("no memory for a row");
    fprintf(row, "| %s | ", severity_name(finding->severity));
    text_write_markdown(row, finding->path);
    if (finding->line > 0)
        fprintf(row, ":%zu", finding->line);
    fputs(" | ", row);
    text_write_markdown(row, finding->rule);
    fputs(" | ", row);
    text_write_markdown(row, finding->message);
    if (finding->hint[0] != '\0') {
        fputs("<br>Safe form: ", row);
        write_lines(row, finding->hint);
    }
    write_evidence(row, finding);
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

void report_assess_markdown(FILE *out, const struct assessment *assessment)
{
    const struct findings *findings = &assessment->findings;
    write_head(out, assessment);
    if (findings->n == 0)
        return;
    fputs("\n| severity | place | rule | what |\n|---|---|---|---|\n", out);
    size_t used = 1000; // head and table head, generously
    size_t i = 0;
    for (; i < findings->n; i++) {
        char *row = finding_row(&findings->list[i]);
        used += text_width(row);
        bool fits = used + ROOM_FOR_END < REPORT_MARKDOWN_MAX;
        if (fits)
            fputs(row, out);
        free(row);
        if (!fits)
            break;
    }
    if (i < findings->n)
        fprintf(out, "\n%zu more findings did not fit here; `tminus assess -v` lists all.\n",
                findings->n - i);
}
