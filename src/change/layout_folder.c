/*
 * Tools with one folder a migration: diesel, sourcegraph, Prisma.
 *
 * diesel       VERSION_name/{up,down}.sql; metadata.toml with run_in_transaction = false.
 *              Source: diesel.rs, "Getting Started"; diesel_migrations, TomlMetadata.
 * sourcegraph  ID_name/{up,down}.sql; metadata.yaml with parents and createIndexConcurrently;
 * ordered by the graph of parents. Source: sourcegraph, "Adding, changing and debugging
 * migrations". Prisma       TIME_name/migration.sql, sent as one query; no down, unless down.sql
 * was written as its guide "Generating down migrations" says. migration_lock.toml names the engine.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "change/layout_rows.h"
#include "change/migration.h"
#include "change/migration_graph.h"
#include "change/settings.h"
#include "change/transaction.h"
#include <limits.h>

// Is `path` NAME of a folder directly below `folder`?
static bool is_inner(const char *folder, const char *path, const char *name)
{
    SCRATCH(tmp);
    if (strcmp(file_base(path), name) != 0)
        return false;
    return folder == NULL || (migration_is_direct(folder, file_folder(tmp, path)) &&
                              !migration_is_direct(folder, path));
}

static bool has_beside(const char *path, const char *name)
{
    SCRATCH(tmp);
    return file_kind(file_join(tmp, file_folder(tmp, path), name)) == FILE_REGULAR;
}

// The name of the folder that `path` lies in, also when it is "." to us.
static const char *folder_name(TALLOC_CTX *mem, const char *path)
{
    char full[PATH_MAX];
    const char *folder = file_folder(mem, path);
    if (file_base(folder)[0] == '.' && realpath(folder, full) != NULL)
        folder = mem_strdup(mem, full);
    return file_base(folder);
}

// The migration that lives in the folder of `path`: VERSION_name.
static struct migration *migration_in(TALLOC_CTX *mem, struct change *change, const char *path)
{
    SCRATCH(tmp);
    const char *base = folder_name(tmp, path);
    size_t version = strcspn(base, "_");
    char *text = mem_strndup(tmp, base, version);
    const char *name = base[version] == '_' ? base + version + 1 : "";
    struct migration *migration = migration_keyed(mem, change, file_folder(tmp, path), text, name);
    if (migration->path == NULL)
        migration->path = mem_strdup(mem, path);
    return migration;
}

static bool read_text(TALLOC_CTX *mem, const char *folder, const char *path, const char *up,
                      struct change *change, struct error *err)
{
    if (is_inner(folder, path, up)) {
        struct migration *migration = migration_in(mem, change, path);
        TRY(migration_text_read(mem, path, true, &migration->up, err));
        migration->path = migration->up.path;
    } else if (is_inner(folder, path, "down.sql")) {
        struct migration *migration = migration_in(mem, change, path);
        TRY(migration_text_read(mem, path, true, &migration->down, err));
    }
    return true;
}

static bool read_texts(TALLOC_CTX *mem, const char *folder, char *const *paths, size_t n,
                       const char *up, struct change *change, struct error *err)
{
    for (size_t i = 0; i < n; i++)
        TRY(read_text(mem, folder, paths[i], up, change, err));
    migration_sort(change, migration_by_version);
    return true;
}

static int recognise_up(const char *folder, char *const *paths, size_t n, bool has_metadata)
{
    for (size_t i = 0; i < n; i++) {
        bool is_down = folder == NULL && is_inner(folder, paths[i], "down.sql");
        if ((is_down || is_inner(folder, paths[i], "up.sql")) &&
            has_beside(paths[i], "metadata.yaml") == has_metadata)
            // A single file may be called so and be what another tool printed: its text is surer.
            return folder == NULL ? 70 : 95;
    }
    return 0;
}

// --- diesel

static int diesel_recognise(const char *folder, char *const *paths, size_t n)
{
    return recognise_up(folder, paths, n, false);
}

static bool diesel_read(TALLOC_CTX *mem, const char *folder, char *const *paths, size_t n,
                        struct change *change, struct error *err)
{
    TRY(read_texts(mem, folder, paths, n, "up.sql", change, err));
    for (size_t i = 0; i < change->n_migrations; i++) {
        SCRATCH(tmp);
        struct migration *migration = &change->migrations[i];
        const char *metadata = file_join(tmp, file_folder(tmp, migration->path), "metadata.toml");
        if (settings_is(metadata, "run_in_transaction", "false"))
            migration->up.in_transaction = migration->down.in_transaction = false;
    }
    return true;
}

const struct migration_layout layout_diesel = {
    .name = "diesel",
    .file_pattern = "VERSION_name/up.sql and down.sql",
    .transaction_rule = "each file in one transaction, unless metadata.toml says "
                        "run_in_transaction = false",
    .record_table = "__diesel_schema_migrations",
    .recognise = diesel_recognise,
    .surest = 95,
    .read = diesel_read,
    .following = &following_diesel,
};

// --- sourcegraph

static int sourcegraph_recognise(const char *folder, char *const *paths, size_t n)
{
    return recognise_up(folder, paths, n, true);
}

static void add_parent(TALLOC_CTX *mem, struct migration_parents *parents, const struct yaml *node)
{
    if (node != NULL && node->kind == YAML_SCALAR && node->text[0] != '\0')
        *mem_append(mem, parents->versions, parents->n) = mem_strdup(mem, node->text);
}

static bool read_metadata(TALLOC_CTX *mem, struct migration *migration,
                          struct migration_parents *parents, struct error *err)
{
    SCRATCH(tmp);
    const char *path = file_join(tmp, file_folder(tmp, migration->path), "metadata.yaml");
    char *text;
    size_t len;
    struct yaml *document;
    TRY(file_read(tmp, path, FILE_SIZE_MAX, &text, &len, err));
    if (!yaml_read(tmp, path, text, len, &document, err)) {
        err->code = ERROR_INPUT; // a file of the change, not of our configuration
        return false;
    }
    if (document->kind != YAML_MAP)
        return error_set(err, ERROR_INPUT, "%s:1:1: expected a map with name and parents", path);
    const struct yaml *list = yaml_get(document, "parents");
    for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->n; i++)
        add_parent(mem, parents, list->items[i]);
    add_parent(mem, parents, yaml_get(document, "parent"));
    const struct yaml *concurrently = yaml_get(document, "createIndexConcurrently");
    if (concurrently != NULL && concurrently->kind == YAML_SCALAR &&
        strcmp(concurrently->text, "true") == 0)
        migration->up.in_transaction = false;
    const struct yaml *name = yaml_get(document, "name");
    if (name != NULL && name->kind == YAML_SCALAR && migration->name[0] == '\0')
        migration->name = mem_strdup(mem, name->text);
    return true;
}

static bool sourcegraph_read(TALLOC_CTX *mem, const char *folder, char *const *paths, size_t n,
                             struct change *change, struct error *err)
{
    SCRATCH(tmp);
    TRY(read_texts(mem, folder, paths, n, "up.sql", change, err));
    TRY(migration_check_versions(change, err));
    struct migration_parents *parents =
        mem_array(tmp, struct migration_parents, change->n_migrations);
    for (size_t i = 0; i < change->n_migrations; i++)
        TRY(read_metadata(mem, &change->migrations[i], &parents[i], err));
    return migration_graph_sort(change, parents, err);
}

const struct migration_layout layout_sourcegraph = {
    .name = "sourcegraph",
    .file_pattern = "ID_name/up.sql, down.sql and metadata.yaml",
    .transaction_rule = "each file in one transaction, unless metadata.yaml says "
                        "createIndexConcurrently: true",
    .record_table = "migration_logs",
    .recognise = sourcegraph_recognise,
    .surest = 95,
    .read = sourcegraph_read,
    .not_following = "its migrations name their parents, and others name them: a new one between "
                     "is made by its own tool (sg migration add)",
};

// --- Prisma

static int prisma_recognise(const char *folder, char *const *paths, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is_inner(folder, paths[i], "migration.sql"))
            return 98;
    return 0;
}

static bool prisma_read(TALLOC_CTX *mem, const char *folder, char *const *paths, size_t n,
                        struct change *change, struct error *err)
{
    TRY(read_texts(mem, folder, paths, n, "migration.sql", change, err));
    for (size_t i = 0; i < change->n_migrations; i++) {
        struct migration_text *up = &change->migrations[i].up;
        if (up->path != NULL)
            up->in_transaction = !transaction_is_alone_outside(up);
    }
    return true;
}

const struct migration_layout layout_prisma = {
    .name = "prisma",
    .file_pattern = "TIME_name/migration.sql",
    .transaction_rule = "each file is one query string, which is one implicit transaction",
    .record_table = "_prisma_migrations",
    .recognise = prisma_recognise,
    .surest = 98,
    .read = prisma_read,
    .following = &following_prisma,
};
