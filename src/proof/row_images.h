/*
 * Row images: key and short column hashes of each row of a table, in a table file.
 *
 * The same tables stand in a baseline and, for the rows of now, in a temporary file beside it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_ROW_IMAGES_H
#define PROOF_ROW_IMAGES_H

#include "driver/table_file.h"
#include "proof/baseline.h"
#include "proof/writers.h"

#define ROW_IMAGE_HASH_BYTES 4 // of a column: the whole column's fingerprint has 128 bits besides

// What to fingerprint: columns in the order of the hashes, by the names that they have now.
struct row_images_request {
    const struct target *target;
    struct name table;
    const char *const *columns;
    size_t n_columns;
    const char *const *key; // none: as the table says
    size_t n_key;
    const size_t *shown; // places in `columns` whose value is kept as a code; only of a baseline
    size_t n_shown;
    bool *few;                     // for each of them: it had few values indeed
    int64_t id;                    // names the tables: row_image_ID, shown_value
    bool wants_content;            // as in engine_fingerprint_request
    int64_t rows_expected;         // for progress; ≤ 0: unknown
    const struct writers *writers; // NULL: nobody asks who wrote them
    struct writer_counts *counts;  // of all rows, with `writers`
};

// The key of an image, as it stands in row_image_ID, for the parameter `at`.
void row_images_bind_key(struct table_query *query, int at, const struct target *target,
                         const struct engine_row_image *image);

// row_image_ID (key, key_text, columns, shown, n, writer) and, with shown columns, shown_value (id,
// place, code, value). `file` NULL: the fingerprint alone.
MUST_CHECK bool row_images_take(TALLOC_CTX *mem, struct table_file *file,
                                const struct row_images_request *request,
                                struct engine_fingerprint **out, struct error *err);

#endif
