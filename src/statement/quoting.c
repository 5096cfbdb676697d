/*
 * Quoting: which names need quotes, and the quotes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/quoting.h"
#include "base/text.h"
#include <ctype.h>

// PostgreSQL folds what is not quoted, SQLite compares without case.
static bool is_plain(enum dialect dialect, const char *name)
{
    if (*name == '\0' || isdigit((unsigned char)*name))
        return false;
    for (const char *c = name; *c != '\0'; c++) {
        bool is_upper = *c >= 'A' && *c <= 'Z';
        if ((*c < 'a' || *c > 'z') && (*c < '0' || *c > '9') && *c != '_' &&
            (!is_upper || dialect != DIALECT_SQLITE))
            return false;
    }
    return dialect == DIALECT_SQLITE ? !sqlite_reserves(name) : !postgres_reserves(name);
}

char *quoting_name(TALLOC_CTX *mem, enum dialect dialect, const char *name)
{
    return is_plain(dialect, name) ? mem_strdup(mem, name) : text_enclosed(mem, name, '"', "\"");
}

char *quoting_relation(TALLOC_CTX *mem, enum dialect dialect, struct name relation)
{
    char *name = quoting_name(mem, dialect, relation.name);
    if (relation.schema == NULL)
        return name;
    return mem_printf(mem, "%s.%s", quoting_name(mem, dialect, relation.schema), name);
}

char *quoting_text(TALLOC_CTX *mem, const char *text)
{
    return text_enclosed(mem, text, '\'', "'");
}
