/*
 * Columns: what adding, dropping and constraining one does to its table and to others.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_postgres.h"

static bool is_serial(const char *type)
{
    return type && (strstr(type, "serial") != NULL);
}

static bool has_default(const struct column *column)
{
    return column->default_value && !column->default_value->is_null;
}

static bool is_of_domain(const struct prediction *p, const struct column *column)
{
    const struct schema_type *type =
        schema_find_type(p->schema, (struct name){column->type.schema, column->type.name});
    return type && type->object == OBJECT_DOMAIN;
}

static enum postgres_form form_of_new(const struct prediction *p, const struct column *column)
{
    if (is_serial(column->type.name))
        return FORM_ADD_COLUMN_SERIAL;
    if (column->is_identity)
        return FORM_ADD_COLUMN_IDENTITY;
    if (column->generated)
        return column->generated_is_stored ? FORM_ADD_COLUMN_STORED : FORM_ADD_COLUMN_VIRTUAL;
    if (has_default(column) && expression_is_volatile(p->schema, column->default_value))
        return FORM_ADD_COLUMN_VOLATILE_DEFAULT;
    if (type_is_constrained(p->schema, &column->type))
        return FORM_ADD_COLUMN_CONSTRAINED_DOMAIN;
    if (has_default(column))
        return FORM_ADD_COLUMN_DEFAULT;
    if (column->is_not_null)
        return FORM_ADD_COLUMN_NOT_NULL;
    return is_of_domain(p, column) ? FORM_ADD_COLUMN_DOMAIN : FORM_ADD_COLUMN;
}

// Does every row have a value in the new column?
static bool is_filled(const struct column *column)
{
    return has_default(column) || is_serial(column->type.name) || column->is_identity ||
           column->generated;
}

static enum postgres_form form_of_constraint(const struct constraint *constraint, bool filled)
{
    switch (constraint->kind) {
    case CONSTRAINT_FOREIGN_KEY:
        return filled ? FORM_ADD_COLUMN_REFERENCES_DEFAULT : FORM_ADD_COLUMN_REFERENCES;
    case CONSTRAINT_CHECK: return FORM_ADD_COLUMN_CHECK;
    case CONSTRAINT_PRIMARY_KEY:
    case CONSTRAINT_UNIQUE:
    case CONSTRAINT_EXCLUDE: return FORM_ADD_COLUMN_KEY;
    case CONSTRAINT_NOT_NULL: break;
    }
    return FORM_ADD_COLUMN;
}

// What is there already is left as it is, though it is locked: a child may have the column.
static void do_to_each(struct prediction *p, const struct postgres_fact *fact)
{
    struct relation_list list = schema_targets(p->tmp, p->schema, p->action);
    if (!list.n)
        predict_role_name(p, fact, ROLE_TABLE, p->action->relation);
    for (size_t i = 0; i < list.n; i++) {
        predict_role_lock(p, fact, target_role(list, i), list.list[i]);
        if (!schema_find_column(list.list[i], p->action->definition->name))
            predict_role_work(p, fact, target_role(list, i), list.list[i]);
    }
}

static void predict_column_constraint(struct prediction *p, const struct constraint *constraint)
{
    bool filled = is_filled(p->action->definition) && !relation_is_empty(p, p->action->relation);
    enum postgres_form form = form_of_constraint(constraint, filled);
    if (form == FORM_ADD_COLUMN) // NOT NULL is a form of the column itself
        return;
    const struct postgres_fact *fact = predict_form(p, form);
    do_to_each(p, fact);
    if (constraint->kind == CONSTRAINT_FOREIGN_KEY)
        predict_role_referenced(p, fact, constraint->references);
}

void predict_add_column(struct prediction *p)
{
    const struct column *column = p->action->definition;
    const struct schema_relation *relation = schema_find(p->schema, p->action->relation);
    if (relation && p->action->if_exists && schema_find_column(relation, column->name)) {
        predict_role(p, predict_form(p, FORM_ADD_COLUMN_EXISTS), ROLE_TABLE, relation);
        return;
    }
    const struct postgres_fact *fact = predict_form(p, form_of_new(p, column));
    if (postgres_fact_effect(fact, ROLE_SEQUENCE) && column->default_value)
        predict_sequence_call(p, column->default_value->text);
    do_to_each(p, fact);
    for (size_t i = 0; i < column->n_constraints; i++)
        predict_column_constraint(p, &column->constraints[i]);
}

// --- dropping

static void lock_referencing(struct prediction *p, const struct postgres_fact *fact,
                             const struct schema_relation *relation, const char *column)
{
    struct relation_list others = schema_referencing(p->tmp, p->schema, relation->name);
    for (size_t i = 0; i < others.n; i++) {
        for (size_t k = 0; k < others.list[i]->n_constraints; k++) {
            if (constraint_references(p->schema, &others.list[i]->constraints[k], relation->name,
                                      column))
                predict_role(p, fact, ROLE_REFERENCING, others.list[i]);
        }
    }
}

void predict_column_gone(struct prediction *p, const struct postgres_fact *fact,
                         const struct schema_relation *relation, const struct schema_column *column)
{
    for (size_t i = 0; i < relation->n_indexes; i++) {
        if (index_uses(p->schema, &relation->indexes[i], column->name))
            predict_role_index(p, fact, ROLE_INDEX, relation, &relation->indexes[i]);
    }
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const struct schema_constraint *constraint = &relation->constraints[i];
        if (constraint->kind == CONSTRAINT_FOREIGN_KEY &&
            constraint_uses(p->schema, constraint, column->name))
            predict_role_referenced(p, fact, constraint->references);
    }
    predict_role_sequences(p, fact, relation, column->name);
    if (postgres_fact_effect(fact, ROLE_REFERENCING))
        lock_referencing(p, fact, relation, column->name);
    struct relation_list views = {0};
    if (postgres_fact_effect(fact, ROLE_DEPENDENT_VIEW))
        views = schema_readers(p->tmp, p->schema, relation->name, column->name);
    for (size_t i = 0; i < views.n; i++)
        predict_role_dropped(p, fact, ROLE_DEPENDENT_VIEW, views.list[i]);
}

// DROP COLUMN of ONLY the parent: children keep the column as their own, and that is written.
static void predict_left_alone(struct prediction *p, const struct postgres_fact *fact)
{
    const struct schema_relation *parent = schema_find(p->schema, p->action->relation);
    struct relation_list below = {0};
    if (parent)
        below = schema_descendants(p->tmp, p->schema, parent);
    for (size_t i = 1; i < below.n; i++) {
        for (size_t k = 0; k < below.list[i]->n_parents; k++) {
            if (name_equals(below.list[i]->parents[k], parent->name, false))
                predict_role_lock(p, fact, ROLE_CHILD, below.list[i]);
        }
    }
}

void predict_drop_column(struct prediction *p)
{
    const struct action *action = p->action;
    const struct postgres_fact *fact =
        predict_form(p, action->cascade ? FORM_DROP_COLUMN_CASCADE : FORM_DROP_COLUMN);
    struct relation_list list = predict_role_targets(p, fact);
    if (action->only)
        predict_left_alone(p, fact);
    if (!list.n)
        predict_destroy(p, action->relation, action->column, "column");
    for (size_t i = 0; i < list.n; i++) {
        const struct schema_column *column = schema_find_column(list.list[i], action->column);
        if (column)
            predict_column_gone(p, fact, list.list[i], column);
        bool is_new = column && column->created_in && column->created_in == p->schema->migration;
        if ((column || !list.list[i]->n_columns) && !is_new)
            predict_destroy(p, list.list[i]->name, action->column, "column");
    }
}

// --- NOT NULL, identity, generated

bool not_null_is_proven(const struct schema_relation *relation, const char *column)
{
    const struct schema_column *known = schema_find_column(relation, column);
    if (known && known->is_not_null)
        return true;
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const struct schema_constraint *c = &relation->constraints[i];
        if (c->kind == CONSTRAINT_CHECK && c->is_valid && check_proves_not_null(c, column))
            return true;
    }
    return false;
}

void predict_set_not_null(struct prediction *p)
{
    struct relation_list list = schema_targets(p->tmp, p->schema, p->action);
    if (!list.n)
        predict_role_name(p, predict_form(p, FORM_SET_NOT_NULL), ROLE_TABLE, p->action->relation);
    for (size_t i = 0; i < list.n; i++) {
        bool is_proven = not_null_is_proven(list.list[i], p->action->column);
        const struct postgres_fact *fact =
            predict_form(p, is_proven ? FORM_SET_NOT_NULL_PROVEN : FORM_SET_NOT_NULL);
        const struct schema_column *column = schema_find_column(list.list[i], p->action->column);
        predict_role_lock(p, fact, target_role(list, i), list.list[i]);
        if (!column || !column->is_not_null)
            predict_role_work(p, fact, target_role(list, i), list.list[i]);
    }
}

void predict_identity(struct prediction *p)
{
    static const enum postgres_form forms[] = {[ACTION_ADD_IDENTITY] = FORM_ADD_IDENTITY,
                                               [ACTION_SET_IDENTITY] = FORM_SET_IDENTITY,
                                               [ACTION_DROP_IDENTITY] = FORM_DROP_IDENTITY};
    const struct postgres_fact *fact = predict_form(p, forms[p->action->kind]);
    predict_role_targets(p, fact);
    const struct schema_relation *relation = schema_find(p->schema, p->action->relation);
    if (relation)
        predict_role_sequences(p, fact, relation, p->action->column);
}

void predict_set_expression(struct prediction *p)
{
    predict_role_targets(p, predict_form(p, FORM_SET_EXPRESSION));
}
