/*
 * Rules on changes of type that some values refuse: text that does not read as the new type,
 * numbers out of range, labels that the new enum lacks.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/automatic_cast.h"
#include "analysis/rules/cast_test.h"
#include "base/text.h"

static int integer_rank(const char *name)
{
    static const char *const integer_types[] = {"int2", "int4", "int8"};
    for (int i = 0; i < (int)COUNT_OF(integer_types); i++) {
        if (strcmp(integer_types[i], name) == 0)
            return i;
    }
    return -1;
}

static bool is_float(const char *name)
{
    return strcmp(name, "float4") == 0 || strcmp(name, "float8") == 0;
}

// Digits in front of the point that the type holds; more than any value has where it has no limit.
static int whole_digits(const struct type_name *type)
{
    static const int of_integers[] = {5, 10, 19};
    int rank = integer_rank(type->name);
    if (rank >= 0)
        return of_integers[rank];
    if (type->n_mods == 0)
        return 1000000;
    return type->mods[0] - (type->n_mods > 1 ? type->mods[1] : 0);
}

static const char *number_failure(const struct type_name *from, const struct type_name *to)
{
    static const char *const out_of_range = "a larger number is out of range";
    int rank_from = integer_rank(from->name), rank_to = integer_rank(to->name);
    bool from_numeric = strcmp(from->name, "numeric") == 0 || is_float(from->name);
    if (rank_to >= 0 && (from_numeric || rank_to < rank_from))
        return out_of_range;
    if (strcmp(from->name, "float8") == 0 && strcmp(to->name, "float4") == 0)
        return out_of_range;
    if (strcmp(to->name, "numeric") == 0 && to->n_mods > 0 && (from_numeric || rank_from >= 0))
        return whole_digits(to) < whole_digits(from) ? out_of_range : NULL;
    return NULL;
}

// Why values of `from` may not fit `to`; NULL: they always do.
static const char *cast_failure(const struct type_name *from, const struct type_name *to)
{
    bool from_text = type_is_text(from->name), to_text = type_is_text(to->name);
    if (from_text && to_text)
        return to->n_mods > 0 && strcmp(to->name, "text") != 0 &&
                       (from->n_mods == 0 || from->mods[0] > to->mods[0])
                   ? "a longer value does not fit"
                   : NULL;
    if (from_text)
        return "a value that does not read as the new type fails";
    return number_failure(from, to);
}

// The column as it is before, when the change of its type may fail.
static const struct schema_column *cast_column(const struct rule_place *place,
                                               const struct action *action)
{
    const struct schema_relation *relation =
        action->relation.name == NULL ? NULL : schema_find(place->before, action->relation);
    if (action->kind != ACTION_ALTER_TYPE || relation == NULL ||
        place_has_no_rows(place, action->relation))
        return NULL;
    const struct schema_column *column = schema_find_column(relation, action->column);
    if (column == NULL || column->type.name == NULL || column->type.is_array ||
        action->definition->type.is_array)
        return NULL;
    return column;
}

static void report_cast(struct asking *asking, const struct schema_column *column, const char *why)
{
    struct rule_place *place = asking->place;
    const char *table = place_name(place, asking->table);
    const struct type_name *to = &asking->action->definition->type;
    ask_report(asking, place->rule->severity,
               mem_printf(place->mem, "every value of %s.%s is one of type %s%s", table,
                          column->name, to->text, cast_test_limits(place, &column->type, to)),
               "%s.%s: from %s to %s may fail: %s", table, column->name, column->type.text,
               to->text, why);
}

static void type_cast_may_fail(struct rule_place *place, const struct action *action)
{
    const struct schema_column *column = cast_column(place, action);
    if (column == NULL)
        return;
    const struct type_name *to = &action->definition->type;
    const char *why = cast_failure(&column->type, to);
    // definition-refused tells.
    if (why == NULL || type_change_refusal(place, column, action) != NULL)
        return;
    struct asking asking = ask(place, action, action->relation);
    struct cast_value value = cast_value_of(&asking, to);
    // A cast that is written out cuts a text to its length instead of failing.
    if (value.is_cast && type_is_text(column->type.name) && type_is_text(to->name))
        return;
    ask_needs_columns(&asking, &column->name, 1);
    const char *refused = cast_test(place, &value, &column->type, to);
    if (refused != NULL)
        ask_rows(&asking, ask_table(&asking), refused);
    report_cast(&asking, column, why);
}

static void check_type_cast_may_fail(struct rule_place *place)
{
    place_each_action(place, type_cast_may_fail);
}

// --- enums

static const struct schema_type *enum_of(const struct rule_place *place,
                                         const struct type_name *type)
{
    const struct schema_type *known =
        schema_find_type(place->before, (struct name){type->schema, type->name});
    return known != NULL && known->object == OBJECT_ENUM && known->n_labels > 0 ? known : NULL;
}

static const char *lost_label(const struct schema_type *from, const struct schema_type *to)
{
    for (size_t i = 0; i < from->n_labels; i++) {
        if (!word_in(from->labels[i], to->labels, to->n_labels))
            return from->labels[i];
    }
    return NULL;
}

static void enum_value_removal(struct rule_place *place, const struct action *action)
{
    const struct schema_column *column = cast_column(place, action);
    if (column == NULL)
        return;
    const struct schema_type *from = enum_of(place, &column->type);
    const struct schema_type *to = enum_of(place, &action->definition->type);
    const char *label = from == NULL || to == NULL ? NULL : lost_label(from, to);
    if (label == NULL)
        return;
    struct asking asking = ask(place, action, action->relation);
    struct cast_value value = cast_value_of(&asking, &action->definition->type);
    ask_needs_columns(&asking, &column->name, 1);
    const char *refused = cast_test(place, &value, &column->type, &action->definition->type);
    if (refused != NULL)
        ask_rows(&asking, ask_table(&asking), refused);
    const char *table = place_name(place, action->relation);
    ask_report(&asking, place->rule->severity,
               mem_printf(place->mem, "every value of %s.%s is one of the new %s", table,
                          column->name, action->definition->type.text),
               "%s.%s: the new %s has no '%s': a row with it makes this fail", table, column->name,
               action->definition->type.text, label);
}

static void check_enum_value_removal(struct rule_place *place)
{
    place_each_action(place, enum_value_removal);
}

// --- rows

const struct rule rule_type_cast_may_fail = {
    .id = "type-cast-may-fail",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ALTER COLUMN TYPE to a type that not every old value fits",
    .why = "One value that does not fit makes it fail.",
    .safe_form = "count the values that do not fit first; PostgreSQL 16 and later: "
                 "pg_input_is_valid",
    .source = "PostgreSQL 15 manual, ALTER TABLE",
    .kinds = {ACTION_ALTER_TYPE},
    .check = check_type_cast_may_fail,
};

const struct rule rule_enum_value_removal = {
    .id = "enum-value-removal",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ALTER COLUMN TYPE to an enum that lacks a value of the old one",
    .why = "One row that still has the value makes it fail, in production only.",
    .safe_form = "count the rows with the value first, and give them another",
    .source = "PostgreSQL 15 manual, Enumerated Types",
    .kinds = {ACTION_ALTER_TYPE},
    .check = check_enum_value_removal,
};
