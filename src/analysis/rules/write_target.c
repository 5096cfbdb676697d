/*
 * Columns that a write names and the table does not have, and ON CONFLICT without a unique index.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/write_target.h"

static bool is_arbiter(const struct query *query, const struct schema_index *index)
{
    const char *const *columns = query->conflict_columns;
    size_t n = query->n_conflict_columns, n_found = 0;
    if (!index->is_unique || (index->predicate_text != NULL && !query->conflict_has_predicate))
        return false;
    for (size_t i = 0; i < index->n_columns; i++) {
        if (index->columns[i].column == NULL || !word_in(index->columns[i].column, columns, n))
            return false;
    }
    // Each column of the target is one of the index, however often it is written.
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < index->n_columns; k++) {
            if (strcmp(index->columns[k].column, columns[i]) == 0) {
                n_found++;
                break;
            }
        }
    }
    return n_found == n;
}

static const char *conflict_refusal(TALLOC_CTX *mem, const struct query *query,
                                    const struct schema_relation *table)
{
    if (query->conflict_constraint != NULL)
        return schema_find_constraint(table, query->conflict_constraint) == NULL
                   ? mem_printf(mem, "ON CONFLICT names constraint %s, which it does not have",
                                query->conflict_constraint)
                   : NULL;
    if (query->n_conflict_columns == 0)
        return NULL;
    for (size_t i = 0; i < table->n_indexes; i++) {
        if (is_arbiter(query, &table->indexes[i]))
            return NULL;
    }
    return mem_printf(mem, "ON CONFLICT (%s) needs a unique index of exactly these columns",
                      words_join(mem, query->conflict_columns, query->n_conflict_columns));
}

static const char *column_refusal(TALLOC_CTX *mem, const struct schema_relation *table,
                                  const char *column)
{
    return schema_find_column(table, column) == NULL
               ? mem_printf(mem, "it has no column %s", column)
               : NULL;
}

const char *write_target_refusal(TALLOC_CTX *mem, const struct query *query,
                                 const struct schema_relation *table)
{
    const char *why = NULL;
    if (!relation_tells_columns(table))
        return NULL;
    for (size_t i = 0; why == NULL && i < query->n_columns; i++)
        why = column_refusal(mem, table, query->columns[i]);
    for (size_t i = 0; why == NULL && i < query->n_assignments; i++)
        why = column_refusal(mem, table, query->assignments[i].column);
    return why != NULL ? why : conflict_refusal(mem, query, table);
}
