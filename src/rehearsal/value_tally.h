/*
 * Value tallies: which values of a column became which, in memory that does not grow with the rows.
 *
 * Pairs are counted exactly while there are few of them. When there are more, those that come often
 * are found (Misra and Gries: whatever has more than one in TALLY_PAIRS_MAX of all rows stays), the
 * first ones go on being counted, and a second reading counts what was found.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_VALUE_TALLY_H
#define REHEARSAL_VALUE_TALLY_H

#include "driver/engine.h"
#include "rehearsal/rehearsal_report.h"

#define TALLY_SHOWN_BYTES_MAX 80 // of a value; what is longer is shortened

struct value_tally;

// `n_columns` are tallied at once: the more, the less memory each may take.
struct value_tally *value_tally_make(TALLOC_CTX *mem, size_t n_columns, bool is_masked);
// A value that differs. NULL: there is none on that side.
void value_tally_add(struct value_tally *tally, const struct engine_value *before,
                     const struct engine_value *after);
// Are there pairs that came often and were not counted from the start?
bool value_tally_needs_recount(const struct value_tally *tally);
// From now on those found are counted anew, and nothing else is.
void value_tally_recount(struct value_tally *tally);
// Fill what was counted: changed, to_null, from_null, distinct values and pairs.
void value_tally_end(TALLOC_CTX *mem, const struct value_tally *tally, struct column_effect *out);

#endif
