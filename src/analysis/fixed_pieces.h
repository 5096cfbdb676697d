/*
 * Pieces: the statements of a migration while they are put in their safe order and then into parts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_FIXED_PIECES_H
#define ANALYSIS_FIXED_PIECES_H

#include "analysis/fixed_change.h"

enum piece_kind { PIECE_CHANGE, PIECE_ROWS, PIECE_VALIDATION, PIECE_OUTSIDE };

struct fixed_piece {
    enum piece_kind kind;
    const char *sql; // without its semicolon, comments before it kept
    bool locks_strongly;
    const char *undo; // as of safe_step
    size_t part;      // set when parts are made
};

struct fixed_pieces {
    TALLOC_CTX *mem;
    struct fixed_piece *list;
    size_t n;
    const char *settings; // SET … of the script, each with its semicolon; "" when there is none
    bool sets_lock_timeout;
    bool has_transaction; // the script begins and commits
    struct fixed_place *places;
    size_t n_places;
    bool is_fixed; // a form was put in some statement's place
};

// Why the script cannot be taken apart; NULL: it can.
const char *script_obstacle(TALLOC_CTX *mem, const struct script *script,
                            const struct migration_text *text);
// Does it talk to the transaction only (BEGIN, COMMIT), or to the session (SET)?
bool statement_is_transaction(const struct statement *statement);
bool statement_is_setting(const struct statement *statement);
// Refused within a transaction?
bool statement_runs_outside(const struct statement *statement);
// As written, with the comments between it and the statement before it.
char *statement_written(TALLOC_CTX *mem, const struct script *script, size_t i,
                        const struct migration_text *text, const char *sql);

// Walk the up `script` from `schema` on, which is changed.
struct fixed_pieces *pieces_make(TALLOC_CTX *mem, const struct assessment *assessment,
                                 const struct script *script, const struct migration_text *text,
                                 struct schema *schema);

// Parts of the ups; pieces learn in which one they are.
void parts_make(struct fixed_migration *fixed, struct fixed_pieces *pieces);
// The original down, statement by statement, to the parts that they take back. `reader` reads the
// parts' ups. false: the down cannot be divided.
MUST_CHECK bool parts_divide_down(struct fixed_migration *fixed, const struct fixed_pieces *pieces,
                                  const struct script *down, struct reader *reader,
                                  struct error *err);

#endif
