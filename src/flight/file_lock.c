/*
 * File locks by flock(2): see file_lock.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/file_lock.h"
#include "base/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#define LOOK_EVERY_MS 100

struct file_lock {
    int fd;
};

static int file_lock_release(struct file_lock *lock)
{
    close(lock->fd);
    return 0;
}

static bool fail_held(int fd, const char *path, struct error *err)
{
    char holder[128] = "";
    ssize_t len = pread(fd, holder, sizeof holder - 1, 0);
    holder[len > 0 ? len : 0] = '\0';
    error_set(err, ERROR_POLICY, "another tminus is at work here%s%s", *holder == '\0' ? "" : ": ",
              holder);
    return error_hint(
        err, "wait for it, or look at it with ps; the lock '%s' goes with its process", path);
}

static void write_holder(int fd)
{
    int len = ftruncate(fd, 0) == 0 ? dprintf(fd, "process %ld since %s", (long)getpid(),
                                              clock_format(clock_wall_ms()).text)
                                    : 0;
    (void)len; // only for the message of whoever comes second
}

bool file_lock_take(TALLOC_CTX *mem, const char *path, struct file_lock **out, struct error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        error_set(err, ERROR_SYSTEM, "%s: cannot be opened for writing: %s", path, strerror(errno));
        return error_hint(err, "check the permissions of the file and of its folder");
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        bool is_held = errno == EWOULDBLOCK;
        if (is_held)
            fail_held(fd, path, err);
        else
            error_set(err, ERROR_SYSTEM, "%s: cannot be locked: %s", path, strerror(errno));
        close(fd);
        return false;
    }
    write_holder(fd);
    struct file_lock *lock = mem_new(mem, struct file_lock);
    lock->fd = fd;
    talloc_set_destructor(lock, file_lock_release);
    *out = lock;
    return true;
}

// --- waiting

// May it be looked at again, a little later? Else `cause` is what fails it.
static bool is_patient(struct wait *wait, int64_t until_ms, struct error *cause)
{
    return cause->code == ERROR_POLICY && clock_monotonic_ms() < until_ms &&
           wait_pause(wait, LOOK_EVERY_MS, cause);
}

bool file_lock_await(TALLOC_CTX *mem, const char *path, int64_t patience_ms, struct wait *wait,
                     struct file_lock **out, struct error *err)
{
    int64_t until_ms = clock_monotonic_ms() + patience_ms;
    struct error cause = {0};
    while (!file_lock_take(mem, path, out, &cause)) {
        if (is_patient(wait, until_ms, &cause))
            continue;
        *err = cause;
        return false;
    }
    return true;
}

static bool is_free(const char *path, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is_held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (is_held)
        fail_held(fd, path, err);
    if (fd >= 0)
        close(fd);
    return !is_held;
}

bool file_lock_await_free(const char *path, int64_t patience_ms, struct wait *wait,
                          struct error *err)
{
    int64_t until_ms = clock_monotonic_ms() + patience_ms;
    struct error cause = {0};
    while (!is_free(path, &cause)) {
        if (is_patient(wait, until_ms, &cause))
            continue;
        *err = cause;
        return false;
    }
    return true;
}
