/*
 * Statements: one SQL statement of a migration as plain data, whatever the dialect.
 *
 * This is the language between the readers and everything behind them. A statement is an ordered
 * list of actions: `ALTER TABLE t ADD a int, DROP b` has two, most statements one, one that we read
 * but that touches no relation (SET, GRANT on a function, …) may have an action of kind OTHER.
 * Nothing here says what a statement costs or locks: that is analysis/.
 *
 * Names are as the dialect resolves them: unquoted ones folded (PostgreSQL: lower case), without
 * quotes. A name without schema has `schema == NULL`.
 *
 * All memory is under the script's context.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_STATEMENT_H
#define STATEMENT_STATEMENT_H

#include "base/memory.h"
#include "statement/action.h"

enum dialect { DIALECT_POSTGRES, DIALECT_SQLITE };
const char *dialect_name(enum dialect dialect);  // "postgres", "sqlite"
const char *dialect_title(enum dialect dialect); // "PostgreSQL", "SQLite"

struct statement {
    const char *path;
    size_t line; // of its first token, comments before it skipped; from 1
    size_t column;
    size_t offset; // byte offset in the file
    size_t len;
    const char *sql;  // its text, without the closing semicolon
    const char *kind; // upper-case words as in the corpora: "ALTER TABLE", "CREATE INDEX"
    struct action *actions;
    size_t n_actions;

    // PostgreSQL: code is a statement (DO) with statements in it. They stand behind it in the
    // script, as others do, and whoever runs or rewrites statements leaves them out: they run when
    // the code does.
    const struct statement *inner; // of a DO block whose code was read
    size_t n_inner;                // with those of code within the code
    bool is_inner;
    bool is_conditional; // of inner ones: a branch, loop or exception may keep it from running once

    unsigned needs_version;  // PostgreSQL: of a form that the grammar does not know; 0: none is
    const char *placeholder; // that a tool fills in, read as a name or text; NULL: none

    // SQLite: how the reader judged it against the schema known so far (NULL: fine). A statement
    // may be understood and still invalid: "no such column: x".
    const char *invalid_reason;
    // SQLite: what fails behind a DROP COLUMN that SQLite takes, by a trigger that writes the
    // column
    // ("DELETE FROM "t": no such column: x"); NULL: nothing.
    const char *breaks;
    // SQLite: "names" of a query or an index key that are no column, and so strings; each once.
    const char **strings;
    size_t n_strings;
};

// A place where reading failed: the statement is skipped, what follows is still read.
struct not_understood {
    const char *path;
    size_t line;
    size_t column;
    size_t offset;
    size_t start, end;  // of the whole statement in the file; equal: not known
    const char *reason; // "syntax error at or near "NOT" (PostgreSQL 15 grammar)"
    const char *sql;    // the start of it, shortened
};

struct script {
    const char *path;
    enum dialect dialect;
    struct statement *statements;
    size_t n_statements;
    struct not_understood *not_understood;
    size_t n_not_understood;
    TALLOC_CTX *mem; // of all that it points to
};

#endif
