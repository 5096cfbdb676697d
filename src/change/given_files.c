/*
 * Given files: migrations that were named one by one, in the order in which they were named.
 *
 * The layout of each is recognised by its own name and content, so a list may mix tools; up and
 * down are paired by the layout, among the files of one folder.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/given_files.h"
#include "base/file.h"
#include "base/text.h"
#include "base/text_index.h"
#include "change/migration.h"

// How tools name the down of an up: endings of the path. The first that exists is read with a given
// up, so that a migration is not said to have no way back only because its down was not typed.
static const struct {
    const char *up, *down;
} siblings[] = {
    {".up.sql", ".down.sql"}, {"/up.sql", "/down.sql"},        {"_up.sql", "_down.sql"},
    {"-up.sql", "-down.sql"}, {"/migration.sql", "/down.sql"}, {".sql", ".down.sql"},
    {".sql", "_down.sql"},    {".sql", ".rollback.sql"},       {".sql", "_rollback.sql"},
};

struct given_file {
    char *path;
    const char *folder;
    const struct migration_layout *layout;
    bool is_read;
};

struct given_list {
    struct given_file *files; // in the order given, siblings behind
    size_t n;
    struct text_index *places; // by path
};

static bool is_down_name(const char *path)
{
    for (size_t i = 0; i < COUNT_OF(siblings); i++)
        if (text_ends_with(path, siblings[i].down))
            return true;
    return strcmp(path, "down.sql") == 0;
}

// The down beside the up `path`, or NULL.
static char *find_sibling(TALLOC_CTX *mem, const char *path)
{
    if (is_down_name(path))
        return NULL;
    // "up.sql" alone has the ending "/up.sql" too.
    bool is_bare = strchr(path, '/') == NULL;
    char *full = is_bare ? mem_printf(mem, "./%s", path) : mem_strdup(mem, path);
    for (size_t i = 0; i < COUNT_OF(siblings); i++) {
        if (!text_ends_with(full, siblings[i].up))
            continue;
        size_t stem = strlen(full) - strlen(siblings[i].up);
        char *down = mem_printf(mem, "%.*s%s", (int)stem, full, siblings[i].down);
        if (file_kind(down) == FILE_REGULAR)
            return is_bare ? down + 2 : down;
    }
    return NULL;
}

static bool list_add(TALLOC_CTX *mem, struct given_list *list, const char *path,
                     const struct migration_layout *layout, struct error *err)
{
    if (text_index_add(list->places, path, list->n) < list->n)
        return true;
    struct given_file *file = mem_append(mem, list->files, list->n);
    file->path = mem_strdup(mem, path);
    file->folder = file_folder(mem, path);
    if (file_kind(path) != FILE_REGULAR) {
        // Not there, a loop of links, a device: reading says which.
        SCRATCH(tmp);
        char *text;
        size_t len;
        TRY(file_read(tmp, path, FILE_SIZE_MAX, &text, &len, err));
    }
    char *const one[] = {file->path};
    file->layout = layout != NULL ? layout : layout_recognise(NULL, one, 1);
    return true;
}

static bool list_make(TALLOC_CTX *mem, const char *const *paths, size_t n,
                      const struct migration_layout *layout, struct given_list *list,
                      struct error *err)
{
    for (size_t i = 0; i < n; i++)
        TRY(list_add(mem, list, paths[i], layout, err));
    for (size_t i = 0; i < n; i++) {
        const char *sibling = find_sibling(mem, paths[i]);
        if (sibling != NULL)
            TRY(list_add(mem, list, sibling, layout, err));
    }
    return true;
}

// Read the files that share layout and folder with the first; what pairs and what collides lies in
// one folder. For layouts of one folder a migration, that is the folder above.
static bool read_alike(TALLOC_CTX *mem, struct given_list *list, size_t first,
                       struct change *change, struct error *err)
{
    SCRATCH(tmp);
    const struct given_file *model = &list->files[first];
    char **paths = NULL;
    size_t n = 0;
    for (size_t i = first; i < list->n; i++) {
        struct given_file *file = &list->files[i];
        if (file->is_read || file->layout != model->layout ||
            strcmp(file->folder, model->folder) != 0)
            continue;
        *mem_append(tmp, paths, n) = file->path;
        file->is_read = true;
    }
    struct change part = {0};
    TRY(model->layout->read(mem, NULL, paths, n, &part, err));
    TRY(migration_check_versions(&part, err));
    migration_append(mem, change, &part);
    if (change->layout == NULL)
        change->layout = model->layout;
    return true;
}

struct placed {
    size_t given; // where its file stands in the list; of one that holds several, all there
    size_t place;
    struct migration migration;
};

static int compare_placed(const void *a, const void *b)
{
    const struct placed *one = a;
    const struct placed *other = b;
    if (one->given != other->given)
        return one->given < other->given ? -1 : 1;
    return one->place < other->place ? -1 : 1;
}

static void sort_as_given(const struct given_list *list, struct migration *migrations, size_t n)
{
    SCRATCH(tmp);
    struct placed *placed = mem_array(tmp, struct placed, n);
    for (size_t i = 0; i < n; i++)
        placed[i] = (struct placed){.given = text_index_find(list->places, migrations[i].path),
                                    .place = i,
                                    .migration = migrations[i]};
    qsort(placed, n, sizeof(*placed), compare_placed);
    for (size_t i = 0; i < n; i++)
        migrations[i] = placed[i].migration;
}

bool given_files_read(TALLOC_CTX *mem, const char *const *paths, size_t n,
                      const struct migration_layout *layout, struct change *change,
                      struct error *err)
{
    SCRATCH(tmp);
    struct given_list list = {.places = text_index_make(tmp)};
    TRY(list_make(tmp, paths, n, layout, &list, err));
    size_t before = change->n_migrations;
    for (size_t i = 0; i < list.n; i++)
        if (!list.files[i].is_read)
            TRY(read_alike(mem, &list, i, change, err));
    if (change->n_migrations > before)
        sort_as_given(&list, change->migrations + before, change->n_migrations - before);
    return true;
}
