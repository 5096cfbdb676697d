/*
 * Columns that a write names and the table does not have.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/write_target.h"

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
    if (table->n_columns == 0 || table->n_parents > 0 || !relation_is_table(table))
        return NULL;
    for (size_t i = 0; why == NULL && i < query->n_columns; i++)
        why = column_refusal(mem, table, query->columns[i]);
    for (size_t i = 0; why == NULL && i < query->n_assignments; i++)
        why = column_refusal(mem, table, query->assignments[i].column);
    return why;
}
