/*
 * Rule on what others need: a table, key, index, function or type is dropped without CASCADE while
 * a view, a foreign key, a constraint, a trigger or a column of another still needs it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"
#include "analysis/schema_edit.h"

static bool statement_drops(const struct statement *statement, struct name name)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        if (statement->actions[i].kind == ACTION_DROP &&
            name_may_equal(statement->actions[i].relation, name))
            return true;
    }
    return false;
}

static bool view_reads(const struct schema_relation *view, struct name name)
{
    for (size_t i = 0; i < view->n_reads; i++) {
        if (name_may_equal(view->reads[i], name))
            return true;
    }
    return false;
}

static const char *dependent_on_table(struct rule_place *place, struct name table)
{
    SCRATCH(tmp);
    struct relation_list linked =
        schema_linked(tmp, place->before, table, 1U << LINK_READ | 1U << LINK_REFERENCE);

    for (size_t k = 0; k < linked.n; k++) {
        const struct schema_relation *r = linked.list[k];
        if (name_may_equal(r->name, table) || statement_drops(place->statement, r->name))
            continue;
        if (view_reads(r, table))
            return mem_printf(place->mem, "view '%s' reads it", place_name(place, r->name));
        for (size_t i = 0; i < r->n_constraints; i++) {
            if (r->constraints[i].kind == CONSTRAINT_FOREIGN_KEY &&
                name_may_equal(r->constraints[i].references, table))
                return mem_printf(place->mem, "'%s' has a foreign key to it",
                                  place_name(place, r->name));
        }
    }
    return NULL;
}

// Another unique index of the same columns: the foreign keys may stand on that one.
static bool has_other_key(const struct schema_relation *table, const struct schema_constraint *key)
{
    for (size_t i = 0; i < table->n_indexes; i++) {
        const struct schema_index *index = &table->indexes[i];
        bool alike = index->is_unique && index->n_columns == key->n_columns &&
                     (key->index == NULL || strcmp(index->name, key->index) != 0);
        for (size_t k = 0; alike && k < index->n_columns; k++)
            alike = index->columns[k].column != NULL &&
                    word_in(index->columns[k].column, key->columns, key->n_columns);
        if (alike)
            return true;
    }
    return false;
}

// The foreign keys of other tables stand on a key's index.
static const char *dependent_on_key(struct rule_place *place, const struct action *action)
{
    const struct schema_relation *table = schema_find(place->before, action->relation);
    const struct schema_constraint *key = table == NULL || action->member == NULL
                                              ? NULL
                                              : schema_find_constraint(table, action->member);
    if (key == NULL || (key->kind != CONSTRAINT_PRIMARY_KEY && key->kind != CONSTRAINT_UNIQUE) ||
        !schema_may_be_used(place->before, table))
        return NULL;
    if (has_other_key(table, key))
        return NULL;
    SCRATCH(tmp);
    struct relation_list linked =
        schema_linked(tmp, place->before, table->name, 1U << LINK_REFERENCE);

    for (size_t k = 0; k < linked.n; k++) {
        const struct schema_relation *r = linked.list[k];
        for (size_t i = 0; r != table && i < r->n_constraints; i++) {
            const struct schema_constraint *c = &r->constraints[i];
            bool stands =
                c->kind == CONSTRAINT_FOREIGN_KEY && name_may_equal(c->references, table->name) &&
                c->n_referenced > 0 &&
                words_are_same(c->referenced, c->n_referenced, key->columns, key->n_columns);
            if (stands)
                return mem_printf(place->mem, "'%s' has a foreign key that stands on it",
                                  place_name(place, r->name));
        }
    }
    return NULL;
}

bool place_key_is_needed(struct rule_place *place, const struct action *action)
{
    return action->kind == ACTION_DROP_CONSTRAINT && !action->cascade &&
           dependent_on_key(place, action) != NULL;
}

static const char *dependent_on_index(struct rule_place *place, const struct action *action)
{
    struct schema_index *index;
    const struct schema_relation *table =
        schema_find_index(place->before, action->relation, &index);
    for (size_t i = 0; table != NULL && i < table->n_constraints; i++) {
        const struct schema_constraint *c = &table->constraints[i];
        if (c->index != NULL && strcmp(c->index, index->name) == 0)
            return mem_printf(place->mem, "constraint '%s' of '%s' needs it; drop that", c->name,
                              place_name(place, table->name));
    }
    return NULL;
}

static const char *dependent_on_function(struct rule_place *place, struct name function)
{
    for (const struct schema_relation *r = schema_next(place->before, NULL); r != NULL;
         r = schema_next(place->before, r)) {
        for (size_t i = 0; i < r->n_triggers; i++) {
            if (r->triggers[i].function != NULL &&
                strcmp(r->triggers[i].function, function.name) == 0)
                return mem_printf(place->mem, "trigger '%s' of '%s' calls it", r->triggers[i].name,
                                  place_name(place, r->name));
        }
    }
    return NULL;
}

static const char *dependent_on_type(struct rule_place *place, struct name type)
{
    for (const struct schema_relation *r = schema_next(place->before, NULL); r != NULL;
         r = schema_next(place->before, r)) {
        for (size_t i = 0; i < r->n_columns; i++) {
            const struct type_name *known = &r->columns[i].type;
            if (known->name != NULL &&
                name_may_equal((struct name){known->schema, known->name}, type))
                return mem_printf(place->mem, "column '%s' of '%s' has this type",
                                  r->columns[i].name, place_name(place, r->name));
        }
    }
    return NULL;
}

static void check_dependents(struct rule_place *place, const struct action *action)
{
    const char *dependent = NULL;
    if (action->cascade)
        return;
    if (action->kind == ACTION_DROP_CONSTRAINT &&
        (dependent = dependent_on_key(place, action)) != NULL)
        rule_report(place, "dropping constraint %s fails: %s", action->member, dependent);
    if (action->kind != ACTION_DROP)
        return;
    const struct schema_relation *table =
        action->object == OBJECT_TABLE ? schema_find(place->before, action->relation) : NULL;
    if (table != NULL && schema_may_be_used(place->before, table))
        dependent = dependent_on_table(place, table->name);
    else if (action->object == OBJECT_FUNCTION)
        dependent = dependent_on_function(place, action->relation);
    else if (action->object == OBJECT_TYPE || action->object == OBJECT_DOMAIN)
        dependent = dependent_on_type(place, action->relation);
    else if (action->object == OBJECT_INDEX)
        dependent = dependent_on_index(place, action);
    if (dependent != NULL)
        rule_report(place, "dropping %s %s fails: %s", object_kind_name(action->object),
                    place_name(place, action->relation), dependent);
}

static void check_drop_has_dependents(struct rule_place *place)
{
    place_each_action(place, check_dependents);
}

const struct rule rule_drop_has_dependents = {
    .id = "drop-has-dependents",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES,
    .in_downs = true,
    .summary = "DROP of what a view, a foreign key, a trigger or a column still needs, "
               "without CASCADE",
    .why = "It fails: the server refuses to drop what others depend on.",
    .safe_form = "drop or change what depends on it first, by name",
    .source = "PostgreSQL 15 manual, Dependency Tracking",
    .kinds = {ACTION_DROP, ACTION_DROP_CONSTRAINT},
    .check = check_drop_has_dependents,
};
