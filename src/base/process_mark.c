/*
 * Process marks, out of /proc.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/process_mark.h"
#include "base/error.h"
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#define BOOT_SIZE 40

struct mark {
    int64_t pid;
    uint64_t started; // clock ticks since the boot
    char boot[BOOT_SIZE];
    char space[32];
};

// Of /proc no file is longer than this that is read here.
static bool read_small(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

// Field 22 of stat(5); the name in field 2 may hold blanks and parentheses.
static bool read_start(int64_t pid, uint64_t *out)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
    if (!read_small(path, text, sizeof text))
        return false;
    const char *at = strrchr(text, ')');
    for (int field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    if (at == NULL)
        return false;
    // A process that ended and that its parent has not asked about does nothing any more.
    const char *state = strrchr(text, ')') + 2;
    *out = strtoull(at + 1, NULL, 10);
    return *state != 'Z' && *state != 'X';
}

static struct mark read_ours(void)
{
    struct mark mark = {.pid = getpid()};
    if (!read_start(mark.pid, &mark.started))
        mark.started = 0;
    if (!read_small("/proc/sys/kernel/random/boot_id", mark.boot, sizeof mark.boot))
        mark.boot[0] = '\0';
    mark.boot[strcspn(mark.boot, "\n")] = '\0';
    char link[sizeof mark.space] = "";
    ssize_t n = readlink("/proc/self/ns/pid", link, sizeof link - 1); // "pid:[4026531836]"
    const char *number = n > 0 ? strchr(link, '[') : NULL;
    snprintf(mark.space, sizeof mark.space, "%.*s", number ? (int)strcspn(number + 1, "]") : 0,
             number ? number + 1 : "");
    return mark;
}

char *process_mark(TALLOC_CTX *mem)
{
    struct mark mark = read_ours();
    return mem_printf(mem, "%" PRId64 "/%" PRIu64 "/%s/%s", mark.pid, mark.started, mark.boot,
                      mark.space);
}

static bool parse(const char *text, struct mark *out)
{
    struct mark mark = {0};
    int end = 0;
    if (sscanf(text, "%" SCNd64 "/%" SCNu64 "/%39[^/]/%31[0-9]%n", &mark.pid, &mark.started,
               mark.boot, mark.space, &end) != 4 ||
        text[end] != '\0' || mark.pid < 1)
        return false;
    *out = mark;
    return true;
}

enum process_life process_mark_life(const char *text)
{
    struct mark mark, ours = read_ours();
    uint64_t started;
    if (!parse(text, &mark) || ours.boot[0] == '\0')
        return PROCESS_UNKNOWN;
    if (strcmp(mark.boot, ours.boot) != 0)
        return PROCESS_OTHER_BOOT;
    if (strcmp(mark.space, ours.space) != 0)
        return PROCESS_UNKNOWN;
    return read_start(mark.pid, &started) && started == mark.started ? PROCESS_LIVES : PROCESS_DEAD;
}
