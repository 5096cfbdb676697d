/*
 * The hashed image of a row of SQLite, method "xxh3-128/sqlite/1" (docs/fingerprints.md).
 *
 *   key image     each key column: tag, then 8 bytes of a number or length and bytes
 *   column hash   XXH3-128 of the value's bytes, seeded by the key's hash and the value's tag
 *   row hash      XXH3-128 of the key image's hash and all column hashes, in the order asked for
 *   content       XXH3-128 of all column hashes made without the key's, where it is asked for
 *   sums          modulo 2^128: nothing cancels, the order of rows does not matter
 *
 * A value is hashed where SQLite holds it; nothing is turned into text, so 1, 1.0 and '1' differ,
 * NULL is a tag of its own, and no separator can be forged.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/sqlite/printer.h"
#include "base/text.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

#define METHOD "xxh3-128/sqlite/1"

typedef unsigned __int128 sum128;

// Out of band: these never are bytes of a value. Odd 64-bit constants, so that one value under two
// types has two unrelated seeds.
static const uint64_t tag_seed[] = {
    [SQLITE_INTEGER] = 0x9e3779b97f4a7c15u, [SQLITE_FLOAT] = 0xc2b2ae3d27d4eb4fu,
    [SQLITE_TEXT] = 0x165667b19e3779f9u,    [SQLITE_BLOB] = 0x27d4eb2f165667c5u,
    [SQLITE_NULL] = 0x85ebca77c2b2ae63u,
};

enum affinity { AFFINITY_NONE, AFFINITY_TEXT, AFFINITY_NUMERIC, AFFINITY_REAL };

struct printer {
    const struct engine_fingerprint_request *request;
    struct engine_fingerprint *print;
    struct table_key *key;
    sum128 row_sum;
    sum128 content_sum;
    sum128 *column_sums;
    XXH128_hash_t *hashes; // [0] of the key, then one for each column
    XXH128_hash_t *values; // of the columns, for the content
    sum128 last, content;  // the hashes of the last row, with its key and without
    struct engine_row_image image;
    uint64_t *column_hash;
    struct engine_value *shown;
    TALLOC_CTX *texts;      // of what is shown
    enum affinity affinity; // of the value that was asked for
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

static XXH128_hash_t value_hash(const struct table_key *key, sqlite3_value *value, int type,
                                uint64_t key_seed)
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
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
        const void *bytes = table_key_bytes(key, value, type);
        return XXH3_128bits_withSeed(bytes, (size_t)sqlite3_value_bytes(value), seed);
    }
    default: return XXH3_128bits_withSeed("", 0, seed);
    }
}

// What a column of the type that was asked for would hold (datatype3.html, 3.1 and 3.2): SQLite
// applies the affinity when it stores, so a value that was never stored still lacks it.
static enum affinity affinity_of(const char *declared)
{
    SCRATCH(tmp);
    const char *type = text_lower(tmp, declared);
    if (strstr(type, "int") != NULL)
        return AFFINITY_NUMERIC;
    if (strstr(type, "char") != NULL || strstr(type, "clob") != NULL ||
        strstr(type, "text") != NULL)
        return AFFINITY_TEXT;
    if (type[0] == '\0' || strstr(type, "blob") != NULL)
        return AFFINITY_NONE;
    if (strstr(type, "real") != NULL || strstr(type, "floa") != NULL ||
        strstr(type, "doub") != NULL)
        return AFFINITY_REAL;
    return AFFINITY_NUMERIC;
}

static bool is_integral(double number)
{
    return number > -9223372036854775808.0 && number < 9223372036854775808.0 &&
           (double)(sqlite3_int64)number == number;
}

static XXH128_hash_t value_hash_stored(const struct table_key *key, sqlite3_value *value,
                                       enum affinity affinity, uint64_t key_seed)
{
    int type = sqlite3_value_type(value);
    bool is_number = type == SQLITE_INTEGER || type == SQLITE_FLOAT;
    if (affinity == AFFINITY_TEXT && is_number)
        type = SQLITE_TEXT; // its bytes are asked for as text
    else if (affinity == AFFINITY_NUMERIC || affinity == AFFINITY_REAL)
        type = sqlite3_value_numeric_type(value);
    if (affinity == AFFINITY_REAL && type == SQLITE_INTEGER)
        type = SQLITE_FLOAT;
    else if (affinity == AFFINITY_NUMERIC && type == SQLITE_FLOAT &&
             is_integral(sqlite3_value_double(value)))
        type = SQLITE_INTEGER;
    return value_hash(key, value, type, key_seed);
}

static void add_content(struct printer *printer, sqlite3_value **row)
{
    for (size_t i = 0; i < printer->print->n_columns; i++)
        printer->values[i] = value_hash(printer->key, row[i], sqlite3_value_type(row[i]), 0);
    printer->content =
        to_sum(XXH3_128bits(printer->values, sizeof *printer->values * printer->print->n_columns));
    printer->content_sum += printer->content;
}

int64_t printer_add(struct printer *printer, sqlite3_value **row)
{
    struct engine_fingerprint *print = printer->print;
    table_key_read(printer->key, row);
    XXH128_hash_t *hashes = printer->hashes;
    hashes[0] = XXH3_128bits(printer->key->image, printer->key->image_len);
    for (size_t i = 0; i < print->n_columns; i++) {
        int type = sqlite3_value_type(row[i]);
        hashes[i + 1] =
            i == 0 && printer->request->value != NULL
                ? value_hash_stored(printer->key, row[i], printer->affinity, hashes[0].low64)
                : value_hash(printer->key, row[i], type, hashes[0].low64);
        printer->column_sums[i] += to_sum(hashes[i + 1]);
        print->columns[i].nulls += type == SQLITE_NULL;
    }
    XXH128_hash_t hash = XXH3_128bits(hashes, sizeof *hashes * (print->n_columns + 1));
    printer->last = to_sum(hash);
    printer->row_sum += printer->last;
    if (printer->request->wants_content)
        add_content(printer, row);
    return ++print->rows;
}

const struct engine_row_image *printer_image(struct printer *printer, sqlite3_value **row)
{
    const struct engine_fingerprint_request *request = printer->request;
    struct engine_row_image *image = &printer->image;
    talloc_free_children(printer->texts);
    image->key = printer->key->image;
    image->key_len = printer->key->image_len;
    image->key_text = table_key_text(printer->key, row);
    image->column_hash = printer->column_hash;
    image->n_columns = printer->print->n_columns;
    image->shown = printer->shown;
    for (size_t i = 0; i < printer->print->n_columns; i++)
        printer->column_hash[i] = printer->hashes[i + 1].low64;
    for (size_t i = 0; i < request->n_shown; i++)
        printer->shown[i] = sqlite_value(printer->texts, row[request->shown[i]]);
    struct engine_sum last = from_sum(printer->last);
    struct engine_sum content = from_sum(printer->content);
    memcpy(image->row_hash, last.bytes, sizeof image->row_hash);
    memcpy(image->content, content.bytes, sizeof image->content);
    return image;
}

static struct engine_fingerprint *print_make(TALLOC_CTX *mem, const struct table_columns *columns,
                                             const struct table_key *key)
{
    struct engine_fingerprint *print = mem_new(mem, struct engine_fingerprint);
    print->method = METHOD;
    print->has_key = table_key_is_known(key);
    print->key_is_rowid = table_key_is_rowid(key);
    for (size_t i = 0; i < key->n; i++)
        *mem_append(print, print->key, print->n_key) = mem_strdup(print, key->names[i]);
    print->n_columns = columns->n;
    print->columns = mem_array(print, struct engine_column_print, columns->n);
    for (size_t i = 0; i < columns->n; i++) {
        print->columns[i].column = mem_strdup(print, columns->list[i].name);
        print->columns[i].type = text_lower(print, columns->list[i].type);
    }
    return print;
}

struct printer *printer_make(TALLOC_CTX *mem, const struct engine_fingerprint_request *request,
                             const struct table_columns *columns, struct table_key *key)
{
    struct printer *printer = mem_new(mem, struct printer);
    printer->request = request;
    printer->key = key;
    printer->print = print_make(printer, columns, key);
    printer->column_sums = mem_array(printer, sum128, columns->n);
    printer->hashes = mem_array(printer, XXH128_hash_t, columns->n + 1);
    printer->values = mem_array(printer, XXH128_hash_t, columns->n + 1);
    printer->column_hash = mem_array(printer, uint64_t, columns->n);
    printer->shown = mem_array(printer, struct engine_value, request->n_shown);
    printer->texts = mem_array(printer, char, 1);
    printer->affinity = affinity_of(request->value_type == NULL ? "" : request->value_type);
    return printer;
}

struct engine_fingerprint *printer_end(TALLOC_CTX *mem, struct printer *printer)
{
    struct engine_fingerprint *print = printer->print;
    print->sum = from_sum(printer->row_sum);
    print->content = from_sum(printer->content_sum);
    for (size_t i = 0; i < print->n_columns; i++)
        print->columns[i].sum = from_sum(printer->column_sums[i]);
    printer->print = NULL;
    return talloc_steal(mem, print);
}
