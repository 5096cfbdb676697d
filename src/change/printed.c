/*
 * Printed SQL: what Alembic, Django and Rails print of migrations that are written in code.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/printed.h"
#include "base/text.h"
#include "change/migration.h"

const char *printed_find_code(const struct printed_tool *tool, char *const *paths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        SCRATCH(tmp);
        if (text_ends_with(paths[i], tool->source) &&
            strstr(migration_head(tmp, paths[i]), tool->mark) != NULL)
            return paths[i];
    }
    return NULL;
}

bool printed_refuse_code(const struct printed_tool *tool, const char *path, struct error *err)
{
    error_set(err, ERROR_INPUT, "%s: a migration of %s in code, whose SQL is not visible", path,
              tool->name);
    return error_hint(err, "%s", tool->command);
}

bool printed_find_sql(char *const *paths, size_t n, bool also_log,
                      bool (*has_mark)(const char *text))
{
    for (size_t i = 0; i < n; i++) {
        SCRATCH(tmp);
        if (!text_ends_with(paths[i], ".sql") && !(also_log && text_ends_with(paths[i], ".log")))
            continue;
        if (has_mark(migration_head(tmp, paths[i])))
            return true;
    }
    return false;
}
