/*
 * Rule on rows that cannot go, or change their key, because rows of others refer to them.
 *
 * What ON DELETE CASCADE takes along may itself be referred to: the chain is followed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/lock_place.h"
#include "analysis/rules/question.h"
#include "analysis/schema_edit.h"
#include <strings.h>

#define CHAIN_MAX 8

// The rows that go, or whose key changes: those of `table` with `condition`.
struct going {
    struct rule_place *place;
    const struct query *query; // of the statement
    const struct schema_relation *table;
    const char *from;      // as SQL, with its alias; NULL: nothing can be asked
    const char *alias;     // what its columns stand behind, with the point
    const char *condition; // NULL: every row
    size_t depth;
};

static bool is_no_action(const char *action)
{
    return action == NULL || strcmp(action, "RESTRICT") == 0 || strcmp(action, "NO ACTION") == 0;
}

// What the server does to the rows that refer, and may not.
static bool is_refused(const struct schema_relation *child, const struct schema_constraint *key,
                       const char *action)
{
    if (is_no_action(action))
        return true;
    for (size_t i = 0; strcmp(action, "SET NULL") == 0 && i < key->n_columns; i++) {
        const struct schema_column *column = schema_find_column(child, key->columns[i]);
        if (column != NULL && column->is_not_null)
            return true;
    }
    return false;
}

static bool takes_away(const struct query *query, struct name table, const struct name *other)
{
    bool is_it =
        query->target.name != NULL && name_may_equal(query->target, table) &&
        (query->verb == QUERY_DELETE || query->verb == QUERY_UPDATE || query->verb == QUERY_MERGE);
    return is_it && other != &query->target;
}

static bool statement_takes_away(const struct statement *statement, struct name table,
                                 const struct name *target)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        if ((action->kind == ACTION_TRUNCATE || action->kind == ACTION_DROP ||
             action->kind == ACTION_DROP_CONSTRAINT) &&
            name_may_equal(action->relation, table))
            return true;
        const struct query *query = action->kind == ACTION_QUERY ? action->query : NULL;
        if (query == NULL)
            continue;
        if (takes_away(query, table, target))
            return true;
        for (size_t k = 0; k < query->n_inner; k++) {
            if (takes_away(query->inner[k], table, target))
                return true;
        }
    }
    return false;
}

// The script deletes or changes the rows that refer: before, in the same statement, or behind it
// where the key is checked at the end.
static bool is_cared_for(const struct going *going, const struct schema_relation *child,
                         const struct schema_constraint *key)
{
    const struct rule_place *place = going->place;
    size_t end = key->is_deferrable ? place->script->n_statements : place->index + 1;
    for (size_t i = 0; i < end; i++) {
        if (statement_takes_away(&place->script->statements[i], child->name, &going->query->target))
            return true;
    }
    return false;
}

static bool changes_key(const struct query *query, const struct schema_constraint *key)
{
    for (size_t i = 0; i < query->n_assignments; i++) {
        if (word_in(query->assignments[i].column, key->referenced, key->n_referenced))
            return true;
    }
    return false;
}

// "(a, b) IN (SELECT t.x, t.y FROM t WHERE …)": of the rows that refer.
static const char *refers(const struct asking *asking, const struct going *going,
                          const struct schema_constraint *key)
{
    TALLOC_CTX *mem = going->place->mem;
    return mem_printf(mem, "(%s) IN (SELECT %s FROM %s%s%s%s)",
                      ask_list(asking, "", key->columns, key->n_columns),
                      ask_list(asking, going->alias, key->referenced, key->n_referenced),
                      going->from, going->condition != NULL ? " WHERE (" : "",
                      going->condition != NULL ? going->condition : "",
                      going->condition != NULL ? ")" : "");
}

static void ask_referring(struct asking *asking, const struct going *going,
                          const struct schema_constraint *key)
{
    const struct query *query = going->query;
    if (going->from == NULL || key->n_referenced != key->n_columns)
        return;
    ask_needs_rows(asking, asking->table);
    ask_needs_rows(asking, query->target);
    for (size_t i = 0; i < query->n_reads; i++)
        ask_needs_rows(asking, query->reads[i]);
    const char *condition = refers(asking, going, key), *from = ask_table(asking);
    // What goes in the same statement refers to nothing any more.
    if (asking->relation == going->table) {
        from = going->from;
        condition = mem_printf(going->place->mem, "%s AND NOT coalesce((%s), false)", condition,
                               going->condition);
    }
    ask_rows(asking, from, condition);
}

static void report_key(const struct going *going, const struct schema_relation *child,
                       const struct schema_constraint *key)
{
    struct rule_place *place = going->place;
    struct asking asking = ask(place, NULL, child->name);
    ask_referring(&asking, going, key);
    const char *other = place_name(place, child->name);
    const char *table = place_name(place, going->table->name);
    const char *columns = words_join(place->mem, key->columns, key->n_columns);
    bool deletes = going->query->verb != QUERY_UPDATE;
    ask_report(&asking, place->rule->severity,
               mem_printf(place->mem, "no row of %s refers to a row of %s that %s", other, table,
                          deletes ? "goes" : "gets another key"),
               "fails when a row of %s refers by (%s) to one of %s that %s", other, columns, table,
               deletes ? "goes" : "gets another key");
}

static void judge_keys(const struct going *going);

// The rows of `child` that go along.
static void follow(const struct going *going, const struct schema_relation *child,
                   const struct schema_constraint *key)
{
    if (going->depth >= CHAIN_MAX || child == going->table)
        return;
    struct going next = *going;
    const struct asking asking = {.place = going->place, .relation = child, .table = child->name};
    next.table = child;
    next.alias = "";
    next.depth++;
    if (going->from != NULL && key->n_referenced == key->n_columns) {
        next.from = ask_table(&asking);
        next.condition = refers(&asking, going, key);
    } else {
        next.from = NULL;
    }
    judge_keys(&next);
}

static void judge_key(const struct going *going, const struct schema_relation *child,
                      const struct schema_constraint *key)
{
    const struct query *query = going->query;
    bool updates = query->verb == QUERY_UPDATE;
    const char *action = updates ? key->on_update : key->on_delete;
    bool is_whole = child == going->table && going->condition == NULL;
    if ((updates && !changes_key(query, key)) || is_whole ||
        place_has_no_rows(going->place, child->name))
        return;
    if (is_refused(child, key, action)) {
        if (!is_cared_for(going, child, key))
            report_key(going, child, key);
    } else if (!updates && strcmp(action, "CASCADE") == 0) {
        follow(going, child, key);
    }
}

static void judge_child(const struct going *going, const struct schema_relation *child)
{
    for (size_t i = 0; i < child->n_constraints; i++) {
        const struct schema_constraint *key = &child->constraints[i];
        if (key->kind == CONSTRAINT_FOREIGN_KEY &&
            constraint_references(going->place->before, key, going->table->name, NULL))
            judge_key(going, child, key);
    }
}

static void judge_keys(const struct going *going)
{
    SCRATCH(tmp);
    const struct schema *schema = going->place->before;
    judge_child(going, going->table);
    if (!schema_may_be_used(schema, going->table))
        return;
    struct relation_list children = schema_referencing(tmp, schema, going->table->name);
    for (size_t i = 0; i < children.n; i++) {
        if (!children.list[i]->is_partition) // its parent has the same key
            judge_child(going, children.list[i]);
    }
}

// The rows that the statement picks, as SQL; what it joins cannot be taken apart.
static void read_rows(struct going *going)
{
    struct rule_place *place = going->place;
    const struct query *query = going->query;
    const struct asking asking = {.place = place, .table = going->table->name};
    bool is_joined = query->verb == QUERY_MERGE || query->join_condition != NULL ||
                     query->n_inner_joined > 0 || query->n_inner > 0 ||
                     place->statement->is_inner ||
                     strncasecmp(place->statement->sql, "with", 4) == 0;
    if (is_joined)
        return;
    bool has_alias = query->target_alias != NULL;
    const char *alias = ask_name(&asking, has_alias ? query->target_alias : query->target.name);
    going->alias = mem_printf(place->mem, "%s.", alias);
    going->from = has_alias ? mem_printf(place->mem, "%s AS %s", ask_table(&asking), alias)
                            : ask_table(&asking);
}

static void still_referenced(struct rule_place *place, const struct query *query)
{
    bool deletes = query->verb == QUERY_DELETE || query->merge_deletes;
    if (query->target.name == NULL || (!deletes && query->verb != QUERY_UPDATE))
        return;
    const struct schema_relation *table = schema_find(place->before, query->target);
    if (table == NULL || place_has_no_rows(place, table->name))
        return;
    struct going going = {.place = place, .query = query, .table = table, .alias = ""};
    if (query->where != NULL && !query->where->is_true)
        going.condition = query->where->text;
    read_rows(&going);
    judge_keys(&going);
}

static void check_row_still_referenced(struct rule_place *place)
{
    place_each_query(place, still_referenced);
}

// --- rows

const struct rule rule_row_still_referenced = {
    .id = "row-still-referenced",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "DELETE, or UPDATE of a key, of rows that rows of other tables may refer to by a "
               "foreign key without CASCADE",
    .why = "One row that refers to one of them makes it fail, in production only.",
    .safe_form = "delete or move the rows that refer first, in the same transaction",
    .source = "PostgreSQL 15 manual, Constraints, Foreign Keys; measured on PostgreSQL 15",
    .kinds = {ACTION_QUERY},
    .check = check_row_still_referenced,
};
