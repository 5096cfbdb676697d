/*
 * Inflection: English plurals as ORMs make table names of class names.
 *
 * Source: the common rules of ActiveSupport's Inflector; a table that they miss is named in the
 * model.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/inflection.h"
#include "base/text.h"
#include <ctype.h>

static const struct {
    const char *one, *many;
} irregular[] = {
    {"person", "people"}, {"child", "children"},  {"man", "men"},   {"datum", "data"},
    {"mouse", "mice"},    {"status", "statuses"}, {"news", "news"}, {"series", "series"},
};

static char *swap_end(TALLOC_CTX *mem, const char *word, const char *from, const char *to)
{
    return mem_printf(mem, "%.*s%s", (int)(strlen(word) - strlen(from)), word, to);
}

char *inflection_plural(TALLOC_CTX *mem, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i < COUNT_OF(irregular); i++)
        if (text_ends_with(word, irregular[i].one))
            return swap_end(mem, word, irregular[i].one, irregular[i].many);
    if (len > 1 && word[len - 1] == 'y' && strchr("aeiou", word[len - 2]) == NULL)
        return swap_end(mem, word, "y", "ies");
    bool hisses = text_ends_with(word, "s") || text_ends_with(word, "x") ||
                  text_ends_with(word, "z") || text_ends_with(word, "ch") ||
                  text_ends_with(word, "sh");
    return mem_printf(mem, "%s%s", word, hisses ? "es" : "s");
}

char *inflection_singular(TALLOC_CTX *mem, const char *word)
{
    for (size_t i = 0; i < COUNT_OF(irregular); i++)
        if (text_ends_with(word, irregular[i].many))
            return swap_end(mem, word, irregular[i].many, irregular[i].one);
    if (text_ends_with(word, "ies"))
        return swap_end(mem, word, "ies", "y");
    static const char *const hissing[] = {"sses", "xes", "zes", "ches", "shes"};
    for (size_t i = 0; i < COUNT_OF(hissing); i++)
        if (text_ends_with(word, hissing[i]))
            return swap_end(mem, word, "es", "");
    if (text_ends_with(word, "s") && !text_ends_with(word, "ss"))
        return swap_end(mem, word, "s", "");
    return mem_strdup(mem, word);
}

char *inflection_snake(TALLOC_CTX *mem, const char *name)
{
    char *out = mem_array(mem, char, strlen(name) * 2 + 1);
    size_t n = 0;
    for (size_t i = 0; name[i] != '\0'; i++) {
        bool is_upper = isupper((unsigned char)name[i]) != 0;
        bool is_start = is_upper && i > 0 && name[i - 1] != '_' &&
                        (islower((unsigned char)name[i - 1]) ||
                         islower((unsigned char)name[i + 1])); // "HTTPServer" → http_server
        if (is_start)
            out[n++] = '_';
        out[n++] = (char)tolower((unsigned char)name[i]);
    }
    return out;
}

char *inflection_table(TALLOC_CTX *mem, const char *name)
{
    return inflection_plural(mem, inflection_snake(mem, name));
}
