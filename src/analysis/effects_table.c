/*
 * Whole tables: creating, renaming, moving, storing them otherwise, and their place among parents.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_postgres.h"

enum { PG_SEQUENCES_FOLLOW = 15 }; // SET LOGGED and UNLOGGED change owned sequences too

static void lock_default_partition(struct prediction *p, const struct schema_relation *parent,
                                   bool scans)
{
    struct relation_list below = schema_descendants(p->tmp, p->schema, parent);
    for (size_t i = 0; i < below.n; i++) {
        if (!below.list[i]->is_default_partition || !below.list[i]->n_parents ||
            !name_equals(below.list[i]->parents[0], parent->name, false))
            continue;
        predict_lock(p, below.list[i], LOCK_ACCESS_EXCLUSIVE);
        if (scans)
            predict_scan(p, below.list[i]);
    }
}

// What the parent's indexes and foreign keys, in both directions, do to a table that joins it.
static void predict_joins_parent(struct prediction *p, const struct schema_relation *parent)
{
    lock_default_partition(p, parent, true);
    predict_lock_indexes(p, parent, LOCK_SHARE_UPDATE_EXCLUSIVE);
    for (size_t i = 0; i < parent->n_constraints; i++) {
        if (parent->constraints[i].kind == CONSTRAINT_FOREIGN_KEY)
            predict_lock_referenced(p, parent->constraints[i].references, LOCK_SHARE_ROW_EXCLUSIVE);
    }
    struct relation_list others = schema_referencing(p->tmp, p->schema, parent->name);
    for (size_t i = 0; i < others.n; i++)
        predict_lock(p, others.list[i], LOCK_SHARE_ROW_EXCLUSIVE);
}

static void predict_new_partition(struct prediction *p, struct name parent_name)
{
    predict_lock_name(p, parent_name, LOCK_ACCESS_EXCLUSIVE);
    const struct schema_relation *parent = schema_find(p->schema, parent_name);
    if (!parent)
        return;
    predict_joins_parent(p, parent);
}

static void lock_reference(struct prediction *p, const struct constraint *constraint)
{
    struct name own = schema_resolve(p->schema, p->action->relation);
    if (constraint->kind == CONSTRAINT_FOREIGN_KEY &&
        !name_equals(schema_resolve(p->schema, constraint->references), own, false))
        predict_lock_referenced(p, constraint->references, LOCK_SHARE_ROW_EXCLUSIVE);
}

void predict_create_table(struct prediction *p)
{
    const struct action *action = p->action;
    if (action->if_exists && schema_find(p->schema, action->relation))
        return;
    for (size_t i = 0; i < action->n_columns; i++) {
        for (size_t k = 0; k < action->columns[i].n_constraints; k++)
            lock_reference(p, &action->columns[i].constraints[k]);
    }
    for (size_t i = 0; i < action->n_constraints; i++)
        lock_reference(p, &action->constraints[i]);
    for (size_t i = 0; i < action->n_parents; i++)
        predict_lock_name(p, action->parents[i],
                          action->is_like ? LOCK_ACCESS_SHARE : LOCK_SHARE_UPDATE_EXCLUSIVE);
    if (action->partition_of.name)
        predict_new_partition(p, action->partition_of);
}

void predict_create_table_as(struct prediction *p)
{
    if (p->action->query && !(p->action->if_exists && schema_find(p->schema, p->action->relation)))
        predict_reads(p, p->action->query, LOCK_ACCESS_SHARE);
}

void predict_rename(struct prediction *p)
{
    struct schema_relation *relation = schema_find(p->schema, p->action->relation);
    switch ((int)p->action->object) {
    case OBJECT_INDEX:
    case OBJECT_TABLE:
    case OBJECT_VIEW:
    case OBJECT_SEQUENCE:
    case OBJECT_MATERIALIZED_VIEW:
    case OBJECT_FOREIGN_TABLE: break;
    default: return; // no relation
    }
    // ALTER TABLE may name an index, and takes a table's lock on it (measured).
    bool is_index =
        p->action->object == OBJECT_INDEX && (!relation || relation->kind == RELATION_INDEX);
    enum lock_mode index_mode =
        p->pg_version < 12 ? LOCK_ACCESS_EXCLUSIVE : LOCK_SHARE_UPDATE_EXCLUSIVE;
    predict_lock_name(p, p->action->relation, is_index ? index_mode : LOCK_ACCESS_EXCLUSIVE);
}

void predict_rename_constraint(struct prediction *p)
{
    struct relation_list list = predict_lock_targets(p, LOCK_ACCESS_EXCLUSIVE);
    for (size_t i = 0; i < list.n; i++) {
        const struct schema_constraint *c = schema_find_constraint(list.list[i], p->action->member);
        if (c && c->index)
            predict_lock_name(p, (struct name){list.list[i]->name.schema, c->index},
                              LOCK_SHARE_UPDATE_EXCLUSIVE);
    }
}

static bool is_relation(enum object_kind object)
{
    return object == OBJECT_NONE || object == OBJECT_TABLE || object == OBJECT_VIEW ||
           object == OBJECT_SEQUENCE || object == OBJECT_MATERIALIZED_VIEW ||
           object == OBJECT_INDEX || object == OBJECT_FOREIGN_TABLE;
}

static void lock_with_sequences(struct prediction *p, bool with_indexes)
{
    if (!is_relation(p->action->object))
        return;
    predict_lock_name(p, p->action->relation, LOCK_ACCESS_EXCLUSIVE);
    const struct schema_relation *relation = schema_find(p->schema, p->action->relation);
    if (!relation)
        return;
    struct relation_list sequences = schema_sequences(p->tmp, p->schema, relation->name, NULL);
    for (size_t i = 0; i < sequences.n; i++)
        predict_lock(p, sequences.list[i], LOCK_ACCESS_EXCLUSIVE);
    if (with_indexes)
        predict_lock_indexes(p, relation, LOCK_ACCESS_EXCLUSIVE);
}

void predict_set_schema(struct prediction *p)
{
    lock_with_sequences(p, false);
}

void predict_owner(struct prediction *p)
{
    lock_with_sequences(p, true);
}

// Options that VACUUM, ANALYZE and the planner read take SHARE UPDATE EXCLUSIVE.
// Source: reloptions.c of PostgreSQL 15; user_catalog_table and a view's options take more.
static bool options_are_light(const char *option)
{
    return !option ||
           !(strstr(option, "user_catalog_table") || strstr(option, "fastupdate") ||
             strstr(option, "gin_pending_list_limit") || strstr(option, "pages_per_range") ||
             strstr(option, "autosummarize") || strstr(option, "buffering") ||
             strstr(option, "security_") || strstr(option, "check_option"));
}

void predict_set_options(struct prediction *p)
{
    bool is_view = p->action->object == OBJECT_VIEW;
    predict_lock_name(p, p->action->relation,
                      options_are_light(p->action->option) && !is_view ? LOCK_SHARE_UPDATE_EXCLUSIVE
                                                                       : LOCK_ACCESS_EXCLUSIVE);
}

static bool storage_stays(const struct prediction *p, const struct schema_relation *relation)
{
    const char *name = p->action->new_name; // of the access method; PostgreSQL comes with one
    if (p->action->kind == ACTION_SET_ACCESS_METHOD)
        return name && strcmp(name, "heap") == 0;
    if (p->action->kind == ACTION_SET_LOGGED)
        return !relation->is_unlogged;
    return p->action->kind == ACTION_SET_UNLOGGED && relation->is_unlogged;
}

// SET LOGGED, UNLOGGED, TABLESPACE, ACCESS METHOD: every row moves to another file.
void predict_storage(struct prediction *p)
{
    predict_lock_name(p, p->action->relation, LOCK_ACCESS_EXCLUSIVE);
    const struct schema_relation *relation = schema_find(p->schema, p->action->relation);
    if (!relation)
        predict_rewrite_name(p, p->action->relation);
    else if (p->action->kind == ACTION_SET_TABLESPACE)
        predict_rewrite(p, relation); // its indexes stay where they are
    else if (!storage_stays(p, relation))
        predict_whole_rewrite(p, relation);
    bool is_logging =
        p->action->kind == ACTION_SET_LOGGED || p->action->kind == ACTION_SET_UNLOGGED;
    struct relation_list sequences = {0};
    if (relation && is_logging && p->pg_version >= PG_SEQUENCES_FOLLOW &&
        !storage_stays(p, relation))
        sequences = schema_sequences(p->tmp, p->schema, relation->name, NULL);
    for (size_t i = 0; i < sequences.n; i++)
        predict_lock(p, sequences.list[i], LOCK_ACCESS_EXCLUSIVE);
}

void predict_replica_identity(struct prediction *p)
{
    predict_lock_name(p, p->action->relation, LOCK_ACCESS_EXCLUSIVE);
    if (p->action->option)
        predict_lock_name(p, (struct name){p->action->relation.schema, p->action->option},
                          LOCK_SHARE);
}

void predict_cluster_on(struct prediction *p)
{
    predict_lock_name(p, p->action->relation, LOCK_SHARE_UPDATE_EXCLUSIVE);
    if (p->action->member)
        predict_lock_name(p, (struct name){p->action->relation.schema, p->action->member},
                          LOCK_SHARE_UPDATE_EXCLUSIVE);
}

void predict_inherit(struct prediction *p)
{
    predict_lock_name(p, p->action->relation, LOCK_ACCESS_EXCLUSIVE);
    predict_lock_name(p, p->action->other, LOCK_SHARE_UPDATE_EXCLUSIVE);
}

void predict_no_inherit(struct prediction *p)
{
    predict_lock_name(p, p->action->relation, LOCK_ACCESS_EXCLUSIVE);
    predict_lock_name(p, p->action->other, LOCK_ACCESS_SHARE);
}

// A partition that is itself divided comes and goes with its own partitions.
static void lock_below(struct prediction *p, struct name name, bool scans)
{
    const struct schema_relation *relation = schema_find(p->schema, name);
    struct relation_list below = {0};
    if (relation)
        below = schema_descendants(p->tmp, p->schema, relation);
    for (size_t i = 1; i < below.n; i++) {
        predict_lock(p, below.list[i], LOCK_ACCESS_EXCLUSIVE);
        if (scans)
            predict_scan(p, below.list[i]);
    }
}

void predict_attach(struct prediction *p)
{
    const struct action *action = p->action;
    predict_lock_name(p, action->relation,
                      p->pg_version < 12 ? LOCK_ACCESS_EXCLUSIVE : LOCK_SHARE_UPDATE_EXCLUSIVE);
    predict_lock_name(p, action->other, LOCK_ACCESS_EXCLUSIVE);
    predict_scan_name(p, action->other); // a CHECK may imply the bound; that proof is the server's
    lock_below(p, action->other, true);
    const struct schema_relation *parent = schema_find(p->schema, action->relation);
    if (!parent)
        return;
    predict_joins_parent(p, parent);
    if (parent->n_indexes)
        predict_index_build_name(p, action->other);
}

// The partition keeps its foreign keys as its own; rows elsewhere may not refer to its rows.
static void predict_leaves_keys(struct prediction *p, const struct schema_relation *parent)
{
    for (size_t i = 0; i < parent->n_constraints; i++) {
        if (parent->constraints[i].kind == CONSTRAINT_FOREIGN_KEY)
            predict_lock_referenced(p, parent->constraints[i].references, LOCK_SHARE_ROW_EXCLUSIVE);
    }
    struct relation_list others = schema_referencing(p->tmp, p->schema, parent->name);
    for (size_t i = 0; i < others.n; i++) {
        predict_lock(p, others.list[i], LOCK_ACCESS_EXCLUSIVE);
        predict_scan(p, others.list[i]);
    }
}

void predict_detach(struct prediction *p)
{
    const struct action *action = p->action;
    enum lock_mode mode =
        action->concurrently ? LOCK_SHARE_UPDATE_EXCLUSIVE : LOCK_ACCESS_EXCLUSIVE;
    predict_lock_name(p, action->relation, mode);
    predict_lock_name(p, action->other, LOCK_ACCESS_EXCLUSIVE);
    const struct schema_relation *parent = schema_find(p->schema, action->relation);
    if (parent && !action->concurrently) {
        lock_default_partition(p, parent, false);
        predict_leaves_keys(p, parent);
        lock_below(p, action->other, false);
    }
    const struct schema_relation *partition = schema_find(p->schema, action->other);
    for (size_t i = 0; parent && partition && i < parent->n_indexes; i++) {
        const struct schema_index *own =
            schema_index_twin(p->schema, partition, &parent->indexes[i]);
        if (own)
            predict_lock_index(p, partition, own, LOCK_ACCESS_EXCLUSIVE);
    }
}
