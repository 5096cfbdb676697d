/*
 * Row images: streamed from the engine's fingerprint into a table file.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/row_images.h"
#include "base/digest.h"

#define KEY_TURNED_MAX 64 // bytes; longer keys are no numbers
#define MASK_HASH_DIGITS 12
#define CODE_OTHER 255 // a value that came up after the distinct ones were counted

struct shown_values {
    char *values[BASELINE_DISTINCT_MAX]; // as labels: texts in quotes, NULL
    size_t n;
    bool is_full; // there are more: the column tells no groups apart
};

struct taking {
    TALLOC_CTX *mem;
    const struct row_images_request *request;
    struct table_query *insert;
    struct shown_values *shown; // one for each shown column
    uint8_t *codes;
    uint8_t *hashes;
    struct error err;
    bool has_failed;
};

static bool is_label(const char *label, const struct engine_value *value)
{
    if (value->is_null)
        return strcmp(label, "NULL") == 0;
    if (value->kind != VALUE_TEXT)
        return strcmp(label, value->text) == 0;
    return label[0] == '\'' && strncmp(label + 1, value->text, value->len) == 0 &&
           strcmp(label + 1 + value->len, "'") == 0;
}

static uint8_t code_of(struct taking *taking, size_t column, const struct engine_value *value)
{
    struct shown_values *shown = &taking->shown[column];

    if (shown->is_full)
        return CODE_OTHER;
    for (size_t i = 0; i < shown->n; i++)
        if (is_label(shown->values[i], value))
            return (uint8_t)i;
    if (shown->n == COUNT_OF(shown->values)) {
        shown->is_full = true;
        return CODE_OTHER;
    }
    const char *quote = value->kind == VALUE_TEXT ? "'" : "";
    shown->values[shown->n] =
        mem_printf(taking->mem, "%s%s%s", quote, value->is_null ? "NULL" : value->text, quote);
    return (uint8_t)shown->n++;
}

// SQLite's numbers stand in key images least byte first. Backwards, keys of a rising number arrive
// in the order of the index and each insert appends: a baseline of 200,000 emails takes 1.8 s CPU
// instead of 2.7. PostgreSQL sends the greatest byte first.
void row_images_bind_key(struct table_query *query, int at, const struct target *target,
                         const struct engine_row_image *image)
{
    uint8_t backwards[KEY_TURNED_MAX];

    if (target->driver->dialect != DIALECT_SQLITE || image->key_len > sizeof(backwards)) {
        table_query_bind_blob(query, at, image->key, image->key_len);
        return;
    }
    for (size_t i = 0; i < image->key_len; i++)
        backwards[i] = image->key[image->key_len - 1 - i];
    table_query_bind_blob(query, at, backwards, image->key_len);
}

static bool is_key_masked(const struct row_images_request *request)
{
    for (size_t i = 0; i < request->n_key; i++)
        if (target_is_masked(request->target, request->key[i]))
            return true;
    return false;
}

// A masked key is told by a hash of it: still the same row in every report.
static const char *key_shown(TALLOC_CTX *mem, const struct row_images_request *request,
                             const struct engine_row_image *image)
{
    if (!is_key_masked(request))
        return image->key_text;
    return mem_printf(mem, "%s=****%.*s", request->key[0], MASK_HASH_DIGITS,
                      digest_of(image->key, image->key_len).hex);
}

static bool take_image(void *context, const struct engine_row_image *image)
{
    SCRATCH(tmp);
    struct taking *taking = context;

    for (size_t i = 0; i < image->n_columns; i++)
        for (size_t b = 0; b < ROW_IMAGE_HASH_BYTES; b++)
            taking->hashes[i * ROW_IMAGE_HASH_BYTES + b] =
                (uint8_t)(image->column_hash[i] >> (8 * b));
    for (size_t i = 0; i < taking->request->n_shown; i++)
        taking->codes[i] = code_of(taking, i, &image->shown[i]);
    if (image->key_len == 0) // no key: rows are told by their sums alone
        return true;
    row_images_bind_key(taking->insert, 1, taking->request->target, image);
    table_query_bind_text(taking->insert, 2, key_shown(tmp, taking->request, image));
    table_query_bind_blob(taking->insert, 3, taking->hashes,
                          image->n_columns * ROW_IMAGE_HASH_BYTES);
    table_query_bind_blob(taking->insert, 4, taking->codes, taking->request->n_shown);
    if (taking->request->writers != NULL) {
        enum writer writer = writers_of(taking->request->writers, image);
        taking->request->counts->n[writer]++;
        table_query_bind_integer(taking->insert, 5, writer);
    }
    if (table_query_run(taking->insert, &taking->err))
        return true;
    taking->has_failed = true;
    return false;
}

static void say_progress(void *context, int64_t rows)
{
    const struct taking *taking = context;
    const struct target *target = taking->request->target;

    if (target->progress != NULL)
        target->progress(target->context, taking->request->table.name, rows,
                         taking->request->rows_expected);
}

static bool make_tables(struct table_file *file, int64_t id, struct error *err)
{
    SCRATCH(tmp);

    TRY(table_file_run(
        file,
        "CREATE TABLE IF NOT EXISTS shown_value (id INTEGER, place INTEGER, code INTEGER, "
        "value TEXT, PRIMARY KEY (id, place, code)) WITHOUT ROWID",
        err));
    // A key that comes more than once is counted, not refused: that is what is looked for.
    return table_file_run(
        file,
        mem_printf(tmp,
                   "CREATE TABLE row_image_%lld (key BLOB PRIMARY KEY, key_text TEXT, "
                   "columns BLOB, shown BLOB, n INTEGER NOT NULL DEFAULT 1, "
                   "writer INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID",
                   (long long)id),
        err);
}

static bool store_shown(struct table_file *file, const struct taking *taking, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *insert;

    TRY(table_query_make(tmp, file,
                         "INSERT INTO shown_value (id, place, code, value) VALUES (?1, ?2, ?3, ?4)",
                         &insert, err));
    for (size_t i = 0; i < taking->request->n_shown; i++)
        for (size_t v = 0; v < taking->shown[i].n; v++) {
            table_query_bind_integer(insert, 1, taking->request->id);
            table_query_bind_integer(insert, 2, (int64_t)taking->request->shown[i]);
            table_query_bind_integer(insert, 3, (int64_t)v);
            table_query_bind_text(insert, 4, taking->shown[i].values[v]);
            TRY(table_query_run(insert, err));
        }
    return true;
}

static bool prepare(struct taking *taking, struct table_file *file, struct error *err)
{
    SCRATCH(tmp);
    const struct row_images_request *request = taking->request;

    TRY(make_tables(file, request->id, err));
    taking->shown = mem_array(taking->mem, struct shown_values, request->n_shown + 1);
    taking->codes = mem_array(taking->mem, uint8_t, request->n_shown + 1);
    taking->hashes = mem_array(taking->mem, uint8_t, request->n_columns * ROW_IMAGE_HASH_BYTES + 1);
    return table_query_make(
        taking->mem, file,
        mem_printf(tmp,
                   "INSERT INTO row_image_%lld (key, key_text, columns, shown%s) "
                   "VALUES (?1, ?2, ?3, ?4%s) ON CONFLICT (key) DO UPDATE SET n = n + 1",
                   (long long)request->id, request->writers == NULL ? "" : ", writer",
                   request->writers == NULL ? "" : ", ?5"),
        &taking->insert, err);
}

bool row_images_take(TALLOC_CTX *mem, struct table_file *file,
                     const struct row_images_request *request, struct engine_fingerprint **out,
                     struct error *err)
{
    SCRATCH(tmp);
    struct taking taking = {.mem = tmp, .request = request};
    struct engine_fingerprint_request fingerprint = {
        .table = request->table,
        .columns = request->columns,
        .n_columns = request->n_columns,
        .key = request->n_key == 0 ? NULL : request->key,
        .n_key = request->n_key,
        .wants_content = request->wants_content,
        .wants_writer = file != NULL && request->writers != NULL,
        .context = &taking,
        .progress = say_progress,
    };

    if (file != NULL) {
        TRY(prepare(&taking, file, err));
        fingerprint.image = take_image;
        fingerprint.shown = request->shown;
        fingerprint.n_shown = request->n_shown;
    }
    bool is_done = request->target->driver->proof->fingerprint(mem, request->target->engine,
                                                               &fingerprint, out, err);
    if (taking.has_failed)
        *err = taking.err;
    if (!is_done || file == NULL)
        return is_done;
    for (size_t i = 0; i < request->n_shown; i++)
        request->few[i] = !taking.shown[i].is_full;
    return store_shown(file, &taking, err);
}
