/*
 * Columns: what adding, dropping and constraining one does to its table and to others.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_postgres.h"

enum { PG_FAST_DEFAULT = 11 };           // a constant default is kept in the catalog
enum { PG_IDENTITY_OF_PARTITIONS = 17 }; // partitions have their parent's

static bool is_serial(const char *type)
{
    return type && (strstr(type, "serial") != NULL);
}

static bool has_default(const struct column *column)
{
    return column->default_value && !column->default_value->is_null;
}

static bool column_needs_rewrite(const struct prediction *p, const struct column *column)
{
    if (is_serial(column->type.name) || column->is_identity)
        return true;
    if (column->generated)
        return column->generated_is_stored;
    if (type_is_constrained(p->schema, &column->type))
        return true;
    if (!has_default(column))
        return false;
    return p->pg_version < PG_FAST_DEFAULT ||
           expression_is_volatile(p->schema, column->default_value);
}

static void predict_column_constraint(struct prediction *p, const struct schema_relation *relation,
                                      const struct constraint *constraint, bool is_filled)
{
    struct name name = relation ? relation->name : p->action->relation;
    switch (constraint->kind) {
    case CONSTRAINT_FOREIGN_KEY:
        predict_lock_referenced(p, constraint->references, LOCK_SHARE_ROW_EXCLUSIVE);
        if (is_filled && !constraint->is_not_valid) // all NULL: nothing to check
            predict_check_reference(p, name, constraint->references);
        break;
    case CONSTRAINT_PRIMARY_KEY:
    case CONSTRAINT_UNIQUE:
    case CONSTRAINT_EXCLUDE:
        predict_scan_name(p, name);
        predict_index_build_name(p, name);
        break;
    case CONSTRAINT_CHECK:
        if (!constraint->is_not_valid)
            predict_scan_name(p, name);
        break;
    case CONSTRAINT_NOT_NULL: break;
    }
}

static void predict_new_column(struct prediction *p, const struct schema_relation *relation)
{
    const struct column *column = p->action->definition;
    bool rewrites = column_needs_rewrite(p, column);
    bool is_filled = rewrites || has_default(column);
    struct name name = relation ? relation->name : p->action->relation;
    if (rewrites && column->default_value)
        predict_sequence_call(p, column->default_value->text);
    if (rewrites && relation)
        predict_whole_rewrite(p, relation);
    else if (rewrites)
        predict_rewrite_name(p, name);
    else if (column->is_not_null && !is_filled && !column->generated)
        predict_scan_name(p, name); // finds the first row and fails
    for (size_t i = 0; i < column->n_constraints; i++)
        predict_column_constraint(p, relation, &column->constraints[i], is_filled);
}

void predict_add_column(struct prediction *p)
{
    struct relation_list list = predict_lock_targets(p, LOCK_ACCESS_EXCLUSIVE);
    if (!list.n)
        predict_new_column(p, NULL);
    for (size_t i = 0; i < list.n; i++) {
        if (!schema_find_column(list.list[i], p->action->definition->name))
            predict_new_column(p, list.list[i]);
    }
}

// --- dropping

static void lock_referencing(struct prediction *p, const struct schema_relation *relation,
                             const char *column)
{
    struct relation_list others = schema_referencing(p->tmp, p->schema, relation->name);
    for (size_t i = 0; i < others.n; i++) {
        for (size_t k = 0; k < others.list[i]->n_constraints; k++) {
            if (constraint_references(p->schema, &others.list[i]->constraints[k], relation->name,
                                      column))
                predict_lock(p, others.list[i], LOCK_ACCESS_EXCLUSIVE);
        }
    }
}

void predict_column_gone(struct prediction *p, const struct schema_relation *relation,
                         const struct schema_column *column)
{
    for (size_t i = 0; i < relation->n_indexes; i++) {
        if (index_uses(p->schema, &relation->indexes[i], column->name))
            predict_lock_index(p, relation, &relation->indexes[i], LOCK_ACCESS_EXCLUSIVE);
    }
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const struct schema_constraint *constraint = &relation->constraints[i];
        if (constraint->kind == CONSTRAINT_FOREIGN_KEY &&
            constraint_uses(p->schema, constraint, column->name))
            predict_lock_referenced(p, constraint->references, LOCK_ACCESS_EXCLUSIVE);
    }
    struct relation_list sequences =
        schema_sequences(p->tmp, p->schema, relation->name, column->name);
    for (size_t i = 0; i < sequences.n; i++)
        predict_lock(p, sequences.list[i], LOCK_ACCESS_EXCLUSIVE);
    if (!p->action->cascade)
        return;
    lock_referencing(p, relation, column->name);
    struct relation_list views = schema_readers(p->tmp, p->schema, relation->name, column->name);
    for (size_t i = 0; i < views.n; i++)
        predict_lock_dropped(p, views.list[i]);
}

void predict_drop_column(struct prediction *p)
{
    const struct action *action = p->action;
    struct relation_list list = predict_lock_targets(p, LOCK_ACCESS_EXCLUSIVE);
    if (!list.n)
        predict_destroy(p, action->relation, action->column, "column");
    for (size_t i = 0; i < list.n; i++) {
        const struct schema_column *column = schema_find_column(list.list[i], action->column);
        if (column)
            predict_column_gone(p, list.list[i], column);
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
    struct relation_list list = predict_lock_targets(p, LOCK_ACCESS_EXCLUSIVE);
    if (!list.n)
        predict_scan_name(p, p->action->relation);
    for (size_t i = 0; i < list.n; i++) {
        bool may_prove = p->pg_version >= 12; // 11 and older look at every row
        const struct schema_column *known = schema_find_column(list.list[i], p->action->column);
        if (may_prove ? !not_null_is_proven(list.list[i], p->action->column)
                      : !(known && known->is_not_null))
            predict_scan(p, list.list[i]);
    }
}

void predict_identity(struct prediction *p)
{
    if (p->pg_version >= PG_IDENTITY_OF_PARTITIONS)
        predict_lock_partitions(p, LOCK_ACCESS_EXCLUSIVE);
    predict_lock_name(p, p->action->relation, LOCK_ACCESS_EXCLUSIVE);
    const struct schema_relation *relation = schema_find(p->schema, p->action->relation);
    if (!relation)
        return;
    struct relation_list sequences = {0};
    if (p->action->kind != ACTION_ADD_IDENTITY) // that of a serial before it is left alone
        sequences = schema_sequences(p->tmp, p->schema, relation->name, p->action->column);
    enum lock_mode mode =
        p->action->kind == ACTION_DROP_IDENTITY ? LOCK_ACCESS_EXCLUSIVE : LOCK_SHARE_ROW_EXCLUSIVE;
    for (size_t i = 0; i < sequences.n; i++)
        predict_lock(p, sequences.list[i], mode);
}

void predict_set_expression(struct prediction *p)
{
    struct relation_list list = predict_lock_targets(p, LOCK_ACCESS_EXCLUSIVE);
    if (!list.n)
        predict_rewrite_name(p, p->action->relation);
    for (size_t i = 0; i < list.n; i++)
        predict_whole_rewrite(p, list.list[i]);
}
