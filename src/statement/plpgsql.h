/*
 * PL/pgSQL: where in a body SQL stands, and whether it surely runs.
 *
 * A scanner over the tokens, not a judge of the language: it knows blocks, branches, loops and
 * where a statement ends, and gives each piece of SQL by its place. What it cannot follow is said
 * with its place, and then nothing of the body is known.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_PLPGSQL_H
#define STATEMENT_PLPGSQL_H

#include "base/memory.h"
#include "statement/lexer.h"

#define PLPGSQL_DEPTH_MAX 500    // blocks, branches and loops in each other
#define PLPGSQL_ROUNDS_MAX 200   // of a loop over constants that is gone through
#define PLPGSQL_PIECES_MAX 20000 // of one body, the rounds of loops over constants counted

// A variable whose value the text shows: by its declaration, or of one round of a loop.
struct plpgsql_value {
    const struct plpgsql_value *outer;
    const char *name;
    const char *text; // NULL: the value of the expression in [start, end)
    size_t start;
    size_t end;
};

enum plpgsql_kind {
    PLPGSQL_QUERY,      // a statement of SQL
    PLPGSQL_EXPRESSION, // what would stand behind SELECT
    PLPGSQL_EXECUTE     // an expression whose value is run as SQL
};

struct plpgsql_piece {
    enum plpgsql_kind kind;
    size_t start; // in the body
    size_t end;
    size_t into; // INTO and its targets within, which are no SQL; both 0: none
    size_t into_end;
    bool is_conditional; // a branch, a loop, an exception may keep it from running once
    const struct plpgsql_value *values; // of the loops around it
};

struct plpgsql {
    struct plpgsql_piece *pieces;
    size_t n_pieces;
    struct plpgsql_value *declared; // that have a value from their declaration
    size_t n_declared;
    const char **assigned; // names that get another value somewhere
    size_t n_assigned;
    const char *broken; // why it cannot be followed; NULL: it can
    size_t broken_at;
};

struct plpgsql *plpgsql_read(TALLOC_CTX *mem, const char *body, size_t len);
// The value that `name` is known to have in `piece`; NULL: none.
const struct plpgsql_value *plpgsql_find_value(const struct plpgsql *plpgsql,
                                               const struct plpgsql_piece *piece, const char *name);

#endif
