/*
 * Everything that stands in a tree: columns, functions, relations, and where it begins.
 *
 * One loop over a stack on the heap; PostgreSQL's own walker gives the children of each node. It
 * raises an error at a node that it does not know, and nobody is there to catch it, so only nodes
 * that it knows are given to it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "statement/postgres_reading.h"

struct step {
    Node *node;
    const struct scope *scope;
};

struct walk {
    struct reading *reading;
    struct found *found;
    const struct scope *scope; // of the node at hand, for its children
    struct step *todo;
    size_t n_todo;
};

static void push(struct walk *walk, Node *node, const struct scope *scope)
{
    if (node != NULL)
        *mem_append(walk->reading->tmp, walk->todo, walk->n_todo) =
            (struct step){.node = node, .scope = scope};
}

static bool push_child(Node *node, void *context)
{
    struct walk *walk = context;
    push(walk, node, walk->scope);
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct with_name *)a)->name, ((const struct with_name *)b)->name);
}

bool scope_has(const struct scope *scope, const RangeVar *range)
{
    struct with_name wanted = {.name = range->relname};
    for (; scope != NULL && range->schemaname == NULL; scope = scope->outer) {
        const struct with_name *found =
            bsearch(&wanted, scope->names, scope->n_names, sizeof(*scope->names), by_name);
        if (found != NULL && found->place < scope->n_visible)
            return true;
    }
    return false;
}

static bool is_dml(const Node *node)
{
    return IsA(node, InsertStmt) || IsA(node, UpdateStmt) || IsA(node, DeleteStmt) ||
           IsA(node, MergeStmt);
}

const struct scope *scope_show(struct reading *reading, const struct scope *all, size_t n_visible)
{
    struct scope *scope = mem_new(reading->tmp, struct scope);
    *scope = *all;
    scope->n_visible = n_visible;
    return scope;
}

const struct scope *scope_behind(struct reading *reading, const WithClause *with,
                                 const struct scope *scope)
{
    size_t n = with == NULL ? 0 : (size_t)list_length(with->ctes);
    if (n == 0)
        return scope;
    struct with_name *names = mem_array(reading->tmp, struct with_name, n);
    for (size_t i = 0; i < n; i++)
        names[i] = (struct with_name){
            .name = ((CommonTableExpr *)list_nth(with->ctes, (int)i))->ctename, .place = i};
    qsort(names, n, sizeof(*names), by_name);
    struct scope *all = mem_new(reading->tmp, struct scope);
    *all = (struct scope){.outer = scope, .names = names, .n_names = n, .n_visible = n};
    return all;
}

// A WITH query sees those before it; with RECURSIVE all of them.
static const struct scope *push_with(struct walk *walk, const WithClause *with,
                                     const struct scope *scope)
{
    if (with == NULL)
        return scope;
    const struct scope *all = scope_behind(walk->reading, with, scope);
    ListCell *cell;
    foreach (cell, with->ctes) {
        Node *query = ((CommonTableExpr *)lfirst(cell))->ctequery;
        const struct scope *seen = all;
        if (!with->recursive)
            seen = scope_show(walk->reading, all, (size_t)foreach_current_index(cell));
        if (is_dml(query))
            *mem_append(walk->reading->tmp, walk->found->inner, walk->found->n_inner) =
                (struct inner_query){.node = query, .scope = seen};
        else
            push(walk, query, seen);
    }
    return all;
}

static WithClause *with_of(Node *node)
{
    switch (nodeTag(node)) {
    case T_SelectStmt: return ((SelectStmt *)node)->withClause;
    case T_InsertStmt: return ((InsertStmt *)node)->withClause;
    case T_UpdateStmt: return ((UpdateStmt *)node)->withClause;
    case T_DeleteStmt: return ((DeleteStmt *)node)->withClause;
    case T_MergeStmt: return ((MergeStmt *)node)->withClause;
    default: return NULL;
    }
}

// --- what nodes tell

// Its own location: exprLocation would descend into the left operand, which may be deep.
static int node_location(Node *node)
{
    switch (nodeTag(node)) {
    case T_A_Expr: return ((A_Expr *)node)->location;
    case T_BoolExpr: return ((BoolExpr *)node)->location;
    case T_TypeCast: return ((TypeCast *)node)->location;
    case T_NullTest: return ((NullTest *)node)->location;
    case T_BooleanTest: return ((BooleanTest *)node)->location;
    case T_FuncCall: return ((FuncCall *)node)->location;
    case T_SubLink: return ((SubLink *)node)->location;
    case T_ColumnRef:
    case T_ParamRef:
    case T_A_Const:
    case T_TypeName:
    case T_A_ArrayExpr:
    case T_CaseExpr:
    case T_RowExpr:
    case T_CoalesceExpr:
    case T_MinMaxExpr:
    case T_XmlExpr:
    case T_XmlSerialize:
    case T_SQLValueFunction:
    case T_SetToDefault:
    case T_GroupingFunc: return exprLocation(node);
    default: return -1;
    }
}

static const char *value_function_name(const SQLValueFunction *function)
{
    static const char *const names[] = {
        [SVFOP_CURRENT_DATE] = "current_date",
        [SVFOP_CURRENT_TIME] = "current_time",
        [SVFOP_CURRENT_TIME_N] = "current_time",
        [SVFOP_CURRENT_TIMESTAMP] = "current_timestamp",
        [SVFOP_CURRENT_TIMESTAMP_N] = "current_timestamp",
        [SVFOP_LOCALTIME] = "localtime",
        [SVFOP_LOCALTIME_N] = "localtime",
        [SVFOP_LOCALTIMESTAMP] = "localtimestamp",
        [SVFOP_LOCALTIMESTAMP_N] = "localtimestamp",
        [SVFOP_CURRENT_ROLE] = "current_role",
        [SVFOP_CURRENT_USER] = "current_user",
        [SVFOP_USER] = "user",
        [SVFOP_SESSION_USER] = "session_user",
        [SVFOP_CURRENT_CATALOG] = "current_catalog",
        [SVFOP_CURRENT_SCHEMA] = "current_schema",
    };
    return names[function->op];
}

static struct name column_of(struct reading *reading, const ColumnRef *column)
{
    const Node *last = llast(column->fields);
    return (struct name){
        .name = mem_strdup(reading->mem, IsA(last, String) ? ((const String *)last)->sval : "*")};
}

// Take what the node itself tells.
static void node_take(struct walk *walk, Node *node, const struct scope *scope)
{
    struct reading *reading = walk->reading;
    struct found *found = walk->found;
    int location = node_location(node);
    if (location >= 0 && (found->location < 0 || location < found->location))
        found->location = location;
    switch (nodeTag(node)) {
    case T_ColumnRef:
        *mem_append(reading->mem, found->columns, found->n_columns) =
            column_of(reading, (ColumnRef *)node);
        found->is_variable = true;
        break;
    case T_FuncCall:
        *mem_append(reading->mem, found->functions, found->n_functions) =
            name_of_list(reading, ((FuncCall *)node)->funcname);
        found->is_variable = true;
        break;
    case T_SQLValueFunction:
        mem_append(reading->mem, found->functions, found->n_functions)->name =
            value_function_name((SQLValueFunction *)node);
        found->is_variable = true;
        break;
    case T_RangeVar:
        if (!scope_has(scope, (RangeVar *)node))
            *mem_append(reading->mem, found->relations, found->n_relations) =
                name_of_range(reading, (RangeVar *)node);
        break;
    case T_ParamRef:
    case T_SubLink:
    case T_SetToDefault:
    case T_CurrentOfExpr:
    case T_MultiAssignRef: found->is_variable = true; break;
    default: break;
    }
}

// The others have no children, or none of interest: WITH is gone through with its scope, INTO and
// FOR UPDATE OF read nothing.
bool node_has_children(const Node *node)
{
    switch (nodeTag(node)) {
    case T_List:
    case T_SelectStmt:
    case T_InsertStmt:
    case T_UpdateStmt:
    case T_DeleteStmt:
    case T_MergeStmt:
    case T_MergeWhenClause:
    case T_A_Expr:
    case T_BoolExpr:
    case T_FuncCall:
    case T_NamedArgExpr:
    case T_A_Indices:
    case T_A_Indirection:
    case T_A_ArrayExpr:
    case T_ResTarget:
    case T_MultiAssignRef:
    case T_TypeCast:
    case T_TypeName:
    case T_CollateClause:
    case T_SortBy:
    case T_WindowDef:
    case T_RangeSubselect:
    case T_RangeFunction:
    case T_RangeTableSample:
    case T_RangeTableFunc:
    case T_RangeTableFuncCol:
    case T_JoinExpr:
    case T_GroupingSet:
    case T_GroupingFunc:
    case T_XmlSerialize:
    case T_XmlExpr:
    case T_InferClause:
    case T_OnConflictClause:
    case T_IndexElem:
    case T_SubLink:
    case T_CaseExpr:
    case T_RowExpr:
    case T_CoalesceExpr:
    case T_MinMaxExpr:
    case T_NullTest:
    case T_BooleanTest: return true;
    default: return false;
    }
}

static void walk_run(struct walk *walk)
{
    while (walk->n_todo > 0) {
        struct step step = walk->todo[--walk->n_todo];
        node_take(walk, step.node, step.scope);
        if (!node_has_children(step.node))
            continue;
        size_t first = walk->n_todo;
        walk->scope = push_with(walk, with_of(step.node), step.scope);
        raw_expression_tree_walker(step.node, push_child, walk);
        // The children were pushed in the order of the text and are taken from the end.
        for (size_t i = first, j = walk->n_todo; i + 1 < j; i++, j--) {
            struct step swapped = walk->todo[i];
            walk->todo[i] = walk->todo[j - 1];
            walk->todo[j - 1] = swapped;
        }
    }
}

void found_init(struct found *found)
{
    *found = (struct found){.location = -1};
}

void walk(struct reading *reading, Node *root, const struct scope *scope, struct found *found)
{
    struct walk walk = {.reading = reading, .found = found};
    push(&walk, root, scope);
    walk_run(&walk);
    talloc_free(walk.todo);
}

const struct scope *walk_with(struct reading *reading, const WithClause *with,
                              const struct scope *scope, struct found *found)
{
    struct walk walk = {.reading = reading, .found = found};
    const struct scope *inside = push_with(&walk, with, scope);
    walk_run(&walk);
    talloc_free(walk.todo);
    return inside;
}

// --- each name once

struct numbered {
    struct name name;
    size_t index;
};

static int compare_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? (a != NULL) - (b != NULL) : strcmp(a, b);
}

static int compare_names(const void *a, const void *b)
{
    const struct numbered *x = a;
    const struct numbered *y = b;
    int order = compare_text(x->name.name, y->name.name);
    if (order == 0)
        order = compare_text(x->name.schema, y->name.schema);
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

static int compare_indexes(const void *a, const void *b)
{
    const struct numbered *x = a;
    const struct numbered *y = b;
    return (x->index > y->index) - (x->index < y->index);
}

// By sorting: 100,000 names of one statement must not cost their square.
static size_t names_unique(struct name *names, size_t n)
{
    if (n < 2)
        return n;
    SCRATCH(tmp);
    struct numbered *sorted = mem_array(tmp, struct numbered, n);
    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct numbered){.name = names[i], .index = i};
    qsort(sorted, n, sizeof(*sorted), compare_names);
    size_t kept = 1;
    for (size_t i = 1; i < n; i++) {
        const struct name *last = &sorted[kept - 1].name;
        if (compare_text(last->name, sorted[i].name.name) != 0 ||
            compare_text(last->schema, sorted[i].name.schema) != 0)
            sorted[kept++] = sorted[i];
    }
    qsort(sorted, kept, sizeof(*sorted), compare_indexes);
    for (size_t i = 0; i < kept; i++)
        names[i] = sorted[i].name;
    return kept;
}

void found_finish(struct found *found)
{
    found->n_columns = names_unique(found->columns, found->n_columns);
    found->n_functions = names_unique(found->functions, found->n_functions);
    found->n_relations = names_unique(found->relations, found->n_relations);
}

const char **found_columns(struct reading *reading, const struct found *found)
{
    if (found->n_columns == 0)
        return NULL;
    const char **columns = mem_array(reading->mem, const char *, found->n_columns);
    for (size_t i = 0; i < found->n_columns; i++)
        columns[i] = found->columns[i].name;
    return columns;
}
