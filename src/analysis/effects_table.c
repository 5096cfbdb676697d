/*
 * Whole tables: creating, renaming, moving, storing them otherwise, and their place among parents.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_postgres.h"

// The default partition of `parent`. NULL: none.
static const struct schema_relation *default_partition(struct prediction *p,
                                                       const struct schema_relation *parent)
{
    struct relation_list below = schema_descendants(p->tmp, p->schema, parent);
    for (size_t i = 0; i < below.n; i++) {
        if (below.list[i]->is_default_partition && below.list[i]->n_parents &&
            name_equals(below.list[i]->parents[0], parent->name, false))
            return below.list[i];
    }
    return NULL;
}

static void lock_referenced(struct prediction *p, const struct postgres_fact *fact,
                            const struct schema_relation *parent)
{
    for (size_t i = 0; i < parent->n_constraints; i++) {
        if (parent->constraints[i].kind == CONSTRAINT_FOREIGN_KEY)
            predict_role_referenced(p, fact, parent->constraints[i].references);
    }
}

static void lock_referencing(struct prediction *p, const struct postgres_fact *fact,
                             const struct schema_relation *parent)
{
    struct relation_list others = schema_referencing(p->tmp, p->schema, parent->name);
    for (size_t i = 0; i < others.n; i++)
        predict_role(p, fact, ROLE_REFERENCING, others.list[i]);
}

// What the parent's indexes and foreign keys, in both directions, do to a table that joins it.
static void predict_joins_parent(struct prediction *p, const struct postgres_fact *fact,
                                 const struct schema_relation *parent)
{
    const struct schema_relation *other = default_partition(p, parent);
    if (other) {
        bool is_excluded = bound_is_excluded(parent, other, p->action->bound);
        predict_role(p,
                     predict_form(p, is_excluded ? FORM_DEFAULT_PARTITION_PROVEN
                                                 : FORM_DEFAULT_PARTITION_CHECKED),
                     ROLE_DEFAULT_PARTITION, other);
    }
    predict_role_indexes(p, fact, ROLE_PARENT_INDEX, parent);
    lock_referenced(p, fact, parent);
    lock_referencing(p, fact, parent);
}

static void predict_new_partition(struct prediction *p, struct name parent_name)
{
    const struct postgres_fact *fact = predict_form(p, FORM_CREATE_PARTITION);
    predict_role_name(p, fact, ROLE_PARENT, parent_name);
    const struct schema_relation *parent = schema_find(p->schema, parent_name);
    if (parent)
        predict_joins_parent(p, fact, parent);
}

static void lock_reference(struct prediction *p, const struct constraint *constraint)
{
    struct name own = schema_resolve(p->schema, p->action->relation);
    if (constraint->kind == CONSTRAINT_FOREIGN_KEY &&
        !name_equals(schema_resolve(p->schema, constraint->references), own, false))
        predict_role_referenced(p, predict_form(p, FORM_CREATE_TABLE_REFERENCES),
                                constraint->references);
}

void predict_create_table(struct prediction *p)
{
    const struct action *action = p->action;
    predict_form(p, FORM_CREATE_TABLE);
    if (action->if_exists && schema_find(p->schema, action->relation))
        return;
    for (size_t i = 0; i < action->n_columns; i++) {
        for (size_t k = 0; k < action->columns[i].n_constraints; k++)
            lock_reference(p, &action->columns[i].constraints[k]);
    }
    for (size_t i = 0; i < action->n_constraints; i++)
        lock_reference(p, &action->constraints[i]);
    for (size_t i = 0; i < action->n_parents; i++) {
        const struct postgres_fact *fact =
            predict_form(p, action->is_like ? FORM_CREATE_TABLE_LIKE : FORM_CREATE_TABLE_INHERITS);
        predict_role_name(p, fact, action->is_like ? ROLE_READ : ROLE_PARENT, action->parents[i]);
    }
    if (action->partition_of.name)
        predict_new_partition(p, action->partition_of);
}

void predict_create_table_as(struct prediction *p)
{
    const struct postgres_fact *fact = predict_form(p, FORM_CREATE_TABLE_AS);
    if (p->action->query && !(p->action->if_exists && schema_find(p->schema, p->action->relation)))
        predict_reads(p, fact, p->action->query);
}

void predict_rename(struct prediction *p)
{
    const struct schema_relation *relation = schema_find(p->schema, p->action->relation);
    bool is_index = relation && relation->kind == RELATION_INDEX;
    enum postgres_form form = FORM_RENAME;
    enum fact_role role = ROLE_TABLE;
    switch ((int)p->action->object) {
    case OBJECT_INDEX:
        if (!relation || is_index) {
            form = FORM_RENAME_INDEX;
            role = ROLE_INDEX;
        }
        break;
    case OBJECT_VIEW:
        form = FORM_ALTER_VIEW;
        role = ROLE_VIEW;
        break;
    case OBJECT_SEQUENCE:
        form = FORM_RENAME_SEQUENCE;
        role = ROLE_SEQUENCE;
        break;
    case OBJECT_TABLE:
    case OBJECT_MATERIALIZED_VIEW:
    case OBJECT_FOREIGN_TABLE:
        if (is_index) {
            form = FORM_RENAME_INDEX_AS_TABLE;
            role = ROLE_INDEX;
        }
        break;
    case OBJECT_SCHEMA: predict_form(p, FORM_RENAME_SCHEMA); return;
    default: return; // no relation
    }
    predict_role_name(p, predict_form(p, form), role, p->action->relation);
}

void predict_rename_constraint(struct prediction *p)
{
    const struct postgres_fact *fact = predict_form(p, FORM_RENAME_CONSTRAINT);
    struct relation_list list = predict_role_targets(p, fact);
    for (size_t i = 0; i < list.n; i++) {
        const struct schema_constraint *c = schema_find_constraint(list.list[i], p->action->member);
        if (c && c->index)
            predict_role_name(p, fact, ROLE_INDEX,
                              (struct name){list.list[i]->name.schema, c->index});
    }
}

// SET SCHEMA and OWNER TO.
static void predict_moved(struct prediction *p, enum postgres_form form)
{
    enum object_kind object = p->action->object;
    if (object == OBJECT_VIEW || object == OBJECT_SEQUENCE) {
        bool is_view = object == OBJECT_VIEW;
        predict_role_name(p, predict_form(p, is_view ? FORM_ALTER_VIEW : FORM_RENAME_SEQUENCE),
                          is_view ? ROLE_VIEW : ROLE_SEQUENCE, p->action->relation);
        return;
    }
    if (object != OBJECT_NONE && object != OBJECT_TABLE && object != OBJECT_MATERIALIZED_VIEW &&
        object != OBJECT_INDEX && object != OBJECT_FOREIGN_TABLE)
        return;
    const struct postgres_fact *fact = predict_form(p, form);
    const struct schema_relation *relation = schema_find(p->schema, p->action->relation);
    predict_role_name(p, fact, ROLE_TABLE, p->action->relation);
    if (!relation)
        return;
    predict_role_sequences(p, fact, relation, NULL);
    predict_role_indexes(p, fact, ROLE_INDEX, relation);
}

void predict_set_schema(struct prediction *p)
{
    predict_moved(p, FORM_SET_SCHEMA);
}

void predict_owner(struct prediction *p)
{
    predict_moved(p, FORM_OWNER);
}

static bool names_any(const char *options, const char *const *names, size_t n)
{
    for (size_t i = 0; options && i < n; i++) {
        if (strstr(options, names[i]))
            return true;
    }
    return false;
}

// Options that VACUUM, ANALYZE and the planner read take SHARE UPDATE EXCLUSIVE.
// Source: reloptions.c of PostgreSQL 15.
void predict_set_options(struct prediction *p)
{
    static const char *const of_methods[] = {"fastupdate", "gin_pending_list_limit",
                                             "pages_per_range", "autosummarize", "buffering"};
    static const char *const of_views[] = {"security_", "check_option"};
    static const char *const of_catalogs[] = {"user_catalog_table"};
    const char *option = p->action->option;
    enum postgres_form form = FORM_SET_OPTIONS;
    enum fact_role role = ROLE_TABLE;
    if (names_any(option, of_methods, COUNT_OF(of_methods))) {
        form = FORM_SET_INDEX_METHOD_OPTIONS;
        role = ROLE_INDEX;
    } else if (p->action->object == OBJECT_VIEW ||
               names_any(option, of_views, COUNT_OF(of_views))) {
        form = FORM_ALTER_VIEW;
        role = ROLE_VIEW;
    } else if (names_any(option, of_catalogs, COUNT_OF(of_catalogs))) {
        form = FORM_SET_CATALOG_OPTION;
    } else if (p->action->object == OBJECT_INDEX) {
        form = FORM_SET_INDEX_OPTIONS;
        role = ROLE_INDEX;
    }
    predict_role_name(p, predict_form(p, form), role, p->action->relation);
}

// SET LOGGED, UNLOGGED, TABLESPACE, ACCESS METHOD.
static enum postgres_form form_of_storage(const struct prediction *p,
                                          const struct schema_relation *relation)
{
    const char *name = p->action->new_name; // of the access method; PostgreSQL comes with one
    bool unlogs = p->action->kind == ACTION_SET_UNLOGGED;
    switch ((int)p->action->kind) {
    case ACTION_SET_ACCESS_METHOD:
        return relation && name && strcmp(name, "heap") == 0 ? FORM_SET_ACCESS_METHOD_SAME
                                                             : FORM_SET_ACCESS_METHOD;
    case ACTION_SET_TABLESPACE:
        return (relation && relation->kind == RELATION_INDEX) || p->action->object == OBJECT_INDEX
                   ? FORM_SET_INDEX_TABLESPACE
                   : FORM_SET_TABLESPACE;
    default:
        return relation && relation->is_unlogged == unlogs ? FORM_SET_LOGGED_SAME : FORM_SET_LOGGED;
    }
}

// Every row moves to another file.
void predict_storage(struct prediction *p)
{
    const struct schema_relation *relation = schema_find(p->schema, p->action->relation);
    enum postgres_form form = form_of_storage(p, relation);
    const struct postgres_fact *fact = predict_form(p, form);
    struct schema_index *index;
    const struct schema_relation *table = schema_find_index(p->schema, p->action->relation, &index);
    if (form == FORM_SET_INDEX_TABLESPACE && table)
        predict_role_index(p, fact, ROLE_INDEX, table, index);
    else
        predict_role_name(p, fact, form == FORM_SET_INDEX_TABLESPACE ? ROLE_INDEX : ROLE_TABLE,
                          p->action->relation);
    if (relation)
        predict_role_sequences(p, fact, relation, NULL);
}

void predict_replica_identity(struct prediction *p)
{
    const struct postgres_fact *fact = predict_form(p, FORM_REPLICA_IDENTITY);
    predict_role_name(p, fact, ROLE_TABLE, p->action->relation);
    if (p->action->option)
        predict_role_name(p, fact, ROLE_INDEX,
                          (struct name){p->action->relation.schema, p->action->option});
}

void predict_cluster_on(struct prediction *p)
{
    const struct postgres_fact *fact = predict_form(p, FORM_CLUSTER_ON);
    predict_role_name(p, fact, ROLE_TABLE, p->action->relation);
    if (p->action->member)
        predict_role_name(p, fact, ROLE_INDEX,
                          (struct name){p->action->relation.schema, p->action->member});
}

void predict_inherit(struct prediction *p)
{
    bool joins = p->action->kind == ACTION_INHERIT;
    const struct postgres_fact *fact = predict_form(p, joins ? FORM_INHERIT : FORM_NO_INHERIT);
    predict_role_name(p, fact, ROLE_TABLE, p->action->relation);
    predict_role_name(p, fact, ROLE_PARENT, p->action->other);
}

// A partition that is itself divided comes and goes with its own partitions.
static void predict_below(struct prediction *p, const struct postgres_fact *fact, struct name name)
{
    const struct schema_relation *relation = schema_find(p->schema, name);
    struct relation_list below = {0};
    if (relation)
        below = schema_descendants(p->tmp, p->schema, relation);
    for (size_t i = 1; i < below.n; i++)
        predict_role(p, fact, ROLE_ATTACHED, below.list[i]);
}

static bool same_columns(const struct schema_constraint *a, const struct schema_constraint *b)
{
    bool is_same = a->n_columns == b->n_columns;
    for (size_t i = 0; is_same && i < a->n_columns; i++)
        is_same = strcmp(a->columns[i], b->columns[i]) == 0;
    return is_same;
}

static bool has_key(const struct schema_relation *relation, const struct schema_constraint *key)
{
    for (size_t i = 0; relation && i < relation->n_constraints; i++) {
        const struct schema_constraint *own = &relation->constraints[i];
        if (own->kind == CONSTRAINT_FOREIGN_KEY && own->is_valid && same_columns(own, key) &&
            name_equals(own->references, key->references, false))
            return true;
    }
    return false;
}

// Foreign keys that the parent has and the partition lacks are added to it and verified.
static void predict_joins_keys(struct prediction *p, const struct schema_relation *parent)
{
    const struct schema_relation *partition = schema_find(p->schema, p->action->other);
    for (size_t i = 0; i < parent->n_constraints; i++) {
        const struct schema_constraint *key = &parent->constraints[i];
        if (key->kind != CONSTRAINT_FOREIGN_KEY || has_key(partition, key) ||
            relation_is_empty(p, p->action->other))
            continue;
        const struct postgres_fact *fact = predict_form(p, FORM_ATTACH_PARTITION_KEYS);
        predict_role_name(p, fact, ROLE_ATTACHED, p->action->other);
        predict_role_referenced(p, fact, key->references);
    }
}

static void predict_joins_indexes(struct prediction *p, const struct schema_relation *parent)
{
    const struct schema_relation *partition = schema_find(p->schema, p->action->other);
    for (size_t i = 0; i < parent->n_indexes; i++) {
        if (!partition || !schema_index_twin(p->schema, partition, &parent->indexes[i]))
            predict_role_name(p, predict_form(p, FORM_ATTACH_PARTITION_INDEXES), ROLE_ATTACHED,
                              p->action->other);
    }
}

// Do its CHECKs say that every row belongs to the partition that it becomes?
static bool is_proven(const struct prediction *p, const struct schema_relation *parent,
                      const struct schema_relation *partition)
{
    if (!parent || !partition || !p->action->bound)
        return false;
    if (p->action->bound->strategy != PARTITION_NONE)
        return bound_is_proven(parent, partition, p->action->bound);
    struct relation_list all = schema_descendants(p->tmp, p->schema, parent);
    for (size_t i = 1; i < all.n; i++) { // DEFAULT: none belongs to another
        bool is_beside = name_equals(all.list[i]->parents[0], parent->name, false);
        if (is_beside && !bound_is_excluded(parent, partition, all.list[i]->bound))
            return false;
    }
    return true;
}

void predict_attach(struct prediction *p)
{
    const struct action *action = p->action;
    const struct schema_relation *parent = schema_find(p->schema, action->relation);
    const struct schema_relation *partition = schema_find(p->schema, action->other);
    const struct postgres_fact *fact = predict_form(
        p, is_proven(p, parent, partition) ? FORM_ATTACH_PARTITION_PROVEN : FORM_ATTACH_PARTITION);
    predict_role_name(p, fact, ROLE_PARENT, action->relation);
    predict_role_name(p, fact, ROLE_ATTACHED, action->other);
    predict_below(p, fact, action->other);
    if (!parent)
        return;
    predict_joins_parent(p, fact, parent);
    predict_joins_keys(p, parent);
    predict_joins_indexes(p, parent);
}

void predict_detach(struct prediction *p)
{
    const struct action *action = p->action;
    const struct postgres_fact *fact = predict_form(
        p, action->concurrently ? FORM_DETACH_PARTITION_CONCURRENTLY : FORM_DETACH_PARTITION);
    const struct schema_relation *parent = schema_find(p->schema, action->relation);
    const struct schema_relation *partition = schema_find(p->schema, action->other);
    predict_role_name(p, fact, ROLE_PARENT, action->relation);
    predict_role_name(p, fact, ROLE_ATTACHED, action->other);
    if (parent) {
        const struct schema_relation *other = default_partition(p, parent);
        if (other)
            predict_role(p, fact, ROLE_DEFAULT_PARTITION, other);
        lock_referenced(p, fact, parent);
        lock_referencing(p, fact, parent);
    }
    if (parent && !action->concurrently && schema_referencing(p->tmp, p->schema, parent->name).n) {
        const struct postgres_fact *read = predict_form(p, FORM_DETACH_PARTITION_REFERENCED);
        predict_role_name(p, read, ROLE_ATTACHED, action->other);
        lock_referencing(p, read, parent);
    }
    if (!action->concurrently)
        predict_below(p, fact, action->other);
    for (size_t i = 0; parent && partition && i < parent->n_indexes; i++) {
        const struct schema_index *own =
            schema_index_twin(p->schema, partition, &parent->indexes[i]);
        if (own)
            predict_role_index(p, fact, ROLE_INDEX, partition, own);
    }
}
