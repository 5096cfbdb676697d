/*
 * Restoration: triggers, policies, rules, statistics, comments and options of a relation.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/restoration_comparison.h"

static const struct schema_trigger *find_trigger(const struct schema_relation *relation,
                                                 const char *name)
{
    for (size_t i = 0; i < relation->n_triggers; i++) {
        if (strcmp(relation->triggers[i].name, name) == 0)
            return &relation->triggers[i];
    }
    return NULL;
}

static bool same_trigger(const struct comparison *comparison, const struct schema_trigger *a,
                         const struct schema_trigger *b)
{
    const struct trigger_definition *x = a->definition, *y = b->definition;
    if (a->is_disabled != b->is_disabled)
        return false;
    if (x == NULL || y == NULL)
        return true; // not known
    return x->timing == y->timing && x->on_insert == y->on_insert && x->on_update == y->on_update &&
           x->on_delete == y->on_delete && x->on_truncate == y->on_truncate &&
           x->is_for_each_row == y->is_for_each_row && x->is_constraint == y->is_constraint &&
           x->is_deferrable == y->is_deferrable && x->is_deferred == y->is_deferred &&
           same_text(x->old_table, y->old_table) && same_text(x->new_table, y->new_table) &&
           same_words(x->columns, x->n_columns, y->columns, y->n_columns) &&
           same_words(x->arguments, x->n_arguments, y->arguments, y->n_arguments) &&
           same_sql(comparison, x->condition == NULL ? NULL : x->condition->text,
                    y->condition == NULL ? NULL : y->condition->text);
}

static const char *bare_function(const char *function)
{
    const char *dot = function == NULL ? NULL : strrchr(function, '.');
    return dot == NULL ? function : dot + 1;
}

void compare_triggers(struct comparison *comparison, const char *table,
                      const struct schema_relation *target, const struct schema_relation *actual)
{
    for (size_t i = 0; i < target->n_triggers; i++) {
        const struct schema_trigger *trigger = &target->triggers[i];
        const struct schema_trigger *other = find_trigger(actual, trigger->name);
        if (other == NULL)
            differs(comparison, "trigger '%s' of %s is missing", trigger->name, table);
        else if (!same_text(bare_function(other->function), bare_function(trigger->function)))
            differs(comparison, "trigger '%s' of %s calls another function", trigger->name, table);
        else if (!same_trigger(comparison, trigger, other))
            differs(comparison, "trigger '%s' of %s fires in another way", trigger->name, table);
    }
    for (size_t i = 0; i < actual->n_triggers; i++) {
        if (find_trigger(target, actual->triggers[i].name) == NULL)
            differs(comparison, "trigger '%s' of %s is left over", actual->triggers[i].name, table);
    }
}

// --- policies, rules, statistics

static const struct schema_member *find_member(const struct schema_relation *relation,
                                               const struct schema_member *member)
{
    for (size_t i = 0; i < relation->n_members; i++) {
        if (relation->members[i].object == member->object &&
            strcmp(relation->members[i].name, member->name) == 0)
            return &relation->members[i];
    }
    return NULL;
}

void compare_members(struct comparison *comparison, const char *table,
                     const struct schema_relation *target, const struct schema_relation *actual)
{
    for (size_t i = 0; i < target->n_members; i++) {
        const struct schema_member *was = &target->members[i], *is = find_member(actual, was);
        const char *kind = object_kind_name(was->object);
        if (is == NULL)
            differs(comparison, "%s '%s' of %s is missing", kind, was->name, table);
        else if (was->definition != NULL && is->definition != NULL &&
                 !same_sql(comparison, was->definition, is->definition))
            differs(comparison, "%s '%s' of %s is another one", kind, was->name, table);
    }
    for (size_t i = 0; i < actual->n_members; i++) {
        const struct schema_member *is = &actual->members[i];
        if (find_member(target, is) == NULL)
            differs(comparison, "%s '%s' of %s is left over", object_kind_name(is->object),
                    is->name, table);
    }
}

// --- properties

static const char *property_words(const struct comparison *comparison, const char *table,
                                  const struct schema_property *property)
{
    return property->part == NULL
               ? mem_printf(comparison->mem, "%s of %s", property->name, table)
               : mem_printf(comparison->mem, "%s of %s '%s' of %s", property->name,
                            object_kind_name(property->object), property->part, table);
}

// Who owned a relation and where it lay is known only once a statement has said it.
static bool has_unknown_default(const struct schema_property *property)
{
    return strcmp(property->name, "owner") == 0 || strcmp(property->name, "tablespace") == 0 ||
           strcmp(property->name, "access method") == 0;
}

// A live catalog is not asked for all of them.
void compare_properties(struct comparison *comparison, const char *table,
                        const struct schema_relation *target, const struct schema_relation *actual)
{
    for (size_t i = 0; i < target->n_properties; i++) {
        const struct schema_property *was = &target->properties[i];
        const struct schema_property *is =
            schema_find_property(actual, was->name, was->object, was->part);
        if (is == NULL)
            differs(comparison, "%s is gone", property_words(comparison, table, was));
        else if (strcmp(is->value, was->value) != 0)
            differs(comparison, "%s is another one", property_words(comparison, table, was));
    }
    for (size_t i = 0; i < actual->n_properties; i++) {
        const struct schema_property *is = &actual->properties[i];
        if (!schema_is_live(comparison->target) && !has_unknown_default(is) &&
            schema_find_property(target, is->name, is->object, is->part) == NULL)
            differs(comparison, "%s was not set", property_words(comparison, table, is));
    }
}
