/*
 * Rules on what the release that still runs calls and reads by name beside tables and columns:
 * types, functions, schemas, views, values of an enum.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"

// The old name of what `action` acts on, wherever the reader put it.
static struct name object_name(const struct action *action)
{
    struct name name = action->relation;
    if (name.name == NULL)
        name.name = action->member;
    return name;
}

static const char *object_text(const struct rule_place *place, const struct action *action)
{
    struct name name = object_name(action);
    return name.schema == NULL ? name.name
                               : mem_printf(place->mem, "%s.%s", name.schema, name.name);
}

static bool makes_object(const struct action *action, struct name name)
{
    switch ((int)action->kind) {
    case ACTION_CREATE_VIEW:
    case ACTION_CREATE_TABLE:
    case ACTION_CREATE_TABLE_AS:
    case ACTION_CREATE_SEQUENCE:
    case ACTION_CREATE_TYPE:
    case ACTION_CREATE_FUNCTION:
    case ACTION_CREATE_SCHEMA: return name_may_equal(object_name(action), name);
    case ACTION_RENAME: return strcmp(action->new_name, name.name) == 0;
    default: return false;
    }
}

// Statements [start, end) make something of this name.
static bool is_made(const struct rule_place *place, struct name name, size_t start, size_t end)
{
    for (size_t i = start; i < end; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            if (makes_object(&statement->actions[j], name))
                return true;
        }
    }
    return false;
}

static bool is_own_or_comes_back(const struct rule_place *place, struct name name)
{
    return place_is_new(place, name) || is_made(place, name, 0, place->index) ||
           is_made(place, name, place->index + 1, place->script->n_statements);
}

// --- renames

// Objects that programs name.
static bool is_named_by_programs(enum object_kind object)
{
    switch ((int)object) {
    case OBJECT_SEQUENCE:
    case OBJECT_FUNCTION:
    case OBJECT_PROCEDURE:
    case OBJECT_AGGREGATE:
    case OBJECT_TYPE:
    case OBJECT_ENUM:
    case OBJECT_COMPOSITE:
    case OBJECT_RANGE:
    case OBJECT_DOMAIN:
    case OBJECT_SCHEMA:
    case OBJECT_ROLE:
    case OBJECT_DATABASE: return true;
    default: return false;
    }
}

static bool is_relation(enum object_kind object)
{
    return object == OBJECT_TABLE || object == OBJECT_VIEW || object == OBJECT_MATERIALIZED_VIEW ||
           object == OBJECT_FOREIGN_TABLE;
}

static void rename_object(struct rule_place *place, const struct action *action)
{
    bool is_renamed = action->kind == ACTION_RENAME && is_named_by_programs(action->object);
    bool is_moved = action->kind == ACTION_SET_SCHEMA &&
                    (is_named_by_programs(action->object) || is_relation(action->object));
    bool is_value = action->kind == ACTION_RENAME_ENUM_VALUE;
    struct name name = object_name(action);
    if ((!is_renamed && !is_moved && !is_value) || name.name == NULL || action->new_name == NULL)
        return;
    if (is_value && !is_made(place, name, 0, place->index))
        rule_report(place, "the release that still runs writes '%s' to %s, not '%s'",
                    action->member, place_name(place, name), action->new_name);
    if (is_value || is_own_or_comes_back(place, name))
        return;
    if (is_moved)
        rule_report(place, "the release that still runs looks for %s %s where it is, not in %s",
                    object_kind_name(action->object), object_text(place, action), action->new_name);
    else
        rule_report_as(
            place, action->object == OBJECT_SEQUENCE ? SEVERITY_NOTE : place->rule->severity, NULL,
            "the release that still runs knows %s %s, not %s", object_kind_name(action->object),
            object_text(place, action), action->new_name);
}

static void rename_constraint(struct rule_place *place, const struct action *action)
{
    const struct schema_relation *table = action->kind == ACTION_RENAME_CONSTRAINT
                                              ? schema_find(place->before, action->relation)
                                              : NULL;
    const struct schema_constraint *key = table == NULL || place_is_new(place, action->relation)
                                              ? NULL
                                              : schema_find_constraint(table, action->member);
    if (key != NULL && (key->kind == CONSTRAINT_UNIQUE || key->kind == CONSTRAINT_PRIMARY_KEY))
        rule_report_as(
            place, SEVERITY_NOTE, NULL,
            "ON CONFLICT ON CONSTRAINT %s and error handlers of the running release know "
            "it by this name",
            action->member);
}

static void check_rename_object(struct rule_place *place)
{
    place_each_action(place, rename_object);
    place_each_action(place, rename_constraint);
}

// --- drops

// A function of triggers: no program calls it.
static bool is_trigger_function(const struct rule_place *place, struct name name)
{
    const struct schema_function *function = schema_find_function(place->before, name);
    return function != NULL && function->body != NULL &&
           (strstr(function->body, "NEW") != NULL || strstr(function->body, "OLD") != NULL ||
            strstr(function->body, "TG_") != NULL || strstr(function->body, "new.") != NULL ||
            strstr(function->body, "old.") != NULL);
}

static bool is_interface(const struct action *action)
{
    return is_named_by_programs(action->object)
               ? action->object != OBJECT_SCHEMA && action->object != OBJECT_DATABASE &&
                     action->object != OBJECT_ROLE
               : action->object == OBJECT_VIEW || action->object == OBJECT_MATERIALIZED_VIEW;
}

static bool is_absent(const struct rule_place *place, const struct action *action)
{
    return action->if_exists && place->is_history_known &&
           schema_find(place->before, action->relation) == NULL &&
           schema_find_type(place->before, action->relation) == NULL &&
           schema_find_function(place->before, action->relation) == NULL;
}

static void drop_interface(struct rule_place *place, const struct action *action)
{
    struct name name = object_name(action);
    if (action->kind != ACTION_DROP || !is_interface(action) || name.name == NULL ||
        is_own_or_comes_back(place, name) || is_absent(place, action) ||
        is_trigger_function(place, name))
        return;
    bool is_view = action->object == OBJECT_VIEW || action->object == OBJECT_MATERIALIZED_VIEW;
    rule_report_as(place, is_view ? SEVERITY_WARN : SEVERITY_NOTE, NULL,
                   "the release that still runs may use %s %s", object_kind_name(action->object),
                   object_text(place, action));
}

static void check_drop_interface(struct rule_place *place)
{
    place_each_action(place, drop_interface);
}

// --- views that are made anew

static bool is_dropped_before(const struct rule_place *place, struct name name)
{
    for (size_t i = 0; i < place->index; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct action *action = &statement->actions[j];
            if (action->kind == ACTION_DROP && name_may_equal(action->relation, name))
                return true;
        }
    }
    return false;
}

static const char *missing_column(const struct schema_relation *old, const struct query *query)
{
    for (size_t i = 0; i < query->n_outputs; i++) {
        if (query->output_names == NULL || query->output_names[i] == NULL)
            return NULL; // a "*", or a name that the server makes
    }
    for (size_t i = 0; i < old->n_columns; i++) {
        if (!word_in(old->columns[i].name, query->output_names, query->n_outputs))
            return old->columns[i].name;
    }
    return NULL;
}

static const char *output_of_other_type(const struct rule_place *place,
                                        const struct schema_column *old, const struct query *query,
                                        size_t i)
{
    const struct expression *output = &query->outputs[i];
    const struct schema_relation *source =
        query->n_reads == 1 ? schema_find(place->before, query->reads[0]) : NULL;
    bool is_column = source != NULL && output->n_columns == 1 && output->text != NULL &&
                     strcmp(output->text, output->columns[0]) == 0;
    const struct schema_column *now =
        is_column ? schema_find_column(source, output->columns[0]) : NULL;
    if (now == NULL || now->type.name == NULL || old->type.name == NULL ||
        strcmp(now->type.text, old->type.text) == 0)
        return NULL;
    return mem_printf(place->mem, "make column %s %s where it is %s", old->name, now->type.text,
                      old->type.text);
}

// What OR REPLACE would have to do to the first columns, and does not; NULL: nothing.
static const char *replaced_column(const struct rule_place *place,
                                   const struct schema_relation *old, const struct query *query)
{
    const char *why = NULL;
    bool is_known = !old->lacks_columns && query->n_outputs >= old->n_columns;
    for (size_t i = 0; is_known && why == NULL && i < old->n_columns; i++) {
        const char *was = old->columns[i].name, *is = query->output_names[i];
        if (is == NULL)
            return NULL; // a "*", or a name that the server makes
        why = strcmp(is, was) != 0 ? mem_printf(place->mem, "call column %s %s", was, is)
                                   : output_of_other_type(place, &old->columns[i], query, i);
    }
    return why;
}

static void refuse_replacement(struct rule_place *place, const struct schema_relation *old,
                               const struct action *action)
{
    const char *why = replaced_column(place, old, action->query);
    if (why != NULL)
        rule_report_as(place, SEVERITY_STOP,
                       "add columns at the end only; else DROP VIEW and CREATE VIEW in one "
                       "transaction",
                       "OR REPLACE cannot %s in %s: it fails", why,
                       place_name(place, action->relation));
}

static void view_made_anew(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_CREATE_VIEW || action->query == NULL || action->n_columns > 0)
        return;
    bool is_dropped = is_dropped_before(place, action->relation);
    const struct schema_relation *old =
        schema_find(is_dropped ? place->start : place->before, action->relation);
    if (old == NULL || old->kind != RELATION_VIEW)
        return;
    const char *missing = missing_column(old, action->query);
    if (missing == NULL && !is_dropped && action->or_replace)
        refuse_replacement(place, old, action);
    if (missing == NULL)
        return;
    if (is_dropped)
        rule_report(place,
                    "%s has no column %s any more: queries of the running release that name it "
                    "fail",
                    place_name(place, action->relation), missing);
    else
        rule_report_as(place, SEVERITY_STOP,
                       "DROP VIEW and CREATE VIEW in one transaction, once nobody reads the column",
                       "OR REPLACE cannot take column %s from %s: it fails", missing,
                       place_name(place, action->relation));
}

static void check_view_loses_column(struct rule_place *place)
{
    place_each_action(place, view_made_anew);
}

static void enum_value_added(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_ADD_ENUM_VALUE &&
        !is_made(place, object_name(action), 0, place->index))
        rule_report(place, "the running release does not know the value '%s' of %s", action->member,
                    object_text(place, action));
}

static void check_enum_value_added(struct rule_place *place)
{
    place_each_action(place, enum_value_added);
}

// --- rows

const struct rule rule_rename_object = {
    .id = "rename-object",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "a schema, type, enum value, function, sequence or constraint that programs name is "
               "renamed or moved",
    .why =
        "Until the new release serves everywhere, every query of the old one that names it fails.",
    .safe_form = "add the new one beside it, move its users, drop the old one a release later",
    .source = "PostgreSQL 15 manual, ALTER TYPE, ALTER FUNCTION, ALTER SCHEMA",
    .kinds = {ACTION_RENAME, ACTION_SET_SCHEMA, ACTION_RENAME_ENUM_VALUE, ACTION_RENAME_CONSTRAINT},
    .check = check_rename_object,
};

const struct rule rule_drop_interface = {
    .id = "drop-interface",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "a view, function, type or sequence is dropped and not made again",
    .why = "It holds no rows, and the queries of the release that still runs fail without it.",
    .safe_form = "drop it a release after the last code that uses it",
    .source = "PostgreSQL 15 manual, DROP VIEW, DROP FUNCTION",
    .kinds = {ACTION_DROP},
    .check = check_drop_interface,
};

const struct rule rule_view_loses_column = {
    .id = "view-loses-column",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "a view is made anew without a column that it had",
    .why = "Queries that name the column fail; CREATE OR REPLACE VIEW itself fails, as it can only "
           "add "
           "columns at the end.",
    .safe_form = "keep the column until the code that reads it is gone",
    .source = "measured on PostgreSQL 15: cannot drop columns from view",
    .kinds = {ACTION_CREATE_VIEW},
    .check = check_view_loses_column,
};

const struct rule rule_enum_value_added = {
    .id = "enum-value-added",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "an enum gets a value that the running release does not know",
    .why = "Once a row has it, code that maps the enum's values fails or takes a default branch.",
    .safe_form = "deploy the code that reads it first, then the code that writes it",
    .source = "PostgreSQL 15 manual, ALTER TYPE, ADD VALUE",
    .kinds = {ACTION_ADD_ENUM_VALUE},
    .check = check_enum_value_added,
};
