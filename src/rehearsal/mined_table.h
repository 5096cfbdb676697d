/*
 * Tables within reach of a change, with the names of their columns on both sides.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_MINED_TABLE_H
#define REHEARSAL_MINED_TABLE_H

#include "rehearsal/mined.h"

struct mined_column {
    const char *before, *after;
    const struct schema_column *schema; // as it was
    bool is_touched;                    // values of it changed, or rows came or went
};

struct mined_table {
    struct name before, after;
    const struct schema_relation *schema; // as it was
    const char *shown;                    // for people, as it is now
    struct mined_column *columns;         // that are on both sides
    size_t n_columns;
    bool has_other_rows; // rows came or went
    int64_t rows_before;
};

struct mined_tables {
    struct mined_table *list; // every ordinary table that is on both sides
    size_t n;
};

void mined_tables_gather(TALLOC_CTX *mem, const struct mined_request *request,
                         struct mined_tables *out);
const struct mined_table *mined_tables_find(const struct mined_tables *tables, struct name before);
const struct mined_column *mined_column_find(const struct mined_table *table, const char *before);
// The primary key, where it is one column; NULL.
const struct mined_column *mined_table_key(const struct mined_table *table);
bool mined_table_is_touched(const struct mined_table *table);

// What kind of values its type has, as far as comparing and adding up goes.
bool mined_column_is_number(const struct mined_column *column);
bool mined_column_is_moment(const struct mined_column *column); // date, time of day with a date
// An id, a code, a name by which others refer to it, by its own name.
bool mined_column_is_keylike(const struct mined_column *column);

// --- what did not hold any more

struct mining {
    TALLOC_CTX *mem;
    const struct mined_request *request;
    struct mined_tables tables;
    struct findings *out;
};

// Numbers that a query of one row gives, at most `n`; NULL is 0. What is refused or fails leaves
// `*is_known` false.
MUST_CHECK bool mining_ask(const struct mining *mining, const struct target *target,
                           const char *sql, int64_t *numbers, size_t n, bool *is_known,
                           struct error *err);
// A few values that a query gives in its first column, joined by ", "; "" when it fails.
MUST_CHECK bool mining_samples(const struct mining *mining, TALLOC_CTX *mem, const char *sql,
                               const char **out, struct error *err);
void mining_add(const struct mining *mining, const char *rule, enum severity severity,
                const char *message, const char *hint, const char *evidence);

// --- mined_columns.c: of one table
MUST_CHECK bool mine_columns(const struct mining *mining, const struct mined_table *table,
                             struct error *err);
// --- mined_presence.c: which values of a column go with a value in another
MUST_CHECK bool mine_presence(const struct mining *mining, const struct mined_table *table,
                              struct error *err);
// --- mined_relations.c: between tables
MUST_CHECK bool mine_relations(const struct mining *mining, struct error *err);

// --- mined_filled.c: new columns that are NULL in a few rows; copies whose columns changed places
MUST_CHECK bool mine_filled(const struct mining *mining, const struct mined_table *table,
                            struct error *err);
void mine_names(const struct mining *mining);

// --- mined_sequences.c: `when` begins the sentence: "", "after the downs, "
MUST_CHECK bool mine_sequences(const struct mining *mining, const char *when, struct error *err);

// --- mined_stored.c: materialized views, labels of enums
MUST_CHECK bool mine_stored(const struct mining *mining, struct error *err);

// --- mined_rebuilt.c: what a table that was written anew has no longer; rows that stand twice
MUST_CHECK bool mine_rebuilt(const struct mining *mining, const struct mined_table *table,
                             struct error *err);
void mine_doubled(const struct mining *mining);

#endif
