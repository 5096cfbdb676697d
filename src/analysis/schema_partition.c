/*
 * Inheritance and partitions of a schema: joining and leaving, and what a partition gets from its
 * parent then: parts of its indexes, keys, foreign keys, copies of its triggers.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"

void schema_add_parent(struct schema *schema, struct schema_relation *relation, struct name parent)
{
    *mem_append(relation, relation->parents, relation->n_parents) =
        schema_keep_name(schema, schema_resolve(schema, parent));
    schema_mark_links(schema, relation);
}

struct constraint constraint_again(const struct schema_constraint *from)
{
    return (struct constraint){.kind = from->kind,
                               .columns = from->columns,
                               .n_columns = from->n_columns,
                               .references = from->references,
                               .referenced = from->referenced,
                               .n_referenced = from->n_referenced,
                               .on_delete = from->on_delete,
                               .is_match_full = from->is_match_full,
                               .on_update = from->on_update,
                               .is_deferrable = from->is_deferrable,
                               .is_deferred = from->is_deferred,
                               .is_not_valid = !from->is_valid};
}

void change_inherit(struct schema *schema, const struct action *action)
{
    struct schema_relation *relation = schema_edit(schema, action->relation);
    if (relation)
        schema_add_parent(schema, relation, action->other);
}

void change_no_inherit(struct schema *schema, const struct action *action)
{
    struct schema_relation *relation = schema_edit(schema, action->relation);
    struct name parent = schema_resolve(schema, action->other);
    for (size_t i = 0; relation && i < relation->n_parents; i++) {
        if (!name_equals(relation->parents[i], parent, relation->ignores_case))
            continue;
        relation->parents[i--] = relation->parents[--relation->n_parents];
    }
}

// --- keys and indexes

// The key of `parent` whose index it is. NULL: none's.
static const struct schema_constraint *key_of(const struct schema *schema,
                                              const struct schema_relation *parent,
                                              const struct schema_index *index)
{
    for (size_t i = 0; i < parent->n_constraints; i++) {
        if (schema_same(schema, parent->constraints[i].index, index->name))
            return &parent->constraints[i];
    }
    return NULL;
}

// Of a partition that has none yet which could be one.
static void add_part(struct schema *schema, struct schema_relation *partition,
                     const struct schema_relation *parent, const struct schema_index *index)
{
    const struct schema_constraint *key = key_of(schema, parent, index);
    if (!key) {
        schema_add_part(schema, partition, index);
        return;
    }
    struct constraint again = constraint_again(key);
    schema_add_constraint(schema, partition, &again);
    if (key->kind != CONSTRAINT_EXCLUDE && partition->n_indexes)
        partition->indexes[partition->n_indexes - 1].attached_to = index->name;
}

// A partition that joins gets parts of the indexes of its parent that it lacks.
static void add_missing_parts(struct schema *schema, struct schema_relation *partition,
                              const struct schema_relation *parent)
{
    for (size_t i = 0; i < parent->n_indexes; i++) {
        struct schema_index *own = schema_index_twin(schema, partition, &parent->indexes[i]);
        bool is_key = key_of(schema, parent, &parent->indexes[i]) != NULL;
        if (own && (!is_key || key_of(schema, partition, own)))
            own->attached_to = parent->indexes[i].name;
        else
            add_part(schema, partition, parent, &parent->indexes[i]);
    }
}

static void add_missing_references(struct schema *schema, struct schema_relation *partition,
                                   const struct schema_relation *parent)
{
    for (size_t i = 0; i < parent->n_constraints; i++) {
        const struct schema_constraint *key = &parent->constraints[i];
        if (key->kind != CONSTRAINT_FOREIGN_KEY || schema_constraint_twin(schema, partition, key))
            continue;
        struct constraint again = constraint_again(key);
        again.name = key->name;
        schema_add_constraint(schema, partition, &again);
    }
}

void schema_join_partition(struct schema *schema, struct schema_relation *partition,
                           const struct schema_relation *parent)
{
    add_missing_references(schema, partition, parent);
    add_missing_parts(schema, partition, parent);
    for (size_t i = 0; i < parent->n_triggers; i++)
        schema_clone_trigger(schema, partition, &parent->triggers[i]);
}

// --- attach and detach

void change_attach(struct schema *schema, const struct action *action)
{
    SCRATCH(tmp);
    struct schema_relation *partition = schema_edit(schema, action->other);
    const struct schema_relation *parent = schema_find(schema, action->relation);
    if (!partition)
        return;
    schema_add_parent(schema, partition, action->relation);
    partition->is_partition = true;
    partition->is_default_partition = action->is_default_partition;
    partition->bound = action->bound ? schema_keep_bound(schema, action->bound) : NULL;
    // What it gets, its own partitions get of it.
    struct relation_list all = schema_descendants(tmp, schema, partition);
    for (size_t i = 0; i < all.n; i++) {
        struct schema_relation *below = schema_edit(schema, all.list[i]->name);
        const struct schema_relation *above =
            i == 0 ? parent : schema_find(schema, below->parents[0]);
        if (above && below->is_partition)
            schema_join_partition(schema, below, above);
    }
}

void change_detach(struct schema *schema, const struct action *action)
{
    struct action inverse = {.relation = action->other, .other = action->relation};
    struct schema_relation *partition = schema_edit(schema, action->other);
    const struct schema_relation *parent = schema_find(schema, action->relation);
    change_no_inherit(schema, &inverse);
    if (!partition)
        return;
    partition->is_partition = false;
    partition->is_default_partition = false;
    partition->bound = NULL;
    for (size_t i = 0; i < partition->n_indexes; i++)
        partition->indexes[i].attached_to = NULL;
    for (size_t i = 0; parent && i < parent->n_triggers; i++)
        schema_drop_trigger(schema, partition, parent->triggers[i].name, true);
}

void change_logged(struct schema *schema, const struct action *action)
{
    struct schema_relation *relation = schema_edit(schema, action->relation);
    if (relation)
        relation->is_unlogged = action->kind == ACTION_SET_UNLOGGED;
}
