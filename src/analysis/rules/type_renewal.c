/*
 * Rules on type changes that leave the rows as they are, and still build indexes again or check
 * every row again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/lock_place.h"
#include "analysis/schema_edit.h"

static void report_renewed(struct rule_place *place, const struct action *action, const char *hint,
                           const char *what)
{
    const char *size;
    enum severity severity = place_weigh(place, action->relation, &size);
    rule_report_as(place, severity, hint, "nobody reads or writes %s while %s (%s)",
                   place_name(place, action->relation), what, size);
}

// The type change of an old table that does not rewrite it.
static const struct schema_relation *changed_in_place(const struct rule_place *place,
                                                      const struct action *action)
{
    if (action->kind != ACTION_ALTER_TYPE || !place_is_old(place, action->relation) ||
        place_rewrites(place, action->relation))
        return NULL;
    return schema_find(place->before, action->relation);
}

static bool changes_collation(const struct schema_relation *relation, const struct action *action)
{
    const struct schema_column *column = schema_find_column(relation, action->column);
    const char *collation = action->definition->collation;
    if (column == NULL || (collation == NULL && column->collation == NULL))
        return false;
    return collation == NULL || column->collation == NULL ||
           strcmp(collation, column->collation) != 0;
}

static const char *used_indexes(const struct rule_place *place,
                                const struct schema_relation *relation, const char *column)
{
    const char **names = mem_array(place->mem, const char *, relation->n_indexes + 1);
    size_t n = 0;
    for (size_t i = 0; i < relation->n_indexes; i++) {
        if (index_uses(place->before, &relation->indexes[i], column) &&
            relation->indexes[i].name != NULL)
            names[n++] = relation->indexes[i].name;
    }
    return words_shorten(place->mem, names, n);
}

static bool is_of_constraint(const struct schema_relation *relation, const char *index)
{
    for (size_t i = 0; i < relation->n_constraints; i++) {
        if (relation->constraints[i].index != NULL &&
            strcmp(relation->constraints[i].index, index) == 0)
            return true;
    }
    return false;
}

// The index of a constraint cannot be dropped alone.
static const char *rebuild_hint(const struct rule_place *place,
                                const struct schema_relation *relation, const char *column)
{
    const char *text = "-- before it, outside any transaction:\n";
    for (size_t i = 0; i < relation->n_indexes; i++) {
        const struct schema_index *index = &relation->indexes[i];
        if (index->name == NULL || !index_uses(place->before, index, column))
            continue;
        if (is_of_constraint(relation, index->name))
            return mem_printf(place->mem,
                              "there is no online way for the index of a constraint (%s): a new "
                              "column beside it, filled in batches, and a swap",
                              index->name);
        struct name name = {relation->name.schema, index->name};
        text = mem_printf(place->mem, "%sDROP INDEX CONCURRENTLY %s;\n", text,
                          place_sql_table(place, name));
    }
    return mem_printf(
        place->mem, "%s-- behind it, outside any transaction: CREATE INDEX CONCURRENTLY, as it was",
        text);
}

static void index_rebuild(struct rule_place *place, const struct action *action,
                          bool wants_collation)
{
    const struct schema_relation *relation = changed_in_place(place, action);
    const struct effects *effects = place_effects(place);
    if (relation == NULL || place_repeats(place, action) ||
        !word_in(place_name(place, action->relation), effects->index_builds,
                 effects->n_index_builds) ||
        changes_collation(relation, action) != wants_collation)
        return;
    report_renewed(place, action, rebuild_hint(place, relation, action->column),
                   mem_printf(place->mem, "indexes of %s are built again: %s", action->column,
                              used_indexes(place, relation, action->column)));
}

static void check_type_change_index_rebuild(struct rule_place *place)
{
    for (size_t i = 0; i < place->statement->n_actions; i++)
        index_rebuild(place, &place->statement->actions[i], false);
}

static void check_collation_change(struct rule_place *place)
{
    for (size_t i = 0; i < place->statement->n_actions; i++)
        index_rebuild(place, &place->statement->actions[i], true);
}

static const char *recheck_hint(const struct rule_place *place, const struct action *action,
                                const struct schema_constraint *check)
{
    if (check->check_text == NULL || check->name == NULL)
        return NULL;
    const char *table = place_sql_table(place, action->relation);
    const char *name = place_sql_name(place, check->name);
    return mem_printf(place->mem,
                      "ALTER TABLE %s DROP CONSTRAINT %s;\n%s;\n"
                      "ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s) NOT VALID;\n"
                      "-- in a transaction of its own:\nALTER TABLE %s VALIDATE CONSTRAINT %s;",
                      table, name, place->statement->sql, table, name, check->check_text, table,
                      name);
}

static void recheck(struct rule_place *place, const struct action *action)
{
    const struct schema_relation *relation = changed_in_place(place, action);
    if (relation == NULL || !place_scans(place, action->relation))
        return;
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const struct schema_constraint *check = &relation->constraints[i];
        if (check->kind != CONSTRAINT_CHECK || !check->is_valid ||
            !constraint_uses(place->before, check, action->column))
            continue;
        report_renewed(place, action, recheck_hint(place, action, check),
                       mem_printf(place->mem,
                                  "every row is held against %s again, because %s is in it",
                                  check->name, action->column));
        return;
    }
}

static void check_type_change_recheck(struct rule_place *place)
{
    place_each_action(place, recheck);
}

// --- rows

const struct rule rule_type_change_index_rebuild = {
    .id = "type-change-index-rebuild",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ALTER COLUMN TYPE that leaves the rows and builds an index again",
    .why = "ACCESS EXCLUSIVE until indexes are built again: those that compare otherwise now, and "
           "every partial index and index on an expression that mentions the column.",
    .safe_form = "DROP INDEX CONCURRENTLY before it, CREATE INDEX CONCURRENTLY after it",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ALTER_TYPE},
    .check = check_type_change_index_rebuild,
};

const struct rule rule_collation_change = {
    .id = "collation-change",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ALTER COLUMN TYPE ... COLLATE that builds indexes again",
    .why = "ACCESS EXCLUSIVE until every index on the column is built again in the new order.",
    .safe_form = "DROP INDEX CONCURRENTLY before it, CREATE INDEX CONCURRENTLY after it",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ALTER_TYPE},
    .check = check_collation_change,
};

const struct rule rule_type_change_recheck = {
    .id = "type-change-recheck",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ALTER COLUMN TYPE of a column that a CHECK mentions",
    .why = "ACCESS EXCLUSIVE while every row is held against the CHECK again, even when the type "
           "change itself costs nothing.",
    .safe_form = "DROP CONSTRAINT, change the type, ADD CONSTRAINT ... NOT VALID, then VALIDATE "
                 "CONSTRAINT in its own transaction",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ALTER_TYPE},
    .check = check_type_change_recheck,
};
