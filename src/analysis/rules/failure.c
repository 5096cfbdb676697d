/*
 * Rules on failures that the data decides: what works on a laptop and fails in production.
 *
 * The hint of each is the query that answers the question before the launch.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/insert_question.h"

// What a unique key compares: columns and expressions as SQL, and all columns that they read.
struct unique_key {
    const char **terms;
    bool *may_be_null;
    size_t n;
    const char **columns;
    size_t n_columns;
    const struct expression *predicate; // NULL: every row
    bool nulls_not_distinct;
};

static void key_read(struct rule_place *place, struct unique_key *key,
                     const struct expression *expression)
{
    for (size_t i = 0; i < expression->n_columns; i++)
        *mem_append(place->mem, key->columns, key->n_columns) = expression->columns[i];
}

static void key_add(const struct asking *asking, struct unique_key *key,
                    const struct index_column *column)
{
    TALLOC_CTX *mem = asking->place->mem;
    size_t n_nulls = key->n;
    const char *term = column->column != NULL ? ask_name(asking, column->column)
                                              : mem_printf(mem, "(%s)", column->expression->text);
    if (column->collation != NULL)
        term = mem_printf(mem, "%s COLLATE %s", term, ask_name(asking, column->collation));
    *mem_append(mem, key->terms, key->n) = term;
    *mem_append(mem, key->may_be_null, n_nulls) =
        column->column == NULL || asking->relation == NULL ||
        !relation_proves_not_null(asking->relation, column->column);
    if (column->column != NULL)
        *mem_append(mem, key->columns, key->n_columns) = column->column;
    else
        key_read(asking->place, key, column->expression);
}

static void ask_duplicates(struct asking *asking, const struct unique_key *key)
{
    TALLOC_CTX *mem = asking->place->mem;
    const char *where = "";
    if (key->predicate != NULL)
        where = mem_printf(mem, " WHERE (%s)", key->predicate->text);
    for (size_t i = 0; i < key->n && !key->nulls_not_distinct; i++) {
        if (key->may_be_null[i])
            where = mem_printf(mem, "%s %s %s IS NOT NULL", where,
                               where[0] == '\0' ? "WHERE" : "AND", key->terms[i]);
    }
    if (where[0] != '\0' && where[0] != ' ')
        where = mem_printf(mem, " %s", where);
    const char *list = words_join(mem, key->terms, key->n);
    const char *rest = mem_printf(mem, "FROM %s%s GROUP BY %s HAVING count(*) > 1",
                                  ask_table_alone(asking), where, list);
    asking->question.sql =
        mem_printf(mem, "SELECT count(*) FROM (SELECT 1 %s) AS duplicates", rest);
    ask_decision(asking, "", rest);
    asking->question.samples = mem_printf(mem, "SELECT %s, count(*) %s LIMIT 5", list, rest);
}

static void report_unique(struct asking *asking, const struct unique_key *key)
{
    struct rule_place *place = asking->place;
    struct name table = asking->table;
    // Columns without an expression, as constraints know them.
    if (place_has_no_rows(place, table) ||
        place_columns_are_empty(place, table, key->columns, key->n_columns) ||
        (asking->relation != NULL && key->n == key->n_columns &&
         relation_has_key(asking->relation, key->columns, key->n_columns)))
        return;
    ask_needs_columns(asking, key->columns, key->n_columns);
    if (key->predicate != NULL)
        ask_needs_columns(asking, key->predicate->columns, key->predicate->n_columns);
    ask_duplicates(asking, key);
    const char *name = place_name(place, table);
    // An expression has its brackets already.
    bool is_expression = key->n == 1 && key->terms[0][0] == '(';
    const char *list =
        is_expression ? key->terms[0]
                      : mem_printf(place->mem, "(%s)", words_join(place->mem, key->terms, key->n));
    ask_report(asking, place->rule->severity,
               mem_printf(place->mem, "no two rows of %s agree in %s", name, list),
               "fails when two rows of %s agree in %s", name, list);
}

static void unique_index(struct rule_place *place, const struct action *action)
{
    const struct index_definition *index = action->index;
    // ON ONLY a partitioned table builds nothing.
    const struct schema_relation *relation = schema_find(place->before, action->relation);
    if (!index->is_unique ||
        (action->only && relation != NULL && relation->kind == RELATION_PARTITIONED))
        return;
    struct asking asking = ask(place, action, action->relation);
    struct unique_key key = {.predicate = index->predicate,
                             .nulls_not_distinct = index->nulls_not_distinct};
    for (size_t i = 0; i < index->n_columns; i++)
        key_add(&asking, &key, &index->columns[i]);
    report_unique(&asking, &key);
}

static void unique_may_fail(struct rule_place *place, const struct action *action)
{
    if (place_partition_refuses(place, action))
        return;
    if (action->kind == ACTION_CREATE_INDEX)
        unique_index(place, action);
    if (action->kind != ACTION_ADD_CONSTRAINT || action->constraint->using_index != NULL ||
        (action->constraint->kind != CONSTRAINT_UNIQUE &&
         action->constraint->kind != CONSTRAINT_PRIMARY_KEY))
        return;
    struct asking asking = ask(place, action, action->relation);
    struct unique_key key = {.nulls_not_distinct = action->constraint->nulls_not_distinct};
    for (size_t i = 0; i < action->constraint->n_columns; i++)
        key_add(&asking, &key, &(struct index_column){.column = action->constraint->columns[i]});
    report_unique(&asking, &key);
}

static void check_unique_may_fail(struct rule_place *place)
{
    place_each_action(place, unique_may_fail);
    if (place->script->dialect == DIALECT_POSTGRES)
        place_each_query(place, report_insert_collisions);
}

static bool has_value_from_start(const struct rule_place *place, struct name table,
                                 const char *column)
{
    const struct schema_relation *relation = schema_find(place->before, table);
    const struct schema_column *known =
        relation == NULL ? NULL : schema_find_column(relation, column);
    return known != NULL && known->has_default && place_adds_column(place, table, column);
}

static void ask_empty(struct asking *asking)
{
    asking->question.sql =
        mem_printf(asking->place->mem, "SELECT count(*) FROM (SELECT 1 FROM %s LIMIT 1) AS any_row",
                   ask_table(asking));
}

static void report_nulls(struct rule_place *place, const struct action *action, const char *column)
{
    struct name table = action->relation;
    const struct schema_relation *relation = schema_find(place->before, table);
    bool is_added = place_adds_column(place, table, column);
    // The way back: what was NOT NULL all the time still is; a column that the down adds may not
    // be.
    if (place->is_down && !is_added)
        return;
    if (place_has_no_rows(place, table) || place_fills(place, table, column) ||
        has_value_from_start(place, table, column) ||
        (relation != NULL && relation_proves_not_null(relation, column)))
        return;
    struct asking asking = ask(place, action, table);
    const char *name = place_name(place, table);
    const char *title = mem_printf(place->mem, "every row of %s has a %s", name, column);
    if (is_added && !place_updates(place, table, column)) {
        ask_empty(&asking);
        title = mem_printf(place->mem, "%s has no row: its new %s is NULL in each", name, column);
    } else {
        ask_needs_columns(&asking, &column, 1);
        ask_rows(&asking, ask_table(&asking),
                 mem_printf(place->mem, "%s IS NULL", ask_name(&asking, column)));
    }
    ask_report(&asking, place->rule->severity, title, "fails when a row of %s has no %s", name,
               column);
}

// PRIMARY KEY USING INDEX makes the index's columns NOT NULL, and says nothing of it.
static void report_index_nulls(struct rule_place *place, const struct action *action)
{
    struct name name = {action->relation.schema, action->constraint->using_index};
    struct schema_index *index = NULL;
    if (schema_find_index(place->before, name, &index) == NULL)
        return;
    for (size_t i = 0; i < index->n_columns; i++) {
        if (index->columns[i].column != NULL)
            report_nulls(place, action, index->columns[i].column);
    }
}

static void not_null_may_fail(struct rule_place *place, const struct action *action)
{
    if (place_partition_refuses(place, action))
        return;
    if (action->kind == ACTION_SET_NOT_NULL)
        report_nulls(place, action, action->column);
    if (action->kind != ACTION_ADD_CONSTRAINT || action->constraint->kind != CONSTRAINT_PRIMARY_KEY)
        return;
    for (size_t i = 0; i < action->constraint->n_columns; i++)
        report_nulls(place, action, action->constraint->columns[i]);
    if (action->constraint->using_index != NULL)
        report_index_nulls(place, action);
}

static void check_not_null_may_fail(struct rule_place *place)
{
    place_each_action(place, not_null_may_fail);
    place_each_query(place, report_insert_nulls);
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
        fills_itself(place, action->definition) || place_has_no_rows(place, action->relation))
        return;
    const struct schema_relation *relation = schema_find(place->before, action->relation);
    if (action->if_exists && relation != NULL &&
        schema_find_column(relation, action->definition->name) != NULL)
        return;
    struct asking asking = ask(place, action, action->relation);
    const char *table = place_name(place, action->relation);
    ask_empty(&asking);
    ask_report(&asking, place->rule->severity, mem_printf(place->mem, "%s has no row", table),
               "%s.%s is NOT NULL without a default: fails as soon as %s has a row", table,
               action->definition->name, table);
}

static void check_not_null_no_default(struct rule_place *place)
{
    place_each_action(place, not_null_no_default);
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
    if (action->kind != ACTION_ADD_COLUMN || place_has_no_rows(place, action->relation))
        return;
    const struct column *column = action->definition;
    const struct expression *value = column->default_value;
    const char *table = place_name(place, action->relation);
    enum severity severity = place->rule->severity;
    const char *why;
    if (column->generated != NULL && column->generated_is_stored) {
        why = mem_printf(place->mem, "%s.%s is STORED: SQLite", table, column->name);
    } else if (value != NULL && !is_constant_default(value)) {
        why = mem_printf(place->mem, "the default of %s.%s is no constant: SQLite", table,
                         column->name);
    } else if (value != NULL && !value->is_null && references(column)) {
        severity = SEVERITY_WARN;
        why = mem_printf(place->mem,
                         "%s.%s is a foreign key with a default: where foreign keys are on, SQLite",
                         table, column->name);
    } else {
        return;
    }
    struct asking asking = ask(place, action, action->relation);
    ask_empty(&asking);
    ask_report(&asking, severity, mem_printf(place->mem, "%s has no row", table),
               "%s refuses to add it as soon as %s has a row", why, table);
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
    .summary = "a UNIQUE index or constraint on columns that already hold values, or INSERT ... "
               "SELECT into such columns",
    .why = "Two rows that agree make it fail, in production only.",
    .safe_form = "count duplicates first: GROUP BY the columns HAVING count(*) > 1",
    .source = "PostgreSQL 15 manual, Unique Indexes",
    .kinds = {ACTION_CREATE_INDEX, ACTION_ADD_CONSTRAINT, ACTION_QUERY},
    .check = check_unique_may_fail,
};

const struct rule rule_not_null_may_fail = {
    .id = "not-null-may-fail",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .in_downs = true,
    .summary = "SET NOT NULL on a column that may hold NULL, or INSERT ... SELECT of such a column",
    .why = "One NULL makes it fail, in production only.",
    .safe_form = "count the NULLs first, fill them, then set it",
    .source = "PostgreSQL 15 manual, ALTER TABLE",
    .kinds = {ACTION_SET_NOT_NULL, ACTION_ADD_CONSTRAINT, ACTION_QUERY},
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
    .kinds = {ACTION_ADD_COLUMN},
    .check = check_not_null_no_default,
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
    .kinds = {ACTION_ADD_COLUMN},
    .check = check_add_column_refused,
};
