/*
 * The names that a text uses, for the catalog's half of the guard.
 *
 * Where the grammar means an operator or function without naming it, the name is added.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "base/text.h"
#include "statement/postgres_guard.h"

static void name_add(struct guard_walk *walk, struct guard_name name, int location)
{
    name.offset = location < 0 ? 0 : (size_t)location;
    *mem_append(walk->reading.mem, walk->names->names, walk->names->n) = name;
}

static void name_add_list(struct guard_walk *walk, enum guard_use use, const List *names,
                          int location)
{
    struct name name = name_of_list(&walk->reading, names);
    name_add(walk,
             (struct guard_name){
                 .use = use, .schema = name.schema, .name = name.name, .n_arguments = -1},
             location);
}

static void operator_add(struct guard_walk *walk, const char *name, int location)
{
    name_add(walk, (struct guard_name){.use = GUARD_OPERATOR, .name = name, .n_arguments = -1},
             location);
}

static void function_add(struct guard_walk *walk, const FuncCall *call)
{
    struct name name = name_of_list(&walk->reading, call->funcname);
    struct guard_name function = {.use = GUARD_FUNCTION,
                                  .schema = name.schema,
                                  .name = name.name,
                                  .n_arguments = list_length(call->args)};
    if (call->agg_within_group || call->func_variadic)
        function.n_arguments = -1;
    name_add(walk, function, call->location);
}

static void attribute_add(struct guard_walk *walk, const Node *last, int location)
{
    if (!IsA(last, String))
        return;
    const char *name = mem_strdup(walk->reading.mem, ((const String *)last)->sval);
    name_add(walk, (struct guard_name){.use = GUARD_ATTRIBUTE, .name = name, .n_arguments = 1},
             location);
}

static void expression_add(struct guard_walk *walk, const A_Expr *expression)
{
    switch (expression->kind) {
    case AEXPR_BETWEEN:
    case AEXPR_NOT_BETWEEN:
    case AEXPR_BETWEEN_SYM:
    case AEXPR_NOT_BETWEEN_SYM:
        operator_add(walk, "<", expression->location);
        operator_add(walk, ">", expression->location);
        operator_add(walk, "<=", expression->location);
        operator_add(walk, ">=", expression->location);
        break;
    default: name_add_list(walk, GUARD_OPERATOR, expression->name, expression->location); break;
    }
}

static void sublink_add(struct guard_walk *walk, const SubLink *link)
{
    if (link->subLinkType != ANY_SUBLINK && link->subLinkType != ALL_SUBLINK)
        return;
    if (link->operName == NIL)
        operator_add(walk, "=", link->location);
    else
        name_add_list(walk, GUARD_OPERATOR, link->operName, link->location);
}

static void relation_add(struct guard_walk *walk, const RangeVar *range, const struct scope *scope)
{
    if (scope_has(scope, range))
        return;
    struct name name = name_of_range(&walk->reading, range);
    name_add(
        walk,
        (struct guard_name){
            .use = GUARD_RELATION, .schema = name.schema, .name = name.name, .n_arguments = -1},
        range->location);
}

// --- nodes

static void push_with(struct guard_walk *walk, const WithClause *with)
{
    if (with == NULL)
        return;
    const struct scope *all = scope_behind(&walk->reading, with, walk->scope);
    ListCell *cell;
    foreach (cell, with->ctes) {
        const CommonTableExpr *query = lfirst(cell);
        const struct scope *seen = all;
        if (!with->recursive)
            seen = scope_show(&walk->reading, all, (size_t)foreach_current_index(cell));
        guard_push(walk, query->ctequery, seen);
        if (query->cycle_clause != NULL) {
            guard_push(walk, query->cycle_clause->cycle_mark_value, seen);
            guard_push(walk, query->cycle_clause->cycle_mark_default, seen);
        }
    }
    walk->scope = all;
}

static bool take_select(struct guard_walk *walk, const SelectStmt *select)
{
    if (select->intoClause != NULL)
        return guard_refuse(walk, select->intoClause->rel->location, "SELECT INTO creates a table");
    if (select->lockingClause != NIL)
        return guard_refuse(walk, -1, "FOR UPDATE and FOR SHARE lock rows");
    push_with(walk, select->withClause);
    return true;
}

static bool take_type(struct guard_walk *walk, const TypeName *type)
{
    if (type->names == NIL || type->pct_type)
        return guard_refuse(walk, type->location, "a type that is given by a column");
    name_add_list(walk, GUARD_TYPE, type->names, type->location);
    return true;
}

static bool take_column(struct guard_walk *walk, const ColumnRef *column)
{
    if (list_length(column->fields) > 1)
        attribute_add(walk, llast(column->fields), column->location);
    return true;
}

static bool take_indirection(struct guard_walk *walk, const A_Indirection *indirection)
{
    ListCell *cell;
    foreach (cell, indirection->indirection)
        attribute_add(walk, lfirst(cell), -1);
    return true;
}

static bool take_join(struct guard_walk *walk, const JoinExpr *join)
{
    if (join->isNatural || join->usingClause != NIL)
        operator_add(walk, "=", -1);
    return true;
}

static bool take_sort(struct guard_walk *walk, const SortBy *sort)
{
    if (sort->useOp != NIL)
        name_add_list(walk, GUARD_OPERATOR, sort->useOp, sort->location);
    return true;
}

static bool take_case(struct guard_walk *walk, const CaseExpr *expression)
{
    if (expression->arg != NULL)
        operator_add(walk, "=", expression->location);
    return true;
}

bool guard_take(struct guard_walk *walk, Node *node)
{
    switch (nodeTag(node)) {
    case T_SelectStmt: return take_select(walk, (SelectStmt *)node);
    case T_FuncCall: function_add(walk, (FuncCall *)node); return true;
    case T_RangeVar: relation_add(walk, (RangeVar *)node, walk->scope); return true;
    case T_TypeName: return take_type(walk, (TypeName *)node);
    case T_ColumnRef: return take_column(walk, (ColumnRef *)node);
    case T_A_Indirection: return take_indirection(walk, (A_Indirection *)node);
    case T_A_Expr: expression_add(walk, (A_Expr *)node); return true;
    case T_SubLink: sublink_add(walk, (SubLink *)node); return true;
    case T_JoinExpr: return take_join(walk, (JoinExpr *)node);
    case T_SortBy: return take_sort(walk, (SortBy *)node);
    case T_CaseExpr: return take_case(walk, (CaseExpr *)node);
    case T_RangeTableSample:
        name_add_list(walk, GUARD_SAMPLING, ((RangeTableSample *)node)->method,
                      ((RangeTableSample *)node)->location);
        return true;
    case T_RangeTableFuncCol:
        guard_push(walk, (Node *)((RangeTableFuncCol *)node)->typeName, walk->scope);
        return true;
    default: return true;
    }
}

// --- each name once

static int compare_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? (a != NULL) - (b != NULL) : strcmp(a, b);
}

int guard_name_compare(const void *a, const void *b)
{
    const struct guard_name *x = a;
    const struct guard_name *y = b;
    int order = (int)x->use - (int)y->use;
    if (order == 0)
        order = compare_text(x->name, y->name);
    if (order == 0)
        order = compare_text(x->schema, y->schema);
    return order != 0 ? order : x->n_arguments - y->n_arguments;
}

static int compare_all(const void *a, const void *b)
{
    int order = guard_name_compare(a, b);
    size_t x = ((const struct guard_name *)a)->offset;
    size_t y = ((const struct guard_name *)b)->offset;
    return order != 0 ? order : (x > y) - (x < y);
}

static int compare_offsets(const void *a, const void *b)
{
    size_t x = ((const struct guard_name *)a)->offset;
    size_t y = ((const struct guard_name *)b)->offset;
    return x != y ? (x > y) - (x < y) : guard_name_compare(a, b);
}

void guard_names_unique(struct guard_names *names)
{
    if (names->n == 0)
        return;
    qsort(names->names, names->n, sizeof(*names->names), compare_all);
    size_t kept = 1;
    for (size_t i = 1; i < names->n; i++) {
        if (guard_name_compare(&names->names[kept - 1], &names->names[i]) != 0)
            names->names[kept++] = names->names[i];
    }
    names->n = kept;
    qsort(names->names, names->n, sizeof(*names->names), compare_offsets);
}
