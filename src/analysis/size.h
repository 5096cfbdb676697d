/*
 * Sizes: how many rows and bytes tables have, and how often they are written, as told by a file
 * (--sizes).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_SIZE_H
#define ANALYSIS_SIZE_H

#include "analysis/schema.h"
#include "base/error.h"
#include "base/memory.h"

// From so many rows or bytes on, work on every row is long; below the small ones it is short.
#define SIZE_ROWS_SMALL 10000
#define SIZE_ROWS_LARGE 1000000
#define SIZE_BYTES_SMALL (16LL * 1024 * 1024)
#define SIZE_BYTES_LARGE (1024LL * 1024 * 1024)

enum size_class { SIZE_UNKNOWN, SIZE_SMALL, SIZE_MEDIUM, SIZE_LARGE };

struct table_size {
    struct name table; // schema NULL: as the search path finds it
    int64_t rows;      // -1: not told
    int64_t bytes;
    double writes_per_second; // below 0: not told
};

struct sizes {
    struct table_size *list;
    size_t n;
};

// YAML or JSON: {public.emails: {rows: 200000, bytes: 12MB, writes_per_second: 30}}. ERROR_INPUT
// with place.
MUST_CHECK bool sizes_read(TALLOC_CTX *mem, const char *path, const char *text, size_t len,
                           struct sizes **out, struct error *err);
// Write them into the relations that `schema` knows now.
void sizes_apply(const struct sizes *sizes, struct schema *schema);

// A relation that is NULL has an unknown size. Small needs every figure that is told to be small.
enum size_class size_class(const struct schema_relation *relation);
// "40,000 rows, 12.0 MB", or "size not known".
char *size_text(TALLOC_CTX *mem, const struct schema_relation *relation);

#endif
