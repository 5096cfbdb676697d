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
    for (size_t i = 0; i < pairing->n; i++)
        if (!is_equal_sum(&print->columns[i].sum, &request->table->columns[pairing->places[i]].sum))
            return false;
    return pairing->n > 0 || print->rows == 0; // no column is left: the keys are looked at
}

// --- keys

static bool take_keys(TALLOC_CTX *mem, struct table_file *file, const char *sql,
                      struct key_difference *out, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool has_row;

    TRY(table_query_make(tmp, file, sql, &query, err));
    for (;;) {
        TRY(table_query_next(query, &has_row, err));
        if (!has_row)
            return true;
        out->keys++;
        out->rows += table_query_integer(query, 1);
        if (out->n_samples < COMPARISON_SAMPLES)
            *mem_append(mem, out->samples, out->n_samples) =
                mem_strdup(mem, table_query_text(query, 0));
    }
}

// Keys that are in `from` and not in `in`, by text: id=2 before id=10 where keys are of one length.
static char *absent_sql(TALLOC_CTX *mem, int64_t id, const char *from, const char *in,
                        const char *what)
{
    return mem_printf(mem,
                      "SELECT %s FROM %s.row_image_%lld a WHERE NOT EXISTS "
                      "(SELECT 1 FROM %s.row_image_%lld b WHERE b.key = a.key)",
                      what, from, (long long)id, in, (long long)id);
}

static char *doubled_sql(TALLOC_CTX *mem, int64_t id, const char *what)
{
    return mem_printf(
        mem,
        "SELECT %s FROM main.row_image_%lld a JOIN base.row_image_%lld b ON b.key = a.key "
        "WHERE a.n > b.n",
        what, (long long)id, (long long)id);
}

static bool compare_keys(TALLOC_CTX *mem, const struct comparison_request *request,
                         struct comparison *out, struct error *err)
{
    SCRATCH(tmp);
    int64_t id = request->table->id;
    const char *order = " ORDER BY length(a.key_text), a.key_text";
    const char *missing = absent_sql(tmp, id, "base", "main", "a.key_text, a.n");
    const char *extra = absent_sql(tmp, id, "main", "base", "a.key_text, a.n");
    const char *doubled = doubled_sql(tmp, id, "a.key_text, a.n - b.n");

    TRY(take_keys(mem, request->file, mem_printf(tmp, "%s%s", missing, order), &out->missing, err));
    TRY(take_keys(mem, request->file, mem_printf(tmp, "%s%s", extra, order), &out->extra, err));
    TRY(take_keys(mem, request->file, mem_printf(tmp, "%s%s", doubled, order), &out->doubled, err));
    TRY(trait_find(mem, request, absent_sql(tmp, id, "base", "main", "a.key"), &out->missing, err));
    return trait_find(mem, request, doubled_sql(tmp, id, "a.key"), &out->doubled, err);
}

// --- columns

struct column_walk {
    const struct pairing *pairing;
    struct column_difference *differences; // one for each pair
    struct named_rows *named;              // likewise
};

static void add_sample(TALLOC_CTX *mem, struct column_difference *difference, const char *key)
{
    if (difference->n_samples < COMPARISON_SAMPLES)
        *mem_append(mem, difference->samples, difference->n_samples) = mem_strdup(mem, key);
}

// A column of which is known which rows the migration names: is this row what it should be?
static bool compare_named(TALLOC_CTX *mem, struct column_walk *walk, size_t at,
                          struct table_query *query, bool differs, const uint8_t *now,
                          struct error *err)
{
    struct column_difference *difference = &walk->differences[at];
    bool is_named;
    const uint8_t *value;
    size_t key_len;
    const uint8_t *key = table_query_blob(query, 3, &key_len);

    TRY(named_rows_find(&walk->named[at], key, key_len, &is_named, &value, err));
    bool is_wrong = value != NULL && memcmp(now, value, ROW_IMAGE_HASH_BYTES) != 0;
    difference->rows += differs || is_wrong;
    difference->wrong += is_wrong;
    if (is_wrong || (differs && !is_named)) {
        difference->unattributed++;
        add_sample(mem, difference, table_query_text(query, 0));
    }
    return true;
}

static bool compare_row(TALLOC_CTX *mem, struct column_walk *walk, struct table_query *query,
                        struct error *err)
{
    size_t base_len, now_len;
    const uint8_t *base = table_query_blob(query, 1, &base_len);
    const uint8_t *now = table_query_blob(query, 2, &now_len);

