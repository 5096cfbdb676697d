/*
 * Files: read whole with a limit, write whole or not at all, paths.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_ROOM ((size_t)64 * 1024) // of a pipe's content, whose size nobody knows

// What was opened; `info` is empty when nobody can tell.
struct opened {
    const char *path;
    int fd;
    struct stat info;
};

static bool open_file(const char *path, struct opened *out, struct error *err)
{
    int opened = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (opened < 0) {
        if (errno == ENOENT)
            return error_set(err, ERROR_INPUT, "%s: no such file", path);
        if (errno == ELOOP)
            return error_set(err, ERROR_INPUT, "%s: a symlink loop, it leads back to itself", path);
        return error_set(err, ERROR_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    }
    *out = (struct opened){.path = path, .fd = opened};
    if (fstat(opened, &out->info) == 0 && S_ISDIR(out->info.st_mode)) {
        close(opened);
        return error_set(err, ERROR_INPUT, "%s: a folder, not a file", path);
    }
    return true;
}

bool file_open(const char *path, int *fd, struct error *err)
{
    struct opened file;
    TRY(open_file(path, &file, err));
    *fd = file.fd;
    return true;
}

// Read up to `size_max` bytes; one more byte is asked for, so that a file that grows is noticed.
static bool read_all(TALLOC_CTX *mem, const struct opened *file, size_t size_max, char **text,
                     size_t *len, struct error *err)
{
    size_t size = S_ISREG(file->info.st_mode) ? (size_t)file->info.st_size : 0; // 0: not known
    size_t room = size == 0 ? FIRST_ROOM : size <= size_max ? size + 1 : size_max + 1;
    char *content = mem_checked(talloc_size(mem, room + 1));
    size_t n = 0;
    while (n <= size_max && (n == 0 || n != size)) {
        if (n == room) {
            room = room * 2 <= size_max ? room * 2 : size_max + 1;
            content = mem_checked(talloc_realloc_size(mem, content, room + 1));
        }
        ssize_t got = read(file->fd, content + n, room - n);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return error_set(err, ERROR_INPUT, "%s: cannot be read: %s", file->path,
                             strerror(errno));
        n += got > 0 ? (size_t)got : 0;
    }
    if (n > size_max)
        return error_set(err, ERROR_INPUT, "%s: larger than the limit of %zu bytes", file->path,
                         size_max);
    content[n] = '\0';
    talloc_set_name_const(content, "char");
    *text = content;
    *len = n;
    return true;
}

bool file_read(TALLOC_CTX *mem, const char *path, size_t size_max, char **text, size_t *len,
               struct error *err)
{
    SCRATCH(tmp);
    struct opened file;
    char *content;
    TRY(open_file(path, &file, err));
    bool is_read = read_all(tmp, &file, size_max, &content, len, err);
    close(file.fd);
    if (is_read)
        *text = talloc_steal(mem, content);
    return is_read;
}

static bool write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno != EINTR)
            return false;
        text += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

// A rename is durable once the folder is on disk; not every file system can tell.
static void sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

bool file_write(const char *path, const char *text, size_t len, unsigned mode, struct error *err)
{
    SCRATCH(tmp);
    char *resolved = realpath(path, NULL); // a symlink stays one, its target is replaced
    const char *target = resolved == NULL ? path : mem_strdup(tmp, resolved);
    free(resolved);
    char *beside = mem_printf(tmp, "%s.XXXXXX", target);
    int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return error_set(err, ERROR_SYSTEM, "%s: cannot be written: %s", path, strerror(errno));
    bool is_written = write_all(fd, text, len) && fchmod(fd, (mode_t)mode) == 0 && fsync(fd) == 0;
    int cause = errno;
    if (close(fd) != 0 && is_written) {
        is_written = false;
        cause = errno;
    }
    if (is_written && rename(beside, target) == 0) {
        sync_folder(file_folder(tmp, target));
        return true;
    }
    cause = is_written ? errno : cause;
    unlink(beside);
    return error_set(err, ERROR_SYSTEM, "%s: cannot be written: %s", path, strerror(cause));
}

enum file_kind file_kind(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return FILE_MISSING;
    if (S_ISREG(info.st_mode))
        return FILE_REGULAR;
    return S_ISDIR(info.st_mode) ? FILE_FOLDER : FILE_OTHER;
}

bool file_make_folders(const char *path, unsigned mode, struct error *err)
{
    SCRATCH(tmp);
    char *part = mem_strdup(tmp, path);
    for (char *at = part + 1; *part != '\0'; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char behind = *at;
        *at = '\0';
        bool is_there = mkdir(part, (mode_t)mode) == 0 || file_kind(part) == FILE_FOLDER;
        if (!is_there)
            return error_set(err, ERROR_SYSTEM, "%s: the folder cannot be made: %s", part,
                             strerror(errno == EEXIST ? ENOTDIR : errno));
        *at = behind;
        if (behind == '\0')
            break;
    }
    return true;
}

const char *file_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

char *file_folder(TALLOC_CTX *mem, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return mem_strdup(mem, ".");
    return slash == path ? mem_strdup(mem, "/") : mem_strndup(mem, path, (size_t)(slash - path));
}

char *file_join(TALLOC_CTX *mem, const char *folder, const char *name)
{
    if (*name == '/' || *folder == '\0')
        return mem_strdup(mem, name);
    return mem_printf(mem, "%s%s%s", folder, text_ends_with(folder, "/") ? "" : "/", name);
}

// --- programs

static bool is_program(const char *path)
{
    return file_kind(path) == FILE_REGULAR && access(path, X_OK) == 0;
}

bool file_is_program(const char *name, const char *folder)
{
    SCRATCH(tmp);
    const char *path = getenv("PATH");

    if (strchr(name, '/') != NULL)
        return is_program(folder == NULL || name[0] == '/' ? name : file_join(tmp, folder, name));
    while (path != NULL && *path != '\0') {
        size_t len = strcspn(path, ":");
        const char *place = len == 0 ? "." : mem_strndup(tmp, path, len);
        if (is_program(file_join(tmp, place, name)))
            return true;
        path += len + (path[len] == ':');
    }
    return false;
}
