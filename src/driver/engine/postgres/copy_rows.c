/*
 * Rows of COPY … TO STDOUT (FORMAT binary), read where they lie.
 *
 * Source of the format: sql-copy.html, "Binary Format".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/copy_rows.h"
#include <string.h>

#define SIGNATURE "PGCOPY\n\377\r\n" // and a NUL
#define HEADER_SIZE (sizeof SIGNATURE + 8)

static int32_t number_at(const uint8_t *at)
{
    uint32_t number;
    memcpy(&number, at, sizeof number);
    return (int32_t)__builtin_bswap32(number);
}

static bool read_header(const uint8_t **at, const uint8_t *end)
{
    if (end - *at < (ptrdiff_t)HEADER_SIZE || memcmp(*at, SIGNATURE, sizeof SIGNATURE) != 0)
        return false;
    int32_t more = number_at(*at + sizeof SIGNATURE + 4);
    *at += HEADER_SIZE;
    if (more < 0 || more > end - *at)
        return false;
    *at += more;
    return true;
}

static bool read_fields(const struct copy_rows *rows, const uint8_t **from, const uint8_t *end)
{
    const uint8_t *at = *from;
    struct copy_field *field = rows->fields;
    for (const struct copy_field *last = field + rows->n_fields; field < last; field++) {
        if (end - at < 4)
            return false;
        int32_t len = number_at(at);
        at += 4;
        if (len > end - at || len < -1)
            return false;
        *field = (struct copy_field){at, len};
        at += len > 0 ? len : 0;
    }
    *from = at;
    return true;
}

enum copy_step copy_rows_next(struct copy_rows *rows, const uint8_t **at, const uint8_t *end)
{
    if (!rows->has_begun) {
        if (!read_header(at, end))
            return COPY_BROKEN;
        rows->has_begun = true;
    }
    if (*at == end)
        return COPY_NO_MORE;
    if (rows->has_ended || end - *at < 2)
        return COPY_BROKEN;
    int n = (int16_t)((*at)[0] << 8 | (*at)[1]);
    *at += 2;
    if (n < 0) {
        rows->has_ended = true;
        return *at == end ? COPY_NO_MORE : COPY_BROKEN;
    }
    return (size_t)n == rows->n_fields && read_fields(rows, at, end) ? COPY_ROW : COPY_BROKEN;
}