    for (size_t i = 0; i < walk->pairing->n; i++) {
        size_t place = walk->pairing->places[i] * ROW_IMAGE_HASH_BYTES;
        if (place + ROW_IMAGE_HASH_BYTES > base_len || (i + 1) * ROW_IMAGE_HASH_BYTES > now_len)
            continue;
        const uint8_t *hash = now + i * ROW_IMAGE_HASH_BYTES;
        bool differs = memcmp(base + place, hash, ROW_IMAGE_HASH_BYTES) != 0;
        if (walk->named[i].is_known) {
            TRY(compare_named(mem, walk, i, query, differs, hash, err));
        } else if (differs) {
            walk->differences[i].rows++;
            add_sample(mem, &walk->differences[i], table_query_text(query, 0));
        }
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
                   "SELECT a.key_text, a.columns, b.columns, a.key FROM base.row_image_%lld a "
                   "JOIN main.row_image_%lld b ON b.key = a.key",
                   id, id),
        &query, err));
    for (;;) {
        TRY(table_query_next(query, &has_row, err));
        if (!has_row)
            return true;
        TRY(compare_row(mem, walk, query, err));
    }
}

static int64_t at_most(int64_t rows, int64_t limit)
{
    return limit >= 0 && rows > limit ? limit : rows;
}

static void explain_column(const struct comparison_request *request, const struct pairing *pairing,
                           size_t at, struct column_difference *difference)
{
    const struct trace_column *traced = pairing->traced[at];

    if (difference->is_exact) {
        difference->cause = traced->written.cause;
        difference->by_migration = difference->rows - difference->unattributed;
        return;
    }
    if (!request->as_before && traced != NULL && traced->written.cause != NULL) {
        difference->cause = traced->written.cause;
        difference->by_migration =
            at_most(difference->rows, request->table->columns[pairing->places[at]].written_rows);
    }
    difference->unattributed = difference->rows - difference->by_migration;
}

static bool compare_columns(TALLOC_CTX *mem, const struct comparison_request *request,
                            const struct pairing *pairing, struct comparison *out,
                            struct error *err)
{
    SCRATCH(tmp);
    struct column_walk walk = {
        .pairing = pairing,
        .differences = mem_array(tmp, struct column_difference, pairing->n + 1),
        .named = mem_array(tmp, struct named_rows, pairing->n + 1),
    };

    for (size_t i = 0; !request->as_before && i < pairing->n; i++) {
        TRY(named_rows_open(tmp, request->file, request->table->id, (int64_t)pairing->places[i],
                            &walk.named[i], err));
        walk.differences[i].is_exact = walk.named[i].is_known;
    }
    TRY(walk_rows(mem, request, &walk, err));
    for (size_t i = 0; i < pairing->n; i++) {
        if (walk.differences[i].rows == 0)
            continue;
        walk.differences[i].column = mem_strdup(mem, pairing->names[i]);
        explain_column(request, pairing, i, &walk.differences[i]);
        *mem_append(mem, out->columns, out->n_columns) = walk.differences[i];
    }
    return true;
}

// --- what the text explains of keys

// Rows that are gone and were not to go, and rows that were to go and are still there.
static bool compare_removed(TALLOC_CTX *mem, const struct comparison_request *request,
                            struct comparison *out, struct error *err)
{
    SCRATCH(tmp);
    struct named_rows named;
    struct key_difference unnamed = {0};
    long long id = (long long)request->table->id;
    const char *is_named =
        mem_printf(tmp,
                   "EXISTS (SELECT 1 FROM base.named_row n WHERE n.id = %lld AND "
                   "n.place = %d AND n.key = a.key)",
                   id, NAMED_REMOVED);

    TRY(named_rows_open(tmp, request->file, request->table->id, NAMED_REMOVED, &named, err));
    if (!named.is_known || request->as_before)
        return true;
    TRY(take_keys(mem, request->file,
                  mem_printf(tmp, "%s AND NOT %s ORDER BY length(a.key_text), a.key_text",
                             absent_sql(tmp, id, "base", "main", "a.key_text, a.n"), is_named),
                  &unnamed, err));
    out->missing.unattributed = unnamed.keys;
    if (unnamed.keys > 0) {
        out->missing.samples = unnamed.samples;
        out->missing.n_samples = unnamed.n_samples;
        out->missing.is_exact = true;
    }
    if (out->extra.cause != NULL)
        return true; // what was deleted may have been put back
    TRY(take_keys(mem, request->file,
                  mem_printf(tmp,
                             "SELECT a.key_text, a.n FROM main.row_image_%lld a WHERE %s "
                             "ORDER BY length(a.key_text), a.key_text",
                             id, is_named),
                  &out->kept, err));
    out->kept.unattributed = out->kept.keys;
    out->kept.cause = out->missing.cause;
    return true;
}

