/*
 * Migrations that run after the release: see after_release.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/after_release.h"
#include "change/layout.h"
#include "change/migration.h"
#include <dirent.h>

// But for what is hidden: a folder that git shall keep holds such a file.
static bool holds_something(const char *path)
{
    bool holds = false;
    DIR *folder = opendir(path);

    if (folder == NULL)
        return false;
    for (struct dirent *one = readdir(folder); one != NULL && !holds; one = readdir(folder))
        holds = one->d_name[0] != '.';
    closedir(folder);
    return holds;
}

static bool has_versions(const struct change *change)
{
    for (size_t i = 0; i < change->n_migrations; i++)
        if (change->migrations[i].version == NULL)
            return false;
    return true;
}

bool after_release_read(TALLOC_CTX *mem, const char *folder, const struct migration_layout *layout,
                        struct change *change, struct error *err)
{
    struct change *after;

    if (!holds_something(folder))
        return true;
    TRY(change_read(mem, &folder, 1, layout, &after, err));
    for (size_t i = 0; i < after->n_migrations; i++)
        after->migrations[i].phase = PHASE_AFTER_RELEASE;
    bool is_one_order =
        after->layout == change->layout && has_versions(after) && has_versions(change);
    migration_append(mem, change, after);
    if (is_one_order)
        migration_sort(change, migration_by_version);
    return true;
}
