/*
 * Rules on what protects rows and is taken away: uniqueness, constraints, triggers, the log.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"
#include "base/text.h"

// A unique index over one of the columns: the key was changed, not given up.
static bool has_other_key(const struct schema_relation *table, const char *const *columns, size_t n)
{
    for (size_t i = 0; i < table->n_indexes; i++) {
        const struct schema_index *index = &table->indexes[i];
        for (size_t j = 0; index->is_unique && j < index->n_columns; j++) {
            if (index->columns[j].column != NULL && word_in(index->columns[j].column, columns, n))
                return true;
        }
    }
    return false;
}

static void report_open(struct rule_place *place, struct name table, const char *const *columns,
                        size_t n)
{
    const struct schema_relation *is = schema_find(place->after, table);
    if (is == NULL || n == 0 || relation_has_key(is, columns, n))
        return;
    for (size_t i = 0; i < n; i++) {
        if (schema_find_column(is, columns[i]) == NULL)
            return; // dropped or renamed, and told as that
    }
    const char *list = columns[0];
    for (size_t i = 1; i < n; i++)
        list = mem_printf(place->mem, "%s, %s", list, columns[i]);
    rule_report_as(place, has_other_key(is, columns, n) ? SEVERITY_NOTE : place->rule->severity,
                   NULL, "nothing keeps two rows of %s apart by (%s) any more",
                   place_name(place, table), list);
}

static void drop_index(struct rule_place *place, const struct action *action)
{
    struct schema_index *index;
    const struct schema_relation *table =
        schema_find_index(place->before, action->relation, &index);
    if (table == NULL || !index->is_unique || !index->is_valid || index->predicate_text != NULL)
        return;
    const char **columns = mem_array(place->mem, const char *, index->n_columns);
    for (size_t i = 0; i < index->n_columns; i++) {
        columns[i] = index->columns[i].column;
        if (columns[i] == NULL)
            return;
    }
    report_open(place, table->name, columns, index->n_columns);
}

static void drop_uniqueness(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_DROP && action->object == OBJECT_INDEX)
        drop_index(place, action);
    if (action->kind != ACTION_DROP_CONSTRAINT || action->member == NULL ||
        place_key_is_needed(place, action))
        return;
    const struct schema_relation *table = schema_find(place->before, action->relation);
    const struct schema_constraint *key =
        table == NULL ? NULL : schema_find_constraint(table, action->member);
    if (key != NULL && (key->kind == CONSTRAINT_PRIMARY_KEY || key->kind == CONSTRAINT_UNIQUE))
        report_open(place, table->name, key->columns, key->n_columns);
}

static void check_uniqueness_dropped(struct rule_place *place)
{
    struct rule_place at = *place;
    for (size_t i = 0; i < place->script->n_statements; i++) {
        at.index = i;
        at.statement = &place->script->statements[i];
        place_each_action(&at, drop_uniqueness);
    }
}

// --- other constraints

static bool shares_column(const char *const *a, size_t n_a, const char *const *b, size_t n_b)
{
    for (size_t i = 0; i < n_a; i++) {
        if (word_in(a[i], b, n_b))
            return true;
    }
    return false;
}

// The table has another of that kind on one of the same columns: it was changed, not given up.
static bool is_replaced(const struct schema_relation *table, const struct schema_constraint *gone)
{
    bool is_check = gone->kind == CONSTRAINT_CHECK;
    for (size_t i = 0; i < table->n_constraints; i++) {
        const struct schema_constraint *is = &table->constraints[i];
        if (is->kind == gone->kind &&
            (is_check ? shares_column(is->check_columns, is->n_check_columns, gone->check_columns,
                                      gone->n_check_columns)
                      : shares_column(is->columns, is->n_columns, gone->columns, gone->n_columns)))
            return true;
    }
    return false;
}

static bool has_columns(const struct schema_relation *table, const char *const *columns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (schema_find_column(table, columns[i]) == NULL)
            return false;
    }
    return n > 0;
}

static void drop_constraint(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_DROP_CONSTRAINT || action->member == NULL)
        return;
    const struct schema_relation *was = schema_find(place->before, action->relation);
    const struct schema_relation *is = schema_find(place->after, action->relation);
    const struct schema_constraint *gone =
        was == NULL || is == NULL ? NULL : schema_find_constraint(was, action->member);
    if (gone == NULL || is_replaced(is, gone))
        return;
    const char *table = place_name(place, action->relation);
    if (gone->kind == CONSTRAINT_FOREIGN_KEY && has_columns(is, gone->columns, gone->n_columns) &&
        schema_find(place->after, gone->references) != NULL)
        rule_report(place, "rows of %s may point at no row of %s from now on: (%s) is free", table,
                    place_name(place, gone->references),
                    words_join(place->mem, gone->columns, gone->n_columns));
    if (gone->kind == CONSTRAINT_CHECK &&
        has_columns(is, gone->check_columns, gone->n_check_columns))
        rule_report_as(place, SEVERITY_NOTE, NULL,
                       "%s takes rows from now on that CHECK %s kept out", table, gone->name);
    if (gone->kind == CONSTRAINT_EXCLUDE && has_columns(is, gone->columns, gone->n_columns))
        rule_report(place, "nothing keeps two rows of %s from excluding each other any more",
                    table);
}

static void check_drop_constraint(struct rule_place *place)
{
    struct rule_place at = *place;
    for (size_t i = 0; i < place->script->n_statements; i++) {
        at.index = i;
        at.statement = &place->script->statements[i];
        place_each_action(&at, drop_constraint);
    }
}

// --- the log

static void set_unlogged(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_SET_UNLOGGED && action->object != OBJECT_SEQUENCE &&
        !place_is_new(place, action->relation))
        rule_report(place,
                    "%s is emptied by the next crash of the server, and empty on every "
                    "standby and in every base backup",
                    place_name(place, action->relation));
}

static void check_set_unlogged(struct rule_place *place)
{
    place_each_action(place, set_unlogged);
}

// --- triggers and rules

static void rule_instead(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_CREATE_RULE || !action->is_instead ||
        strcmp(action->option, "SELECT") == 0 || place_is_new(place, action->relation))
        return;
    const struct schema_relation *relation = schema_find(place->before, action->relation);
    if (relation != NULL && relation->kind == RELATION_VIEW)
        return; // how a view is made writable
    rule_report(place, "%s on %s does %s from now on, and its writer is told of no error",
                action->option, place_name(place, action->relation),
                action->without_data ? "nothing" : "something else");
}

static void check_rule_instead(struct rule_place *place)
{
    place_each_action(place, rule_instead);
}

static void triggers_off(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_DISABLE_TRIGGER && !place_is_new(place, action->relation))
        rule_report(place, "what triggers of %s keep right is not kept while they are off: %s",
                    place_name(place, action->relation), action->member);
    if (action->kind == ACTION_SET_VARIABLE && action->member != NULL && action->option != NULL &&
        strcmp(action->member, "session_replication_role") == 0 &&
        text_equal_nocase(action->option, "replica"))
        rule_report(place, "no trigger fires and no foreign key is checked in this session");
}

static void check_triggers_off(struct rule_place *place)
{
    place_each_action(place, triggers_off);
}

// --- rows

const struct rule rule_uniqueness_dropped = {
    .id = "uniqueness-dropped",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary =
        "a primary key, UNIQUE constraint or unique index is dropped, and no other keeps the "
        "rows apart",
    .why = "From now on the same row may come in twice, and the way back fails on the duplicates.",
    .safe_form = "make the new key first, then drop the old one; or say why duplicates are right",
    .source = "PostgreSQL 15 manual, Unique Indexes",
    .kinds = {ACTION_DROP, ACTION_DROP_CONSTRAINT},
    .check_migration = check_uniqueness_dropped,
};

const struct rule rule_triggers_off = {
    .id = "triggers-off",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "triggers are disabled, or session_replication_role is set to replica",
    .why = "Audit, denormalised columns and, as a superuser, foreign keys are not kept: what is "
           "written meanwhile stays wrong without an error.",
    .safe_form = "leave them on, or write what they would have written in the same transaction",
    .source = "PostgreSQL 15 manual, ALTER TABLE; session_replication_role",
    .kinds = {ACTION_DISABLE_TRIGGER, ACTION_SET_VARIABLE},
    .check = check_triggers_off,
};

const struct rule rule_drop_constraint = {
    .id = "drop-constraint",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary =
        "a foreign key, CHECK or exclusion constraint is dropped and nothing takes its place",
    .why = "From now on rows come in that it kept out, and the way back fails on them.",
    .safe_form =
        "add its successor NOT VALID in the same migration, or say why such rows are right",
    .source = "PostgreSQL 15 manual, Constraints",
    .kinds = {ACTION_DROP_CONSTRAINT},
    .check_migration = check_drop_constraint,
};

const struct rule rule_set_unlogged = {
    .id = "set-unlogged",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES,
    .summary = "ALTER TABLE ... SET UNLOGGED on a table that was there before the migration",
    .why = "An unlogged table is truncated after a crash or an unclean stop, and no standby has "
           "its rows.",
    .safe_form = "leave it logged; for a fast load fill a new unlogged table and SET LOGGED behind "
                 "it",
    .source = "PostgreSQL 15 manual, CREATE TABLE, UNLOGGED",
    .kinds = {ACTION_SET_UNLOGGED},
    .check = check_set_unlogged,
};

const struct rule rule_rule_instead = {
    .id = "rule-instead",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "CREATE RULE ... ON INSERT, UPDATE or DELETE DO INSTEAD on a table",
    .why = "What is written does not arrive, and the count of rows that the writer gets is 0, "
           "without an error.",
    .safe_form = "a trigger that raises an exception, or REVOKE, so that writers are told",
    .source = "PostgreSQL 15 manual, Rules on INSERT, UPDATE, and DELETE",
    .kinds = {ACTION_CREATE_RULE},
    .check = check_rule_instead,
};
