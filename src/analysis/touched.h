/*
 * Touched: what of the rows, names and columns of tables a change has altered up to some statement
 * of it.
 *
 * What the database answers before the change still holds at that statement for everything else.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_TOUCHED_H
#define ANALYSIS_TOUCHED_H

#include "analysis/effects.h"
#include "base/memory.h"

struct touch {
    struct name relation; // as written
    const char *column;   // NULL: its rows or its name
};

struct touched {
    struct touch *list;
    size_t n;
    bool everything; // something ran of which nobody knows what it does
};

// One action, the names kept as long as its statement is.
void touched_add(TALLOC_CTX *mem, struct touched *touched, const struct action *action);
void touched_add_statement(TALLOC_CTX *mem, struct touched *touched,
                           const struct statement *statement, const struct effects *effects);
// The relation's rows, or one of these columns.
bool touched_has(const struct touched *touched, struct name relation, const char *const *columns,
                 size_t n);

#endif
