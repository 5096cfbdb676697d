/*
 * Rules on failures that the data decides: what works on a laptop and fails in production.
 *
 * The hint of each is the query that answers the question before the launch.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"
#include "base/text.h"

// No row can fail: the table is new, told to be empty, or emptied by this script.
static bool has_no_rows(const struct rule_place *place, struct name table)
{
    const struct schema_relation *relation = schema_find(place->before, table);
    return place_is_new(place, table) || place_is_emptied(place, table) ||
           (relation != NULL && relation->rows == 0);
}

static const char *join_words(TALLOC_CTX *mem, const char *const *words, size_t n)
{
    char *text = mem_strdup(mem, "");
    for (size_t i = 0; i < n; i++)
        text = mem_printf(mem, "%s%s%s", text, i > 0 ? ", " : "", words[i]);
    return text;
}

// Columns that this script added without a value are NULL, and NULLs collide with nothing.
static bool columns_are_empty(const struct rule_place *place, struct name table,
                              const char *const *columns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct schema_relation *relation = schema_find(place->before, table);
        const struct schema_column *known =
            relation == NULL ? NULL : schema_find_column(relation, columns[i]);
        if (place_adds_column(place, table, columns[i]) && known != NULL && !known->has_default &&
            !place_updates(place, table, columns[i]))
            return true;
    }
    return false;
}

static void report_unique(struct rule_place *place, struct name table, const char *const *columns,
                          size_t n, const char *predicate)
{
    const struct schema_relation *relation = schema_find(place->before, table);
    if (has_no_rows(place, table) || columns_are_empty(place, table, columns, n) ||
        (relation != NULL && relation_has_key(relation, columns, n)))
        return;
    const char *name = place_name(place, table);
    const char *list = join_words(place->mem, columns, n);
    const char *query = mem_printf(
        place->mem, "ask first: SELECT %s, count(*) FROM %s%s%s GROUP BY %s HAVING count(*) > 1",
        list, name, predicate != NULL ? " WHERE " : "", predicate != NULL ? predicate : "", list);
    rule_report_as(place, place->rule->severity, query, "fails when two rows of %s agree in (%s)",
                   name, list);
}

static void unique_index(struct rule_place *place, const struct action *action)
{
    const struct index_definition *index = action->index;
    if (!index->is_unique)
        return;
    const char **columns = mem_array(place->mem, const char *, index->n_columns);
    for (size_t i = 0; i < index->n_columns; i++)
        columns[i] = index->columns[i].column != NULL
                         ? index->columns[i].column
                         : text_shorten(place->mem, index->columns[i].expression->text,
                                        strlen(index->columns[i].expression->text), 200);
    report_unique(place, action->relation, columns, index->n_columns,
                  index->predicate != NULL ? index->predicate->text : NULL);
}

static void unique_may_fail(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_CREATE_INDEX)
        unique_index(place, action);
    if (action->kind != ACTION_ADD_CONSTRAINT || action->constraint->using_index != NULL)
        return;
    const struct constraint *key = action->constraint;
    if (key->kind == CONSTRAINT_UNIQUE || key->kind == CONSTRAINT_PRIMARY_KEY)
        report_unique(place, action->relation, key->columns, key->n_columns, NULL);
}

static void check_unique_may_fail(struct rule_place *place)
{
    place_each_action(place, unique_may_fail);
}

static bool has_value_from_start(const struct rule_place *place, struct name table,
                                 const char *column)
{
    const struct schema_relation *relation = schema_find(place->before, table);
    const struct schema_column *known =
        relation == NULL ? NULL : schema_find_column(relation, column);
    return known != NULL && known->has_default && place_adds_column(place, table, column);
}

static void report_nulls(struct rule_place *place, struct name table, const char *column)
{
    const struct schema_relation *relation = schema_find(place->before, table);
    // The way back: what was NOT NULL all the time still is; a column that the down adds may not
    // be.
    if (place->is_down && !place_adds_column(place, table, column))
        return;
    if (has_no_rows(place, table) || place_fills(place, table, column) ||
        has_value_from_start(place, table, column) ||
        (relation != NULL && relation_proves_not_null(relation, column)))
        return;
    const char *name = place_name(place, table);
    const char *query =
        mem_printf(place->mem, "ask first: SELECT count(*) FROM %s WHERE %s IS NULL", name, column);
    rule_report_as(place, place->rule->severity, query, "fails when a row of %s has no %s", name,
                   column);
}

static void not_null_may_fail(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_SET_NOT_NULL)
        report_nulls(place, action->relation, action->column);
    if (action->kind != ACTION_ADD_CONSTRAINT || action->constraint->kind != CONSTRAINT_PRIMARY_KEY)
        return;
    for (size_t i = 0; i < action->constraint->n_columns; i++)
        report_nulls(place, action->relation, action->constraint->columns[i]);
}

static void check_not_null_may_fail(struct rule_place *place)
{
    place_each_action(place, not_null_may_fail);
}

static bool fills_itself(const struct rule_place *place, const struct column *column)
{
    if (column->default_value != NULL)
        return !column->default_value->is_null;
    if (column->generated != NULL || column->is_identity)
        return true;
    const char *type = column->type.name;
    if (type == NULL)
        return false;
    if (strstr(type, "serial") != NULL)
        return true;
    // A domain may bring its own default.
    struct schema_type *known =
        schema_find_type(place->before, (struct name){column->type.schema, type});
    return known != NULL && known->object == OBJECT_DOMAIN;
}

static void not_null_no_default(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_ADD_COLUMN || !action->definition->is_not_null ||
        fills_itself(place, action->definition) || has_no_rows(place, action->relation))
        return;
    const struct schema_relation *relation = schema_find(place->before, action->relation);
    if (action->if_exists && relation != NULL &&
        schema_find_column(relation, action->definition->name) != NULL)
        return;
    rule_report(place, "%s.%s is NOT NULL without a default: fails as soon as %s has a row",
                place_name(place, action->relation), action->definition->name,
                place_name(place, action->relation));
}

static void check_not_null_no_default(struct rule_place *place)
{
    place_each_action(place, not_null_no_default);
}

static void check_may_fail(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_ADD_CONSTRAINT || action->constraint->kind != CONSTRAINT_CHECK ||
        action->constraint->is_not_valid || action->constraint->check == NULL ||
        action->relation.name == NULL || has_no_rows(place, action->relation) ||
        columns_are_empty(place, action->relation, action->constraint->check->columns,
                          action->constraint->check->n_columns))
        return;
    const char *text = action->constraint->check->text;
    const char *name = place_name(place, action->relation);
    const char *query =
        mem_printf(place->mem, "ask first: SELECT count(*) FROM %s WHERE NOT (%s)", name, text);
    rule_report_as(place, place->rule->severity, query, "fails when a row of %s breaks CHECK (%s)",
                   name, text_shorten(place->mem, text, strlen(text), 60));
}

static void check_check_may_fail(struct rule_place *place)
{
    place_each_action(place, check_may_fail);
}

static void fk_may_fail(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_ADD_CONSTRAINT ||
        action->constraint->kind != CONSTRAINT_FOREIGN_KEY || action->constraint->is_not_valid ||
        has_no_rows(place, action->relation))
        return;
    const struct constraint *key = action->constraint;
    if (columns_are_empty(place, action->relation, key->columns, key->n_columns))
        return;
    const char *child = place_name(place, action->relation);
    const char *parent = place_name(place, key->references);
    const char *columns = join_words(place->mem, key->columns, key->n_columns);
    const char *query =
        mem_printf(place->mem,
                   "ask first: SELECT count(*) FROM %s c WHERE c.%s IS NOT NULL AND NOT EXISTS "
                   "(SELECT FROM %s p WHERE p.%s = c.%s)",
                   child, key->n_columns > 0 ? key->columns[0] : "…", parent,
                   key->n_referenced > 0 ? key->referenced[0] : "id",
                   key->n_columns > 0 ? key->columns[0] : "…");
    rule_report_as(place, place->rule->severity, query,
                   "fails when (%s) of a row of %s points at no row of %s", columns, child, parent);
}

static void check_fk_may_fail(struct rule_place *place)
{
    place_each_action(place, fk_may_fail);
}

// --- casts

static const char *const text_types[] = {"text", "varchar", "bpchar", "char", "citext", "name"};
static const char *const integer_types[] = {"int2", "int4", "int8"};

static int integer_rank(const char *name)
{
    for (int i = 0; i < (int)COUNT_OF(integer_types); i++) {
        if (strcmp(integer_types[i], name) == 0)
            return i;
    }
    return -1;
}

// Why values of `from` may not fit `to`; NULL: they always do. `is_sure`: fails with no row, too.
static const char *cast_failure(const struct type_name *from, const struct type_name *to,
                                bool has_using, bool *is_sure)
{
    bool from_text = word_in(from->name, text_types, COUNT_OF(text_types));
    bool to_text = word_in(to->name, text_types, COUNT_OF(text_types));
    *is_sure = false;
    if (from_text && to_text && to->n_mods > 0 && strcmp(to->name, "text") != 0 &&
        (from->n_mods == 0 || from->mods[0] > to->mods[0]))
        return "a longer value does not fit";
    if (from_text && !to_text) {
        // Source: PostgreSQL 15 manual, ALTER TABLE: no implicit or assignment cast from text.
        *is_sure = !has_using;
        return has_using ? "a value that does not read as the new type fails"
                         : "there is no automatic cast, so it needs USING";
    }
    int rank_from = integer_rank(from->name), rank_to = integer_rank(to->name);
    if (rank_from >= 0 && rank_to >= 0 && rank_to < rank_from)
        return "a larger number is out of range";
    if (strcmp(from->name, "numeric") == 0 && rank_to >= 0)
        return "a larger number is out of range";
    if (strcmp(from->name, "numeric") == 0 && strcmp(to->name, "numeric") == 0 && to->n_mods > 0) {
        int whole_to = to->mods[0] - (to->n_mods > 1 ? to->mods[1] : 0);
        int whole_from =
            from->n_mods == 0 ? 1000000 : from->mods[0] - (from->n_mods > 1 ? from->mods[1] : 0);
        return whole_to < whole_from ? "a larger number is out of range" : NULL;
    }
    return NULL;
}

static void type_cast_may_fail(struct rule_place *place, const struct action *action)
{
    const struct schema_relation *relation =
        action->relation.name == NULL ? NULL : schema_find(place->before, action->relation);
    if (action->kind != ACTION_ALTER_TYPE || relation == NULL ||
        has_no_rows(place, action->relation))
        return;
    const struct schema_column *column = schema_find_column(relation, action->column);
    const struct type_name *to = &action->definition->type;
    if (column == NULL || column->type.name == NULL || column->type.is_array || to->is_array)
        return;
    bool is_sure;
    const char *why = cast_failure(&column->type, to, action->using_expr != NULL, &is_sure);
    if (why != NULL)
        rule_report_as(place, is_sure ? SEVERITY_STOP : place->rule->severity, NULL,
                       "%s.%s: from %s to %s %s: %s", place_name(place, action->relation),
                       action->column, column->type.text, to->text, is_sure ? "fails" : "may fail",
                       why);
}

static void check_type_cast_may_fail(struct rule_place *place)
{
    place_each_action(place, type_cast_may_fail);
}

// A literal, perhaps signed, cast or in parentheses.
static bool is_constant_default(const struct expression *value)
{
    return value->is_null || value->constant != NULL ||
           (value->is_constant && strcasestr(value->text, "cast") != NULL);
}

static bool references(const struct column *column)
{
    for (size_t i = 0; i < column->n_constraints; i++) {
        if (column->constraints[i].kind == CONSTRAINT_FOREIGN_KEY)
            return true;
    }
    return false;
}

static void add_column_refused(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_ADD_COLUMN || has_no_rows(place, action->relation))
        return;
    const struct column *column = action->definition;
    const struct expression *value = column->default_value;
    const char *table = place_name(place, action->relation);
    if (column->generated != NULL && column->generated_is_stored)
        rule_report(place, "%s.%s is STORED: SQLite refuses to add it as soon as %s has a row",
                    table, column->name, table);
    else if (value != NULL && !is_constant_default(value))
        rule_report(
            place,
            "the default of %s.%s is no constant: SQLite refuses to add it as soon as %s has "
            "a row",
            table, column->name, table);
    else if (value != NULL && !value->is_null && references(column))
        rule_report_as(place, SEVERITY_WARN, NULL,
                       "%s.%s is a foreign key with a default: where foreign keys are on, SQLite "
                       "refuses to add it as soon as %s has a row",
                       table, column->name, table);
}

static void check_add_column_refused(struct rule_place *place)
{
    place_each_action(place, add_column_refused);
}

// --- rows

const struct rule rule_unique_may_fail = {
    .id = "unique-may-fail",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "a UNIQUE index or constraint on columns that already hold values",
    .why = "Two rows that agree make it fail, in production only.",
    .safe_form = "count duplicates first: GROUP BY the columns HAVING count(*) > 1",
    .source = "PostgreSQL 15 manual, Unique Indexes",
    .check = check_unique_may_fail,
};

const struct rule rule_not_null_may_fail = {
    .id = "not-null-may-fail",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .in_downs = true,
    .summary = "SET NOT NULL on a column that may hold NULL",
    .why = "One NULL makes it fail, in production only.",
    .safe_form = "count the NULLs first, fill them, then set it",
    .source = "PostgreSQL 15 manual, ALTER TABLE",
    .check = check_not_null_may_fail,
};

const struct rule rule_not_null_no_default = {
    .id = "not-null-no-default",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES | SQLITE,
    .in_downs = true,
    .summary = "ADD COLUMN ... NOT NULL without a default on a table that may have rows",
    .why = "It fails at once when the table has a row.",
    .safe_form = "add it with a DEFAULT, or nullable, fill it, then set NOT NULL",
    .source = "PostgreSQL 15 manual, ALTER TABLE; SQLite, ALTER TABLE ADD COLUMN",
    .check = check_not_null_no_default,
};

const struct rule rule_check_may_fail = {
    .id = "check-may-fail",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD CHECK on a table whose rows were never checked",
    .why = "One row that breaks it makes it fail, in production only.",
    .safe_form = "count the rows that break it first; add it NOT VALID, mend, VALIDATE",
    .source = "PostgreSQL 15 manual, ALTER TABLE",
    .check = check_check_may_fail,
};

const struct rule rule_fk_may_fail = {
    .id = "fk-may-fail",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD FOREIGN KEY on columns whose values were never checked",
    .why = "One orphan makes it fail, in production only.",
    .safe_form = "count the orphans first; add it NOT VALID, mend, VALIDATE",
    .source = "PostgreSQL 15 manual, ALTER TABLE",
    .check = check_fk_may_fail,
};

const struct rule rule_type_cast_may_fail = {
    .id = "type-cast-may-fail",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ALTER COLUMN TYPE to a type that not every old value fits",
    .why = "One value that does not fit makes it fail; from text to another type without "
           "USING fails always.",
    .safe_form = "count the values that do not fit first; PostgreSQL 16 and later: "
                 "pg_input_is_valid",
    .source = "PostgreSQL 15 manual, ALTER TABLE",
    .check = check_type_cast_may_fail,
};

const struct rule rule_add_column_refused = {
    .id = "add-column-refused",
    .severity = SEVERITY_STOP,
    .dialects = SQLITE,
    .in_downs = true,
    .summary = "ADD COLUMN that SQLite takes on an empty table only: STORED, or a default that is "
               "no constant",
    .why = "It works on a laptop and fails at once when the table has a row.",
    .safe_form = "add it with a constant default or none and fill it by UPDATE; STORED: rebuild "
                 "the table",
    .source = "SQLite, ALTER TABLE ADD COLUMN; measured on SQLite 3.40",
    .check = check_add_column_refused,
};
