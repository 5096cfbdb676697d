/*
 * Location: which rows of two tables differ, and in which columns.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/location.h"
#include "base/digest.h"
#include "base/text.h"

#define PROGRESS_ROWS 4096
#define MASK_HASH_DIGITS 12

struct locating {
    const struct location_request *request;
    const struct engine_fingerprint *before, *after; // without rows: columns, types and keys
    const char *const *key;
    size_t n_key;
    const char **columns; // compared
    size_t *places;       // of each in `out->columns`
    size_t n_columns;
    bool is_masked; // the key's values are not shown
    TALLOC_CTX *mem;
    struct location *out;
};

// What identities say is not enough: a standby and a restored copy have those of their origin.
static bool is_one_database(const struct location_request *request)
{
    return request->before.target == request->after.target;
}

static bool fail_side(const struct location_request *request, const struct location_side *side,
                      struct error *err)
{
    if (is_one_database(request))
        return false; // the table's name says it
    return error_wrap(err, "%s", side->target->identity.text);
}

// --- what is compared

// The columns, their types and the key, without reading a row.
static bool describe(TALLOC_CTX *mem, const struct location_request *request,
                     const struct location_side *side, const struct engine_fingerprint **out,
                     struct error *err)
{
    struct engine_fingerprint *print;
    const struct engine_fingerprint_request question = {
        .table = side->table, .key = request->key, .n_key = request->n_key, .where = "false"};
    if (!side->target->driver->proof->fingerprint(mem, side->target->engine, &question, &print,
                                                  err))
        return fail_side(request, side, err);
    *out = print;
    return true;
}

static const struct engine_column_print *find_column(const struct engine_fingerprint *print,
                                                     const char *name, enum dialect dialect)
{
    for (size_t i = 0; i < print->n_columns; i++) {
        const char *column = print->columns[i].column;
        if (dialect == DIALECT_SQLITE ? text_equal_nocase(column, name) : strcmp(column, name) == 0)
            return &print->columns[i];
    }
    return NULL;
}

// "character varying(10)" and "character varying(20)" hold values of one form.
static bool is_same_type(const char *a, const char *b)
{
    size_t len = strcspn(a, "(");
    return len == strcspn(b, "(") && strncmp(a, b, len) == 0 &&
           strcmp(a + len + strcspn(a + len, ")"), b + len + strcspn(b + len, ")")) == 0;
}

// Why two columns of one name cannot be compared; NULL when they can. SQLite's values have a type
// of their own.
static const char *unknown_pair(TALLOC_CTX *mem, const struct engine_column_print *before,
                                const struct engine_column_print *after, enum dialect dialect)
{
    if (before->unknown != NULL || after->unknown != NULL)
        return mem_strdup(mem, before->unknown ? before->unknown : after->unknown);
    if (dialect == DIALECT_SQLITE || is_same_type(before->type, after->type))
        return NULL;
    return mem_printf(mem, "%s before, %s after", before->type, after->type);
}

static void add_pair(struct locating *locating, const struct engine_column_print *before,
                     const struct engine_column_print *after)
{
    struct location *out = locating->out;
    enum dialect dialect = locating->request->before.target->driver->dialect;
    struct located_column *column = mem_append(locating->mem, out->columns, out->n_columns);
    column->column = mem_strdup(locating->mem, before->column);
    column->unknown = unknown_pair(locating->mem, before, after, dialect);
    if (column->unknown != NULL)
        return;
    locating->columns[locating->n_columns] = column->column;
    locating->places[locating->n_columns++] = out->n_columns - 1;
}

static bool pair_given(struct locating *locating, struct error *err)
{
    const struct location_request *request = locating->request;
    enum dialect dialect = request->before.target->driver->dialect;
    for (size_t i = 0; i < request->n_columns; i++) {
        const char *name = request->columns[i];
        const struct engine_column_print *before = find_column(locating->before, name, dialect);
        const struct engine_column_print *after = find_column(locating->after, name, dialect);
        if (before == NULL || after == NULL)
            return error_set(
                err, ERROR_INPUT, "table '%s' has no column '%s'",
                before == NULL ? request->before.table.name : request->after.table.name, name);
        add_pair(locating, before, after);
    }
    return true;
}

static void pair_all(struct locating *locating)
{
    struct location *out = locating->out;
    enum dialect dialect = locating->request->before.target->driver->dialect;
    for (size_t i = 0; i < locating->before->n_columns; i++) {
        const struct engine_column_print *before = &locating->before->columns[i];
        const struct engine_column_print *after =
            find_column(locating->after, before->column, dialect);
        if (after != NULL)
            add_pair(locating, before, after);
        else
            *mem_append(locating->mem, out->only_before, out->n_only_before) =
                mem_strdup(locating->mem, before->column);
    }
    for (size_t i = 0; i < locating->after->n_columns; i++) {
        const char *name = locating->after->columns[i].column;
        if (find_column(locating->before, name, dialect) == NULL)
            *mem_append(locating->mem, out->only_after, out->n_only_after) =
                mem_strdup(locating->mem, name);
    }
}

static bool fail_key(const struct location_request *request, struct error *err)
{
    error_set(err, ERROR_INPUT, "table '%s' has no key to match rows by",
              request->before.table.name);
    return error_hint(err, "name columns whose values are unique and not NULL as its key");
}

static bool choose_key(struct locating *locating, struct error *err)
{
    const struct location_request *request = locating->request;
    enum dialect dialect = request->before.target->driver->dialect;
    locating->key = request->n_key > 0 ? request->key : locating->before->key;
    locating->n_key = request->n_key > 0 ? request->n_key : locating->before->n_key;
    if (locating->n_key == 0)
        return fail_key(request, err);
    for (size_t i = 0; i < locating->n_key; i++) {
        const char *name = locating->key[i];
        const struct engine_column_print *before = find_column(locating->before, name, dialect);
        const struct engine_column_print *after = find_column(locating->after, name, dialect);
        if (before == NULL || after == NULL)
            return error_set(
                err, ERROR_INPUT, "table '%s' has no column '%s' of the key",
                before == NULL ? request->before.table.name : request->after.table.name, name);
        const char *unknown = unknown_pair(locating->mem, before, after, dialect);
        if (unknown != NULL)
            return error_set(err, ERROR_INPUT, "rows cannot be matched by '%s': %s", name, unknown);
        locating->is_masked |= target_is_masked(request->before.target, name) ||
                               target_is_masked(request->after.target, name);
    }
    return true;
}

static bool choose(struct locating *locating, TALLOC_CTX *tmp, struct error *err)
{
    const struct location_request *request = locating->request;
    TRY(describe(tmp, request, &request->before, &locating->before, err));
    TRY(describe(tmp, request, &request->after, &locating->after, err));
    size_t n = request->n_columns > 0 ? request->n_columns : locating->before->n_columns;
    locating->columns = mem_array(tmp, const char *, n);
    locating->places = mem_array(tmp, size_t, n);
    TRY(choose_key(locating, err));
    if (request->n_columns > 0)
        return pair_given(locating, err);
    pair_all(locating);
    return true;
}

// --- what was found

static void add_row(struct locating *locating, struct located_rows *rows, const char *key_text)
{
    rows->rows++;
    if (rows->n_samples == LOCATION_SAMPLES)
        return;
    char **sample = mem_append(locating->mem, rows->samples, rows->n_samples);
    if (locating->is_masked)
        *sample = mem_printf(locating->mem, "%s=****%.*s", locating->key[0], MASK_HASH_DIGITS,
                             digest_of(key_text, strlen(key_text)).hex);
    else
        *sample = mem_strdup(locating->mem, key_text);
}

static void add_changed(struct locating *locating, size_t column, const char *key_text)
{
    struct located_column *located = &locating->out->columns[locating->places[column]];
    add_row(locating, &located->changed, key_text);
}

// --- one database

static bool take_difference(void *context, const struct engine_difference *difference)
{
    struct locating *locating = context;
    struct location *out = locating->out;
    switch (difference->kind) {
    case DIFFERENCE_MISSING: add_row(locating, &out->missing, difference->key_text); break;
    case DIFFERENCE_EXTRA: add_row(locating, &out->extra, difference->key_text); break;
    case DIFFERENCE_CHANGED:
        add_row(locating, &out->changed, difference->key_text);
        for (size_t i = 0; i < difference->n_columns; i++)
            add_changed(locating, difference->columns[i], difference->key_text);
    }
    return true;
}

static bool join(struct locating *locating, struct error *err)
{
    const struct target *target = locating->request->before.target;
    const struct engine_differences_request request = {
        .before = locating->request->before.table,
        .after = locating->request->after.table,
        .columns = locating->columns,
        .n_columns = locating->n_columns,
        .key = locating->key,
        .n_key = locating->n_key,
    };
    locating->out->rows_before = locating->out->rows_after = -1;
    return target->driver->proof->differences(target->engine, &request, take_difference, locating,
                                              err);
}

// --- two databases

struct side {
    const struct location_side *of;
    struct engine_stream *stream;
    struct engine_row_image image;
    bool has_row;
    int64_t *rows;
};

static bool side_next(struct locating *locating, struct side *side, struct error *err)
{
    const struct engine_proof_table *proof = side->of->target->driver->proof;
    if (!proof->stream_next(side->stream, &side->image, &side->has_row, err))
        return fail_side(locating->request, side->of, err);
    if (!side->has_row)
        return true;
    ++*side->rows;
    int64_t done = locating->out->rows_before + locating->out->rows_after;
    if (done % PROGRESS_ROWS == 0 && locating->request->progress != NULL)
        locating->request->progress(locating->request->context, done);
    return true;
}

static bool side_open(TALLOC_CTX *mem, struct locating *locating, struct side *side,
                      struct error *err)
{
    const struct engine_proof_table *proof = side->of->target->driver->proof;
    const struct engine_fingerprint_request request = {
        .table = side->of->table,
        .columns = locating->columns,
        .n_columns = locating->n_columns,
        .key = locating->key,
        .n_key = locating->n_key,
    };
    if (!proof->stream_open(mem, side->of->target->engine, &request, &side->stream, err))
        return fail_side(locating->request, side->of, err);
    return side_next(locating, side, err);
}

// Of two rows that stand at one place: keys that are equal to the order alone (1 and 1.0) are two.
static void compare_rows(struct locating *locating, const struct engine_row_image *a,
                         const struct engine_row_image *b)
{
    bool differs = false;
    if (a->key_len != b->key_len || memcmp(a->key, b->key, a->key_len) != 0) {
        add_row(locating, &locating->out->missing, a->key_text);
        add_row(locating, &locating->out->extra, b->key_text);
        return;
    }
    for (size_t i = 0; i < locating->n_columns; i++) {
        if (a->column_hash[i] == b->column_hash[i])
            continue;
        differs = true;
        add_changed(locating, i, a->key_text);
    }
    if (differs)
        add_row(locating, &locating->out->changed, a->key_text);
}

// < 0: the row of `before` has no partner.
static int compare_places(const struct side *before, const struct side *after)
{
    if (!before->has_row || !after->has_row)
        return before->has_row ? -1 : 1;
    const struct engine_row_image *a = &before->image;
    const struct engine_row_image *b = &after->image;
    int difference =
        memcmp(a->order, b->order, a->order_len < b->order_len ? a->order_len : b->order_len);
    return difference != 0 ? difference
                           : (a->order_len > b->order_len) - (a->order_len < b->order_len);
}

static bool merge(struct locating *locating, struct error *err)
{
    SCRATCH(tmp);
    struct side before = {.of = &locating->request->before, .rows = &locating->out->rows_before};
    struct side after = {.of = &locating->request->after, .rows = &locating->out->rows_after};
    TRY(side_open(tmp, locating, &before, err));
    TRY(side_open(tmp, locating, &after, err));
    while (before.has_row || after.has_row) {
        int difference = compare_places(&before, &after);
        if (difference < 0)
            add_row(locating, &locating->out->missing, before.image.key_text);
        else if (difference > 0)
            add_row(locating, &locating->out->extra, after.image.key_text);
        else
            compare_rows(locating, &before.image, &after.image);
        if (difference <= 0)
            TRY(side_next(locating, &before, err));
        if (difference >= 0)
            TRY(side_next(locating, &after, err));
    }
    return true;
}

bool location_find(TALLOC_CTX *mem, const struct location_request *request, struct location *out,
                   struct error *err)
{
    SCRATCH(tmp);
    struct location location = {0};
    struct locating locating = {.request = request, .mem = talloc_new(tmp), .out = &location};
    const char *one = request->before.target->driver->name;
    const char *other = request->after.target->driver->name;
    if (strcmp(one, other) != 0) {
        error_set(err, ERROR_INPUT, "%s and %s cannot be compared: their values have other forms",
                  one, other);
        return error_hint(err, "compare counts and sums by checks of your own in tminus.yaml");
    }
    TRY(choose(&locating, tmp, err));
    TRY(is_one_database(request) ? join(&locating, err) : merge(&locating, err));
    location.is_equal =
        location.missing.rows == 0 && location.extra.rows == 0 && location.changed.rows == 0;
    for (size_t i = 0; i < location.n_columns; i++)
        location.is_equal &= location.columns[i].unknown == NULL;
    talloc_steal(mem, locating.mem);
    *out = location;
    return true;
}
