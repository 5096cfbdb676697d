/*
 * Mirror: an in-memory SQLite database with the schema that the scripts read so far have made.
 *
 * SQLite itself says there whether a statement is valid and what it touches: every statement is
 * prepared, DDL is also run, on tables that stay empty, and rows that stand in the text are tried
 * and taken back. Nothing else is run, and nothing reaches a disk, another file or an extension.
 * `touched` is what the authorizer saw.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_SQLITE_MIRROR_H
#define STATEMENT_SQLITE_MIRROR_H

#include "base/error.h"
#include "base/memory.h"
#include "statement/statement.h"

struct sqlite_mirror;

struct sqlite_judgement {
    const char *message; // SQLite's, NULL: valid
    bool is_syntax;      // the message is about the text alone, not about what exists
    size_t offset;       // of the token that SQLite points at, within the statement
    struct name *reads;  // relations read by the statement itself, not by a view or trigger
    size_t n_reads;
    const char **columns; // of those, each once
    size_t n_columns;
};

MUST_CHECK bool sqlite_mirror_open(TALLOC_CTX *mem, struct sqlite_mirror **out, struct error *err);
// Prepare one statement; the judgement is under `mem`.
struct sqlite_judgement sqlite_mirror_judge(TALLOC_CTX *mem, struct sqlite_mirror *mirror,
                                            const char *sql, size_t len);
// Names in double quotes that are no column, each once: SQLite takes them for strings.
const char **sqlite_mirror_strings(TALLOC_CTX *mem, struct sqlite_mirror *mirror, const char *sql,
                                   size_t *n);
// Statements that fire the triggers that there are.
const char **sqlite_mirror_firing(TALLOC_CTX *mem, struct sqlite_mirror *mirror, size_t *n);
// Run one DDL statement. NULL, or SQLite's message.
const char *sqlite_mirror_apply(TALLOC_CTX *mem, struct sqlite_mirror *mirror, const char *sql,
                                size_t len);
// Put the rows of an INSERT … VALUES without subqueries into its empty table, without triggers, and
// take them out again. NULL, or why no table of these columns takes them.
const char *sqlite_mirror_try_rows(TALLOC_CTX *mem, struct sqlite_mirror *mirror, const char *sql);
// Set a row to the constants of an UPDATE, without triggers, and take it out again (in
// sqlite_update.c). NULL, or why no row takes them.
const char *sqlite_mirror_try_update(TALLOC_CTX *mem, struct sqlite_mirror *mirror,
                                     const struct query *query);
// Is a constant expression true?
bool sqlite_mirror_is_true(struct sqlite_mirror *mirror, const char *expression);
// Is there a table or view of this name?
bool sqlite_mirror_has(struct sqlite_mirror *mirror, const char *relation);
// The table of a trigger or index; NULL: there is no such.
const char *sqlite_mirror_table_of(TALLOC_CTX *mem, struct sqlite_mirror *mirror, const char *type,
                                   const char *name);
// Columns of a table or view as SQLite made them.
struct column *sqlite_mirror_columns(TALLOC_CTX *mem, struct sqlite_mirror *mirror,
                                     const char *table, size_t *n);
// Tables that a query goes through from end to end: what its program rewinds and steps, and clears.
struct name *sqlite_mirror_scans(TALLOC_CTX *mem, struct sqlite_mirror *mirror, const char *sql,
                                 size_t *n);
const char *sqlite_mirror_version(void); // "SQLite 3.40.1"
// PRAGMA writable_schema.
void sqlite_mirror_set_writable(struct sqlite_mirror *mirror, bool is_writable);

void sqlite_mirror_begin_trial(struct sqlite_mirror *mirror);
void sqlite_mirror_end_trial(struct sqlite_mirror *mirror);

#endif
