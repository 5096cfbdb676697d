/*
 * Range folders: see range_folders.h. A changed .sql file leads to its folder, or to the one above
 * it where each migration has a folder of its own (diesel, Prisma, sqitch).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/range_folders.h"
#include "base/file.h"
#include "base/text.h"
#include "change/layout.h"
#include <unistd.h>

struct search {
    TALLOC_CTX *mem;
    const char *here; // working directory
    const char **folders;
    size_t n;
};

static bool has_folder(const struct search *search, const char *folder)
{
    for (size_t i = 0; i < search->n; i++)
        if (strcmp(search->folders[i], folder) == 0)
            return true;
    return false;
}

static const char *shown_path(const struct search *search, const char *folder)
{
    size_t len = strlen(search->here);

    if (strncmp(folder, search->here, len) != 0)
        return folder;
    if (folder[len] == '\0')
        return ".";
    return folder[len] == '/' ? folder + len + 1 : folder;
}

static bool names_migrations(const char *path)
{
    SCRATCH(tmp);
    return strstr(text_lower(tmp, path), "migrat") != NULL;
}

static bool is_one_of_many(const char *path)
{
    static const char *const names[] = {"up.sql", "down.sql", "migration.sql"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcmp(file_base(path), names[i]) == 0)
            return true;
    return false;
}

// Is it a folder of migrations? `plain`: also one whose files no tool names.
static bool try_folder(struct search *search, const char *folder, bool plain, bool *is_found,
                       struct error *err)
{
    SCRATCH(tmp);
    struct change *change;
    const char *shown = shown_path(search, folder);

    if (file_kind(folder) != FILE_FOLDER)
        return true;
    if (!change_read(tmp, &shown, 1, NULL, &change, err))
        return !plain; // what says that it holds migrations must be read
    *is_found = plain || strcmp(change->layout->name, "plain") != 0;
    if (*is_found && !has_folder(search, shown))
        *mem_append(search->mem, search->folders, search->n) = mem_strdup(search->mem, shown);
    return true;
}

static bool find_for_file(struct search *search, const struct change *range, const char *path,
                          struct error *err)
{
    SCRATCH(tmp);
    char *folder = file_folder(tmp, file_join(tmp, range->root, path));
    bool is_found = false;

    if (is_one_of_many(path))
        folder = file_folder(tmp, folder);
    TRY(try_folder(search, folder, false, &is_found, err));
    if (!is_found && strlen(folder) > strlen(range->root))
        TRY(try_folder(search, file_folder(tmp, folder), false, &is_found, err));
    if (is_found || !names_migrations(file_folder(tmp, path)))
        return true;
    return try_folder(search, folder, true, &is_found, err);
}

bool range_folders_find(TALLOC_CTX *mem, const struct change *range, const char ***out, size_t *n,
                        struct error *err)
{
    char *here = getcwd(NULL, 0);
    struct search search = {.mem = mem, .here = here == NULL ? "" : mem_strdup(mem, here)};

    free(here);
    for (size_t i = 0; i < range->n_files; i++)
        if (text_ends_with(range->files[i].path, ".sql"))
            TRY(find_for_file(&search, range, range->files[i].path, err));
    *out = search.folders;
    *n = search.n;
    return true;
}
