/*
 * Files: every regular file under a folder, in byte order.
 *
 * fts keeps the folders above the current one by device and inode, so a symlink that leads back is
 * seen before it is entered.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include <errno.h>
#include <fts.h>
#include <sys/stat.h>

struct walk {
    TALLOC_CTX *mem;
    char **paths;
    size_t n;
    size_t seen;
};

static void close_walk(FTS **fts)
{
    if (*fts != NULL)
        fts_close(*fts);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// fts says only that it leads nowhere.
static bool fail_symlink(const char *path, struct error *err)
{
    struct stat info;
    if (stat(path, &info) != 0 && errno == ELOOP)
        return error_set(err, ERROR_INPUT, "%s: a symlink loop, it leads back to itself", path);
    return error_set(err, ERROR_INPUT, "%s: a symlink that leads to no file", path);
}

// Note one entry; sets FTS_SKIP on hidden folders.
static bool visit(struct walk *walk, FTS *fts, FTSENT *entry, struct error *err)
{
    if (walk->seen++ == FILE_WALK_MAX)
        return error_set(err, ERROR_INPUT, "%s: more than %zu files and folders to look at",
                         entry->fts_path, FILE_WALK_MAX);
    if (entry->fts_level > 0 && entry->fts_name[0] == '.') {
        if (entry->fts_info == FTS_D)
            fts_set(fts, entry, FTS_SKIP);
        return true;
    }
    switch (entry->fts_info) {
    case FTS_F:
        *mem_append(walk->mem, walk->paths, walk->n) = mem_strdup(walk->mem, entry->fts_path);
        return true;
    case FTS_DC:
        // All entries share one buffer for the path; the length says how much is whose.
        return error_set(err, ERROR_INPUT, "%s: a symlink loop, it leads back to '%.*s'",
                         entry->fts_path, (int)entry->fts_cycle->fts_pathlen, entry->fts_path);
    case FTS_SLNONE: return fail_symlink(entry->fts_path, err);
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        return error_set(err, ERROR_INPUT, "%s: cannot be read: %s", entry->fts_path,
                         strerror(entry->fts_errno));
    default: // folders, and what is no file: sockets, devices
        return true;
    }
}

static bool check_folder(const char *path, struct error *err)
{
    struct stat info;
    if (stat(path, &info) == 0) {
        if (S_ISDIR(info.st_mode))
            return true;
        return error_set(err, ERROR_INPUT, "%s: a file, not a folder", path);
    }
    if (errno == ENOENT)
        return error_set(err, ERROR_INPUT, "%s: no such folder", path);
    if (errno == ELOOP)
        return error_set(err, ERROR_INPUT, "%s: a symlink loop, it leads back to itself", path);
    return error_set(err, ERROR_INPUT, "%s: cannot be read: %s", path, strerror(errno));
}

bool file_walk(TALLOC_CTX *mem, const char *folder, char ***paths, size_t *n, struct error *err)
{
    SCRATCH(tmp);
    size_t len = strlen(folder);
    while (len > 1 && folder[len - 1] == '/')
        len--;
    char *root = mem_strndup(tmp, folder, len);
    TRY(check_folder(root, err));
    char *roots[] = {root, NULL};
    __attribute__((cleanup(close_walk))) FTS *fts =
        fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    if (fts == NULL)
        return error_set(err, ERROR_INPUT, "%s: cannot be read: %s", folder, strerror(errno));
    struct walk walk = {.mem = tmp};
    FTSENT *entry;
    while ((entry = fts_read(fts)) != NULL)
        TRY(visit(&walk, fts, entry, err));
    if (walk.n > 1)
        qsort(walk.paths, walk.n, sizeof(*walk.paths), compare_paths);
    for (size_t i = 0; i < walk.n; i++)
        talloc_steal(walk.paths, walk.paths[i]);
    *paths = talloc_steal(mem, walk.paths);
    *n = walk.n;
    return true;
}
