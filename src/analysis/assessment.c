/*
 * Assessment: replay, predict, judge, and add up.
 *
 * Each migration's up is read against the schema as it is then; its down is judged on a copy, so
 * that the next up starts from where production would be. What was not understood is kept with its
 * place: it makes HOLD of a GO.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/assessment.h"
#include "analysis/code_judgement.h"
#include "analysis/judge.h"
#include "analysis/released_judgement.h"
#include "analysis/rule.h"
#include "analysis/rule_setting.h"
#include "analysis/suppression_judgement.h"
#include "analysis/validity_judgement.h"
#include "statement/reader.h"

const char *verdict_name(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_GO: return "GO";
    case VERDICT_NO_GO: return "NO_GO";
    case VERDICT_HOLD: return "HOLD";
    }
    bug("verdict %d", (int)verdict);
}

const char *verdict_words(enum verdict verdict)
{
    return verdict == VERDICT_NO_GO ? "NO-GO" : verdict_name(verdict);
}

const char *risk_name(enum risk risk)
{
    switch (risk) {
    case RISK_NONE: return "none";
    case RISK_LOW: return "low";
    case RISK_HIGH: return "high";
    case RISK_UNKNOWN: return "unknown";
    }
    bug("risk %d", (int)risk);
}

static void take_others(struct assessment *assessment, const struct assessment_options *options)
{
    const struct findings *others = options->others;
    for (size_t i = 0; others != NULL && i < others->n; i++)
        findings_add(&assessment->findings, &others->list[i], others->list[i].message);
    if (!options->others_malformed)
        return;
    const struct rule *rule = rule_find("findings-malformed");
    struct finding finding = {
        .rule = rule->id,
        .severity = rule->severity,
        .path = options->others_path,
        .message = options->others_reason,
        .hint = rule->safe_form,
    };
    findings_add(&assessment->findings, &finding, "");
}

static bool statement_changes_rows(const struct statement *statement)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        if (action->kind != ACTION_QUERY || action->query == NULL)
            continue;
        if (action->query->verb != QUERY_SELECT && action->query->verb != QUERY_VALUES)
            return true;
        if (action->query->n_inner > 0)
            return true;
    }
    return false;
}

// Statements that only talk to the session leave the data alone.
static bool statement_touches(const struct statement *statement)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        switch ((int)statement->actions[i].kind) {
        case ACTION_BEGIN:
        case ACTION_COMMIT:
        case ACTION_ROLLBACK:
        case ACTION_SAVEPOINT:
        case ACTION_SET_VARIABLE:
        case ACTION_COMMENT: break;
        default: return true;
        }
    }
    return false;
}

static bool has_grave(const struct findings *findings)
{
    return findings_count(findings, SEVERITY_NOTE) < findings->n;
}

static enum risk risk_of(const struct assessment *assessment, const struct code_report *code)
{
    if (assessment->n_not_understood > 0 || (code != NULL && code->n_unmapped > 0))
        return RISK_UNKNOWN;
    // What is allowed is no less to be verified.
    if (has_grave(&assessment->findings) || has_grave(&assessment->suppressed))
        return RISK_HIGH;
    enum risk risk = code != NULL && code->n_writes > 0 ? RISK_LOW : RISK_NONE;
    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct assessed_script *assessed = &assessment->scripts[i];
        for (size_t j = 0; !assessed->is_down && j < assessed->script->n_statements; j++) {
            if (statement_changes_rows(&assessed->script->statements[j]))
                return RISK_HIGH;
            if (statement_touches(&assessed->script->statements[j]))
                risk = RISK_LOW;
        }
    }
    return risk;
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

// Something that the grammar does not know, and another's may: a command of psql is no SQL at all.
static bool has_foreign_words(const struct script *script)
{
    for (size_t i = 0; i < script->n_not_understood; i++) {
        if (script->not_understood[i].sql == NULL || script->not_understood[i].sql[0] != '\\')
            return true;
    }
    return false;
}

// A statement of an up that the grammar does not know?
static bool has_unread_statement(const struct assessment *assessment)
{
    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct assessed_script *assessed = &assessment->scripts[i];
        if (!assessed->is_down && has_foreign_words(assessed->script))
            return true;
    }
    return false;
}

// Another dialect's grammar may know what the one asked for does not.
static void hint_dialect(struct assessment *assessment, const struct change *change)
{
    SCRATCH(tmp);
    struct script_source *sources = NULL;
    size_t n = 0;

    if (!has_unread_statement(assessment))
        return;
    for (size_t i = 0; i < change->n_migrations; i++) {
        const struct migration_text *up = &change->migrations[i].up;
        if (up->path != NULL && up->text != NULL)
            *mem_append(tmp, sources, n) = (struct script_source){.path = up->path,
                                                                  .text = up->text,
                                                                  .len = up->len,
                                                                  .start = up->start,
                                                                  .end = up->end};
    }
    enum dialect guess = reader_guess_dialect(assessment->dialect, sources, n);
    if (guess != assessment->dialect)
        assessment->reason =
            mem_printf(assessment, "%s; %s knows more of it (--dialect %s)", assessment->reason,
                       dialect_title(guess), dialect_name(guess));
}

void assessment_decide(struct assessment *assessment)
{
    size_t n_stop = findings_count(&assessment->findings, SEVERITY_STOP);
    size_t n_warn = findings_count(&assessment->findings, SEVERITY_WARN);
    size_t n_unknown = assessment->n_not_understood;
    assessment->verdict = VERDICT_HOLD;
    if (n_stop > 0) {
        assessment->verdict = VERDICT_NO_GO;
        assessment->reason = mem_printf(assessment, "%zu finding%s that must be settled first",
                                        n_stop, plural(n_stop));
    } else if (n_unknown > 0) {
        assessment->reason =
            mem_printf(assessment, "%zu place%s not understood: unknown is never pass", n_unknown,
                       plural(n_unknown));
    } else if (assessment->others_malformed) {
        assessment->reason = "the findings of another tool could not be read";
    } else {
        assessment->verdict = VERDICT_GO;
        assessment->reason =
            n_warn > 0 ? mem_printf(assessment, "nothing forbids it; %zu warning%s to weigh",
                                    n_warn, plural(n_warn))
                       : "nothing found that loses data, fails or blocks for long";
    }
}

static void take_database(struct assessment *assessment, const struct assessed_database *database)
{
    struct assessed_database *taken =
        mem_append(assessment, assessment->databases, assessment->n_databases);
    *taken = *database;
    if (taken->schema == NULL)
        taken->schema = assessment->schema;
}

bool assessment_make(TALLOC_CTX *mem, const struct change *change,
                     const struct assessment_options *options, struct assessment **out,
                     struct error *err)
{
    SCRATCH(tmp);
    struct assessment *assessment = mem_new(tmp, struct assessment);
    mem_pack(assessment);
    assessment->findings.mem = assessment->suppressed.mem = assessment;
    assessment->dialect = options->dialect;
    assessment->pg_version = options->pg_version == 0 ? 15 : options->pg_version;
    TRY(judge_change(assessment, change, options, err));
    validity_judge(assessment);
    released_judge(&assessment->findings, change);
    if (options->code != NULL)
        code_judge(&assessment->findings, options->code);
    take_others(assessment, options);
    rule_settings_apply(options->rules, &assessment->findings);
    findings_sort(&assessment->findings);
    if (options->today != NULL)
        suppressions_judge(assessment, options->today);
    assessment->others_malformed = options->others_malformed;
    assessment_decide(assessment);
    assessment->risk = risk_of(assessment, options->code);
    if (options->database != NULL)
        take_database(assessment, options->database);
    hint_dialect(assessment, change);
    *out = talloc_steal(mem, assessment);
    return true;
}

static void findings_join(struct findings *findings, const struct findings *other)
{
    for (size_t i = 0; i < other->n; i++)
        *mem_append(findings->mem, findings->list, findings->n) = other->list[i];
    findings_sort(findings);
}

void assessment_join(struct assessment *assessment, const struct assessment *other)
{
    for (size_t i = 0; i < other->n_scripts; i++)
        *mem_append(assessment, assessment->scripts, assessment->n_scripts) = other->scripts[i];
    findings_join(&assessment->findings, &other->findings);
    findings_join(&assessment->suppressed, &other->suppressed);
    for (size_t i = 0; i < other->n_not_understood; i++)
        *mem_append(assessment, assessment->not_understood, assessment->n_not_understood) =
            other->not_understood[i];
    for (size_t i = 0; i < other->n_databases; i++)
        take_database(assessment, &other->databases[i]);
    assessment->n_statements += other->n_statements;
    assessment->n_understood += other->n_understood;
    assessment->others_malformed |= other->others_malformed;
    assessment_decide(assessment);
    if (other->risk > assessment->risk) // unknown is the worst
        assessment->risk = other->risk;
}
