/*
 * Rules on DML whose every row makes the server look for rows that refer to it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/lock_place.h"
#include "analysis/schema_edit.h"

static bool is_index_for(const struct schema_index *index, const struct schema_constraint *key)
{
    if (index->predicate_text != NULL || index->n_columns < key->n_columns)
        return false;
    for (size_t i = 0; i < key->n_columns; i++) {
        const char *column = index->columns[i].column;
        if (column == NULL || !word_in(column, key->columns, key->n_columns))
            return false;
    }
    return true;
}

static bool has_index_for(const struct schema_relation *relation,
                          const struct schema_constraint *key)
{
    for (size_t i = 0; i < relation->n_indexes; i++) {
        if (is_index_for(&relation->indexes[i], key))
            return true;
    }
    return false;
}

static bool assigns_one_of(const struct query *query, const char **columns, size_t n)
{
    for (size_t i = 0; i < query->n_assignments; i++) {
        if (word_in(query->assignments[i].column, columns, n))
            return true;
    }
    return false;
}

static void referring(struct rule_place *place, const struct query *query,
                      const struct schema_relation *child)
{
    for (size_t i = 0; i < child->n_constraints; i++) {
        const struct schema_constraint *key = &child->constraints[i];
        if (key->kind != CONSTRAINT_FOREIGN_KEY ||
            !constraint_references(place->before, key, schema_resolve(place->before, query->target),
                                   NULL) ||
            has_index_for(child, key) ||
            (query->verb == QUERY_UPDATE &&
             !assigns_one_of(query, key->referenced, key->n_referenced)))
            continue;
        const char *size;
        enum severity severity = place_weigh(place, child->name, &size);
        const char *columns = words_join(place->mem, key->columns, key->n_columns);
        const char *name = place_name(place, child->name);
        const char **quoted = mem_array(place->mem, const char *, key->n_columns);
        for (size_t k = 0; k < key->n_columns; k++)
            quoted[k] = place_sql_name(place, key->columns[k]);
        rule_report_as(place, severity == SEVERITY_STOP ? SEVERITY_WARN : severity,
                       mem_printf(place->mem,
                                  "CREATE INDEX CONCURRENTLY ON %s (%s); in a migration before",
                                  name, columns),
                       "reads all of %s for each row of %s, because %s has no index (%s)", name,
                       place_name(place, query->target), columns, size);
    }
}

static void unindexed(struct rule_place *place, const struct query *query)
{
    if ((query->verb != QUERY_DELETE && query->verb != QUERY_UPDATE) || query->target.name == NULL)
        return;
    const struct schema_relation *target = schema_find(place->before, query->target);
    if (target == NULL || schema_is_new(place->before, target) ||
        !schema_may_be_used(place->before, target))
        return;
    // Who refers to it is locked by the statement.
    const struct effects *effects = place_effects(place);
    for (size_t i = 0; i < effects->n_locks; i++) {
        const struct schema_relation *child =
            schema_find(place->before, relation_name(place, effects->locks[i].relation));
        if (child != NULL && child != target)
            referring(place, query, child);
    }
}

static void check_dml_unindexed_fk(struct rule_place *place)
{
    place_each_query(place, unindexed);
}

// --- rows

const struct rule rule_dml_unindexed_fk = {
    .id = "dml-unindexed-fk",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "DELETE, or UPDATE of a key, of rows that a foreign key without an index refers to",
    .why = "For each row that goes, the whole referring table is read to find who refers to it.",
    .safe_form = "an index on the foreign key's columns first, built CONCURRENTLY",
    .source = "PostgreSQL 15 manual, Constraints, Foreign Keys",
    .kinds = {ACTION_QUERY},
    .check = check_dml_unindexed_fk,
};
