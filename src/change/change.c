/*
 * Reading a change: which layout the given folders and files have, and their migrations in order.
 *
 * What a folder holds is the layout's business; this finds the layout and refuses what none knows.
 * Single files are read by given_files.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/text.h"
#include "change/given_files.h"
#include "change/layout.h"
#include "change/migration.h"
#include <limits.h>

static bool refuse_empty(const char *folder, struct error *err)
{
    SCRATCH(tmp);
    char *names = mem_strdup(tmp, "");
    for (size_t i = 0; i < layout_count; i++)
        names = mem_printf(tmp, "%s%s%s", names, i == 0 ? "" : ", ", layout_table[i]->name);
    error_set(err, ERROR_INPUT, "%s: no migration in this folder", folder);
    return error_hint(err, "looked for *.sql and the files of: %s", names);
}

// The first folder directly below `folder` whose files a layout of its own would read: the plain
// layout must not mix several tools' folders, or a tool's folder with others, into one sequence.
static char *find_inner(TALLOC_CTX *mem, const char *folder, char *const *paths, size_t n,
                        const struct migration_layout **layout)
{
    size_t prefix = strlen(folder);
    for (size_t i = 0; i < n; i++) {
        const char *rest = paths[i] + prefix + strspn(paths[i] + prefix, "/");
        const char *slash = strchr(rest, '/');
        if (slash == NULL)
            continue;
        char *inner = mem_strndup(mem, paths[i], (size_t)(slash - paths[i]));
        size_t end = i;
        while (end < n && text_starts_with(paths[end], inner) && paths[end][strlen(inner)] == '/')
            end++;
        *layout = layout_recognise(inner, paths + i, end - i);
        if (*layout != NULL && strcmp((*layout)->name, "plain") != 0)
            return inner;
        i = end - 1;
    }
    return NULL;
}

static bool choose_layout(const char *folder, char *const *paths, size_t n,
                          const struct migration_layout **layout, struct error *err)
{
    SCRATCH(tmp);
    if (*layout == NULL)
        *layout = layout_recognise(folder, paths, n);
    if (*layout == NULL || strcmp((*layout)->name, "plain") != 0)
        return *layout != NULL || refuse_empty(folder, err);
    for (size_t i = 0; i < n; i++)
        if (text_ends_with(paths[i], ".sql") && migration_is_direct(folder, paths[i]))
            return true;
    const struct migration_layout *inner_layout;
    char *inner = find_inner(tmp, folder, paths, n, &inner_layout);
    if (inner == NULL)
        return true;
    error_set(err, ERROR_INPUT, "%s: no migration in this folder itself", folder);
    return error_hint(err, "give '%s', which holds migrations of %s", inner, inner_layout->name);
}

static bool read_folder(TALLOC_CTX *mem, const char *folder, const struct migration_layout *layout,
                        struct change *change, struct error *err)
{
    SCRATCH(tmp);
    char **paths;
    size_t n;
    struct change part = {0};
    TRY(file_walk(tmp, folder, &paths, &n, err));
    bool was_chosen = layout != NULL;
    TRY(choose_layout(folder, paths, n, &layout, err));
    TRY(layout->read(mem, folder, paths, n, &part, err));
    if (part.n_migrations == 0) {
        error_set(err, ERROR_INPUT, "%s: no migration in this folder", folder);
        return error_hint(err, "looked for %s (%s%s)", layout->file_pattern, layout->name,
                          was_chosen ? ", as asked" : "");
    }
    TRY(migration_check_versions(&part, err));
    migration_append(mem, change, &part);
    if (change->layout == NULL)
        change->layout = layout;
    return true;
}

// The name of the folder that `path` is or lies in, for the change's title.
static char *title_of(TALLOC_CTX *mem, const char *path)
{
    char full[PATH_MAX];
    if (realpath(path, full) == NULL)
        return mem_strdup(mem, file_base(path));
    return mem_strdup(mem, file_base(full));
}

// What lies in this folder is called by its name alone, not ./NAME.
static const char *path_shorten(const char *path)
{
    while (path != NULL && path[0] == '.' && path[1] == '/')
        path += 1 + strspn(path + 1, "/");
    return path;
}

static void shorten_paths(struct change *change)
{
    for (size_t i = 0; i < change->n_migrations; i++) {
        struct migration *migration = &change->migrations[i];
        migration->path = path_shorten(migration->path);
        migration->up.path = path_shorten(migration->up.path);
        migration->down.path = path_shorten(migration->down.path);
    }
}

bool change_read(TALLOC_CTX *mem, const char *const *paths, size_t n_paths,
                 const struct migration_layout *layout, struct change **out, struct error *err)
{
    struct change *change = mem_new(mem, struct change);
    for (size_t i = 0; i < n_paths;) {
        if (file_kind(paths[i]) == FILE_FOLDER) {
            TRY(read_folder(change, paths[i], layout, change, err));
            i++;
            continue;
        }
        size_t end = i;
        while (end < n_paths && file_kind(paths[end]) != FILE_FOLDER)
            end++;
        TRY(given_files_read(change, paths + i, end - i, layout, change, err));
        i = end;
    }
    if (n_paths == 0)
        return error_set(err, ERROR_USAGE, "no file or folder of migrations was given");
    if (change->n_migrations == 0)
        return error_set(err, ERROR_INPUT, "%s: no migration in this file", paths[0]);
    shorten_paths(change);
    change->title = title_of(change, paths[0]);
    *out = change;
    return true;
}
