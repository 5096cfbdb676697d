/*
 * The hashed image of a row, method "xxh3-128/typsend/1" (docs/fingerprints.md).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_POSTGRES_ROW_IMAGE_H
#define DRIVER_ENGINE_POSTGRES_ROW_IMAGE_H

#include "driver/engine/postgres/copy_rows.h"
#include "driver/engine/postgres/selection.h"

#define ROW_METHOD "xxh3-128/typsend/1"

typedef unsigned __int128 sum128;

struct row_sums {
    int64_t rows;
    sum128 rows_sum;
    sum128 content;
    sum128 *columns;
    int64_t *nulls;
};

// Makes images of the rows of one selection, one after the other.
struct row_imager;

struct row_imager *row_imager_make(TALLOC_CTX *mem, const struct selection *selection,
                                   const struct engine_fingerprint_request *request);
// Add a row to the sums. False: a value is not what its type's send function gives.
MUST_CHECK bool row_imager_add(struct row_imager *imager, const struct copy_field *fields);
// The image of the row that was added last; holds until the next.
const struct engine_row_image *row_imager_image(struct row_imager *imager,
                                                const struct copy_field *fields);
const struct row_sums *row_imager_sums(const struct row_imager *imager);
struct engine_sum row_sum_bytes(sum128 sum);

#endif