static void explain_keys(const struct comparison_request *request, struct comparison *out)
{
    const struct trace_table *traced = request->as_before ? NULL : request->traced;

    out->missing.unattributed = out->missing.keys;
    out->extra.unattributed = out->extra.keys;
    out->doubled.unattributed = out->doubled.keys;
    if (traced == NULL)
        return;
    if (traced->removed.cause != NULL) {
        out->missing.cause = traced->removed.cause;
        // Nothing is known of how many rows it names: none is explained.
        out->missing.unattributed -= request->table->removed_rows < 0
                                         ? 0
                                         : at_most(out->missing.keys, request->table->removed_rows);
    }
    if (traced->added != NULL && traced->rebuilt == NULL) {
        out->extra.cause = traced->added;
        out->extra.unattributed = 0;
    }
}

static bool compare_rows(TALLOC_CTX *mem, const struct comparison_request *request,
                         const struct pairing *pairing, struct comparison *out, struct error *err)
{
    SCRATCH(tmp);
    struct engine_fingerprint *print;
    const struct row_images_request images = images_of(request, pairing, out);

    TRY(row_images_take(tmp, request->file, &images, &print, err));
    TRY(compare_keys(mem, request, out, err));
    TRY(compare_columns(mem, request, pairing, out, err));
    explain_keys(request, out);
    TRY(compare_removed(mem, request, out, err));
    bool differs = out->missing.keys + out->extra.keys + out->doubled.keys + out->kept.keys +
                       (int64_t)out->n_columns >
                   0;
    out->is_equal = !differs && (out->is_equal || pairing->n == 0);
    if (differs)
        return true;
    if (!out->is_equal)
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

bool comparison_make(TALLOC_CTX *mem, const struct comparison_request *request,
                     struct comparison *out, struct error *err)
{
    SCRATCH(tmp);
    struct pairing pairing = {0};
    struct engine_fingerprint *print;
    bool is_named;
    const struct trace_table *traced = request->as_before ? NULL : request->traced;

    *out = (struct comparison){
        .before = request->table,
        .after = traced == NULL ? request->table->name : traced->after,
        .dropped = traced == NULL ? NULL : traced->dropped,
        .rebuilt = traced == NULL ? NULL : traced->rebuilt,
    };
    if (out->after.name == NULL)
        return true;
    pair_columns(mem, request, &pairing, out);
    out->n_compared = pairing.n;
    const char *unmatched = pair_key(mem, request, &pairing, out);
    if (unmatched != NULL && request->table->n_key > 0) {
        out->unknown = unmatched;
        return true;
    }
    struct row_images_request images = images_of(request, &pairing, out);
    struct error failure = {0};
    if (!row_images_take(tmp, NULL, &images, &print, &failure)) {
        if (failure.code == ERROR_INTERRUPTED || failure.code == ERROR_UNREACHABLE) {
            *err = failure;
            return false;
        }
        out->unknown = mem_strdup(mem, failure.message);
        return true;
    }
    out->rows_after = print->rows;
    out->is_equal = is_equal_content(request, &pairing, print) ||
                    (unmatched == NULL && is_equal_print(request, &pairing, print));
    out->unknown = out->is_equal ? NULL : unmatched;
    if (unmatched != NULL)
        return true;
    // What the migration should have changed and did not leaves equal sums.
    TRY(has_named(request, &is_named, err));
    return (out->is_equal && !is_named) || compare_rows(mem, request, &pairing, out, err);
}

int64_t comparison_unattributed(const struct comparison *comparison)
{
    int64_t rows = comparison->missing.unattributed + comparison->extra.unattributed +
                   comparison->doubled.unattributed + comparison->kept.unattributed;

    for (size_t i = 0; i < comparison->n_columns; i++)
        rows += comparison->columns[i].unattributed;
    return rows;
}
