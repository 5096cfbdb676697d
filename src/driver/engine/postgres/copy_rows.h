/*
 * Rows of COPY … TO STDOUT (FORMAT binary), read where they lie.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_POSTGRES_COPY_ROWS_H
#define DRIVER_ENGINE_POSTGRES_COPY_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// In the data a field is its length (4 bytes, most significant first; -1: NULL) and its bytes; the
// length stands right before `bytes`.
struct copy_field {
    const uint8_t *bytes;
    int32_t len; // -1: NULL
};

struct copy_rows {
    bool has_begun, has_ended; // the header, the end mark
    size_t n_fields;           // of each row
    // Of the last row read; the values lie in the caller's data. Room for one more than n_fields.
    struct copy_field *fields;
};

enum copy_step { COPY_ROW, COPY_NO_MORE, COPY_BROKEN };

// Read on from `*at`: the next row of the data, or nothing is left of it.
enum copy_step copy_rows_next(struct copy_rows *rows, const uint8_t **at, const uint8_t *end);

#endif
