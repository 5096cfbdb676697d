/*
 * Traits: what rows that are gone or doubled have in common, by their values at the baseline.
 *
 * A trait is worth saying when few values of one column cover all of the rows and leave others out.
 * The best one covers nobody else: "every email whose category is NULL or 'task'".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/comparison.h"

#define TRAIT_VALUES_MAX 4

// How many of the rows, and of all rows of the baseline, have each value of one shown column.
struct tally {
    const struct baseline_column *column;
    int64_t place; // in the table
    int64_t among[256], all[256];
};

static bool count_codes(struct table_file *file, const char *sql, struct tally *tallies, size_t n,
                        bool is_all, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool has_row;

    TRY(table_query_make(tmp, file, sql, &query, err));
    for (;;) {
        TRY(table_query_next(query, &has_row, err));
        if (!has_row)
            return true;
        size_t len;
        const uint8_t *codes = table_query_blob(query, 0, &len);
        for (size_t i = 0; i < n && i < len; i++)
            (is_all ? tallies[i].all : tallies[i].among)[codes[i]] += table_query_integer(query, 1);
    }
}

static size_t values_among(const struct tally *tally)
{
    size_t n = 0;
    for (size_t v = 0; v < COUNT_OF(tally->among); v++)
        n += tally->among[v] > 0;
    return n;
}

// Rows of the baseline that have one of those values; all rows in `*total`.
static int64_t rows_with(const struct tally *tally, int64_t *total)
{
    int64_t rows = 0;

    *total = 0;
    for (size_t v = 0; v < COUNT_OF(tally->all); v++) {
        *total += tally->all[v];
        if (tally->among[v] > 0)
            rows += tally->all[v];
    }
    return rows;
}

static const struct tally *find_best(const struct tally *tallies, size_t n, int64_t *best_rows)
{
    const struct tally *best = NULL;

    for (size_t i = 0; i < n; i++) {
        int64_t total;
        int64_t rows = rows_with(&tallies[i], &total);
        if (values_among(&tallies[i]) > TRAIT_VALUES_MAX || rows == total ||
            tallies[i].among[255] > 0)
            continue;
        if (best == NULL || rows < *best_rows) {
            best = &tallies[i];
            *best_rows = rows;
        }
    }
    return best;
}

static bool value_text(TALLOC_CTX *mem, struct table_file *file, int64_t id, int64_t place,
                       size_t code, const char **out, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool has_row;

    TRY(table_query_make(
        tmp, file, "SELECT value FROM base.shown_value WHERE id = ?1 AND place = ?2 AND code = ?3",
        &query, err));
    table_query_bind_integer(query, 1, id);
    table_query_bind_integer(query, 2, place);
    table_query_bind_integer(query, 3, (int64_t)code);
    TRY(table_query_next(query, &has_row, err));
    *out = mem_strdup(mem, has_row ? table_query_text(query, 0) : "?");
    return true;
}

// "category is NULL, 'task' or 'Brief'"
static bool describe(TALLOC_CTX *mem, struct table_file *file, int64_t id,
                     const struct tally *tally, const char **out, struct error *err)
{
    size_t left = values_among(tally);
    char *text = mem_printf(mem, "%s is ", tally->column->name);

    for (size_t v = 0; v < COUNT_OF(tally->among); v++) {
        const char *value;
        if (tally->among[v] == 0)
            continue;
        TRY(value_text(mem, file, id, tally->place, v, &value, err));
        left--;
        text = mem_printf(mem, "%s%s%s", text, value, left == 0 ? "" : left == 1 ? " or " : ", ");
    }
    *out = text;
    return true;
}

bool trait_find(TALLOC_CTX *mem, const struct comparison_request *request, const char *keys_sql,
                struct key_difference *difference, struct error *err)
{
    SCRATCH(tmp);
    const struct baseline_table *table = request->table;
    struct tally *tallies = mem_array(tmp, struct tally, table->n_columns);
    size_t n = 0;
    int64_t rows = 0;

    for (size_t i = 0; i < table->n_columns; i++)
        if (table->columns[i].is_shown) {
            tallies[n].place = (int64_t)i;
            tallies[n++].column = &table->columns[i];
        }
    if (n == 0 || difference->keys == 0)
        return true;
    const char *all = mem_printf(
        tmp, "SELECT shown, sum(n) FROM base.row_image_%lld GROUP BY shown", (long long)table->id);
    const char *among = mem_printf(
        tmp, "SELECT shown, sum(n) FROM base.row_image_%lld WHERE key IN (%s) GROUP BY shown",
        (long long)table->id, keys_sql);
    TRY(count_codes(request->file, all, tallies, n, true, err));
    TRY(count_codes(request->file, among, tallies, n, false, err));
    const struct tally *best = find_best(tallies, n, &rows);
    if (best == NULL)
        return true;
    difference->is_exact_trait = rows == difference->keys;
    return describe(mem, request->file, table->id, best, &difference->trait, err);
}
