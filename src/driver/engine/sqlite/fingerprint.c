/*
 * Fingerprints of SQLite tables: method "xxh3-128/sqlite/1" (docs/fingerprints.md).
 *
 *   key image     each key column: tag, then 8 bytes of a number or length and bytes
 *   column hash   XXH3-128 of the value's bytes, seeded by the key's hash and the value's tag
 *   row hash      XXH3-128 of the key image's hash and all column hashes, in the order asked for
 *   sums          modulo 2^128: nothing cancels, the order of rows does not matter
 *
 * A value is hashed where SQLite holds it; nothing is turned into text, so 1, 1.0 and '1' differ,
 * NULL is a tag of its own, and no separator can be forged. Rows are read from the table itself
 * (NOT INDEXED): an index may cover the columns and be damaged apart.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "driver/engine/sqlite/key.h"
#include "driver/engine/sqlite/sqlite.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

#define METHOD "xxh3-128/sqlite/1"
#define PROGRESS_ROWS 4096

typedef unsigned __int128 sum128;

// Out of band: these never are bytes of a value. Odd 64-bit constants, so that one value under two
// types has two unrelated seeds.
static const uint64_t tag_seed[] = {
    [SQLITE_INTEGER] = 0x9e3779b97f4a7c15u, [SQLITE_FLOAT] = 0xc2b2ae3d27d4eb4fu,
    [SQLITE_TEXT] = 0x165667b19e3779f9u,    [SQLITE_BLOB] = 0x27d4eb2f165667c5u,
    [SQLITE_NULL] = 0x85ebca77c2b2ae63u,
};

struct printer {
    struct engine *engine;
    const struct engine_fingerprint_request *request;
    struct engine_fingerprint *print;
    struct table_key *key;
    sum128 row_sum;
    sum128 *column_sums;
    XXH128_hash_t *hashes; // [0] of the key, then one for each column
    uint64_t *column_hash; // for the request's callback
};

static sum128 to_sum(XXH128_hash_t hash)
{
    return (sum128)hash.high64 << 64 | hash.low64;
}

static struct engine_sum from_sum(sum128 sum)
{
    struct engine_sum out;
    for (size_t i = 0; i < sizeof out.bytes; i++)
        out.bytes[i] = (uint8_t)(sum >> (8 * i));
    return out;
}

static XXH128_hash_t value_hash(sqlite3_value *value, int type, uint64_t key_seed)
{
    uint64_t seed = key_seed ^ tag_seed[type];
    switch (type) {
    case SQLITE_INTEGER: {
        sqlite3_int64 number = sqlite3_value_int64(value);
        return XXH3_128bits_withSeed(&number, sizeof number, seed);
    }
    case SQLITE_FLOAT: {
        double number = sqlite3_value_double(value);
        return XXH3_128bits_withSeed(&number, sizeof number, seed);
    }
    case SQLITE_TEXT: {
        const void *text = sqlite3_value_text(value); // UTF-8, whatever the database's encoding
        return XXH3_128bits_withSeed(text, (size_t)sqlite3_value_bytes(value), seed);
    }
    case SQLITE_BLOB: {
        const void *bytes = sqlite3_value_blob(value);
        return XXH3_128bits_withSeed(bytes, (size_t)sqlite3_value_bytes(value), seed);
    }
    default:
        return XXH3_128bits_withSeed("", 0, seed);
    }
}

static bool give_image(struct printer *printer, sqlite3_stmt *statement, XXH128_hash_t row)
{
    SCRATCH(tmp);
    struct engine_row_image image = {
        .key = printer->key->image,
        .key_len = printer->key->image_len,
        .key_text = table_key_text(printer->key, statement),
        .column_hash = printer->column_hash,
        .n_columns = printer->print->n_columns,
    };
    for (size_t i = 0; i < printer->print->n_columns; i++)
        printer->column_hash[i] = printer->hashes[i + 1].low64;
    const struct engine_fingerprint_request *request = printer->request;
    struct engine_value *shown =
        request->n_shown == 0 ? NULL : mem_array(tmp, struct engine_value, request->n_shown);
    for (size_t i = 0; i < request->n_shown; i++)
        shown[i] = sqlite_value(tmp, statement, (int)request->shown[i]);
    image.shown = shown;
    struct engine_sum bytes = from_sum(to_sum(row));
    memcpy(image.row_hash, bytes.bytes, sizeof image.row_hash);
    return printer->request->image(printer->request->context, &image);
}

static bool add_row(struct printer *printer, sqlite3_stmt *statement)
{
    struct engine_fingerprint *print = printer->print;
    table_key_read(printer->key, statement);
    XXH128_hash_t *hashes = printer->hashes;
    hashes[0] = XXH3_128bits(printer->key->image, printer->key->image_len);
    for (size_t i = 0; i < print->n_columns; i++) {
        sqlite3_value *value = sqlite3_column_value(statement, (int)i);
        int type = sqlite3_value_type(value);
        hashes[i + 1] = value_hash(value, type, hashes[0].low64);
        printer->column_sums[i] += to_sum(hashes[i + 1]);
        print->columns[i].nulls += type == SQLITE_NULL;
    }
    XXH128_hash_t row = XXH3_128bits(hashes, sizeof *hashes * (print->n_columns + 1));
    printer->row_sum += to_sum(row);
    print->rows++;
    if (printer->request->progress && print->rows % PROGRESS_ROWS == 0)
        printer->request->progress(printer->request->context, print->rows);
    return printer->request->image == NULL || give_image(printer, statement, row);
}

static bool read_rows(struct printer *printer, struct cursor *cursor, struct error *err)
{
    for (;;) {
        bool has_row;
        TRY(cursor_step(printer->engine, cursor, &has_row, err));
        if (!has_row)
            return true;
        if (!add_row(printer, cursor->statement))
            return error_set(err, ERROR_INTERRUPTED, "the fingerprint of '%s' was stopped",
                             printer->request->table.name);
    }
}

static struct engine_fingerprint *print_make(TALLOC_CTX *mem, const struct table_columns *columns,
                                             const struct table_key *key)
{
    struct engine_fingerprint *print = mem_new(mem, struct engine_fingerprint);
    print->method = METHOD;
    print->has_key = table_key_is_known(key);
    print->key_is_rowid = table_key_is_rowid(key);
    print->n_columns = columns->n;
    print->columns = mem_array(print, struct engine_column_print, columns->n);
    for (size_t i = 0; i < columns->n; i++) {
        print->columns[i].column = mem_strdup(print, columns->list[i].name);
        print->columns[i].type = text_lower(print, columns->list[i].type);
    }
    return print;
}

static void take_sums(struct printer *printer)
{
    printer->print->sum = from_sum(printer->row_sum);
    for (size_t i = 0; i < printer->print->n_columns; i++)
        printer->print->columns[i].sum = from_sum(printer->column_sums[i]);
}

bool sqlite_fingerprint(TALLOC_CTX *mem, struct engine *engine,
                        const struct engine_fingerprint_request *request,
                        struct engine_fingerprint **out, struct error *err)
{
    SCRATCH(tmp);
    struct table_columns columns;
    struct table_key *key;
    struct cursor *cursor = NULL;
    TRY(table_columns_read(tmp, engine, request, &columns, err));
    TRY(table_key_make(tmp, engine, request, &columns, &key, err));
    struct engine_fingerprint *print = print_make(tmp, &columns, key);
    struct printer printer = {
        .engine = engine,
        .request = request,
        .print = print,
        .key = key,
        .column_sums = mem_array(tmp, sum128, columns.n),
        .hashes = mem_array(tmp, XXH128_hash_t, columns.n + 1),
        .column_hash = mem_array(tmp, uint64_t, columns.n),
    };
    deadline_set(engine, 0); // as long as it takes; a tick may cancel
    bool is_done = guard_prepare(tmp, engine, table_key_select(tmp, key), &cursor, err) &&
                   read_rows(&printer, cursor, err);
    talloc_free(cursor);
    guard_end(engine);
    TRY(is_done);
    take_sums(&printer);
    *out = talloc_steal(mem, print);
    return true;
}
