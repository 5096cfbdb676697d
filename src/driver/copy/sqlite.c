/*
 * SQLite copies: a folder of files.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/text.h"
#include "driver/copy/site_folder.h"
#include "driver/copy/sqlite_file.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define KIND "sqlite"

struct copy_site {
    struct copy_site_options options;
    struct site_folder *folder;
};

static const char *file_path(TALLOC_CTX *mem, const struct copy_site *site, const char *name)
{
    return mem_printf(mem, "%s/%s.db", site->folder->path, name);
}

static bool sqlite_site_open(TALLOC_CTX *mem, const struct copy_site_options *options,
                             struct copy_site **out, struct error *err)
{
    SCRATCH(tmp);
    struct copy_site *site = mem_new(tmp, struct copy_site);
    site->options = *options;
    TRY(site_folder_make(site, options->folder, KIND, &site->folder, err));
    *out = talloc_steal(mem, site);
    return true;
}

static bool sqlite_create(struct copy_site *site, const char *name, struct error *err)
{
    SCRATCH(tmp);
    const char *path = file_path(tmp, site, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(err, ERROR_SYSTEM, "%s: cannot be made: %s", path, strerror(errno));
    close(fd); // an empty file is an empty database
    return true;
}

static bool check_room(const struct copy_site *site, const char *source, struct error *err)
{
    struct stat info;
    int64_t room = folder_room(site->folder->path);
    if (stat(source, &info) != 0 || room < 0 || info.st_size <= room)
        return true;
    return sqlite_file_fail_room(site->folder->path, info.st_size, room, err);
}

static bool sqlite_clone(struct copy_site *site, const char *from, const char *name,
                         struct error *err)
{
    SCRATCH(tmp);
    const char *source = file_path(tmp, site, from);
    TRY(check_room(site, source, err));
    TRY(sqlite_file_settle(source, err));
    return sqlite_file_clone(source, file_path(tmp, site, name), err);
}

static bool sqlite_adopt(struct copy_site *site, const char *source, const char *name,
                         struct error *err)
{
    SCRATCH(tmp);
    TRY(check_room(site, source, err));
    return sqlite_file_copy(source, file_path(tmp, site, name), &site->options, err);
}

static bool sqlite_drop(struct copy_site *site, const char *name, struct error *err)
{
    SCRATCH(tmp);
    const char *path = file_path(tmp, site, name);
    sqlite_file_remove(path);
    if (file_kind(path) == FILE_MISSING)
        return true;
    return error_set(err, ERROR_SYSTEM, "%s: cannot be removed", path);
}

static bool sqlite_url(TALLOC_CTX *mem, const struct copy_site *site, const char *name,
                       struct secret **out, struct error *err)
{
    SCRATCH(tmp);
    (void)err;
    *out = secret_make(
        mem, mem_printf(tmp, "sqlite:%s", text_percent_encoded(tmp, file_path(tmp, site, name))));
    return true;
}

static bool sqlite_bytes(struct copy_site *site, const char *name, int64_t *out, struct error *err)
{
    SCRATCH(tmp);
    struct stat info;
    const char *path = file_path(tmp, site, name);
    if (stat(path, &info) != 0)
        return error_set(err, ERROR_SYSTEM, "%s: %s", path, strerror(errno));
    *out = info.st_size;
    return true;
}

static int64_t sqlite_room(const struct copy_site *site)
{
    return folder_room(site->folder->path);
}

static const char *sqlite_folder(const struct copy_site *site)
{
    return site->folder->path;
}

static bool sqlite_leftovers(TALLOC_CTX *mem, const struct copy_site_options *options,
                             struct copy_leftover **out, size_t *n, struct error *err)
{
    return site_folder_leftovers(mem, options->folder, KIND, "copies of an SQLite database", out, n,
                                 err);
}

static bool sqlite_remove(const struct copy_site_options *options, const char *id,
                          struct error *err)
{
    return site_folder_remove_leftover(options->folder, KIND, id, NULL, err);
}

const struct copy_driver copy_sqlite = {
    .name = "sqlite",
    .dialect = DIALECT_SQLITE,
    .open = sqlite_site_open,
    .create = sqlite_create,
    .clone = sqlite_clone,
    .adopt = sqlite_adopt,
    .drop = sqlite_drop,
    .url = sqlite_url,
    .bytes = sqlite_bytes,
    .room = sqlite_room,
    .folder = sqlite_folder,
    .log = NULL,
    .leftovers = sqlite_leftovers,
    .remove = sqlite_remove,
};
