/*
 * Fingerprints of SQLite tables: method "xxh3-128/sqlite/1" (docs/fingerprints.md).
 *
 *   key image     each key column: tag, then 8 bytes of a number or length and bytes
 *   column hash   XXH3-128 of the value's bytes, seeded by the key's hash and the value's tag
 *   row hash      XXH3-128 of the key image's hash and all column hashes, in the order asked for
 *   content       XXH3-128 of all column hashes made without the key's, where it is asked for
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
#define FUNCTION "tminus_fingerprint" // guard.c allows it; it exists while a fingerprint is taken
#define PROGRESS_ROWS 4096

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
    struct engine *engine;
    const struct engine_fingerprint_request *request;
    struct engine_fingerprint *print;
    struct table_key *key;
    sum128 row_sum;
    sum128 content_sum;
    sum128 *column_sums;
    XXH128_hash_t *hashes;      // [0] of the key, then one for each column
    XXH128_hash_t *values;      // of the columns, for the content
    uint64_t *column_hash;      // for the request's callback
    struct engine_value *shown; // likewise, and their texts
    TALLOC_CTX *texts;
    bool was_stopped;       // by that callback
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

static bool give_image(struct printer *printer, sqlite3_value **row, XXH128_hash_t hash)
{
    const struct engine_fingerprint_request *request = printer->request;
    struct engine_row_image image = {
        .key = printer->key->image,
        .key_len = printer->key->image_len,
        .key_text = table_key_text(printer->key, row),
        .column_hash = printer->column_hash,
        .n_columns = printer->print->n_columns,
        .shown = printer->shown,
    };
    for (size_t i = 0; i < printer->print->n_columns; i++)
        printer->column_hash[i] = printer->hashes[i + 1].low64;
    for (size_t i = 0; i < request->n_shown; i++)
        printer->shown[i] = sqlite_value(printer->texts, row[request->shown[i]]);
    struct engine_sum bytes = from_sum(to_sum(hash));
    memcpy(image.row_hash, bytes.bytes, sizeof image.row_hash);
    bool goes_on = request->image(request->context, &image);
    talloc_free_children(printer->texts);
    return goes_on;
}

static void add_content(struct printer *printer, sqlite3_value **row)
{
    for (size_t i = 0; i < printer->print->n_columns; i++)
        printer->values[i] = value_hash(printer->key, row[i], sqlite3_value_type(row[i]), 0);
    printer->content_sum +=
        to_sum(XXH3_128bits(printer->values, sizeof *printer->values * printer->print->n_columns));
}

static bool add_row(struct printer *printer, sqlite3_value **row)
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
    printer->row_sum += to_sum(hash);
    if (printer->request->wants_content)
        add_content(printer, row);
    print->rows++;
    if (printer->request->progress && print->rows % PROGRESS_ROWS == 0)
        printer->request->progress(printer->request->context, print->rows);
    return printer->request->image == NULL || give_image(printer, row, hash);
}

// An aggregate is handed the row where the machine has it: 0.75 of the time of stepping.
static void on_row(sqlite3_context *context, int n, sqlite3_value **row)
{
    struct printer *printer = sqlite3_user_data(context);
    (void)n;
    if (add_row(printer, row))
        return;
    printer->was_stopped = true;
    sqlite3_result_error(context, "stopped", -1);
}

static void on_end(sqlite3_context *context)
{
    sqlite3_result_null(context);
}

static bool read_aggregate(TALLOC_CTX *mem, struct printer *printer, struct error *err)
{
    struct engine *engine = printer->engine;
    struct cursor *cursor = NULL;
    bool has_row;
    // Refused while another statement of this connection runs, so it never outlives `printer`.
    if (sqlite3_create_function_v2(engine->handle, FUNCTION, -1, SQLITE_UTF8, printer, NULL, on_row,
                                   on_end, NULL) != SQLITE_OK)
        return sqlite_fail(engine, err, ERROR_INTERNAL, "fingerprint");
    bool is_done =
        guard_prepare(mem, engine, table_key_select(mem, printer->key, FUNCTION), &cursor, err) &&
        cursor_step(engine, cursor, &has_row, err);
    talloc_free(cursor);
    sqlite3_create_function_v2(engine->handle, FUNCTION, -1, SQLITE_UTF8, NULL, NULL, NULL, NULL,
                               NULL);
    return is_done;
}

// For tables with more columns than a function may have arguments.
static bool read_steps(TALLOC_CTX *mem, struct printer *printer, struct error *err)
{
    struct cursor *cursor;
    size_t n = printer->key->n_values;
    sqlite3_value **row = mem_array(mem, sqlite3_value *, n);
    TRY(guard_prepare(mem, printer->engine, table_key_select(mem, printer->key, ""), &cursor, err));
    while (!printer->was_stopped) {
        bool has_row;
        TRY(cursor_step(printer->engine, cursor, &has_row, err));
        if (!has_row)
            return true;
        for (size_t i = 0; i < n; i++)
            row[i] = sqlite3_column_value(cursor->statement, (int)i);
        printer->was_stopped = !add_row(printer, row);
    }
    return false;
}

static bool read_rows(struct printer *printer, struct error *err)
{
    SCRATCH(tmp);
    sqlite3 *db = printer->engine->handle;
    size_t most = (size_t)sqlite3_limit(db, SQLITE_LIMIT_FUNCTION_ARG, -1);
    deadline_set(printer->engine, 0); // as long as it takes; a tick may cancel
    bool is_done = printer->key->n_values <= most ? read_aggregate(tmp, printer, err)
                                                  : read_steps(tmp, printer, err);
    guard_end(printer->engine);
    if (printer->was_stopped)
        return error_set(err, ERROR_INTERRUPTED, "the fingerprint of '%s' was stopped",
                         printer->request->table.name);
    return is_done;
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

static void take_sums(struct printer *printer)
{
    printer->print->sum = from_sum(printer->row_sum);
    printer->print->content = from_sum(printer->content_sum);
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
        .values = mem_array(tmp, XXH128_hash_t, columns.n + 1),
        .column_hash = mem_array(tmp, uint64_t, columns.n),
        .shown = mem_array(tmp, struct engine_value, request->n_shown),
        .texts = mem_array(tmp, char, 1),
        .affinity = affinity_of(request->value_type == NULL ? "" : request->value_type),
    };
    TRY(read_rows(&printer, err));
    take_sums(&printer);
    *out = talloc_steal(mem, print);
    return true;
}
