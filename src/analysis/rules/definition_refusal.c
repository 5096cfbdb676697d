/*
 * Rule on definitions that contradict what is known of the tables: keys, columns, partitions,
 * enums.
 *
 * They fail on any data. What is in doubt, and relations that nobody told, say nothing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/definition_refusal.h"
#include "analysis/rules/automatic_cast.h"

// What one action is held against.
struct definition {
    struct rule_place *place;
    const struct action *action;
    const struct schema_relation *table; // NULL: not known
    const struct schema_column *column;  // of the action; NULL: none, or not known
};

static const struct schema_relation *known(const struct rule_place *place, struct name name)
{
    const struct schema_relation *relation =
        name.name == NULL ? NULL : schema_find(place->before, name);
    return relation == NULL || schema_doubts_relation(place->before, relation) ? NULL : relation;
}

static const struct schema_constraint *primary_key(const struct schema_relation *table)
{
    for (size_t i = 0; i < table->n_constraints; i++) {
        if (table->constraints[i].kind == CONSTRAINT_PRIMARY_KEY)
            return &table->constraints[i];
    }
    return NULL;
}

// An earlier or later action of the statement is of this kind: what is known may not hold.
static bool statement_has(const struct definition *definition, enum action_kind kind)
{
    const struct statement *statement = definition->place->statement;
    for (size_t i = 0; i < statement->n_actions; i++) {
        if (statement->actions[i].kind == kind)
            return true;
    }
    return false;
}

// --- foreign keys

// Types of one group are compared with one another, those of two are not; 0: not known.
static int type_group(const struct type_name *type)
{
    static const char *const groups[][10] = {
        {"int2", "int4", "int8", "numeric", "float4", "float8", "serial", "bigserial",
         "smallserial", NULL},
        {"text", "varchar", "bpchar", NULL},
        {"uuid", NULL},
        {"date", "timestamp", "timestamptz", NULL},
        {"bool", NULL},
    };
    if (type->name == NULL || type->is_array)
        return 0;
    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        for (size_t k = 0; groups[i][k] != NULL; k++) {
            if (strcmp(groups[i][k], type->name) == 0)
                return (int)i + 1;
        }
    }
    return 0;
}

static const struct type_name *own_type(const struct definition *definition, const char *column)
{
    const struct action *action = definition->action;
    for (size_t i = 0; i < action->n_columns; i++) {
        if (strcmp(action->columns[i].name, column) == 0)
            return &action->columns[i].type;
    }
    if (action->definition != NULL && action->definition->name != NULL &&
        strcmp(action->definition->name, column) == 0)
        return &action->definition->type;
    const struct schema_column *known_column =
        definition->table == NULL ? NULL : schema_find_column(definition->table, column);
    return known_column == NULL ? NULL : &known_column->type;
}

static bool is_unique_on(const struct schema_index *index, const char *const *columns, size_t n)
{
    if (!index->is_unique || index->predicate_text != NULL || index->n_columns != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (index->columns[i].column == NULL || !word_in(index->columns[i].column, columns, n))
            return false;
    }
    return true;
}

static bool has_unique_on(const struct schema_relation *table, const char *const *columns, size_t n)
{
    for (size_t i = 0; i < table->n_indexes; i++) {
        if (is_unique_on(&table->indexes[i], columns, n))
            return true;
    }
    return false;
}

static const char *type_refusal(const struct definition *definition, const struct constraint *key,
                                const struct schema_relation *other, const char *const *referenced)
{
    for (size_t i = 0; i < key->n_columns; i++) {
        const struct type_name *own = own_type(definition, key->columns[i]);
        const struct schema_column *theirs = schema_find_column(other, referenced[i]);
        int a = own == NULL ? 0 : type_group(own);
        int b = theirs == NULL ? 0 : type_group(&theirs->type);
        if (a != 0 && b != 0 && a != b)
            return mem_printf(definition->place->mem, "%s is %s and refers to %s.%s, which is %s",
                              key->columns[i], own->text,
                              place_name(definition->place, other->name), referenced[i],
                              theirs->type.text);
    }
    return NULL;
}

static const char *foreign_key_refusal(const struct definition *definition,
                                       const struct constraint *key)
{
    struct rule_place *place = definition->place;
    const struct schema_relation *other = known(place, key->references);
    // Its own keys may be added by the same statement.
    if (other == NULL || !relation_is_table(other) || other == definition->table)
        return NULL;
    const struct schema_constraint *primary = primary_key(other);
    const char *const *referenced = key->referenced;
    size_t n = key->n_referenced;
    const char *name = place_name(place, other->name);
    if (n == 0 && primary == NULL)
        return mem_printf(place->mem, "%s has no primary key to refer to", name);
    if (n == 0) {
        referenced = primary->columns;
        n = primary->n_columns;
    }
    if (n == 0 || key->n_columns == 0)
        return NULL;
    if (n != key->n_columns)
        return mem_printf(place->mem, "%zu columns refer to %zu of %s", key->n_columns, n, name);
    if (!has_unique_on(other, referenced, n))
        return mem_printf(place->mem, "no unique key of %s is (%s): a foreign key needs one", name,
                          words_join(place->mem, referenced, n));
    return type_refusal(definition, key, other, referenced);
}

// --- keys

static const char *using_index_refusal(const struct definition *definition,
                                       const struct constraint *key)
{
    struct schema_index *index;
    struct name name = {definition->table->name.schema, key->using_index};
    if (schema_find_index(definition->place->before, name, &index) != definition->table)
        return NULL;
    bool is_plain = true;
    for (size_t i = 0; i < index->n_columns; i++)
        is_plain = is_plain && index->columns[i].column != NULL && !index->columns[i].is_descending;
    if (!index->is_unique)
        return mem_printf(definition->place->mem, "index %s is not unique", index->name);
    if (!is_plain || index->predicate_text != NULL)
        return mem_printf(definition->place->mem,
                          "index %s has an expression, a WHERE or DESC, which no constraint has",
                          index->name);
    return NULL;
}

static const char *key_refusal(const struct definition *definition, const struct constraint *key)
{
    const struct schema_relation *table = definition->table;
    if (key->kind == CONSTRAINT_FOREIGN_KEY)
        return foreign_key_refusal(definition, key);
    if (table == NULL || (key->kind != CONSTRAINT_PRIMARY_KEY && key->kind != CONSTRAINT_UNIQUE))
        return NULL;
    const struct schema_constraint *primary = primary_key(table);
    if (key->kind == CONSTRAINT_PRIMARY_KEY && primary != NULL &&
        !statement_has(definition, ACTION_DROP_CONSTRAINT) &&
        !statement_has(definition, ACTION_DROP_COLUMN))
        return mem_printf(definition->place->mem, "it has a primary key already: %s",
                          primary->name);
    return key->using_index != NULL ? using_index_refusal(definition, key) : NULL;
}

static const char *keys_refusal(const struct definition *definition, const struct constraint *keys,
                                size_t n)
{
    const char *why = NULL;
    for (size_t i = 0; why == NULL && i < n; i++)
        why = key_refusal(definition, &keys[i]);
    return why;
}

// --- columns

static bool is_in_primary_key(const struct definition *definition)
{
    const struct schema_constraint *primary = primary_key(definition->table);
    return primary != NULL &&
           word_in(definition->column->name, primary->columns, primary->n_columns);
}

static const char *default_refusal(const struct definition *definition)
{
    const struct schema_column *column = definition->column;
    if (column->is_identity)
        return "an identity column has no default; DROP IDENTITY first";
    return column->is_generated ? "a generated column has no default; DROP EXPRESSION first" : NULL;
}

static const char *identity_refusal(const struct definition *definition)
{
    const struct schema_column *column = definition->column;
    if (column->is_identity)
        return "it is an identity column already";
    if (column->has_default && !statement_has(definition, ACTION_DROP_DEFAULT))
        return "it has a default; DROP DEFAULT first";
    return column->is_not_null || statement_has(definition, ACTION_SET_NOT_NULL)
               ? NULL
               : "an identity column must be NOT NULL; SET NOT NULL first";
}

static const char *drop_not_null_refusal(const struct definition *definition)
{
    if (definition->column->is_identity && !statement_has(definition, ACTION_DROP_IDENTITY))
        return "an identity column stays NOT NULL; DROP IDENTITY first";
    return is_in_primary_key(definition) && !statement_has(definition, ACTION_DROP_CONSTRAINT)
               ? "a column of the primary key stays NOT NULL"
               : NULL;
}

static bool is_partition_key(const struct definition *definition)
{
    const struct partition_key *key = definition->table->partition_key;
    for (size_t i = 0; key != NULL && i < key->n_columns; i++) {
        const char *column = key->columns[i].column;
        if (column != NULL && strcmp(column, definition->column->name) == 0)
            return true;
    }
    return false;
}

// Of a partition every column is its parent's.
static const char *inherited_refusal(const struct definition *definition)
{
    enum action_kind kind = definition->action->kind;
    bool is_dropped = kind == ACTION_DROP_COLUMN;
    if (is_partition_key(definition) && (is_dropped || kind == ACTION_ALTER_TYPE))
        return "it is part of the partition key";
    return definition->table->is_partition ? "a partition's columns are those of its parent: "
                                             "change that"
                                           : NULL;
}

static const char *type_refusal_of_column(const struct definition *definition)
{
    const char *why = inherited_refusal(definition);
    return why != NULL
               ? why
               : type_change_refusal(definition->place, definition->column, definition->action);
}

static const char *column_refusal(const struct definition *definition)
{
    switch ((int)definition->action->kind) {
    case ACTION_SET_DEFAULT:
    case ACTION_DROP_DEFAULT: return default_refusal(definition);
    case ACTION_ADD_IDENTITY: return identity_refusal(definition);
    case ACTION_DROP_NOT_NULL: return drop_not_null_refusal(definition);
    case ACTION_ALTER_TYPE: return type_refusal_of_column(definition);
    case ACTION_RENAME_COLUMN:
    case ACTION_DROP_COLUMN: return inherited_refusal(definition);
    case ACTION_DROP_IDENTITY:
        return definition->column->is_identity || definition->action->if_exists
                   ? NULL
                   : "it is no identity column";
    default: return NULL;
    }
}

// --- partitions

static const char *attach_refusal(const struct definition *definition)
{
    const struct schema_relation *child = known(definition->place, definition->action->other);
    const struct schema_relation *parent = definition->table;
    const char *why = NULL;
    if (parent != NULL && parent->kind != RELATION_PARTITIONED && parent->kind != RELATION_INDEX)
        return "it is not partitioned";
    if (child != NULL && child->is_partition)
        return mem_printf(definition->place->mem, "%s is a partition already",
                          place_name(definition->place, child->name));
    if (parent != NULL)
        why = bound_refusal(definition->place, parent, definition->action);
    return why == NULL && parent != NULL && child != NULL && !child->lacks_columns
               ? shape_refusal(definition->place, parent, child)
               : why;
}

static const char *detach_refusal(const struct definition *definition)
{
    const struct schema_relation *child = known(definition->place, definition->action->other);
    if (child == NULL || definition->table == NULL)
        return NULL;
    for (size_t i = 0; child->is_partition && i < child->n_parents; i++) {
        if (name_may_equal(child->parents[i], definition->table->name))
            return NULL;
    }
    return mem_printf(definition->place->mem, "%s is no partition of it",
                      place_name(definition->place, child->name));
}

static const char *create_refusal(struct definition *definition)
{
    const struct action *action = definition->action;
    const struct schema_relation *parent = known(definition->place, action->partition_of);
    if (action->if_exists && definition->table != NULL)
        return NULL;
    definition->table = NULL; // the new one
    const char *why = parent != NULL && parent->kind != RELATION_PARTITIONED
                          ? mem_printf(definition->place->mem, "%s is not partitioned",
                                       place_name(definition->place, parent->name))
                          : new_table_refusal(definition->place, action);
    if (why == NULL && parent != NULL)
        why = bound_refusal(definition->place, parent, action);
    for (size_t i = 0; why == NULL && i < action->n_columns; i++)
        why = keys_refusal(definition, action->columns[i].constraints,
                           action->columns[i].n_constraints);
    return why != NULL ? why : keys_refusal(definition, action->constraints, action->n_constraints);
}

static const char *add_column_refusal(const struct definition *definition)
{
    const struct column *column = definition->action->definition;
    const struct schema_relation *table = definition->table;
    if (table != NULL && definition->action->if_exists &&
        schema_find_column(table, column->name) != NULL)
        return NULL;
    if (table != NULL && table->is_partition)
        return "a partition gets no column of its own: add it to the parent";
    if (table != NULL && definition->action->only &&
        (table->kind == RELATION_PARTITIONED || table->has_children))
        return table->kind == RELATION_PARTITIONED ? "ONLY leaves its partitions without it" : NULL;
    return keys_refusal(definition, column->constraints, column->n_constraints);
}

// --- enums

static const char *enum_refusal(const struct rule_place *place, const struct action *action)
{
    const struct schema_type *type = schema_find_type(place->before, action->relation);
    if (type == NULL || type->object != OBJECT_ENUM || type->n_labels == 0 ||
        schema_doubts_statement(place->before, place->statement))
        return NULL;
    bool is_there = word_in(action->member, type->labels, type->n_labels);
    if (action->kind == ACTION_ADD_ENUM_VALUE)
        return is_there && !action->if_exists
                   ? mem_printf(place->mem, "it has the value '%s' already", action->member)
                   : NULL;
    if (!is_there)
        return mem_printf(place->mem, "it has no value '%s'", action->member);
    return word_in(action->new_name, type->labels, type->n_labels)
               ? mem_printf(place->mem, "it has the value '%s' already", action->new_name)
               : NULL;
}

// --- all

static const char *action_refusal(struct definition *definition)
{
    const struct action *action = definition->action;
    switch ((int)action->kind) {
    case ACTION_CREATE_TABLE: return create_refusal(definition);
    case ACTION_ADD_COLUMN: return add_column_refusal(definition);
    case ACTION_ADD_CONSTRAINT: return key_refusal(definition, action->constraint);
    case ACTION_ATTACH_PARTITION: return attach_refusal(definition);
    case ACTION_DETACH_PARTITION: return detach_refusal(definition);
    case ACTION_ADD_ENUM_VALUE:
    case ACTION_RENAME_ENUM_VALUE: return enum_refusal(definition->place, action);
    default: return definition->column == NULL ? NULL : column_refusal(definition);
    }
}

static void refuse(struct rule_place *place, const struct action *action)
{
    struct definition definition = {place, action, NULL, NULL};
    if (place->statement->is_conditional || place->statement->placeholder != NULL ||
        place_partition_refuses(place, action))
        return;
    definition.table = known(place, action->relation);
    if (definition.table != NULL && relation_is_table(definition.table) && action->column != NULL)
        definition.column = schema_find_column(definition.table, action->column);
    const char *why = definition.table == NULL ? NULL : kind_refusal(definition.table, action);
    if (why == NULL)
        why = action_refusal(&definition);
    if (why != NULL)
        rule_report(place, "fails on %s%s%s: %s", place_name(place, action->relation),
                    definition.column != NULL ? "." : "",
                    definition.column != NULL ? action->column : "", why);
}

static void check_definition_refused(struct rule_place *place)
{
    place_each_action(place, refuse);
}

// --- rows

const struct rule rule_definition_refused = {
    .id = "definition-refused",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES,
    .in_downs = true,
    .summary = "a definition that contradicts what is there: a foreign key without a unique key, a "
               "second primary key, a partition's own column, an identity that may be NULL",
    .why = "It fails on any data.",
    .safe_form = "change what it contradicts first, as the message says",
    .source = "PostgreSQL 15 manual, ALTER TABLE; measured on PostgreSQL 15",
    .check = check_definition_refused,
};
