/*
 * Rows of a relation in the order of its key, pulled one at a time.
 *
 * Numbers, times, UUIDs and bytes are ordered by the server as their binary forms are; texts by
 * COLLATE "C", and any other type by its text, so that the order is the same on every server and
 * under every locale. Where the key's index has that order, the server can read by it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/order.h"
#include "driver/engine/postgres/reading.h"
#include "driver/engine/postgres/row_image.h"
#include "driver/engine/postgres/value_order.h"

struct engine_stream {
    struct engine *engine;
    const struct relation *relation;
    const struct selection *selection;
    struct connection_pull *pull;
    struct copy_rows rows;
    const uint8_t *at, *end; // what is left of the data pulled last
    struct row_imager *imager;
    struct order_image orders[2]; // of this row and of the one before
    int64_t n;
    struct engine_fingerprint_request request; // without what belongs to the caller
};

static char *order_sql(TALLOC_CTX *mem, const struct selection *selection)
{
    SCRATCH(tmp);
    char *order = mem_strdup(tmp, "");
    for (size_t i = 0; i < selection->n_key; i++) {
        const struct selected_column *column = &selection->key[i];
        const char *name = quote_name(tmp, column->column->name);
        const char *between = i ? ", " : "";
        switch (value_order(column->type_oid)) {
        case ORDER_NATIVE: order = mem_printf(tmp, "%s%s%s", order, between, name); break;
        case ORDER_TEXT:
            order = mem_printf(tmp, "%s%s%s COLLATE \"C\"", order, between, name);
            break;
        case ORDER_BY_TEXT:
            order =
                mem_printf(tmp, "%s%s(%s)::pg_catalog.text COLLATE \"C\"", order, between, name);
            break;
        }
    }
    return mem_strdup(mem, order);
}

static bool begin(struct engine_stream *stream, struct error *err)
{
    SCRATCH(tmp);
    const struct engine_fingerprint_request *request = &stream->request;
    char *order = order_sql(tmp, stream->selection);
    char *sql = selection_sql(tmp, stream->selection, request->where, NULL, order);
    if (request->where || request->value || stream->relation->rows == ROWS_COMPUTED)
        TRY(guard_allow(stream->engine, sql, err));
    sql = mem_printf(tmp, "COPY (%s) TO STDOUT (FORMAT binary)", sql);
    return connection_pull_open(stream, stream->engine->connection, sql, &stream->pull, err);
}

static bool prepare(struct engine_stream *stream, struct error *err)
{
    struct relation *relation;
    struct selection *selection;
    const struct engine_fingerprint_request *request = &stream->request;
    TRY(relation_read(stream, stream->engine, request->table, request->value_type, &relation, err));
    TRY(selection_make(stream, relation, request, true, &selection, err));
    stream->relation = relation;
    stream->selection = selection;
    if (selection->n_key == 0) {
        error_set(err, ERROR_INPUT, "%s: no key to match rows by", relation->shown);
        return error_hint(err, "name one");
    }
    stream->rows.n_fields = selection->n_fields;
    stream->rows.fields = mem_array(stream, struct copy_field, selection->n_fields + 1);
    stream->imager = row_imager_make(stream, selection, request);
    return begin(stream, err);
}

static int stream_close(struct engine_stream *stream)
{
    TALLOC_FREE(stream->pull);
    reading_end(stream->engine);
    return 0;
}

bool postgres_stream_open(TALLOC_CTX *mem, struct engine *engine,
                          const struct engine_fingerprint_request *request,
                          struct engine_stream **out, struct error *err)
{
    struct engine_stream *stream = mem_new(mem, struct engine_stream);
    stream->engine = engine;
    stream->request = *request;
    if (!reading_begin(engine, err)) {
        talloc_free(stream);
        return false;
    }
    talloc_set_destructor(stream, stream_close);
    if (!prepare(stream, err)) {
        talloc_free(stream);
        return false;
    }
    *out = stream;
    return true;
}

// --- rows

static bool fail_broken(const struct engine_stream *stream, struct error *err)
{
    return error_set(err, ERROR_UNKNOWN,
                     "%s: the server sent a row that is not in the binary format",
                     stream->relation->shown);
}

// `*has_row` false: no row is left.
static bool pull_row(struct engine_stream *stream, bool *has_row, struct error *err)
{
    for (;;) {
        enum copy_step step = COPY_NO_MORE;
        if (stream->at != NULL)
            step = copy_rows_next(&stream->rows, &stream->at, stream->end);
        if (step == COPY_BROKEN)
            return fail_broken(stream, err);
        *has_row = step == COPY_ROW;
        if (*has_row)
            return true;
        const char *bytes;
        size_t len;
        TRY(connection_pull_next(stream->pull, &bytes, &len, err));
        if (bytes == NULL)
            return true;
        stream->at = (const uint8_t *)bytes;
        stream->end = stream->at + len;
    }
}

// The image of this row's key; `*is_null` when a value of it is NULL.
static struct order_image *put_order(struct engine_stream *stream, bool *is_null)
{
    const struct selection *selection = stream->selection;
    struct order_image *order = &stream->orders[stream->n % 2];
    *is_null = false;
    order_clear(order);
    for (size_t i = 0; i < selection->n_key; i++) {
        *is_null |= stream->rows.fields[selection->key[i].place].len < 0;
        if (!*is_null)
            value_order_put(stream, order, &selection->key[i], stream->rows.fields);
    }
    return order;
}

static bool check_order(struct engine_stream *stream, const struct order_image *order, bool is_null,
                        const char *key_text, struct error *err)
{
    const struct order_image *before = &stream->orders[(stream->n + 1) % 2];
    int difference = stream->n == 0 || is_null
                         ? 1
                         : order_compare(order->bytes, order->len, before->bytes, before->len);
    if (difference > 0 && !is_null)
        return true;
    if (difference < 0)
        return error_set(err, ERROR_UNKNOWN, "%s: its rows do not come in the order of the key: %s",
                         stream->relation->shown, key_text);
    error_set(err, ERROR_INPUT, "%s: its rows cannot be told by their key: %s%s",
              stream->relation->shown, is_null ? "a value of it is NULL" : key_text,
              is_null ? "" : " stands in more than one");
    return error_hint(err, "name a key whose values are unique and not NULL");
}

bool postgres_stream_next(struct engine_stream *stream, struct engine_row_image *image,
                          bool *has_row, struct error *err)
{
    bool is_null;
    TRY(pull_row(stream, has_row, err));
    if (!*has_row)
        return true;
    if (!row_imager_add(stream->imager, stream->rows.fields))
        return fail_broken(stream, err);
    *image = *row_imager_image(stream->imager, stream->rows.fields);
    const struct order_image *order = put_order(stream, &is_null);
    TRY(check_order(stream, order, is_null, image->key_text, err));
    image->order = order->bytes;
    image->order_len = order->len;
    stream->n++;
    return true;
}
