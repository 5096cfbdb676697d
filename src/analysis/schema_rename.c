/*
 * Renames and moves: everything that knew the old name follows.
 *
 * An index and the constraint that rests on it are renamed together, by either statement.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"

static void replace_names(struct name *names, size_t n, struct name from, struct name to,
                          bool ignores_case)
{
    for (size_t i = 0; i < n; i++) {
        if (name_equals(names[i], from, ignores_case))
            names[i] = to;
    }
}

static bool knows_name(const struct schema_relation *r, struct name name)
{
    if (name_equals(r->owned_by, name, r->ignores_case))
        return true;
    for (size_t i = 0; i < r->n_constraints; i++) {
        if (name_equals(r->constraints[i].references, name, r->ignores_case))
            return true;
    }
    for (size_t i = 0; i < r->n_parents; i++) {
        if (name_equals(r->parents[i], name, r->ignores_case))
            return true;
    }
    for (size_t i = 0; i < r->n_reads; i++) {
        if (name_equals(r->reads[i], name, r->ignores_case))
            return true;
    }
    return false;
}

// Others' references to a relation that was renamed.
static void follow_rename(struct schema *schema, struct name from, struct name to)
{
    SCRATCH(tmp);
    struct relation_list linked = schema_linked(tmp, schema, from, ~0U);
    for (size_t i = 0; i < linked.n; i++) {
        if (!knows_name(linked.list[i], from))
            continue;
        struct schema_relation *r = schema_edit(schema, linked.list[i]->name);
        replace_names(&r->owned_by, 1, from, to, r->ignores_case);
        replace_names(r->parents, r->n_parents, from, to, r->ignores_case);
        replace_names(r->reads, r->n_reads, from, to, r->ignores_case);
        for (size_t k = 0; k < r->n_constraints; k++)
            replace_names(&r->constraints[k].references, 1, from, to, r->ignores_case);
        schema_mark_links(schema, r);
    }
}

static void relation_move(struct schema *schema, struct name from, struct name to)
{
    struct schema_relation *relation = schema_edit(schema, from);
    if (!relation || name_table_find(&schema->relations, to))
        return;
    struct name old = relation->name;
    schema_remove(schema, old);
    relation->name = schema_keep_name(schema, to);
    if (schema->migration && relation->renamed_in != schema->migration) {
        relation->name_before = old;
        relation->renamed_in = schema->migration;
    }
    schema_put(schema, relation);
    if (schema->dialect == DIALECT_SQLITE)
        sqlite_rename_keys(schema, relation);
    follow_rename(schema, old, relation->name);
    schema_republish(schema, old, relation->name);
}

// The parts of an index of a partitioned table know it by its name.
static void rename_whole(struct schema *schema, struct name table, const char *from, const char *to)
{
    SCRATCH(tmp);
    const struct schema_relation *relation = schema_find(schema, table);
    struct relation_list parts = {0};
    if (relation && relation->kind == RELATION_PARTITIONED)
        parts = schema_children(tmp, schema, relation);
    for (size_t i = 0; i < parts.n; i++) {
        struct schema_relation *partition = schema_edit(schema, parts.list[i]->name);
        for (size_t k = 0; k < partition->n_indexes; k++) {
            if (schema_same(schema, partition->indexes[k].attached_to, from))
                partition->indexes[k].attached_to = to;
        }
    }
}

static void rename_in_table(struct schema *schema, struct name table, const char *from,
                            const char *to)
{
    struct schema_relation *relation = schema_edit(schema, table);
    const char *name = mem_strdup(schema->pool, to);
    for (size_t i = 0; relation && i < relation->n_indexes; i++) {
        if (!schema_same(schema, relation->indexes[i].name, from))
            continue;
        relation->indexes[i].name = name;
        rename_whole(schema, relation->name, from, name);
    }
    for (size_t i = 0; relation && i < relation->n_constraints; i++) {
        struct schema_constraint *constraint = &relation->constraints[i];
        if (schema_same(schema, constraint->index, from))
            constraint->index = name;
        if (schema_same(schema, constraint->name, from)) {
            schema_rename_part(relation, OBJECT_CONSTRAINT, from, name);
            constraint->name = name;
        }
        schema_mark_constraint(schema, relation, constraint);
    }
}

static void rename_relation(struct schema *schema, const struct schema_relation *relation,
                            const char *new_name)
{
    struct name from = relation->name;
    struct name to = {from.schema, new_name};
    struct name table = relation->owned_by;
    bool is_index = relation->kind == RELATION_INDEX;
    bool is_sequence = relation->kind == RELATION_SEQUENCE;
    const char *column_name = relation->owned_by_column;
    relation_move(schema, from, to);
    if (is_index && table.name)
        rename_in_table(schema, table, from.name, new_name);
    struct schema_relation *owner = is_sequence && table.name ? schema_edit(schema, table) : NULL;
    struct schema_column *column = owner ? schema_find_column(owner, column_name) : NULL;
    if (column)
        column->owned_sequence = mem_strdup(schema->pool, new_name);
}

static void rename_type(struct schema *schema, struct name name, struct name to)
{
    struct schema_type *type = schema_find_type(schema, name);
    if (!type)
        return;
    struct schema_type *renamed = mem_checked(talloc_memdup(schema->pool, type, sizeof(*type)));
    struct name from = type->name;
    name_table_remove(&schema->types, from);
    renamed->name = schema_keep_name(schema, to.schema ? to : (struct name){from.schema, to.name});
    name_table_put(&schema->types, renamed);
    SCRATCH(tmp);
    struct relation_list users = {0};
    for (struct schema_relation *r = schema_next(schema, NULL); r; r = schema_next(schema, r)) {
        for (size_t i = 0; i < r->n_columns; i++) {
            if (schema_same(schema, r->columns[i].type.name, from.name))
                list_add(tmp, &users, r);
        }
    }
    for (size_t i = 0; i < users.n; i++) {
        struct schema_relation *r = schema_edit(schema, users.list[i]->name);
        for (size_t k = 0; k < r->n_columns; k++) {
            if (schema_same(schema, r->columns[k].type.name, from.name))
                r->columns[k].type.name = renamed->name.name;
        }
    }
}

static void rename_schema(struct schema *schema, const char *from, const char *to)
{
    SCRATCH(tmp);
    struct relation_list inside = {0};
    for (struct schema_relation *r = schema_next(schema, NULL); r; r = schema_next(schema, r)) {
        if (schema_same(schema, r->name.schema, from))
            list_add(tmp, &inside, r);
    }
    for (size_t i = 0; i < inside.n; i++) {
        struct name name = inside.list[i]->name;
        relation_move(schema, name, (struct name){to, name.name});
    }
}

static void rename_function(struct schema *schema, struct name name, struct name to)
{
    struct schema_function *function = schema_find_function(schema, name);
    if (!function)
        return;
    struct schema_function *renamed =
        mem_checked(talloc_memdup(schema->pool, function, sizeof(*function)));
    name_table_remove(&schema->functions, function->name);
    renamed->name = schema_keep_name(
        schema, (struct name){to.schema ? to.schema : function->name.schema, to.name});
    name_table_put(&schema->functions, renamed);
}

void change_rename(struct schema *schema, const struct action *action)
{
    switch ((int)action->object) {
    case OBJECT_TYPE:
    case OBJECT_ENUM:
    case OBJECT_DOMAIN:
    case OBJECT_COMPOSITE:
    case OBJECT_RANGE:
        rename_type(schema, action->relation, (struct name){NULL, action->new_name});
        return;
    case OBJECT_SCHEMA:
        rename_schema(schema, action->relation.name, action->new_name);
        schema_rename_object(schema, action);
        return;
    case OBJECT_FUNCTION:
    case OBJECT_PROCEDURE:
        rename_function(schema, action->relation, (struct name){NULL, action->new_name});
        return;
    case OBJECT_TABLE:
    case OBJECT_INDEX:
    case OBJECT_SEQUENCE:
    case OBJECT_VIEW:
    case OBJECT_MATERIALIZED_VIEW:
    case OBJECT_FOREIGN_TABLE: {
        struct schema_relation *relation = schema_find(schema, action->relation);
        if (relation)
            rename_relation(schema, relation, action->new_name);
        return;
    }
    default: schema_rename_object(schema, action); return;
    }
}

// --- columns and constraints

static const char **renamed_list(struct schema *schema, const char **list, size_t n,
                                 const char *from, const char *to)
{
    if (!list_contains(schema, list, n, from))
        return list;
    const char **copy = mem_array(schema->pool, const char *, n);
    for (size_t i = 0; i < n; i++)
        copy[i] = schema_same(schema, list[i], from) ? to : list[i];
    return copy;
}

static void rename_in_index(struct schema *schema, struct schema_index *index, const char *from,
                            const char *to)
{
    struct index_column *columns =
        mem_array(schema->pool, struct index_column, index->n_columns + 1);
    for (size_t i = 0; i < index->n_columns; i++) {
        columns[i] = index->columns[i];
        if (schema_same(schema, columns[i].column, from))
            columns[i].column = to;
    }
    index->columns = columns;
    index->includes = renamed_list(schema, index->includes, index->n_includes, from, to);
    index->expression_columns =
        renamed_list(schema, index->expression_columns, index->n_expression_columns, from, to);
}

static void rename_in_constraint(struct schema *schema, struct schema_constraint *constraint,
                                 const char *from, const char *to)
{
    constraint->columns =
        renamed_list(schema, constraint->columns, constraint->n_columns, from, to);
    constraint->check_columns =
        renamed_list(schema, constraint->check_columns, constraint->n_check_columns, from, to);
    if (schema_same(schema, constraint->proves_not_null, from))
        constraint->proves_not_null = to;
}

static void rename_column(struct schema *schema, struct schema_relation *relation, const char *from,
                          const char *to)
{
    struct schema_column *column = schema_find_column(relation, from);
    if (!column)
        return;
    column->name = to;
    for (size_t i = 0; i < relation->n_indexes; i++) {
        if (index_uses(schema, &relation->indexes[i], from))
            rename_in_index(schema, &relation->indexes[i], from, to);
    }
    schema_rename_part(relation, OBJECT_COLUMN, from, to);
    for (size_t i = 0; i < relation->n_constraints; i++)
        rename_in_constraint(schema, &relation->constraints[i], from, to);
}

// Foreign keys of others that name the column, views that read it, the sequence that it owns.
static void follow_column(struct schema *schema, struct name table, const char *from,
                          const char *to)
{
    SCRATCH(tmp);
    struct relation_list others = schema_referencing(tmp, schema, table);
    list_add(tmp, &others, schema_find(schema, table)); // keys to itself
    for (size_t i = 0; i < others.n; i++) {
        struct schema_relation *other = schema_edit(schema, others.list[i]->name);
        for (size_t k = 0; k < other->n_constraints; k++) {
            struct schema_constraint *c = &other->constraints[k];
            if (constraint_references(schema, c, table, from))
                c->referenced = renamed_list(schema, c->referenced, c->n_referenced, from, to);
        }
    }
    struct relation_list views = schema_readers(tmp, schema, table, from);
    for (size_t i = 0; i < views.n; i++) {
        struct schema_relation *view = schema_edit(schema, views.list[i]->name);
        view->read_columns =
            renamed_list(schema, view->read_columns, view->n_read_columns, from, to);
    }
    struct relation_list sequences = schema_sequences(tmp, schema, table, from);
    for (size_t i = 0; i < sequences.n; i++)
        schema_edit(schema, sequences.list[i]->name)->owned_by_column = to;
}

void change_rename_column(struct schema *schema, const struct action *action)
{
    SCRATCH(tmp);
    const char *to = mem_strdup(schema->pool, action->new_name);
    struct relation_list list = schema_edit_targets(tmp, schema, action);
    for (size_t i = 0; i < list.n; i++) {
        rename_column(schema, list.list[i], action->column, to);
        follow_column(schema, list.list[i]->name, action->column, to);
    }
}

void change_rename_constraint(struct schema *schema, const struct action *action)
{
    SCRATCH(tmp);
    struct relation_list list = schema_edit_targets(tmp, schema, action);
    for (size_t i = 0; i < list.n; i++) {
        struct schema_constraint *constraint = schema_find_constraint(list.list[i], action->member);
        if (!constraint)
            continue;
        struct name from = {list.list[i]->name.schema, constraint->index};
        if (from.name)
            relation_move(schema, from, (struct name){from.schema, action->new_name});
        rename_in_table(schema, list.list[i]->name, action->member, action->new_name);
    }
}

// --- moves to another schema

static void move_table(struct schema *schema, struct name name, const char *to)
{
    SCRATCH(tmp);
    struct relation_list along = schema_linked(tmp, schema, name, 1U << LINK_OWNER);
    for (size_t i = along.n; i-- > 0;) {
        if (!name_equals(along.list[i]->owned_by, name, along.list[i]->ignores_case))
            along.list[i] = along.list[--along.n];
    }
    relation_move(schema, name, (struct name){to, name.name});
    for (size_t i = 0; i < along.n; i++) {
        struct name old = along.list[i]->name;
        relation_move(schema, old, (struct name){to, old.name});
    }
}

void change_set_schema(struct schema *schema, const struct action *action)
{
    struct schema_relation *relation = schema_find(schema, action->relation);
    switch ((int)action->object) {
    case OBJECT_TYPE:
    case OBJECT_ENUM:
    case OBJECT_DOMAIN:
    case OBJECT_COMPOSITE:
        rename_type(schema, action->relation,
                    (struct name){action->new_name, action->relation.name});
        return;
    case OBJECT_FUNCTION:
    case OBJECT_PROCEDURE:
        rename_function(schema, action->relation,
                        (struct name){action->new_name, action->relation.name});
        return;
    default:
        if (relation)
            move_table(schema, relation->name, action->new_name);
        return;
    }
}
