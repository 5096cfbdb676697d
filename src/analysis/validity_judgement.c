/*
 * Judgement of validity: what is left NOT VALID, looked for in the schema after every up.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/validity_judgement.h"
#include "analysis/rules/rules.h"

// The constraint as it is at the end; one without a name is the last of its kind on its columns.
static const struct schema_constraint *constraint_at_end(const struct schema_relation *relation,
                                                         const struct constraint *added)
{
    const struct schema_constraint *found = NULL;
    if (added->name != NULL)
        return schema_find_constraint(relation, added->name);
    for (size_t i = 0; i < relation->n_constraints; i++) {
        if (relation->constraints[i].kind == added->kind && !relation->constraints[i].is_valid)
            found = &relation->constraints[i];
    }
    return found;
}

static void report(struct assessment *assessment, const struct statement *statement,
                   const struct schema_relation *relation, const char *constraint)
{
    SCRATCH(tmp);
    const char *table = schema_name_text(tmp, assessment->schema, relation->name);
    const struct rule *rule = &rule_constraint_left_not_valid;
    struct finding finding = {
        .rule = rule->id,
        .severity = rule->severity,
        .path = statement->path,
        .line = statement->line,
        .column = statement->column,
        .message = mem_printf(tmp, "'%s' of %s is still NOT VALID at the end of the change",
                              constraint, table),
        .hint = mem_printf(tmp, "ALTER TABLE %s VALIDATE CONSTRAINT %s", table, constraint),
        .layer = LAYER_PREDICTED,
    };
    findings_add(&assessment->findings, &finding,
                 finding_evidence(tmp, assessment->dialect, statement->sql));
}

static void judge_statement(struct assessment *assessment, const struct statement *statement)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        if (action->kind != ACTION_ADD_CONSTRAINT || !action->constraint->is_not_valid)
            continue;
        const struct schema_relation *relation = schema_find(assessment->schema, action->relation);
        const struct schema_constraint *constraint =
            relation == NULL ? NULL : constraint_at_end(relation, action->constraint);
        if (constraint != NULL && !constraint->is_valid && constraint->name != NULL)
            report(assessment, statement, relation, constraint->name);
    }
}

void validity_judge(struct assessment *assessment)
{
    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct script *script = assessment->scripts[i].script;
        for (size_t j = 0; !assessment->scripts[i].is_down && j < script->n_statements; j++)
            judge_statement(assessment, &script->statements[j]);
    }
}
