/*
 * Target: what of it is masked, and the command that asks the same question.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/target.h"
#include "base/text.h"

void target_mask(TALLOC_CTX *mem, struct target *target, const char *const *columns, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!target_is_masked(target, columns[i]))
            *mem_append(mem, target->masked, target->n_masked) = mem_strdup(mem, columns[i]);
}

bool target_is_masked(const struct target *target, const char *column)
{
    for (size_t i = 0; i < target->n_masked; i++)
        if (text_equal_nocase(target->masked[i], column))
            return true;
    return false;
}

char *target_command(TALLOC_CTX *mem, const struct target *target, const char *sql)
{
    const char *database = target->identity.database == NULL ? "" : target->identity.database;

    if (target->driver->dialect == DIALECT_SQLITE)
        return mem_printf(mem, "sqlite3 -readonly %s %s", text_shell_quoted(mem, database),
                          text_shell_quoted(mem, sql));
    return mem_printf(mem, "psql -d %s -c %s", text_shell_quoted(mem, database),
                      text_shell_quoted(mem, sql));
}
