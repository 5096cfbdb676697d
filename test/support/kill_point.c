/*
 * A kill at a point that is the same in each run: preloaded, whatever a flight's processes do to what they keep is a point.
 *
 *   KILL_FILES  "journal.db:shop.db": writes, syncs, truncations and removals of files whose path has one of these in it
 *   KILL_COMMITS  set: COMMITs that are sent to a server behind a message that writes; two points each, before and behind
 *   KILL_LOG    gets a line of 64 bytes for each point; all processes count in it
 *   KILL_AT     the number of the point at which processes are killed with SIGKILL: the one that is there, and before it
 *   KILL_PILOT  the process that flies; KILL_ALONE set: only that one; KILL_VERB set: only what it runs
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE 64

static void die(void)
{
    const char *pilot = getenv("KILL_PILOT");
    if (pilot && !getenv("KILL_VERB")) kill(atoi(pilot), SIGKILL);
    if (pilot && getenv("KILL_VERB") && atoi(pilot) == getpid()) return;
    if (!getenv("KILL_ALONE")) kill(getpid(), SIGKILL);
}

static void point(const char *what, const char *of)
{
    const char *log = getenv("KILL_LOG"), *at = getenv("KILL_AT");
    struct stat status;
    char line[LINE + 1];
    int fd = log ? open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd < 0) return;
    flock(fd, LOCK_EX);
    fstat(fd, &status);
    snprintf(line, sizeof line, "%-12.12s %-40.40s %9d", what, of, getpid());
    line[LINE - 1] = '\n';
    if (write(fd, line, LINE) != LINE) abort();
    if (at && status.st_size / LINE + 1 == atoi(at)) die();
    close(fd);
}

static void file_point(const char *what, const char *path)
{
    const char *files = getenv("KILL_FILES");
    char list[512], *at, *name = list;
    if (!files) return;
    snprintf(list, sizeof list, "%s", files);
    while ((at = strsep(&name, ":")))
        if (strstr(path, at)) {
            const char *slash = strrchr(path, '/');
            point(what, slash ? slash + 1 : path);
            return;
        }
}

static void descriptor_point(const char *what, int fd)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) return;
    path[n] = '\0';
    file_point(what, path);
}

#define REAL(f) static __typeof__(&f) real; if (!real) real = (__typeof__(&f))dlsym(RTLD_NEXT, #f)
ssize_t pwrite64(int d, const void *b, size_t l, off64_t o) { REAL(pwrite64); descriptor_point("write", d); return real(d, b, l, o); }
int fsync(int d) { REAL(fsync); descriptor_point("sync", d); return real(d); }
int fdatasync(int d) { REAL(fdatasync); descriptor_point("sync", d); return real(d); }
int ftruncate64(int d, off64_t l) { REAL(ftruncate64); descriptor_point("truncate", d); return real(d, l); }
int unlink(const char *p) { REAL(unlink); file_point("unlink", p); return real(p); }
int rename(const char *a, const char *b) { REAL(rename); file_point("rename", b); return real(a, b); }
static int has(const void *message, size_t len, const char *word) { return memmem(message, len, word, strlen(word)) != NULL; }
static int is_writing(const void *message, size_t len)
{
    static const char *const words[] = {"INSERT", "UPDATE", "DELETE", "ALTER", "CREATE", "DROP"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (has(message, len, words[i])) return 1;
    return 0;
}
ssize_t send(int d, const void *b, size_t l, int f)
{
    REAL(send);
    static int writes;
    if (!getenv("KILL_COMMITS")) return real(d, b, l, f);
    writes |= is_writing(b, l);
    int is_point = writes && has(b, l, "COMMIT");
    if (is_point) point("before", "COMMIT");
    ssize_t n = real(d, b, l, f);
    if (is_point) point("behind", "COMMIT");
    writes &= !is_point;
    return n;
}
