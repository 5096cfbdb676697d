/*
 * A table's comparison while it is made: what table_comparison.c, its readings by key and without a
 * key share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_COMPARING_H
#define REHEARSAL_COMPARING_H

#include "rehearsal/table_comparison.h"
#include "rehearsal/value_form.h"
#include "rehearsal/value_tally.h"

struct compared_column {
    const struct column_match *match;
    enum value_form form_before, form_after; // where the type changed, on PostgreSQL
    bool is_equal;                           // told by the sums
    bool differs;                            // in a row there before and after
    bool is_recounted;
    struct value_tally *tally; // NULL: its values are not read
};

struct comparing {
    TALLOC_CTX *mem; // of what is found
    TALLOC_CTX *tmp;
    const struct table_comparison *comparison;
    const char *title;
    struct column_matches matches;
    struct compared_column *columns;
    size_t n_columns;
    const char **key_before, **key_after; // none: the rowid
    size_t n_key;
    bool is_key_retyped, is_key_masked;
    bool has_same_keys;       // by the sums
    const char **except_keys; // sorted
    size_t n_except;
    struct table_effect *out;
};

// A row counted, with its key while there is room.
void comparing_sample(struct comparing *comparing, struct key_sample *sample, const char *key_text);
bool comparing_leaves_out(const struct comparing *comparing, const char *key_text);
// Did the value of a row that is there before and after change? The values are NULL where only the
// bytes are read.
bool comparing_differs(const struct comparing *comparing, const struct compared_column *column,
                       const struct engine_value *before, const struct engine_value *after);
int64_t comparing_total(const struct comparing *comparing); // rows of both sides

// Fill rows and columns of `out`. ERROR_INPUT: the key does not tell the rows apart.
MUST_CHECK bool comparing_by_key(struct comparing *comparing, struct error *err);
MUST_CHECK bool comparing_without_key(struct comparing *comparing, struct error *err);
// Added rows that equal another one, after a reading by key.
MUST_CHECK bool comparing_doubled(struct comparing *comparing, struct error *err);

#endif
