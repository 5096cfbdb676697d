/*
 * Quoting: names and texts as they stand in SQL of ours.
 *
 * Texts hold for standard_conforming_strings of either setting: one with a backslash is written as
 * E'…'.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/postgres.h"

// `text` between two `quote`s, with each character of `doubled` in it doubled.
static char *enclose(TALLOC_CTX *mem, const char *text, char quote, const char *doubled)
{
    size_t len = strlen(text);
    char *out = mem_array(mem, char, 2 * len + 3);
    size_t n = 0;
    out[n++] = quote;
    for (size_t i = 0; i < len; i++) {
        if (strchr(doubled, text[i]) != NULL)
            out[n++] = text[i];
        out[n++] = text[i];
    }
    out[n] = quote;
    return out;
}

char *quote_name(TALLOC_CTX *mem, const char *name)
{
    return enclose(mem, name, '"', "\"");
}

char *quote_relation(TALLOC_CTX *mem, struct name name)
{
    SCRATCH(tmp);
    if (name.schema == NULL)
        return quote_name(mem, name.name);
    return mem_printf(mem, "%s.%s", quote_name(tmp, name.schema), quote_name(tmp, name.name));
}

char *quote_text(TALLOC_CTX *mem, const char *text)
{
    SCRATCH(tmp);
    const char *quoted = enclose(tmp, text, '\'', "'\\");
    return mem_printf(mem, "%s%s", strchr(text, '\\') ? "E" : "", quoted);
}
