/*
 * The hashed image of a row, method "xxh3-128/typsend/1" (docs/fingerprints.md).
 *
 *   key image     each key column: its length (4 bytes, -1 for NULL) and its bytes
 *   column hash   XXH3-128 of the value's bytes, seeded by the key's hash; NULL by another seed
 *   row hash      XXH3-128 of the key image's hash and all column hashes, in the order asked for
 *   content       XXH3-128 of all column hashes made without the key's, where it is asked for
 *   sums          modulo 2^128: nothing cancels, the order of rows does not matter
 *
 * Bytes are those that the type's send function gives: exact, whatever DateStyle or TimeZone say.
 * They are hashed where they lie, but for values with OIDs in them (value_layout.h).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/row_image.h"
#include "driver/engine/postgres/value_text.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

#define NULL_SEED 0x85ebca77c2b2ae63u // no value's bytes: it changes the seed
#define LENGTH_SIZE 4

enum hash_form { HASH_PLAIN, HASH_WITHOUT_OIDS, HASH_NONE };

// What the loop over all values needs of a column.
struct hashed_column {
    uint32_t place; // of HASH_NONE: 0, and nothing is read there
    enum hash_form form;
};

struct row_imager {
    const struct selection *selection;
    const struct engine_fingerprint_request *request;
    struct hashed_column *columns;
    struct row_sums sums;
    sum128 last, content;      // the hashes of the last row, with its key and without
    XXH128_hash_t *hashes;     // [0] of the key, then one for each column
    XXH128_hash_t *values;     // of the columns, for the content
    bool key_is_whole;         // the key's fields can be hashed as they lie
    struct value_buffer value; // without its OIDs
    struct value_buffer key;   // likewise
    struct value_buffer text;
    struct engine_row_image image;
    uint64_t *column_hash;
    struct engine_value *shown;
    TALLOC_CTX *texts;
};

static sum128 to_sum(XXH128_hash_t hash)
{
    return (sum128)hash.high64 << 64 | hash.low64;
}

struct engine_sum row_sum_bytes(sum128 sum)
{
    struct engine_sum out;
    for (size_t i = 0; i < sizeof out.bytes; i++)
        out.bytes[i] = (uint8_t)(sum >> (8 * i));
    return out;
}

static struct hashed_column *hashed_columns(TALLOC_CTX *mem, const struct selection *selection)
{
    struct hashed_column *columns = mem_array(mem, struct hashed_column, selection->n_columns);
    for (size_t i = 0; i < selection->n_columns; i++) {
        const struct selected_column *column = &selection->columns[i];
        if (column->place == PLACE_NONE)
            columns[i].form = HASH_NONE;
        else
            columns[i] = (struct hashed_column){
                .place = (uint32_t)column->place,
                .form = column->has_oids ? HASH_WITHOUT_OIDS : HASH_PLAIN,
            };
    }
    return columns;
}

struct row_imager *row_imager_make(TALLOC_CTX *mem, const struct selection *selection,
                                   const struct engine_fingerprint_request *request)
{
    struct row_imager *imager = mem_new(mem, struct row_imager);
    size_t n = selection->n_columns;
    imager->selection = selection;
    imager->request = request;
    imager->columns = hashed_columns(imager, selection);
    imager->sums.columns = mem_array(imager, sum128, n);
    imager->sums.nulls = mem_array(imager, int64_t, n);
    imager->hashes = mem_array(imager, XXH128_hash_t, n + 1);
    imager->values = mem_array(imager, XXH128_hash_t, n + 1);
    imager->column_hash = mem_array(imager, uint64_t, n);
    imager->shown = mem_array(imager, struct engine_value, request->n_shown);
    imager->texts = mem_array(imager, char, 1);
    imager->key_is_whole = true;
    for (size_t i = 0; i < selection->n_key; i++)
        imager->key_is_whole &= !selection->key[i].has_oids;
    return imager;
}

const struct row_sums *row_imager_sums(const struct row_imager *imager)
{
    return &imager->sums;
}

// --- the key

static bool copy_without_oids(struct row_imager *imager, const struct selected_column *column,
                              const struct copy_field *field, struct value_buffer *out)
{
    return value_layout_copy(imager, imager->selection->relation->layout, column->type_oid,
                             field->bytes, (size_t)field->len, out);
}

static void put_length(struct row_imager *imager, int32_t len)
{
    struct value_buffer *key = &imager->key;
    uint32_t number = __builtin_bswap32((uint32_t)len);
    if (key->bytes == NULL || key->len + LENGTH_SIZE > talloc_get_size(key->bytes))
        key->bytes =
            mem_checked(talloc_realloc_size(imager, key->bytes, (key->len + LENGTH_SIZE) * 2));
    memcpy(key->bytes + key->len, &number, LENGTH_SIZE);
    key->len += LENGTH_SIZE;
}

// A key with OIDs in it is written anew, in the same form.
static bool make_key(struct row_imager *imager, const struct copy_field *fields)
{
    const struct selection *selection = imager->selection;
    imager->key.len = 0;
    for (size_t i = 0; i < selection->n_key; i++) {
        const struct copy_field *field = &fields[selection->key[i].place];
        size_t at = imager->key.len;
        put_length(imager, field->len);
        if (field->len < 0)
            continue;
        TRY(copy_without_oids(imager, &selection->key[i], field, &imager->key));
        uint32_t len = __builtin_bswap32((uint32_t)(imager->key.len - at - LENGTH_SIZE));
        memcpy(imager->key.bytes + at, &len, LENGTH_SIZE);
    }
    imager->image.key = imager->key.bytes;
    imager->image.key_len = imager->key.len;
    return true;
}

static bool find_key(struct row_imager *imager, const struct copy_field *fields)
{
    const struct selection *selection = imager->selection;
    if (selection->n_key == 0) {
        imager->image.key = (const uint8_t *)"";
        return true;
    }
    if (!imager->key_is_whole)
        return make_key(imager, fields);
    const struct copy_field *first = &fields[selection->key[0].place];
    const struct copy_field *last = first + selection->n_key - 1;
    imager->image.key = first->bytes - LENGTH_SIZE;
    imager->image.key_len =
        (size_t)(last->bytes - imager->image.key) + (last->len < 0 ? 0 : (size_t)last->len);
    return true;
}

// --- the columns

// NULL has no bytes and another seed.
static inline XXH128_hash_t hash_plain(const struct copy_field *field, uint64_t seed)
{
    bool is_null = field->len < 0;
    return XXH3_128bits_withSeed(field->bytes, is_null ? 0 : (size_t)field->len,
                                 is_null ? seed ^ NULL_SEED : seed);
}

static bool hash_without_oids(struct row_imager *imager, size_t at, const struct copy_field *field,
                              uint64_t seed, XXH128_hash_t *out)
{
    imager->value.len = 0;
    TRY(copy_without_oids(imager, &imager->selection->columns[at], field, &imager->value));
    *out = XXH3_128bits_withSeed(imager->value.bytes, imager->value.len, seed);
    return true;
}

// Every value passes here: all calls are inlined. Columns that cannot be read keep the hash 0.
__attribute__((flatten)) static bool hash_columns(struct row_imager *imager,
                                                  const struct copy_field *fields, uint64_t seed,
                                                  XXH128_hash_t *hashes)
{
    const struct hashed_column *columns = imager->columns;
    size_t n = imager->selection->n_columns;
    for (size_t i = 0; i < n; i++) {
        const struct copy_field *field = &fields[columns[i].place];
        if (columns[i].form == HASH_PLAIN ||
            (columns[i].form == HASH_WITHOUT_OIDS && field->len < 0))
            hashes[i] = hash_plain(field, seed);
        else if (columns[i].form == HASH_WITHOUT_OIDS)
            TRY(hash_without_oids(imager, i, field, seed, &hashes[i]));
    }
    return true;
}

static void add_columns(struct row_imager *imager, const struct copy_field *fields)
{
    const struct hashed_column *columns = imager->columns;
    const XXH128_hash_t *hashes = imager->hashes + 1;
    sum128 *sums = imager->sums.columns;
    int64_t *nulls = imager->sums.nulls;
    size_t n = imager->selection->n_columns;
    for (size_t i = 0; i < n; i++) {
        sums[i] += to_sum(hashes[i]);
        nulls[i] += fields[columns[i].place].len < 0 && columns[i].form != HASH_NONE;
    }
}

bool row_imager_add(struct row_imager *imager, const struct copy_field *fields)
{
    size_t n = imager->selection->n_columns;
    TRY(find_key(imager, fields));
    imager->hashes[0] = XXH3_128bits(imager->image.key, imager->image.key_len);
    TRY(hash_columns(imager, fields, imager->hashes[0].low64, imager->hashes + 1));
    add_columns(imager, fields);
    imager->last = to_sum(XXH3_128bits(imager->hashes, sizeof *imager->hashes * (n + 1)));
    imager->sums.rows_sum += imager->last;
    imager->sums.rows++;
    if (imager->request->wants_content) {
        TRY(hash_columns(imager, fields, 0, imager->values));
        imager->content = to_sum(XXH3_128bits(imager->values, sizeof *imager->values * n));
        imager->sums.content += imager->content;
    }
    return true;
}

static uint64_t writer_of(const struct copy_field *field)
{
    uint32_t number = 0;
    if (field->len == sizeof number)
        memcpy(&number, field->bytes, sizeof number);
    return __builtin_bswap32(number);
}

const struct engine_row_image *row_imager_image(struct row_imager *imager,
                                                const struct copy_field *fields)
{
    const struct selection *selection = imager->selection;
    const struct engine_fingerprint_request *request = imager->request;
    struct engine_row_image *image = &imager->image;
    talloc_free_children(imager->texts);
    for (size_t i = 0; i < selection->n_columns; i++)
        imager->column_hash[i] = imager->hashes[i + 1].low64;
    for (size_t i = 0; i < request->n_shown; i++)
        imager->shown[i] =
            value_text(imager->texts, &selection->columns[request->shown[i]], fields);
    image->key_text = value_text_key(imager, selection, fields, &imager->text);
    image->writer = selection->has_writer ? writer_of(&fields[0]) : 0;
    struct engine_sum last = row_sum_bytes(imager->last);
    struct engine_sum content = row_sum_bytes(imager->content);
    memcpy(image->row_hash, last.bytes, sizeof image->row_hash);
    memcpy(image->content, content.bytes, sizeof image->content);
    image->column_hash = imager->column_hash;
    image->n_columns = selection->n_columns;
    image->shown = imager->shown;
    return image;
}
