/*
 * Released judgement: what the base of a range already had may have been applied somewhere, so a
 * new text, another name, or its absence is a finding.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/released_judgement.h"
#include "analysis/rule.h"

static void report(struct findings *findings, const char *path, const char *message)
{
    const struct rule *rule = rule_find("released-migration-edited");
    struct finding finding = {
        .rule = rule->id,
        .severity = rule->severity,
        .path = path,
        .message = message,
        .hint = rule->safe_form,
    };
    findings_add(findings, &finding, "");
}

void released_judge(struct findings *findings, const struct change *change)
{
    SCRATCH(tmp);
    for (size_t i = 0; i < change->n_migrations; i++) {
        const struct migration *migration = &change->migrations[i];
        // A repeatable one is there to be edited.
        if (!migration->was_edited || migration->is_repeatable)
            continue;
        if (migration->renamed_from != NULL)
            report(findings, migration->up.path,
                   mem_printf(tmp,
                              "was %s in the base: where that was applied, a tool takes it for "
                              "another migration",
                              migration->renamed_from));
        else
            report(findings, migration->up.path,
                   "the base has this migration with another text: who applied that never gets "
                   "this one");
    }
    for (size_t i = 0; i < change->n_files; i++) {
        if (change->files[i].was_migration)
            report(findings, change->files[i].path,
                   "the base has this file among its migrations and the range removes it: where it "
                   "was applied, its work stays");
    }
}
