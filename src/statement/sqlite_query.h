/*
 * Queries of SQLite: SELECT, VALUES, INSERT, REPLACE, UPDATE, DELETE → struct query.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_SQLITE_QUERY_H
#define STATEMENT_SQLITE_QUERY_H

#include "statement/sqlite_tokens.h"

// [WITH …] SELECT, VALUES, INSERT, REPLACE, UPDATE or DELETE.
struct query *sqlite_query_read(struct tokens *tokens);
// [WITH …] SELECT or VALUES, as it stands in parentheses, behind AS, in an INSERT.
struct query *sqlite_select_read(struct tokens *tokens);

// --- for the two files of this noun (sqlite_query.c reads SELECT, sqlite_change.c what writes)
void sqlite_query_add_expression(struct tokens *tokens, struct query *query,
                                 const struct expression *expression);
void sqlite_query_add_read(struct tokens *tokens, struct query *query, struct name relation);
void sqlite_query_read_outputs(struct tokens *tokens, struct query *query);
// `is_joined`: rows of the target vanish, or stay as they are, without a partner in it (UPDATE …
// FROM).
void sqlite_query_read_from(struct tokens *tokens, struct query *query, bool is_joined);
void sqlite_query_read_order(struct tokens *tokens, struct query *query); // ORDER BY, LIMIT
struct query *sqlite_change_read(struct tokens *tokens);                  // behind WITH

#endif
