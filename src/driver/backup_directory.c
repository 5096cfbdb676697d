/*
 * The directory of backups: see backup_directory.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/backup_directory.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_FOLDERS 16 // at once, while a tree is walked
#define TIME_LEN 24     // "2026-11-22T08-19-59.123Z"

// --- sizes and removal: nftw has no context

static int64_t walked_bytes;

static int add_bytes(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)path;
    (void)place;
    if (kind == FTW_F)
        walked_bytes += status->st_size;
    return 0;
}

int64_t directory_bytes(const char *path)
{
    walked_bytes = 0;
    return nftw(path, add_bytes, OPEN_FOLDERS, FTW_PHYS) == 0 ? walked_bytes : -1;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

bool directory_remove(const char *path, struct error *err)
{
    if (nftw(path, remove_one, OPEN_FOLDERS, FTW_PHYS | FTW_DEPTH) == 0 || errno == ENOENT)
        return true;
    return error_set(err, ERROR_SYSTEM, "%s: cannot be removed: %m", path);
}

// --- names

// Letters of the database's name that are no trouble in a file's.
static char *name_of(TALLOC_CTX *mem, const char *database, int64_t taken_ms, const char *ending)
{
    SCRATCH(tmp);
    char *stem = mem_strndup(tmp, database, strnlen(database, 60));
    for (char *c = stem; *c != '\0'; c++)
        *c = isalnum((unsigned char)*c) || *c == '_' ? *c : '-';
    char *time = mem_strdup(tmp, clock_format(taken_ms).text);
    for (char *c = time; *c != '\0'; c++)
        *c = *c == ':' ? '-' : *c;
    return mem_printf(mem, "%s-%s%s", stem, time, ending);
}

// The time in a name of ours, else -1.
static int64_t time_in(const char *name)
{
    SCRATCH(tmp);
    struct error none = {0};
    const char *end = strstr(name, "Z.");
    if (end == NULL || end - name < TIME_LEN)
        return -1;
    char *text = mem_strndup(tmp, end + 1 - TIME_LEN, TIME_LEN);
    text[13] = text[16] = ':';
    int64_t ms;
    return clock_parse(text, &ms, &none) ? ms : -1;
}

// --- reading

static int by_name(const void *left, const void *right)
{
    const struct directory_entry *a = left, *b = right;
    return strcmp(a->name, b->name);
}

static bool entry_read(TALLOC_CTX *mem, const char *folder, const char *name,
                       struct directory_entry *out)
{
    struct stat status;
    out->name = mem_strdup(mem, name);
    out->path = file_join(mem, folder, name);
    if (stat(out->path, &status) != 0)
        return false; // gone meanwhile
    out->is_folder = S_ISDIR(status.st_mode);
    out->is_partial = text_ends_with(name, DIRECTORY_PARTIAL);
    out->modified_ms = (int64_t)status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1000000;
    return out->is_folder || S_ISREG(status.st_mode);
}

// None when the directory is not there. By name.
static bool list(TALLOC_CTX *mem, const struct backup_options *options,
                 struct directory_entry **out, size_t *n, struct error *err)
{
    struct directory_entry *entries = NULL, entry;
    size_t n_entries = 0;
    *out = NULL;
    *n = 0;
    if (options->directory == NULL || file_kind(options->directory) == FILE_MISSING)
        return true;
    DIR *folder = opendir(options->directory);
    if (folder == NULL)
        return error_set(err, errno == ENOTDIR ? ERROR_INPUT : ERROR_SYSTEM,
                         "%s: no folder of backups: %m", options->directory);
    for (struct dirent *one = readdir(folder); one != NULL; one = readdir(folder)) {
        if (one->d_name[0] != '.' && !text_ends_with(one->d_name, DIRECTORY_FINGERPRINTS) &&
            entry_read(mem, options->directory, one->d_name, &entry))
            *mem_append(mem, entries, n_entries) = entry;
    }
    closedir(folder);
    if (n_entries > 0)
        qsort(entries, n_entries, sizeof *entries, by_name);
    *out = entries;
    *n = n_entries;
    return true;
}

// --- writing

static bool make_directory(const char *path, struct error *err)
{
    enum file_kind kind = file_kind(path);
    if (kind == FILE_FOLDER)
        return true;
    if (kind != FILE_MISSING) {
        error_set(err, ERROR_INPUT, "%s: a file, not a folder for backups", path);
        return error_hint(err, "backup.directory of tminus.yaml names a folder");
    }
    return file_make_folders(path, 0700, err);
}

// Held until it is closed, so that a killed run holds nothing.
static bool lock_directory(const char *path, int *out, struct error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, ERROR_SYSTEM, "%s: %m", path);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        *out = fd;
        return true;
    }
    bool is_held = errno == EWOULDBLOCK;
    error_set(err, is_held ? ERROR_POLICY : ERROR_SYSTEM, "%s: %s", path,
              is_held ? "another backup is being taken into it" : strerror(errno));
    close(fd);
    return is_held ? error_hint(err, "wait until it is done") : false;
}

// Only names that we give: somebody else's file may end so too.
static bool is_leftover(const struct directory_entry *entry)
{
    return entry->is_partial && time_in(entry->name) >= 0;
}

static bool remove_partials(const struct backup_options *options, struct error *err)
{
    SCRATCH(tmp);
    struct directory_entry *entries;
    size_t n;
    TRY(list(tmp, options, &entries, &n, err));
    for (size_t i = 0; i < n; i++) {
        if (is_leftover(&entries[i]))
            TRY(directory_remove(entries[i].path, err));
    }
    return true;
}

bool directory_leftovers(TALLOC_CTX *mem, const char *directory, struct directory_entry **out,
                         size_t *n, struct error *err)
{
    SCRATCH(tmp);
    const struct backup_options options = {.directory = directory};
    struct directory_entry *entries;
    size_t n_entries;
    struct error held = {0};
    int lock;
    *n = 0;
    *out = NULL;
    if (file_kind(directory) != FILE_FOLDER)
        return true;
    if (!lock_directory(directory, &lock, &held)) {
        if (held.code == ERROR_POLICY)
            return true;
        *err = held;
        return false;
    }
    bool is_read = list(mem, &options, &entries, &n_entries, err);
    close(lock);
    TRY(is_read);
    for (size_t i = 0; i < n_entries; i++)
        if (is_leftover(&entries[i]))
            *mem_append(mem, *out, *n) = entries[i];
    return true;
}

bool directory_remove_leftover(const char *directory, const char *path, struct error *err)
{
    int lock;
    TRY(lock_directory(directory, &lock, err));
    bool is_removed = directory_remove(path, err);
    close(lock);
    return is_removed;
}

static int begun_end(struct directory_begun *begun)
{
    struct error ignored = {0};
    if (begun->partial != NULL)
        (void)!directory_remove(begun->partial, &ignored);
    close(begun->lock);
    return 0;
}

bool directory_begin(TALLOC_CTX *mem, const struct backup_options *options, const char *database,
                     const char *ending, struct directory_begun **out, struct error *err)
{
    SCRATCH(tmp);
    if (options->directory == NULL) {
        error_set(err, ERROR_CONFIG, "no directory for backups is configured");
        return error_hint(err, "write backup: {directory: …} into tminus.yaml");
    }
    TRY(make_directory(options->directory, err));
    struct directory_begun *begun = mem_new(tmp, struct directory_begun);
    TRY(lock_directory(options->directory, &begun->lock, err));
    talloc_set_destructor(begun, begun_end);
    if (access(options->directory, W_OK) != 0)
        return error_set(err, ERROR_SYSTEM, "%s: cannot be written: %m", options->directory);
    TRY(remove_partials(options, err));
    begun->taken_ms = clock_wall_ms();
    begun->id = name_of(begun, database, begun->taken_ms, ending);
    begun->path = file_join(begun, options->directory, begun->id);
    begun->partial = mem_printf(begun, "%s" DIRECTORY_PARTIAL, begun->path);
    *out = talloc_steal(mem, begun);
    return true;
}

bool directory_finish(struct directory_begun *begun, struct error *err)
{
    if (rename(begun->partial, begun->path) != 0)
        return error_set(err, ERROR_SYSTEM, "%s: cannot be renamed: %m", begun->partial);
    begun->partial = NULL;
    if (fsync(begun->lock) != 0) // of the directory: the new name
        return error_set(err, ERROR_SYSTEM, "%s: %m", begun->path);
    return true;
}

// --- what was found

void directory_describe(TALLOC_CTX *mem, const struct directory_entry *entry, struct backup *out)
{
    SCRATCH(tmp);
    int64_t named_ms = time_in(entry->name);
    char *fingerprints = mem_printf(tmp, "%s" DIRECTORY_FINGERPRINTS, entry->path);
    *out = (struct backup){
        .id = mem_strdup(mem, entry->name),
        .path = mem_strdup(mem, entry->path),
        .taken_ms = named_ms >= 0 ? named_ms : entry->modified_ms,
        .bytes = directory_bytes(entry->path),
    };
    if (file_kind(fingerprints) == FILE_REGULAR)
        out->fingerprints = mem_strdup(mem, fingerprints);
    if (entry->is_partial)
        out->damage = "half-written: it is being taken, or was left so";
    else if (out->bytes == 0)
        out->damage = "empty";
}

static int newest_first(const void *left, const void *right)
{
    const struct backup *a = left, *b = right;
    if (a->taken_ms != b->taken_ms)
        return a->taken_ms > b->taken_ms ? -1 : 1;
    return strcmp(a->id, b->id);
}

void directory_sort(struct backup *backups, size_t n)
{
    if (n > 0)
        qsort(backups, n, sizeof *backups, newest_first);
}

bool directory_backups(TALLOC_CTX *mem, const struct backup_options *options, directory_read *read,
                       struct backup **out, size_t *n, struct error *err)
{
    SCRATCH(tmp);
    struct directory_entry *entries;
    size_t n_entries, n_found = 0;
    struct backup *found = NULL;
    TRY(list(tmp, options, &entries, &n_entries, err));
    for (size_t i = 0; i < n_entries; i++) {
        struct backup one = {0};
        if (read(mem, options, &entries[i], &one))
            *mem_append(mem, found, n_found) = one;
    }
    directory_sort(found, n_found);
    *out = found;
    *n = n_found;
    return true;
}
