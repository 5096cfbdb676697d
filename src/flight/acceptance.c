/*
 * Acceptance: see acceptance.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/acceptance.h"
#include <string.h>

static void add(TALLOC_CTX *mem, char **kinds, const char *of, const char *what)
{
    *kinds = mem_printf(mem, "%s%s%s: %s", *kinds ?: "", *kinds == NULL ? "" : "\n", of, what);
}

static void add_table(TALLOC_CTX *mem, char **kinds, const json_t *table)
{
    SCRATCH(tmp);
    const char *name = json_get_text(table, "table") ?: "a table";
    const json_t *column;
    size_t i;

    if (json_get_integer(json_object_get(table, "extra"), "unattributed", 0) > 0)
        add(mem, kinds, name, "new rows");
    if (json_get_integer(json_object_get(table, "missing"), "unattributed", 0) > 0)
        add(mem, kinds, name, "missing rows");
    json_array_foreach(json_object_get(table, "differs"), i, column)
    {
        if (json_get_integer(column, "unattributed", 0) > 0)
            add(mem, kinds, name,
                mem_printf(tmp, "another %s", json_get_text(column, "column") ?: "value"));
    }
}

char *acceptance_kinds(TALLOC_CTX *mem, const json_t *document)
{
    char *kinds = NULL;
    const json_t *object;
    size_t i;

    json_array_foreach(json_object_get(document, "tables"), i, object)
        add_table(mem, &kinds, object);
    if (kinds != NULL)
        return kinds;
    // Rows that are not named one by one: by the checks that failed.
    json_array_foreach(json_object_get(document, "invariants"), i, object)
    {
        const char *status = json_get_text(object, "status");
        if (status != NULL && strcmp(status, "FAIL") == 0)
            add(mem, &kinds, json_get_text(object, "name") ?: "a check", "failed");
    }
    return kinds;
}

static bool has_line(const char *text, const char *line, size_t len)
{
    for (const char *at = text; at != NULL; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, line, len) == 0 && (at[len] == '\n' || at[len] == '\0'))
            return true;
    }
    return false;
}

bool acceptance_covers(const char *accepted, const char *found)
{
    for (const char *at = found; at != NULL; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (!has_line(accepted, at, strcspn(at, "\n")))
            return false;
    }
    return true;
}

char *acceptance_joined(TALLOC_CTX *mem, const char *accepted, const char *found)
{
    return accepted == NULL ? mem_strdup(mem, found) : mem_printf(mem, "%s\n%s", accepted, found);
}
