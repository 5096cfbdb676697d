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

// 'text' for a POSIX shell.
static char *shell_quoted(TALLOC_CTX *mem, const char *text)
{
    char *quoted = mem_array(mem, char, 4 * strlen(text) + 3);
    char *at = quoted;

    *at++ = '\'';
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            at = stpcpy(at, "'\\''");
        } else {
            *at++ = *text;
        }
    }
    *at = '\'';
    return quoted;
}

char *target_command(TALLOC_CTX *mem, const struct target *target, const char *sql)
{
    const char *database = target->identity.database == NULL ? "" : target->identity.database;

    if (target->driver->dialect == DIALECT_SQLITE)
        return mem_printf(mem, "sqlite3 -readonly %s %s", shell_quoted(mem, database),
                          shell_quoted(mem, sql));
    return mem_printf(mem, "psql -d %s -c %s", shell_quoted(mem, database), shell_quoted(mem, sql));
}
