/*
 * A table's rows before and after, matched by key.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/comparing.h"
#include "rehearsal/row_merge.h"

#define PLACE_NONE SIZE_MAX

// A column that this reading reads: its place among the columns, and among the values shown.
struct read_column {
    struct compared_column *column;
    size_t before, after;
    size_t shown_before, shown_after;
};

struct reading {
    struct comparing *comparing;
    struct read_column *columns;
    size_t n_columns;
    bool counts_rows;   // added, removed and changed rows
    bool counts_values; // what the values became
    bool is_recount;    // of pairs that were found to come often
    struct row_merge merge;
};

// --- one row

static const struct engine_value *shown(const struct engine_row_image *image, size_t at)
{
    return at == PLACE_NONE ? NULL : &image->shown[at];
}

static bool is_read_as_value(const struct comparing *comparing,
                             const struct compared_column *column)
{
    return column->match->is_retyped || comparing->is_key_retyped;
}

static bool has_changed(const struct reading *reading, const struct read_column *read,
                        const struct engine_row_image *before, const struct engine_row_image *after)
{
    const struct comparing *comparing = reading->comparing;
    bool is_same_hash = before->column_hash[read->before] == after->column_hash[read->after];
    if (!is_read_as_value(comparing, read->column))
        return !is_same_hash;
    return !is_same_hash &&
           comparing_differs(comparing, read->column, shown(before, read->shown_before),
                             shown(after, read->shown_after));
}

// Of a column of one side alone: does it hold a value?
static bool is_filled(const struct read_column *read, const struct engine_row_image *before,
                      const struct engine_row_image *after)
{
    const struct engine_value *value = read->before == PLACE_NONE
                                           ? shown(after, read->shown_after)
                                           : shown(before, read->shown_before);
    return value != NULL && !value->is_null;
}

static void compare_rows(struct reading *reading, const struct engine_row_image *before,
                         const struct engine_row_image *after)
{
    bool is_changed = false;
    for (size_t i = 0; i < reading->n_columns; i++) {
        struct read_column *read = &reading->columns[i];
        bool is_paired = read->before != PLACE_NONE && read->after != PLACE_NONE;
        if (is_paired ? !has_changed(reading, read, before, after)
                      : !is_filled(read, before, after))
            continue;
        is_changed |= is_paired;
        read->column->differs = true;
        if (reading->counts_values)
            value_tally_add(read->column->tally, shown(before, read->shown_before),
                            shown(after, read->shown_after));
    }
    if (is_changed && reading->counts_rows)
        comparing_sample(reading->comparing, &reading->comparing->out->changed, after->key_text);
}

static void take_pair(void *context, const struct engine_row_image *before,
                      const struct engine_row_image *after)
{
    struct reading *reading = context;
    const struct comparing *comparing = reading->comparing;
    struct table_effect *out = comparing->out;
    bool is_left_out = comparing_leaves_out(comparing, after ? after->key_text : before->key_text);
    bool is_own = is_left_out && (before == NULL || after == NULL) &&
                  !comparing->comparison->request->is_only_except;
    if (reading->counts_rows && !is_own) { // what a rehearsal wrote is no row of the change
        out->rows_before += before != NULL;
        out->rows_after += after != NULL;
    }
    if (is_left_out)
        return;
    if (before != NULL && after != NULL)
        compare_rows(reading, before, after);
    else if (reading->counts_rows && before != NULL)
        comparing_sample(reading->comparing, &out->removed, before->key_text);
    else if (reading->counts_rows)
        comparing_sample(reading->comparing, &out->added, after->key_text);
}

// --- what is read

struct side_columns {
    const char **names;
    size_t n;
    size_t *shown;
    size_t n_shown;
};

static size_t add_column(struct side_columns *side, const char *name, bool is_shown,
                         size_t *shown_at)
{
    *shown_at = PLACE_NONE;
    if (name == NULL)
        return PLACE_NONE;
    if (is_shown) {
        *shown_at = side->n_shown;
        side->shown[side->n_shown++] = side->n;
    }
    side->names[side->n] = name;
    return side->n++;
}

static bool is_read(const struct reading *reading, const struct compared_column *column)
{
    bool is_paired = column->match->before != NULL && column->match->after != NULL;
    if (column->match->unknown != NULL || column->is_equal)
        return false;
    if (reading->is_recount)
        return column->is_recounted;
    if (!reading->counts_rows) // the second time: those of which something is to be told
        return is_paired ? column->differs : true;
    return is_paired || reading->counts_values;
}

static void choose(TALLOC_CTX *mem, struct reading *reading, struct side_columns *before,
                   struct side_columns *after)
{
    struct comparing *comparing = reading->comparing;
    size_t n = comparing->n_columns;
    reading->columns = mem_array(mem, struct read_column, n);
    for (struct side_columns *side = before;; side = after) {
        side->names = mem_array(mem, const char *, n + 1);
        side->shown = mem_array(mem, size_t, n + 1);
        if (side == after)
            break;
    }
    for (size_t i = 0; i < n; i++) {
        struct compared_column *column = &comparing->columns[i];
        bool is_shown = reading->counts_values || is_read_as_value(comparing, column);
        if (!is_read(reading, column))
            continue;
        struct read_column *read = &reading->columns[reading->n_columns++];
        read->column = column;
        read->before = add_column(before, column->match->before, is_shown, &read->shown_before);
        read->after = add_column(after, column->match->after, is_shown, &read->shown_after);
    }
}

static void make_tallies(struct reading *reading)
{
    struct comparing *comparing = reading->comparing;
    for (size_t i = 0; i < reading->n_columns; i++) {
        struct compared_column *column = reading->columns[i].column;
        if (column->tally == NULL)
            column->tally =
                value_tally_make(comparing->tmp, reading->n_columns, column->match->is_masked);
    }
}

static struct row_merge_side side_of(const struct target *target, struct name table,
                                     const struct side_columns *columns, const char **key,
                                     size_t n_key)
{
    return (struct row_merge_side){
        .target = target,
        .rows =
            {
                .table = table,
                .columns = columns->names,
                .n_columns = columns->n,
                .key = n_key == 0 ? NULL : key,
                .n_key = n_key,
                .shown = columns->shown,
                .n_shown = columns->n_shown,
            },
    };
}

static bool read_rows(struct reading *reading, struct error *err)
{
    SCRATCH(tmp);
    struct comparing *comparing = reading->comparing;
    const struct effects_request *request = comparing->comparison->request;
    const struct table_match *match = comparing->comparison->match;
    struct side_columns before = {0}, after = {0};
    choose(tmp, reading, &before, &after);
    if (!reading->counts_rows && reading->n_columns == 0)
        return true;
    if (reading->counts_values)
        make_tallies(reading);
    const struct row_merge merge = {
        .before = side_of(request->before, match->before, &before, comparing->key_before,
                          comparing->n_key),
        .after =
            side_of(request->after, match->after, &after, comparing->key_after, comparing->n_key),
        .is_key_retyped = comparing->is_key_retyped,
        .pair = take_pair,
        .context = reading,
        .progress = request->progress,
        .progress_context = request->context,
        .title = comparing->title,
        .total = comparing_total(comparing),
    };
    if (reading->counts_rows)
        comparing->out->rows_before = comparing->out->rows_after = 0;
    return row_merge_run(&merge, err);
}

// --- the readings

static bool recount(struct comparing *comparing, struct error *err)
{
    bool is_needed = false;
    for (size_t i = 0; i < comparing->n_columns; i++) {
        struct compared_column *column = &comparing->columns[i];
        bool is_rare = column->tally == NULL || !value_tally_needs_recount(column->tally);
        if (!is_rare)
            value_tally_recount(column->tally);
        column->is_recounted = !is_rare;
        is_needed |= !is_rare;
    }
    if (!is_needed)
        return true;
    struct reading again = {.comparing = comparing, .counts_values = true, .is_recount = true};
    return read_rows(&again, err);
}

bool comparing_by_key(struct comparing *comparing, struct error *err)
{
    struct reading rows = {
        .comparing = comparing,
        .counts_rows = true,
        .counts_values = comparing->has_same_keys,
    };
    struct reading values = {.comparing = comparing, .counts_values = true};
    TRY(read_rows(&rows, err));
    if (!rows.counts_values)
        TRY(read_rows(&values, err));
    TRY(recount(comparing, err));
    return comparing_doubled(comparing, err);
}
