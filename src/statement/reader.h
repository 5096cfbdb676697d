/*
 * Readers: SQL text → statements, for each dialect.
 *
 * A reader holds what reading the next script depends on. PostgreSQL's needs nothing: its grammar
 * decides alone. SQLite's keeps an in-memory copy of the schema, applies each script's DDL to it,
 * and lets sqlite3_prepare and the authorizer say what is valid and what is touched; so scripts
 * must be read in the order in which they are applied, a down within reader_begin_trial and
 * reader_end_trial.
 *
 * A statement that the grammar does not know is put into script->not_understood with its place and
 * reading goes on behind its semicolon. Reading fails only for a text past a limit or not UTF-8.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_READER_H
#define STATEMENT_READER_H

#include "base/error.h"
#include "base/memory.h"
#include "statement/statement.h"

#define STATEMENT_BYTES_MAX ((size_t)16 * 1024 * 1024) // one statement
#define STATEMENT_DEPTH_MAX 2000 // nesting of parentheses; the parser's stack is not ours to risk
#define STATEMENTS_MAX 1000000   // of one script

struct reader;

MUST_CHECK bool reader_open(TALLOC_CTX *mem, enum dialect dialect, struct reader **out,
                            struct error *err);

// What understands the dialect: "PostgreSQL 15", "SQLite 3.40.1".
const char *reader_grammar(enum dialect dialect);

// The part of a file to read: a marker layout (goose, dbmate) has up and down in one file. Lines,
// columns and offsets are those of the whole file.
struct script_source {
    const char *path;
    const char *text; // of the whole file
    size_t len;
    size_t start; // part to read: [start, end)
    size_t end;
};

// Read one script. Errors: ERROR_INPUT with "PATH:LINE:COLUMN: …".
MUST_CHECK bool reader_read(TALLOC_CTX *mem, struct reader *reader,
                            const struct script_source *source, struct script **out,
                            struct error *err);

// The statements that the body of a PostgreSQL function runs; places are those in the body. NULL:
// it cannot be read, and `why`.
struct script *reader_read_body(TALLOC_CTX *mem, const char *language, const char *body,
                                const char **why);

// Whose grammar knows more of these texts; `asked` when neither does. For a hint, not for a
// decision.
enum dialect reader_guess_dialect(enum dialect asked, const struct script_source *sources,
                                  size_t n);

// What is read between these two does not change what the reader knows.
void reader_begin_trial(struct reader *reader);
void reader_end_trial(struct reader *reader);

#endif
