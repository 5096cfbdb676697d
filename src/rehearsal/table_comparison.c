/*
 * Table comparisons: what of a table is to be read, and by which key.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/table_comparison.h"
#include "base/digest.h"
#include "base/text.h"
#include "rehearsal/comparing.h"
#include <stdlib.h>

#define MASK_HASH_DIGITS 12

// --- for the readings

void comparing_sample(struct comparing *comparing, struct key_sample *sample, const char *key_text)
{
    sample->rows++;
    if (sample->n_keys == EFFECT_KEYS)
        return;
    const char **key = mem_append(comparing->mem, sample->keys, sample->n_keys);
    if (comparing->is_key_masked)
        *key = mem_printf(comparing->mem, "%.*s=****%.*s", (int)strcspn(key_text, "="), key_text,
                          MASK_HASH_DIGITS, digest_of(key_text, strlen(key_text)).hex);
    else
        *key = mem_strdup(comparing->mem, key_text);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool comparing_leaves_out(const struct comparing *comparing, const char *key_text)
{
    bool is_listed =
        comparing->n_except > 0 && bsearch(&key_text, comparing->except_keys, comparing->n_except,
                                           sizeof *comparing->except_keys, by_text) != NULL;
    return is_listed != comparing->comparison->request->is_only_except;
}

bool comparing_differs(const struct comparing *comparing, const struct compared_column *column,
                       const struct engine_value *before, const struct engine_value *after)
{
    bool is_sqlite = comparing->comparison->request->before->driver->dialect == DIALECT_SQLITE;
    return !value_is_same(is_sqlite ? value_form_of_value(before) : column->form_before, before,
                          is_sqlite ? value_form_of_value(after) : column->form_after, after);
}

int64_t comparing_total(const struct comparing *comparing)
{
    const struct table_effect *out = comparing->out;
    return out->rows_before < 0 || out->rows_after < 0 ? -1 : out->rows_before + out->rows_after;
}

// --- the key

static bool is_whole_number(const char *type)
{
    return strcmp(type, "smallint") == 0 || strcmp(type, "integer") == 0 ||
           strcmp(type, "bigint") == 0;
}

static bool is_text(const char *type)
{
    return strcmp(type, "text") == 0 || text_starts_with(type, "character varying");
}

// As SQLite stores a column of this declared type: as a text, or as it comes, numbers as numbers.
static bool is_stored_as_text(const char *type)
{
    SCRATCH(tmp);
    const char *lower = text_lower(tmp, type);
    return strstr(lower, "int") == NULL &&
           (strstr(lower, "char") != NULL || strstr(lower, "clob") != NULL ||
            strstr(lower, "text") != NULL);
}

// Do values of the two types stand in one order? (driver/engine/order.h)
static bool is_one_order(enum dialect dialect, const struct column_match *column)
{
    if (dialect == DIALECT_SQLITE)
        return is_stored_as_text(column->type_before) == is_stored_as_text(column->type_after);
    return !column->is_retyped ||
           (is_whole_number(column->type_before) && is_whole_number(column->type_after)) ||
           (is_text(column->type_before) && is_text(column->type_after));
}

static const struct column_match *find_after(const struct column_matches *columns, const char *name)
{
    for (size_t i = 0; i < columns->n; i++)
        if (columns->list[i].before != NULL && text_equal_nocase(columns->list[i].after, name))
            return &columns->list[i];
    return NULL;
}

static bool add_key_column(struct comparing *comparing, const struct column_match *column,
                           const char *name)
{
    enum dialect dialect = comparing->comparison->request->before->driver->dialect;
    struct table_effect *out = comparing->out;
    if (column == NULL || column->after == NULL || column->unknown != NULL) {
        out->unknown =
            mem_printf(comparing->mem, "rows cannot be matched by '%s': %s", name,
                       column != NULL && column->unknown != NULL ? column->unknown
                                                                 : "it is not there any more");
        return false;
    }
    if (!is_one_order(dialect, column)) {
        out->unknown =
            mem_printf(comparing->mem, "rows cannot be matched by '%s': %s before, %s after", name,
                       column->type_before, column->type_after);
        return false;
    }
    comparing->key_before[comparing->n_key] = column->before;
    comparing->key_after[comparing->n_key++] = column->after;
    comparing->is_key_retyped |= column->is_retyped;
    comparing->is_key_masked |= column->is_masked;
    return true;
}

static bool take_key(struct comparing *comparing, const char *const *names, size_t n, bool is_after)
{
    enum dialect dialect = comparing->comparison->request->before->driver->dialect;
    comparing->key_before = mem_array(comparing->tmp, const char *, n);
    comparing->key_after = mem_array(comparing->tmp, const char *, n);
    comparing->n_key = 0;
    comparing->is_key_retyped = comparing->is_key_masked = false;
    for (size_t i = 0; i < n; i++)
        if (!add_key_column(comparing,
                            is_after
                                ? find_after(&comparing->matches, names[i])
                                : column_matches_before(&comparing->matches, names[i], dialect),
                            names[i]))
            return false;
    return true;
}

// The rows of a table that was built anew may have other numbers.
static bool is_by_rowid(const struct comparing *comparing, const struct engine_fingerprint *before,
                        const struct engine_fingerprint *after)
{
    const struct trace_table *traced = comparing->comparison->match->traced;
    return before->key_is_rowid && after->key_is_rowid &&
           (traced == NULL || traced->rebuilt == NULL);
}

// tminus.yaml's, else the key before the change, else the one that the change declares.
static bool choose_key(struct comparing *comparing, const struct engine_fingerprint *before,
                       const struct engine_fingerprint *after)
{
    const struct config_table *settings = comparing->comparison->match->settings;
    if (settings != NULL && settings->n_key > 0)
        return take_key(comparing, settings->key, settings->n_key, false);
    if (before->n_key > 0)
        return take_key(comparing, before->key, before->n_key, false);
    if (is_by_rowid(comparing, before, after))
        return true;
    return after->n_key > 0 && take_key(comparing, after->key, after->n_key, true);
}

// --- the columns

static bool is_same_key(const struct comparing *comparing, const struct engine_fingerprint *before,
                        const struct engine_fingerprint *after)
{
    if (before == NULL || after == NULL || !before->has_key || !after->has_key ||
        before->rows != after->rows || before->n_key != after->n_key)
        return false;
    for (size_t i = 0; i < before->n_key; i++) {
        const struct column_match *column =
            column_matches_before(&comparing->matches, before->key[i],
                                  comparing->comparison->request->before->driver->dialect);
        if (column == NULL || column->is_retyped ||
            !text_equal_nocase(column->after, after->key[i]))
            return false;
    }
    return true;
}

static void choose_columns(struct comparing *comparing)
{
    const struct table_comparison *comparison = comparing->comparison;
    const struct engine_fingerprint *before =
        table_prints_find(comparison->before, comparison->match->before_relation);
    const struct engine_fingerprint *after =
        table_prints_find(comparison->after, comparison->match->after_relation);
    bool is_keyed = is_same_key(comparing, before, after);
    comparing->n_columns = comparing->matches.n;
    comparing->columns = mem_array(comparing->tmp, struct compared_column, comparing->n_columns);
    for (size_t i = 0; i < comparing->n_columns; i++) {
        struct compared_column *column = &comparing->columns[i];
        const struct column_match *match = &comparing->matches.list[i];
        column->match = match;
        if (match->before == NULL || match->after == NULL)
            continue;
        column->form_before = value_form_of(match->type_before);
        column->form_after = value_form_of(match->type_after);
        column->is_equal =
            is_keyed && table_prints_is_same_column(table_prints_column(before, match->before),
                                                    table_prints_column(after, match->after));
        comparing->has_same_keys |= column->is_equal;
    }
}

static bool is_all_equal(const struct comparing *comparing)
{
    for (size_t i = 0; i < comparing->n_columns; i++)
        if (!comparing->columns[i].is_equal)
            return false;
    return comparing->has_same_keys;
}

// --- exceptions

static bool is_of(const struct effects_exception *exception, const struct table_match *match)
{
    return trace_is_same_name(exception->table, match->before) ||
           trace_is_same_name(exception->table, match->after);
}

static void take_exceptions(struct comparing *comparing)
{
    const struct effects_request *request = comparing->comparison->request;
    for (size_t i = 0; i < request->n_except; i++)
        for (size_t k = 0; is_of(&request->except[i], comparing->comparison->match) &&
                           k < request->except[i].n_keys;
             k++)
            *mem_append(comparing->tmp, comparing->except_keys, comparing->n_except) =
                request->except[i].key_texts[k];
    if (comparing->n_except > 0)
        qsort(comparing->except_keys, comparing->n_except, sizeof *comparing->except_keys, by_text);
}

// --- the whole

static bool describe(TALLOC_CTX *mem, const struct target *target, struct name table,
                     struct engine_fingerprint **out, struct error *err)
{
    const struct engine_fingerprint_request request = {.table = table, .where = "false"};
    return target->driver->proof->fingerprint(mem, target->engine, &request, out, err);
}

static void report_columns(struct comparing *comparing)
{
    struct table_effect *out = comparing->out;
    for (size_t i = 0; i < comparing->n_columns; i++) {
        const struct compared_column *column = &comparing->columns[i];
        const struct column_match *match = column->match;
        bool is_told = match->before == NULL || match->after == NULL || match->unknown != NULL ||
                       (column->tally != NULL && column->differs);
        if (!is_told)
            continue;
        struct column_effect *effect = mem_append(comparing->mem, out->columns, out->n_columns);
        effect->distinct_before = effect->distinct_after = -1;
        effect->is_masked = match->is_masked;
        if (column->tally != NULL)
            value_tally_end(comparing->mem, column->tally, effect);
        effect->column = mem_strdup(comparing->mem, match->after ? match->after : match->before);
        effect->before = mem_strdup(comparing->mem, match->before);
        effect->is_dropped = match->after == NULL;
        effect->unknown = mem_strdup(comparing->mem, match->unknown);
    }
}

static bool compare_rows(struct comparing *comparing, bool has_key, struct error *err)
{
    struct error failure = {0};
    struct table_effect *out = comparing->out;
    out->has_key = has_key;
    if (has_key && comparing_by_key(comparing, &failure))
        return true;
    if (has_key && failure.code != ERROR_INPUT && failure.code != ERROR_UNKNOWN) {
        *err = failure;
        return false;
    }
    if (has_key)
        out->unknown = mem_strdup(comparing->mem, failure.message);
    out->has_key = false;
    out->added = out->removed = out->changed = (struct key_sample){0};
    return comparing_without_key(comparing, err);
}

static bool compare(struct comparing *comparing, bool *is_changed, struct error *err)
{
    const struct table_comparison *comparison = comparing->comparison;
    const struct effects_request *request = comparison->request;
    struct engine_fingerprint *before, *after;
    TRY(describe(comparing->tmp, request->before, comparison->match->before, &before, err));
    TRY(describe(comparing->tmp, request->after, comparison->match->after, &after, err));
    column_matches_find(comparing->tmp, request, comparison->match, before, after,
                        &comparing->matches);
    choose_columns(comparing);
    struct table_effect *out = comparing->out;
    bool has_moved = strcmp(out->table, out->before) != 0;
    if (is_all_equal(comparing)) {
        out->has_key = true;
        *is_changed = has_moved;
        return true;
    }
    TRY(compare_rows(comparing, choose_key(comparing, before, after), err));
    report_columns(comparing);
    *is_changed = has_moved || out->n_columns > 0 || out->unknown != NULL || out->added.rows > 0 ||
                  out->removed.rows > 0 || out->changed.rows > 0;
    return true;
}

static bool is_fatal(const struct error *err)
{
    return err->code == ERROR_INTERRUPTED || err->code == ERROR_UNREACHABLE ||
           err->code == ERROR_SYSTEM;
}

// A table of one side alone: its rows came or went with it.
static void tell_one_side(struct comparing *comparing)
{
    struct table_effect *out = comparing->out;
    int64_t listed = (int64_t)comparing->n_except;
    bool is_only_listed = comparing->comparison->request->is_only_except;
    out->has_key = true;
    out->is_dropped = comparing->comparison->match->after_relation == NULL;
    int64_t rows = out->is_dropped ? out->rows_before : out->rows_after;
    struct key_sample *sample = out->is_dropped ? &out->removed : &out->added;
    for (size_t i = 0; i < comparing->n_except && is_only_listed; i++)
        comparing_sample(comparing, sample, comparing->except_keys[i]);
    if (!is_only_listed)
        sample->rows = rows > listed ? rows - listed : 0;
}

static void name_table(TALLOC_CTX *mem, const struct table_comparison *comparison,
                       struct table_effect *out)
{
    const struct table_match *match = comparison->match;
    const struct target *target = comparison->request->before;
    *out = (struct table_effect){.rows_before = -1, .rows_after = -1};
    if (match->before_relation != NULL) {
        out->before = table_match_text(mem, target, match->before);
        out->rows_before = table_prints_rows(comparison->before, match->before_relation);
    }
    if (match->after_relation != NULL) {
        out->table = table_match_text(mem, target, match->after);
        out->rows_after = table_prints_rows(comparison->after, match->after_relation);
    } else {
        out->table = out->before;
    }
}

bool table_comparison_make(TALLOC_CTX *mem, const struct table_comparison *comparison,
                           struct table_effect *out, bool *is_changed, struct error *err)
{
    SCRATCH(tmp);
    const struct table_match *match = comparison->match;
    struct error failure = {0};
    name_table(mem, comparison, out);
    struct comparing comparing = {
        .mem = mem, .tmp = tmp, .comparison = comparison, .title = out->table, .out = out};
    take_exceptions(&comparing);
    *is_changed = !comparison->request->is_only_except || comparing.n_except > 0;
    if (!*is_changed)
        return true;
    if (match->before_relation == NULL || match->after_relation == NULL) {
        tell_one_side(&comparing);
        return true;
    }
    if (strcmp(out->table, out->before) == 0 &&
        table_prints_are_equal(comparison->before, match->before_relation, comparison->after,
                               match->after_relation)) {
        *is_changed = false;
        return true;
    }
    if (compare(&comparing, is_changed, &failure))
        return true;
    if (is_fatal(&failure)) {
        *err = failure;
        return false;
    }
    out->unknown = mem_strdup(mem, failure.message);
    return true;
}
