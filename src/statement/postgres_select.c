/*
 * SELECT: outputs, joins, predicate and clauses, flattened into a query.
 *
 * Of a set operation the outputs and the predicate are those of its first SELECT.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "statement/postgres_reading.h"

void query_set_where(struct reading *reading, Node *where, const struct scope *scope,
                     struct query *query)
{
    if (where == NULL)
        return;
    query->where = mem_new(reading->mem, struct expression);
    int location = expression_read(reading, where, scope, query->where);
    if (IsA(where, CurrentOfExpr)) { // has no place
        query->where->text =
            mem_printf(reading->mem, "CURRENT OF %s", ((CurrentOfExpr *)where)->cursor_name);
        return;
    }
    query->where->text = span_text(reading, span_behind_word(reading, location, "where"));
}

// --- outputs

static const char *output_name(struct reading *reading, const ResTarget *target)
{
    if (target->name != NULL)
        return mem_strdup(reading->mem, target->name);
    if (!IsA(target->val, ColumnRef))
        return NULL;
    const Node *last = llast(((ColumnRef *)target->val)->fields);
    return IsA(last, String) ? mem_strdup(reading->mem, ((const String *)last)->sval) : NULL;
}

// The text without its alias, which is always the last token, perhaps behind AS.
static const char *output_text(struct reading *reading, const ResTarget *target)
{
    if (target->location < 0) { // not written: TABLE t, CREATE RECURSIVE VIEW v (a)
        const char *name = output_name(reading, target);
        return name == NULL ? "*" : name;
    }
    struct span span = span_from(reading, token_index(reading, target->location), 0);
    if (target->name == NULL)
        return span_text(reading, span);
    size_t alias = token_index(reading, (int)(span.end - reading->base)) - 1;
    if (token_word(reading, alias - 1, "as"))
        alias--;
    span.end = reading->tokens[alias - 1].offset + reading->tokens[alias - 1].len;
    return span_text(reading, span);
}

static void outputs_read(struct reading *reading, const List *targets, const struct scope *scope,
                         struct query *query)
{
    query->n_outputs = (size_t)list_length(targets);
    if (query->n_outputs == 0)
        return;
    query->outputs = mem_array(reading->mem, struct expression, query->n_outputs);
    query->output_names = mem_array(reading->mem, const char *, query->n_outputs);
    for (size_t i = 0; i < query->n_outputs; i++) {
        const ResTarget *target = list_nth(targets, (int)i);
        expression_read(reading, target->val, scope, &query->outputs[i]);
        query->outputs[i].text = output_text(reading, target);
        query->output_names[i] = output_name(reading, target);
    }
}

// --- joins

struct join_step {
    Node *node;
    bool is_joined;    // rows of what stands before vanish without a partner in it
    bool is_optional;  // it is the right side of a LEFT or FULL JOIN, or within: nothing vanishes
    bool is_condition; // a JoinExpr whose sides are done
};

struct joins {
    struct reading *reading;
    struct query *query;
    struct join_step *todo;
    size_t n_todo;
    struct found conditions; // columns of all ON and USING
    const char **texts;      // of each
    size_t n_texts;
};

static struct join_step *joins_push(struct joins *joins, Node *node)
{
    struct join_step *step = mem_append(joins->reading->tmp, joins->todo, joins->n_todo);
    step->node = node;
    return step;
}

// Taken from the end: the left side first, its condition last.
static void joins_push_sides(struct joins *joins, struct join_step step)
{
    const JoinExpr *join = (JoinExpr *)step.node;
    joins_push(joins, step.node)->is_condition = true;
    struct join_step *right = joins_push(joins, join->rarg);
    right->is_optional =
        step.is_optional || join->jointype == JOIN_LEFT || join->jointype == JOIN_FULL;
    right->is_joined = !right->is_optional;
    struct join_step *left = joins_push(joins, join->larg);
    left->is_optional = step.is_optional;
    left->is_joined = step.is_joined;
}

static void condition_add_text(struct joins *joins, const char *text)
{
    *mem_append(joins->reading->tmp, joins->texts, joins->n_texts) = text;
}

static void condition_add(struct joins *joins, const JoinExpr *join)
{
    struct reading *reading = joins->reading;
    if (join->quals != NULL) {
        joins->conditions.location = -1;
        walk(reading, join->quals, NULL, &joins->conditions);
        struct span span = span_behind_word(reading, joins->conditions.location, "on");
        condition_add_text(joins, span_text(reading, span));
    }
    ListCell *cell;
    foreach (cell, join->usingClause) {
        const char *column = strVal(lfirst(cell));
        mem_append(reading->mem, joins->conditions.columns, joins->conditions.n_columns)->name =
            mem_strdup(reading->mem, column);
        condition_add_text(joins, mem_printf(reading->tmp, "USING (%s)", column));
    }
}

static void inner_joined_add(struct joins *joins, Node *node)
{
    struct reading *reading = joins->reading;
    struct query *query = joins->query;
    if (IsA(node, RangeVar)) {
        *mem_append(reading->mem, query->inner_joined, query->n_inner_joined) =
            name_of_range(reading, (RangeVar *)node);
        return;
    }
    struct found found;
    found_init(&found);
    walk(reading, node, NULL, &found);
    found_finish(&found);
    for (size_t i = 0; i < found.n_relations; i++)
        *mem_append(reading->mem, query->inner_joined, query->n_inner_joined) = found.relations[i];
}

static void join_step(struct joins *joins, struct join_step step)
{
    if (step.is_condition)
        condition_add(joins, (JoinExpr *)step.node);
    else if (IsA(step.node, JoinExpr))
        joins_push_sides(joins, step);
    else if (step.is_joined)
        inner_joined_add(joins, step.node);
}

void joins_read(struct reading *reading, const List *from, bool is_joined, struct query *query)
{
    struct joins joins = {.reading = reading, .query = query};
    found_init(&joins.conditions);
    ListCell *cell;
    foreach (cell, from) {
        joins_push(&joins, lfirst(cell))->is_joined = is_joined;
        while (joins.n_todo > 0)
            join_step(&joins, joins.todo[--joins.n_todo]);
        is_joined = true; // FROM a, b
    }
    if (joins.n_texts == 0)
        return;
    found_finish(&joins.conditions);
    query->join_condition = mem_new(reading->mem, struct expression);
    query->join_condition->columns = found_columns(reading, &joins.conditions);
    query->join_condition->n_columns = joins.conditions.n_columns;
    query->join_condition->text = strings_join(reading, joins.texts, joins.n_texts, " AND ");
}

// --- the whole

// The table of FROM that is called so. NULL: not found where it is looked for, in joins' right
// sides.
static const RangeVar *range_called(const List *from, const char *name)
{
    ListCell *cell;
    foreach (cell, from) {
        const Node *item = lfirst(cell);
        while (item != NULL) {
            const JoinExpr *join = IsA(item, JoinExpr) ? (const JoinExpr *)item : NULL;
            const Node *here = join != NULL ? join->rarg : item;
            const RangeVar *range = IsA(here, RangeVar) ? (const RangeVar *)here : NULL;
            if (range != NULL &&
                strcmp(range->alias != NULL ? range->alias->aliasname : range->relname, name) == 0)
                return range;
            item = join != NULL ? join->larg : NULL;
        }
    }
    return NULL;
}

// FOR UPDATE OF: by their names, or all that is read where one is not found.
static void locked_read(struct reading *reading, const SelectStmt *select, struct query *query)
{
    ListCell *cell, *named;
    foreach (cell, select->lockingClause) {
        const LockingClause *clause = lfirst(cell);
        bool is_known = clause->lockedRels != NIL;
        foreach (named, clause->lockedRels) {
            const RangeVar *range =
                range_called(select->fromClause, ((RangeVar *)lfirst(named))->relname);
            is_known = is_known && range != NULL;
            if (is_known)
                *mem_append(reading->mem, query->locked, query->n_locked) =
                    name_of_range(reading, range);
        }
        if (!is_known) {
            query->n_locked = 0;
            return;
        }
    }
}

static void clauses_read(const SelectStmt *select, struct query *query)
{
    query->has_limit =
        query->has_limit || select->limitCount != NULL || select->limitOffset != NULL;
    query->has_order_by = query->has_order_by || select->sortClause != NIL;
    query->is_locking = query->is_locking || select->lockingClause != NIL;
    query->has_group_by = query->has_group_by || select->groupClause != NIL;
    query->has_distinct = query->has_distinct || select->distinctClause != NIL;
    query->selects_into = query->selects_into || select->intoClause != NULL;
}

void select_read(struct reading *reading, SelectStmt *select, const struct scope *scope,
                 struct query *query)
{
    for (;;) {
        scope = scope_behind(reading, select->withClause, scope);
        clauses_read(select, query);
        locked_read(reading, select, query);
        if (select->op == SETOP_NONE)
            break;
        query->has_set_operation = true;
        select = select->larg;
    }
    if (select->valuesLists != NIL) {
        query->has_values = true;
        query->n_values = (size_t)list_length(select->valuesLists);
        ListCell *cell;
        foreach (cell, select->valuesLists)
            value_row_read(reading, lfirst(cell), query);
        return;
    }
    outputs_read(reading, select->targetList, scope, query);
    joins_read(reading, select->fromClause, false, query);
    query_set_where(reading, select->whereClause, scope, query);
}
