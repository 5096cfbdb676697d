/*
 * Comparison: one table of a baseline against the database as it is now.
 *
 * Rows are matched by key. What the migration's text explains is counted apart from what nothing
 * explains; who else wrote cannot be seen on SQLite, so `by_traffic` is 0 there and the rest is
 * unattributed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_COMPARISON_H
#define PROOF_COMPARISON_H

#include "proof/baseline.h"

#define COMPARISON_SAMPLES 10

struct column_difference {
    const char *column; // as it is called now
    int64_t rows;       // in which it differs
    int64_t by_migration, by_traffic, unattributed;
    bool is_exact;     // which rows the migration names is known: the samples are the others
    int64_t wrong;     // rows that it names, and that are not what it makes of them
    const char *cause; // the statement that explains it; NULL
    char **samples;    // keys
    size_t n_samples;
};

// Keys of one kind: gone, new, more than once.
struct key_difference {
    int64_t keys;
    int64_t rows; // more than once: rows too many
    int64_t unattributed;
    const char *cause; // the statement that explains them, all or in part; NULL
    char **samples;
    size_t n_samples;
    bool is_exact;       // the samples are those that nothing explains
    const char *trait;   // what they share at the baseline: "category is NULL or 'task'"; NULL
    bool is_exact_trait; // and every row that has it is among them
};

struct comparison {
    const struct baseline_table *before;
    struct name after; // name NULL: dropped
    bool is_equal;
    int64_t rows_after;
    const char *unknown; // why it could not be compared; NULL
    const char *dropped; // the statement that drops the table; NULL
    const char *rebuilt;
    struct column_difference *columns; // that differ
    size_t n_columns;
    size_t n_compared;  // columns
    const char **added; // new columns
    size_t n_added;
    const char **gone; // dropped columns
    size_t n_gone;
    struct key_difference missing, extra, doubled;
    struct key_difference kept; // still there, although the migration deletes them
};

struct comparison_request {
    const struct target *target;
    const struct baseline *baseline;
    const struct baseline_table *table;
    const struct trace_table *traced;
    bool as_before;          // the change is not there: nothing is explained
    struct table_file *file; // temporary, with the baseline attached as `base`
};

MUST_CHECK bool comparison_make(TALLOC_CTX *mem, const struct comparison_request *request,
                                struct comparison *out, struct error *err);

// Rows that nothing explains.
int64_t comparison_unattributed(const struct comparison *comparison);

// What the rows of `keys_sql` (one column, keys of the table in `base`) share: fills trait.
MUST_CHECK bool trait_find(TALLOC_CTX *mem, const struct comparison_request *request,
                           const char *keys_sql, struct key_difference *difference,
                           struct error *err);

#endif
