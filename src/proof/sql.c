/*
 * SQL that is derived: names quoted, and the few words in which the dialects differ.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/sql.h"

char *sql_name(TALLOC_CTX *mem, const char *name)
{
    char *quoted = mem_array(mem, char, 2 * strlen(name) + 3);
    char *at = quoted;

    *at++ = '"';
    for (; *name != '\0'; name++) {
        if (*name == '"')
            *at++ = '"';
        *at++ = *name;
    }
    *at = '"';
    return quoted;
}

char *sql_relation(TALLOC_CTX *mem, struct name relation)
{
    if (relation.schema == NULL)
        return sql_name(mem, relation.name);
    return mem_printf(mem, "%s.%s", sql_name(mem, relation.schema), sql_name(mem, relation.name));
}

char *sql_list(TALLOC_CTX *mem, const char *prefix, const char *const *names, size_t n,
               const char *separator)
{
    char *list = mem_strdup(mem, "");

    for (size_t i = 0; i < n; i++)
        list = mem_printf(mem, "%s%s%s%s%s", list, i == 0 ? "" : separator,
                          prefix == NULL ? "" : prefix, prefix == NULL ? "" : ".",
                          sql_name(mem, names[i]));
    return list;
}

const char *sql_is_distinct(enum dialect dialect)
{
    return dialect == DIALECT_SQLITE ? "IS NOT" : "IS DISTINCT FROM";
}

const char *sql_shown(TALLOC_CTX *mem, struct name relation)
{
    if (relation.schema == NULL || strcmp(relation.schema, "main") == 0 ||
        strcmp(relation.schema, "public") == 0)
        return relation.name;
    return mem_printf(mem, "%s.%s", relation.schema, relation.name);
}
