/*
 * Sequences, types, domains and functions of a schema, and which tables got rows.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"

#include <ctype.h>

void change_create_sequence(struct schema *schema, const struct action *action)
{
    struct name name = action->relation;
    if (action->is_temporary)
        name.schema = TEMPORARY_SCHEMA;
    else if (!name.schema)
        name.schema = schema->path[0];
    if (name_table_find(&schema->relations, name))
        return;
    struct schema_relation *sequence = schema_create(schema, name, RELATION_SEQUENCE);
    sequence->is_temporary = action->is_temporary;
    schema->has_temporary |= action->is_temporary;
    schema_take_settings(schema, sequence, action);
    if (action->other.name)
        change_alter_sequence(schema, action);
}

// OWNED BY NONE
static void disown(struct schema *schema, struct schema_relation *sequence)
{
    schema_disown(schema, sequence);
    sequence->owned_by = (struct name){0};
    sequence->owned_by_column = NULL;
}

void change_alter_sequence(struct schema *schema, const struct action *action)
{
    struct schema_relation *sequence = schema_edit(schema, action->relation);
    if (!sequence)
        return;
    if (action->kind == ACTION_ALTER_SEQUENCE)
        schema_take_settings(schema, sequence, action);
    if (!action->other.name) {
        if (action->option && strstr(action->option, "owned_by"))
            disown(schema, sequence);
        return;
    }
    sequence->owned_by = schema_keep_name(schema, schema_resolve(schema, action->other));
    sequence->owned_by_column = mem_strdup(schema->pool, action->column);
    schema_mark_links(schema, sequence);
    struct schema_relation *table = schema_edit(schema, action->other);
    struct schema_column *column = table ? schema_find_column(table, action->column) : NULL;
    if (column)
        column->owned_sequence = sequence->name.name;
}

// Copies of a type share its labels; room behind them goes to the first that takes it.
static void add_label(struct schema *schema, struct schema_type *type, const char *label)
{
    size_t n = type->n_labels;
    if (n >= type->label_room || type->labels[n]) {
        type->label_room = n * 2 + 4;
        const char **labels = mem_array(schema->pool, const char *, type->label_room);
        if (type->labels)
            memcpy(labels, type->labels, n * sizeof(*labels));
        type->labels = labels;
    }
    type->labels[type->n_labels++] = mem_strdup(schema->pool, label);
}

static const struct schema_relation *attributes_of(struct schema *schema,
                                                   const struct action *action)
{
    struct schema_relation *attributes = mem_new(schema->pool, struct schema_relation);
    for (size_t i = 0; i < action->n_columns; i++)
        schema_add_column(schema, attributes, &action->columns[i]);
    return attributes;
}

void change_create_type(struct schema *schema, const struct action *action)
{
    struct schema_type *type = mem_new(schema->pool, struct schema_type);
    struct name name = action->relation;
    name.schema = name.schema ? name.schema : schema->path[0];
    type->name = schema_keep_name(schema, name);
    type->object = action->object;
    type->created_in = schema->migration;
    if (action->definition)
        type->base = action->definition->type;
    type->base.name = mem_strdup(schema->pool, type->base.name);
    type->base.schema = mem_strdup(schema->pool, type->base.schema);
    type->base.text = mem_strdup(schema->pool, type->base.text);
    type->has_constraint = action->constraint || action->n_constraints ||
                           (action->definition &&
                            (action->definition->is_not_null || action->definition->n_constraints));
    for (size_t i = 0; i < action->n_labels; i++)
        add_label(schema, type, action->labels[i]);
    if (action->object == OBJECT_COMPOSITE)
        type->attributes = attributes_of(schema, action);
    name_table_put(&schema->types, type);
}

static struct schema_type *type_edit(struct schema *schema, struct name name)
{
    struct schema_type *type = schema_find_type(schema, name);
    if (!type)
        return NULL;
    struct schema_type *copy = mem_checked(talloc_memdup(schema->pool, type, sizeof(*type)));
    name_table_put(&schema->types, copy);
    return copy;
}

void change_enum_value(struct schema *schema, const struct action *action)
{
    struct schema_type *type = type_edit(schema, action->relation);
    if (!type)
        return;
    if (action->kind == ACTION_ADD_ENUM_VALUE) {
        add_label(schema, type, action->member);
        return;
    }
    const char **labels = mem_array(schema->pool, const char *, type->n_labels + 1);
    for (size_t i = 0; i < type->n_labels; i++) {
        bool is_renamed = schema_same(schema, type->labels[i], action->member);
        labels[i] = is_renamed ? mem_strdup(schema->pool, action->new_name) : type->labels[i];
    }
    type->labels = labels;
    type->label_room = type->n_labels + 1;
}

// Its columns are not followed: those of tables made of it from now on are not known.
void change_alter_composite(struct schema *schema, const struct action *action)
{
    struct schema_type *type = type_edit(schema, action->relation);
    if (type)
        type->attributes = NULL;
}

void change_alter_domain(struct schema *schema, const struct action *action)
{
    struct schema_type *type = type_edit(schema, action->relation);
    if (type && (action->constraint || (action->option && strstr(action->option, "set not null"))))
        type->has_constraint = true;
}

void change_create_function(struct schema *schema, const struct action *action)
{
    struct schema_function *function = mem_new(schema->pool, struct schema_function);
    struct name name = action->relation;
    name.schema = name.schema ? name.schema : schema->path[0];
    function->name = schema_keep_name(schema, name);
    function->language = mem_strdup(schema->pool, action->language);
    function->body = mem_strdup(schema->pool, action->body);
    function->signature = schema_keep_signature(schema, action->signature);
    function->volatility = action->option ? (char)tolower((unsigned char)action->option[0]) : 'v';
    name_table_put(&schema->functions, function);
}

static void fill(struct schema *schema, const struct query *query)
{
    if (query->verb == QUERY_INSERT || query->verb == QUERY_COPY || query->verb == QUERY_MERGE) {
        struct schema_relation *target = schema_find(schema, query->target);
        if (target && !target->is_filled && !query->copies_to)
            schema_edit(schema, query->target)->is_filled = true;
    }
}

void change_query(struct schema *schema, const struct action *action)
{
    if (!action->query)
        return;
    fill(schema, action->query);
    for (size_t i = 0; i < action->query->n_inner; i++)
        fill(schema, action->query->inner[i]);
}

// SET search_path: the first entries that are schemas of users. DEFAULT and "" mean the usual one.
void change_search_path(struct schema *schema, const struct action *action)
{
    if (schema->dialect != DIALECT_POSTGRES || !action->member ||
        strcmp(action->member, "search_path") != 0)
        return;
    schema->reading->found = NULL;
    schema->n_path = 0;
    const char *text = action->option ? action->option : "";
    while (*text && schema->n_path < COUNT_OF(schema->path)) {
        size_t skip = strspn(text, " ,'\"\t\n");
        size_t len = strcspn(text + skip, " ,'\"\t\n");
        char *entry = mem_strndup(schema->pool, text + skip, len);
        if (len && strcmp(entry, "pg_catalog") != 0 && strcmp(entry, "$user") != 0)
            schema->path[schema->n_path++] = entry;
        text += skip + len;
    }
    if (schema->n_path == 0)
        schema_reset_path(schema);
}
