/*
 * Messages as lines of a file, one JSON object each. A line is appended whole or not at all, so
 * that many may write at once.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "driver/notifier.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// NULL: it is there.
static const char *append(TALLOC_CTX *mem, const char *path, const char *line)
{
    struct stat status;
    size_t len = strlen(line);
    // A pipe that nobody reads must not stop a flight.
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0)
        return mem_printf(mem, "%s: %s", path, strerror(errno));
    off_t before = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? status.st_size : -1;
    ssize_t written = write(fd, line, len);
    int cause = written < 0 ? errno : ENOSPC;
    bool is_whole = written == (ssize_t)len;
    if (is_whole && before >= 0 && fdatasync(fd) != 0) {
        is_whole = false;
        cause = errno;
    }
    // Half a line would spoil the next one.
    if (written > 0 && written < (ssize_t)len && before >= 0 && ftruncate(fd, before) != 0)
        cause = errno;
    close(fd);
    return is_whole ? NULL : mem_printf(mem, "%s: %s", path, strerror(cause));
}

static bool file_send(TALLOC_CTX *mem, const struct notifier_request *request,
                      struct notifier_answer *out, struct error *err)
{
    SCRATCH(tmp);
    const char *path = request->channel->path;
    const char *line = mem_printf(tmp, "%s\n", json_canonical(tmp, request->message));
    (void)err;
    if (path[0] != '/' && request->folder != NULL)
        path = file_join(tmp, request->folder, path);
    const char *why = append(mem, path, line);
    out->attempts = 1;
    out->is_delivered = why == NULL;
    out->text = why == NULL ? mem_printf(mem, "%s: written", path) : why;
    return true;
}

const struct notifier_driver notifier_file = {.name = "file", .send = file_send};
