/*
 * What an undo log keeps: see undo_subjects.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/undo_subjects.h"

static bool loses_columns(const struct trace_table *table)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (table->columns[i]->dropped != NULL)
            return true;
    return table->dropped != NULL || table->is_rewritten;
}

// The columns that were there and that UPDATEs name; none where something else may write others.
static void name_columns(TALLOC_CTX *mem, const struct trace_table *table,
                         struct engine_undo_subject *out)
{
    const char **columns = NULL;
    for (size_t i = 0; table->indirect == NULL && i < table->n_columns; i++)
        if (table->columns[i]->written.cause != NULL && table->columns[i]->before != NULL)
            *mem_append(mem, columns, out->n_updated) = table->columns[i]->before;
    out->updated = columns;
    out->is_updated_only = table->indirect == NULL && table->added == NULL &&
                           table->removed.cause == NULL && !out->is_rewritten;
}

// Does it overwrite or delete anything that was there?
static bool overwrites(const struct trace_table *table, const struct engine_undo_subject *subject)
{
    return subject->n_updated > 0 || subject->is_rewritten || table->removed.cause != NULL ||
           table->indirect != NULL;
}

void undo_subjects_name(TALLOC_CTX *mem, const struct trace *trace, struct engine_undo_request *out)
{
    struct engine_undo_subject *subjects = NULL;
    for (size_t i = 0; i < trace->n_tables; i++) {
        const struct trace_table *table = trace->tables[i];
        if (table->before.name == NULL || !trace_is_changed(table))
            continue;
        struct engine_undo_subject subject = {.table = table->before,
                                              .is_rewritten = loses_columns(table)};
        name_columns(mem, table, &subject);
        if (overwrites(table, &subject))
            *mem_append(mem, subjects, out->n_subjects) = subject;
    }
    out->subjects = subjects;
}
