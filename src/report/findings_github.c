/*
 * Findings as annotations of a GitHub workflow step: the worst ten of a kind, the rest counted.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/findings.h"

static const char *kind_of(enum severity severity)
{
    switch (severity) {
    case SEVERITY_NOTE: return "notice";
    case SEVERITY_WARN: return "warning";
    case SEVERITY_STOP: return "error";
    }
    bug("severity %d", (int)severity);
}

static void write_escaped(FILE *out, const char *text, bool is_property)
{
    for (; *text != '\0'; text++) {
        bool is_special = *text == '%' || *text == '\r' || *text == '\n' ||
                          (is_property && (*text == ':' || *text == ','));
        if (is_special)
            fprintf(out, "%%%02X", (unsigned char)*text);
        else
            fputc(*text, out);
    }
}

static void write_annotation(FILE *out, const struct finding *finding)
{
    fprintf(out, "::%s file=", kind_of(finding->severity));
    write_escaped(out, finding->path, true);
    if (finding->line > 0)
        fprintf(out, ",line=%zu,col=%zu", finding->line, finding->column > 0 ? finding->column : 1);
    fputs(",title=", out);
    write_escaped(out, finding->rule, true);
    fputs("::", out);
    write_escaped(out, finding->message, false);
    if (finding->hint[0] != '\0') {
        fputs("%0ASafe form: ", out);
        write_escaped(out, finding->hint, false);
    }
    fputc('\n', out);
}

void report_github(FILE *out, const struct assessment *assessment)
{
    const struct findings *findings = &assessment->findings;
    size_t n[3] = {0};
    // One notice is kept for what is left out and the verdict.
    const size_t most[3] = {[SEVERITY_NOTE] = REPORT_ANNOTATIONS_MAX - 1,
                            [SEVERITY_WARN] = REPORT_ANNOTATIONS_MAX,
                            [SEVERITY_STOP] = REPORT_ANNOTATIONS_MAX};
    size_t n_left = 0;
    for (size_t i = 0; i < findings->n; i++) {
        const struct finding *finding = &findings->list[i];
        if (n[finding->severity]++ < most[finding->severity])
            write_annotation(out, finding);
        else
            n_left++;
    }
    fprintf(out, "::notice title=tminus %s::", verdict_name(assessment->verdict));
    write_escaped(out, assessment->reason, false);
    fprintf(out, "; %zu stop, %zu warn, %zu note, %zu not shown here\n", n[SEVERITY_STOP],
            n[SEVERITY_WARN], n[SEVERITY_NOTE], n_left);
}
