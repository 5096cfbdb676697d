/*
 * Queries of SQLite that read: WITH, SELECT, VALUES, FROM and its joins.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/sqlite_query.h"

#include "base/text.h"
#include "statement/sqlite_expression.h"

// The text of all joined conditions is for people; past this it is cut.
#define JOIN_TEXT_MAX 4096

void sqlite_query_add_read(struct tokens *tokens, struct query *query, struct name relation)
{
    if (tokens_is_cte(tokens, relation))
        return;
    tokens_add_name(tokens, &query->reads, &query->n_reads, relation);
}

void sqlite_query_add_expression(struct tokens *tokens, struct query *query,
                                 const struct expression *expression)
{
    for (size_t i = 0; i < expression->n_relations; i++)
        sqlite_query_add_read(tokens, query, expression->relations[i]);
}

// An expression whose own content nobody asks for: ORDER BY, GROUP BY, VALUES.
static void read_aside(struct tokens *tokens, struct query *query)
{
    struct expression expression = {0};

    sqlite_expression_skim(tokens, &expression);
    sqlite_query_add_expression(tokens, query, &expression);
}

static void take_reads(struct tokens *tokens, struct query *into, const struct query *from)
{
    for (size_t i = 0; i < from->n_reads; i++)
        sqlite_query_add_read(tokens, into, from->reads[i]);
}

// --- FROM

static void join_on(struct tokens *tokens, struct query *query, const struct expression *condition)
{
    if (!query->join_condition) {
        query->join_condition = mem_new(tokens->mem, struct expression);
        query->join_condition->text = condition->text;
    } else if (strlen(query->join_condition->text) < JOIN_TEXT_MAX) {
        query->join_condition->text =
            mem_printf(tokens->mem, "%s AND %s", query->join_condition->text, condition->text);
    }
    sqlite_expression_add_reads(tokens, query->join_condition, condition);
    sqlite_query_add_expression(tokens, query, condition);
}

static void read_join_condition(struct tokens *tokens, struct query *query)
{
    struct expression condition = {0};

    if (tokens_accept(tokens, "ON")) {
        sqlite_expression_read(tokens, &condition);
        join_on(tokens, query, &condition);
        return;
    }
    size_t start = tokens->token.offset;
    if (tokens_is(tokens, "USING") && tokens_peek(tokens).kind == TOKEN_OPEN) {
        tokens_next(tokens);
        condition.columns = tokens_name_list(tokens, &condition.n_columns);
        condition.text = tokens_text(tokens, start);
        join_on(tokens, query, &condition);
    }
}

static bool is_join_word(const struct tokens *tokens)
{
    static const char *const words[] = {"JOIN", "NATURAL", "LEFT",  "RIGHT",
                                        "FULL", "OUTER",   "INNER", "CROSS"};

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (tokens_is(tokens, words[i]))
            return true;
    return false;
}

// Words that may follow a table where an alias might stand.
static bool is_clause_word(const struct tokens *tokens)
{
    static const char *const words[] = {"ON",     "USING",   "WHERE",     "GROUP",     "HAVING",
                                        "ORDER",  "LIMIT",   "UNION",     "INTERSECT", "EXCEPT",
                                        "SET",    "VALUES",  "RETURNING", "INDEXED",   "NOT",
                                        "SELECT", "DEFAULT", "FROM",      "WINDOW"};

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (tokens_is(tokens, words[i]))
            return true;
    return is_join_word(tokens);
}

static void skip_alias(struct tokens *tokens)
{
    if (tokens_accept(tokens, "AS"))
        tokens_name(tokens);
    else if (tokens_is_name(tokens) && !is_clause_word(tokens))
        tokens_next(tokens);
}

static void skip_index_choice(struct tokens *tokens)
{
    if (tokens_accept(tokens, "INDEXED")) {
        tokens_expect(tokens, "BY");
        tokens_name(tokens);
    } else if (tokens_is(tokens, "NOT") && tokens_next_is(tokens, "INDEXED")) {
        tokens_next(tokens);
        tokens_next(tokens);
    }
}

static bool is_joined_tables(const struct tokens *tokens)
{
    struct token next = tokens_peek(tokens);
    return tokens_is_kind(tokens, TOKEN_OPEN) && next.kind != TOKEN_END &&
           !token_is(&tokens->lexer, next, "SELECT") && !token_is(&tokens->lexer, next, "VALUES") &&
           !token_is(&tokens->lexer, next, "WITH");
}

// A relation, a table function, a subquery. `is_joined`: rows of what stands before it vanish
// without a partner in it.
static void read_source(struct tokens *tokens, struct query *query, bool is_joined)
{
    struct query source = {0};

    if (tokens_accept_kind(tokens, TOKEN_OPEN)) {
        take_reads(tokens, &source, sqlite_select_read(tokens));
        tokens_expect_kind(tokens, TOKEN_CLOSE);
    } else {
        struct name name = tokens_qualified(tokens);
        if (tokens_is_kind(tokens, TOKEN_OPEN))
            read_aside(tokens, &source); // json_each(x): read as one parenthesised list
        else
            sqlite_query_add_read(tokens, &source, name);
    }
    take_reads(tokens, query, &source);
    for (size_t i = 0; is_joined && i < source.n_reads; i++)
        tokens_add_name(tokens, &query->inner_joined, &query->n_inner_joined, source.reads[i]);
    skip_alias(tokens);
    skip_index_choice(tokens);
}

// `keeps_left`: the join keeps the rows before it that have no partner.
static bool read_join_operator(struct tokens *tokens, bool *keeps_left)
{
    *keeps_left = false;
    if (tokens_accept_kind(tokens, TOKEN_COMMA))
        return true;
    if (!is_join_word(tokens))
        return false;
    while (!tokens_is(tokens, "JOIN") && is_join_word(tokens)) {
        *keeps_left |= tokens_is(tokens, "LEFT") || tokens_is(tokens, "FULL");
        tokens_next(tokens);
    }
    tokens_expect(tokens, "JOIN");
    return true;
}

void sqlite_query_read_from(struct tokens *tokens, struct query *query, bool is_joined)
{
    bool keeps_left;
    size_t open = 0;

    // ( a JOIN b … ) JOIN c: the parentheses of joined tables are only counted.
    for (; is_joined_tables(tokens); open++)
        tokens_next(tokens);
    read_source(tokens, query, is_joined);
    for (;;) {
        for (; open > 0 && tokens_is_kind(tokens, TOKEN_CLOSE); open--) {
            tokens_next(tokens);
            skip_alias(tokens);
            read_join_condition(tokens, query);
        }
        if (!read_join_operator(tokens, &keeps_left))
            break;
        for (; is_joined_tables(tokens); open++)
            tokens_next(tokens);
        read_source(tokens, query, !keeps_left);
        read_join_condition(tokens, query);
    }
    if (open > 0)
        tokens_fail(tokens);
}

// --- SELECT

static const char *output_name(struct tokens *tokens, const struct expression *output, size_t start)
{
    if (tokens_accept(tokens, "AS"))
        return tokens_name(tokens);
    if (tokens_is_name(tokens) && !is_clause_word(tokens))
        return tokens_name(tokens);
    if (tokens->failed)
        return NULL;
    // A plain column, perhaps qualified, keeps its name.
    struct lexer lexer = lexer_make(DIALECT_SQLITE, tokens->lexer.text, start, tokens->consumed);
    struct token token = lexer_next(&lexer);
    bool is_plain = token.kind == TOKEN_WORD || token.kind == TOKEN_IDENTIFIER;
    for (token = lexer_next(&lexer); is_plain && token.kind == TOKEN_DOT;
         token = lexer_next(&lexer))
        is_plain = lexer_next(&lexer).kind != TOKEN_OPERATOR;
    return is_plain && token.kind == TOKEN_END && output->n_columns == 1 ? output->columns[0]
                                                                         : NULL;
}

void sqlite_query_read_outputs(struct tokens *tokens, struct query *query)
{
    size_t n_names = 0;

    do {
        size_t start = tokens->token.offset;
        struct expression *output = mem_append(tokens->mem, query->outputs, query->n_outputs);
        sqlite_expression_read(tokens, output);
        sqlite_query_add_expression(tokens, query, output);
        *mem_append(tokens->mem, query->output_names, n_names) = output_name(tokens, output, start);
    } while (tokens_accept_kind(tokens, TOKEN_COMMA));
}

static void read_group(struct tokens *tokens, struct query *query)
{
    if (tokens_accept(tokens, "GROUP")) {
        query->has_group_by = true;
        tokens_expect(tokens, "BY");
        do
            read_aside(tokens, query);
        while (tokens_accept_kind(tokens, TOKEN_COMMA));
    }
    if (tokens_accept(tokens, "HAVING"))
        read_aside(tokens, query);
    if (tokens_accept(tokens, "WINDOW")) {
        do {
            tokens_name(tokens);
            tokens_expect(tokens, "AS");
            tokens_skip_parentheses(tokens);
        } while (tokens_accept_kind(tokens, TOKEN_COMMA));
    }
}

static void read_values(struct tokens *tokens, struct query *query)
{
    query->has_values = true;
    tokens_expect(tokens, "VALUES");
    do {
        read_aside(tokens, query); // ( a, b, c ) reads as one expression
        query->n_values++;
    } while (tokens_accept_kind(tokens, TOKEN_COMMA));
}

// One SELECT … or VALUES … between set operators. Of several, outputs, predicate and joins are
// those of the first, as in the PostgreSQL reader.
static void read_core(struct tokens *tokens, struct query *query)
{
    if (tokens_is(tokens, "VALUES")) {
        read_values(tokens, query);
        return;
    }
    tokens_expect(tokens, "SELECT");
    if (tokens_accept(tokens, "DISTINCT"))
        query->has_distinct = true;
    else
        tokens_accept(tokens, "ALL");
    sqlite_query_read_outputs(tokens, query);
    if (tokens_accept(tokens, "FROM"))
        sqlite_query_read_from(tokens, query, false);
    if (tokens_accept(tokens, "WHERE")) {
        query->where = sqlite_expression_make(tokens);
        sqlite_query_add_expression(tokens, query, query->where);
    }
    read_group(tokens, query);
}

void sqlite_query_read_order(struct tokens *tokens, struct query *query)
{
    if (tokens_accept(tokens, "ORDER")) {
        query->has_order_by = true;
        tokens_expect(tokens, "BY");
        do {
            read_aside(tokens, query);
            if (!tokens_accept(tokens, "ASC"))
                tokens_accept(tokens, "DESC");
            if (tokens_accept(tokens, "NULLS"))
                tokens_name(tokens);
        } while (tokens_accept_kind(tokens, TOKEN_COMMA));
    }
    if (tokens_accept(tokens, "LIMIT")) {
        query->has_limit = true;
        read_aside(tokens, query);
        if (tokens_accept(tokens, "OFFSET") || tokens_accept_kind(tokens, TOKEN_COMMA))
            read_aside(tokens, query);
    }
}

static bool accept_set_operator(struct tokens *tokens)
{
    if (tokens_accept(tokens, "UNION")) {
        tokens_accept(tokens, "ALL");
        return true;
    }
    return tokens_accept(tokens, "INTERSECT") || tokens_accept(tokens, "EXCEPT");
}

static void sqlite_select_body(struct tokens *tokens, struct query *query)
{
    read_core(tokens, query);
    while (accept_set_operator(tokens)) {
        struct query *other = mem_new(tokens->mem, struct query);
        query->has_set_operation = true;
        read_core(tokens, other);
        take_reads(tokens, query, other);
        query->n_values += query->has_values ? other->n_values : 0;
    }
    sqlite_query_read_order(tokens, query);
}

// --- WITH

// Read the common tables; what they read goes into `reads`.
static void read_with(struct tokens *tokens, struct query *reads)
{
    tokens_expect(tokens, "WITH");
    if (tokens_is(tokens, "RECURSIVE") && !tokens_next_is(tokens, "AS"))
        tokens_next(tokens);
    do {
        // In scope within itself too (recursive), and behind.
        *mem_append(tokens->mem, tokens->ctes, tokens->n_ctes) = tokens_name(tokens);
        if (tokens_is_kind(tokens, TOKEN_OPEN))
            tokens_skip_parentheses(tokens);
        tokens_expect(tokens, "AS");
        tokens_accept(tokens, "NOT");
        tokens_accept(tokens, "MATERIALIZED");
        tokens_expect_kind(tokens, TOKEN_OPEN);
        take_reads(tokens, reads, sqlite_select_read(tokens));
        tokens_expect_kind(tokens, TOKEN_CLOSE);
    } while (tokens_accept_kind(tokens, TOKEN_COMMA));
}

struct query *sqlite_query_read(struct tokens *tokens)
{
    struct query common = {0};
    size_t n_ctes = tokens->n_ctes;
    struct query *query;

    if (tokens->depth >= SQLITE_QUERY_DEPTH_MAX)
        tokens_fail(tokens);
    if (tokens->failed) // ends the recursion too
        return mem_new(tokens->mem, struct query);
    tokens->depth++;
    if (tokens_is(tokens, "WITH"))
        read_with(tokens, &common);
    if (tokens_is(tokens, "SELECT") || tokens_is(tokens, "VALUES")) {
        query = mem_new(tokens->mem, struct query);
        query->verb = tokens_is(tokens, "VALUES") ? QUERY_VALUES : QUERY_SELECT;
        sqlite_select_body(tokens, query);
    } else {
        query = sqlite_change_read(tokens);
    }
    tokens->n_ctes = n_ctes;
    tokens->depth--;
    take_reads(tokens, query, &common);
    return query;
}

struct query *sqlite_select_read(struct tokens *tokens)
{
    struct query *query = sqlite_query_read(tokens);

    if (query->verb != QUERY_SELECT && query->verb != QUERY_VALUES)
        tokens_fail(tokens);
    return query;
}
