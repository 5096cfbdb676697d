/*
 * Rules on what depends on a column: the server refuses to change it under a view.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"

// Its columns are known by their last names: with several tables it may be another's.
static bool may_read(const struct schema_relation *view, struct name table, const char *column,
                     bool *is_sure)
{
    *is_sure = view->n_reads == 1;
    bool reads_table = false;
    for (size_t i = 0; i < view->n_reads; i++)
        reads_table = reads_table || name_may_equal(view->reads[i], table);
    return reads_table && (word_in(column, view->read_columns, view->n_read_columns) ||
                           word_in("*", view->read_columns, view->n_read_columns));
}

static void depends_on_column(struct rule_place *place, const struct action *action)
{
    bool is_drop = action->kind == ACTION_DROP_COLUMN && !action->cascade;
    const struct schema_relation *table =
        action->relation.name == NULL ? NULL : schema_find(place->before, action->relation);
    if ((!is_drop && action->kind != ACTION_ALTER_TYPE) || table == NULL ||
        !schema_may_be_used(place->before, table) ||
        place_adds_column(place, action->relation, action->column))
        return;
    for (const struct schema_relation *r = schema_next(place->before, NULL); r != NULL;
         r = schema_next(place->before, r)) {
        bool is_sure;
        if (!may_read(r, table->name, action->column, &is_sure))
            continue;
        rule_report_as(place, is_sure ? place->rule->severity : SEVERITY_WARN, NULL,
                       "%s.%s: %s fails: view '%s' %s it", place_name(place, table->name),
                       action->column, is_drop ? "dropping it" : "changing its type",
                       place_name(place, r->name), is_sure ? "reads" : "may read");
        return;
    }
}

static void check_depends_on_column(struct rule_place *place)
{
    place_each_action(place, depends_on_column);
}

// --- rows

const struct rule rule_depends_on_column = {
    .id = "depends-on-column",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES,
    .in_downs = true,
    .summary = "DROP COLUMN without CASCADE, or ALTER COLUMN TYPE, of a column that a view reads",
    .why = "It fails: the server keeps a view's columns as they were when it was made.",
    .safe_form = "drop the view first and create it again behind the change, in one transaction",
    .source = "PostgreSQL 15 manual, Dependency Tracking; measured on PostgreSQL 15",
    .kinds = {ACTION_DROP_COLUMN, ACTION_ALTER_TYPE},
    .check = check_depends_on_column,
};
