/*
 * Row merges: two ordered streams side by side.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/row_merge.h"
#include <string.h>

#define PROGRESS_ROWS 4096

struct merging_side {
    const struct row_merge_side *of;
    struct engine_stream *stream;
    struct engine_row_image image;
    bool has_row;
};

struct merging {
    const struct row_merge *merge;
    struct merging_side before, after;
    int64_t rows;
};

static bool next(struct merging *merging, struct merging_side *side, struct error *err)
{
    const struct row_merge *merge = merging->merge;
    TRY(side->of->target->driver->proof->stream_next(side->stream, &side->image, &side->has_row,
                                                     err));
    if (side->has_row && ++merging->rows % PROGRESS_ROWS == 0 && merge->progress != NULL)
        merge->progress(merge->progress_context, merge->title, merging->rows,
                        merging->rows <= merge->total ? merge->total : -1);
    return true;
}

static bool begin(TALLOC_CTX *mem, struct merging *merging, struct merging_side *side,
                  const struct row_merge_side *of, struct error *err)
{
    side->of = of;
    TRY(of->target->driver->proof->stream_open(mem, of->target->engine, &of->rows, &side->stream,
                                               err));
    return next(merging, side, err);
}

// < 0: the row of `before` has no partner.
static int compare(const struct merging *merging)
{
    const struct engine_row_image *a = &merging->before.image, *b = &merging->after.image;
    if (!merging->before.has_row || !merging->after.has_row)
        return merging->before.has_row ? -1 : 1;
    int difference =
        memcmp(a->order, b->order, a->order_len < b->order_len ? a->order_len : b->order_len);
    return difference != 0 ? difference
                           : (a->order_len > b->order_len) - (a->order_len < b->order_len);
}

// Keys that are equal to the order alone (1 and 1.0) are two.
static bool is_one_key(const struct merging *merging)
{
    const struct engine_row_image *a = &merging->before.image, *b = &merging->after.image;
    return merging->merge->is_key_retyped ||
           (a->key_len == b->key_len && memcmp(a->key, b->key, a->key_len) == 0);
}

static void give(const struct merging *merging, int difference)
{
    const struct row_merge *merge = merging->merge;
    bool is_one = difference == 0 && is_one_key(merging);
    if (is_one) {
        merge->pair(merge->context, &merging->before.image, &merging->after.image);
        return;
    }
    if (difference <= 0)
        merge->pair(merge->context, &merging->before.image, NULL);
    if (difference >= 0)
        merge->pair(merge->context, NULL, &merging->after.image);
}

bool row_merge_run(const struct row_merge *merge, struct error *err)
{
    SCRATCH(tmp);
    struct merging merging = {.merge = merge};
    TRY(begin(tmp, &merging, &merging.before, &merge->before, err));
    TRY(begin(tmp, &merging, &merging.after, &merge->after, err));
    while (merging.before.has_row || merging.after.has_row) {
        int difference = compare(&merging);
        give(&merging, difference);
        if (difference <= 0)
            TRY(next(&merging, &merging.before, err));
        if (difference >= 0)
            TRY(next(&merging, &merging.after, err));
    }
    return true;
}
