/*
 * Quoting: names and texts as they stand in SQL of ours.
 *
 * Texts hold for standard_conforming_strings of either setting: one with a backslash is written as
 * E'…'.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "driver/engine/postgres/postgres.h"

char *quote_name(TALLOC_CTX *mem, const char *name)
{
    return text_enclosed(mem, name, '"', "\"");
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
    const char *quoted = text_enclosed(tmp, text, '\'', "'\\");
    return mem_printf(mem, "%s%s", strchr(text, '\\') ? "E" : "", quoted);
}
