/*
 * Spot check: a few rows, chosen by a seed, with what they were made from and what they became.
 *
 * Private to plan/.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PLAN_SPOT_CHECK_H
#define PLAN_SPOT_CHECK_H

#include "plan/making.h"

#define SPOT_CHECK_ROWS 10

struct spot_check {
    const char *table; // for people
    const char *sql;
    const char *how;      // how the rows are chosen, with the seed
    const char *expected; // what the columns must be
};

// Of the first table that the change writes; false: it writes none that is there afterwards.
bool spot_check_make(const struct making *making, struct spot_check *out);

#endif
