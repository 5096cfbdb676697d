/*
 * Columns of a schema: adding, dropping and altering them, with the sequences, constraints and
 * indexes that come or go along.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"

// serial → int4, with a sequence of its own: the integer type, NULL when it is no serial.
static const char *serial_base(const char *type)
{
    static const struct {
        const char *serial, *base;
    } table[] = {{"serial", "int4"},  {"serial4", "int4"},     {"bigserial", "int8"},
                 {"serial8", "int8"}, {"smallserial", "int2"}, {"serial2", "int2"}};
    for (size_t i = 0; type && i < COUNT_OF(table); i++) {
        if (strcmp(type, table[i].serial) == 0)
            return table[i].base;
    }
    return NULL;
}

void schema_add_sequence(struct schema *schema, struct schema_relation *relation,
                         struct schema_column *column, struct name written)
{
    const char *type = column->type.name ? column->type.name : "int8";
    struct name table = relation->name;
    struct name name = {table.schema, written.name};
    if (written.schema)
        name.schema = written.schema;
    if (!name.name)
        name.name = naming_relation(schema, table, column->name, "seq", false);
    struct schema_relation *sequence = schema_create(schema, name, RELATION_SEQUENCE);
    if (strcmp(type, "int8") != 0)
        schema_set_property(schema, sequence,
                            &(struct schema_property){.name = "as", .value = type});
    sequence->owned_by = table;
    sequence->owned_by_column = column->name;
    column->owned_sequence = sequence->name.name;
    schema_mark_links(schema, sequence);
}

static void column_becomes_serial(struct schema *schema, struct schema_relation *relation,
                                  struct schema_column *column, const char *base)
{
    column->type.schema = "pg_catalog";
    column->type.name = base;
    column->is_not_null = true;
    column->has_default = true;
    schema_add_sequence(schema, relation, column, (struct name){0});
    column->default_text = mem_printf(schema->pool, "nextval('%s.%s'::regclass)",
                                      relation->name.schema, column->owned_sequence);
}

void schema_add_column(struct schema *schema, struct schema_relation *relation,
                       const struct column *column)
{
    if (schema_find_column(relation, column->name))
        return;
    struct schema_column *added = mem_append(relation, relation->columns, relation->n_columns);
    added->name = mem_strdup(schema->pool, column->name);
    added->type = keep_type(schema, column->type);
    added->is_not_null = column->is_not_null || column->is_identity;
    added->is_generated = column->generated != NULL;
    added->is_identity = column->is_identity;
    added->is_identity_always = column->is_identity_always;
    added->generated_text =
        column->generated ? mem_strdup(schema->pool, column->generated->text) : NULL;
    added->collation = mem_strdup(schema->pool, column->collation);
    added->created_in = schema->migration;
    added->distinct_values = -1;
    if (column->default_value && !column->default_value->is_null) {
        added->has_default = true;
        added->default_text = mem_strdup(schema->pool, column->default_value->text);
    }
    const char *base = schema->dialect == DIALECT_POSTGRES ? serial_base(column->type.name) : NULL;
    if (base)
        column_becomes_serial(schema, relation, added, base);
    else if (column->is_identity && schema->dialect == DIALECT_POSTGRES)
        schema_add_sequence(schema, relation, added, column->identity_sequence);
}

void change_add_column(struct schema *schema, const struct action *action)
{
    SCRATCH(tmp);
    struct relation_list list = schema_edit_targets(tmp, schema, action);
    const struct column *column = action->definition;
    struct constraint *added = mem_array(tmp, struct constraint, column->n_constraints + 1);
    if (column->n_constraints)
        memcpy(added, column->constraints, column->n_constraints * sizeof(*added));
    for (size_t i = 0; i < list.n; i++) {
        if (schema_find_column(list.list[i], column->name))
            continue; // IF NOT EXISTS, or a child has it already
        schema_add_column(schema, list.list[i], column);
        for (size_t k = 0; k < column->n_constraints; k++) {
            const char *name = schema_add_constraint(schema, list.list[i], &added[k]);
            if (i == 0 && name)
                added[k] = constraint_inherited(&added[k], name);
        }
    }
}

static void drop_references_to(struct schema *schema, struct name table, const char *column)
{
    SCRATCH(tmp);
    struct relation_list others = schema_referencing(tmp, schema, table);
    for (size_t i = 0; i < others.n; i++) {
        struct schema_relation *other = schema_edit(schema, others.list[i]->name);
        for (size_t k = other->n_constraints; k-- > 0;) {
            if (constraint_references(schema, &other->constraints[k], table, column))
                schema_remove_constraint(schema, other, other->constraints[k].name);
        }
    }
}

static void forget_column(struct schema *schema, struct schema_relation *relation, const char *name)
{
    SCRATCH(tmp);
    struct schema_column *column = schema_find_column(relation, name);
    if (!column)
        return;
    for (size_t i = relation->n_constraints; i-- > 0;) {
        if (constraint_uses(schema, &relation->constraints[i], name))
            schema_remove_constraint(schema, relation, relation->constraints[i].name);
    }
    for (size_t i = relation->n_indexes; i-- > 0;) {
        if (index_uses(schema, &relation->indexes[i], name))
            schema_remove_index(schema, relation, relation->indexes[i].name);
    }
    struct relation_list sequences = schema_sequences(tmp, schema, relation->name, name);
    for (size_t i = 0; i < sequences.n; i++)
        schema_remove(schema, sequences.list[i]->name);
    drop_references_to(schema, relation->name, name);
    schema_forget_part(relation, OBJECT_COLUMN, name);
    column = schema_find_column(relation, name);
    relation->n_columns--;
    memmove(column, column + 1,
            (relation->n_columns - (size_t)(column - relation->columns)) * sizeof(*column));
}

void change_drop_column(struct schema *schema, const struct action *action)
{
    SCRATCH(tmp);
    struct relation_list list = schema_edit_targets(tmp, schema, action);
    for (size_t i = 0; i < list.n; i++) {
        struct relation_list views = {0};
        if (action->cascade)
            views = schema_readers(tmp, schema, list.list[i]->name, action->column);
        for (size_t k = 0; k < views.n; k++)
            schema_drop_relation(schema, views.list[k]->name, true);
        forget_column(schema, list.list[i], action->column);
    }
}

// The server drops and makes anew every index on the column, whether or not its storage is kept.
static void renew_indexes(struct schema *schema, struct schema_relation *relation,
                          const char *column)
{
    for (size_t i = 0; i < relation->n_indexes; i++) {
        if (!index_uses(schema, &relation->indexes[i], column))
            continue;
        relation->indexes[i].created_in = schema->migration;
        struct schema_relation *entry =
            schema_edit(schema, (struct name){relation->name.schema, relation->indexes[i].name});
        if (entry)
            entry->created_in = schema->migration;
    }
}

void change_alter_type(struct schema *schema, const struct action *action)
{
    SCRATCH(tmp);
    struct relation_list list = schema_edit_targets(tmp, schema, action);
    for (size_t i = 0; i < list.n; i++) {
        struct schema_column *column = schema_find_column(list.list[i], action->column);
        if (!column)
            continue;
        column->type = keep_type(schema, action->definition->type);
        column->collation = mem_strdup(schema->pool, action->definition->collation);
        if (schema->dialect == DIALECT_POSTGRES)
            renew_indexes(schema, list.list[i], action->column);
    }
}

static void set_default(struct schema *schema, struct schema_column *column,
                        const struct expression *value)
{
    column->has_default = value && !value->is_null;
    column->default_text = column->has_default ? mem_strdup(schema->pool, value->text) : NULL;
}

void change_default(struct schema *schema, const struct action *action)
{
    SCRATCH(tmp);
    struct relation_list list = schema_edit_targets(tmp, schema, action);
    for (size_t i = 0; i < list.n; i++) {
        struct schema_column *column = schema_find_column(list.list[i], action->column);
        if (column)
            set_default(schema, column, action->kind == ACTION_SET_DEFAULT ? action->value : NULL);
    }
}

void change_not_null(struct schema *schema, const struct action *action)
{
    SCRATCH(tmp);
    struct relation_list list = schema_edit_targets(tmp, schema, action);
    for (size_t i = 0; i < list.n; i++) {
        struct schema_column *column = schema_find_column(list.list[i], action->column);
        if (column)
            column->is_not_null = action->kind == ACTION_SET_NOT_NULL;
    }
}

void change_identity(struct schema *schema, const struct action *action)
{
    struct schema_relation *relation = schema_edit(schema, action->relation);
    struct schema_column *column = relation ? schema_find_column(relation, action->column) : NULL;
    if (!column)
        return;
    if (action->kind == ACTION_ADD_IDENTITY && !column->is_identity) {
        const struct column *identity = action->definition;
        schema_add_sequence(schema, relation, column,
                            identity ? identity->identity_sequence : (struct name){0});
        column->is_identity = true;
        column->is_identity_always = identity && identity->is_identity_always;
        column->is_not_null = true;
    } else if (action->kind == ACTION_DROP_IDENTITY && column->is_identity) {
        if (column->owned_sequence)
            schema_remove(schema, (struct name){relation->name.schema, column->owned_sequence});
        column->is_identity = false;
        column->owned_sequence = NULL;
    }
}

void change_expression(struct schema *schema, const struct action *action)
{
    struct schema_relation *relation = schema_edit(schema, action->relation);
    struct schema_column *column = relation ? schema_find_column(relation, action->column) : NULL;
    if (!column || action->kind != ACTION_DROP_EXPRESSION)
        return;
    column->is_generated = false;
    column->generated_text = NULL;
}

// SET GENERATED …; what else is set is its sequence's.
void change_set_identity(struct schema *schema, const struct action *action)
{
    struct schema_relation *relation = schema_edit(schema, action->relation);
    struct schema_column *column = relation ? schema_find_column(relation, action->column) : NULL;
    if (column && action->definition && action->definition->is_identity)
        column->is_identity_always = action->definition->is_identity_always;
}
