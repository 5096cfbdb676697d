/*
 * Comparison: one table of a baseline against the database as it is now.
 *
 * Rows are matched by key. What the migration's text explains is counted apart from the rest, and
 * the rest by who wrote the rows last, where the engine tells. What that means is said afterwards
 * (comparison_attribute), when the server's counters were read.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_COMPARISON_H
#define PROOF_COMPARISON_H

#include "proof/baseline.h"
#include "proof/writers.h"

#define COMPARISON_SAMPLES 10

// Rows that the text does not explain, and what attribution makes of them.
struct unexplained {
    struct writer_counts by;
    struct attribution_answer answer; // after comparison_attribute
    char **samples;                   // keys, of those that are not plainly traffic's
    size_t n_samples;
    char **traffic_samples; // keys of those that traffic wrote last
    size_t n_traffic_samples;
};

struct column_difference {
    const char *column; // as it is called now
    int64_t rows;       // in which it differs
    int64_t by_migration;
    bool is_exact;     // which rows the migration names is known: the samples are the others
    int64_t wrong;     // rows that it names, and that are not what it makes of them
    const char *cause; // the statement that explains it; NULL
    bool is_written;   // a statement of the change writes it, or it is not known that none does
    struct unexplained rest;
};

// Keys of one kind: gone, new, more than once.
struct key_difference {
    int64_t keys;
    int64_t rows;      // more than once: rows too many
    const char *cause; // the statement that explains them, all or in part; NULL
    char **samples;    // of all
    size_t n_samples;
    bool is_exact;       // which of them the text names is known: `rest` has the others' keys
    const char *trait;   // what they share at the baseline: "category is NULL or 'task'"; NULL
    bool is_exact_trait; // and every row that has it is among them
    struct unexplained rest;
};

struct comparison {
    const struct baseline_table *before;
    struct name after; // name NULL: dropped
    bool is_equal;
    int64_t rows_after;
    const char *unknown; // why it could not be compared; NULL
    const char *damage;  // the table, a column or a type is another one, and no text says so; NULL
    const char *unread;  // columns that could not be read, and why; NULL
    const char *dropped; // the statement that drops the table; NULL
    const char *rebuilt;
    struct column_difference *columns; // that differ
    size_t n_columns;
    size_t n_compared;  // columns
    const char **added; // new columns
    size_t n_added;
    const char **gone; // dropped columns
    size_t n_gone;
    const char **foreign; // new columns that no text adds
    size_t n_foreign;
    struct key_difference missing, extra, doubled;
    struct key_difference kept; // still there, although the migration deletes them
    struct writer_counts rows;  // that are there now, when they were asked for
    bool is_told;               // it was looked at who wrote
    bool is_traffics;           // without key: it differs, and the migration wrote no row of it
};

struct comparison_request {
    const struct target *target;
    const struct baseline *baseline;
    const struct baseline_table *table;
    const struct trace_table *traced;
    bool as_before;                // the change is not there: nothing is explained
    struct table_file *file;       // temporary, with the baseline attached as `base`
    const struct schema *schema;   // as it is now; NULL: not looked at
    const struct writers *writers; // NULL: the engine does not tell who wrote a row
};

MUST_CHECK bool comparison_make(TALLOC_CTX *mem, const struct comparison_request *request,
                                struct comparison *out, struct error *err);

// Who wrote what the text does not explain? Fills the answers.
void comparison_attribute(TALLOC_CTX *mem, struct comparison *comparison,
                          const struct attribution_table *facts);
// Is anything there to be attributed?
bool comparison_is_unexplained(const struct comparison *comparison);

// Rows that nothing explains, rows that traffic wrote, and the worst of all answers.
int64_t comparison_unattributed(const struct comparison *comparison);
int64_t comparison_by_traffic(const struct comparison *comparison);
enum status comparison_status(const struct comparison *comparison);

// --- comparison_schema.c, for comparison.c alone

// Is the table still there, with the columns and types that the text leaves it? Fills damage.
void comparison_check_schema(TALLOC_CTX *mem, const struct comparison_request *request,
                             struct comparison *out);

// --- comparison_keys.c, for comparison.c alone

// Keys that are gone, new, doubled or still there, and which of them the text explains.
MUST_CHECK bool comparison_keys(TALLOC_CTX *mem, const struct comparison_request *request,
                                struct comparison *out, struct error *err);
void unexplained_add(TALLOC_CTX *mem, struct unexplained *rest, enum writer writer,
                     const char *key);

// What the rows of `keys_sql` (one column, keys of the table in `base`) share: fills trait.
MUST_CHECK bool trait_find(TALLOC_CTX *mem, const struct comparison_request *request,
                           const char *keys_sql, struct key_difference *difference,
                           struct error *err);

#endif
