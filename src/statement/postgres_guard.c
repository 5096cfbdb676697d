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

#include "statement/postgres_guard.h"

#include "base/text.h"
#include "statement/postgres_split.h"

// --- refusing

bool guard_refuse(struct guard_walk *walk, int location, const char *why)
{
    if (location < 0)
        return error_set(walk->err, ERROR_UNKNOWN, "%s", why);
    struct text_place place = text_place(walk->text, strlen(walk->text), (size_t)location);
    return error_set(walk->err, ERROR_UNKNOWN, "%s in line %zu column %zu", why, place.line,
                     place.column);
}

// statement_words has one row for all of them.
static const char *transaction_words(const TransactionStmt *transaction)
{
    switch (transaction->kind) {
    case TRANS_STMT_COMMIT: return "COMMIT";
    case TRANS_STMT_ROLLBACK: return "ROLLBACK";
    case TRANS_STMT_SAVEPOINT:
    case TRANS_STMT_RELEASE:
    case TRANS_STMT_ROLLBACK_TO: return "SAVEPOINT";
    case TRANS_STMT_PREPARE: return "PREPARE TRANSACTION";
    case TRANS_STMT_COMMIT_PREPARED: return "COMMIT PREPARED";
    case TRANS_STMT_ROLLBACK_PREPARED: return "ROLLBACK PREPARED";
    default: return "BEGIN";
    }
}

// Where the n-th statement begins; -1: not known.
static int start_of(const struct guard_walk *walk, int n)
{
    return (size_t)n < walk->n_starts ? (int)walk->starts[n] : -1;
}

static bool refuse_statement(struct guard_walk *walk, const Node *statement, int n)
{
    SCRATCH(tmp);
    const char *words = IsA(statement, TransactionStmt)
                            ? transaction_words((const TransactionStmt *)statement)
                            : statement_words(statement);
    return guard_refuse(walk, start_of(walk, n), mem_printf(tmp, "it is %s", words));
}

// --- nodes

void guard_push(struct guard_walk *walk, Node *node, const struct scope *scope)
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
        guard_push(walk, node, walk->scope);
    return false;
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
        return guard_refuse(walk, -1, mem_printf(tmp, "there is %s in it", words));
    return guard_refuse(walk, -1,
                        mem_printf(tmp, "it has a part (%d) that is not on the list of what reads",
                                   (int)nodeTag(node)));
}

static bool walk_query(struct guard_walk *walk, Node *query)
{
    guard_push(walk, query, NULL);
    while (walk->n_todo > 0) {
        struct guard_step step = walk->todo[--walk->n_todo];
        enum guard_node kind = node_kind(step.node);
        if (kind == NODE_REFUSED)
            return refuse_node(walk, step.node);
        walk->scope = step.scope;
        TRY(guard_take(walk, step.node));
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

static bool judge_statement(struct guard_walk *walk, Node *statement, int n, enum guard_form form)
{
    if (form == GUARD_QUESTION && IsA(statement, VariableShowStmt))
        return true;
    if (form == GUARD_QUESTION && IsA(statement, ExplainStmt)) {
        const ExplainStmt *explain = (ExplainStmt *)statement;
        SCRATCH(tmp);
        if (!explain_is_allowed(explain))
            return guard_refuse(
                walk, -1,
                "of EXPLAIN only BUFFERS, COSTS, FORMAT, SETTINGS, SUMMARY, TIMING and "
                "VERBOSE are allowed (ANALYZE runs the statement)");
        if (!IsA(explain->query, SelectStmt))
            return guard_refuse(
                walk, -1, mem_printf(tmp, "it is EXPLAIN of %s", statement_words(explain->query)));
        statement = explain->query;
    }
    if (!IsA(statement, SelectStmt))
        return refuse_statement(walk, statement, n);
    return walk_query(walk, statement);
}

static bool judge(struct guard_walk *walk, const List *statements, enum guard_form form)
{
    if (statements == NIL)
        return guard_refuse(walk, -1, "there is no statement in it");
    if (form == GUARD_QUESTION && list_length(statements) > 1)
        return guard_refuse(walk, start_of(walk, 1), "there is a second statement in it");
    ListCell *cell;
    foreach (cell, statements)
        TRY(judge_statement(walk, ((RawStmt *)lfirst(cell))->stmt, foreach_current_index(cell),
                            form));
    return true;
}

// --- the text

// The parser recurses, and its stack is not ours to risk.
static bool pieces_check(struct guard_walk *walk, size_t len)
{
    struct split split = split_make(walk->text, 0, len);
    for (struct piece piece = split_next(&split); piece.kind != PIECE_END;
         piece = split_next(&split)) {
        if (piece.range.depth > STATEMENT_DEPTH_MAX)
            return error_set(walk->err, ERROR_UNKNOWN, "it is nested deeper than %d parentheses",
                             STATEMENT_DEPTH_MAX);
        *mem_append(walk->reading.tmp, walk->starts, walk->n_starts) = piece.range.start;
    }
    return true;
}

static bool limits_check(const char *sql, size_t len, struct error *err)
{
    size_t bad;
    if (len > GUARD_BYTES_MAX)
        return error_set(err, ERROR_UNKNOWN, "it is longer than %zu bytes", GUARD_BYTES_MAX);
    if (!text_is_utf8(sql, len, &bad))
        return error_set(err, ERROR_UNKNOWN, "byte %zu of it is not UTF-8", bad + 1);
    return true;
}

static bool parse_failed(struct guard_walk *walk, const PgQueryError *error)
{
    SCRATCH(tmp);
    size_t offset = parse_offset(walk->text, 0, walk->reading.end, error);
    return guard_refuse(walk, (int)offset,
                        mem_printf(tmp, "it is not understood: %s", parse_reason(tmp, error)));
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

bool guard_read(TALLOC_CTX *mem, const char *sql, enum guard_form form, struct guard_names *out,
                struct error *err)
{
    SCRATCH(tmp);
    size_t len = strlen(sql);
    TALLOC_CTX *kept = talloc_new(tmp);
    struct guard_names names = {0};
    struct guard_walk walk = {.reading = {.mem = kept, .tmp = tmp, .text = sql, .end = len},
                              .text = sql,
                              .names = &names,
                              .err = err};
    TRY(limits_check(sql, len, err));
    TRY(pieces_check(&walk, len));
    pg_query_init();
    MemoryContext memory = pg_query_enter_memory_context();
    bool is_allowed = judge_text(&walk, form);
    pg_query_exit_memory_context(memory);
    TRY(is_allowed);
    guard_names_unique(&names);
    talloc_steal(mem, kept);
    *out = names;
    return true;
}
