/*
 * Table comparisons: the effect on one table, from its rows before and after.
 *
 * What the sums tell equal is not read. Where the keys are the same, one reading of the columns
 * that differ is enough; where rows came or went, the first reading finds which columns differ, and
 * the second which values became which.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_TABLE_COMPARISON_H
#define REHEARSAL_TABLE_COMPARISON_H

#include "rehearsal/table_match.h"
#include "rehearsal/table_prints.h"

struct table_comparison {
    const struct effects_request *request;
    const struct table_match *match;
    const struct table_prints *before, *after;
};

// A table that cannot be compared is `out->unknown`; a target that is gone is a failure.
// `*is_changed` false: nothing of it is to be told.
MUST_CHECK bool table_comparison_make(TALLOC_CTX *mem, const struct table_comparison *comparison,
                                      struct table_effect *out, bool *is_changed,
                                      struct error *err);

#endif
