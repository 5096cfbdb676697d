/*
 * Comparison: one table of a baseline against the database as it is now.
 *
 * First the fingerprint alone: a table whose columns all have the sums of the baseline is equal,
 * and that is the usual case. Only when one differs are the rows read again with their images.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/comparison.h"
#include "proof/named_rows.h"
#include "proof/row_images.h"
#include "proof/sql.h"

// The columns that are there before and after, and the key by its names of now.
struct pairing {
    const char **names; // now
    size_t *places;     // in the baseline's table
    const struct trace_column **traced;
    size_t n;
    const char **key;
    size_t n_key;
};

static const char *name_now(const struct comparison_request *request, const char *before,
                            const struct trace_column **traced)
{
    const struct trace_column *column =
        request->traced == NULL ? NULL : trace_column_before(request->traced, before);
    *traced = column;
    if (request->as_before || column == NULL)
        return before;
    return column->after;
}

static void pair_columns(TALLOC_CTX *mem, const struct comparison_request *request,
                         struct pairing *pairing, struct comparison *out)
{
    const struct baseline_table *table = request->table;

    pairing->names = mem_array(mem, const char *, table->n_columns);
    pairing->places = mem_array(mem, size_t, table->n_columns);
    pairing->traced = mem_array(mem, const struct trace_column *, table->n_columns);
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct trace_column *traced;
        const char *now = name_now(request, table->columns[i].name, &traced);
        if (now == NULL) {
            *mem_append(mem, out->gone, out->n_gone) = table->columns[i].name;
            continue;
        }
        pairing->names[pairing->n] = now;
        pairing->places[pairing->n] = i;
        pairing->traced[pairing->n++] = traced;
    }
    for (size_t i = 0;
         !request->as_before && request->traced != NULL && i < request->traced->n_columns; i++)
        if (request->traced->columns[i]->before == NULL &&
            request->traced->columns[i]->after != NULL)
            *mem_append(mem, out->added, out->n_added) = request->traced->columns[i]->after;
}

// Why rows cannot be matched; NULL when they can.
static const char *pair_key(TALLOC_CTX *mem, const struct comparison_request *request,
                            struct pairing *pairing, const struct comparison *out)
{
    const struct baseline_table *table = request->table;

    if (table->n_key == 0 && table->key_is_rowid && out->rebuilt != NULL)
        return mem_printf(
            mem,
            "the table was rebuilt and has no primary key to match rows by; name one in "
            "tminus.yaml: tables: {%s: {key: …}}",
            table->name.name);
    if (table->n_key == 0 && !table->has_key)
        return mem_printf(mem,
                          "the table has no key to match rows by; name one in tminus.yaml: "
                          "tables: {%s: {key: …}}",
                          table->name.name);
    for (size_t i = 0; i < table->n_key; i++) {
        const struct trace_column *traced;
        const char *now = name_now(request, table->key[i], &traced);
        if (now == NULL)
            return mem_printf(mem, "the key column '%s' is dropped: rows cannot be matched",
                              table->key[i]);
        if (traced != NULL && traced->written.cause != NULL && !request->as_before)
            return mem_printf(mem, "the key column '%s' is written by %s: rows cannot be matched",
                              table->key[i], traced->written.cause);
        *mem_append(mem, pairing->key, pairing->n_key) = now;
    }
    return NULL;
}

static struct row_images_request images_of(const struct comparison_request *request,
                                           const struct pairing *pairing,
                                           const struct comparison *out)
{
    return (struct row_images_request){
        .target = request->target,
        .table = out->after,
        .columns = pairing->names,
        .n_columns = pairing->n,
        .key = pairing->key,
        .n_key = pairing->n_key,
        .wants_content = request->table->n_key == 0,
        .id = request->table->id,
        .rows_expected = request->table->rows,
        .writers = request->writers,
    };
}

static bool is_equal_sum(const struct engine_sum *a, const struct engine_sum *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

// Where no key is declared, SQLite may number the rows anew: VACUUM, a dump, a rebuild. What they
// hold is then told by the content alone.
static bool is_equal_content(const struct comparison_request *request,
                             const struct pairing *pairing, const struct engine_fingerprint *print)
{
    const struct baseline_table *table = request->table;

    return table->n_key == 0 && pairing->n == table->n_columns && print->rows == table->rows &&
           is_equal_sum(&print->content, &table->content);
}

static bool is_equal_print(const struct comparison_request *request, const struct pairing *pairing,
                           const struct engine_fingerprint *print)
{
    if (print->rows != request->table->rows)
        return false;
    for (size_t i = 0; i < pairing->n; i++) {
        const struct baseline_column *before = &request->table->columns[pairing->places[i]];
        if (before->unknown == NULL && print->columns[i].unknown == NULL &&
            !is_equal_sum(&print->columns[i].sum, &before->sum))
            return false;
    }
    return pairing->n > 0 || print->rows == 0; // no column is left: the keys are looked at
}

// Columns that the role may not read, now or at the baseline, are not compared, and it is said.
static void leave_unread(TALLOC_CTX *mem, const struct comparison_request *request,
                         const struct engine_fingerprint *print, struct pairing *pairing,
                         struct comparison *out)
{
    size_t n = 0;

    for (size_t i = 0; i < pairing->n; i++) {
        const char *before = request->table->columns[pairing->places[i]].unknown;
        const char *why = print->columns[i].unknown != NULL ? print->columns[i].unknown : before;
        if (why != NULL) {
            out->unread = mem_printf(
                mem, "%s%s%s could not be read%s: %s", out->unread == NULL ? "" : out->unread,
                out->unread == NULL ? "" : "; ", pairing->names[i],
                print->columns[i].unknown == NULL ? " at the baseline" : "", why);
            continue;
        }
        pairing->names[n] = pairing->names[i];
        pairing->places[n] = pairing->places[i];
        pairing->traced[n++] = pairing->traced[i];
    }
    pairing->n = n;
    out->n_compared = n;
}

// --- columns

// What is counted of one column while the rows go by.
struct column_count {
    struct column_difference difference;
    struct named_rows named;
};

struct column_walk {
    const struct pairing *pairing;
    struct column_count *columns; // one for each pair
    struct noted_rows *noted;
};

// One row of both sides: key_text, columns before, columns now, key, writer.
struct row_pair {
    struct table_query *query;
    const char *key_text;
    const uint8_t *key;
    size_t key_len;
    enum writer writer;
    bool is_resolved;
};

// Only rows that differ are looked up among those that traffic wrote.
static bool writer_of(const struct column_walk *walk, struct row_pair *pair, enum writer *out,
                      struct error *err)
{
    if (!pair->is_resolved)
        TRY(noted_rows_resolve(walk->noted, pair->key, pair->key_len, &pair->writer, err));
    pair->is_resolved = true;
    *out = pair->writer;
    return true;
}

// A column of which is known which rows the migration names: is this row what it should be?
static bool compare_named(TALLOC_CTX *mem, struct column_walk *walk, struct column_count *column,
                          struct row_pair *pair, bool differs, const uint8_t *now,
                          struct error *err)
{
    bool is_named;
    const uint8_t *value;
    enum writer writer;

    TRY(named_rows_find(&column->named, pair->key, pair->key_len, &is_named, &value, err));
    bool is_wrong = value != NULL && memcmp(now, value, ROW_IMAGE_HASH_BYTES) != 0;
    column->difference.rows += differs || is_wrong;
    if (!is_wrong && (!differs || is_named))
        return true;
    TRY(writer_of(walk, pair, &writer, err));
    column->difference.wrong += is_wrong;
    unexplained_add(mem, &column->difference.rest, writer, pair->key_text);
    return true;
}

static bool compare_column(TALLOC_CTX *mem, struct column_walk *walk, size_t at,
                           struct row_pair *pair, bool differs, const uint8_t *now,
                           struct error *err)
{
    struct column_count *column = &walk->columns[at];
    enum writer writer;

    if (column->named.is_known)
        return compare_named(mem, walk, column, pair, differs, now, err);
    if (!differs)
        return true;
    TRY(writer_of(walk, pair, &writer, err));
    column->difference.rows++;
    unexplained_add(mem, &column->difference.rest, writer, pair->key_text);
    return true;
}

static bool compare_row(TALLOC_CTX *mem, struct column_walk *walk, struct table_query *query,
                        struct error *err)
{
    size_t base_len, now_len;
    const uint8_t *base = table_query_blob(query, 1, &base_len);
    const uint8_t *now = table_query_blob(query, 2, &now_len);
    struct row_pair pair = {.key_text = table_query_text(query, 0),
                            .writer = (enum writer)table_query_integer(query, 4)};

    pair.key = table_query_blob(query, 3, &pair.key_len);
    for (size_t i = 0; i < walk->pairing->n; i++) {
        size_t place = walk->pairing->places[i] * ROW_IMAGE_HASH_BYTES;
        if (place + ROW_IMAGE_HASH_BYTES > base_len || (i + 1) * ROW_IMAGE_HASH_BYTES > now_len)
            continue;
        const uint8_t *hash = now + i * ROW_IMAGE_HASH_BYTES;
        bool differs = memcmp(base + place, hash, ROW_IMAGE_HASH_BYTES) != 0;
        TRY(compare_column(mem, walk, i, &pair, differs, hash, err));
    }
    return true;
}

static bool walk_rows(TALLOC_CTX *mem, const struct comparison_request *request,
                      struct column_walk *walk, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool has_row;
    long long id = (long long)request->table->id;

    TRY(table_query_make(
        tmp, request->file,
        mem_printf(tmp,
                   "SELECT a.key_text, a.columns, b.columns, a.key, b.writer FROM "
                   "base.row_image_%lld a JOIN main.row_image_%lld b ON b.key = a.key",
                   id, id),
        &query, err));
    for (;;) {
        TRY(table_query_next(query, &has_row, err));
        if (!has_row)
            return true;
        TRY(compare_row(mem, walk, query, err));
    }
}

// How many rows a statement names is known, but not which: of those that traffic did not write
// last, as many are explained, and the plainest are left for those that are too many.
static void bound_column(struct column_difference *difference, int64_t limit)
{
    static const enum writer order[] = {WRITER_MIGRATION, WRITER_AMONG, WRITER_UNKNOWN,
                                        WRITER_BEFORE};
    struct writer_counts *by = &difference->rest.by;

    for (size_t i = 0; i < COUNT_OF(order); i++) {
        int64_t explained = by->n[order[i]];
        if (limit >= 0 && explained > limit)
            explained = limit;
        by->n[order[i]] -= explained;
        limit -= limit >= 0 ? explained : 0;
    }
}

static void explain_column(const struct comparison_request *request, const struct pairing *pairing,
                           size_t at, struct column_difference *difference)
{
    const struct trace_column *traced = pairing->traced[at];

    difference->is_written = request->as_before || traced == NULL || traced->written.cause != NULL;
    if (!request->as_before && traced != NULL && traced->written.cause != NULL) {
        difference->cause = traced->written.cause;
        if (!difference->is_exact)
            bound_column(difference, request->table->columns[pairing->places[at]].written_rows);
    }
    difference->by_migration = difference->rows - writer_counts_sum(&difference->rest.by);
}

static bool compare_columns(TALLOC_CTX *mem, const struct comparison_request *request,
                            const struct pairing *pairing, struct comparison *out,
                            struct error *err)
{
    SCRATCH(tmp);
    struct column_walk walk = {
        .pairing = pairing,
        .columns = mem_array(tmp, struct column_count, pairing->n + 1),
    };

    for (size_t i = 0; !request->as_before && i < pairing->n; i++) {
        struct column_count *column = &walk.columns[i];
        TRY(named_rows_open(tmp, request->file, request->table->id, (int64_t)pairing->places[i],
                            &column->named, err));
        column->difference.is_exact = column->named.is_known;
    }
    TRY(noted_rows_open(tmp, request->writers, request->file, request->table->id, &walk.noted,
                        err));
    TRY(walk_rows(mem, request, &walk, err));
    for (size_t i = 0; i < pairing->n; i++) {
        struct column_difference *difference = &walk.columns[i].difference;
        if (difference->rows == 0)
            continue;
        difference->column = mem_strdup(mem, pairing->names[i]);
        explain_column(request, pairing, i, difference);
        *mem_append(mem, out->columns, out->n_columns) = *difference;
    }
    return true;
}

static bool compare_rows(TALLOC_CTX *mem, const struct comparison_request *request,
                         const struct pairing *pairing, struct comparison *out, struct error *err)
{
    SCRATCH(tmp);
    struct engine_fingerprint *print;
    struct row_images_request images = images_of(request, pairing, out);

    images.counts = &out->rows;
    TRY(row_images_take(tmp, request->file, &images, &print, err));
    TRY(comparison_keys(mem, request, out, err));
    TRY(compare_columns(mem, request, pairing, out, err));
    bool differs = out->missing.keys + out->extra.keys + out->doubled.keys + out->kept.keys +
                       (int64_t)out->n_columns >
                   0;
    out->is_equal = !differs && (out->is_equal || pairing->n == 0);
    if (!differs && !out->is_equal)
        out->unknown = "the fingerprints differ, but no row could be named";
    return true;
}

static bool has_named(const struct comparison_request *request, bool *out, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;

    *out = false;
    if (request->as_before)
        return true;
    TRY(table_query_make(tmp, request->file,
                         mem_printf(tmp, "SELECT 1 FROM base.named_row WHERE id = %lld",
                                    (long long)request->table->id),
                         &query, err));
    return table_query_next(query, out, err);
}

// The fingerprint alone; NULL when it could not be taken, and `out` says why.
static bool take_print(TALLOC_CTX *mem, const struct row_images_request *images,
                       struct engine_fingerprint **print, struct comparison *out, struct error *err)
{
    struct error failure = {0};

    *print = NULL;
    if (row_images_take(mem, NULL, images, print, &failure))
        return true;
    if (failure.code == ERROR_INTERRUPTED || failure.code == ERROR_UNREACHABLE) {
        *err = failure;
        return false;
    }
    out->unknown = mem_strdup(mem, failure.message);
    return true;
}

static struct comparison begin(const struct comparison_request *request)
{
    const struct trace_table *traced = request->as_before ? NULL : request->traced;

    return (struct comparison){
        .before = request->table,
        .after = traced == NULL ? request->table->name : traced->after,
        .dropped = traced == NULL ? NULL : traced->dropped,
        .rebuilt = traced == NULL ? NULL : traced->rebuilt,
    };
}

static bool compare_prints(TALLOC_CTX *mem, const struct comparison_request *request,
                           struct pairing *pairing, struct comparison *out, struct error *err)
{
    const char *unmatched = pair_key(mem, request, pairing, out);
    const struct row_images_request images = images_of(request, pairing, out);
    struct engine_fingerprint *print;
    bool is_named;

    if (unmatched != NULL && request->table->n_key > 0) {
        out->unknown = unmatched;
        return true;
    }
    TRY(take_print(mem, &images, &print, out, err));
    if (print == NULL)
        return true;
    out->rows_after = print->rows;
    out->is_equal = is_equal_content(request, pairing, print) ||
                    (unmatched == NULL && is_equal_print(request, pairing, print));
    out->unknown = out->is_equal ? NULL : unmatched;
    if (unmatched != NULL)
        return true;
    leave_unread(mem, request, print, pairing, out);
    // What the migration should have changed and did not leaves equal sums.
    TRY(has_named(request, &is_named, err));
    return (out->is_equal && !is_named) || compare_rows(mem, request, pairing, out, err);
}

bool comparison_make(TALLOC_CTX *mem, const struct comparison_request *request,
                     struct comparison *out, struct error *err)
{
    struct pairing pairing = {0};

    *out = begin(request);
    if (out->after.name == NULL)
        return true;
    pair_columns(mem, request, &pairing, out);
    out->n_compared = pairing.n;
    comparison_check_schema(mem, request, out);
    return out->damage != NULL || compare_prints(mem, request, &pairing, out, err);
}
