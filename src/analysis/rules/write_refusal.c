/*
 * Rules on writes and defaults that the server refuses whatever the rows are.
 *
 * They fail on any data, so a test database finds them too; but a change is often judged before
 * anybody ran it. Columns that a trigger may fill are left alone.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/insert_values.h"
#include "analysis/rules/literal_fit.h"
#include "analysis/rules/write_target.h"

// One write while it is judged.
struct write {
    struct rule_place *place;
    const struct query *query;
    const struct schema_relation *table;
    bool is_filled_by_trigger; // a row trigger may change what is written before it is checked
};

static bool has_row_trigger(const struct schema_relation *table, enum query_verb verb)
{
    for (size_t i = 0; i < table->n_triggers; i++) {
        const struct trigger_definition *trigger = table->triggers[i].definition;
        if (trigger == NULL || (trigger->timing == TRIGGER_BEFORE && trigger->is_for_each_row &&
                                (verb == QUERY_INSERT ? trigger->on_insert : trigger->on_update)))
            return true;
    }
    return false;
}

static bool has_rule(const struct schema_relation *table)
{
    for (size_t i = 0; i < table->n_members; i++) {
        if (table->members[i].object == OBJECT_RULE)
            return true;
    }
    return false;
}

// Code may stand behind a condition that keeps it from running.
static void report(const struct write *write, const char *why)
{
    struct rule_place *place = write->place;
    rule_report_as(place, place->statement->is_conditional ? SEVERITY_WARN : place->rule->severity,
                   NULL, "fails on %s: %s", place_name(place, write->table->name), why);
}

static bool is_of_domain(const struct write *write, const struct schema_column *column)
{
    return column->type.name != NULL &&
           schema_find_type(write->place->before,
                            (struct name){column->type.schema, column->type.name}) != NULL;
}

// --- columns that are written

static const char *generated_refusal(const struct write *write, const struct schema_column *column,
                                     enum literal_kind literal, bool is_insert)
{
    TALLOC_CTX *mem = write->place->mem;
    if (literal == LITERAL_DEFAULT)
        return NULL;
    if (column->is_generated)
        return mem_printf(mem, "%s is generated and takes no value but DEFAULT", column->name);
    if (!column->is_identity_always || (is_insert && write->query->overriding != OVERRIDING_NONE))
        return NULL;
    return mem_printf(mem, "%s is GENERATED ALWAYS AS IDENTITY: %s", column->name,
                      is_insert ? "a value needs OVERRIDING SYSTEM VALUE"
                                : "it can only be updated to DEFAULT");
}

static const char *null_refusal(const struct write *write, const struct schema_column *column,
                                enum literal_kind literal)
{
    bool takes_null = write->is_filled_by_trigger || !column->is_not_null ||
                      write->table->kind == RELATION_FOREIGN_TABLE;
    if (literal != LITERAL_NULL || takes_null)
        return NULL;
    return mem_printf(write->place->mem, "%s is NOT NULL and is given NULL", column->name);
}

static const char *value_refusal(const struct write *write, const struct schema_column *column,
                                 enum literal_kind literal, bool is_insert)
{
    const char *why = generated_refusal(write, column, literal, is_insert);
    // Identity columns take a value of their own with OVERRIDING USER VALUE, whatever is given.
    bool is_ignored =
        is_insert && column->is_identity && write->query->overriding == OVERRIDING_USER_VALUE;
    return why == NULL && !is_ignored ? null_refusal(write, column, literal) : why;
}

// --- INSERT

// The columns that values are given for, in their order; false: not known.
static bool insert_columns(const struct write *write, const struct schema_column ***columns,
                           size_t *n)
{
    const struct query *query = write->query;
    const struct schema_relation *table = write->table;
    bool is_written = query->n_columns > 0;
    *n = is_written ? query->n_columns : table->n_columns;
    *columns = mem_array(write->place->mem, const struct schema_column *, *n);
    for (size_t i = 0; i < *n; i++) {
        (*columns)[i] =
            is_written ? schema_find_column(table, query->columns[i]) : &table->columns[i];
        if ((*columns)[i] == NULL)
            return false;
    }
    return is_written || (table->n_columns > 0 && table->n_parents == 0 && !table->lacks_columns);
}

static bool has_star(const struct query *query)
{
    for (size_t i = 0; i < query->n_outputs; i++) {
        const char *text = query->outputs[i].text;
        if (text == NULL || text[0] == '\0' || text[strlen(text) - 1] == '*')
            return true;
    }
    return query->n_outputs == 0;
}

// How many values a row has; false: not known.
static bool count_values(const struct query *query, size_t *n)
{
    if (query->has_values && query->n_rows > 0)
        *n = query->rows[0].n_values;
    else if (!query->has_values && !query->has_default_values && !has_star(query))
        *n = query->n_outputs;
    else
        return false;
    return true;
}

static const char *count_refusal(const struct write *write, size_t n_columns, size_t n_values)
{
    if (n_values > n_columns)
        return mem_printf(write->place->mem, "%zu values for %zu columns", n_values, n_columns);
    if (write->query->n_columns > n_values)
        return mem_printf(write->place->mem, "%zu columns and only %zu values", n_columns,
                          n_values);
    return NULL;
}

// The first literal of the column's values that is refused.
static const char *column_refusal(const struct write *write, const struct schema_column *column,
                                  size_t index)
{
    const struct query *query = write->query;
    if (!query->has_values)
        return value_refusal(
            write, column, index < query->n_outputs ? query->outputs[index].literal : LITERAL_NONE,
            true);
    for (size_t i = 0; i < query->n_rows; i++) {
        const char *why =
            index >= query->rows[i].n_values
                ? NULL
                : value_refusal(write, column, query->rows[i].values[index].literal, true);
        if (why != NULL)
            return why;
    }
    return NULL;
}

static bool is_given(const struct schema_column *column, const struct schema_column *const *given,
                     size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (given[i] == column)
            return true;
    }
    return false;
}

// A required column that no value is given for.
static const char *missing_refusal(const struct write *write,
                                   const struct schema_column *const *given, size_t n)
{
    const struct schema_relation *table = write->table;
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct schema_column *column = &table->columns[i];
        bool fills_itself = column->has_default || column->is_identity || column->is_generated ||
                            column->owned_sequence != NULL || is_of_domain(write, column);
        if (column->is_not_null && !fills_itself && !is_given(column, given, n))
            return mem_printf(write->place->mem,
                              "%s is NOT NULL without a default and gets no value", column->name);
    }
    return NULL;
}

static void refuse_insert(const struct write *write)
{
    const struct query *query = write->query;
    const struct schema_column **columns;
    const char *why = NULL;
    size_t n_columns, n_values;
    if (!insert_columns(write, &columns, &n_columns))
        return;
    bool is_counted = count_values(query, &n_values);
    size_t n_given = query->has_default_values ? 0 : n_columns;
    if (is_counted) {
        why = count_refusal(write, n_columns, n_values);
        n_given = n_values < n_columns ? n_values : n_columns;
    }
    for (size_t i = 0; why == NULL && i < n_given; i++)
        why = column_refusal(write, columns[i], i);
    bool is_checked = !write->is_filled_by_trigger && write->table->kind != RELATION_FOREIGN_TABLE;
    if (why == NULL && is_checked)
        why = insert_values_refusal(write->place, query, write->table, columns, n_given);
    bool may_miss = is_checked && (is_counted || query->n_columns > 0 || query->has_default_values);
    if (why == NULL && may_miss)
        why = missing_refusal(write, columns, n_given);
    if (why != NULL)
        report(write, why);
}

// --- all verbs

static void refuse_assignments(struct write *write)
{
    const struct query *query = write->query;
    write->is_filled_by_trigger = has_row_trigger(write->table, QUERY_UPDATE);
    for (size_t i = 0; i < query->n_assignments; i++) {
        const struct schema_column *column =
            schema_find_column(write->table, query->assignments[i].column);
        const char *why =
            column == NULL
                ? NULL
                : value_refusal(write, column, query->assignments[i].value.literal, false);
        if (why != NULL) {
            report(write, why);
            return;
        }
    }
}

static bool write_of(struct rule_place *place, const struct query *query, struct write *out)
{
    const struct schema_relation *table =
        query->target.name == NULL ? NULL : schema_find(place->before, query->target);
    if (table == NULL || place->statement->placeholder != NULL || has_rule(table) ||
        schema_doubts_relation(place->before, table) ||
        (!relation_is_table(table) && table->kind != RELATION_FOREIGN_TABLE))
        return false;
    *out = (struct write){place, query, table, has_row_trigger(table, QUERY_INSERT)};
    return true;
}

// An INSTEAD OF trigger takes the write.
static void refuse_view(struct rule_place *place, const struct query *query)
{
    const struct schema_relation *view = schema_find(place->before, query->target);
    if (view == NULL || !view->is_read_only || view->n_triggers > 0 || has_rule(view) ||
        schema_doubts_relation(place->before, view))
        return;
    const struct write write = {.place = place, .query = query, .table = view};
    report(&write, "a view that groups or joins takes no writes");
}

static void write_refused(struct rule_place *place, const struct query *query)
{
    struct write write;
    if (query->target.name != NULL && !query->copies_to)
        refuse_view(place, query);
    if (!write_of(place, query, &write))
        return;
    const char *why = write_target_refusal(place->mem, query, write.table);
    if (why != NULL && (place->mismatch == NULL || !place->is_history_known))
        report(&write, why);
    if (why != NULL)
        return;
    // A MERGE with two INSERTs has two lists of columns in one.
    if (query->verb == QUERY_INSERT || (query->verb == QUERY_MERGE && query->n_values == 1))
        refuse_insert(&write);
    refuse_assignments(&write);
}

static void check_write_refused(struct rule_place *place)
{
    place_each_query(place, write_refused);
}

// --- literals

static void report_misfit(struct rule_place *place, struct name table, const char *column,
                          const char *misfit)
{
    if (misfit != NULL)
        rule_report_as(place,
                       place->statement->is_conditional ? SEVERITY_WARN : place->rule->severity,
                       NULL, "%s.%s: %s", place_name(place, table), column, misfit);
}

static const char *insert_misfit(const struct write *write, const struct schema_column *column,
                                 size_t index)
{
    const struct query *query = write->query;
    const char *misfit = NULL;
    if (index < query->n_outputs && !query->has_values) {
        struct value value = value_of_expression(&query->outputs[index]);
        misfit = literal_misfit(write->place, &value, &column->type, true);
    }
    for (size_t i = 0; misfit == NULL && i < query->n_rows; i++) {
        if (index < query->rows[i].n_values)
            misfit =
                literal_misfit(write->place, &query->rows[i].values[index], &column->type, true);
    }
    return misfit;
}

static void query_misfit(struct rule_place *place, const struct query *query)
{
    struct write write;
    const struct schema_column **columns;
    size_t n;
    if (!write_of(place, query, &write))
        return;
    bool has_row =
        query->verb == QUERY_INSERT || (query->verb == QUERY_MERGE && query->n_values == 1);
    if (has_row && !(!query->has_values && has_star(query)) &&
        insert_columns(&write, &columns, &n)) {
        for (size_t i = 0; i < n; i++)
            report_misfit(place, write.table->name, columns[i]->name,
                          insert_misfit(&write, columns[i], i));
    }
    for (size_t i = 0; i < query->n_assignments; i++) {
        const struct schema_column *column =
            schema_find_column(write.table, query->assignments[i].column);
        struct value value = value_of_expression(&query->assignments[i].value);
        if (column != NULL)
            report_misfit(place, write.table->name, column->name,
                          literal_misfit(place, &value, &column->type, true));
    }
}

static void default_misfit(struct rule_place *place, struct name table, const char *column,
                           const struct type_name *type, const struct expression *expression)
{
    if (expression == NULL || type == NULL)
        return;
    struct value value = value_of_expression(expression);
    report_misfit(place, table, column, literal_misfit(place, &value, type, false));
}

static void action_misfit(struct rule_place *place, const struct action *action)
{
    struct name table = action->relation;
    if (place->statement->placeholder != NULL)
        return;
    for (size_t i = 0; action->kind == ACTION_CREATE_TABLE && i < action->n_columns; i++)
        default_misfit(place, table, action->columns[i].name, &action->columns[i].type,
                       action->columns[i].default_value);
    if (action->kind == ACTION_ADD_COLUMN)
        default_misfit(place, table, action->definition->name, &action->definition->type,
                       action->definition->default_value);
    if (action->kind != ACTION_SET_DEFAULT)
        return;
    const struct schema_relation *relation = schema_find(place->before, table);
    const struct schema_column *column =
        relation == NULL || schema_doubts_relation(place->before, relation)
            ? NULL
            : schema_find_column(relation, action->column);
    // An earlier action of the statement may give it another type.
    for (const struct action *a = place->statement->actions; a < action; a++) {
        if (a->kind == ACTION_ALTER_TYPE && strcmp(a->column, action->column) == 0)
            column = NULL;
    }
    if (column != NULL)
        default_misfit(place, table, column->name, &column->type, action->value);
}

static void check_literal_of_wrong_type(struct rule_place *place)
{
    place_each_query(place, query_misfit);
    place_each_action(place, action_misfit);
}

// --- rows

const struct rule rule_write_refused = {
    .id = "write-refused",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES,
    .in_downs = true,
    .summary = "INSERT or UPDATE that the table refuses whatever its rows are: a value for a "
               "GENERATED ALWAYS column, none or NULL for a required one, too many values",
    .why = "It fails as soon as it writes a row.",
    .safe_form = "leave generated columns out (or say OVERRIDING SYSTEM VALUE for an identity), "
                 "and give every required column a value",
    .source = "PostgreSQL 15 manual, INSERT; measured on PostgreSQL 15",
    .kinds = {ACTION_QUERY},
    .check = check_write_refused,
};

const struct rule rule_literal_of_wrong_type = {
    .id = "literal-of-wrong-type",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES,
    .in_downs = true,
    .summary = "a default or a written value that is no value of its column's type",
    .why = "It fails: the server reads the literal as that type, and casts no number or boolean "
           "by itself where it could mean anything.",
    .safe_form = "write a value of the column's type",
    .source = "PostgreSQL 15 manual, Type Conversion, Value Storage; pg_cast; measured on "
              "PostgreSQL 15",
    .kinds = {ACTION_QUERY, ACTION_SET_DEFAULT, ACTION_ADD_COLUMN, ACTION_CREATE_TABLE},
    .check = check_literal_of_wrong_type,
};
