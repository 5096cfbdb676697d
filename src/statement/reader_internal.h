/*
 * What a dialect's reader provides to reader.c: one constant table of four functions.
 *
 * Before `read` is called, reader.c has checked that the part is UTF-8 without NUL and has made the
 * script with its path and dialect; `read` fills its statements and not_understood, in the order of
 * the file. Everything that goes into the script is allocated under it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_READER_INTERNAL_H
#define STATEMENT_READER_INTERNAL_H

#include "statement/reader.h"

struct reader_driver {
    enum dialect dialect;
    const char *(*grammar)(void); // whose: "PostgreSQL 15"
    // Make the state that reading the next script depends on, as a child of `mem`; NULL is a state.
    bool (*open)(TALLOC_CTX *mem, void **state, struct error *err);
    bool (*read)(void *state, const struct script_source *source, struct script *script,
                 struct error *err);
    // NULL: reading never changes the state.
    void (*begin_trial)(void *state);
    void (*end_trial)(void *state);
};

extern const struct reader_driver reader_postgres; // postgres_reader.c
extern const struct reader_driver reader_sqlite;   // sqlite_reader.c

// Where a walk through a text has got to; moves forward only, so that many places cost one pass.
struct reader_cursor {
    size_t offset;
    size_t line;   // from 1
    size_t column; // from 1, in characters
};
// Start at `offset` 0 of the whole text with {0, 1, 1}; `offset` must not be before cursor->offset.
void reader_cursor_move(struct reader_cursor *cursor, const char *text, size_t offset);

// One statement of the text, as cut: from its first token to behind its last, without the
// semicolon.
struct reader_range {
    size_t start;
    size_t end;
    size_t depth;   // deepest nesting of parentheses
    size_t deepest; // where it is reached
};
// Refuse a statement past STATEMENT_BYTES_MAX: ERROR_INPUT with its place.
MUST_CHECK bool reader_check_size(const struct script_source *source,
                                  const struct reader_range *range, struct error *err);
// Or past STATEMENT_DEPTH_MAX too.
MUST_CHECK bool reader_check_limits(const struct script_source *source,
                                    const struct reader_range *range, struct error *err);

#endif
