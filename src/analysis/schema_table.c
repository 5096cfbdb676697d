/*
 * Tables of a schema: creating them with what they take from parents, templates and queries. Views
 * too.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"

#include "statement/lexer.h"

// A relation that is not yet found by its name: keys of a CREATE TABLE are named before it is
// there.
static struct schema_relation *relation_begin(struct schema *schema, const struct action *action,
                                              enum relation_kind kind)
{
    struct schema_relation *relation = mem_new(schema->pool, struct schema_relation);
    struct name name = action->relation;
    if (action->is_temporary)
        name.schema = TEMPORARY_SCHEMA;
    else if (!name.schema)
        name.schema = schema->path[0];
    relation->name = schema_keep_name(schema, name);
    relation->kind = kind;
    relation->n_doubts = schema->doubt ? schema->doubt->number : 0;
    relation->created_in = schema->migration;
    relation->is_temporary = action->is_temporary;
    relation->is_unlogged = action->is_unlogged;
    relation->rows = -1;
    relation->bytes = -1;
    relation->writes_per_second = -1;
    relation->ignores_case = schema->dialect == DIALECT_SQLITE;
    if (action->is_temporary)
        schema->has_temporary = true;
    return relation;
}

static bool name_is_taken(const struct schema *schema, const struct schema_relation *relation)
{
    return name_table_find(&schema->relations, relation->name) != NULL;
}

static void copy_columns(struct schema_relation *relation, const struct schema_relation *from,
                         bool with_defaults)
{
    for (size_t i = 0; i < from->n_columns; i++) {
        if (schema_find_column(relation, from->columns[i].name))
            continue;
        struct schema_column *column = mem_append(relation, relation->columns, relation->n_columns);
        *column = from->columns[i];
        column->owned_sequence = NULL;
        column->is_identity = false;
        if (!with_defaults) {
            column->has_default = false;
            column->default_text = NULL;
            column->is_generated = false;
        }
    }
}

static void copy_check(struct schema_relation *relation, const struct schema_constraint *from)
{
    if (from->is_no_inherit || schema_find_constraint(relation, from->name))
        return;
    struct schema_constraint *copy =
        mem_append(relation, relation->constraints, relation->n_constraints);
    *copy = *from;
    copy->is_valid = true; // the new table has no rows that were not checked
}

static void copy_index(struct schema *schema, struct schema_relation *relation,
                       const struct schema_index *from)
{
    SCRATCH(tmp);
    struct schema_index index = *from;
    char *columns = naming_index_columns(tmp, from);
    index.name = naming_relation(schema, relation->name, columns, "idx", false);
    schema_add_index(schema, relation, &index);
}

static bool index_is_key(const struct schema *schema, const struct schema_relation *relation,
                         const struct schema_index *index)
{
    for (size_t i = 0; i < relation->n_constraints; i++) {
        if (schema_same(schema, relation->constraints[i].index, index->name))
            return true;
    }
    return false;
}

// Keys and indexes of a template, under new names.
static void copy_keys(struct schema *schema, struct schema_relation *relation,
                      const struct schema_relation *from)
{
    for (size_t i = 0; i < from->n_constraints; i++) {
        struct constraint again = constraint_again(&from->constraints[i]);
        if (again.kind != CONSTRAINT_CHECK && again.kind != CONSTRAINT_FOREIGN_KEY)
            schema_add_constraint(schema, relation, &again);
    }
    for (size_t i = 0; i < from->n_indexes; i++) {
        if (!index_is_key(schema, from, &from->indexes[i]))
            copy_index(schema, relation, &from->indexes[i]);
    }
}

static void copy_identity(struct schema *schema, struct schema_relation *relation,
                          const struct schema_relation *from)
{
    for (size_t i = 0; i < from->n_columns; i++) {
        struct schema_column *column = from->columns[i].is_identity
                                           ? schema_find_column(relation, from->columns[i].name)
                                           : NULL;
        if (!column || column->is_identity)
            continue;
        column->is_identity = true;
        column->is_identity_always = from->columns[i].is_identity_always;
        schema_add_sequence(schema, relation, column, (struct name){0});
    }
}

static void take_from_template(struct schema *schema, struct schema_relation *relation,
                               const struct action *action, struct name template)
{
    const struct schema_relation *from = schema_find(schema, template);
    relation->lacks_columns = relation->lacks_columns || !from || from->lacks_columns;
    if (!from)
        return;
    const char *included = action->option ? action->option : "";
    copy_columns(relation, from, strstr(included, "defaults"));
    if (strstr(included, "identity"))
        copy_identity(schema, relation, from);
    for (size_t i = 0; strstr(included, "constraints") && i < from->n_constraints; i++) {
        if (from->constraints[i].kind == CONSTRAINT_CHECK)
            copy_check(relation, &from->constraints[i]);
    }
    if (strstr(included, "indexes"))
        copy_keys(schema, relation, from);
}

static void take_from_parents(struct schema *schema, struct schema_relation *relation,
                              const struct action *action)
{
    for (size_t i = 0; i < action->n_parents; i++) {
        const struct schema_relation *parent = schema_find(schema, action->parents[i]);
        if (action->is_like) {
            take_from_template(schema, relation, action, action->parents[i]);
            continue;
        }
        schema_add_parent(schema, relation, action->parents[i]);
        if (!parent)
            continue;
        copy_columns(relation, parent, true);
        for (size_t k = 0; k < parent->n_constraints; k++) {
            if (parent->constraints[k].kind == CONSTRAINT_CHECK)
                copy_check(relation, &parent->constraints[k]);
        }
    }
    if (!action->partition_of.name)
        return;
    schema_add_parent(schema, relation, action->partition_of);
    relation->is_partition = true;
    relation->is_default_partition = action->is_default_partition;
    relation->bound = action->bound ? schema_keep_bound(schema, action->bound) : NULL;
    const struct schema_relation *parent = schema_find(schema, action->partition_of);
    if (parent)
        copy_columns(relation, parent, true);
    for (size_t i = 0; parent && i < parent->n_constraints; i++) {
        if (parent->constraints[i].kind == CONSTRAINT_CHECK)
            copy_check(relation, &parent->constraints[i]);
    }
}

// SQLite makes the keys' indexes in the order of the text.
static void add_constraints_in_order(struct schema *schema, struct schema_relation *relation,
                                     const struct action *action)
{
    const struct constraint *last = NULL;
    for (size_t i = 0; i <= action->n_columns; i++) {
        bool is_own = i < action->n_columns; // of a column, then those of the table
        size_t n = is_own ? action->columns[i].n_constraints : action->n_constraints;
        for (size_t k = 0; k < n; k++) {
            const struct constraint *constraint =
                is_own ? &action->columns[i].constraints[k] : &action->constraints[k];
            if (sqlite_key_comes_last(relation, constraint))
                last = constraint;
            else
                schema_add_constraint(schema, relation, constraint);
        }
    }
    if (last)
        schema_add_constraint(schema, relation, last);
}

static void add_some(struct schema *schema, struct schema_relation *relation,
                     const struct constraint *constraints, size_t n, bool primary)
{
    for (size_t i = 0; i < n; i++) {
        if ((constraints[i].kind == CONSTRAINT_PRIMARY_KEY) == primary)
            schema_add_constraint(schema, relation, &constraints[i]);
    }
}

// The primary key goes first, as the server does it.
static void add_constraints(struct schema *schema, struct schema_relation *relation,
                            const struct action *action)
{
    for (int primary = 1; primary >= 0; primary--) {
        for (size_t i = 0; i < action->n_columns; i++)
            add_some(schema, relation, action->columns[i].constraints,
                     action->columns[i].n_constraints, primary);
        add_some(schema, relation, action->constraints, action->n_constraints, primary);
    }
}

static void add_columns(struct schema *schema, struct schema_relation *relation,
                        const struct action *action)
{
    for (size_t i = 0; i < action->n_columns; i++) {
        schema_add_column(schema, relation, &action->columns[i]);
    }
}

// Behind AS.
static const char *query_text(const struct schema *schema)
{
    const char *sql = schema->statement ? schema->statement->sql : NULL;
    if (!sql)
        return NULL;
    struct lexer lexer = lexer_make(schema->dialect, sql, 0, strlen(sql));
    struct token t = lexer_next(&lexer);
    while (t.kind != TOKEN_END && !token_is(&lexer, t, "as"))
        t = lexer_next(&lexer);
    return sql + t.offset;
}

// CREATE TABLE … OF: a live catalog keeps a composite type as a relation.
static void take_from_type(struct schema *schema, struct schema_relation *relation,
                           struct name name)
{
    const struct schema_type *type = schema_find_type(schema, name);
    const struct schema_relation *from = type ? type->attributes : NULL;
    if (type && !from)
        from = schema_find(schema, type->name);
    if (from)
        copy_columns(relation, from, false);
    for (size_t i = 0; i < relation->n_columns; i++)
        relation->columns[i].is_not_null = false; // the type's own has no constraints
}

void change_create_table(struct schema *schema, const struct action *action)
{
    enum relation_kind kind = action->object == OBJECT_FOREIGN_TABLE ? RELATION_FOREIGN_TABLE
                              : action->is_partitioned               ? RELATION_PARTITIONED
                                                                     : RELATION_TABLE;
    struct schema_relation *relation = relation_begin(schema, action, kind);
    if (name_is_taken(schema, relation))
        return; // IF NOT EXISTS, or the statement fails
    if (action->partition_key)
        relation->partition_key = schema_keep_key(schema, action->partition_key);
    take_from_parents(schema, relation, action);
    if (action->other.name)
        take_from_type(schema, relation, action->other);
    add_columns(schema, relation, action);
    schema_take_settings(schema, relation, action);
    if (schema->dialect == DIALECT_SQLITE) {
        relation->options = mem_strdup(schema->pool, action->option);
        add_constraints_in_order(schema, relation, action);
    } else {
        add_constraints(schema, relation, action);
    }
    const struct schema_relation *parent = schema_find(schema, action->partition_of);
    if (parent)
        schema_join_partition(schema, relation, parent);
    schema_put(schema, relation);
}

static void take_from_query(struct schema *schema, struct schema_relation *relation,
                            const struct query *query)
{
    const struct schema_relation *source =
        query->n_reads == 1 ? schema_find(schema, query->reads[0]) : NULL;
    for (size_t i = 0; i < query->n_outputs; i++) {
        const struct expression *output = &query->outputs[i];
        if (source && output->text && strcmp(output->text, "*") == 0) {
            copy_columns(relation, source, false);
            relation->lacks_columns = relation->lacks_columns || source->lacks_columns ||
                                      source->n_columns == 0 || source->n_parents > 0;
            continue;
        }
        const char *name = query->output_names ? query->output_names[i] : NULL;
        relation->lacks_columns = relation->lacks_columns || !name;
        if (!name || schema_find_column(relation, name))
            continue;
        struct schema_column *column = mem_append(relation, relation->columns, relation->n_columns);
        const struct schema_column *from =
            source && output->n_columns == 1 &&
                    schema_same(schema, output->text, output->columns[0])
                ? schema_find_column(source, output->columns[0])
                : NULL;
        column->name = mem_strdup(schema->pool, name);
        column->distinct_values = -1;
        if (from) {
            column->type = from->type;
            column->collation = from->collation;
        }
    }
    for (size_t i = 0; i < relation->n_columns; i++)
        relation->columns[i].is_not_null = false; // a query's result has no constraints
}

static void remember_reads(struct schema *schema, struct schema_relation *relation,
                           const struct query *query)
{
    for (size_t i = 0; i < query->n_reads; i++) {
        *mem_append(relation, relation->reads, relation->n_reads) =
            schema_keep_name(schema, schema_resolve(schema, query->reads[i]));
    }
    const struct expression *others[] = {query->where, query->join_condition};
    for (size_t i = 0; i < query->n_outputs + COUNT_OF(others); i++) {
        const struct expression *e =
            i < query->n_outputs ? &query->outputs[i] : others[i - query->n_outputs];
        for (size_t k = 0; e && k < e->n_columns; k++) {
            *mem_append(relation, relation->read_columns, relation->n_read_columns) =
                mem_strdup(schema->pool, e->columns[k]);
        }
        if (e && e->text && strchr(e->text, '*') && !e->n_columns)
            *mem_append(relation, relation->read_columns, relation->n_read_columns) = "*";
    }
}

void change_create_table_as(struct schema *schema, const struct action *action)
{
    bool is_view = action->object == OBJECT_MATERIALIZED_VIEW;
    struct schema_relation *relation =
        relation_begin(schema, action, is_view ? RELATION_MATERIALIZED_VIEW : RELATION_TABLE);
    if (name_is_taken(schema, relation))
        return;
    add_columns(schema, relation, action); // where SQLite told them
    if (action->query) {
        take_from_query(schema, relation, action->query);
        if (is_view)
            remember_reads(schema, relation, action->query);
    }
    relation->is_filled = !action->without_data;
    schema_take_settings(schema, relation, action);
    if (is_view)
        relation->definition = mem_strdup(schema->pool, query_text(schema));
    schema_put(schema, relation);
}

// Source: PostgreSQL 15 manual, CREATE VIEW, Updatable Views.
static bool is_read_only(const struct query *query)
{
    return query->has_group_by || query->has_distinct || query->has_limit ||
           query->has_set_operation || query->n_inner_joined || query->join_condition;
}

void change_create_view(struct schema *schema, const struct action *action)
{
    struct schema_relation *relation = relation_begin(schema, action, RELATION_VIEW);
    const struct schema_relation *old = name_table_find(&schema->relations, relation->name);
    if (old && !action->or_replace)
        return;
    if (old)
        relation->created_in = old->created_in;
    add_columns(schema, relation, action); // where SQLite told them
    if (action->query) {
        take_from_query(schema, relation, action->query);
        remember_reads(schema, relation, action->query);
        relation->is_read_only = is_read_only(action->query);
    }
    schema_take_settings(schema, relation, action);
    relation->definition = mem_strdup(schema->pool, query_text(schema));
    schema_put(schema, relation);
}
