/*
 * Rules on data loss by DDL: truncation, types that hold less, keys that delete on their own.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/cast_test.h"
#include "base/text.h"

static void truncate_table(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_TRUNCATE && !place_is_new(place, action->relation))
        rule_report_as(place, place_weigh_loss(place, action->relation), NULL,
                       "removes every row of %s (%s)", place_name(place, action->relation),
                       size_text(place->mem, schema_find(place->before, action->relation)));
}

static void check_truncate(struct rule_place *place)
{
    place_each_action(place, truncate_table);
}

// --- types

// What a change of type does to values without an error: NULL when nothing, or when it fails
// instead.
static const char *silent_loss(const struct type_name *from, const struct type_name *to)
{
    const char *a = from->name, *b = to->name;
    if (strcmp(a, "numeric") == 0 && strcmp(b, "numeric") == 0) {
        int scale_from = from->n_mods > 1 ? from->mods[1] : 0;
        int scale_to = to->n_mods > 1 ? to->mods[1] : 0;
        if (to->n_mods > 0 && (from->n_mods == 0 || scale_to < scale_from))
            return "digits behind the point are rounded away";
        return NULL;
    }
    bool from_fraction = strcmp(a, "numeric") == 0 || text_starts_with(a, "float");
    if (from_fraction &&
        (strcmp(b, "int2") == 0 || strcmp(b, "int4") == 0 || strcmp(b, "int8") == 0))
        return "fractions are rounded away";
    if ((strcmp(a, "float8") == 0 || strcmp(a, "numeric") == 0) && strcmp(b, "float4") == 0)
        return "digits past the sixth are lost";
    if (strcmp(a, "numeric") == 0 && strcmp(b, "float8") == 0)
        return "digits past the fifteenth are lost";
    if (text_starts_with(a, "timestamp") &&
        (strcmp(b, "date") == 0 || text_starts_with(b, "time")) &&
        !text_starts_with(b, "timestamp"))
        return strcmp(b, "date") == 0 ? "the time of day is cut off" : "the date is cut off";
    bool is_time = text_starts_with(a, "time") || strcmp(a, "interval") == 0;
    if (is_time && strcmp(a, b) == 0 && to->n_mods > 0 &&
        (from->n_mods == 0 || to->mods[0] < from->mods[0]))
        return "fractions of a second are rounded away";
    return NULL;
}

static const struct schema_column *altered_column(struct rule_place *place,
                                                  const struct action *action)
{
    if (action->kind != ACTION_ALTER_TYPE || place_is_new(place, action->relation) ||
        place_adds_column(place, action->relation, action->column))
        return NULL;
    const struct schema_relation *relation = schema_find(place->before, action->relation);
    return relation == NULL ? NULL : schema_find_column(relation, action->column);
}

// An explicit cast to varchar(n) cuts what is longer; without a cast it fails.
static const char *cut_by_cast(const struct action *action, const struct type_name *from)
{
    const struct type_name *to = &action->definition->type;
    const struct expression *value = action->using_expr;
    bool is_cast = value != NULL &&
                   (strstr(value->text, "::") != NULL || text_starts_with(value->text, "CAST") ||
                    text_starts_with(value->text, "cast"));
    bool is_limited =
        to->n_mods > 0 && (strcmp(to->name, "varchar") == 0 || strcmp(to->name, "bpchar") == 0);
    bool was_text = strcmp(from->name, "text") == 0 || strcmp(from->name, "varchar") == 0;
    bool is_shorter = from->n_mods == 0 || (to->n_mods > 0 && to->mods[0] < from->mods[0]);
    return is_cast && is_limited && was_text && is_shorter ? "what is longer is cut off" : NULL;
}

// There and back again: what does not come back as it was is counted.
static void ask_changed_values(struct asking *asking, const struct schema_column *column)
{
    TALLOC_CTX *mem = asking->place->mem;
    const struct action *action = asking->action;
    const char *name = ask_name(asking, column->name);
    const char *value = action->using_expr != NULL
                            ? mem_printf(mem, "(%s)", action->using_expr->text)
                            : mem_printf(mem, "%s::%s", name, action->definition->type.text);
    ask_needs_columns(asking, &column->name, 1);
    const char *changed =
        mem_printf(mem, "%s IS DISTINCT FROM %s::%s", name, value, column->type.text);
    // What is out of range is another rule's question, and would end this one.
    const char *refused =
        action->using_expr == NULL
            ? cast_test_range(asking->place, name, &column->type, &action->definition->type)
            : NULL;
    if (refused != NULL)
        changed = mem_printf(mem, "CASE WHEN %s THEN false ELSE %s END", refused, changed);
    ask_rows(asking, ask_table(asking), changed);
    asking->question.loses = true;
}

static void type_narrowing(struct rule_place *place, const struct action *action)
{
    const struct schema_column *column = altered_column(place, action);
    if (column == NULL || column->type.name == NULL || column->type.is_array)
        return;
    const char *loss = silent_loss(&column->type, &action->definition->type);
    if (loss == NULL)
        loss = cut_by_cast(action, &column->type);
    if (loss == NULL)
        return;
    struct asking asking = ask(place, action, action->relation);
    ask_changed_values(&asking, column);
    const char *table = place_name(place, action->relation);
    ask_report(&asking, place->rule->severity,
               mem_printf(place->mem, "no value of %s.%s is changed by becoming %s", table,
                          action->column, action->definition->type.text),
               "%s.%s: from %s to %s, %s without an error", table, action->column,
               column->type.text, action->definition->type.text, loss);
}

static void check_type_narrowing(struct rule_place *place)
{
    place_each_action(place, type_narrowing);
}

// A plain cast of the column itself, perhaps AT TIME ZONE, keeps what the types keep.
static bool is_plain_conversion(const struct expression *expression, const char *column)
{
    return expression->n_columns == 1 && strcmp(expression->columns[0], column) == 0 &&
           expression->n_functions == 0 && !expression->is_case && expression->n_relations == 0;
}

static bool is_zone_conversion(const struct expression *expression, const char *column)
{
    return expression->n_columns == 1 && strcmp(expression->columns[0], column) == 0 &&
           expression->n_functions == 1 && strcmp(expression->functions[0].name, "timezone") == 0;
}

static void time_zone_assumed(struct rule_place *place, const struct action *action)
{
    const struct schema_column *column = altered_column(place, action);
    if (column == NULL || column->type.name == NULL || column->type.is_array)
        return;
    const char *from = column->type.name, *to = action->definition->type.name;
    bool gains = strcmp(from, "timestamp") == 0 && strcmp(to, "timestamptz") == 0;
    bool loses = strcmp(from, "timestamptz") == 0 && strcmp(to, "timestamp") == 0;
    if ((!gains && !loses) || (action->using_expr != NULL && action->using_expr->n_functions > 0))
        return;
    rule_report(place, "%s.%s: every time is taken %s the TimeZone of the session that runs this",
                place_name(place, action->relation), action->column, gains ? "as one in" : "into");
}

static void check_time_zone_assumed(struct rule_place *place)
{
    place_each_action(place, time_zone_assumed);
}

// New values that several old ones lead to; a NULL is one, too.
static void ask_merged_values(struct asking *asking, const struct expression *expression)
{
    TALLOC_CTX *mem = asking->place->mem;
    const char *name = ask_name(asking, asking->action->column);
    const char *rest = mem_printf(
        mem, "FROM %s GROUP BY (%s) HAVING count(DISTINCT %s) + (count(*) > count(%s))::int > 1",
        ask_table(asking), expression->text, name, name);
    asking->question.sql = mem_printf(mem, "SELECT count(*) FROM (SELECT 1 %s) AS merged", rest);
    ask_decision(asking, "", rest);
    asking->question.samples = mem_printf(mem, "SELECT (%s), min(%s), max(%s) %s LIMIT 5",
                                          expression->text, name, name, rest);
}

static void using_expression_lossy(struct rule_place *place, const struct action *action)
{
    const struct expression *expression = action->using_expr;
    if (action->kind != ACTION_ALTER_TYPE || expression == NULL ||
        place_is_new(place, action->relation) ||
        place_adds_column(place, action->relation, action->column) ||
        is_plain_conversion(expression, action->column) ||
        is_zone_conversion(expression, action->column))
        return;
    char *text = text_shorten(place->mem, expression->text, strlen(expression->text), 60);
    const char *table = place_name(place, action->relation);
    struct asking asking = ask(place, action, action->relation);
    ask_needs_columns(&asking, expression->columns, expression->n_columns);
    ask_needs_columns(&asking, &action->column, 1);
    asking.question.loses = true;
    if (!word_in(action->column, expression->columns, expression->n_columns)) {
        ask_rows(&asking, ask_table(&asking),
                 mem_printf(place->mem, "%s IS NOT NULL", ask_name(&asking, action->column)));
        ask_report(&asking, SEVERITY_STOP,
                   mem_printf(place->mem, "no row of %s has a %s", table, action->column),
                   "%s.%s: USING %s does not read the column: every old value is gone", table,
                   action->column, text);
    } else {
        ask_merged_values(&asking, expression);
        ask_report(
            &asking, place->rule->severity,
            mem_printf(place->mem, "no two values of %s.%s become one", table, action->column),
            "%s.%s: nothing proves that USING %s keeps every value apart", table, action->column,
            text);
    }
}

static void check_using_expression_lossy(struct rule_place *place)
{
    place_each_action(place, using_expression_lossy);
}

static void cascading_key(struct rule_place *place, struct name table,
                          const struct constraint *constraint)
{
    if (constraint->kind == CONSTRAINT_FOREIGN_KEY && constraint->on_delete != NULL &&
        strcmp(constraint->on_delete, "CASCADE") == 0)
        rule_report(place, "deleting a row of %s will delete its rows of %s without a word",
                    place_name(place, constraint->references), place_name(place, table));
}

static void on_delete_cascade(struct rule_place *place, const struct action *action)
{
    if (action->relation.name == NULL || place_is_new(place, action->relation))
        return;
    if (action->kind == ACTION_ADD_CONSTRAINT)
        cascading_key(place, action->relation, action->constraint);
    if (action->kind != ACTION_ADD_COLUMN)
        return;
    for (size_t i = 0; i < action->definition->n_constraints; i++)
        cascading_key(place, action->relation, &action->definition->constraints[i]);
}

static void check_on_delete_cascade(struct rule_place *place)
{
    place_each_action(place, on_delete_cascade);
}

// --- rows

const struct rule rule_truncate = {
    .id = "truncate",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES,
    .summary = "TRUNCATE of a table that was there before the migration",
    .why = "Every row is gone, no trigger for rows fires, and older snapshots see an empty "
           "table.",
    .safe_form = "keep a copy of the rows first, or delete those that may go by a WHERE",
    .source = "PostgreSQL 15 manual, TRUNCATE",
    .kinds = {ACTION_TRUNCATE},
    .check = check_truncate,
};

const struct rule rule_type_narrowing = {
    .id = "type-narrowing",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES,
    .summary = "a change of type that rounds or cuts values without an error",
    .why = "The server converts what it can and says nothing about what was cut off.",
    .safe_form = "add a column of the new type, copy, compare both, then swap",
    .source = "PostgreSQL 15 manual, Type Conversion",
    .kinds = {ACTION_ALTER_TYPE},
    .check = check_type_narrowing,
};

const struct rule rule_time_zone_assumed = {
    .id = "time-zone-assumed",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "a change between timestamp and timestamptz without AT TIME ZONE",
    .why = "The session's TimeZone decides which instant each value means; in another session "
           "it means another.",
    .safe_form = "USING column AT TIME ZONE 'UTC', with the zone that the values were written in",
    .source = "PostgreSQL 15 manual, Date/Time Types",
    .kinds = {ACTION_ALTER_TYPE},
    .check = check_time_zone_assumed,
};

const struct rule rule_using_expression_lossy = {
    .id = "using-expression-lossy",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ALTER COLUMN TYPE ... USING with an expression that may map two values to "
               "one",
    .why = "The old values are replaced by what the expression makes of them; what it "
           "drops is gone.",
    .safe_form = "compare on a copy: count the rows whose new value does not lead back to "
                 "the old one",
    .source = "PostgreSQL 15 manual, ALTER TABLE",
    .kinds = {ACTION_ALTER_TYPE},
    .check = check_using_expression_lossy,
};

const struct rule rule_on_delete_cascade = {
    .id = "on-delete-cascade",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "a foreign key with ON DELETE CASCADE added to a table with rows",
    .why = "From now on deleting one row deletes others that nobody named.",
    .safe_form = "RESTRICT, and delete children by name; or say why losing them is right",
    .source = "PostgreSQL 15 manual, Constraints",
    .kinds = {ACTION_ADD_CONSTRAINT, ACTION_ADD_COLUMN},
    .check = check_on_delete_cascade,
};
