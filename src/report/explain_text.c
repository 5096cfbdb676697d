/*
 * Report of explain as text.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/explain.h"

void report_rules_text(FILE *out)
{
    int width = 0;
    for (size_t i = 0; i < rule_count; i++) {
        int len = (int)strlen(rule_table[i]->id);
        width = len > width ? len : width;
    }
    for (size_t i = 0; i < rule_count; i++)
        fprintf(out, "%-4s  %-*s  %s\n", severity_name(rule_table[i]->severity), width,
                rule_table[i]->id, rule_table[i]->summary);
}

void report_rule_text(FILE *out, const struct rule *rule)
{
    fprintf(out, "%s (%s): %s\n\n", rule->id, severity_name(rule->severity), rule->summary);
    fprintf(out, "  why        %s\n  safe form  %s\n  source     %s\n", rule->why, rule->safe_form,
            rule->source);
}

// What others notice of a lock.
static const char *lock_words(enum lock_mode mode)
{
    if (lock_mode_blocks_reads(mode))
        return "nobody reads or writes";
    if (lock_mode_blocks_writes(mode))
        return "reads go on, writes wait";
    return mode == LOCK_SHARE_UPDATE_EXCLUSIVE ? "reads and writes go on, other DDL waits"
                                               : "reads and writes go on";
}

static void write_locks(FILE *out, const struct effects *effects)
{
    int width = 0;
    for (size_t i = 0; i < effects->n_locks; i++) {
        int len = (int)strlen(effects->locks[i].relation);
        width = len > width ? len : width;
    }
    for (size_t i = 0; i < effects->n_locks; i++) {
        const struct effect_lock *lock = &effects->locks[i];
        fprintf(out, "  %-9s  %-*s  %s: %s\n", i == 0 ? "locks" : "", width, lock->relation,
                lock_mode_sql(lock->mode), lock_words(lock->mode));
    }
    if (effects->n_locks == 0)
        fputs("  locks      nothing that was there before\n", out);
}

static void write_list(FILE *out, const char *what, const char *const *relations, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fprintf(out, "  %-9s  %s\n", i == 0 ? what : "", relations[i]);
}

static void write_effects(FILE *out, const struct statement *statement,
                          const struct effects *effects)
{
    fprintf(out, "%s\n", statement->kind);
    if (effects->unknown_reason != NULL)
        fprintf(out, "  unknown    %s\n", effects->unknown_reason);
    write_locks(out, effects);
    write_list(out, "rewrites", effects->rewrites, effects->n_rewrites);
    write_list(out, "scans", effects->scans, effects->n_scans);
    write_list(out, "indexes", effects->index_builds, effects->n_index_builds);
    write_list(out, "blocks", effects->blocks_writes_long, effects->n_blocks_writes_long);
    for (size_t i = 0; i < effects->n_destroys; i++)
        fprintf(out, "  %-9s  %s %s\n", i == 0 ? "destroys" : "", effects->destroys[i].what,
                effects->destroys[i].object);
    fputc('\n', out);
}

void report_explain_text(FILE *out, const struct assessment *assessment)
{
    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct assessed_script *assessed = &assessment->scripts[i];
        for (size_t j = 0; j < assessed->script->n_statements; j++)
            write_effects(out, &assessed->script->statements[j], assessed->effects[j]);
    }
    for (size_t i = 0; i < assessment->findings.n; i++) {
        const struct finding *finding = &assessment->findings.list[i];
        fprintf(out, "%-4s  %s: %s\n      %s\n      > %s\n", severity_name(finding->severity),
                finding->rule, finding->message, rule_find(finding->rule)->why, finding->hint);
    }
}
