/*
 * Named rows: the keys of the rows that a migration's WHERE names, and what its expression makes of
 * them, taken before the change. A difference in another row, or another value, is not its doing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_NAMED_ROWS_H
#define PROOF_NAMED_ROWS_H

#include "driver/table_file.h"
#include "proof/baseline.h"
#include "proof/row_images.h"

#define NAMED_REMOVED (-1) // the place of rows that are deleted; else that of a column

struct named_rows {
    bool is_known;             // false: which rows are named is not known
    bool has_values;           // and what they become
    struct table_query *query; // by key
};

// For a table of the baseline that is being written: all that can be asked now.
MUST_CHECK bool named_rows_save(struct table_file *file, const struct target *target,
                                const struct trace_table *traced,
                                const struct baseline_table *table, struct error *err);
// Of a baseline attached as `base`.
MUST_CHECK bool named_rows_open(TALLOC_CTX *mem, struct table_file *file, int64_t id, int64_t place,
                                struct named_rows *out, struct error *err);
// `*value` (ROW_IMAGE_HASH_BYTES) is valid until the next call, NULL when it is not known.
MUST_CHECK bool named_rows_find(struct named_rows *rows, const uint8_t *key, size_t key_len,
                                bool *is_named, const uint8_t **value, struct error *err);

#endif
