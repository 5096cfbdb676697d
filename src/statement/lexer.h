/*
 * Lexer: cuts SQL text into tokens by the lexical rules of a dialect, without judging them.
 *
 * Knows quotes, escapes, dollar quotes (PostgreSQL), nested comments (PostgreSQL; SQLite's do not
 * nest), backquotes and brackets (SQLite), numbers, parameters, operators. It gives the places that
 * parsers do not: where a SET clause's expression ends, where a statement begins behind its
 * comments, where the next statement starts after a syntax error.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_LEXER_H
#define STATEMENT_LEXER_H

#include "statement/statement.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,       // keyword or plain identifier
    TOKEN_IDENTIFIER, // quoted identifier
    TOKEN_STRING,     // any string constant, dollar-quoted ones too
    TOKEN_NUMBER,
    TOKEN_PARAMETER,
    TOKEN_OPEN,  // ( and, in PostgreSQL, [
    TOKEN_CLOSE, // ) ]
    TOKEN_COMMA,
    TOKEN_SEMICOLON,
    TOKEN_DOT,
    TOKEN_OPERATOR,
    TOKEN_BROKEN // a quote or comment that is not closed: reaches to the end
};

struct token {
    enum token_kind kind;
    size_t offset; // in the text given
    size_t len;
};

struct lexer {
    enum dialect dialect;
    const char *text;
    size_t end;
    size_t at;
};

struct lexer lexer_make(enum dialect dialect, const char *text, size_t start, size_t end);
// The next token, comments and blanks skipped.
struct token lexer_next(struct lexer *lexer);
// Is the token this keyword (any case)?
bool token_is(const struct lexer *lexer, struct token token, const char *word);
// The token's value: quotes removed and escapes undone; words folded as the dialect does.
char *token_value(void *mem, const struct lexer *lexer, struct token token);

#endif
