/*
 * Tokens: a cursor over one SQLite statement, and what its readers share while they read it.
 *
 * The readers behind it are by recursive descent over SQLite's grammar (parse.y of 3.40). They need
 * not judge: sqlite3_prepare has done so. What they do not expect sets `failed` once, with its
 * place, and reading goes quickly to the end.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_SQLITE_TOKENS_H
#define STATEMENT_SQLITE_TOKENS_H

#include "base/memory.h"
#include "statement/lexer.h"
#include "statement/statement.h"

// Nested subqueries. SQLite's own parser stack (100) ends earlier.
#define SQLITE_QUERY_DEPTH_MAX 64
// Distinct names in one expression or query (SQLite: 2,000 columns, 64 tables joined).
#define SQLITE_NAMES_MAX 10000

// The expressions that are being read, innermost first: what a subquery reads, the expression
// around it reads too.
struct expression_chain {
    struct expression *expression;
    struct expression_chain *outer;
};

struct tokens {
    TALLOC_CTX *mem;    // of results
    struct lexer lexer; // stands behind `token`
    struct token token; // the current one
    size_t consumed;    // where the last consumed token ended
    const char **ctes;  // names of WITH in scope
    size_t n_ctes;
    const char **columns_known; // columns that SQLite resolved in this statement
    size_t n_columns_known;
    bool has_columns_known; // false: SQLite could not prepare it
    struct expression_chain *expressions;
    unsigned depth; // of nested subqueries
    bool failed;
    size_t failed_offset;
};

struct tokens tokens_make(TALLOC_CTX *mem, const char *text, size_t start, size_t end);
void tokens_next(struct tokens *tokens);
struct token tokens_peek(const struct tokens *tokens); // the one behind the current
void tokens_fail(struct tokens *tokens);

bool tokens_is(const struct tokens *tokens, const char *word);
bool tokens_is_kind(const struct tokens *tokens, enum token_kind kind);
bool tokens_is_operator(const struct tokens *tokens, const char *text);
bool tokens_next_is(const struct tokens *tokens, const char *word); // the one behind
// Is the current token a name: a word, a quoted identifier, or a string where only a name fits?
bool tokens_is_name(const struct tokens *tokens);
bool tokens_is_select(const struct tokens *tokens); // SELECT, VALUES or WITH

// Consume when it is there.
bool tokens_accept(struct tokens *tokens, const char *word);
bool tokens_accept_kind(struct tokens *tokens, enum token_kind kind);
bool tokens_accept_operator(struct tokens *tokens, const char *text);
// Consume, or fail.
void tokens_expect(struct tokens *tokens, const char *word);
void tokens_expect_kind(struct tokens *tokens, enum token_kind kind);
void tokens_expect_operator(struct tokens *tokens, const char *text);
const char *tokens_name(struct tokens *tokens);
const char *tokens_value(struct tokens *tokens);                 // of a literal or word
struct name tokens_qualified(struct tokens *tokens);             // [schema.]name
const char **tokens_name_list(struct tokens *tokens, size_t *n); // (a, b, c)
// IF EXISTS / IF NOT EXISTS.
bool tokens_accept_if_exists(struct tokens *tokens);
// At an opening parenthesis: go behind the closing one.
void tokens_skip_parentheses(struct tokens *tokens);

// Source text from `start` to the end of the last consumed token.
const char *tokens_text(const struct tokens *tokens, size_t start);

// Append unless it is there (SQLite's names are compared without case).
void tokens_add_text(struct tokens *tokens, const char ***list, size_t *n, const char *text);
void tokens_add_name(struct tokens *tokens, struct name **list, size_t *n, struct name name);
// By SQLite's rule a "quoted" name that is no column of `columns_known` is a string.
bool tokens_is_string(const struct tokens *tokens, struct token token);
bool tokens_is_cte(const struct tokens *tokens, struct name name);

#endif
