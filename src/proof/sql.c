/*
 * SQL that is derived: names quoted, and the few words in which the dialects differ.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/sql.h"
#include "base/text.h"

char *sql_name(TALLOC_CTX *mem, const char *name)
{
    return text_enclosed(mem, name, '"', "\"");
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

static const char *is_distinct(enum dialect dialect)
{
    return dialect == DIALECT_SQLITE ? "IS NOT" : "IS DISTINCT FROM";
}

static const char *without_sequence(const char *type)
{
    static const char *const serials[][2] = {
        {"serial", "int4"},  {"serial4", "int4"},     {"bigserial", "int8"},
        {"serial8", "int8"}, {"smallserial", "int2"}, {"serial2", "int2"},
    };
    for (size_t i = 0; i < COUNT_OF(serials); i++)
        if (strcmp(serials[i][0], type) == 0)
            return serials[i][1];
    return type;
}

char *sql_type(TALLOC_CTX *mem, enum dialect dialect, const struct type_name *type)
{
    if (dialect == DIALECT_SQLITE || type->name == NULL)
        return mem_strdup(mem, type->name);
    bool is_own = type->schema != NULL && strcmp(type->schema, "pg_catalog") != 0;
    // The fields and precision of an interval are no list of numbers.
    size_t n_mods = strcmp(type->name, "interval") == 0 ? 0 : type->n_mods;
    char *text = is_own ? sql_relation(mem, (struct name){type->schema, type->name})
                        : sql_name(mem, without_sequence(type->name));
    for (size_t i = 0; i < n_mods; i++)
        text = mem_printf(mem, "%s%s%d%s", text, i == 0 ? "(" : ", ", type->mods[i],
                          i + 1 == n_mods ? ")" : "");
    return type->is_array ? mem_printf(mem, "%s[]", text) : text;
}

char *sql_comparable(TALLOC_CTX *mem, enum dialect dialect, const char *type, const char *value)
{
    // Source: pg_operator of PostgreSQL 15: no "=" that a btree or hash class has.
    static const char *const unequal[] = {"json", "jsonpath", "xml",  "point",   "line",
                                          "lseg", "box",      "path", "polygon", "circle"};
    SCRATCH(tmp);

    for (size_t i = 0; dialect == DIALECT_POSTGRES && type != NULL && i < COUNT_OF(unequal); i++) {
        const char *quoted = sql_name(tmp, unequal[i]);
        size_t len = strlen(quoted);
        if (strncmp(type, quoted, len) == 0 && (type[len] == '\0' || type[len] == '['))
            return mem_printf(mem, "CAST(%s AS text)", value);
    }
    return mem_strdup(mem, value);
}

char *sql_differs(TALLOC_CTX *mem, enum dialect dialect, const char *type, const char *value,
                  const char *expression)
{
    SCRATCH(tmp);
    const char *stored = mem_printf(tmp, "(%s)", expression);

    // 3.7 stored as an integer is 4, a moment stored as a date is its day.
    if (dialect == DIALECT_POSTGRES && type != NULL)
        stored = mem_printf(tmp, "CAST(%s AS %s)", stored, type);
    return mem_printf(mem, "%s %s %s", sql_comparable(tmp, dialect, type, value),
                      is_distinct(dialect), sql_comparable(tmp, dialect, type, stored));
}

char *sql_no_partner(TALLOC_CTX *mem, enum dialect dialect, struct name table, const char *column,
                     const char *rows, const char *key)
{
    const char *quoted = sql_name(mem, key), *own = sql_name(mem, column);

    // PostgreSQL joins what NOT EXISTS asks, and goes through all of NOT IN for each row.
    if (dialect == DIALECT_POSTGRES)
        return mem_printf(mem, "NOT EXISTS (SELECT 1 FROM %s AS partner WHERE partner.%s = %s.%s)",
                          rows, quoted, sql_name(mem, table.name), own);
    return mem_printf(mem, "%s NOT IN (SELECT %s FROM %s AS partner WHERE %s IS NOT NULL)", own,
                      quoted, rows, quoted);
}

const char *sql_shown(TALLOC_CTX *mem, struct name relation)
{
    if (relation.schema == NULL || strcmp(relation.schema, "main") == 0 ||
        strcmp(relation.schema, "public") == 0)
        return relation.name;
    return mem_printf(mem, "%s.%s", relation.schema, relation.name);
}
