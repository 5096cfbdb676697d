/*
 * Location: which rows of two tables differ, and in which columns.
 *
 * In one database by the engine's own join; across two databases by merging two streams of rows in
 * the order of the key, so that nothing is kept of them but counts and a few keys.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_LOCATION_H
#define PROOF_LOCATION_H

#include "proof/target.h"

#define LOCATION_SAMPLES 10

// Rows of one kind.
struct located_rows {
    int64_t rows;
    char **samples; // the first keys: "id=42"
    size_t n_samples;
};

struct located_column {
    const char *column;
    struct located_rows changed;
    const char *unknown; // why it was not compared; NULL
};

struct location {
    bool is_equal;       // every row, in every column that both tables have; none is unknown
    int64_t rows_before; // -1: not counted (one database)
    int64_t rows_after;
    struct located_rows missing; // of `after`, seen from `before`
    struct located_rows extra;
    struct located_rows changed;    // in any column
    struct located_column *columns; // compared, and those that could not be
    size_t n_columns;
    const char **only_before; // columns that the other table has not
    size_t n_only_before;
    const char **only_after;
    size_t n_only_after;
};

struct location_side {
    const struct target *target;
    struct name table;
};

struct location_request {
    // Targets of one kind of engine; one target twice: two tables of one database.
    struct location_side before, after;
    const char *const *columns; // compared; none: those that both have
    size_t n_columns;
    const char *const *key; // none: the primary key of `before`
    size_t n_key;
    void (*progress)(void *context, int64_t rows_done); // of both tables; NULL
    void *context;
};

// ERROR_INPUT: the two cannot be compared (engines of two kinds, no key, a column that is not
// there). A column of two types is said to be unknown and is not compared.
MUST_CHECK bool location_find(TALLOC_CTX *mem, const struct location_request *request,
                              struct location *out, struct error *err);

#endif
