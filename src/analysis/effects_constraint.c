/*
 * Constraints: what adding, validating and dropping one locks and reads.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_postgres.h"

bool relation_is_empty(const struct prediction *p, struct name name)
{
    const struct schema_relation *relation = schema_find(p->schema, name);
    return relation && schema_is_new(p->schema, relation) && !relation->is_filled;
}

static void predict_foreign_key(struct prediction *p)
{
    const struct constraint *constraint = p->action->constraint;
    bool is_checked = !constraint->is_not_valid && !relation_is_empty(p, p->action->relation);
    const struct postgres_fact *fact =
        predict_form(p, is_checked ? FORM_ADD_FOREIGN_KEY : FORM_ADD_FOREIGN_KEY_NOT_VALID);
    predict_role_targets(p, fact);
    predict_role_referenced(p, fact, constraint->references);
}

static bool has_nullable(const struct schema_relation *relation, const struct schema_index *index)
{
    for (size_t i = 0; i < index->n_columns; i++) {
        if (!not_null_is_proven(relation, index->columns[i].column))
            return true;
    }
    return false;
}

// The index is there already: it is renamed when the constraint has another name.
static void predict_key_using_index(struct prediction *p)
{
    const struct constraint *constraint = p->action->constraint;
    struct name name = {p->action->relation.schema, constraint->using_index};
    struct schema_index *index;
    const struct schema_relation *table = schema_find_index(p->schema, name, &index);
    enum postgres_form form = FORM_ADD_UNIQUE_USING_INDEX;
    if (constraint->kind == CONSTRAINT_PRIMARY_KEY) // columns not known: perhaps nullable
        form = !table || has_nullable(table, index) ? FORM_ADD_PRIMARY_KEY_USING_INDEX_NULLABLE
                                                    : FORM_ADD_PRIMARY_KEY_USING_INDEX;
    const struct postgres_fact *fact = predict_form(p, form);
    predict_role_targets(p, fact);
    if (table && constraint->name && strcmp(constraint->name, constraint->using_index) != 0)
        predict_role_index(p, fact, ROLE_INDEX, table, index);
}

static enum postgres_form form_of_key(const struct prediction *p)
{
    const struct constraint *constraint = p->action->constraint;
    const struct schema_relation *relation = schema_find(p->schema, p->action->relation);
    if (constraint->kind != CONSTRAINT_PRIMARY_KEY)
        return constraint->kind == CONSTRAINT_EXCLUDE ? FORM_ADD_EXCLUDE : FORM_ADD_UNIQUE;
    for (size_t i = 0; relation && i < constraint->n_columns; i++) {
        if (!not_null_is_proven(relation, constraint->columns[i]))
            return FORM_ADD_PRIMARY_KEY_NULLABLE; // NOT NULL goes down to partitions and children
    }
    return FORM_ADD_PRIMARY_KEY;
}

void predict_add_constraint(struct prediction *p)
{
    const struct constraint *constraint = p->action->constraint;
    switch (constraint->kind) {
    case CONSTRAINT_FOREIGN_KEY: predict_foreign_key(p); return;
    case CONSTRAINT_PRIMARY_KEY:
    case CONSTRAINT_UNIQUE:
    case CONSTRAINT_EXCLUDE:
        if (constraint->using_index)
            predict_key_using_index(p);
        else
            predict_role_targets(p, predict_form(p, form_of_key(p)));
        return;
    case CONSTRAINT_NOT_NULL:
        predict_role_targets(p,
                             predict_form(p, constraint->is_not_valid ? FORM_ADD_NOT_NULL_NOT_VALID
                                                                      : FORM_ADD_NOT_NULL));
        return;
    case CONSTRAINT_CHECK: break;
    }
    const struct postgres_fact *fact =
        predict_form(p, constraint->is_not_valid ? FORM_ADD_CHECK_NOT_VALID : FORM_ADD_CHECK);
    struct relation_list list = schema_targets(p->tmp, p->schema, p->action);
    if (!list.n)
        predict_role_name(p, fact, ROLE_TABLE, p->action->relation);
    for (size_t i = 0; i < list.n; i++) {
        if (!constraint->is_no_inherit || target_role(list, i) != ROLE_CHILD)
            predict_role(p, fact, target_role(list, i), list.list[i]);
    }
}

static void predict_constraint_gone(struct prediction *p, const struct postgres_fact *fact,
                                    const struct schema_relation *relation,
                                    const struct schema_constraint *constraint)
{
    if (constraint->kind == CONSTRAINT_FOREIGN_KEY)
        predict_role_referenced(p, fact, constraint->references);
    for (size_t i = 0; constraint->index && i < relation->n_indexes; i++) {
        if (schema_same(p->schema, relation->indexes[i].name, constraint->index))
            predict_role_index(p, fact, ROLE_INDEX, relation, &relation->indexes[i]);
    }
    if (!constraint->n_columns || !postgres_fact_effect(fact, ROLE_REFERENCING))
        return;
    struct relation_list others = schema_referencing(p->tmp, p->schema, relation->name);
    for (size_t i = 0; i < others.n; i++) {
        for (size_t k = 0; k < others.list[i]->n_constraints; k++) {
            if (constraint_references(p->schema, &others.list[i]->constraints[k], relation->name,
                                      constraint->columns[0]))
                predict_role(p, fact, ROLE_REFERENCING, others.list[i]);
        }
    }
}

// The index of partition `i` that belongs to the key's index of the table.
static void predict_twin_gone(struct prediction *p, const struct postgres_fact *fact,
                              struct schema_relation **list, size_t i, const char *index)
{
    for (size_t k = 0; index && k < list[0]->n_indexes; k++) {
        if (!schema_same(p->schema, list[0]->indexes[k].name, index))
            continue;
        const struct schema_index *own =
            schema_index_twin(p->schema, list[i], &list[0]->indexes[k]);
        if (own)
            predict_role_index(p, fact, ROLE_INDEX, list[i], own);
    }
}

static enum postgres_form form_of_drop(const struct prediction *p,
                                       const struct schema_constraint *constraint)
{
    if (!constraint || constraint->kind == CONSTRAINT_CHECK)
        return FORM_DROP_CHECK;
    if (constraint->kind == CONSTRAINT_FOREIGN_KEY)
        return FORM_DROP_FOREIGN_KEY;
    return p->action->cascade ? FORM_DROP_KEY_CASCADE : FORM_DROP_KEY;
}

void predict_drop_constraint(struct prediction *p)
{
    struct relation_list list = schema_targets(p->tmp, p->schema, p->action);
    const struct schema_constraint *named =
        list.n ? schema_find_constraint(list.list[0], p->action->member) : NULL;
    const struct postgres_fact *fact = predict_form(p, form_of_drop(p, named));
    predict_role_name(p, fact, ROLE_TABLE, p->action->relation);
    if (!list.n)
        predict_destroy(p, p->action->relation, p->action->member, "constraint");
    for (size_t i = 0; i < list.n; i++) {
        enum fact_role role = target_role(list, i);
        // A child has only what it inherited.
        if (role == ROLE_CHILD && named && !schema_find_constraint(list.list[i], named->name))
            continue;
        predict_role(p, fact, role, list.list[i]);
        const struct schema_constraint *constraint =
            named && i > 0 ? schema_constraint_twin(p->schema, list.list[i], named) : named;
        if (constraint && postgres_fact_effect(fact, role))
            predict_constraint_gone(p, fact, list.list[i], constraint);
        if (named && role == ROLE_PARTITION)
            predict_twin_gone(p, fact, list.list, i, named->index);
        if (i == 0 && (constraint || !predict_knows_all(p)))
            predict_destroy(p, list.list[i]->name, p->action->member, "constraint");
    }
}

void predict_validate_constraint(struct prediction *p)
{
    struct schema_relation *own = schema_find(p->schema, p->action->relation);
    const struct schema_constraint *constraint =
        own ? schema_find_constraint(own, p->action->member) : NULL;
    if (constraint && constraint->is_valid) {
        predict_role_targets(p, predict_form(p, FORM_VALIDATE_VALID));
        return;
    }
    bool is_key = constraint && constraint->kind == CONSTRAINT_FOREIGN_KEY;
    const struct postgres_fact *fact =
        predict_form(p, is_key ? FORM_VALIDATE_FOREIGN_KEY : FORM_VALIDATE_CHECK);
    predict_role_targets(p, fact);
    if (is_key)
        predict_role_referenced(p, fact, constraint->references);
}
