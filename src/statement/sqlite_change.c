/*
 * Queries of SQLite that write: INSERT, REPLACE, UPDATE, DELETE, with OR …, upsert and RETURNING.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/sqlite_query.h"

#include "statement/sqlite_expression.h"

// OR ROLLBACK | ABORT | FAIL | IGNORE | REPLACE
static void read_or(struct tokens *tokens, struct query *query)
{
    if (!tokens_accept(tokens, "OR"))
        return;
    if (tokens_accept(tokens, "REPLACE"))
        query->conflict = CONFLICT_REPLACE;
    else if (tokens_accept(tokens, "IGNORE"))
        query->conflict = CONFLICT_NOTHING;
    else
        tokens_name(tokens);
}

static void read_returning(struct tokens *tokens, struct query *query)
{
    struct query returned = {0};

    if (!tokens_accept(tokens, "RETURNING"))
        return;
    query->has_returning = true;
    sqlite_query_read_outputs(tokens, &returned);
    for (size_t i = 0; i < returned.n_reads; i++)
        sqlite_query_add_read(tokens, query, returned.reads[i]);
}

static void read_where(struct tokens *tokens, struct query *query)
{
    if (!tokens_accept(tokens, "WHERE"))
        return;
    query->where = sqlite_expression_make(tokens);
    sqlite_query_add_expression(tokens, query, query->where);
}

static void read_target(struct tokens *tokens, struct query *query)
{
    query->target = tokens_qualified(tokens);
    if (tokens_accept(tokens, "AS"))
        query->target_alias = tokens_name(tokens);
    if (tokens_is(tokens, "NOT"))
        tokens_next(tokens);
    if (tokens_accept(tokens, "INDEXED") && tokens_accept(tokens, "BY"))
        tokens_name(tokens);
}

static void assign(struct tokens *tokens, struct query *query, const char *column,
                   const struct expression *value)
{
    *mem_append(tokens->mem, query->assignments, query->n_assignments) =
        (struct assignment){.column = column, .value = *value};
    sqlite_query_add_expression(tokens, query, value);
}

// (b, c) = (x, y): each column has its own part; (b, c) = (SELECT …): each has the whole.
static void read_row_assignment(struct tokens *tokens, struct query *query)
{
    size_t n = 0;
    const char **columns = tokens_name_list(tokens, &n);

    tokens_expect_operator(tokens, "=");
    struct token next = tokens_peek(tokens);
    bool is_query = token_is(&tokens->lexer, next, "SELECT") ||
                    token_is(&tokens->lexer, next, "WITH") ||
                    token_is(&tokens->lexer, next, "VALUES");
    if (is_query || n == 1) {
        struct expression value = {0};
        sqlite_expression_read(tokens, &value);
        for (size_t i = 0; i < n; i++)
            assign(tokens, query, columns[i], &value);
        return;
    }
    tokens_expect_kind(tokens, TOKEN_OPEN);
    for (size_t i = 0; i < n; i++) {
        struct expression value = {0};
        if (i > 0)
            tokens_expect_kind(tokens, TOKEN_COMMA);
        sqlite_expression_read(tokens, &value);
        assign(tokens, query, columns[i], &value);
    }
    tokens_expect_kind(tokens, TOKEN_CLOSE);
}

// SET a = …, (b, c) = (…)
static void read_assignments(struct tokens *tokens, struct query *query)
{
    do {
        if (tokens_is_kind(tokens, TOKEN_OPEN)) {
            read_row_assignment(tokens, query);
            continue;
        }
        struct expression value = {0};
        const char *column = tokens_name(tokens);
        tokens_expect_operator(tokens, "=");
        sqlite_expression_read(tokens, &value);
        assign(tokens, query, column, &value);
    } while (tokens_accept_kind(tokens, TOKEN_COMMA));
}

// ON CONFLICT [(target) [WHERE …]] DO NOTHING | DO UPDATE SET … [WHERE …]
static void read_upsert(struct tokens *tokens, struct query *query)
{
    struct query ignored = {0};

    while (tokens_accept(tokens, "ON")) {
        tokens_expect(tokens, "CONFLICT");
        if (tokens_is_kind(tokens, TOKEN_OPEN))
            tokens_skip_parentheses(tokens);
        read_where(tokens, &ignored); // of the index meant
        tokens_expect(tokens, "DO");
        if (tokens_accept(tokens, "NOTHING")) {
            if (query->conflict == CONFLICT_NONE)
                query->conflict = CONFLICT_NOTHING;
            continue;
        }
        tokens_expect(tokens, "UPDATE");
        tokens_expect(tokens, "SET");
        query->conflict = CONFLICT_UPDATE;
        read_assignments(tokens, query);
        read_where(tokens, &ignored); // of the rows met; `where` is the one of the rows inserted
    }
    for (size_t i = 0; i < ignored.n_reads; i++)
        sqlite_query_add_read(tokens, query, ignored.reads[i]);
}

// The rows of an INSERT: VALUES, a query, or DEFAULT VALUES.
static void read_rows(struct tokens *tokens, struct query *query)
{
    if (tokens_accept(tokens, "DEFAULT")) {
        tokens_expect(tokens, "VALUES");
        query->has_default_values = true;
        return;
    }
    struct query *rows = sqlite_select_read(tokens);
    for (size_t i = 0; i < rows->n_reads; i++)
        sqlite_query_add_read(tokens, query, rows->reads[i]);
    query->has_values = rows->has_values;
    query->n_values = rows->n_values;
    query->outputs = rows->outputs;
    query->n_outputs = rows->n_outputs;
    query->output_names = rows->output_names;
    query->where = rows->where;
    query->join_condition = rows->join_condition;
    query->inner_joined = rows->inner_joined;
    query->n_inner_joined = rows->n_inner_joined;
    query->has_limit = rows->has_limit;
    query->has_group_by = rows->has_group_by;
    query->has_distinct = rows->has_distinct;
    query->has_set_operation = rows->has_set_operation;
    query->has_order_by = rows->has_order_by;
}

static void read_insert(struct tokens *tokens, struct query *query)
{
    query->verb = QUERY_INSERT;
    if (tokens_accept(tokens, "REPLACE")) {
        query->conflict = CONFLICT_REPLACE;
    } else {
        tokens_expect(tokens, "INSERT");
        read_or(tokens, query);
    }
    tokens_expect(tokens, "INTO");
    query->target = tokens_qualified(tokens);
    if (tokens_accept(tokens, "AS"))
        query->target_alias = tokens_name(tokens);
    if (tokens_is_kind(tokens, TOKEN_OPEN))
        query->columns = tokens_name_list(tokens, &query->n_columns);
    read_rows(tokens, query);
    read_upsert(tokens, query);
}

static void read_update(struct tokens *tokens, struct query *query)
{
    query->verb = QUERY_UPDATE;
    tokens_expect(tokens, "UPDATE");
    read_or(tokens, query);
    read_target(tokens, query);
    tokens_expect(tokens, "SET");
    read_assignments(tokens, query);
    if (tokens_accept(tokens, "FROM"))
        sqlite_query_read_from(tokens, query, true);
    read_where(tokens, query);
}

static void read_delete(struct tokens *tokens, struct query *query)
{
    query->verb = QUERY_DELETE;
    tokens_expect(tokens, "DELETE");
    tokens_expect(tokens, "FROM");
    read_target(tokens, query);
    read_where(tokens, query);
}

struct query *sqlite_change_read(struct tokens *tokens)
{
    struct query *query = mem_new(tokens->mem, struct query);

    if (tokens_is(tokens, "UPDATE"))
        read_update(tokens, query);
    else if (tokens_is(tokens, "DELETE"))
        read_delete(tokens, query);
    else if (tokens_is(tokens, "INSERT") || tokens_is(tokens, "REPLACE"))
        read_insert(tokens, query);
    else
        tokens_fail(tokens);
    read_returning(tokens, query);
    sqlite_query_read_order(tokens, query); // Debian's UPDATE … LIMIT
    read_returning(tokens, query);
    return query;
}
