/*
 * Folders of sites: making, finding and removing them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/copy/site_folder.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/quantity.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PREFIX "tminus-copy-"
#define SUFFIX ".mark"
#define MARK_SIZE_MAX 4096

// --- what is in folders

// Each entry once, folders behind what is in them; symlinks are not followed.
static void folder_walk(const char *path, void (*each)(void *context, const FTSENT *entry),
                        void *context)
{
    char *const roots[] = {(char *)(uintptr_t)path, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (walk == NULL)
        return;
    for (FTSENT *entry; (entry = fts_read(walk)) != NULL;) {
        if (entry->fts_info != FTS_D)
            each(context, entry);
    }
    fts_close(walk);
}

static void add_bytes(void *context, const FTSENT *entry)
{
    int64_t *bytes = context;
    if (entry->fts_info == FTS_F && entry->fts_statp != NULL)
        *bytes += (int64_t)entry->fts_statp->st_blocks * 512;
}

// On disk; 0 when it cannot be read.
static int64_t folder_bytes(const char *path)
{
    int64_t bytes = 0;
    folder_walk(path, add_bytes, &bytes);
    return bytes;
}

int64_t folder_room(const char *path)
{
    struct statvfs info;
    if (statvfs(path, &info) != 0)
        return -1;
    return (int64_t)info.f_bavail * (int64_t)info.f_frsize;
}

static void give_entry(void *context, const FTSENT *entry)
{
    const unsigned *owner = context;
    (void)!lchown(entry->fts_accpath, owner[0], owner[1]); // who then runs in it says what failed
}

void folder_give(const char *path, unsigned uid, unsigned gid)
{
    unsigned owner[] = {uid, gid};
    folder_walk(path, give_entry, owner);
}

struct removal {
    char failed[PATH_MAX]; // the first; ""
    int cause;
};

static void remove_entry(void *context, const FTSENT *entry)
{
    struct removal *removal = context;
    bool is_folder = entry->fts_info == FTS_DP || entry->fts_info == FTS_DNR;
    int status = is_folder ? rmdir(entry->fts_accpath) : unlink(entry->fts_accpath);
    if (status == 0 || errno == ENOENT || removal->failed[0] != '\0')
        return;
    removal->cause = errno;
    snprintf(removal->failed, sizeof removal->failed, "%s", entry->fts_path);
}

static bool folder_remove(const char *path, struct error *err)
{
    struct removal removal = {0};
    folder_walk(path, remove_entry, &removal);
    if (removal.failed[0] == '\0')
        return true;
    return error_set(err, ERROR_SYSTEM, "%s: cannot be removed: %s", removal.failed,
                     strerror(removal.cause));
}

// --- making one

static bool fail_make(const char *path, struct error *err)
{
    int cause = errno;
    error_set(err, ERROR_SYSTEM, "%s: cannot be made: %s", path, strerror(cause));
    if (cause == ENOSPC || cause == EDQUOT)
        return error_hint(err, "make room, or name another folder: rehearsal: {folder: …}");
    return error_hint(err, "name a folder that you may write to: rehearsal: {folder: …}");
}

static int site_folder_free(struct site_folder *folder)
{
    struct error ignored;
    if (folder_remove(folder->path, &ignored))
        unlink(folder->mark_path);
    close(folder->lock); // the next run finds what could not be removed
    return 0;
}

static bool mark_write(const struct site_folder *folder, struct error *err)
{
    SCRATCH(tmp);
    const char *text = mem_printf(tmp, "%s\n", mark_text(tmp, &folder->mark));
    size_t len = strlen(text);
    if (write(folder->lock, text, len) == (ssize_t)len)
        return true;
    return fail_make(folder->mark_path, err);
}

bool site_folder_make(TALLOC_CTX *mem, const char *root, const char *kind, struct site_folder **out,
                      struct error *err)
{
    SCRATCH(tmp);
    struct site_folder *folder = mem_new(tmp, struct site_folder);
    if (!file_make_folders(root, 0700, err))
        return error_hint(err, "name a folder that you may write to: rehearsal: {folder: …}");
    char *canonical = realpath(root, NULL);
    root = mem_strdup(tmp, canonical ? canonical : root);
    free(canonical);
    folder->mark = mark_make(kind);
    folder->path = mem_printf(folder, "%s/" PREFIX "%08x", root, (unsigned)folder->mark.token);
    folder->mark_path = mem_printf(folder, "%s" SUFFIX, folder->path);
    folder->lock = open(folder->mark_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (folder->lock < 0)
        return fail_make(folder->mark_path, err);
    talloc_set_destructor(folder, site_folder_free);
    (void)!flock(folder->lock, LOCK_EX | LOCK_NB); // not everywhere: then the mark alone decides
    TRY(mark_write(folder, err));
    if (mkdir(folder->path, 0700) != 0)
        return fail_make(folder->path, err);
    *out = talloc_steal(mem, folder);
    return true;
}

// --- what others left

// Open the mark beside `path`, locked: its maker is gone. ERROR_INPUT: it is no mark of ours;
// ERROR_POLICY: its maker runs.
static bool mark_take(const char *path, const char *kind, struct mark *mark, int *lock,
                      struct error *err)
{
    SCRATCH(tmp);
    const char *mark_path = mem_printf(tmp, "%s" SUFFIX, path);
    char text[MARK_SIZE_MAX] = "";
    int fd = open(mark_path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return error_set(err, ERROR_INPUT, "%s: no mark of tminus stands beside it", path);
    bool is_locked = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    bool is_read = read(fd, text, sizeof text - 1) > 0;
    if (!is_read || !mark_read(text, mark) || strcmp(mark->kind, kind) != 0) {
        close(fd);
        return error_set(err, ERROR_INPUT, "%s: the mark beside it is none of tminus", path);
    }
    if (is_locked || mark_maker_runs(mark)) {
        close(fd);
        return error_set(err, ERROR_POLICY, "%s: process %lld, which made it, runs", path,
                         (long long)mark->pid);
    }
    *lock = fd;
    return true;
}

static const char *leftover_text(TALLOC_CTX *mem, const char *what, const char *path,
                                 const struct mark *mark, int64_t bytes)
{
    SCRATCH(tmp);
    return mem_printf(mem, "%s in %s, %s, since %s", what, path, quantity_size(tmp, bytes),
                      clock_format(mark->since_ms).text);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_ours(const char *name)
{
    return text_starts_with(name, PREFIX) && text_ends_with(name, SUFFIX);
}

// Marks in `root`; none when there is no such folder.
static const char **marks_list(TALLOC_CTX *mem, const char *root, size_t *n)
{
    const char **names = NULL;
    DIR *folder = opendir(root);
    *n = 0;
    if (folder == NULL)
        return NULL;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (is_ours(entry->d_name))
            *mem_append(mem, names, *n) =
                mem_strndup(mem, entry->d_name, strlen(entry->d_name) - strlen(SUFFIX));
    }
    closedir(folder);
    if (*n > 1)
        qsort(names, *n, sizeof *names, by_name);
    return names;
}

bool site_folder_leftovers(TALLOC_CTX *mem, const char *root, const char *kind, const char *what,
                           struct copy_leftover **out, size_t *n, struct error *err)
{
    SCRATCH(tmp);
    (void)err;
    size_t n_names;
    const char **names = marks_list(tmp, root, &n_names);
    for (size_t i = 0; i < n_names; i++) {
        const char *path = file_join(tmp, root, names[i]);
        struct error ignored;
        struct mark mark;
        int lock;
        if (!mark_take(path, kind, &mark, &lock, &ignored))
            continue;
        close(lock);
        int64_t bytes = folder_bytes(path);
        *mem_append(mem, *out, *n) =
            (struct copy_leftover){.what = leftover_text(mem, what, path, &mark, bytes),
                                   .id = mem_strdup(mem, path),
                                   .bytes = bytes};
    }
    return true;
}

bool site_folder_remove_leftover(const char *root, const char *kind, const char *id,
                                 void (*before)(const char *folder), struct error *err)
{
    SCRATCH(tmp);
    struct mark mark;
    int lock;
    const char *path = file_join(tmp, root, file_base(id));
    if (strcmp(path, id) != 0 || !text_starts_with(file_base(id), PREFIX))
        return error_set(err, ERROR_INPUT, "%s: no folder of copies in %s", id, root);
    TRY(mark_take(path, kind, &mark, &lock, err));
    if (before != NULL)
        before(path);
    bool is_removed = folder_remove(path, err);
    if (is_removed)
        unlink(mem_printf(tmp, "%s" SUFFIX, path));
    close(lock);
    return is_removed;
}
