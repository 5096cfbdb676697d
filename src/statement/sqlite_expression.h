/*
 * Expressions of SQLite statements: where they end, and what they read.
 *
 * An expression ends at the first word that stands where an operator must stand and is none
 * (`x DESC`, `x alias`, `x FROM`), at a comma, a semicolon or a closing parenthesis of its outside:
 * so no list of what may follow is needed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_SQLITE_EXPRESSION_H
#define STATEMENT_SQLITE_EXPRESSION_H

#include "statement/sqlite_tokens.h"

// Read one expression into `out` (zeroed).
void sqlite_expression_read(struct tokens *tokens, struct expression *out);
// The same for one whose text and form nobody asks for (a row of VALUES): only what it reads.
void sqlite_expression_skim(struct tokens *tokens, struct expression *out);
struct expression *sqlite_expression_make(struct tokens *tokens);
// Take what a subquery or a joined condition reads into `into`.
void sqlite_expression_add_reads(struct tokens *tokens, struct expression *into,
                                 const struct expression *from);

#endif
