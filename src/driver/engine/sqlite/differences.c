/*
 * The rows in which two tables of one SQLite database differ: both are read once, in the order of
 * the key, and their values compared as they are stored, with their types.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/sqlite/ordered_rows.h"

struct merging {
    struct ordered_rows *before, *after;
    bool has_before, has_after;
    size_t *columns; // that differ in the rows at hand
    engine_differs *each;
    void *context;
};

static bool is_same_value(const struct table_key *key, sqlite3_value *a, sqlite3_value *b)
{
    int type = sqlite3_value_type(a);
    if (type != sqlite3_value_type(b))
        return false;
    if (type == SQLITE_INTEGER)
        return sqlite3_value_int64(a) == sqlite3_value_int64(b);
    if (type == SQLITE_FLOAT) {
        double one = sqlite3_value_double(a);
        double other = sqlite3_value_double(b);
        return memcmp(&one, &other, sizeof one) == 0; // 0.0 and -0.0 are two
    }
    if (type == SQLITE_NULL)
        return true;
    const void *one = table_key_bytes(key, a, type);
    const void *other = table_key_bytes(key, b, type);
    size_t len = (size_t)sqlite3_value_bytes(a);
    return len == (size_t)sqlite3_value_bytes(b) && memcmp(one, other, len) == 0;
}

// < 0: the row of `before` has no partner.
static int compare_places(const struct merging *merging)
{
    if (!merging->has_before || !merging->has_after)
        return merging->has_before ? -1 : 1;
    const struct order_image *a = merging->before->order;
    const struct order_image *b = merging->after->order;
    return order_compare(a->bytes, a->len, b->bytes, b->len);
}

static size_t compare_values(struct merging *merging)
{
    size_t n = 0;
    for (size_t i = 0; i < merging->before->columns.n; i++)
        if (!is_same_value(merging->before->key, merging->before->row[i], merging->after->row[i]))
            merging->columns[n++] = i;
    return n;
}

// False: nobody wants more.
static bool tell(struct merging *merging, int place)
{
    struct ordered_rows *of = place > 0 ? merging->after : merging->before;
    struct engine_difference difference = {.columns = merging->columns};
    if (place < 0)
        difference.kind = DIFFERENCE_MISSING;
    else if (place > 0)
        difference.kind = DIFFERENCE_EXTRA;
    else
        difference.kind = DIFFERENCE_CHANGED;
    if (place == 0)
        difference.n_columns = compare_values(merging);
    if (place == 0 && difference.n_columns == 0)
        return true;
    difference.key_text = table_key_text(of->key, of->row);
    return merging->each(merging->context, &difference);
}

static bool merge(struct merging *merging, struct error *err)
{
    TRY(ordered_rows_next(merging->before, &merging->has_before, err));
    TRY(ordered_rows_next(merging->after, &merging->has_after, err));
    while (merging->has_before || merging->has_after) {
        int place = compare_places(merging);
        if (!tell(merging, place))
            return true;
        if (place <= 0)
            TRY(ordered_rows_next(merging->before, &merging->has_before, err));
        if (place >= 0)
            TRY(ordered_rows_next(merging->after, &merging->has_after, err));
    }
    return true;
}

bool sqlite_differences(struct engine *engine, const struct engine_differences_request *request,
                        engine_differs *each, void *context, struct error *err)
{
    SCRATCH(tmp);
    struct merging merging = {.each = each, .context = context};
    struct engine_fingerprint_request side = {.table = request->before,
                                              .columns = request->columns,
                                              .n_columns = request->n_columns,
                                              .key = request->key,
                                              .n_key = request->n_key};
    merging.columns = mem_array(tmp, size_t, request->n_columns);
    TRY(ordered_rows_open(tmp, engine, &side, &merging.before, err));
    side.table = request->after;
    TRY(ordered_rows_open(tmp, engine, &side, &merging.after, err));
    return merge(&merging, err);
}
