/*
 * Settings: one value out of the small configuration files of other tools (KEY = VALUE lines).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/settings.h"
#include "base/file.h"
#include "base/text.h"
#include "change/line.h"

#define SETTINGS_SIZE_MAX ((size_t)1024 * 1024)

static char *trim(char *text)
{
    text += strspn(text, " \t\"'");
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t\"'", text[len - 1]) != NULL)
        text[--len] = '\0';
    return text;
}

static char *value_in(TALLOC_CTX *mem, const struct line *line, const char *key)
{
    char *copy = line_copy(mem, line);
    char *equals = strchr(copy, '=');
    if (line_starts_with(line, "#") || equals == NULL)
        return NULL;
    *equals = '\0';
    char *name = trim(copy);
    const char *dot = strrchr(name, '.');
    if (!text_equal_nocase(dot == NULL ? name : dot + 1, key))
        return NULL;
    equals[1 + strcspn(equals + 1, "#")] = '\0';
    return trim(equals + 1);
}

char *settings_value(TALLOC_CTX *mem, const char *path, const char *key)
{
    struct error ignored = {0};
    char *text;
    size_t len;
    if (file_kind(path) != FILE_REGULAR ||
        !file_read(mem, path, SETTINGS_SIZE_MAX, &text, &len, &ignored))
        return NULL;
    for (struct line line = {.text = text}; line_next(&line, len);) {
        char *value = value_in(mem, &line, key);
        if (value != NULL)
            return value;
    }
    return NULL;
}

bool settings_is(const char *path, const char *key, const char *value)
{
    SCRATCH(tmp);
    char *found = settings_value(tmp, path, key);
    return found != NULL && text_equal_nocase(found, value);
}
