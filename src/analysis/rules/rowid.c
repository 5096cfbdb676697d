/*
 * Rules on which row SQLite has under a key afterwards: REPLACE, which deletes and writes anew, and
 * AUTOINCREMENT, which a rebuild sets back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/foreign_keys.h"
#include "analysis/rules/question.h"
#include "analysis/table_copy.h"
#include "base/text.h"
#include "statement/quoting.h"

// --- INSERT OR REPLACE ... VALUES

// A column whose value the new row has not got; NULL: all are written.
static const char *left_out(const struct schema_relation *table, const struct query *query)
{
    for (size_t i = 0; query->n_columns > 0 && i < table->n_columns; i++) {
        bool is_written = table->columns[i].is_generated;
        for (size_t j = 0; j < query->n_columns && !is_written; j++)
            is_written = text_equal_nocase(query->columns[j], table->columns[i].name);
        if (!is_written)
            return table->columns[i].name;
    }
    return NULL;
}

static void report_children(struct rule_place *place, const struct schema_relation *table)
{
    enum foreign_keys keys = foreign_keys_before(place, place->index).keys;
    const struct schema_relation *child = NULL;
    while (keys != FOREIGN_KEYS_OFF && table->is_referenced &&
           (child = schema_next(place->before, child)) != NULL) {
        for (size_t i = 0; i < child->n_constraints; i++) {
            const struct schema_constraint *key = &child->constraints[i];
            const char *loss = NULL;
            if (key->kind == CONSTRAINT_FOREIGN_KEY && child->rows != 0 &&
                schema_find(place->before, key->references) == table)
                loss = foreign_key_loss(place, child, key);
            if (loss != NULL)
                rule_report_as(
                    place, keys == FOREIGN_KEYS_ON ? SEVERITY_STOP : place->rule->severity, NULL,
                    "%s REPLACE deletes a row of %s that is there, which %s",
                    keys == FOREIGN_KEYS_ON ? "foreign keys are on:" : "where foreign keys are on,",
                    place_name(place, table->name), loss);
        }
    }
}

static void replace_row(struct rule_place *place, const struct query *query)
{
    if (query->verb != QUERY_INSERT || query->conflict != CONFLICT_REPLACE || !query->has_values ||
        place_is_new(place, query->target) || place_has_no_rows(place, query->target))
        return;
    const struct schema_relation *table = schema_find(place->before, query->target);
    if (table == NULL)
        return;
    const char *column = left_out(table, query);
    if (column != NULL)
        rule_report(place,
                    "REPLACE deletes a row of %s that is there and writes another: its %s "
                    "is gone",
                    place_name(place, table->name), column);
    report_children(place, table);
}

static void check_replace_deletes_row(struct rule_place *place)
{
    place_each_query(place, replace_row);
}

// --- AUTOINCREMENT

static const char *counted_column(const struct schema_relation *table)
{
    for (size_t i = 0; table != NULL && i < table->n_columns; i++) {
        if (table->columns[i].is_identity)
            return table->columns[i].name;
    }
    return NULL;
}

static bool sets_sequence(const struct rule_place *place, size_t start)
{
    for (size_t i = start; i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct query *query = statement->actions[j].query;
            if (query != NULL && text_equal_nocase(query->target.name, "sqlite_sequence"))
                return true;
        }
    }
    return false;
}

static void counter_lost(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_DROP || action->object != OBJECT_TABLE ||
        place_is_new(place, action->relation))
        return;
    const struct schema_relation *table = schema_find(place->before, action->relation);
    const char *column = counted_column(table);
    struct table_copy copy;
    if (column == NULL ||
        !table_copy_find(place->script, place->index, place->before, table->name, &copy) ||
        counted_column(schema_find(place->before, copy.target)) == NULL ||
        sets_sequence(place, copy.statement))
        return;
    struct asking asking = ask(place, action, table->name);
    ask_needs_columns(&asking, &column, 1);
    asking.question.loses = true;
    asking.question.sql = mem_printf(
        place->mem,
        "SELECT count(*) FROM sqlite_sequence WHERE name = %s AND seq > (SELECT "
        "coalesce(max(%s), 0) FROM %s)",
        quoting_text(place->mem, table->name.name), ask_name(&asking, column), ask_table(&asking));
    const char *name = place_name(place, table->name);
    ask_report(&asking, place->rule->severity,
               mem_printf(place->mem, "the newest row of %s is still there", name),
               "the copy counts from the greatest %s it got: ids that %s gave to rows deleted "
               "since come back",
               column, name);
}

static void check_autoincrement_restarts(struct rule_place *place)
{
    place_each_action(place, counter_lost);
}

// --- rows

const struct rule rule_replace_deletes_row = {
    .id = "replace-deletes-row",
    .severity = SEVERITY_WARN,
    .dialects = SQLITE,
    .summary = "INSERT OR REPLACE ... VALUES that leaves columns out, or into a table that others "
               "reference with ON DELETE",
    .why = "A row that is there is deleted and written anew: columns that are not named get their "
           "default, its children go, no DELETE trigger fires unless recursive_triggers is on.",
    .safe_form = "INSERT ... ON CONFLICT (key) DO UPDATE SET column = excluded.column",
    .source = "SQLite, ON CONFLICT clause; measured on SQLite 3.40",
    .kinds = {ACTION_QUERY},
    .check = check_replace_deletes_row,
};

const struct rule rule_autoincrement_restarts = {
    .id = "autoincrement-restarts",
    .severity = SEVERITY_NOTE,
    .dialects = SQLITE,
    .summary = "a rebuild of a table with AUTOINCREMENT that does not carry its counter over",
    .why = "The new table counts from its greatest id: ids of rows that were deleted at the end "
           "are given again, which AUTOINCREMENT is there to prevent.",
    .safe_form = "before DROP: UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence "
                 "WHERE name = 'old') WHERE name = 'new'",
    .source = "SQLite, Autoincrement, 3; measured on SQLite 3.40",
    .kinds = {ACTION_DROP},
    .check = check_autoincrement_restarts,
};
