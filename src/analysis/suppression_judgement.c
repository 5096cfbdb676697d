/*
 * Judgement of suppressions. An expired comment allows nothing, and is reported as that alone; of
 * one that names several rules each must find something.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/suppression_judgement.h"
#include "analysis/rule.h"
#include "analysis/rules/rules.h"
#include "analysis/suppression.h"
#include "base/text.h"

struct hearing {
    struct assessment *out;
    const char *today; // "2026-11-22": days in this form are in the order of their texts
    struct suppression_source source;
    struct suppressions suppressions;
    bool **is_used; // of each suppression, of each of its rules
};

static const struct migration_text *text_of(const struct assessed_script *assessed)
{
    return assessed->is_down ? &assessed->migration->down : &assessed->migration->up;
}

// The script, and the other direction of its migration where both stand in one file.
static struct suppression_source source_at(const struct assessment *assessment, size_t i)
{
    const struct assessed_script *assessed = &assessment->scripts[i];
    const struct migration_text *text = text_of(assessed);
    struct suppression_source source = {
        .path = text->path,
        .text = text->text,
        .len = text->len,
        .scripts = {assessed->script},
        .n_scripts = 1,
    };
    if (i + 1 < assessment->n_scripts &&
        strcmp(text_of(&assessment->scripts[i + 1])->path, text->path) == 0)
        source.scripts[source.n_scripts++] = assessment->scripts[i + 1].script;
    return source;
}

static bool is_at(const struct suppression *suppression, const struct suppression_source *source,
                  const struct finding *finding)
{
    if (suppression->is_file)
        return true;
    if (!suppression->has_statement || finding->line == 0)
        return false;
    struct text_place start = text_place(source->text, source->len, suppression->start);
    struct text_place end = text_place(source->text, source->len, suppression->end);
    bool is_before = finding->line < start.line ||
                     (finding->line == start.line && finding->column < start.column);
    bool is_behind =
        finding->line > end.line || (finding->line == end.line && finding->column >= end.column);
    return !is_before && !is_behind;
}

static bool is_over(const struct hearing *hearing, const struct suppression *suppression)
{
    return strcmp(hearing->today, suppression->until) > 0;
}

// The comment that allows `finding`; each that would is used.
static const struct suppression *allowing(struct hearing *hearing, const struct finding *finding)
{
    const struct suppression *found = NULL;
    if (finding->tool != NULL || strcmp(finding->path, hearing->source.path) != 0)
        return NULL;
    for (size_t i = 0; i < hearing->suppressions.n; i++) {
        const struct suppression *suppression = &hearing->suppressions.list[i];
        if (suppression->problem != NULL || is_over(hearing, suppression))
            continue;
        for (size_t k = 0; k < suppression->n_rules; k++) {
            if (strcmp(suppression->rules[k], finding->rule) != 0 ||
                !is_at(suppression, &hearing->source, finding))
                continue;
            hearing->is_used[i][k] = true;
            found = found == NULL ? suppression : found;
        }
    }
    return found;
}

static void take_allowed(struct hearing *hearing)
{
    struct findings *findings = &hearing->out->findings;
    struct findings *suppressed = &hearing->out->suppressed;
    size_t n = 0;
    for (size_t i = 0; i < findings->n; i++) {
        struct finding *finding = &findings->list[i];
        const struct suppression *by = allowing(hearing, finding);
        if (by != NULL) {
            finding->suppression = by;
            *mem_append(suppressed->mem, suppressed->list, suppressed->n) = *finding;
        } else {
            findings->list[n++] = *finding;
        }
    }
    findings->n = n;
}

static void report(struct hearing *hearing, const struct suppression *suppression,
                   const struct rule *rule, const char *hint, const char *message)
{
    struct finding finding = {
        .rule = rule->id,
        .severity = rule->severity,
        .path = suppression->path,
        .line = suppression->line,
        .column = suppression->column,
        .message = message,
        .hint = hint == NULL ? rule->safe_form : hint,
    };
    findings_add(&hearing->out->findings, &finding, suppression->text);
}

static void report_unused(struct hearing *hearing, const struct suppression *suppression,
                          const char *id)
{
    SCRATCH(tmp);
    const char *where = suppression->is_file         ? "in this file"
                        : suppression->has_statement ? "at the statement that it stands at"
                                                     : "here: no statement that was understood";
    report(hearing, suppression, &rule_suppression_unused, NULL,
           mem_printf(tmp, "allows %s, which finds nothing %s", id, where));
}

static void report_one(struct hearing *hearing, size_t i)
{
    SCRATCH(tmp);
    const struct suppression *suppression = &hearing->suppressions.list[i];
    if (suppression->problem != NULL) {
        report(hearing, suppression, &rule_suppression_malformed, suppression->problem_hint,
               mem_printf(tmp, "allows nothing: %s", suppression->problem));
        return;
    }
    if (is_over(hearing, suppression)) {
        report(hearing, suppression, &rule_suppression_expired, NULL,
               mem_printf(tmp, "allowed %s until %s, which is over",
                          words_join(tmp, suppression->rules, suppression->n_rules),
                          suppression->until));
        return;
    }
    for (size_t k = 0; k < suppression->n_rules; k++) {
        if (!hearing->is_used[i][k])
            report_unused(hearing, suppression, suppression->rules[k]);
    }
}

// Gives whether anything is said there.
static bool judge_file(struct hearing *hearing)
{
    SCRATCH(tmp);
    struct suppressions *all = &hearing->suppressions;
    *all = (struct suppressions){0};
    suppressions_scan(hearing->out, &hearing->source, all);
    if (all->n == 0)
        return false;
    hearing->is_used = mem_array(tmp, bool *, all->n);
    for (size_t i = 0; i < all->n; i++)
        hearing->is_used[i] = mem_array(tmp, bool, all->list[i].n_rules + 1);
    take_allowed(hearing);
    for (size_t i = 0; i < all->n; i++)
        report_one(hearing, i);
    return true;
}

void suppressions_judge(struct assessment *assessment, const char *today)
{
    struct hearing hearing = {.out = assessment, .today = today};
    bool is_changed = false;
    for (size_t i = 0; i < assessment->n_scripts; i += hearing.source.n_scripts) {
        hearing.source = source_at(assessment, i);
        is_changed = judge_file(&hearing) || is_changed;
    }
    if (is_changed)
        findings_sort(&assessment->findings);
}
