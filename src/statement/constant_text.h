/*
 * Constant texts: what an expression of SQL gives when it is made of literals alone, and where in
 * the file each byte of it stands.
 *
 * Knows ||, format(), concat(), quote_ident(), quote_literal(), casts of literals, and the
 * variables of PL/pgSQL whose value the text shows.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_CONSTANT_TEXT_H
#define STATEMENT_CONSTANT_TEXT_H

#include "statement/origin.h"
#include "statement/plpgsql.h"

struct constant_text {
    char *text; // ends with NUL
    size_t len;
    size_t *places; // len + 1 of them
};

// A string's value; `origin` is that of lexer->text.
struct constant_text constant_text_of_string(TALLOC_CTX *mem, const struct lexer *lexer,
                                             struct token token, const struct origin *origin);
// Of the expression of an EXECUTE; false: it is not constant.
bool constant_text_of_execute(TALLOC_CTX *mem, const char *body, const struct origin *origin,
                              const struct plpgsql *plpgsql, const struct plpgsql_piece *piece,
                              struct constant_text *out);

#endif
