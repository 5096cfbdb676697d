/*
 * Triggers of a schema. One for each row of a partitioned table has a clone on every partition,
 * which comes, goes and is renamed with it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"

static struct schema_trigger *find_trigger(const struct schema *schema,
                                           const struct schema_relation *relation, const char *name)
{
    for (size_t i = 0; i < relation->n_triggers; i++) {
        if (schema_same(schema, relation->triggers[i].name, name))
            return &relation->triggers[i];
    }
    return NULL;
}

void schema_drop_trigger(struct schema *schema, struct schema_relation *relation, const char *name,
                         bool is_clone)
{
    struct schema_trigger *gone = find_trigger(schema, relation, name);
    if (!gone || gone->is_clone != is_clone)
        return;
    size_t place = (size_t)(gone - relation->triggers);
    schema_forget_part(relation, OBJECT_TRIGGER, gone->name);
    relation->n_triggers--;
    memmove(gone, gone + 1, (relation->n_triggers - place) * sizeof(*gone));
}

void schema_clone_trigger(struct schema *schema, struct schema_relation *partition,
                          const struct schema_trigger *trigger)
{
    if (!trigger->definition || !trigger->definition->is_for_each_row ||
        find_trigger(schema, partition, trigger->name))
        return;
    struct schema_trigger *clone =
        mem_append(partition, partition->triggers, partition->n_triggers);
    *clone = *trigger;
    clone->is_clone = true;
}

static void put_trigger(struct schema *schema, struct schema_relation *relation,
                        const struct schema_trigger *trigger)
{
    struct schema_trigger *old = find_trigger(schema, relation, trigger->name);
    if (!old)
        old = mem_append(relation, relation->triggers, relation->n_triggers);
    *old = *trigger;
}

// The table, and where its clones are.
static struct relation_list trigger_tables(TALLOC_CTX *mem, const struct schema *schema,
                                           const struct action *action)
{
    struct relation_list list = {0};
    struct schema_relation *relation = schema_find(schema, action->relation);
    if (relation && relation->kind == RELATION_PARTITIONED)
        return schema_descendants(mem, schema, relation);
    if (relation)
        list_add(mem, &list, relation);
    return list;
}

void change_create_trigger(struct schema *schema, const struct action *action)
{
    SCRATCH(tmp);
    struct relation_list tables = trigger_tables(tmp, schema, action);
    struct schema_trigger trigger = {.name = mem_strdup(schema->pool, action->member),
                                     .function = mem_strdup(schema->pool, action->option)};
    if (action->trigger)
        trigger.definition = schema_keep_trigger(schema, action->trigger);
    for (size_t i = 0; i < tables.n; i++) {
        struct schema_relation *table = schema_edit(schema, tables.list[i]->name);
        if (i > 0 && !(action->trigger && action->trigger->is_for_each_row))
            break;
        trigger.is_clone = i > 0;
        put_trigger(schema, table, &trigger);
    }
}

void change_drop_trigger(struct schema *schema, const struct action *action)
{
    SCRATCH(tmp);
    struct relation_list tables = trigger_tables(tmp, schema, action);
    for (size_t i = 0; i < tables.n; i++)
        schema_drop_trigger(schema, schema_edit(schema, tables.list[i]->name), action->member,
                            i > 0);
}

void change_rename_trigger(struct schema *schema, const struct action *action)
{
    SCRATCH(tmp);
    struct relation_list tables = trigger_tables(tmp, schema, action);
    const char *name = mem_strdup(schema->pool, action->new_name);
    for (size_t i = 0; i < tables.n; i++) {
        struct schema_relation *table = schema_edit(schema, tables.list[i]->name);
        struct schema_trigger *trigger = find_trigger(schema, table, action->member);
        if (!trigger || trigger->is_clone != (i > 0))
            continue;
        schema_rename_part(table, OBJECT_TRIGGER, trigger->name, name);
        trigger->name = name;
    }
}

// ENABLE and DISABLE TRIGGER: one, ALL or USER.
void change_enable_trigger(struct schema *schema, const struct action *action)
{
    SCRATCH(tmp);
    struct relation_list list = schema_edit_targets(tmp, schema, action);
    bool is_every =
        schema_same(schema, action->member, "ALL") || schema_same(schema, action->member, "USER");
    for (size_t i = 0; i < list.n; i++) {
        for (size_t k = 0; k < list.list[i]->n_triggers; k++) {
            struct schema_trigger *trigger = &list.list[i]->triggers[k];
            if (is_every || schema_same(schema, trigger->name, action->member))
                trigger->is_disabled = action->kind == ACTION_DISABLE_TRIGGER;
        }
    }
}
