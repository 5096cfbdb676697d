/*
 * Constraints of SQLite (see sqlite_constraint.h).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/sqlite_constraint.h"

#include "statement/sqlite_expression.h"

void sqlite_conflict_skip(struct tokens *tokens)
{
    if (!tokens_is(tokens, "ON") || !tokens_next_is(tokens, "CONFLICT"))
        return;
    tokens_next(tokens);
    tokens_next(tokens);
    tokens_name(tokens);
}

void sqlite_check_read(struct tokens *tokens, struct constraint *out)
{
    tokens_expect(tokens, "CHECK");
    tokens_expect_kind(tokens, TOKEN_OPEN);
    out->kind = CONSTRAINT_CHECK;
    out->check = sqlite_expression_make(tokens);
    tokens_expect_kind(tokens, TOKEN_CLOSE);
    sqlite_conflict_skip(tokens);
}

// CASCADE | RESTRICT | SET NULL | SET DEFAULT | NO ACTION; the last is NULL.
static const char *read_reference_action(struct tokens *tokens)
{
    if (tokens_accept(tokens, "CASCADE"))
        return "CASCADE";
    if (tokens_accept(tokens, "RESTRICT"))
        return "RESTRICT";
    if (tokens_accept(tokens, "SET")) {
        if (tokens_accept(tokens, "NULL"))
            return "SET NULL";
        tokens_expect(tokens, "DEFAULT");
        return "SET DEFAULT";
    }
    tokens_expect(tokens, "NO");
    tokens_expect(tokens, "ACTION");
    return NULL;
}

static void read_deferrable(struct tokens *tokens, struct constraint *out)
{
    if (tokens_is(tokens, "NOT") && tokens_next_is(tokens, "DEFERRABLE")) {
        tokens_next(tokens);
        tokens_next(tokens);
    } else if (tokens_accept(tokens, "DEFERRABLE")) {
        out->is_deferrable = true;
    } else {
        return;
    }
    if (tokens_accept(tokens, "INITIALLY"))
        tokens_name(tokens);
}

void sqlite_references_read(struct tokens *tokens, struct constraint *out)
{
    out->kind = CONSTRAINT_FOREIGN_KEY;
    tokens_expect(tokens, "REFERENCES");
    out->references = (struct name){.name = tokens_name(tokens)};
    if (tokens_is_kind(tokens, TOKEN_OPEN))
        out->referenced = tokens_name_list(tokens, &out->n_referenced);
    for (;;) {
        if (tokens_accept(tokens, "MATCH")) {
            tokens_name(tokens);
        } else if (tokens_is(tokens, "ON") && tokens_next_is(tokens, "DELETE")) {
            tokens_next(tokens);
            tokens_next(tokens);
            out->on_delete = read_reference_action(tokens);
        } else if (tokens_is(tokens, "ON") && tokens_next_is(tokens, "UPDATE")) {
            tokens_next(tokens);
            tokens_next(tokens);
            out->on_update = read_reference_action(tokens);
        } else if (tokens_is(tokens, "ON") && tokens_next_is(tokens, "INSERT")) {
            tokens_next(tokens);
            tokens_next(tokens);
            read_reference_action(tokens); // in the grammar, without meaning
        } else {
            break;
        }
    }
    read_deferrable(tokens, out);
}

static void read_index_column(struct tokens *tokens, struct index_column *out)
{
    struct token next = tokens_peek(tokens);
    bool is_column =
        tokens_is_name(tokens) &&
        (next.kind == TOKEN_COMMA || next.kind == TOKEN_CLOSE ||
         token_is(&tokens->lexer, next, "COLLATE") || token_is(&tokens->lexer, next, "ASC") ||
         token_is(&tokens->lexer, next, "DESC"));

    if (is_column) {
        out->column = tokens_name(tokens);
        if (tokens_accept(tokens, "COLLATE"))
            out->collation = tokens_name(tokens);
    } else {
        out->expression = sqlite_expression_make(tokens);
    }
    if (!tokens_accept(tokens, "ASC"))
        tokens_accept(tokens, "DESC");
    if (tokens_accept(tokens, "NULLS"))
        tokens_name(tokens);
    tokens_accept(tokens, "AUTOINCREMENT"); // PRIMARY KEY (id AUTOINCREMENT)
}

struct index_column *sqlite_index_columns_read(struct tokens *tokens, size_t *n)
{
    struct index_column *columns = NULL;

    tokens_expect_kind(tokens, TOKEN_OPEN);
    do
        read_index_column(tokens, mem_append(tokens->mem, columns, *n));
    while (tokens_accept_kind(tokens, TOKEN_COMMA));
    tokens_expect_kind(tokens, TOKEN_CLOSE);
    return columns;
}

static void read_key(struct tokens *tokens, struct constraint *out)
{
    size_t n = 0;
    struct index_column *columns = sqlite_index_columns_read(tokens, &n);

    for (size_t i = 0; i < n; i++)
        if (columns[i].column)
            *mem_append(tokens->mem, out->columns, out->n_columns) = columns[i].column;
    sqlite_conflict_skip(tokens);
}

void sqlite_table_constraint_read(struct tokens *tokens, struct constraint *out)
{
    if (tokens_accept(tokens, "PRIMARY")) {
        tokens_expect(tokens, "KEY");
        out->kind = CONSTRAINT_PRIMARY_KEY;
        read_key(tokens, out);
    } else if (tokens_accept(tokens, "UNIQUE")) {
        out->kind = CONSTRAINT_UNIQUE;
        read_key(tokens, out);
    } else if (tokens_is(tokens, "CHECK")) {
        sqlite_check_read(tokens, out);
    } else {
        tokens_expect(tokens, "FOREIGN");
        tokens_expect(tokens, "KEY");
        out->columns = tokens_name_list(tokens, &out->n_columns);
        sqlite_references_read(tokens, out);
    }
}
