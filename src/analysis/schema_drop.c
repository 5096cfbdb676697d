/*
 * Drops: a relation, type, function or schema leaves, with what depends on it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"

static void drop_foreign_keys_to(struct schema *schema, struct name table)
{
    SCRATCH(tmp);
    struct relation_list others = schema_referencing(tmp, schema, table);
    for (size_t i = 0; i < others.n; i++) {
        struct schema_relation *other = schema_edit(schema, others.list[i]->name);
        for (size_t k = other->n_constraints; k-- > 0;) {
            if (constraint_references(schema, &other->constraints[k], table, NULL))
                schema_remove_constraint(schema, other, other->constraints[k].name);
        }
    }
}

static void drop_defaults_in(struct schema *schema, struct name table, struct name sequence)
{
    struct schema_relation *relation = schema_edit(schema, table);
    for (size_t i = 0; i < relation->n_columns; i++) {
        struct schema_column *column = &relation->columns[i];
        if (!column_takes_from(schema, column, sequence))
            continue;
        column->has_default = false;
        column->default_text = NULL;
    }
}

void schema_disown(struct schema *schema, const struct schema_relation *sequence)
{
    struct schema_relation *table =
        sequence->owned_by.name ? schema_edit(schema, sequence->owned_by) : NULL;
    struct schema_column *column =
        table ? schema_find_column(table, sequence->owned_by_column) : NULL;
    if (column)
        column->owned_sequence = NULL;
}

// A default that calls a sequence goes with it.
static void drop_defaults_of(struct schema *schema, const struct schema_relation *sequence)
{
    SCRATCH(tmp);
    struct relation_list takers = {0};
    for (struct schema_relation *r = schema_next(schema, NULL); r; r = schema_next(schema, r)) {
        for (size_t i = 0; i < r->n_columns; i++) {
            if (column_takes_from(schema, &r->columns[i], sequence->name))
                list_add(tmp, &takers, r);
        }
    }
    for (size_t i = 0; i < takers.n; i++)
        drop_defaults_in(schema, takers.list[i]->name, sequence->name);
    schema_disown(schema, sequence);
}

static void drop_one(struct schema *schema, struct schema_relation *relation)
{
    SCRATCH(tmp);
    struct name name = relation->name;
    if (relation->kind == RELATION_SEQUENCE)
        drop_defaults_of(schema, relation);
    for (size_t i = 0; i < relation->n_indexes; i++)
        schema_remove(schema, (struct name){name.schema, relation->indexes[i].name});
    struct relation_list sequences = schema_sequences(tmp, schema, name, NULL);
    for (size_t i = 0; i < sequences.n; i++)
        schema_remove(schema, sequences.list[i]->name);
    if (schema->dialect != DIALECT_SQLITE) // there they stay, and wait for a table of that name
        drop_foreign_keys_to(schema, name);
    schema_unpublish(schema, name);
    schema_remove(schema, name);
}

void schema_drop_relation(struct schema *schema, struct name name, bool cascade)
{
    SCRATCH(tmp);
    struct schema_relation *relation = schema_find(schema, name);
    if (!relation)
        return;
    struct relation_list gone = schema_dropped_with(tmp, schema, relation, cascade);
    for (size_t i = 0; i < gone.n; i++) {
        struct schema_relation *current = schema_find(schema, gone.list[i]->name);
        if (current)
            drop_one(schema, current);
    }
}

static void drop_column_action(struct schema *schema, struct name table, const char *column)
{
    struct action drop = {.relation = table, .column = column, .only = true, .cascade = true};
    change_drop_column(schema, &drop);
}

static void drop_type(struct schema *schema, struct name name, bool cascade)
{
    SCRATCH(tmp);
    struct schema_type *type = schema_find_type(schema, name);
    if (type)
        name_table_remove(&schema->types, type->name);
    struct relation_list users = {0};
    for (struct schema_relation *r = schema_next(schema, NULL); cascade && r;
         r = schema_next(schema, r)) {
        for (size_t i = 0; i < r->n_columns; i++) {
            if (schema_same(schema, r->columns[i].type.name, name.name))
                list_add(tmp, &users, r);
        }
    }
    for (size_t i = 0; i < users.n; i++) {
        struct name user = users.list[i]->name;
        const struct schema_relation *table = schema_find(schema, user);
        for (size_t k = table ? table->n_columns : 0; table && k-- > 0;) {
            if (schema_same(schema, table->columns[k].type.name, name.name))
                drop_column_action(schema, user, table->columns[k].name);
            table = schema_find(schema, user); // a view may have gone with its table's column
        }
    }
}

static void drop_schema(struct schema *schema, const char *name)
{
    SCRATCH(tmp);
    struct relation_list inside = {0};
    for (struct schema_relation *r = schema_next(schema, NULL); r; r = schema_next(schema, r)) {
        if (schema_same(schema, r->name.schema, name))
            list_add(tmp, &inside, r);
    }
    for (size_t i = 0; i < inside.n; i++)
        schema_drop_relation(schema, inside.list[i]->name, true);
}

static bool trigger_calls(const struct schema *schema, const struct schema_trigger *trigger,
                          struct name function)
{
    const char *dot = trigger->function ? strrchr(trigger->function, '.') : NULL;
    return schema_same(schema, dot ? dot + 1 : trigger->function, function.name);
}

struct relation_list schema_triggered_by(TALLOC_CTX *mem, const struct schema *schema,
                                         struct name function)
{
    struct relation_list list = {0};
    for (struct schema_relation *r = schema_next(schema, NULL); r; r = schema_next(schema, r)) {
        for (size_t i = 0; i < r->n_triggers; i++) {
            if (trigger_calls(schema, &r->triggers[i], function))
                list_add(mem, &list, r);
        }
    }
    return list;
}

static void drop_function(struct schema *schema, struct name name, bool cascade)
{
    SCRATCH(tmp);
    struct schema_function *function = schema_find_function(schema, name);
    struct relation_list tables = schema_triggered_by(tmp, schema, name);
    if (tables.n && !cascade)
        return; // the server refuses
    if (function)
        name_table_remove(&schema->functions, function->name);
    for (size_t i = 0; i < tables.n; i++) {
        struct schema_relation *table = schema_edit(schema, tables.list[i]->name);
        for (size_t k = table->n_triggers; k-- > 0;) {
            if (trigger_calls(schema, &table->triggers[k], name))
                table->triggers[k] = table->triggers[--table->n_triggers];
        }
    }
}

void change_drop(struct schema *schema, const struct action *action)
{
    switch ((int)action->object) {
    case OBJECT_TABLE:
    case OBJECT_VIEW:
    case OBJECT_MATERIALIZED_VIEW:
    case OBJECT_SEQUENCE:
    case OBJECT_FOREIGN_TABLE:
        schema_drop_relation(schema, action->relation, action->cascade);
        return;
    case OBJECT_INDEX: schema_drop_index(schema, action->relation); return;
    case OBJECT_TYPE:
    case OBJECT_ENUM:
    case OBJECT_DOMAIN:
    case OBJECT_COMPOSITE:
    case OBJECT_RANGE: drop_type(schema, action->relation, action->cascade); return;
    case OBJECT_FUNCTION:
    case OBJECT_PROCEDURE:
    case OBJECT_AGGREGATE: drop_function(schema, action->relation, action->cascade); return;
    case OBJECT_SCHEMA: drop_schema(schema, action->relation.name); break;
    case OBJECT_PUBLICATION: schema_drop_publication(schema, action->relation.name); return;
    case OBJECT_STATISTICS: schema_drop_statistics(schema, action->relation.name); return;
    default: break;
    }
    schema_drop_object(schema, action);
}
