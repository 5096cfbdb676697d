/*
 * Code judgement: a table written by changed code is a finding, code that nothing explains another.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/code_judgement.h"
#include "analysis/rule.h"

static const char *source_text(enum code_source source)
{
    switch (source) {
    case CODE_PATH_MAP: return "the paths: map";
    case CODE_SQL: return "an SQL string";
    case CODE_MODEL: return "a model";
    case CODE_TASK: return "a task file";
    }
    bug("code source %d", (int)source);
}

static void judge_write(struct findings *findings, const struct code_write *write)
{
    SCRATCH(tmp);
    const struct rule *rule = rule_find("code-writes-table");
    struct finding finding = {
        .rule = rule->id,
        .severity = write->is_data_change ? SEVERITY_WARN : SEVERITY_NOTE,
        .path = write->path,
        .line = write->line,
        .column = write->line > 0 ? 1 : 0,
        .message = mem_printf(tmp, "%s %s table %s (%s: %s)",
                              write->in_changed_line ? "changed code" : "the changed file",
                              write->is_data_change ? "writes" : "changes the model of",
                              write->table, source_text(write->source), write->evidence),
        .hint = rule->safe_form,
    };
    findings_add(findings, &finding, write->table);
}

void code_judge(struct findings *findings, const struct code_report *code)
{
    for (size_t i = 0; i < code->n_writes; i++)
        judge_write(findings, &code->writes[i]);
    const struct rule *rule = rule_find("code-path-unmapped");
    for (size_t i = 0; i < code->n_unmapped; i++) {
        struct finding finding = {
            .rule = rule->id,
            .severity = rule->severity,
            .path = code->unmapped[i],
            .message = "changed code; which tables it writes is not known",
            .hint = rule->safe_form,
        };
        findings_add(findings, &finding, "");
    }
}
