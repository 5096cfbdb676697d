/*
 * Flags in a JSON or YAML file: the value at a path is replaced in its place, and nothing else of
 * the file. It is written beside and renamed, so that a reader sees the old file or the new one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "driver/flag.h"
#include <sys/stat.h>

struct place {
    const char *path;
    char *text;
    size_t len;
    const struct yaml *node; // the value
};

// JSON is YAML, so both are read by one reader, which knows the place of each value.
static bool find(TALLOC_CTX *mem, const struct flag_request *request, struct place *out,
                 struct error *err)
{
    const struct config_flag *flag = request->flag;
    struct yaml *document;
    out->path = flag->path[0] == '/' || request->folder == NULL
                    ? flag->path
                    : file_join(mem, request->folder, flag->path);
    TRY(file_read(mem, out->path, FILE_SIZE_MAX, &out->text, &out->len, err));
    TRY(yaml_read(mem, out->path, out->text, out->len, &document, err));
    const struct yaml *at = document;
    for (const char *key = flag->key; at != NULL && *key != '\0';) {
        size_t len = strcspn(key, ".");
        at = at->kind == YAML_MAP ? yaml_get(at, mem_strndup(mem, key, len)) : NULL;
        key += len + (key[len] == '.');
    }
    if (at == NULL)
        return error_set(err, ERROR_INPUT, "%s: there is no '%s' in it", out->path, flag->key);
    if (at->kind != YAML_SCALAR)
        return error_set(err, ERROR_INPUT, "%s:%zu:%zu: '%s' is no single value", out->path,
                         at->line, at->column, flag->key);
    out->node = at;
    return true;
}

static bool file_flag_read(TALLOC_CTX *mem, const struct flag_request *request,
                           struct flag_answer *out, struct error *err)
{
    SCRATCH(tmp);
    struct place place;
    struct error cause = {0};
    (void)err;
    *out = (struct flag_answer){.value = FLAG_UNKNOWN};
    if (!find(tmp, request, &place, &cause)) {
        out->text = mem_strdup(mem, cause.message);
        return true;
    }
    out->value = flag_value_read(place.node->text);
    out->text = mem_printf(mem, "%s:%zu: %s is %s", place.path, place.node->line,
                           request->flag->key, place.node->text);
    return true;
}

// The byte at which a line and column (in characters) are.
static size_t offset_of(const struct place *place)
{
    size_t at = 0;
    for (size_t line = 1; line < place->node->line && at < place->len; at++)
        line += place->text[at] == '\n';
    for (size_t column = 1; column < place->node->column && at < place->len; column++)
        do
            at++;
        while (at < place->len && ((unsigned char)place->text[at] & 0xC0) == 0x80);
    return at;
}

static bool file_flag_set(TALLOC_CTX *mem, const struct flag_request *request, bool is_on,
                          const char **why, struct error *err)
{
    SCRATCH(tmp);
    struct place place;
    struct stat status;
    TRY(find(tmp, request, &place, err));
    size_t at = offset_of(&place), len = strlen(place.node->text);
    // A value in quotes, over lines or with escapes is somebody's text, and no switch.
    if (place.node->is_quoted || len > place.len - at ||
        memcmp(place.text + at, place.node->text, len) != 0 ||
        flag_value_read(place.node->text) == FLAG_UNKNOWN) {
        *why = mem_printf(mem, "%s:%zu:%zu: '%s' is neither true nor false", place.path,
                          place.node->line, place.node->column, request->flag->key);
        return true;
    }
    const char *text = mem_printf(tmp, "%.*s%s%s", (int)at, place.text, is_on ? "true" : "false",
                                  place.text + at + len);
    unsigned mode = stat(place.path, &status) == 0 ? status.st_mode & 07777 : 0644;
    return file_write(place.path, text, strlen(text), mode, err);
}

const struct flag_driver flag_file = {.name = "file", .read = file_flag_read, .set = file_flag_set};
