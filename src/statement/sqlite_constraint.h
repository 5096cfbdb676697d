/*
 * Constraints of SQLite: what columns and tables write alike.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_SQLITE_CONSTRAINT_H
#define STATEMENT_SQLITE_CONSTRAINT_H

#include "statement/sqlite_tokens.h"

void sqlite_conflict_skip(struct tokens *tokens);                           // [ON CONFLICT action]
void sqlite_check_read(struct tokens *tokens, struct constraint *out);      // at CHECK
void sqlite_references_read(struct tokens *tokens, struct constraint *out); // at REFERENCES
// A table constraint behind its optional CONSTRAINT name.
void sqlite_table_constraint_read(struct tokens *tokens, struct constraint *out);
// (column [COLLATE c] [ASC | DESC], …), expressions allowed.
struct index_column *sqlite_index_columns_read(struct tokens *tokens, size_t *n);

#endif
