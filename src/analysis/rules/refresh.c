/*
 * Rule on REFRESH MATERIALIZED VIEW that the server refuses.
 *
 * A materialized view that is known at all is known with its indexes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/lock_place.h"

// Source: PostgreSQL 15, is_usable_unique_index() of matview.c.
static bool is_usable(const struct schema_index *index)
{
    if (!index->is_unique || !index->is_valid || index->predicate_text != NULL)
        return false;
    for (size_t i = 0; i < index->n_columns; i++) {
        if (index->columns[i].column == NULL)
            return false;
    }
    return true;
}

static const char *refusal(const struct schema_relation *view, const struct action *action)
{
    if (view->kind != RELATION_MATERIALIZED_VIEW)
        return "it is no materialized view";
    if (!action->concurrently)
        return NULL;
    if (action->without_data)
        return "CONCURRENTLY and WITH NO DATA exclude each other";
    for (size_t i = 0; i < view->n_indexes; i++) {
        if (is_usable(&view->indexes[i]))
            return NULL;
    }
    return "CONCURRENTLY needs a unique index on plain columns, without WHERE";
}

static void refresh(struct rule_place *place, const struct action *action)
{
    const struct schema_relation *view =
        action->kind == ACTION_REFRESH ? schema_find(place->before, action->relation) : NULL;
    const char *why =
        view == NULL || schema_doubts_relation(place->before, view) ? NULL : refusal(view, action);
    if (why == NULL)
        return;
    const char *name = place_sql_table(place, view->name);
    bool needs_index = view->kind == RELATION_MATERIALIZED_VIEW && !action->without_data;
    rule_report_as(
        place, place->statement->is_conditional ? SEVERITY_WARN : place->rule->severity,
        needs_index && view->n_columns > 0
            ? mem_printf(
                  place->mem,
                  "it needs a unique index on columns that tell its rows apart, as ON %s (%s), "
                  "in a migration before",
                  name, place_sql_name(place, view->columns[0].name))
            : NULL,
        "refreshing %s fails: %s", place_name(place, view->name), why);
}

static void check_refresh_refused(struct rule_place *place)
{
    place_each_action(place, refresh);
}

// --- rows

const struct rule rule_refresh_refused = {
    .id = "refresh-refused",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES,
    .in_downs = true,
    .summary = "REFRESH MATERIALIZED VIEW CONCURRENTLY without a unique index that it can use",
    .why = "It fails: the server tells old and new rows apart by an index that covers every row.",
    .safe_form = "CREATE UNIQUE INDEX on columns of the materialized view, without WHERE and "
                 "expressions, before it",
    .source = "PostgreSQL 15 manual, REFRESH MATERIALIZED VIEW; measured on PostgreSQL 15",
    .kinds = {ACTION_REFRESH},
    .check = check_refresh_refused,
};
