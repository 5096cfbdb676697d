/*
 * Where the names of a function's body may be found besides our own search_path.
 *
 * A body that is text finds its names when it runs: by the search_path of the function or of any
 * that called it, and "$user" is whoever it runs as. So a function is judged once for each way of
 * finding names that leads to it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/guard.h"

#include "base/text.h"

static void name_add(TALLOC_CTX *mem, struct guard_path *path, const char *name)
{
    for (size_t i = 0; i < path->n; i++) {
        if (strcmp(path->names[i], name) == 0)
            return;
    }
    *mem_append(mem, path->names, path->n) = name;
}

// The name at `*at` as PostgreSQL's SplitIdentifierString reads it; behind it afterwards.
static char *name_read(TALLOC_CTX *mem, const char **at)
{
    if (**at != '"') {
        size_t len = strcspn(*at, ", \n");
        char *name = mem_strndup(mem, *at, len);
        *at += len;
        return text_lower(mem, name);
    }
    char *name = mem_strdup(mem, "");
    const char *c = *at + 1;
    for (; *c != '\0' && (*c != '"' || c[1] == '"'); c++) {
        name = talloc_strndup_append_buffer(name, c, 1);
        c += *c == '"';
    }
    *at = c + (*c == '"');
    return name;
}

// Of "work_mem=1MB\nsearch_path=app, \"Odd\", pg_temp".
static void setting_add(TALLOC_CTX *mem, struct guard_path *path, const char *settings)
{
    static const char setting[] = "search_path=";
    const char *at = settings == NULL ? NULL : strstr(settings, setting);
    if (at == NULL)
        return;
    for (at += strlen(setting); *at != '\0' && *at != '\n';) {
        at += strspn(at, ", ");
        if (*at != '\0' && *at != '\n')
            name_add(mem, path, name_read(mem, &at));
    }
}

struct guard_path guard_path_behind(TALLOC_CTX *mem, const struct guard_path *path,
                                    const struct guard_object *object)
{
    struct guard_path behind = {0};
    for (size_t i = 0; i < path->n; i++)
        name_add(mem, &behind, path->names[i]);
    setting_add(mem, &behind, object->settings);
    if (object->definer != NULL)
        name_add(mem, &behind, object->definer);
    return behind;
}

bool guard_path_equal(const struct guard_path *a, const struct guard_path *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        if (strcmp(a->names[i], b->names[i]) != 0)
            return false;
    }
    return true;
}
