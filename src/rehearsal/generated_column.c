/*
 * Generated columns.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/generated_column.h"
#include "base/text.h"

bool generated_value(const char *sql)
{
    static const char *const words[] = {"nextval",   "uuid",     "random",
                                        "now()",     "current_", "_timestamp",
                                        "localtime", "datetime", "strftime"};
    SCRATCH(tmp);
    const char *lower = sql == NULL ? "" : text_lower(tmp, sql);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strstr(lower, words[i]) != NULL)
            return true;
    return false;
}

bool generated_column(const struct schema_column *column)
{
    return column->is_identity || column->owned_sequence != NULL ||
           generated_value(column->default_text);
}

bool generated_rowid(const struct schema_relation *table, const struct schema_column *column)
{
    if (!text_equal_nocase(column->type.name, "integer"))
        return false;
    for (size_t i = 0; i < table->n_constraints; i++) {
        const struct schema_constraint *constraint = &table->constraints[i];
        if (constraint->kind == CONSTRAINT_PRIMARY_KEY)
            return constraint->n_columns == 1 &&
                   text_equal_nocase(constraint->columns[0], column->name);
    }
    return false;
}
