/*
 * Target: the command that asks the same question.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/target.h"

// 'text' for a POSIX shell.
static char *shell_quoted(TALLOC_CTX *mem, const char *text)
{
    char *quoted = mem_array(mem, char, 4 * strlen(text) + 3);
    char *at = quoted;

    *at++ = '\'';
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            memcpy(at, "'\\''", 4);
            at += 4;
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
    return mem_printf(mem, "psql -d %s -c %s", shell_quoted(mem, database),
                      shell_quoted(mem, sql));
}
