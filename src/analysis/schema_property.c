/*
 * Properties of relations and their parts: comments, options, owners, what replication and row
 * security are told. A value that is the server's own is none.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"

static bool same_words(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static struct schema_property *find(const struct schema_relation *relation, const char *name,
                                    enum object_kind object, const char *part)
{
    for (size_t i = 0; i < relation->n_properties; i++) {
        struct schema_property *property = &relation->properties[i];
        if (property->object == object && strcmp(property->name, name) == 0 &&
            same_words(property->part, part))
            return property;
    }
    return NULL;
}

const struct schema_property *schema_find_property(const struct schema_relation *relation,
                                                   const char *name, enum object_kind object,
                                                   const char *part)
{
    return find(relation, name, object, part);
}

void schema_set_property(struct schema *schema, struct schema_relation *relation,
                         const struct schema_property *set)
{
    struct schema_property *known = find(relation, set->name, set->object, set->part);
    if (known && !set->value) {
        *known = relation->properties[--relation->n_properties];
        return;
    }
    if (!set->value)
        return;
    if (!known) {
        known = mem_append(relation, relation->properties, relation->n_properties);
        known->name = schema_keep_text(schema, set->name);
        known->object = set->object;
        known->part = schema_keep_text(schema, set->part);
    }
    known->value = schema_keep_text(schema, set->value);
}

void schema_forget_part(struct schema_relation *relation, enum object_kind object, const char *part)
{
    for (size_t i = relation->n_properties; i-- > 0;) {
        const struct schema_property *property = &relation->properties[i];
        if (property->object == object && same_words(property->part, part))
            relation->properties[i] = relation->properties[--relation->n_properties];
    }
}

void schema_rename_part(struct schema_relation *relation, enum object_kind object, const char *from,
                        const char *to)
{
    for (size_t i = 0; i < relation->n_properties; i++) {
        struct schema_property *property = &relation->properties[i];
        if (property->object == object && same_words(property->part, from))
            property->part = to;
    }
}

// --- values that are the server's own

// Types of fixed length are plain, numeric is main, what can be long extended.
static const char *usual_storage(const struct schema_relation *relation, const char *column)
{
    static const char *const fixed[] = {"int2",   "int4",   "int8", "bool",      "float4",
                                        "float8", "uuid",   "date", "timestamp", "timestamptz",
                                        "time",   "timetz", "oid",  "interval",  "money"};
    const struct schema_column *known = schema_find_column(relation, column);
    const char *type = known && !known->type.is_array ? known->type.name : NULL;
    for (size_t i = 0; type && i < COUNT_OF(fixed); i++) {
        if (strcmp(type, fixed[i]) == 0)
            return "plain";
    }
    return type && strcmp(type, "numeric") == 0 ? "main" : "extended";
}

static bool is_usual(const struct schema_relation *relation, const struct action *action,
                     const char *name, const char *value)
{
    if (relation->kind == RELATION_SEQUENCE && strcmp(name, "as") == 0)
        return strcmp(value, "int8") == 0;
    if (relation->kind == RELATION_SEQUENCE)
        return strcmp(value, strcmp(name, "cycle") == 0 ? "false" : "1") == 0;
    if (strcmp(name, "storage") == 0)
        return strcasecmp(value, usual_storage(relation, action->column)) == 0;
    if (strcmp(name, "statistics") == 0)
        return strcmp(value, "-1") == 0;
    if (strcmp(name, "row security") == 0)
        return strcmp(value, "disable") == 0;
    if (strcmp(name, "forced row security") == 0)
        return strcmp(value, "no force") == 0;
    return strcmp(value, "default") == 0; // of COMPRESSION, REPLICA IDENTITY
}

static void set_value(struct schema *schema, struct schema_relation *relation,
                      const struct action *action, const char *name, const char *value)
{
    bool has_column = action->column != NULL;
    schema_set_property(
        schema, relation,
        &(struct schema_property){
            .name = name,
            .object = has_column ? OBJECT_COLUMN : OBJECT_NONE,
            .part = action->column,
            .value = value && !is_usual(relation, action, name, value) ? value : NULL});
}

void schema_take_settings(struct schema *schema, struct schema_relation *relation,
                          const struct action *action)
{
    static const char *const not_kept[] = {"restart", "owned_by", "sequence_name"};
    for (size_t i = 0; relation && i < action->n_settings; i++) {
        const struct setting *setting = &action->settings[i];
        if (!list_contains(schema, not_kept, COUNT_OF(not_kept), setting->name))
            set_value(schema, relation, action, setting->name, setting->value);
    }
}

// --- statements

void change_options(struct schema *schema, const struct action *action)
{
    schema_take_settings(schema, schema_edit(schema, action->relation), action);
}

void change_column_setting(struct schema *schema, const struct action *action)
{
    SCRATCH(tmp);
    struct relation_list list = schema_edit_targets(tmp, schema, action);
    for (size_t i = 0; i < list.n; i++) {
        for (size_t k = 0; k < action->n_settings; k++)
            set_value(schema, list.list[i], action, action->settings[k].name,
                      action->settings[k].value);
        if (action->kind == ACTION_SET_STORAGE)
            set_value(schema, list.list[i], action, "storage", action->option);
        if (action->kind == ACTION_SET_COMPRESSION)
            set_value(schema, list.list[i], action, "compression", action->option);
    }
}

// What is said once of a whole relation.
void change_setting(struct schema *schema, const struct action *action)
{
    struct schema_relation *relation = schema_edit(schema, action->relation);
    if (!relation)
        return;
    switch ((int)action->kind) {
    case ACTION_OWNER: set_value(schema, relation, action, "owner", action->new_name); return;
    case ACTION_SET_TABLESPACE:
        set_value(schema, relation, action, "tablespace", action->new_name);
        return;
    case ACTION_SET_ACCESS_METHOD:
        set_value(schema, relation, action, "access method", action->new_name);
        return;
    case ACTION_REPLICA_IDENTITY:
        set_value(schema, relation, action, "replica identity",
                  action->option ? action->option : action->member);
        return;
    case ACTION_CLUSTER_ON: set_value(schema, relation, action, "cluster", action->member); return;
    default: break;
    }
    bool is_forcing = strstr(action->option, "force") != NULL;
    set_value(schema, relation, action, is_forcing ? "forced row security" : "row security",
              action->option);
}

void change_comment(struct schema *schema, const struct action *action)
{
    const char *text = action->n_settings ? action->settings[0].value : NULL;
    struct schema_relation *relation = schema_edit(schema, action->relation);
    if (text && !*text)
        text = NULL; // '' takes it away
    switch ((int)action->object) {
    case OBJECT_TABLE:
    case OBJECT_INDEX:
    case OBJECT_VIEW:
    case OBJECT_MATERIALIZED_VIEW:
    case OBJECT_SEQUENCE:
    case OBJECT_FOREIGN_TABLE:
    case OBJECT_COLUMN:
    case OBJECT_CONSTRAINT:
    case OBJECT_TRIGGER:
    case OBJECT_RULE:
    case OBJECT_POLICY: break;
    default: schema_comment_object(schema, action, text); return;
    }
    if (!relation)
        return;
    schema_set_property(
        schema, relation,
        &(struct schema_property){.name = "comment",
                                  .object = action->member ? action->object : OBJECT_NONE,
                                  .part = action->member,
                                  .value = text});
}
