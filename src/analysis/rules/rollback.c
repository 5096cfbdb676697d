/*
 * Rules on the way back: there is none, it cannot bring the data back, it leaves another schema.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/restoration.h"
#include "analysis/rules/rules.h"
#include "analysis/table_copy.h"

#define DIFFERENCES_TOLD 3    // and none behind
#define DIFFERENCES_WIDTH 150 // so many characters

static void check_missing_down(struct rule_place *place)
{
    bool does_something = place->script->n_statements + place->script->n_not_understood > 0;
    if (place->is_down || !place->others_have_downs || !does_something ||
        place->migration->is_repeatable)
        return;
    if (place->migration->down.path == NULL)
        rule_report(place, "has no down, although others of this change have one");
}

// What the up took away although the down can only bring back the shape of it.
static const char *lost_by_up(const struct rule_place *place, const struct action *action)
{
    const struct schema_relation *relation =
        action->relation.name == NULL ? NULL : schema_find(place->down_target, action->relation);
    if (relation == NULL)
        return NULL;
    struct table_copy copy;
    if (action->kind == ACTION_DROP && action->object == OBJECT_TABLE &&
        schema_find(place->after, action->relation) != NULL &&
        !(table_copy_find(place->other, place->other->n_statements, place->down_target,
                          action->relation, &copy) &&
          copy.lost_column == NULL))
        return mem_printf(place->mem, "the rows of %s", place_name(place, relation->name));
    const struct schema_relation *restored = schema_find(place->after, action->relation);
    if (action->kind == ACTION_DROP_COLUMN && restored != NULL &&
        schema_find_column(restored, action->column) != NULL) {
        const struct schema_column *column = schema_find_column(relation, action->column);
        if (column != NULL && !column->is_generated)
            return mem_printf(place->mem, "the values of %s.%s", place_name(place, relation->name),
                              action->column);
    }
    if (action->kind == ACTION_TRUNCATE)
        return mem_printf(place->mem, "the rows of %s", place_name(place, relation->name));
    return NULL;
}

// Does the down write the rows or values back from somewhere?
static bool writes_back(const struct rule_place *place, struct name table)
{
    for (size_t i = 0; i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct query *query = statement->actions[j].query;
            if (statement->actions[j].kind == ACTION_QUERY && query != NULL &&
                (query->verb == QUERY_UPDATE || query->verb == QUERY_INSERT) &&
                name_may_equal(query->target, table))
                return true;
        }
    }
    return false;
}

static void check_irreversible_down(struct rule_place *place)
{
    if (place->other == NULL || place->down_target == NULL)
        return;
    const char *first = NULL;
    size_t n = 0;
    for (size_t i = 0; i < place->other->n_statements; i++) {
        const struct statement *statement = &place->other->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const char *lost = lost_by_up(place, &statement->actions[j]);
            if (lost == NULL || writes_back(place, statement->actions[j].relation))
                continue;
            first = first == NULL ? lost : first;
            n++;
        }
    }
    if (n == 1)
        rule_report(place, "brings the schema back, but not %s", first);
    else if (n > 1)
        rule_report(place, "brings the schema back, but not %s (and %zu more)", first, n - 1);
}

static void add_difference(struct restoration *restoration, const char *text)
{
    *mem_append(restoration, restoration->differences, restoration->n) =
        mem_strdup(restoration, text);
}

static void compare_function(const struct rule_place *place, struct restoration *restoration,
                             struct name name)
{
    const struct schema_function *was = schema_find_function(place->down_target, name);
    const struct schema_function *is = schema_find_function(place->after, name);
    if (was == NULL && is != NULL)
        add_difference(restoration,
                       mem_printf(place->mem, "function '%s' is left over", name.name));
    else if (was != NULL && is == NULL)
        add_difference(restoration, mem_printf(place->mem, "function '%s' is missing", name.name));
    else if (was != NULL && was->body != NULL && is->body != NULL &&
             strcmp(was->body, is->body) != 0)
        add_difference(restoration,
                       mem_printf(place->mem, "function '%s' has another body", name.name));
}

static bool same_labels(const struct schema_type *was, const struct schema_type *is)
{
    bool same = was->n_labels == is->n_labels;
    for (size_t i = 0; same && i < was->n_labels; i++)
        same = strcmp(was->labels[i], is->labels[i]) == 0;
    return same;
}

static void compare_type(const struct rule_place *place, struct restoration *restoration,
                         struct name name)
{
    const struct schema_type *was = schema_find_type(place->down_target, name);
    const struct schema_type *is = schema_find_type(place->after, name);
    if (was == NULL && is != NULL)
        add_difference(restoration, mem_printf(place->mem, "type '%s' is left over", name.name));
    else if (was != NULL && is == NULL)
        add_difference(restoration, mem_printf(place->mem, "type '%s' is missing", name.name));
    else if (was != NULL && !same_labels(was, is))
        add_difference(restoration,
                       mem_printf(place->mem, "type '%s' has other values", name.name));
}

// Functions, types and extensions that one of the two scripts names.
static void compare_named(const struct rule_place *place, const struct script *script,
                          struct restoration *restoration)
{
    for (size_t i = 0; i < script->n_statements; i++) {
        const struct statement *statement = &script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct action *action = &statement->actions[j];
            bool is_drop = action->kind == ACTION_DROP;
            if (action->kind == ACTION_CREATE_FUNCTION ||
                (is_drop && action->object == OBJECT_FUNCTION))
                compare_function(place, restoration, action->relation);
            else if (action->kind == ACTION_CREATE_TYPE || action->kind == ACTION_ADD_ENUM_VALUE ||
                     action->kind == ACTION_RENAME_ENUM_VALUE ||
                     (is_drop && action->object == OBJECT_TYPE))
                compare_type(place, restoration, action->relation);
        }
    }
}

static bool is_told(const struct restoration *restoration, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (strcmp(restoration->differences[j], restoration->differences[i]) == 0)
            return true;
    }
    return false;
}

static void check_down_does_not_restore(struct rule_place *place)
{
    if (place->down_target == NULL || place->other == NULL || place->script->n_not_understood > 0 ||
        place->other->n_not_understood > 0 ||
        schema_doubts(place->after) != schema_doubts(place->down_target))
        return;
    struct restoration *restoration =
        restoration_compare(place->mem, place->down_target, place->after);
    compare_named(place, place->other, restoration);
    compare_named(place, place->script, restoration);
    char *text = NULL;
    size_t n = 0, n_told = 0;
    for (size_t i = 0; i < restoration->n; i++) {
        if (is_told(restoration, i))
            continue;
        n++;
        if (n_told == DIFFERENCES_TOLD || (text != NULL && strlen(text) > DIFFERENCES_WIDTH))
            continue;
        n_told++;
        text = text == NULL ? mem_strdup(place->mem, restoration->differences[i])
                            : mem_printf(place->mem, "%s; %s", text, restoration->differences[i]);
    }
    if (n > n_told)
        text = mem_printf(place->mem, "%s; and %zu more", text, n - n_told);
    if (n > 0)
        rule_report(place, "leaves another schema than before the up: %s", text);
    else if (restoration->n_reordered > 0)
        rule_report_as(place, SEVERITY_NOTE,
                       "name the columns in every INSERT and COPY; nothing moves them back",
                       "leaves the columns of %s in another order than before the up",
                       restoration->reordered[0]);
}

// --- rows

const struct rule rule_missing_down = {
    .id = "missing-down",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "a migration without a down, although others of the change have one",
    .why = "The release can be rolled back, this migration cannot.",
    .safe_form = "write the down, or say in it why there is none",
    .source = "the migrations of this change",
    .check_migration = check_missing_down,
};

const struct rule rule_irreversible_down = {
    .id = "irreversible-down",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .in_downs = true,
    .summary = "a down that brings back a table or column, but not what was in it",
    .why = "After the rollback the schema looks right and the data is gone.",
    .safe_form = "copy the values away in the up and write them back in the down, or plan "
                 "for a restore",
    .source = "downs of three public projects, run on PostgreSQL 15: many bring the schema "
              "back without the data",
    .check_migration = check_irreversible_down,
};

const struct rule rule_down_does_not_restore = {
    .id = "down-does-not-restore",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .in_downs = true,
    .summary = "a down after which the schema differs from the one before the up",
    .why = "The next release meets a schema that no migration describes; a second up may "
           "fail.",
    .safe_form = "make the down the exact opposite of the up: types, defaults, NOT NULL, "
                 "constraints, indexes",
    .source = "downs of three public projects, run on PostgreSQL 15: one in ten left a "
              "different schema",
    .check_migration = check_down_does_not_restore,
};
