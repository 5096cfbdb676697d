/*
 * Names of PostgreSQL's types as a person writes them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/type_name.h"
#include "base/text.h"

// What a person writes for PostgreSQL's internal names. Source: PostgreSQL 15 manual, table 8.1.
static const char *type_word(const char *name)
{
    static const char *const words[][2] = {
        {"int2", "smallint"}, {"int4", "integer"},       {"int8", "bigint"},
        {"float4", "real"},   {"bool", "boolean"},       {"float8", "double precision"},
        {"bpchar", "char"},   {"varbit", "bit varying"}, {"char", "\"char\""},
    };
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (text_equal(name, words[i][0]))
            return words[i][1];
    }
    return name;
}

char *type_name_text(TALLOC_CTX *mem, const struct type_name *type)
{
    bool is_foreign = type->schema != NULL && strcmp(type->schema, "pg_catalog") != 0;
    char *text = mem_printf(mem, "%s%s%s", is_foreign ? type->schema : "", is_foreign ? "." : "",
                            type_word(type->name));
    for (size_t i = 0; i < type->n_mods; i++)
        text = mem_printf(mem, "%s%s%d%s", text, i == 0 ? "(" : ",", type->mods[i],
                          i + 1 == type->n_mods ? ")" : "");
    return type->is_array ? mem_printf(mem, "%s[]", text) : text;
}
