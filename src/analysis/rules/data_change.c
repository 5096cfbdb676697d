/*
 * Rules on DML: rows overwritten, deleted, skipped, lost in a join, or turned into NULL.
 *
 * These are the changes that discard or duplicate records without an error.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/copy_question.h"
#include "analysis/rules/join.h"

static bool takes_every_row(const struct query *query)
{
    return (query->where == NULL || query->where->is_true) && query->join_condition == NULL &&
           query->n_reads == 0;
}

// The assignment that overwrites a column that was there before, without looking at its value.
static const char *overwritten_column(const struct rule_place *place, const struct query *query)
{
    for (size_t i = 0; i < query->n_assignments; i++) {
        const struct assignment *set = &query->assignments[i];
        if (!word_in(set->column, set->value.columns, set->value.n_columns) &&
            !place_adds_column(place, query->target, set->column))
            return set->column;
    }
    return NULL;
}

static bool columns_are_new(const struct rule_place *place, const struct query *query)
{
    for (size_t i = 0; i < query->n_assignments; i++) {
        if (!place_adds_column(place, query->target, query->assignments[i].column))
            return false;
    }
    return true;
}

static void update_delete_without_where(struct rule_place *place, const struct query *query)
{
    if (query->target.name == NULL || place_is_new(place, query->target) || query->has_limit ||
        !takes_every_row(query))
        return;
    const char *table = place_name(place, query->target);
    const char *how = query->where == NULL ? "has no WHERE" : "has a WHERE that is always true";
    if (query->verb == QUERY_DELETE) {
        rule_report(place, "DELETE FROM %s %s: every row is deleted", table, how);
        return;
    }
    if (query->verb != QUERY_UPDATE || columns_are_new(place, query))
        return;
    const char *column = overwritten_column(place, query);
    if (column != NULL)
        rule_report(place, "UPDATE %s %s: every value of %s is overwritten", table, how, column);
    else
        rule_report_as(place, SEVERITY_WARN, NULL, "UPDATE %s %s: every row is changed", table,
                       how);
}

static void check_update_delete_without_where(struct rule_place *place)
{
    place_each_query(place, update_delete_without_where);
}

// WHERE says it alone: what USING names is not known with its aliases, nor a CTE.
static bool is_condition_whole(const struct query *query)
{
    const struct expression *where = query->where;
    bool is_whole = where != NULL && query->n_reads == where->n_relations;
    for (size_t i = 0; is_whole && i < where->n_relations; i++) {
        is_whole = false;
        for (size_t j = 0; j < query->n_reads; j++)
            is_whole = is_whole || name_may_equal(query->reads[j], where->relations[i]);
    }
    return is_whole;
}

static void dedupe_delete(struct rule_place *place, const struct query *query)
{
    if (query->verb != QUERY_DELETE || place_is_new(place, query->target))
        return;
    bool reads_itself = false;
    for (size_t i = 0; i < query->n_reads; i++)
        reads_itself = reads_itself || name_may_equal(query->reads[i], query->target);
    for (size_t i = 0; query->where != NULL && i < query->where->n_relations; i++)
        reads_itself = reads_itself || name_may_equal(query->where->relations[i], query->target);
    if (!reads_itself)
        return;
    struct asking asking = ask(place, NULL, query->target);
    if (is_condition_whole(query)) {
        ask_needs_rows(&asking, query->target);
        ask_rows(&asking,
                 query->target_alias == NULL
                     ? ask_table(&asking)
                     : mem_printf(place->mem, "%s AS %s", ask_table(&asking),
                                  ask_name(&asking, query->target_alias)),
                 query->where->text);
        asking.question.loses = true;
    }
    const char *name = place_name(place, query->target);
    ask_report(&asking, place->rule->severity,
               mem_printf(place->mem, "no row of %s goes because another one equals it", name),
               "deletes rows of %s that another row of it makes superfluous", name);
}

static void check_dedupe_delete(struct rule_place *place)
{
    place_each_query(place, dedupe_delete);
}

// A foreign key, enforced and never NULL, from a table that is read gives every row its partner.
static bool key_gives_partner(const struct schema_relation *child, struct name parent,
                              const struct expression *join)
{
    for (size_t i = 0; i < child->n_constraints; i++) {
        const struct schema_constraint *key = &child->constraints[i];
        bool fits = key->kind == CONSTRAINT_FOREIGN_KEY && key->is_valid &&
                    name_may_equal(key->references, parent);
        for (size_t j = 0; fits && j < key->n_columns; j++)
            fits = relation_proves_not_null(child, key->columns[j]) && join != NULL &&
                   word_in(key->columns[j], join->columns, join->n_columns);
        if (fits)
            return true;
    }
    return false;
}

static bool has_partner(const struct rule_place *place, const struct query *query,
                        struct name joined)
{
    for (size_t i = 0; i < query->n_reads; i++) {
        const struct schema_relation *child = schema_find(place->before, query->reads[i]);
        if (child != NULL && !name_may_equal(query->reads[i], joined) &&
            key_gives_partner(child, joined, query->join_condition))
            return true;
    }
    return false;
}

// The table whose place the copy takes: `rename` gives it the name of one that it was made from.
static const struct name *replaced_by(const struct action *rename, const struct query *query,
                                      struct name copy)
{
    if (rename->kind != ACTION_RENAME || !name_may_equal(rename->relation, copy))
        return NULL;
    for (size_t i = 0; i < query->n_reads; i++) {
        if (strcmp(query->reads[i].name, rename->new_name) == 0)
            return &query->reads[i];
    }
    return NULL;
}

const struct name *place_copy_replaces(const struct rule_place *place, const struct query *query,
                                       struct name copy)
{
    const struct name *replaced = NULL;
    for (size_t i = place->index + 1; replaced == NULL && i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; replaced == NULL && j < statement->n_actions; j++)
            replaced = replaced_by(&statement->actions[j], query, copy);
    }
    return replaced;
}

static void report_lost(struct rule_place *place, const struct query *query, enum severity severity,
                        const char *message)
{
    struct asking asking = ask(place, NULL, query->reads[0]);
    ask_lost_in_join(&asking, query);
    ask_report(
        &asking, severity,
        mem_printf(place->mem, "every row of %s arrives once", place_name(place, asking.table)),
        "%s", message);
}

static void report_join(struct rule_place *place, const struct query *query, struct name target)
{
    const char *copy = place_name(place, target);
    const struct name *replaced = place_copy_replaces(place, query, target);
    for (size_t i = 0; i < query->n_inner_joined; i++) {
        struct name joined = query->inner_joined[i];
        if (name_is_system(joined) || has_partner(place, query, joined))
            continue;
        report_lost(place, query, replaced != NULL ? SEVERITY_STOP : place->rule->severity,
                    replaced != NULL
                        ? mem_printf(place->mem,
                                     "%s takes the place of %s, but rows without a partner in %s "
                                     "never reach it, and rows with several arrive several times",
                                     copy, place_name(place, *replaced), place_name(place, joined))
                        : mem_printf(place->mem,
                                     "rows without a partner in %s never reach %s, rows with "
                                     "several arrive several times",
                                     place_name(place, joined), copy));
        return;
    }
}

// LEFT JOIN loses no row, but a row with several partners arrives several times.
static void report_left_join(struct rule_place *place, const struct query *query,
                             struct name target)
{
    static const char *const begins[] = {"from", NULL};
    static const char *const ends[] = {"returning", NULL};
    const char *from = join_text(place, begins, ends);
    if (from == NULL || query->has_group_by || query->has_distinct || query->has_set_operation)
        return;
    for (size_t i = 0; i < query->n_reads; i++) {
        const struct schema_relation *relation = schema_find(place->before, query->reads[i]);
        struct joined_table joined = join_read(place, from, query->reads[i]);
        if (relation == NULL || !joined.is_left || joined.n_columns == 0 ||
            !relation_is_table(relation) ||
            relation_has_key(relation, joined.columns, joined.n_columns))
            continue;
        report_lost(place, query, place->rule->severity,
                    mem_printf(place->mem,
                               "no key of %s is (%s): rows with several partners in it arrive "
                               "several times in %s",
                               place_name(place, query->reads[i]),
                               words_join(place->mem, joined.columns, joined.n_columns),
                               place_name(place, target)));
        return;
    }
}

static void report_joins(struct rule_place *place, const struct query *query, struct name target)
{
    if (query->n_inner_joined > 0)
        report_join(place, query, target);
    else
        report_left_join(place, query, target);
}

static void insert_select_join(struct rule_place *place, const struct query *query)
{
    if (query->verb == QUERY_INSERT && !query->has_values && query->n_reads > 1)
        report_joins(place, query, query->target);
}

static void create_as_join(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_CREATE_TABLE_AS && action->query != NULL &&
        action->object != OBJECT_MATERIALIZED_VIEW && !action->is_temporary &&
        action->query->n_reads > 1)
        report_joins(place, action->query, action->relation);
}

static void check_insert_select_join_loses_rows(struct rule_place *place)
{
    place_each_query(place, insert_select_join);
    place_each_action(place, create_as_join);
}

// SQLite: UPDATE OR IGNORE, UPDATE OR REPLACE.
static void update_on_conflict(struct rule_place *place, const struct query *query)
{
    if (query->verb != QUERY_UPDATE || place_is_new(place, query->target))
        return;
    const char *table = place_name(place, query->target);
    if (query->conflict == CONFLICT_NOTHING)
        rule_report(place, "rows of %s that would collide are left as they were without a word",
                    table);
    else if (query->conflict == CONFLICT_REPLACE)
        rule_report_as(place, SEVERITY_STOP, NULL,
                       "OR REPLACE deletes the row of %s that a changed one collides with", table);
}

static void on_conflict(struct rule_place *place, const struct query *query)
{
    update_on_conflict(place, query);
    if (query->verb != QUERY_INSERT || query->has_values || query->has_default_values)
        return;
    const char *table = place_name(place, query->target);
    if (query->conflict != CONFLICT_NOTHING && query->conflict != CONFLICT_REPLACE)
        return;
    struct asking asking = ask(place, NULL, query->target);
    ask_collisions(&asking, query);
    const char *title = mem_printf(place->mem, "no copied row collides with one of %s", table);
    if (query->conflict == CONFLICT_NOTHING)
        ask_report(&asking, place->rule->severity, title,
                   "rows that collide with one in %s are skipped without a word", table);
    else
        ask_report(&asking, SEVERITY_STOP, title,
                   "OR REPLACE deletes the row of %s that a copied one collides with", table);
}

static void check_on_conflict_do_nothing(struct rule_place *place)
{
    place_each_query(place, on_conflict);
}

static void case_without_else(struct rule_place *place, const struct query *query)
{
    if (query->verb != QUERY_UPDATE && query->verb != QUERY_INSERT)
        return;
    for (size_t i = 0; i < query->n_assignments; i++) {
        const struct assignment *set = &query->assignments[i];
        // With a WHERE the rows that no WHEN names may be left out on purpose.
        if (set->value.is_case && !set->value.has_else &&
            (query->where == NULL || query->where->is_true))
            rule_report(place, "CASE without ELSE: %s.%s becomes NULL where no WHEN matches",
                        place_name(place, query->target), set->column);
    }
    for (size_t i = 0; query->verb == QUERY_INSERT && i < query->n_outputs; i++) {
        if (query->outputs[i].is_case && !query->outputs[i].has_else)
            rule_report(place,
                        "CASE without ELSE: a column of %s becomes NULL where no WHEN matches",
                        place_name(place, query->target));
    }
}

static void check_case_without_else(struct rule_place *place)
{
    place_each_query(place, case_without_else);
}

// COALESCE and EXISTS are syntax and no functions: the text tells.
static bool yields_a_value(const struct expression *value)
{
    for (size_t i = 0; i < value->n_functions; i++) {
        if (strcmp(value->functions[i].name, "count") == 0)
            return true;
    }
    return strcasestr(value->text, "coalesce") != NULL || strcasestr(value->text, "exists") != NULL;
}

static bool is_guarded(const struct query *query, const struct expression *value)
{
    for (size_t i = 0; query->where != NULL && i < query->where->n_relations; i++) {
        for (size_t j = 0; j < value->n_relations; j++) {
            if (name_may_equal(query->where->relations[i], value->relations[j]))
                return true;
        }
    }
    return yields_a_value(value);
}

static void lookup(struct rule_place *place, const struct query *query)
{
    if (query->verb != QUERY_UPDATE || place_is_new(place, query->target))
        return;
    for (size_t i = 0; i < query->n_assignments; i++) {
        const struct assignment *set = &query->assignments[i];
        if (set->value.n_relations == 0 || is_guarded(query, &set->value))
            continue;
        rule_report(place, "%s.%s becomes NULL for every row that has no match in %s",
                    place_name(place, query->target), set->column,
                    place_name(place, set->value.relations[0]));
    }
}

static void check_lookup_may_yield_null(struct rule_place *place)
{
    place_each_query(place, lookup);
}

// --- rows

const struct rule rule_update_delete_without_where = {
    .id = "update-delete-without-where",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES | SQLITE,
    .summary = "UPDATE or DELETE without WHERE, or with one that is always true",
    .why = "Every row is deleted, or every value of a column is overwritten; the old ones "
           "are nowhere.",
    .safe_form = "write the WHERE that is meant, state how many rows it must hit, keep the "
                 "old values",
    .source = "PostgreSQL 15 manual, DELETE and UPDATE",
    .kinds = {ACTION_QUERY},
    .check = check_update_delete_without_where,
};

const struct rule rule_dedupe_delete = {
    .id = "dedupe-delete",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "DELETE of rows because another row of the same table equals them",
    .why = "Which of the equal rows stays is an accident when nothing orders them, and "
           "rows that differ in another column are lost.",
    .safe_form = "copy the rows that go into a table first, and name the order that "
                 "decides which stays",
    .source = "PostgreSQL 15 manual, DELETE",
    .kinds = {ACTION_QUERY},
    .check = check_dedupe_delete,
};

const struct rule rule_insert_select_join_loses_rows = {
    .id = "insert-select-join-loses-rows",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "INSERT ... SELECT (or CREATE TABLE AS) with a join that may lose or double rows",
    .why = "A row without a partner vanishes, one with two partners arrives twice, and the "
           "count may still be right. It stops when the copy takes the table's place.",
    .safe_form = "LEFT JOIN and look at the NULLs, join by a key, compare keys before and "
                 "after",
    .source = "PostgreSQL 15 manual, Joined Tables",
    .kinds = {ACTION_QUERY, ACTION_CREATE_TABLE_AS},
    .check = check_insert_select_join_loses_rows,
};

const struct rule rule_on_conflict_do_nothing = {
    .id = "on-conflict-do-nothing",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "rows copied or changed with ON CONFLICT DO NOTHING, OR IGNORE or OR REPLACE",
    .why = "A row that collides is skipped (or replaces another) without an error and "
           "without a count.",
    .safe_form = "let it fail, or count what collides before and write those rows elsewhere",
    .source = "PostgreSQL 15 manual, INSERT; SQLite, ON CONFLICT clause",
    .kinds = {ACTION_QUERY},
    .check = check_on_conflict_do_nothing,
};

const struct rule rule_case_without_else = {
    .id = "case-without-else",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "a column set from a CASE without ELSE, for every row",
    .why = "A value that no WHEN names becomes NULL; a category missing from the list is "
           "discarded.",
    .safe_form = "write ELSE with the old value, or a WHERE that holds exactly the values "
                 "mapped",
    .source = "PostgreSQL 15 manual, Conditional Expressions",
    .kinds = {ACTION_QUERY},
    .check = check_case_without_else,
};

const struct rule rule_lookup_may_yield_null = {
    .id = "lookup-may-yield-null",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "UPDATE that sets a column from a subquery which may find nothing",
    .why = "A row whose value is missing from the lookup table gets NULL, without an error.",
    .safe_form = "COALESCE with the old value, or WHERE EXISTS with the same condition; "
                 "list what has no match",
    .source = "PostgreSQL 15 manual, Scalar Subqueries",
    .kinds = {ACTION_QUERY},
    .check = check_lookup_may_yield_null,
};
