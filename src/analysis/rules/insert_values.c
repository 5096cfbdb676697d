/*
 * Rows of INSERT … VALUES that break a CHECK, or repeat a key of a row before them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/insert_values.h"
#include "analysis/rules/check_text.h"
#include "base/text.h"

struct inserted {
    const struct rule_place *place;
    const struct query *query;
    const struct schema_relation *table;
    const struct schema_column *const *columns;
    size_t n_columns;
};

// Where values for the column stand; n_columns: none are given.
static size_t column_place(const struct inserted *inserted, const char *column)
{
    size_t i = 0;
    while (i < inserted->n_columns && strcmp(inserted->columns[i]->name, column) != 0)
        i++;
    return i;
}

// NULL: not given.
static const struct value *value_at(const struct inserted *inserted, size_t row, size_t column)
{
    const struct value_row *values = &inserted->query->rows[row];
    return column < inserted->n_columns && column < values->n_values ? &values->values[column]
                                                                     : NULL;
}

// --- checks

static const char *part_refusal(const struct inserted *inserted,
                                const struct schema_constraint *check,
                                const struct check_part *part)
{
    size_t at = column_place(inserted, part->column);
    for (size_t row = 0; row < inserted->query->n_rows; row++) {
        const struct value *value = value_at(inserted, row, at);
        if (value != NULL &&
            check_part_refuses(inserted->place, part, &inserted->columns[at]->type, value))
            return mem_printf(inserted->place->mem, "%s = %s breaks %s: CHECK (%s)", part->column,
                              value->constant == NULL ? "NULL" : value->constant,
                              check->name == NULL ? "its check" : check->name, part->text);
    }
    return NULL;
}

static const char *check_refusal(const struct inserted *inserted,
                                 const struct schema_constraint *check)
{
    SCRATCH(tmp);
    size_t n;
    const char *why = NULL;
    if (check->kind != CONSTRAINT_CHECK || check->check_text == NULL)
        return NULL;
    const struct check_part *parts = check_parts(tmp, check->check_text, &n);
    for (size_t i = 0; why == NULL && i < n; i++)
        why = part_refusal(inserted, check, &parts[i]);
    return why;
}

// --- keys

static bool is_same(const struct value *a, const struct value *b)
{
    return a != NULL && b != NULL && a->literal == b->literal && a->constant != NULL &&
           b->constant != NULL && strcmp(a->constant, b->constant) == 0;
}

static bool is_repeated(const struct inserted *inserted, const size_t *places, size_t n, size_t row)
{
    for (size_t other = 0; other < row; other++) {
        size_t n_same = 0;
        while (n_same < n && is_same(value_at(inserted, row, places[n_same]),
                                     value_at(inserted, other, places[n_same])))
            n_same++;
        if (n_same == n)
            return true;
    }
    return false;
}

static const char *key_refusal(const struct inserted *inserted, const struct schema_index *index)
{
    SCRATCH(tmp);
    const struct rule_place *place = inserted->place;
    size_t *places = mem_array(tmp, size_t, index->n_columns + 1);
    const char **names = mem_array(tmp, const char *, index->n_columns + 1);
    if (!index->is_unique || index->predicate_text != NULL || index->n_columns == 0)
        return NULL;
    for (size_t i = 0; i < index->n_columns; i++) {
        names[i] = index->columns[i].column;
        places[i] = names[i] == NULL ? inserted->n_columns : column_place(inserted, names[i]);
        if (places[i] == inserted->n_columns)
            return NULL;
    }
    for (size_t row = 1; row < inserted->query->n_rows; row++) {
        if (is_repeated(inserted, places, index->n_columns, row))
            return mem_printf(place->mem,
                              "row %zu has the same %s as one before it, and %s is "
                              "unique",
                              row + 1, words_join(tmp, names, index->n_columns), index->name);
    }
    return NULL;
}

const char *insert_values_refusal(const struct rule_place *place, const struct query *query,
                                  const struct schema_relation *table,
                                  const struct schema_column *const *columns, size_t n_columns)
{
    const struct inserted inserted = {place, query, table, columns, n_columns};
    const char *why = NULL;
    if (query->verb != QUERY_INSERT || !query->has_values ||
        query->overriding == OVERRIDING_USER_VALUE)
        return NULL;
    for (size_t i = 0; why == NULL && i < table->n_constraints; i++)
        why = check_refusal(&inserted, &table->constraints[i]);
    for (size_t i = 0; query->conflict == CONFLICT_NONE && why == NULL && i < table->n_indexes; i++)
        why = key_refusal(&inserted, &table->indexes[i]);
    return why;
}
