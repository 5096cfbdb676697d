/*
 * Rules on what the release that still runs meets in a column: its default, NULL, its type, and
 * rows that a trigger copies by position.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"

static const struct schema_column *old_column(const struct rule_place *place,
                                              const struct action *action)
{
    const struct schema_relation *relation =
        action->relation.name == NULL ? NULL : schema_find(place->before, action->relation);
    if (relation == NULL || action->column == NULL || schema_is_new(place->before, relation) ||
        place_adds_column(place, action->relation, action->column))
        return NULL;
    return schema_find_column(relation, action->column);
}

// The value without its cast: DROP DEFAULT, TYPE and SET DEFAULT of the same is no change.
static size_t value_len(const char *text)
{
    const char *cast = strstr(text, "::");
    return cast == NULL ? strlen(text) : (size_t)(cast - text);
}

static bool is_same_default(const char *a, const char *b)
{
    return value_len(a) == value_len(b) && strncmp(a, b, value_len(a)) == 0;
}

static void default_changed(struct rule_place *place, const struct action *action)
{
    const struct schema_relation *start = schema_find(place->before, action->relation);
    const struct schema_relation *end = schema_find(place->after, action->relation);
    if (start == NULL || end == NULL || schema_is_new(place->after, end))
        return;
    const struct schema_column *before = schema_find_column(start, action->column);
    const struct schema_column *after = schema_find_column(end, action->column);
    if (before == NULL || after == NULL || !before->has_default || before->default_text == NULL ||
        before->owned_sequence != NULL)
        return;
    const char *now = after->default_text == NULL ? "NULL" : after->default_text;
    if (is_same_default(before->default_text, now) || (!after->has_default && after->is_not_null))
        return; // required-column tells that it fails
    rule_report(place,
                "an INSERT of the running release that leaves %s.%s out stores %s from now on, "
                "not %s",
                place_name(place, action->relation), action->column, now, before->default_text);
}

// An earlier statement of the script was told for the column.
static bool is_told(const struct rule_place *place, size_t n, const struct action *action)
{
    for (size_t i = 0; i < n; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct action *a = &statement->actions[j];
            if ((a->kind == ACTION_SET_DEFAULT || a->kind == ACTION_DROP_DEFAULT) &&
                name_may_equal(a->relation, action->relation) &&
                strcmp(a->column, action->column) == 0)
                return true;
        }
    }
    return false;
}

static void check_default_changed(struct rule_place *place)
{
    for (size_t i = 0; i < place->script->n_statements; i++) {
        place->statement = &place->script->statements[i];
        for (size_t j = 0; j < place->statement->n_actions; j++) {
            const struct action *action = &place->statement->actions[j];
            if ((action->kind == ACTION_SET_DEFAULT || action->kind == ACTION_DROP_DEFAULT) &&
                !is_told(place, i, action))
                default_changed(place, action);
        }
    }
}

static void drop_not_null(struct rule_place *place, const struct action *action)
{
    const struct schema_column *column =
        action->kind == ACTION_DROP_NOT_NULL ? old_column(place, action) : NULL;
    if (column != NULL && column->is_not_null)
        rule_report(place, "the running release never met NULL in %s.%s",
                    place_name(place, action->relation), action->column);
}

static void check_drop_not_null(struct rule_place *place)
{
    place_each_action(place, drop_not_null);
}

static bool is_json(const struct type_name *type)
{
    return type->name != NULL && strcmp(type->name, "json") == 0 && !type->is_array;
}

static bool has_json(const struct rule_place *place, struct name table)
{
    const struct schema_relation *relation = schema_find(place->before, table);
    for (size_t i = 0; relation != NULL && i < relation->n_columns; i++) {
        if (is_json(&relation->columns[i].type))
            return true;
    }
    return false;
}

static void json_column(struct rule_place *place, const struct action *action)
{
    if ((action->kind != ACTION_ADD_COLUMN && action->kind != ACTION_ALTER_TYPE) ||
        action->definition == NULL || !is_json(&action->definition->type) ||
        place_is_new(place, action->relation) || has_json(place, action->relation))
        return;
    rule_report(place, "SELECT DISTINCT and UNION over %s fail from now on: json has no equality",
                place_name(place, action->relation));
}

static void check_json_column(struct rule_place *place)
{
    place_each_action(place, json_column);
}

static void type_visible(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_ALTER_TYPE || action->definition->type.name == NULL)
        return;
    const struct schema_column *column = old_column(place, action);
    if (column == NULL || column->type.text == NULL ||
        strcmp(column->type.text, action->definition->type.text) == 0 ||
        place_repeats(place, action))
        return;
    rule_report(place,
                "statements that the running release has prepared on %s.%s fail once: cached "
                "plan must not change result type (%s, then %s)",
                place_name(place, action->relation), action->column, column->type.text,
                action->definition->type.text);
}

static void check_type_change_visible(struct rule_place *place)
{
    place_each_action(place, type_visible);
}

// --- rows that are copied by position

static bool makes_function(const struct script *script, const char *name)
{
    for (size_t i = 0; i < script->n_statements; i++) {
        const struct statement *statement = &script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct action *action = &statement->actions[j];
            if (action->kind == ACTION_CREATE_FUNCTION && strcmp(action->relation.name, name) == 0)
                return true;
        }
    }
    return false;
}

// The trigger of `table` whose function stores the whole row without naming columns.
static const struct schema_trigger *copying_trigger(const struct rule_place *place,
                                                    const struct schema_relation *table)
{
    for (size_t i = 0; i < table->n_triggers; i++) {
        const struct schema_trigger *trigger = &table->triggers[i];
        const struct schema_function *function =
            trigger->function == NULL
                ? NULL
                : schema_find_function(place->before, (struct name){.name = trigger->function});
        const char *body = function == NULL ? NULL : function->body;
        if (body != NULL &&
            (strcasestr(body, "new.*") != NULL || strcasestr(body, "old.*") != NULL) &&
            strcasestr(body, "insert") != NULL && !trigger->is_disabled &&
            !makes_function(place->script, trigger->function))
            return trigger;
    }
    return NULL;
}

static void implied_columns(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_ADD_COLUMN && action->kind != ACTION_DROP_COLUMN)
        return;
    const struct schema_relation *table = schema_find(place->before, action->relation);
    const struct schema_trigger *trigger =
        table == NULL || place_repeats(place, action) ? NULL : copying_trigger(place, table);
    if (trigger != NULL)
        rule_report(place,
                    "trigger '%s' copies whole rows of %s by position (%s()): the copy must get "
                    "the same columns, or every write fails",
                    trigger->name, place_name(place, action->relation), trigger->function);
}

static void check_implied_columns(struct rule_place *place)
{
    place_each_action(place, implied_columns);
}

// --- rows

const struct rule rule_default_changed = {
    .id = "default-changed",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "the default of a column is changed or dropped",
    .why = "INSERTs that leave the column out go on without an error, and store something else.",
    .safe_form = "write the column explicitly in the code first, then change its default",
    .source = "PostgreSQL 15 manual, ALTER TABLE, SET DEFAULT",
    .kinds = {ACTION_SET_DEFAULT, ACTION_DROP_DEFAULT},
    .check_migration = check_default_changed,
};

const struct rule rule_drop_not_null = {
    .id = "drop-not-null",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "a column that never was NULL may be from now on",
    .why = "Code that reads it was written without a NULL in mind; the way back needs every row "
           "filled again.",
    .safe_form = "deploy the code that reads NULL first",
    .source = "PostgreSQL 15 manual, ALTER TABLE, DROP NOT NULL",
    .kinds = {ACTION_DROP_NOT_NULL},
    .check = check_drop_not_null,
};

const struct rule rule_json_column = {
    .id = "json-column",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "a json column comes into a table that queries already read",
    .why = "json has no equality operator: SELECT DISTINCT, UNION and GROUP BY over the whole row, "
           "which ran until now, fail.",
    .safe_form = "jsonb instead of json",
    .source = "PostgreSQL 15: could not identify an equality operator for type json",
    .kinds = {ACTION_ADD_COLUMN, ACTION_ALTER_TYPE},
    .check = check_json_column,
};

const struct rule rule_type_change_visible = {
    .id = "type-change-visible",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "programs see the column's new type",
    .why =
        "Prepared statements fail once with 'cached plan must not change result type', and drivers "
        "give the program another type than it expects.",
    .safe_form =
        "see that pools reconnect or prepare anew after the migration, and that the running "
        "release reads the new type",
    .source = "measured on PostgreSQL 15: also for varchar(20) to varchar(40)",
    .kinds = {ACTION_ALTER_TYPE},
    .check = check_type_change_visible,
};

const struct rule rule_implied_columns = {
    .id = "implied-columns",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "a column comes or goes, and a trigger copies whole rows of the table by position",
    .why = "INSERT … SELECT NEW.* fails from the next session on: it has more expressions than "
           "target columns, or puts values into the wrong ones.",
    .safe_form =
        "alter the table of copies in the same migration, or name the columns in the function",
    .source = "measured on PostgreSQL 15: INSERT has more expressions than target columns",
    .kinds = {ACTION_ADD_COLUMN, ACTION_DROP_COLUMN},
    .check = check_implied_columns,
};
