/*
 * Rows that the change added and that equal another row of their table but for a generated key: a
 * trigger that writes twice, a copy that ran twice.
 *
 * The first reading finds contents that may stand twice, by a filter of fixed size; the second
 * counts their rows exactly, in a temporary table file. Where nothing may stand twice, which is
 * usual, there is no second one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "driver/table_file.h"
#include "rehearsal/comparing.h"
#include "rehearsal/content_filter.h"
#include "rehearsal/row_merge.h"

struct doubling {
    struct comparing *comparing;
    const char **columns; // whose values two rows have in common
    size_t n_columns;
    struct content_filter *seen, *candidates;
    struct table_file *file;
    struct table_query *note, *count;
    int64_t n_candidates, n_counted;
    struct error err;
    bool has_failed;
};

// --- which columns

static bool has_word(const char *text, const char *const *words, size_t n)
{
    SCRATCH(tmp);
    const char *lower = text == NULL ? "" : text_lower(tmp, text);
    for (size_t i = 0; i < n; i++)
        if (strstr(lower, words[i]) != NULL)
            return true;
    return false;
}

// By a sequence, by chance or by the clock: two equal rows have other values there.
static bool is_generated(const struct schema_column *column)
{
    static const char *const words[] = {"nextval",   "uuid",     "random",
                                        "now()",     "current_", "_timestamp",
                                        "localtime", "datetime", "strftime"};
    return column->is_identity || column->owned_sequence != NULL ||
           has_word(column->default_text, words, COUNT_OF(words));
}

static bool is_rowid(const struct doubling *doubling, const struct schema_column *column)
{
    return doubling->comparing->n_key == 1 &&
           doubling->comparing->comparison->request->after->driver->dialect == DIALECT_SQLITE &&
           text_equal_nocase(column->type.name, "integer");
}

static bool is_key(const struct comparing *comparing, const char *column)
{
    for (size_t i = 0; i < comparing->n_key; i++)
        if (text_equal_nocase(comparing->key_after[i], column))
            return true;
    return false;
}

static bool is_compared(const struct doubling *doubling, const char *column)
{
    for (size_t i = 0; i < doubling->n_columns; i++)
        if (text_equal_nocase(doubling->columns[i], column))
            return true;
    return false;
}

// No two rows can have these in common.
static bool is_unique_by(const struct doubling *doubling, const struct schema_relation *relation,
                         const struct schema_index *index)
{
    for (size_t i = 0; i < index->n_columns; i++) {
        const char *name = index->columns[i].column;
        const struct schema_column *column =
            name == NULL ? NULL : schema_find_column(relation, name);
        if (column == NULL || !column->is_not_null || !is_compared(doubling, name))
            return false;
    }
    return index->is_unique && index->is_valid && index->predicate_text == NULL;
}

// False: rows cannot stand twice, or a key that somebody chose makes them two.
static bool choose(TALLOC_CTX *mem, struct doubling *doubling)
{
    const struct comparing *comparing = doubling->comparing;
    const struct schema_relation *relation = comparing->comparison->match->after_relation;
    for (size_t i = 0; i < comparing->n_columns; i++) {
        const struct column_match *match = comparing->columns[i].match;
        const struct schema_column *column =
            match->after == NULL ? NULL : schema_find_column(relation, match->after);
        if (match->unknown != NULL || column == NULL)
            continue;
        bool differs =
            is_generated(column) || (is_key(comparing, match->after) && is_rowid(doubling, column));
        if (!differs && is_key(comparing, match->after))
            return false;
        if (!differs)
            *mem_append(mem, doubling->columns, doubling->n_columns) = match->after;
    }
    for (size_t i = 0; i < relation->n_indexes; i++)
        if (is_unique_by(doubling, relation, &relation->indexes[i]))
            return false;
    return doubling->n_columns > 0;
}

// --- the first reading

static bool take_content(void *context, const struct engine_row_image *image)
{
    struct doubling *doubling = context;
    if (!content_filter_add(doubling->seen, image->content))
        return true;
    content_filter_add(doubling->candidates, image->content);
    doubling->n_candidates++;
    table_query_bind_blob(doubling->note, 1, image->content, sizeof image->content);
    doubling->has_failed = !table_query_run(doubling->note, &doubling->err);
    return !doubling->has_failed;
}

static bool find_candidates(struct doubling *doubling, struct error *err)
{
    SCRATCH(tmp);
    const struct table_comparison *comparison = doubling->comparing->comparison;
    const struct target *target = comparison->request->after;
    const struct engine_fingerprint_request request = {
        .table = comparison->match->after,
        .columns = doubling->columns,
        .n_columns = doubling->n_columns,
        .wants_content = true,
        .image = take_content,
        .context = doubling,
    };
    struct engine_fingerprint *print;
    bool is_read = target->driver->proof->fingerprint(tmp, target->engine, &request, &print, err);
    if (doubling->has_failed)
        *err = doubling->err;
    return is_read && !doubling->has_failed;
}

// --- the second reading

static void count_row(void *context, const struct engine_row_image *before,
                      const struct engine_row_image *after)
{
    struct doubling *doubling = context;
    if (after == NULL || doubling->has_failed ||
        !content_filter_has(doubling->candidates, after->content))
        return;
    bool is_added = before == NULL && !comparing_leaves_out(doubling->comparing, after->key_text);
    table_query_bind_blob(doubling->count, 1, after->content, sizeof after->content);
    table_query_bind_integer(doubling->count, 2, is_added);
    table_query_bind_text(doubling->count, 3, is_added ? after->key_text : NULL);
    table_query_bind_integer(doubling->count, 4, doubling->n_counted++);
    doubling->has_failed = !table_query_run(doubling->count, &doubling->err);
}

static bool count_rows(struct doubling *doubling, struct error *err)
{
    const struct comparing *comparing = doubling->comparing;
    const struct effects_request *request = comparing->comparison->request;
    const struct table_match *match = comparing->comparison->match;
    static const char *const no_columns[] = {NULL};
    const struct row_merge merge = {
        .before = {request->before,
                   {.table = match->before,
                    .columns = no_columns,
                    .key = comparing->n_key > 0 ? comparing->key_before : NULL,
                    .n_key = comparing->n_key}},
        .after = {request->after,
                  {.table = match->after,
                   .columns = doubling->columns,
                   .n_columns = doubling->n_columns,
                   .key = comparing->n_key > 0 ? comparing->key_after : NULL,
                   .n_key = comparing->n_key,
                   .wants_content = true}},
        .is_key_retyped = comparing->is_key_retyped,
        .pair = count_row,
        .context = doubling,
        .progress = request->progress,
        .progress_context = request->context,
        .title = comparing->title,
        .total = comparing_total(comparing),
    };
    TRY(row_merge_run(&merge, err));
    if (doubling->has_failed)
        *err = doubling->err;
    return !doubling->has_failed;
}

// Of a content that no row had before, one row is the first.
static bool tell(struct doubling *doubling, struct error *err)
{
    SCRATCH(tmp);
    struct comparing *comparing = doubling->comparing;
    struct key_sample *doubled = &comparing->out->duplicated;
    struct table_query *query;
    bool has_row;
    TRY(table_query_make(tmp, doubling->file,
                         "SELECT added - (added = n), key FROM content WHERE n > 1 AND added > 0 "
                         "ORDER BY place",
                         &query, err));
    for (;;) {
        TRY(table_query_next(query, &has_row, err));
        if (!has_row)
            return true;
        comparing_sample(comparing, doubled, table_query_text(query, 1));
        doubled->rows += table_query_integer(query, 0) - 1;
    }
}

static bool make_file(TALLOC_CTX *mem, struct doubling *doubling, struct error *err)
{
    TRY(table_file_open(mem, "doubled rows", TABLE_FILE_TEMPORARY, &doubling->file, err));
    TRY(table_file_run(doubling->file,
                       "BEGIN; CREATE TABLE content (hash BLOB PRIMARY KEY, n INTEGER DEFAULT 0, "
                       "added INTEGER DEFAULT 0, key TEXT, place INTEGER) WITHOUT ROWID",
                       err));
    TRY(table_query_make(mem, doubling->file,
                         "INSERT INTO content (hash) VALUES (?1) ON CONFLICT DO NOTHING",
                         &doubling->note, err));
    return table_query_make(mem, doubling->file,
                            "UPDATE content SET n = n + 1, added = added + ?2, "
                            "key = coalesce(?3, key), place = coalesce(place, ?4) WHERE hash = ?1",
                            &doubling->count, err);
}

bool comparing_doubled(struct comparing *comparing, struct error *err)
{
    SCRATCH(tmp);
    struct doubling doubling = {.comparing = comparing};
    int64_t rows = comparing->out->rows_after;
    if (comparing->out->added.rows == 0 || comparing->comparison->request->is_only_except ||
        !choose(tmp, &doubling))
        return true;
    doubling.seen = content_filter_make(tmp, rows);
    doubling.candidates = content_filter_make(tmp, rows / 8);
    TRY(make_file(tmp, &doubling, err));
    TRY(find_candidates(&doubling, err));
    if (doubling.n_candidates == 0)
        return true;
    TRY(count_rows(&doubling, err));
    return tell(&doubling, err);
}
