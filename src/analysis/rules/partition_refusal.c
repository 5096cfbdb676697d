/*
 * Rule on what the server does for a table and refuses for a partitioned one.
 *
 * It fails on any data, so a test database finds it too; but often only production is partitioned.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"

// PostgreSQL 18, release notes: NOT VALID foreign keys of partitioned tables.
#define NOT_VALID_FOREIGN_KEY_SINCE 18

static const struct schema_relation *partitioned(const struct rule_place *place, struct name name)
{
    const struct schema_relation *relation =
        name.name == NULL ? NULL : schema_find(place->before, name);
    return relation != NULL && relation->kind == RELATION_PARTITIONED ? relation : NULL;
}

static bool index_has(const struct index_definition *index, const char *column)
{
    for (size_t i = 0; i < index->n_columns; i++) {
        const char *own = index->columns[i].column;
        if (own != NULL && strcmp(own, column) == 0)
            return true;
    }
    return false;
}

// What a unique key over the partitions lacks: each partition only knows its own rows.
static const char *lacks(const struct rule_place *place, const struct partition_key *key,
                         const struct constraint *constraint, const struct index_definition *index)
{
    for (size_t i = 0; key != NULL && i < key->n_columns; i++) {
        const char *column = key->columns[i].column;
        if (column == NULL)
            return "the partition key has an expression, so nothing can be unique over all "
                   "partitions";
        if (constraint != NULL ? !word_in(column, constraint->columns, constraint->n_columns)
                               : !index_has(index, column))
            return mem_printf(place->mem, "a unique key must include %s, of the partition key",
                              column);
    }
    return NULL;
}

static const char *refuses_constraint(const struct rule_place *place,
                                      const struct schema_relation *table,
                                      const struct constraint *constraint, const char **hint)
{
    bool is_key =
        constraint->kind == CONSTRAINT_UNIQUE || constraint->kind == CONSTRAINT_PRIMARY_KEY;
    if (is_key && constraint->using_index != NULL)
        return "USING INDEX is not for partitioned tables";
    if (is_key)
        return lacks(place, table->partition_key, constraint, NULL);
    if (constraint->kind == CONSTRAINT_CHECK && constraint->is_no_inherit) {
        *hint = "add it without NO INHERIT: each partition gets it";
        return "NO INHERIT is not for partitioned tables";
    }
    if (constraint->kind != CONSTRAINT_FOREIGN_KEY || !constraint->is_not_valid ||
        place->pg_version >= NOT_VALID_FOREIGN_KEY_SINCE)
        return NULL;
    *hint = "add it NOT VALID to each partition, VALIDATE it there, then add it to the partitioned "
            "table, which takes those over";
    return "NOT VALID is not for foreign keys of partitioned tables before PostgreSQL 18";
}

static bool has_default(const struct rule_place *place, const struct schema_relation *parent)
{
    for (const struct schema_relation *r = schema_next(place->before, NULL); r != NULL;
         r = schema_next(place->before, r)) {
        if (r->is_default_partition && r->n_parents > 0 &&
            name_may_equal(r->parents[0], parent->name))
            return true;
    }
    return false;
}

static const char *refuses_index(const struct rule_place *place,
                                 const struct schema_relation *table, const struct action *action,
                                 const char **hint)
{
    if (action->concurrently) {
        *hint = "CREATE INDEX ON ONLY the partitioned table, CREATE INDEX CONCURRENTLY on each "
                "partition, then ALTER INDEX ... ATTACH PARTITION for each";
        return "an index of a partitioned table cannot be built CONCURRENTLY";
    }
    return action->index->is_unique ? lacks(place, table->partition_key, NULL, action->index)
                                    : NULL;
}

static const char *refuses_drop(const struct rule_place *place, const struct action *action,
                                const struct schema_relation **table, const char **hint)
{
    struct schema_index *index;
    if (action->object == OBJECT_INDEX && action->concurrently)
        *table = schema_find_index(place->before, action->relation, &index);
    if (*table == NULL || (*table)->kind != RELATION_PARTITIONED)
        return NULL;
    *hint = "SET lock_timeout = '2s' before DROP INDEX, and try again when it fails";
    return "an index of a partitioned table cannot be dropped CONCURRENTLY";
}

static const char *refuses_new_keys(const struct rule_place *place, const struct action *create,
                                    const struct constraint *constraints, size_t n)
{
    const char *why = NULL;
    for (size_t i = 0; why == NULL && i < n; i++) {
        const struct constraint *own = &constraints[i];
        if (own->kind == CONSTRAINT_UNIQUE || own->kind == CONSTRAINT_PRIMARY_KEY)
            why = lacks(place, create->partition_key, own, NULL);
    }
    return why;
}

static const char *refuses_create(const struct rule_place *place, const struct action *create)
{
    const char *why = refuses_new_keys(place, create, create->constraints, create->n_constraints);
    for (size_t i = 0; why == NULL && i < create->n_columns; i++)
        why = refuses_new_keys(place, create, create->columns[i].constraints,
                               create->columns[i].n_constraints);
    return why;
}

// Why it fails, on which table (NULL: the new one); NULL: it does not.
static const char *refuses(const struct rule_place *place, const struct action *action,
                           const struct schema_relation **table, const char **hint)
{
    *table = NULL;
    if (action->kind == ACTION_CREATE_TABLE)
        return action->partition_key == NULL ? NULL : refuses_create(place, action);
    if (action->kind == ACTION_DROP)
        return refuses_drop(place, action, table, hint);
    *table = partitioned(place, action->relation);
    if (*table == NULL)
        return NULL;
    if (action->kind == ACTION_CREATE_INDEX)
        return refuses_index(place, *table, action, hint);
    if (action->kind == ACTION_ADD_CONSTRAINT)
        return refuses_constraint(place, *table, action->constraint, hint);
    if (action->kind != ACTION_DETACH_PARTITION || !action->concurrently ||
        !has_default(place, *table))
        return NULL;
    *hint = "SET lock_timeout = '2s' before DETACH PARTITION, and try again when it fails";
    return "nothing is detached CONCURRENTLY while there is a default partition";
}

bool place_partition_refuses(const struct rule_place *place, const struct action *action)
{
    const char *hint;
    const struct schema_relation *table;
    return refuses(place, action, &table, &hint) != NULL;
}

static void refuse(struct rule_place *place, const struct action *action)
{
    const char *hint = NULL;
    const struct schema_relation *table;
    const char *why = refuses(place, action, &table, &hint);
    if (why != NULL)
        rule_report_as(place, place->rule->severity, hint, "fails on %s: %s",
                       place_name(place, table == NULL ? action->relation : table->name), why);
}

static void check_partitioned_table_refuses(struct rule_place *place)
{
    place_each_action(place, refuse);
}

// --- rows

const struct rule rule_partitioned_table_refuses = {
    .id = "partitioned-table-refuses",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES,
    .in_downs = true,
    .summary = "what the server refuses for a partitioned table: CONCURRENTLY, a unique key "
               "without the partition key, USING INDEX, a NOT VALID foreign key, NO INHERIT",
    .why = "It fails: each partition has its own indexes and knows only its own rows.",
    .safe_form = "do it for each partition, where the hint says so; put the partition key into the "
                 "unique key",
    .source = "PostgreSQL 15 manual, Table Partitioning, Limitations; measured on PostgreSQL 15",
    .kinds = {ACTION_CREATE_TABLE, ACTION_CREATE_INDEX, ACTION_ADD_CONSTRAINT,
              ACTION_DETACH_PARTITION, ACTION_DROP},
    .check = check_partitioned_table_refuses,
};
