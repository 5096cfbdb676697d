/*
 * Expressions: what a predicate or value reads, and what can be said of it without data.
 *
 * "Is it true for every row" is answered only for what is plainly so (true, 1 = 1, 't' = 't', NOT
 * false, … OR true); everything else is not said to be true.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "statement/postgres_reading.h"

// How deep questions about truth descend: deeper predicates are not said to be anything.
#define TRUTH_DEPTH_MAX 64

static Node *strip_casts(Node *node)
{
    for (;;) {
        if (node != NULL && IsA(node, TypeCast))
            node = ((TypeCast *)node)->arg;
        else if (node != NULL && IsA(node, CollateClause))
            node = ((CollateClause *)node)->arg;
        else
            return node;
    }
}

static const A_Const *literal_of(Node *node)
{
    node = strip_casts(node);
    return node != NULL && IsA(node, A_Const) ? (A_Const *)node : NULL;
}

// The literal's value as text under `mem`; NULL for the literal NULL.
static char *literal_text(TALLOC_CTX *mem, const A_Const *literal)
{
    if (literal->isnull)
        return NULL;
    switch (nodeTag(&literal->val.node)) {
    case T_Integer: return mem_printf(mem, "%d", literal->val.ival.ival);
    case T_Float: return mem_strdup(mem, literal->val.fval.fval);
    case T_Boolean: return mem_strdup(mem, literal->val.boolval.boolval ? "true" : "false");
    case T_BitString: return mem_strdup(mem, literal->val.bsval.bsval);
    default: return mem_strdup(mem, literal->val.sval.sval);
    }
}

// --- truth

enum truth { TRUTH_UNKNOWN, TRUTH_TRUE, TRUTH_FALSE };

static enum truth truth_of(struct reading *reading, Node *node, int depth);

static enum truth truth_not(enum truth truth)
{
    return truth == TRUTH_TRUE ? TRUTH_FALSE : truth == TRUTH_FALSE ? TRUTH_TRUE : TRUTH_UNKNOWN;
}

static enum truth truth_if(bool is_true)
{
    return is_true ? TRUTH_TRUE : TRUTH_FALSE;
}

static bool is_cast_to(Node *node, const char *type)
{
    return IsA(node, TypeCast) &&
           strcmp(strVal(llast(((TypeCast *)node)->typeName->names)), type) == 0;
}

// Source: PostgreSQL 15 manual, 8.6 Boolean Type; prefixes and blanks are left out.
static enum truth truth_of_word(const char *word)
{
    static const char *const yes[] = {"t", "true", "y", "yes", "on", "1"};
    static const char *const no[] = {"f", "false", "n", "no", "off", "0"};
    for (size_t i = 0; i < COUNT_OF(yes); i++) {
        if (strcmp(word, yes[i]) == 0)
            return TRUTH_TRUE;
        if (strcmp(word, no[i]) == 0)
            return TRUTH_FALSE;
    }
    return TRUTH_UNKNOWN;
}

static enum truth truth_of_literal(struct reading *reading, Node *node)
{
    const A_Const *literal = literal_of(node);
    if (literal->isnull)
        return TRUTH_UNKNOWN;
    bool is_boolean = IsA(&literal->val.node, Boolean);
    bool is_word =
        IsA(&literal->val.node, String) && (IsA(node, A_Const) || is_cast_to(node, "bool"));
    if (!is_boolean && !is_word)
        return TRUTH_UNKNOWN;
    return truth_of_word(literal_text(reading->tmp, literal));
}

// literal = literal, and the other comparisons of integers.
static enum truth truth_of_comparison(struct reading *reading, const A_Expr *expr)
{
    const A_Const *left = expr->lexpr == NULL ? NULL : literal_of(expr->lexpr);
    const A_Const *right = expr->rexpr == NULL ? NULL : literal_of(expr->rexpr);
    if (left == NULL || right == NULL || left->isnull || right->isnull ||
        nodeTag(&left->val.node) != nodeTag(&right->val.node))
        return TRUTH_UNKNOWN;
    const char *symbol = strVal(llast(expr->name));
    bool is_integer = IsA(&left->val.node, Integer);
    int order = is_integer
                    ? (left->val.ival.ival > right->val.ival.ival) -
                          (left->val.ival.ival < right->val.ival.ival)
                    : strcmp(literal_text(reading->tmp, left), literal_text(reading->tmp, right));
    if (strcmp(symbol, "=") == 0)
        return order == 0 ? TRUTH_TRUE : is_integer ? TRUTH_FALSE : TRUTH_UNKNOWN;
    if (strcmp(symbol, "<>") == 0)
        return order == 0 ? TRUTH_FALSE : is_integer ? TRUTH_TRUE : TRUTH_UNKNOWN;
    if (!is_integer)
        return TRUTH_UNKNOWN;
    if (strcmp(symbol, "<") == 0 || strcmp(symbol, ">=") == 0)
        return truth_if((order < 0) == (symbol[0] == '<'));
    if (strcmp(symbol, ">") == 0 || strcmp(symbol, "<=") == 0)
        return truth_if((order > 0) == (symbol[0] == '>'));
    return TRUTH_UNKNOWN;
}

// One true decides an OR, one false an AND; otherwise every part must be known.
static enum truth truth_of_connection(struct reading *reading, const BoolExpr *expr, int depth)
{
    enum truth deciding = expr->boolop == OR_EXPR ? TRUTH_TRUE : TRUTH_FALSE;
    bool is_known = true;
    ListCell *cell;
    foreach (cell, expr->args) {
        enum truth truth = truth_of(reading, lfirst(cell), depth - 1);
        if (truth == deciding)
            return deciding;
        is_known = is_known && truth != TRUTH_UNKNOWN;
    }
    return is_known ? truth_not(deciding) : TRUTH_UNKNOWN;
}

// Recursion ends at `depth` 0.
static enum truth truth_of(struct reading *reading, Node *node, int depth)
{
    if (node == NULL || depth == 0)
        return TRUTH_UNKNOWN;
    if (literal_of(node) != NULL)
        return truth_of_literal(reading, node);
    if (IsA(node, A_Expr) && ((A_Expr *)node)->kind == AEXPR_OP)
        return truth_of_comparison(reading, (A_Expr *)node);
    if (IsA(node, BoolExpr) && ((BoolExpr *)node)->boolop == NOT_EXPR)
        return truth_not(truth_of(reading, linitial(((BoolExpr *)node)->args), depth - 1));
    if (IsA(node, BoolExpr))
        return truth_of_connection(reading, (BoolExpr *)node, depth);
    if (IsA(node, NullTest) && literal_of((Node *)((NullTest *)node)->arg) != NULL)
        return truth_if(literal_of((Node *)((NullTest *)node)->arg)->isnull ==
                        (((NullTest *)node)->nulltesttype == IS_NULL));
    if (IsA(node, BooleanTest) && ((BooleanTest *)node)->booltesttype == IS_TRUE)
        return truth_of(reading, (Node *)((BooleanTest *)node)->arg, depth - 1);
    return TRUTH_UNKNOWN;
}

// --- NOT NULL

// The column of the first `col IS NOT NULL` among the conditions joined by AND. Recursion ends at
// `depth` 0.
static const ColumnRef *not_null_column(Node *node, int depth)
{
    if (node == NULL || depth == 0)
        return NULL;
    if (IsA(node, NullTest) && ((NullTest *)node)->nulltesttype == IS_NOT_NULL) {
        Node *arg = (Node *)((NullTest *)node)->arg;
        // `t.* IS NOT NULL` is about a row.
        bool is_column = IsA(arg, ColumnRef) && IsA(llast(((ColumnRef *)arg)->fields), String);
        return is_column ? (ColumnRef *)arg : NULL;
    }
    if (!IsA(node, BoolExpr) || ((BoolExpr *)node)->boolop != AND_EXPR)
        return NULL;
    ListCell *cell;
    foreach (cell, ((BoolExpr *)node)->args) {
        const ColumnRef *column = not_null_column(lfirst(cell), depth - 1);
        if (column != NULL)
            return column;
    }
    return NULL;
}

// --- the whole

static enum literal_kind literal_kind_of(const Node *node)
{
    if (node != NULL && IsA(node, SetToDefault))
        return LITERAL_DEFAULT;
    if (node == NULL || !IsA(node, A_Const))
        return LITERAL_NONE;
    const A_Const *literal = (const A_Const *)node;
    if (literal->isnull)
        return LITERAL_NULL;
    switch (nodeTag(&literal->val.node)) {
    case T_Integer:
    case T_Float: return LITERAL_NUMBER;
    case T_Boolean: return LITERAL_BOOLEAN;
    case T_String: return LITERAL_TEXT;
    default: return LITERAL_NONE;
    }
}

void value_row_read(struct reading *reading, const List *values, struct query *query)
{
    if (query->n_rows == VALUE_ROWS_MAX)
        return;
    struct value_row *row = mem_append(reading->mem, query->rows, query->n_rows);
    *row = (struct value_row){
        .values = mem_array(reading->mem, struct value, (size_t)list_length(values))};
    ListCell *cell;
    foreach (cell, values) {
        struct value *value = &row->values[row->n_values++];
        value->literal = literal_kind_of(lfirst(cell));
        if (value->literal >= LITERAL_TEXT)
            value->constant = literal_text(reading->mem, lfirst(cell));
    }
}

int expression_read(struct reading *reading, Node *node, const struct scope *scope,
                    struct expression *out)
{
    struct found found;
    found_init(&found);
    walk(reading, node, scope, &found);
    found_finish(&found);
    out->columns = found_columns(reading, &found);
    out->n_columns = found.n_columns;
    out->functions = found.functions;
    out->n_functions = found.n_functions;
    out->relations = found.relations;
    out->n_relations = found.n_relations;

    const A_Const *literal = literal_of(node);
    out->literal = literal_kind_of(node);
    out->is_null = literal != NULL && literal->isnull;
    out->is_constant = node != NULL && !found.is_variable;
    out->constant = literal != NULL ? literal_text(reading->mem, literal) : NULL;
    out->is_true = truth_of(reading, node, TRUTH_DEPTH_MAX) == TRUTH_TRUE;
    const ColumnRef *column = not_null_column(node, TRUTH_DEPTH_MAX);
    if (column != NULL)
        out->proves_not_null = mem_strdup(reading->mem, strVal(llast(column->fields)));
    Node *bare = strip_casts(node);
    out->is_case = bare != NULL && IsA(bare, CaseExpr);
    out->has_else = out->is_case && ((CaseExpr *)bare)->defresult != NULL;
    return found.location;
}

struct expression *expression_make(struct reading *reading, Node *node, struct span span)
{
    struct expression *expression = mem_new(reading->mem, struct expression);
    expression_read(reading, node, NULL, expression);
    expression->text = span_text(reading, span);
    return expression;
}
