/*
 * Findings as JUnit XML: each judged file is a test case.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "report/findings.h"

struct file_case {
    const char *path;
    size_t n_stops, n_unknown;
};

static struct file_case *case_of(TALLOC_CTX *mem, struct file_case **cases, size_t *n,
                                 const char *path)
{
    for (size_t i = 0; i < *n; i++) {
        if (strcmp((*cases)[i].path, path) == 0)
            return &(*cases)[i];
    }
    struct file_case *new = mem_append(mem, *cases, *n);
    new->path = path;
    return new;
}

static void collect(TALLOC_CTX *mem, const struct assessment *assessment, struct file_case **cases,
                    size_t *n)
{
    for (size_t i = 0; i < assessment->n_scripts; i++)
        case_of(mem, cases, n, assessment->scripts[i].script->path);
    for (size_t i = 0; i < assessment->findings.n; i++) {
        const struct finding *finding = &assessment->findings.list[i];
        case_of(mem, cases, n, finding->path)->n_stops += finding->severity == SEVERITY_STOP;
    }
    for (size_t i = 0; i < assessment->n_not_understood; i++)
        case_of(mem, cases, n, assessment->not_understood[i].path)->n_unknown++;
}

static void write_finding_line(FILE *out, const struct finding *finding)
{
    fprintf(out, "%s %zu:%zu ", severity_name(finding->severity), finding->line, finding->column);
    text_write_xml(out, finding->rule);
    fputs(": ", out);
    text_write_xml(out, finding->message);
    if (finding->hint[0] != '\0') {
        fputs(" (", out);
        text_write_xml(out, finding->hint);
        fputc(')', out);
    }
    fputc('\n', out);
}

static void write_failure(FILE *out, const struct assessment *assessment, const char *path)
{
    bool is_first = true;
    for (size_t i = 0; i < assessment->findings.n; i++) {
        const struct finding *finding = &assessment->findings.list[i];
        if (finding->severity != SEVERITY_STOP || strcmp(finding->path, path) != 0)
            continue;
        if (is_first) {
            fputs("      <failure type=\"", out);
            text_write_xml(out, finding->rule);
            fputs("\" message=\"", out);
            text_write_xml(out, finding->message);
            fputs("\">", out);
        }
        is_first = false;
        write_finding_line(out, finding);
    }
    fputs("</failure>\n", out);
}

static void write_unknown(FILE *out, const struct assessment *assessment, const char *path)
{
    bool is_first = true;
    for (size_t i = 0; i < assessment->n_not_understood; i++) {
        const struct not_understood *bad = &assessment->not_understood[i];
        if (strcmp(bad->path, path) != 0)
            continue;
        if (is_first) {
            fputs("      <error type=\"not-understood\" message=\"", out);
            text_write_xml(out, bad->reason);
            fputs("\">", out);
        }
        is_first = false;
        fprintf(out, "%zu:%zu ", bad->line, bad->column);
        text_write_xml(out, bad->reason);
        fputc('\n', out);
    }
    fputs("</error>\n", out);
}

static void write_others(FILE *out, const struct assessment *assessment, const char *path)
{
    bool is_first = true;
    for (size_t i = 0; i < assessment->findings.n; i++) {
        const struct finding *finding = &assessment->findings.list[i];
        if (finding->severity == SEVERITY_STOP || strcmp(finding->path, path) != 0)
            continue;
        if (is_first)
            fputs("      <system-out>", out);
        is_first = false;
        write_finding_line(out, finding);
    }
    if (!is_first)
        fputs("</system-out>\n", out);
}

static void write_case(FILE *out, const struct assessment *assessment, const struct file_case *file)
{
    fputs("    <testcase classname=\"tminus.assess\" name=\"", out);
    text_write_xml(out, file->path);
    fputs("\">\n", out);
    // One of both: readers of the format expect a single outcome.
    if (file->n_stops > 0)
        write_failure(out, assessment, file->path);
    else if (file->n_unknown > 0)
        write_unknown(out, assessment, file->path);
    write_others(out, assessment, file->path);
    fputs("    </testcase>\n", out);
}

void report_junit(FILE *out, const struct assessment *assessment)
{
    SCRATCH(tmp);
    struct file_case *cases = NULL;
    size_t n = 0, n_failures = 0, n_errors = 0;
    collect(tmp, assessment, &cases, &n);
    for (size_t i = 0; i < n; i++) {
        n_failures += cases[i].n_stops > 0;
        n_errors += cases[i].n_stops == 0 && cases[i].n_unknown > 0;
    }
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
            "  <testsuite name=\"tminus.assess\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
            "skipped=\"0\">\n",
            n, n_failures, n_errors);
    for (size_t i = 0; i < n; i++)
        write_case(out, assessment, &cases[i]);
    fputs("  </testsuite>\n</testsuites>\n", out);
}
