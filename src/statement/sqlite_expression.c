/*
 * Expressions of SQLite statements (see sqlite_expression.h).
 *
 * One pass over the tokens with one bit of grammar: does an operand or an operator come next?
 * Parentheses and CASE are counted, not recursed into; only subqueries recurse, with a limit.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/sqlite_expression.h"

#include "statement/sqlite_form.h"
#include "statement/sqlite_query.h"
#include <ctype.h>

struct scan {
    struct tokens *tokens;
    struct expression *into;
    size_t parentheses;
    size_t cases;
    size_t first_case_end; // behind the END of the first CASE that is in no other; 0: none yet
    bool wants_operand;
    bool is_constant;
};

static bool is_one_of(const struct tokens *tokens, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (tokens_is(tokens, words[i]))
            return true;
    return false;
}

// Operators behind which an operand follows.
static const char *const binary_words[] = {"AND",    "OR",   "LIKE", "GLOB", "REGEXP", "MATCH",
                                           "ESCAPE", "THEN", "ELSE", "WHEN", "BETWEEN"};
// Words inside parentheses (CAST, window, aggregate) behind which an operand follows.
static const char *const clause_words[] = {"BY", "WHERE"};
static const char *const frame_words[] = {"ROWS", "RANGE", "GROUPS"};
static const char *const time_words[] = {"CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP"};

static void add_column(struct tokens *tokens, const char *column)
{
    for (struct expression_chain *at = tokens->expressions; at; at = at->outer)
        tokens_add_text(tokens, &at->expression->columns, &at->expression->n_columns, column);
}

static void add_function(struct tokens *tokens, const char *function)
{
    struct name name = {.name = function};

    for (struct expression_chain *at = tokens->expressions; at; at = at->outer)
        tokens_add_name(tokens, &at->expression->functions, &at->expression->n_functions, name);
}

// ( SELECT … ), at the word behind the parenthesis; ends behind the closing one.
static void scan_subquery(struct scan *scan)
{
    struct tokens *tokens = scan->tokens;
    struct query *query = sqlite_select_read(tokens);

    tokens_expect_kind(tokens, TOKEN_CLOSE);
    for (size_t i = 0; i < query->n_reads; i++)
        tokens_add_name(tokens, &scan->into->relations, &scan->into->n_relations, query->reads[i]);
    scan->is_constant = false;
    scan->wants_operand = false;
}

static void scan_open(struct scan *scan)
{
    tokens_next(scan->tokens);
    if (tokens_is_select(scan->tokens)) {
        scan_subquery(scan);
        return;
    }
    scan->parentheses++;
    scan->wants_operand = true;
}

// A name in operand position: a column, a function, schema.table.column.
static void scan_name(struct scan *scan)
{
    struct tokens *tokens = scan->tokens;
    bool is_string = tokens_is_string(tokens, tokens->token);
    const char *name = tokens_name(tokens);

    scan->wants_operand = false;
    if (tokens_is_kind(tokens, TOKEN_OPEN)) {
        add_function(tokens, name);
        scan->is_constant = false;
        scan_open(scan);
        if (tokens_is_kind(tokens, TOKEN_CLOSE) || tokens_is_operator(tokens, "*"))
            scan->wants_operand = false; // f() and count(*)
        return;
    }
    bool is_qualified = false;
    while (tokens_accept_kind(tokens, TOKEN_DOT)) {
        is_qualified = true;
        bool is_all = tokens_accept_operator(tokens, "*");
        name = is_all ? "*" : tokens_name(tokens);
    }
    if (is_string && !is_qualified)
        return;
    scan->is_constant = false;
    add_column(tokens, name);
}

static void scan_operand_word(struct scan *scan)
{
    struct tokens *tokens = scan->tokens;

    if (tokens_accept(tokens, "NOT") || tokens_accept(tokens, "DISTINCT") ||
        tokens_accept(tokens, "EXISTS") || tokens_accept(tokens, "ALL"))
        return;
    if (tokens_accept(tokens, "CASE")) {
        scan->cases++;
        scan->is_constant = false;
        scan->wants_operand = !tokens_is(tokens, "WHEN");
        return;
    }
    if (tokens_is(tokens, "CAST") && tokens_peek(tokens).kind == TOKEN_OPEN) {
        tokens_next(tokens);
        return;
    }
    if (is_one_of(tokens, time_words, COUNT_OF(time_words))) {
        add_function(tokens, tokens_name(tokens));
        scan->is_constant = false;
        scan->wants_operand = false;
        return;
    }
    bool is_literal =
        tokens_is(tokens, "NULL") || tokens_is(tokens, "TRUE") || tokens_is(tokens, "FALSE");
    if (is_literal && tokens_peek(tokens).kind != TOKEN_DOT) {
        tokens_next(tokens);
        scan->wants_operand = false;
        return;
    }
    scan_name(scan);
}

// False: here the expression ends.
static bool scan_operand(struct scan *scan)
{
    struct tokens *tokens = scan->tokens;

    switch (tokens->token.kind) {
    case TOKEN_WORD: scan_operand_word(scan); return true;
    case TOKEN_IDENTIFIER: scan_name(scan); return true;
    case TOKEN_PARAMETER:
        scan->is_constant = false;
        // fall through
    case TOKEN_STRING:
    case TOKEN_NUMBER:
        tokens_next(tokens);
        scan->wants_operand = false;
        return true;
    case TOKEN_OPEN: scan_open(scan); return true;
    case TOKEN_OPERATOR:
        // A sign or ~; or the * of SELECT *.
        if (tokens_accept_operator(tokens, "*")) {
            add_column(tokens, "*");
            scan->is_constant = false;
            scan->wants_operand = false;
        } else {
            tokens_next(tokens);
        }
        return true;
    case TOKEN_CLOSE: // of an empty list: IN ()
        scan->wants_operand = false;
        return scan->parentheses > 0;
    case TOKEN_COMMA:
    case TOKEN_DOT:
    case TOKEN_SEMICOLON:
    case TOKEN_BROKEN:
    case TOKEN_END: break;
    }
    tokens_fail(tokens);
    return false;
}

// IN ( … ) or IN table or IN function( … ).
static void scan_in(struct scan *scan)
{
    struct tokens *tokens = scan->tokens;

    if (tokens_is_kind(tokens, TOKEN_OPEN)) {
        scan_open(scan);
        return;
    }
    struct name name = tokens_qualified(tokens);
    scan->is_constant = false;
    scan->wants_operand = false;
    if (tokens_is_kind(tokens, TOKEN_OPEN)) {
        scan_open(scan);
        return;
    }
    if (!tokens_is_cte(tokens, name))
        tokens_add_name(tokens, &scan->into->relations, &scan->into->n_relations, name);
}

static void scan_not(struct scan *scan)
{
    if (tokens_accept(scan->tokens, "NULL"))
        return; // x NOT NULL
    if (!tokens_is(scan->tokens, "IN") && !tokens_is(scan->tokens, "LIKE") &&
        !tokens_is(scan->tokens, "GLOB") && !tokens_is(scan->tokens, "REGEXP") &&
        !tokens_is(scan->tokens, "MATCH") && !tokens_is(scan->tokens, "BETWEEN"))
        tokens_fail(scan->tokens);
}

static void scan_is(struct scan *scan)
{
    tokens_accept(scan->tokens, "NOT");
    if (tokens_is(scan->tokens, "DISTINCT") && tokens_next_is(scan->tokens, "FROM")) {
        tokens_next(scan->tokens);
        tokens_next(scan->tokens);
    }
    scan->wants_operand = true;
}

// OVER name, OVER ( … ), FILTER (WHERE … ).
static bool scan_window(struct scan *scan)
{
    struct tokens *tokens = scan->tokens;

    if (!tokens_is(tokens, "OVER") && !tokens_is(tokens, "FILTER"))
        return false;
    struct token next = tokens_peek(tokens);
    if (next.kind != TOKEN_OPEN && (tokens_is(tokens, "FILTER") || next.kind == TOKEN_COMMA))
        return false; // an alias called "filter"
    tokens_next(tokens);
    if (!tokens_accept_kind(tokens, TOKEN_OPEN)) {
        tokens_name(tokens);
        return true;
    }
    scan->parentheses++;
    return true;
}

// A word inside parentheses that is no operator: AS type, PARTITION BY, a window's frame.
static void scan_clause_word(struct scan *scan)
{
    struct tokens *tokens = scan->tokens;

    scan->wants_operand = is_one_of(tokens, clause_words, COUNT_OF(clause_words));
    if (!is_one_of(tokens, frame_words, COUNT_OF(frame_words))) {
        tokens_next(tokens);
        return;
    }
    while (!tokens_is_kind(tokens, TOKEN_CLOSE) && !tokens_is_kind(tokens, TOKEN_END)) {
        if (tokens_is_kind(tokens, TOKEN_OPEN))
            tokens_skip_parentheses(tokens);
        else
            tokens_next(tokens);
    }
}

// False: here the expression ends.
static bool scan_operator_word(struct scan *scan)
{
    struct tokens *tokens = scan->tokens;

    if (is_one_of(tokens, binary_words, COUNT_OF(binary_words))) {
        bool is_when =
            tokens_is(tokens, "WHEN") || tokens_is(tokens, "THEN") || tokens_is(tokens, "ELSE");
        if (is_when && scan->cases == 0)
            return false;
        if (tokens_is(tokens, "ELSE") && scan->cases == 1 && scan->first_case_end == 0)
            scan->into->has_else = true;
        tokens_next(tokens);
        scan->wants_operand = true;
    } else if (tokens_is(tokens, "END") && scan->cases > 0) {
        tokens_next(tokens);
        scan->cases--;
        if (scan->cases == 0 && scan->first_case_end == 0)
            scan->first_case_end = tokens->consumed;
    } else if (tokens_accept(tokens, "IN")) {
        scan_in(scan);
    } else if (tokens_accept(tokens, "NOT")) {
        scan_not(scan);
    } else if (tokens_accept(tokens, "IS")) {
        scan_is(scan);
    } else if (tokens_accept(tokens, "COLLATE")) {
        tokens_name(tokens);
    } else if (tokens_accept(tokens, "ISNULL") || tokens_accept(tokens, "NOTNULL") ||
               scan_window(scan)) {
        return true;
    } else if (scan->parentheses > 0) {
        scan_clause_word(scan);
    } else {
        return false;
    }
    return true;
}

static bool scan_operator(struct scan *scan)
{
    struct tokens *tokens = scan->tokens;
    enum token_kind kind = tokens->token.kind;

    if (kind == TOKEN_WORD)
        return scan_operator_word(scan);
    if (kind == TOKEN_OPERATOR) {
        tokens_next(tokens);
        scan->wants_operand = !tokens_is_kind(tokens, TOKEN_CLOSE); // count(*)
        return true;
    }
    if (scan->parentheses == 0)
        return false;
    if (kind == TOKEN_CLOSE) {
        scan->parentheses--;
        tokens_next(tokens);
        return true;
    }
    if (kind == TOKEN_COMMA) {
        scan->wants_operand = true;
        tokens_next(tokens);
        return true;
    }
    if (kind == TOKEN_OPEN) { // varchar(20) in a CAST
        tokens_skip_parentheses(tokens);
        return true;
    }
    if (kind == TOKEN_IDENTIFIER || kind == TOKEN_STRING) { // a quoted type or window name
        tokens_next(tokens);
        return true;
    }
    tokens_fail(tokens);
    return false;
}

// Go over one expression and note what it reads. False: it was none.
static bool scan_expression(struct scan *scan)
{
    struct tokens *tokens = scan->tokens;
    struct expression_chain chain = {.expression = scan->into, .outer = tokens->expressions};
    size_t start = tokens->token.offset;

    scan->wants_operand = true;
    scan->is_constant = true;
    tokens->expressions = &chain;
    while (scan->wants_operand ? scan_operand(scan) : scan_operator(scan))
        ;
    tokens->expressions = chain.outer;
    if (scan->parentheses > 0 || scan->cases > 0 || tokens->consumed <= start)
        tokens_fail(tokens);
    return !tokens->failed;
}

void sqlite_expression_skim(struct tokens *tokens, struct expression *out)
{
    struct scan scan = {.tokens = tokens, .into = out};
    scan_expression(&scan);
}

void sqlite_expression_read(struct tokens *tokens, struct expression *out)
{
    struct scan scan = {.tokens = tokens, .into = out};
    size_t start = tokens->token.offset;

    bool is_read = scan_expression(&scan);
    out->text = tokens_text(tokens, start);
    if (!is_read)
        return;
    out->is_constant = scan.is_constant;
    sqlite_form_read(tokens, start, scan.first_case_end, out);
}

struct expression *sqlite_expression_make(struct tokens *tokens)
{
    struct expression *expression = mem_new(tokens->mem, struct expression);
    sqlite_expression_read(tokens, expression);
    return expression;
}

void sqlite_expression_add_reads(struct tokens *tokens, struct expression *into,
                                 const struct expression *from)
{
    for (size_t i = 0; i < from->n_columns; i++)
        tokens_add_text(tokens, &into->columns, &into->n_columns, from->columns[i]);
    for (size_t i = 0; i < from->n_functions; i++)
        tokens_add_name(tokens, &into->functions, &into->n_functions, from->functions[i]);
    for (size_t i = 0; i < from->n_relations; i++)
        tokens_add_name(tokens, &into->relations, &into->n_relations, from->relations[i]);
}
