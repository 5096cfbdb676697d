/*
 * Constraints: what adding, validating and dropping one locks and reads.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_postgres.h"

static void predict_foreign_key(struct prediction *p)
{
    const struct action *action = p->action;
    const struct constraint *constraint = action->constraint;
    struct relation_list list = predict_lock_partitions(p, LOCK_SHARE_ROW_EXCLUSIVE);
    predict_lock_referenced(p, constraint->references, LOCK_SHARE_ROW_EXCLUSIVE);
    if (constraint->is_not_valid)
        return;
    if (!list.n)
        predict_check_reference(p, action->relation, constraint->references);
    for (size_t i = 0; i < list.n; i++)
        predict_check_reference(p, list.list[i]->name, constraint->references);
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
    predict_lock_targets(p, LOCK_ACCESS_EXCLUSIVE);
    struct name name = {p->action->relation.schema, constraint->using_index};
    bool is_renamed = constraint->name && strcmp(constraint->name, constraint->using_index) != 0;
    struct schema_index *index;
    const struct schema_relation *table = schema_find_index(p->schema, name, &index);
    if (table && is_renamed)
        predict_lock_index(p, table, index, LOCK_SHARE_UPDATE_EXCLUSIVE);
    if (constraint->kind != CONSTRAINT_PRIMARY_KEY)
        return;
    if (!table)
        predict_scan_name(p, p->action->relation); // columns not known: perhaps nullable
    else if (has_nullable(table, index))
        predict_scan(p, table);
}

static void predict_key(struct prediction *p)
{
    const struct constraint *constraint = p->action->constraint;
    if (constraint->using_index) {
        predict_key_using_index(p);
        return;
    }
    struct relation_list list = schema_targets(p->tmp, p->schema, p->action);
    if (!list.n) {
        predict_lock_name(p, p->action->relation, LOCK_ACCESS_EXCLUSIVE);
        predict_scan_name(p, p->action->relation);
        predict_index_build_name(p, p->action->relation);
    }
    bool sets_not_null = false; // goes down to the partitions
    for (size_t i = 0;
         list.n && constraint->kind == CONSTRAINT_PRIMARY_KEY && i < constraint->n_columns; i++)
        sets_not_null |= !not_null_is_proven(list.list[0], constraint->columns[i]);
    for (size_t i = 0; i < list.n; i++) {
        if (i > 0 && !list.list[i]->is_partition) { // NOT NULL is inherited, the key is not
            if (!sets_not_null)
                continue;
            predict_lock(p, list.list[i], LOCK_ACCESS_EXCLUSIVE);
            predict_scan(p, list.list[i]);
            continue;
        }
        predict_lock(p, list.list[i], i == 0 || sets_not_null ? LOCK_ACCESS_EXCLUSIVE : LOCK_SHARE);
        predict_scan(p, list.list[i]);
        predict_index_build(p, list.list[i]);
    }
}

void predict_add_constraint(struct prediction *p)
{
    const struct constraint *constraint = p->action->constraint;
    if (constraint->kind == CONSTRAINT_FOREIGN_KEY) {
        predict_foreign_key(p);
        return;
    }
    if (constraint->kind != CONSTRAINT_CHECK && constraint->kind != CONSTRAINT_NOT_NULL) {
        predict_key(p);
        return;
    }
    struct relation_list list = constraint->is_no_inherit
                                    ? predict_lock_partitions(p, LOCK_ACCESS_EXCLUSIVE)
                                    : predict_lock_targets(p, LOCK_ACCESS_EXCLUSIVE);
    if (!list.n && !constraint->is_not_valid)
        predict_scan_name(p, p->action->relation);
    for (size_t i = 0; i < list.n && !constraint->is_not_valid; i++)
        predict_scan(p, list.list[i]);
}

static void predict_constraint_gone(struct prediction *p, const struct schema_relation *relation,
                                    const struct schema_constraint *constraint)
{
    if (constraint->kind == CONSTRAINT_FOREIGN_KEY)
        predict_lock_referenced(p, constraint->references, LOCK_ACCESS_EXCLUSIVE);
    for (size_t i = 0; constraint->index && i < relation->n_indexes; i++) {
        if (schema_same(p->schema, relation->indexes[i].name, constraint->index))
            predict_lock_index(p, relation, &relation->indexes[i], LOCK_ACCESS_EXCLUSIVE);
    }
    if (!p->action->cascade || !constraint->index)
        return;
    struct relation_list others = schema_referencing(p->tmp, p->schema, relation->name);
    for (size_t i = 0; i < others.n; i++) {
        for (size_t k = 0; k < others.list[i]->n_constraints; k++) {
            if (constraint->n_columns &&
                constraint_references(p->schema, &others.list[i]->constraints[k], relation->name,
                                      constraint->columns[0]))
                predict_lock(p, others.list[i], LOCK_ACCESS_EXCLUSIVE);
        }
    }
}

void predict_drop_constraint(struct prediction *p)
{
    struct relation_list list = schema_targets(p->tmp, p->schema, p->action);
    predict_lock_name(p, p->action->relation, LOCK_ACCESS_EXCLUSIVE);
    if (!list.n)
        predict_destroy(p, p->action->relation, p->action->member, "constraint");
    const struct schema_constraint *named =
        list.n ? schema_find_constraint(list.list[0], p->action->member) : NULL;
    for (size_t i = 0; i < list.n; i++) {
        // Only a CHECK is inherited by a child that is no partition (measured).
        if (i > 0 && !list.list[i]->is_partition && named &&
            (named->kind != CONSTRAINT_CHECK || !schema_find_constraint(list.list[i], named->name)))
            continue;
        predict_lock(p, list.list[i], LOCK_ACCESS_EXCLUSIVE);
        const struct schema_constraint *constraint =
            named && i > 0 ? schema_constraint_twin(p->schema, list.list[i], named) : named;
        if (constraint)
            predict_constraint_gone(p, list.list[i], constraint);
        if (i == 0 && (constraint || !predict_knows_all(p)))
            predict_destroy(p, list.list[i]->name, p->action->member, "constraint");
    }
}

void predict_validate_constraint(struct prediction *p)
{
    struct schema_relation *own = schema_find(p->schema, p->action->relation);
    const struct schema_constraint *constraint =
        own ? schema_find_constraint(own, p->action->member) : NULL;
    predict_lock_name(p, p->action->relation, LOCK_SHARE_UPDATE_EXCLUSIVE);
    if (constraint && constraint->is_valid)
        return; // nothing is left to do
    struct relation_list list = predict_lock_targets(p, LOCK_SHARE_UPDATE_EXCLUSIVE);
    if (!list.n)
        predict_scan_name(p, p->action->relation);
    for (size_t i = 0; i < list.n; i++) {
        const struct schema_constraint *c = schema_find_constraint(list.list[i], p->action->member);
        if (c && c->kind == CONSTRAINT_FOREIGN_KEY) {
            predict_lock_referenced(p, c->references, LOCK_ROW_SHARE);
            predict_check_reference(p, list.list[i]->name, c->references);
        } else {
            predict_scan(p, list.list[i]);
        }
    }
}
