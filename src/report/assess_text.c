/*
 * Report of an assessment as text for a terminal: worst first, the verdict last, where the eye is.
 *
 * Few findings are listed whole. Many are counted by rule, and only the worst are listed: a wall of
 * findings is read by nobody.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rule.h"
#include "analysis/suppression.h"
#include "base/quantity.h"
#include "base/text.h"
#include "proof/result.h"
#include "report/assess.h"
#include "report/finding_groups.h"
#include "report/hint.h"
#include "report/timeline.h"

#define LISTED_MAX 25       // more findings than this are summed up
#define LISTED_WHEN_MANY 12 // and so many of them listed,
#define LISTED_OF_RULE 2  // so many of one rule: the eleventh drop says less than the first rename
#define NOTES_WHOLE_MAX 2 // of one rule; more are listed as places under one head
#define SUMMARY_WIDTH 60
#define UNKNOWN_LISTED_MAX 10

static const char *severity_color(enum severity severity)
{
    switch (severity) {
    case SEVERITY_NOTE: return "\033[2m";
    case SEVERITY_WARN: return "\033[33m";
    case SEVERITY_STOP: return "\033[1;31m";
    }
    bug("severity %d", (int)severity);
}

static void write_place(FILE *out, const char *path, size_t line, size_t column)
{
    fputs(path, out);
    if (line > 0)
        fprintf(out, ":%zu:%zu", line, column > 0 ? column : 1);
}

// Does `before` say what this one would: of the same rule, or of the same statement?
static bool says_the_same(const struct finding *before, const struct finding *finding)
{
    bool is_same_place = before->line == finding->line && before->column == finding->column &&
                         strcmp(before->path, finding->path) == 0;
    return (is_same_place || strcmp(before->rule, finding->rule) == 0) &&
           strcmp(before->hint, finding->hint) == 0;
}

// A hint is said once.
static bool says_hint(const struct findings *findings, size_t i)
{
    const struct finding *finding = &findings->list[i];
    if (finding->hint[0] == '\0')
        return false;
    for (size_t j = 0; j < i; j++) {
        if (says_the_same(&findings->list[j], finding))
            return false;
    }
    return true;
}

// Where the running release uses it: code by file and line, statements by calls.
static void write_evidence(FILE *out, const struct finding *finding)
{
    SCRATCH(tmp);
    for (size_t i = 0; i < finding->n_evidence; i++) {
        const struct sighting *evidence = &finding->evidence[i];
        if (evidence->path != NULL)
            fprintf(out, "      %s at %s:%zu: %s\n", evidence->revision, evidence->path,
                    evidence->line, evidence->text);
        else if (evidence->calls >= 0)
            fprintf(out, "      %s call%s: %s\n", quantity_count(tmp, evidence->calls),
                    evidence->calls == 1 ? "" : "s", evidence->text);
        else
            fprintf(out, "      %s%s%s\n", evidence->revision != NULL ? evidence->revision : "",
                    evidence->revision != NULL ? ": " : "", evidence->text);
    }
}

static void write_finding(FILE *out, const struct findings *findings, size_t i, bool is_colored)
{
    const struct finding *finding = &findings->list[i];
    fprintf(out, "%s%-4s%s  ", is_colored ? severity_color(finding->severity) : "",
            severity_name(finding->severity), is_colored ? COLOR_PLAIN : "");
    write_place(out, finding->path, finding->line, finding->column);
    fprintf(out, "  %s%s%s%s\n      %s\n", finding->rule, finding->tool != NULL ? " (" : "",
            finding->tool != NULL ? finding->tool : "", finding->tool != NULL ? ")" : "",
            finding->message);
    if (says_hint(findings, i))
        report_hint(out, finding->hint);
    write_evidence(out, finding);
}

// --- notes

// What all of them say is said once; what each says of its place stands behind the place.
static void write_group(FILE *out, const struct finding_group *group, bool is_colored)
{
    const char *hint = group->list[0]->hint;
    fprintf(out, "%s%-4s%s  %zu places  %s\n", is_colored ? severity_color(SEVERITY_NOTE) : "",
            severity_name(SEVERITY_NOTE), is_colored ? COLOR_PLAIN : "", group->n, group->rule);
    if (hint[0] != '\0')
        report_hint(out, hint);
    for (size_t i = 0; i < group->n; i++) {
        const struct finding *finding = group->list[i];
        fputs("      ", out);
        write_place(out, finding->path, finding->line, finding->column);
        fprintf(out, "  %s\n", finding->message);
        if (strcmp(finding->hint, hint) != 0)
            report_hint(out, finding->hint);
        write_evidence(out, finding);
    }
}

static void write_notes(FILE *out, const struct findings *findings, bool is_colored)
{
    SCRATCH(tmp);
    size_t n;
    const struct finding_group *groups = finding_groups_make(tmp, findings, SEVERITY_NOTE, &n);
    for (size_t i = 0; i < n; i++) {
        if (groups[i].n > NOTES_WHOLE_MAX) {
            write_group(out, &groups[i], is_colored);
            continue;
        }
        for (size_t j = 0; j < groups[i].n; j++)
            write_finding(out, findings, (size_t)(groups[i].list[j] - findings->list), is_colored);
    }
}

// --- summary by rule

struct rule_count {
    const char *rule;
    size_t n[3]; // by severity
};

// Gives how many there are now of this rule and severity.
static size_t count_rule(TALLOC_CTX *mem, struct rule_count **counts, size_t *n,
                         const struct finding *finding)
{
    for (size_t i = 0; i < *n; i++) {
        if (strcmp((*counts)[i].rule, finding->rule) == 0)
            return ++(*counts)[i].n[finding->severity];
    }
    struct rule_count *count = mem_append(mem, *counts, *n);
    count->rule = finding->rule;
    return ++count->n[finding->severity];
}

static void write_count(FILE *out, size_t n)
{
    if (n > 0)
        fprintf(out, "%5zu ", n);
    else
        fputs("    . ", out);
}

static void write_by_rule(FILE *out, const struct findings *findings)
{
    SCRATCH(tmp);
    struct rule_count *counts = NULL;
    size_t n = 0;
    int width = 0;
    for (size_t i = 0; i < findings->n; i++) {
        count_rule(tmp, &counts, &n, &findings->list[i]);
        int len = (int)strlen(findings->list[i].rule);
        width = len > width ? len : width;
    }
    fputs(" stop  warn  note  rule\n", out);
    for (size_t i = 0; i < n; i++) {
        const struct rule *rule = rule_find(counts[i].rule);
        write_count(out, counts[i].n[SEVERITY_STOP]);
        write_count(out, counts[i].n[SEVERITY_WARN]);
        write_count(out, counts[i].n[SEVERITY_NOTE]);
        const char *summary = rule == NULL ? "" : rule->summary;
        fprintf(out, " %-*s  %s\n", width, counts[i].rule,
                text_shorten(tmp, summary, strlen(summary), SUMMARY_WIDTH));
    }
    fputc('\n', out);
}

// --- the whole

// The worst of a long list, a few of each rule. Gives how many were written.
static size_t write_worst(FILE *out, const struct findings *findings, size_t n, bool is_colored)
{
    SCRATCH(tmp);
    struct rule_count *counts = NULL;
    size_t n_counts = 0, n_written = 0;
    for (size_t i = 0; i < n && n_written < LISTED_WHEN_MANY; i++) {
        if (count_rule(tmp, &counts, &n_counts, &findings->list[i]) > LISTED_OF_RULE)
            continue;
        write_finding(out, findings, i, is_colored);
        n_written++;
    }
    return n_written;
}

static size_t write_findings(FILE *out, const struct findings *findings,
                             const struct report_text_options *options)
{
    size_t n_notes = findings_count(findings, SEVERITY_NOTE);
    size_t n = findings->n - n_notes, n_written = 0;
    if (!options->is_whole && n > LISTED_MAX) {
        write_by_rule(out, findings);
        n_written = write_worst(out, findings, n, options->is_colored);
    } else {
        for (; n_written < n; n_written++)
            write_finding(out, findings, n_written, options->is_colored);
    }
    if (options->is_whole) {
        write_notes(out, findings, options->is_colored);
        n_written += n_notes;
    }
    if (n_written > 0)
        fputc('\n', out);
    return findings->n - n_written;
}

// Each is a finding too; they are listed once more only where findings were left out.
static void write_unknown(FILE *out, const struct assessment *assessment)
{
    size_t n = assessment->n_not_understood;
    if (n == 0)
        return;
    size_t n_shown = n < UNKNOWN_LISTED_MAX ? n : UNKNOWN_LISTED_MAX;
    fputs("Not understood:\n\n", out);
    for (size_t i = 0; i < n_shown; i++) {
        const struct not_understood *bad = &assessment->not_understood[i];
        fputs("      ", out);
        write_place(out, bad->path, bad->line, bad->column);
        fprintf(out, "  %s\n", bad->reason);
    }
    if (n_shown < n)
        fprintf(out, "      and %zu more\n", n - n_shown);
    fputc('\n', out);
}

// What comments in the SQL allow: counted, and with -v listed.
static void write_suppressed(FILE *out, const struct assessment *assessment,
                             const struct report_text_options *options)
{
    const struct findings *suppressed = &assessment->suppressed;
    const char *first = NULL;
    if (suppressed->n == 0)
        return;
    for (size_t i = 0; i < suppressed->n; i++) {
        const char *until = suppressed->list[i].suppression->until;
        first = first == NULL || strcmp(until, first) < 0 ? until : first;
    }
    fprintf(out, "%zu finding%s allowed in the SQL, the first until %s%s\n", suppressed->n,
            suppressed->n == 1 ? "" : "s", first, options->is_whole ? ":" : ".");
    for (size_t i = 0; options->is_whole && i < suppressed->n; i++) {
        const struct finding *finding = &suppressed->list[i];
        fputs("      ", out);
        write_place(out, finding->path, finding->line, finding->column);
        fprintf(out, "  %s until %s: %s\n", finding->rule, finding->suppression->until,
                finding->suppression->reason);
    }
}

static void write_databases(FILE *out, const struct assessment *assessment)
{
    size_t n;
    for (size_t i = 0; i < assessment->n_databases; i++) {
        const struct assessed_database *database = &assessment->databases[i];
        fprintf(out, "Read %s%s%s at %s; %s.\n", database->name != NULL ? database->name : "",
                database->name != NULL ? ": " : "", database->text, database->read_at,
                database->record);
        const char *const *gaps = schema_gaps(database->schema, &n);
        for (size_t k = 0; k < n; k++)
            fprintf(out, "  not read: %s.\n", gaps[k]);
    }
}

// Those of the history too, which is read and not judged.
static void write_doubts(FILE *out, const struct assessment *assessment)
{
    const struct schema_doubt *doubt = schema_doubts(assessment->schema);
    size_t n = doubt != NULL ? doubt->number : 0;
    if (n == 0)
        return;
    while (doubt->before != NULL)
        doubt = doubt->before;
    fprintf(out, "after %s:%zu the schema is not known in full: %s", doubt->path, doubt->line,
            doubt->reason);
    if (n > 1)
        fprintf(out, " (and at %zu more place%s)", n - 1, n == 2 ? "" : "s");
    fputc('\n', out);
}

static void write_timelines(FILE *out, const struct assessment *assessment)
{
    bool is_written = false;
    for (size_t i = 0; i < assessment->n_scripts; i++) {
        if (!assessment->scripts[i].is_down)
            is_written = report_timeline_text(out, &assessment->scripts[i]) || is_written;
    }
    if (is_written)
        fputc('\n', out);
}

void report_assess_text(FILE *out, const struct assessment *assessment,
                        const struct report_text_options *options)
{
    SCRATCH(tmp);
    const struct findings *findings = &assessment->findings;
    size_t n_hidden = write_findings(out, findings, options);
    if (n_hidden > findings_count(findings, SEVERITY_NOTE))
        write_unknown(out, assessment);
    if (options->is_whole)
        write_timelines(out, assessment);
    fprintf(out, "%s%s%s: %s.\n", options->is_colored ? verdict_color(assessment->verdict) : "",
            verdict_words(assessment->verdict), options->is_colored ? COLOR_PLAIN : "",
            assessment->reason);
    fprintf(out, "%zu stop, %zu warn, %zu note; %s of %s statements understood; risk %s.\n",
            findings_count(findings, SEVERITY_STOP), findings_count(findings, SEVERITY_WARN),
            findings_count(findings, SEVERITY_NOTE),
            quantity_count(tmp, (int64_t)assessment->n_understood),
            quantity_count(tmp, (int64_t)assessment->n_statements), risk_name(assessment->risk));
    write_doubts(out, assessment);
    write_suppressed(out, assessment, options);
    write_databases(out, assessment);
    if (n_hidden > 0)
        fprintf(out, "%zu finding%s not listed: -v lists all; `tminus explain RULE` says why.\n",
                n_hidden, n_hidden == 1 ? " is" : "s are");
}
