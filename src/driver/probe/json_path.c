/*
 * Paths into JSON: see json_path.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/probe/json_path.h"
#include <ctype.h>

// "[12]" at `path`; the path behind it, or NULL when it is no index.
static const char *read_index(const char *path, size_t *out)
{
    char *end;
    if (!isdigit((unsigned char)path[1]))
        return NULL;
    *out = strtoul(path + 1, &end, 10);
    return *end == ']' ? end + 1 : NULL;
}

const json_t *json_path_find(const json_t *document, const char *path)
{
    const json_t *at = json_object_get(document, path);
    if (at != NULL)
        return at;
    at = document;
    while (*path != '\0' && at != NULL) {
        if (*path == '[') {
            size_t index;
            path = read_index(path, &index);
            if (path == NULL)
                return NULL;
            at = json_array_get(at, index);
        } else {
            size_t len = strcspn(path, ".[");
            at = json_object_getn(at, path, len);
            path += len;
        }
        if (*path == '.' && path[1] != '\0')
            path++;
    }
    return at;
}

const char *json_path_text(TALLOC_CTX *mem, const json_t *value)
{
    return json_is_string(value) ? mem_strdup(mem, json_string_value(value))
                                 : json_canonical(mem, value);
}
