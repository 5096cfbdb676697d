/*
 * The way back of one migration that has an undo log: in which order its data and its schema go.
 *
 * A rehearsal and a live undo both ask this, one act after the other, so that what was proven on
 * the copy is what is done. An undo that was killed asks again, and goes on from what it finds.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_UNDO_WAY_H
#define PROOF_UNDO_WAY_H

#include "driver/engine.h"

enum undo_act {
    UNDO_ACT_NONE, // nothing is left to be done
    UNDO_ACT_DATA, // what the log holds goes back
    UNDO_ACT_DOWN
};

struct undo_position {
    bool is_applied; // its up is, and its down did not run yet
    bool has_down;
    bool is_data_refused; // a constraint of the schema behind the up refused what would come back
    struct engine_undo_state log;
};

// The data first, where all that it was in is there: a down may need it as it was, and may throw
// away what it is read from. Where the up dropped or retyped some of it, gave its names to something
// else, or took away what the data had broken, the down first.
enum undo_act undo_way_next(const struct undo_position *at);
// The data did not go back at `at` for this reason: may the down still make room for it?
bool undo_way_may_wait(const struct undo_position *at, const struct error *why);

#endif
