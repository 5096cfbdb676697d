/*
 * Rows of a SQLite table in the order of its key, with their images.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/sqlite/ordered_rows.h"
#include "driver/engine/sqlite/printer.h"

struct engine_stream {
    struct engine_fingerprint_request request; // without what belongs to the caller
    struct ordered_rows *rows;
    struct printer *printer;
};

bool sqlite_stream_open(TALLOC_CTX *mem, struct engine *engine,
                        const struct engine_fingerprint_request *request,
                        struct engine_stream **out, struct error *err)
{
    SCRATCH(tmp);
    struct engine_stream *stream = mem_new(tmp, struct engine_stream);
    stream->request = *request;
    TRY(ordered_rows_open(stream, engine, request, &stream->rows, err));
    stream->printer =
        printer_make(stream, &stream->request, &stream->rows->columns, stream->rows->key);
    *out = talloc_steal(mem, stream);
    return true;
}

bool sqlite_stream_next(struct engine_stream *stream, struct engine_row_image *image, bool *has_row,
                        struct error *err)
{
    TRY(ordered_rows_next(stream->rows, has_row, err));
    if (!*has_row)
        return true;
    printer_add(stream->printer, stream->rows->row);
    *image = *printer_image(stream->printer, stream->rows->row);
    image->order = stream->rows->order->bytes;
    image->order_len = stream->rows->order->len;
    return true;
}
