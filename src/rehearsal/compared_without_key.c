/*
 * A table's rows before and after as two multisets: rows that have no partner of equal values came
 * or went.
 *
 * Rows are told by a hash of their values' texts in a temporary table file, so memory does not grow
 * with the table.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "driver/table_file.h"
#include "rehearsal/comparing.h"
#include <xxhash.h>

#define PROGRESS_ROWS 4096

struct counting {
    struct comparing *comparing;
    struct table_query *add;
    int64_t weight; // 1: before, -1: after
    const struct target *target;
    struct name table;
    struct compared_column **columns; // whose values tell the rows
    size_t n_columns;
    struct compared_column **own; // that this side alone has
    size_t n_own;
    int64_t rows;
    struct error err;
    bool has_failed;
};

// --- which columns

// Texts of the two types are the same when the values are.
static bool has_one_text(const struct comparing *comparing, const struct compared_column *column)
{
    const struct column_match *match = column->match;
    if (!match->is_retyped ||
        comparing->comparison->request->before->driver->dialect == DIALECT_SQLITE)
        return true;
    return column->form_before == column->form_after &&
           (column->form_before == FORM_NUMBER ? strchr(match->type_before, '.') == NULL &&
                                                     !text_starts_with(match->type_before, "num") &&
                                                     !text_starts_with(match->type_after, "num")
                                               : column->form_before == FORM_TEXT);
}

static void choose(struct counting *counting, TALLOC_CTX *mem)
{
    struct comparing *comparing = counting->comparing;
    bool is_before = counting->weight > 0;
    for (size_t i = 0; i < comparing->n_columns; i++) {
        struct compared_column *column = &comparing->columns[i];
        struct column_match *match = &comparing->matches.list[i];
        if (match->unknown != NULL)
            continue;
        if (match->before == NULL || match->after == NULL) {
            if ((match->before != NULL) == is_before)
                *mem_append(mem, counting->own, counting->n_own) = column;
        } else if (has_one_text(comparing, column)) {
            *mem_append(mem, counting->columns, counting->n_columns) = column;
        } else {
            match->unknown =
                mem_printf(comparing->mem, "%s before, %s after, and no key to match rows by",
                           match->type_before, match->type_after);
        }
    }
}

// --- rows

// Where the type changed, SQLite's 1 and '1' are one value.
static XXH128_hash_t add_value(XXH128_hash_t hash, const struct engine_value *value,
                               bool is_retyped)
{
    uint64_t kind = is_retyped ? 0 : (uint64_t)value->kind;
    uint64_t seed = hash.low64 + (value->is_null ? 0 : 1 + kind);
    XXH128_hash_t next = XXH3_128bits_withSeed(value->text, value->is_null ? 0 : value->len, seed);
    next.high64 ^= hash.high64 * 3;
    return next;
}

static void tally_own(struct counting *counting, const struct engine_row_image *image)
{
    for (size_t i = 0; i < counting->n_own; i++) {
        const struct engine_value *value = &image->shown[counting->n_columns + i];
        if (!value->is_null)
            value_tally_add(counting->own[i]->tally, counting->weight > 0 ? value : NULL,
                            counting->weight > 0 ? NULL : value);
    }
}

static bool take_image(void *context, const struct engine_row_image *image)
{
    struct counting *counting = context;
    XXH128_hash_t hash = {0};
    counting->rows++;
    for (size_t i = 0; i < counting->n_columns; i++)
        hash = add_value(hash, &image->shown[i], counting->columns[i]->match->is_retyped);
    tally_own(counting, image);
    table_query_bind_blob(counting->add, 1, &hash, sizeof hash);
    table_query_bind_integer(counting->add, 2, counting->weight);
    counting->has_failed = !table_query_run(counting->add, &counting->err);
    return !counting->has_failed;
}

static void show_rows(void *context, int64_t rows)
{
    const struct counting *counting = context;
    const struct comparing *comparing = counting->comparing;
    const struct effects_request *request = comparing->comparison->request;
    int64_t before = counting->weight > 0 ? 0 : comparing->out->rows_before;
    if (request->progress != NULL)
        request->progress(request->context, comparing->title, before + rows,
                          comparing_total(comparing));
}

static bool read_side(struct counting *counting, struct error *err)
{
    SCRATCH(tmp);
    const char **names = NULL;
    size_t *shown = NULL;
    size_t n = 0, n_shown = 0;
    bool is_before = counting->weight > 0;
    choose(counting, tmp);
    for (size_t i = 0; i < counting->n_columns + counting->n_own; i++) {
        struct compared_column *column =
            i < counting->n_columns ? counting->columns[i] : counting->own[i - counting->n_columns];
        if (i >= counting->n_columns)
            column->tally = value_tally_make(counting->comparing->tmp, counting->n_own,
                                             column->match->is_masked);
        *mem_append(tmp, names, n) = is_before ? column->match->before : column->match->after;
        size_t place = n_shown;
        *mem_append(tmp, shown, n_shown) = place;
    }
    const struct engine_fingerprint_request request = {
        .table = counting->table,
        .columns = names,
        .n_columns = n,
        .image = take_image,
        .shown = shown,
        .n_shown = n_shown,
        .context = counting,
        .progress = show_rows,
    };
    struct engine_fingerprint *print;
    bool is_read = n == 0 || counting->target->driver->proof->fingerprint(
                                 tmp, counting->target->engine, &request, &print, err);
    if (counting->has_failed)
        *err = counting->err;
    return is_read && !counting->has_failed;
}

// --- what is left of one side

static bool sum(struct table_file *file, const char *sql, int64_t *out, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool has_row;
    TRY(table_query_make(tmp, file, sql, &query, err));
    TRY(table_query_next(query, &has_row, err));
    *out = table_query_integer(query, 0);
    return true;
}

static bool make_file(TALLOC_CTX *mem, struct table_file **file, struct table_query **add,
                      struct error *err)
{
    TRY(table_file_open(mem, "rows without a key", TABLE_FILE_TEMPORARY, file, err));
    TRY(table_file_run(
        *file, "BEGIN; CREATE TABLE row (hash BLOB PRIMARY KEY, n INTEGER) WITHOUT ROWID", err));
    return table_query_make(mem, *file,
                            "INSERT INTO row VALUES (?1, ?2) "
                            "ON CONFLICT (hash) DO UPDATE SET n = n + excluded.n",
                            add, err);
}

bool comparing_without_key(struct comparing *comparing, struct error *err)
{
    SCRATCH(tmp);
    const struct effects_request *request = comparing->comparison->request;
    const struct table_match *match = comparing->comparison->match;
    struct table_effect *out = comparing->out;
    struct table_file *file;
    struct counting before = {
        .comparing = comparing, .weight = 1, .target = request->before, .table = match->before};
    struct counting after = {
        .comparing = comparing, .weight = -1, .target = request->after, .table = match->after};
    TRY(make_file(tmp, &file, &before.add, err));
    after.add = before.add;
    TRY(read_side(&before, err));
    out->rows_before = before.rows;
    TRY(read_side(&after, err));
    out->rows_after = after.rows;
    TRY(sum(file, "SELECT coalesce(sum(n), 0) FROM row WHERE n > 0", &out->removed.rows, err));
    return sum(file, "SELECT coalesce(-sum(n), 0) FROM row WHERE n < 0", &out->added.rows, err);
}
