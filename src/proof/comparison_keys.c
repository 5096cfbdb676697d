/*
 * Comparison of keys: rows that are gone, new, there more than once, or there although they were to
 * go; and which of them the text explains.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/comparison.h"
#include "proof/named_rows.h"

void unexplained_add(TALLOC_CTX *mem, struct unexplained *rest, enum writer writer, const char *key)
{
    bool is_traffic = writer == WRITER_TRAFFIC || writer == WRITER_NOTED;

    rest->by.n[writer]++;
    if (is_traffic && rest->n_traffic_samples < COMPARISON_SAMPLES)
        *mem_append(mem, rest->traffic_samples, rest->n_traffic_samples) = mem_strdup(mem, key);
    else if (!is_traffic && rest->n_samples < COMPARISON_SAMPLES)
        *mem_append(mem, rest->samples, rest->n_samples) = mem_strdup(mem, key);
}

// What becomes of each key of a query.
struct key_walk {
    TALLOC_CTX *mem;
    struct key_difference *out;
    struct noted_rows *noted; // NULL: nothing is known of it
    bool is_explained;        // by the text, whoever wrote it but traffic
};

// SELECT key_text, rows, key, writer
static bool take_key(struct key_walk *walk, struct table_query *query, struct error *err)
{
    struct key_difference *out = walk->out;
    const char *text = table_query_text(query, 0);
    enum writer writer = (enum writer)table_query_integer(query, 3);
    size_t len;
    const uint8_t *key = table_query_blob(query, 2, &len);

    out->keys++;
    out->rows += table_query_integer(query, 1);
    if (out->n_samples < COMPARISON_SAMPLES)
        *mem_append(walk->mem, out->samples, out->n_samples) = mem_strdup(walk->mem, text);
    TRY(noted_rows_resolve(walk->noted, key, len, &writer, err));
    bool is_traffic = writer == WRITER_TRAFFIC || writer == WRITER_NOTED;
    if (!walk->is_explained || is_traffic)
        unexplained_add(walk->mem, &out->rest, writer, text);
    return true;
}

static bool take_keys(struct key_walk *walk, struct table_file *file, const char *sql,
                      struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool has_row;

    // By text: id=2 before id=10 where keys are of one length.
    TRY(table_query_make(tmp, file,
                         mem_printf(tmp, "%s ORDER BY length(a.key_text), a.key_text", sql), &query,
                         err));
    for (;;) {
        TRY(table_query_next(query, &has_row, err));
        if (!has_row)
            return true;
        TRY(take_key(walk, query, err));
    }
}

// Keys that are in `from` and not in `in`.
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

static const struct trace_table *explaining(const struct comparison_request *request)
{
    return request->as_before ? NULL : request->traced;
}

static bool compare_extra(TALLOC_CTX *mem, const struct comparison_request *request,
                          struct comparison *out, struct error *err)
{
    SCRATCH(tmp);
    const struct trace_table *traced = explaining(request);
    struct key_walk walk = {.mem = mem, .out = &out->extra};

    if (traced != NULL && traced->added != NULL && traced->rebuilt == NULL) {
        out->extra.cause = traced->added;
        walk.is_explained = true;
    }
    TRY(noted_rows_open(tmp, request->writers, request->file, request->table->id, &walk.noted,
                        err));
    return take_keys(
        &walk, request->file,
        absent_sql(tmp, request->table->id, "main", "base", "a.key_text, a.n, a.key, a.writer"),
        err);
}

static bool compare_doubled(TALLOC_CTX *mem, const struct comparison_request *request,
                            struct comparison *out, struct error *err)
{
    SCRATCH(tmp);
    int64_t id = request->table->id;
    struct key_walk walk = {.mem = mem, .out = &out->doubled};

    TRY(take_keys(&walk, request->file, doubled_sql(tmp, id, "a.key_text, a.n - b.n, a.key, 0"),
                  err));
    return trait_find(mem, request, doubled_sql(tmp, id, "a.key"), &out->doubled, err);
}

// --- rows that go

static char *is_named_sql(TALLOC_CTX *mem, int64_t id)
{
    return mem_printf(mem,
                      "EXISTS (SELECT 1 FROM base.named_row n WHERE n.id = %lld AND "
                      "n.place = %d AND n.key = a.key)",
                      (long long)id, NAMED_REMOVED);
}

// How many a DELETE names is known, but not which: the others cannot be told by key.
static void bound_missing(const struct comparison_request *request, struct key_difference *missing)
{
    int64_t *unnamed = &missing->rest.by.n[WRITER_UNKNOWN];
    int64_t named = request->table->removed_rows < 0 ? 0 : request->table->removed_rows;

    *unnamed = missing->keys > named ? missing->keys - named : 0;
}

static bool compare_missing(TALLOC_CTX *mem, const struct comparison_request *request,
                            struct comparison *out, struct error *err)
{
    SCRATCH(tmp);
    int64_t id = request->table->id;
    const struct trace_table *traced = explaining(request);
    const char *all = absent_sql(tmp, id, "base", "main", "a.key_text, a.n, a.key, 0");
    struct key_walk walk = {.mem = mem, .out = &out->missing};
    struct named_rows named;

    TRY(take_keys(&walk, request->file, all, err));
    TRY(trait_find(mem, request, absent_sql(tmp, id, "base", "main", "a.key"), &out->missing, err));
    if (traced == NULL || traced->removed.cause == NULL)
        return true;
    out->missing.cause = traced->removed.cause;
    TRY(named_rows_open(tmp, request->file, id, NAMED_REMOVED, &named, err));
    if (!named.is_known) {
        bound_missing(request, &out->missing);
        return true;
    }
    struct key_difference unnamed = {0};
    walk.out = &unnamed;
    TRY(take_keys(&walk, request->file,
                  mem_printf(tmp, "%s AND NOT %s", all, is_named_sql(tmp, id)), err));
    out->missing.rest = unnamed.rest;
    out->missing.is_exact = unnamed.keys > 0;
    return true;
}

// Rows that were to go and are still there.
static bool compare_kept(TALLOC_CTX *mem, const struct comparison_request *request,
                         struct comparison *out, struct error *err)
{
    SCRATCH(tmp);
    int64_t id = request->table->id;
    struct key_walk walk = {.mem = mem, .out = &out->kept};
    struct named_rows named;

    TRY(named_rows_open(tmp, request->file, id, NAMED_REMOVED, &named, err));
    // What was deleted may have been put back.
    if (!named.is_known || request->as_before || out->extra.cause != NULL)
        return true;
    TRY(noted_rows_open(tmp, request->writers, request->file, id, &walk.noted, err));
    out->kept.cause = out->missing.cause;
    return take_keys(&walk, request->file,
                     mem_printf(tmp,
                                "SELECT a.key_text, a.n, a.key, a.writer FROM "
                                "main.row_image_%lld a WHERE %s",
                                (long long)id, is_named_sql(tmp, id)),
                     err);
}

bool comparison_keys(TALLOC_CTX *mem, const struct comparison_request *request,
                     struct comparison *out, struct error *err)
{
    TRY(compare_missing(mem, request, out, err));
    TRY(compare_extra(mem, request, out, err));
    TRY(compare_doubled(mem, request, out, err));
    return compare_kept(mem, request, out, err);
}
