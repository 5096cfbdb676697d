/*
 * Table matches: tables and columns of two databases brought together.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/table_match.h"
#include "base/text.h"
#include "proof/baseline.h"
#include <stdlib.h>

char *table_match_text(TALLOC_CTX *mem, const struct target *target, struct name table)
{
    if (target->driver->dialect == DIALECT_SQLITE || table.schema == NULL)
        return mem_strdup(mem, table.name);
    return mem_printf(mem, "%s.%s", table.schema, table.name);
}

// --- tables

struct matching {
    TALLOC_CTX *mem;
    const struct effects_request *request;
    const struct schema *before, *after;
    struct relation_numbers *numbers; // before, after
    struct table_matches *out;
};

static bool is_left_out(const struct effects_request *request, struct name table)
{
    for (size_t i = 0; i < request->n_leave_out; i++)
        if (trace_is_same_name(request->leave_out[i], table))
            return true;
    return false;
}

static bool has_rows(const struct schema_relation *relation)
{
    return relation != NULL && !relation->is_temporary &&
           (relation->kind == RELATION_TABLE || relation->kind == RELATION_PARTITIONED);
}

static bool is_whole(const struct matching *matching, const struct schema_relation *relation)
{
    return has_rows(relation) && !relation->is_partition &&
           !is_left_out(matching->request, relation->name);
}

static const struct schema_relation *find_table(const struct schema *schema, struct name name)
{
    const struct schema_relation *found = name.name == NULL ? NULL : schema_find(schema, name);
    return has_rows(found) ? found : NULL;
}

static void add(struct matching *matching, const struct schema_relation *before,
                const struct schema_relation *after)
{
    const struct effects_request *request = matching->request;
    struct table_match *match = mem_append(matching->mem, matching->out->list, matching->out->n);
    *match = (struct table_match){
        .before = before == NULL ? (struct name){0} : before->name,
        .after = after == NULL ? (struct name){0} : after->name,
        .before_relation = before,
        .after_relation = after,
        .old = &matching->numbers[0],
        .now = &matching->numbers[1],
    };
    if (before != NULL && request->trace != NULL)
        match->traced = trace_find_before(request->trace, before->name);
    if (before != NULL)
        match->settings = baseline_settings(request->config, before->name);
    if (match->settings == NULL && after != NULL)
        match->settings = baseline_settings(request->config, after->name);
}

static bool is_taken(const struct matching *matching, const struct schema_relation *after)
{
    for (size_t i = 0; i < matching->out->n; i++)
        if (matching->out->list[i].after_relation == after)
            return true;
    return false;
}

static bool is_matched(const struct matching *matching, const struct schema_relation *before)
{
    for (size_t i = 0; i < matching->out->n; i++)
        if (matching->out->list[i].before_relation == before)
            return true;
    return false;
}

// What has its name still, whatever the text did to get there: a table that was swapped for a copy
// of itself is compared with what was there before, as whoever reads it sees it.
static void match_named(struct matching *matching)
{
    for (const struct schema_relation *before = schema_next(matching->before, NULL); before != NULL;
         before = schema_next(matching->before, before)) {
        const struct schema_relation *after = find_table(matching->after, before->name);
        // One that was, or is, a partition was attached or detached.
        if (has_rows(before) && after != NULL &&
            (is_whole(matching, before) || is_whole(matching, after)))
            add(matching, before, after);
    }
}

// What the text moved elsewhere.
static void match_traced(struct matching *matching)
{
    const struct trace *trace = matching->request->trace;
    for (size_t i = 0; trace != NULL && i < trace->n_tables; i++) {
        const struct trace_table *table = trace->tables[i];
        const struct schema_relation *before = find_table(matching->before, table->before);
        const struct schema_relation *after = find_table(matching->after, table->after);
        if (before != NULL && after != NULL && is_whole(matching, before) &&
            !is_taken(matching, after) && !is_matched(matching, before))
            add(matching, before, after);
    }
}

// What a program renamed that no text shows.
static void match_numbered(struct matching *matching)
{
    for (const struct schema_relation *before = schema_next(matching->before, NULL); before != NULL;
         before = schema_next(matching->before, before)) {
        if (!is_whole(matching, before) || is_matched(matching, before))
            continue;
        const struct relation_number *old =
            relation_numbers_named(&matching->numbers[0], before->name);
        const struct relation_number *now =
            old == NULL ? NULL : relation_numbers_of(&matching->numbers[1], old->number);
        const struct schema_relation *after =
            now == NULL ? NULL : find_table(matching->after, now->name);
        if (after != NULL && !is_taken(matching, after))
            add(matching, before, after);
    }
}

static void add_others(struct matching *matching)
{
    for (const struct schema_relation *before = schema_next(matching->before, NULL); before != NULL;
         before = schema_next(matching->before, before))
        if (is_whole(matching, before) && !is_matched(matching, before))
            add(matching, before, NULL);
    for (const struct schema_relation *after = schema_next(matching->after, NULL); after != NULL;
         after = schema_next(matching->after, after))
        if (is_whole(matching, after) && !is_taken(matching, after))
            add(matching, NULL, after);
}

static int by_name(const void *a, const void *b)
{
    const struct table_match *x = a, *y = b;
    struct name one = x->after.name ? x->after : x->before;
    struct name other = y->after.name ? y->after : y->before;
    int schemas = strcmp(one.schema ? one.schema : "", other.schema ? other.schema : "");
    return schemas != 0 ? schemas : strcmp(one.name, other.name);
}

bool table_matches_find(TALLOC_CTX *mem, const struct effects_request *request,
                        const struct schema *before, const struct schema *after,
                        struct table_matches *out, struct error *err)
{
    struct matching matching = {
        .mem = mem, .request = request, .before = before, .after = after, .out = out};
    *out = (struct table_matches){0};
    matching.numbers = mem_array(mem, struct relation_numbers, 2);
    TRY(relation_numbers_read(mem, request->before, request->after, &matching.numbers[0],
                              &matching.numbers[1], err));
    match_named(&matching);
    match_traced(&matching);
    match_numbered(&matching);
    add_others(&matching);
    if (out->n > 0)
        qsort(out->list, out->n, sizeof *out->list, by_name);
    return true;
}

// --- columns

struct column_matching {
    TALLOC_CTX *mem;
    const struct effects_request *request;
    const struct table_match *table;
    enum dialect dialect;
    const struct relation_number *old, *now; // NULL: not known
    struct column_matches *out;
};

static bool is_name(enum dialect dialect, const char *a, const char *b)
{
    return dialect == DIALECT_SQLITE ? text_equal_nocase(a, b)
                                     : a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool is_listed(const char **names, size_t n, const char *column)
{
    for (size_t i = 0; i < n && column != NULL; i++)
        if (text_equal_nocase(names[i], column))
            return true;
    return false;
}

static bool is_masked(const struct column_matching *matching, const char *column)
{
    const struct config_table *settings = matching->table->settings;
    return column != NULL &&
           (target_is_masked(matching->request->before, column) ||
            target_is_masked(matching->request->after, column) ||
            (settings != NULL && is_listed(settings->mask, settings->n_mask, column)));
}

static const struct engine_column_print *find_print(const struct engine_fingerprint *print,
                                                    const char *name, enum dialect dialect)
{
    for (size_t i = 0; i < print->n_columns && name != NULL; i++)
        if (is_name(dialect, print->columns[i].column, name))
            return &print->columns[i];
    return NULL;
}

static void add_column(struct column_matching *matching, const struct engine_column_print *before,
                       const struct engine_column_print *after)
{
    const struct config_table *settings = matching->table->settings;
    const char *before_name = before == NULL ? NULL : before->column;
    const char *after_name = after == NULL ? NULL : after->column;
    if (settings != NULL && (is_listed(settings->ignore, settings->n_ignore, before_name) ||
                             is_listed(settings->ignore, settings->n_ignore, after_name)))
        return;
    struct column_match *match = mem_append(matching->mem, matching->out->list, matching->out->n);
    match->before = mem_strdup(matching->mem, before_name);
    match->after = mem_strdup(matching->mem, after_name);
    match->type_before = before == NULL ? NULL : mem_strdup(matching->mem, before->type);
    match->type_after = after == NULL ? NULL : mem_strdup(matching->mem, after->type);
    match->is_masked = is_masked(matching, before_name) || is_masked(matching, after_name);
    match->is_retyped = before != NULL && after != NULL && strcmp(before->type, after->type) != 0;
    if (before != NULL && before->unknown != NULL)
        match->unknown = mem_strdup(matching->mem, before->unknown);
    else if (after != NULL && after->unknown != NULL)
        match->unknown = mem_strdup(matching->mem, after->unknown);
}

// The name that a column has now, if the catalog or the text says so.
static const char *name_after(const struct column_matching *matching, const char *name)
{
    const struct trace_table *traced = matching->table->traced;
    const struct trace_column *column = traced == NULL ? NULL : trace_column_before(traced, name);
    if (matching->old != NULL && matching->now != NULL &&
        matching->old->number == matching->now->number)
        return relation_number_column(matching->old, matching->now, name);
    return column == NULL ? NULL : column->after;
}

// What has its name still, else what was renamed to a name that was free.
static const struct engine_column_print *find_after(const struct column_matching *matching,
                                                    const struct engine_fingerprint *before,
                                                    const struct engine_fingerprint *after,
                                                    const char *name)
{
    const char *renamed = name_after(matching, name);
    const struct engine_column_print *found = find_print(after, name, matching->dialect);
    if (found != NULL || renamed == NULL || find_print(before, renamed, matching->dialect) != NULL)
        return found;
    return find_print(after, renamed, matching->dialect);
}

static bool has_partner(const struct column_matches *columns, const char *after,
                        enum dialect dialect)
{
    for (size_t i = 0; i < columns->n; i++)
        if (is_name(dialect, columns->list[i].after, after))
            return true;
    return false;
}

void column_matches_find(TALLOC_CTX *mem, const struct effects_request *request,
                         const struct table_match *table, const struct engine_fingerprint *before,
                         const struct engine_fingerprint *after, struct column_matches *out)
{
    enum dialect dialect = request->before->driver->dialect;
    struct column_matching matching = {
        .mem = mem,
        .request = request,
        .table = table,
        .dialect = dialect,
        .old = relation_numbers_named(table->old, table->before),
        .now = relation_numbers_named(table->now, table->after),
        .out = out,
    };
    *out = (struct column_matches){0};
    for (size_t i = 0; i < before->n_columns; i++) {
        const struct engine_column_print *found =
            find_after(&matching, before, after, before->columns[i].column);
        bool is_free = found != NULL && !has_partner(out, found->column, dialect);
        add_column(&matching, &before->columns[i], is_free ? found : NULL);
    }
    for (size_t i = 0; i < after->n_columns; i++)
        if (!has_partner(out, after->columns[i].column, dialect))
            add_column(&matching, NULL, &after->columns[i]);
}

const struct column_match *column_matches_before(const struct column_matches *columns,
                                                 const char *name, enum dialect dialect)
{
    for (size_t i = 0; i < columns->n; i++)
        if (is_name(dialect, columns->list[i].before, name))
            return &columns->list[i];
    return NULL;
}
