/*
 * Children: spawn, watch, end.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/child.h"
#include "base/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILL_TIME_MS 10000 // a killed process may still have to write

struct child {
    pid_t pid;
    int pidfd;
    int end_signal;
    bool has_ended;
};

static const char **arguments_add(TALLOC_CTX *mem, const char **arguments, size_t *n,
                                  const char *const *added)
{
    for (; *added != NULL; added++)
        *mem_append(mem, arguments, *n) = *added;
    return arguments;
}

static const char *const *arguments_make(TALLOC_CTX *mem, const struct child_user *user,
                                         const char *end, const char *const *argv)
{
    const char **arguments = NULL;
    size_t n = 0;
    *mem_append(mem, arguments, n) = "setpriv";
    if (user != NULL) {
        *mem_append(mem, arguments, n) = mem_printf(mem, "--reuid=%u", (unsigned)user->uid);
        *mem_append(mem, arguments, n) = mem_printf(mem, "--regid=%u", (unsigned)user->gid);
        *mem_append(mem, arguments, n) = "--clear-groups";
    }
    if (end != NULL)
        *mem_append(mem, arguments, n) = end;
    *mem_append(mem, arguments, n) = "--";
    arguments = arguments_add(mem, arguments, &n, argv);
    *mem_append(mem, arguments, n) = NULL;
    return arguments;
}

const char *const *child_arguments_as(TALLOC_CTX *mem, const struct child_user *user,
                                      const char *const *argv)
{
    return user == NULL ? argv : arguments_make(mem, user, NULL, argv);
}

static int spawn(const struct child_options *options, pid_t *pid)
{
    SCRATCH(tmp);
    const char *end = mem_printf(tmp, "--pdeathsig=%s", sigabbrev_np(options->end_signal));
    const char *const *argv = arguments_make(tmp, options->user, end, options->argv);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE); // ignored in ours, now and then
    posix_spawnattr_init(&attributes);
    // A group of its own: Ctrl-C at the terminal is for us, who then end it in order.
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, options->output, O_WRONLY | O_CREAT | O_APPEND,
                                     0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    int cause =
        posix_spawnp(pid, argv[0], &actions, &attributes, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return cause;
}

// Wait at most `timeout_ms` for the end, and reap.
static bool child_await(struct child *child, int64_t timeout_ms)
{
    int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
    while (!child->has_ended) {
        struct pollfd polled = {.fd = child->pidfd, .events = POLLIN};
        int64_t left_ms = deadline_ms - clock_monotonic_ms();
        if (left_ms < 0)
            left_ms = 0;
        int n = poll(&polled, 1, (int)left_ms);
        if (n > 0 && waitpid(child->pid, NULL, WNOHANG) == child->pid)
            child->has_ended = true;
        if (n == 0 && left_ms == 0)
            break;
    }
    return child->has_ended;
}

bool child_is_running(struct child *child)
{
    return !child_await(child, 0);
}

void child_end(struct child *child, int64_t timeout_ms)
{
    if (child_await(child, 0))
        return;
    kill(child->pid, child->end_signal);
    if (child_await(child, timeout_ms))
        return;
    kill(child->pid, SIGKILL);
    (void)child_await(child, KILL_TIME_MS);
}

static int child_free(struct child *child)
{
    if (!child_await(child, 0)) {
        kill(child->pid, SIGKILL);
        (void)child_await(child, KILL_TIME_MS);
    }
    close(child->pidfd);
    return 0;
}

bool child_start(TALLOC_CTX *mem, const struct child_options *options, struct child **out,
                 struct error *err)
{
    pid_t pid;
    int cause = spawn(options, &pid);
    if (cause == ENOENT) {
        error_set(err, ERROR_SYSTEM, "setpriv: command not found, or no file %s can be made",
                  options->output);
        return error_hint(err, "install util-linux");
    }
    if (cause != 0)
        return error_set(err, ERROR_SYSTEM, "%s: cannot be started: %s", options->argv[0],
                         strerror(cause));
    struct child *child = mem_new(mem, struct child);
    *child =
        (struct child){.pid = pid, .pidfd = pidfd_open(pid, 0), .end_signal = options->end_signal};
    if (child->pidfd < 0)
        bug("pidfd_open: %s", strerror(errno));
    talloc_set_destructor(child, child_free);
    *out = child;
    return true;
}
