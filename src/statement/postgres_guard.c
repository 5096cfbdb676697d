/*
 * The words half of the guard: the text's tree against lists of what is allowed.
 *
 * Every node is looked up: one that is not listed refuses the whole text. The nodes' names are kept
 * for the catalog's half; where the grammar means a function or operator without naming it, the
 * name is added. One loop over a stack on the heap; children are given by PostgreSQL's own walker,
 * and by hand where that leaves them out.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "base/text.h"
#include "statement/guard.h"
#include "statement/postgres_reading.h"
#include "statement/postgres_split.h"

struct guard_step {
    Node *node;
    const struct scope *scope;
};

struct guard_walk {
    struct reading reading; // its mem is the caller's
    const char *text;
    const struct scope *scope; // of the node at hand, for its children
    struct guard_step *todo;
    size_t n_todo;
    struct guard_names *names;
    struct error *err;
};

// --- refusing

static bool refuse(struct guard_walk *walk, int location, const char *why)
{
    if (location < 0)
        return error_set(walk->err, ERROR_UNKNOWN, "%s", why);
    struct text_place place = text_place(walk->text, strlen(walk->text), (size_t)location);
    return error_set(walk->err, ERROR_UNKNOWN, "%s in line %zu column %zu", why, place.line,
                     place.column);
}

static bool refuse_statement(struct guard_walk *walk, const RawStmt *raw)
{
    SCRATCH(tmp);
    const char *start = walk->text + raw->stmt_location;
    start += strspn(start, " \t\r\n\f\v");
    const char *kind = statement_words(raw->stmt);
    if (IsA(raw->stmt, TransactionStmt))
        kind = mem_strndup(tmp, start, strcspn(start, " \t\r\n\f\v;"));
    return refuse(walk, (int)(start - walk->text), mem_printf(tmp, "it is %s", kind));
}

// --- names

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

static void push(struct guard_walk *walk, Node *node, const struct scope *scope)
{
    if (node != NULL)
        *mem_append(walk->reading.tmp, walk->todo, walk->n_todo) =
            (struct guard_step){.node = node, .scope = scope};
}

static bool push_child(Node *node, void *context)
{
    struct guard_walk *walk = context;
    // WITH is pushed with its scopes.
    if (node != NULL && !IsA(node, WithClause))
        push(walk, node, walk->scope);
    return false;
}

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
        push(walk, query->ctequery, seen);
        if (query->cycle_clause != NULL) {
            push(walk, query->cycle_clause->cycle_mark_value, seen);
            push(walk, query->cycle_clause->cycle_mark_default, seen);
        }
    }
    walk->scope = all;
}

static bool take_select(struct guard_walk *walk, const SelectStmt *select)
{
    if (select->intoClause != NULL)
        return refuse(walk, select->intoClause->rel->location, "SELECT INTO creates a table");
    if (select->lockingClause != NIL)
        return refuse(walk, -1, "FOR UPDATE and FOR SHARE lock rows");
    push_with(walk, select->withClause);
    return true;
}

static bool take_type(struct guard_walk *walk, const TypeName *type)
{
    if (type->names == NIL || type->pct_type)
        return refuse(walk, type->location, "a type that is given by a column");
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

// What of a node PostgreSQL's walker leaves out, and what its words mean.
static bool take(struct guard_walk *walk, Node *node)
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
        push(walk, (Node *)((RangeTableFuncCol *)node)->typeName, walk->scope);
        return true;
    default: return true;
    }
}

enum guard_node { NODE_REFUSED, NODE_LEAF, NODE_BRANCH };

// The allow-list. A branch's children are known to PostgreSQL's walker; a String is part of a name
// that its owner has taken.
static enum guard_node node_kind(const Node *node)
{
    switch (nodeTag(node)) {
    case T_A_Const:
    case T_A_Star:
    case T_Alias:
    case T_ColumnRef:
    case T_ParamRef:
    case T_RangeVar:
    case T_SQLValueFunction:
    case T_Integer: // a type's array bounds
    case T_String: return NODE_LEAF;
    case T_List:
    case T_SelectStmt:
    case T_A_Expr:
    case T_BoolExpr:
    case T_FuncCall:
    case T_NamedArgExpr:
    case T_A_Indices:
    case T_A_Indirection:
    case T_A_ArrayExpr:
    case T_ResTarget:
    case T_TypeCast:
    case T_TypeName:
    case T_CollateClause:
    case T_ColumnDef: // AS t (a integer)
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
    case T_SubLink:
    case T_CaseExpr:
    case T_RowExpr:
    case T_CoalesceExpr:
    case T_MinMaxExpr:
    case T_NullTest:
    case T_BooleanTest: return NODE_BRANCH;
    default: return NODE_REFUSED;
    }
}

static bool refuse_node(struct guard_walk *walk, const Node *node)
{
    SCRATCH(tmp);
    const char *words = statement_words(node);
    if (words != NULL)
        return refuse(walk, -1, mem_printf(tmp, "there is %s in it", words));
    return refuse(walk, -1,
                  mem_printf(tmp, "it has a part (%d) that is not on the list of what reads",
                             (int)nodeTag(node)));
}

static bool walk_query(struct guard_walk *walk, Node *query)
{
    push(walk, query, NULL);
    while (walk->n_todo > 0) {
        struct guard_step step = walk->todo[--walk->n_todo];
        enum guard_node kind = node_kind(step.node);
        if (kind == NODE_REFUSED)
            return refuse_node(walk, step.node);
        walk->scope = step.scope;
        TRY(take(walk, step.node));
        if (kind == NODE_BRANCH)
            raw_expression_tree_walker(step.node, push_child, walk);
    }
    return true;
}

// --- statements

// Source: PostgreSQL 15 manual, EXPLAIN. ANALYZE runs the statement, whatever its value.
static bool explain_is_allowed(const ExplainStmt *explain)
{
    static const char *const allowed[] = {"buffers", "costs",  "format", "settings",
                                          "summary", "timing", "verbose"};
    ListCell *cell;
    foreach (cell, explain->options) {
        size_t i = 0;
        while (i < COUNT_OF(allowed) && strcmp(allowed[i], ((DefElem *)lfirst(cell))->defname) != 0)
            i++;
        if (i == COUNT_OF(allowed))
            return false;
    }
    return true;
}

static bool judge_statement(struct guard_walk *walk, const RawStmt *raw, enum guard_form form)
{
    Node *statement = raw->stmt;
    if (form == GUARD_QUESTION && IsA(statement, VariableShowStmt))
        return true;
    if (form == GUARD_QUESTION && IsA(statement, ExplainStmt)) {
        const ExplainStmt *explain = (ExplainStmt *)statement;
        SCRATCH(tmp);
        if (!explain_is_allowed(explain))
            return refuse(walk, -1,
                          "of EXPLAIN only BUFFERS, COSTS, FORMAT, SETTINGS, SUMMARY, TIMING and "
                          "VERBOSE are allowed (ANALYZE runs the statement)");
        if (!IsA(explain->query, SelectStmt))
            return refuse(walk, -1,
                          mem_printf(tmp, "it is EXPLAIN of %s", statement_words(explain->query)));
        statement = explain->query;
    }
    if (!IsA(statement, SelectStmt))
        return refuse_statement(walk, raw);
    return walk_query(walk, statement);
}

static bool judge(struct guard_walk *walk, const List *statements, enum guard_form form)
{
    if (statements == NIL)
        return refuse(walk, -1, "there is no statement in it");
    if (form == GUARD_QUESTION && list_length(statements) > 1)
        return refuse(walk, ((RawStmt *)lsecond(statements))->stmt_location,
                      "there is a second statement in it");
    ListCell *cell;
    foreach (cell, statements)
        TRY(judge_statement(walk, lfirst(cell), form));
    return true;
}

// --- the text

// The parser recurses, and its stack is not ours to risk.
static bool limits_check(const char *sql, size_t len, struct error *err)
{
    size_t bad;
    if (len > GUARD_BYTES_MAX)
        return error_set(err, ERROR_UNKNOWN, "it is longer than %zu bytes", GUARD_BYTES_MAX);
    if (!text_is_utf8(sql, len, &bad))
        return error_set(err, ERROR_UNKNOWN, "byte %zu of it is not UTF-8", bad + 1);
    struct split split = split_make(sql, 0, len);
    for (struct piece piece = split_next(&split); piece.kind != PIECE_END;
         piece = split_next(&split)) {
        if (piece.range.depth > STATEMENT_DEPTH_MAX)
            return error_set(err, ERROR_UNKNOWN, "it is nested deeper than %d parentheses",
                             STATEMENT_DEPTH_MAX);
    }
    return true;
}

static bool parse_failed(struct guard_walk *walk, const PgQueryError *error)
{
    // The parser counts characters.
    size_t offset = 0;
    for (int i = 1; i < error->cursorpos && walk->text[offset] != '\0'; i++) {
        offset++;
        while (((unsigned char)walk->text[offset] & 0xc0) == 0x80)
            offset++;
    }
    SCRATCH(tmp);
    return refuse(walk, (int)offset,
                  mem_printf(tmp,
                             "it is not understood: %s (PostgreSQL " PG_MAJORVERSION " grammar)",
                             error->message));
}

static bool judge_text(struct guard_walk *walk, enum guard_form form)
{
    PgQueryInternalParsetreeAndError parsed = pg_query_raw_parse(walk->text);
    bool is_allowed =
        parsed.error != NULL ? parse_failed(walk, parsed.error) : judge(walk, parsed.tree, form);
    if (parsed.error != NULL)
        pg_query_free_error(parsed.error);
    free(parsed.stderr_buffer);
    return is_allowed;
}

static int compare_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? (a != NULL) - (b != NULL) : strcmp(a, b);
}

static int compare_names(const void *a, const void *b)
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
    int order = compare_names(a, b);
    size_t x = ((const struct guard_name *)a)->offset;
    size_t y = ((const struct guard_name *)b)->offset;
    return order != 0 ? order : (x > y) - (x < y);
}

static int compare_offsets(const void *a, const void *b)
{
    size_t x = ((const struct guard_name *)a)->offset;
    size_t y = ((const struct guard_name *)b)->offset;
    return x != y ? (x > y) - (x < y) : compare_names(a, b);
}

static void names_unique(struct guard_names *names)
{
    if (names->n == 0)
        return;
    qsort(names->names, names->n, sizeof(*names->names), compare_all);
    size_t kept = 1;
    for (size_t i = 1; i < names->n; i++) {
        if (compare_names(&names->names[kept - 1], &names->names[i]) != 0)
            names->names[kept++] = names->names[i];
    }
    names->n = kept;
    qsort(names->names, names->n, sizeof(*names->names), compare_offsets);
}

bool guard_read(TALLOC_CTX *mem, const char *sql, enum guard_form form, struct guard_names *out,
                struct error *err)
{
    SCRATCH(tmp);
    TRY(limits_check(sql, strlen(sql), err));
    struct guard_names names = {0};
    struct guard_walk walk = {.reading = {.mem = mem, .tmp = tmp, .text = sql, .end = strlen(sql)},
                              .text = sql,
                              .names = &names,
                              .err = err};
    pg_query_init();
    MemoryContext memory = pg_query_enter_memory_context();
    bool is_allowed = judge_text(&walk, form);
    pg_query_exit_memory_context(memory);
    TRY(is_allowed);
    names_unique(&names);
    *out = names;
    return true;
}
