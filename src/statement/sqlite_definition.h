/*
 * Definitions of SQLite: columns, constraints, indexes and all that CREATE makes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_SQLITE_DEFINITION_H
#define STATEMENT_SQLITE_DEFINITION_H

#include "statement/sqlite_tokens.h"

// name [type] [constraints], as in CREATE TABLE and ADD COLUMN.
void sqlite_column_read(struct tokens *tokens, struct column *out);
// At the first word behind CREATE; says the statement's kind.
const char *sqlite_create_read(struct tokens *tokens, struct action *action);

#endif
