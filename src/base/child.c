/*
 * Children: fork, watch, end.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/child.h"
#include "base/clock.h"
#include "base/confinement.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILL_TIME_MS 10000 // a killed process may still have to write

struct child {
    pid_t pid;
    int pidfd;
    int end_signal;
    int confine_failure; // 0: none
    bool has_ended;
};

const char *const *child_arguments_as(TALLOC_CTX *mem, const struct child_user *user,
                                      const char *const *argv)
{
    const char **arguments = NULL;
    size_t n = 0;
    if (user == NULL)
        return argv;
    *mem_append(mem, arguments, n) = "setpriv";
    *mem_append(mem, arguments, n) = mem_printf(mem, "--reuid=%u", (unsigned)user->uid);
    *mem_append(mem, arguments, n) = mem_printf(mem, "--regid=%u", (unsigned)user->gid);
    *mem_append(mem, arguments, n) = "--clear-groups";
    *mem_append(mem, arguments, n) = "--";
    for (; *argv != NULL; argv++)
        *mem_append(mem, arguments, n) = *argv;
    *mem_append(mem, arguments, n) = NULL;
    return arguments;
}

// --- between fork and exec: only what is safe there

// What the child could not do: its errno.
struct failures {
    int start, confine;
};

static bool take_files(const char *output)
{
    int input = open("/dev/null", O_RDONLY);
    int out = open(output, O_WRONLY | O_CREAT | O_APPEND, 0600);
    return input >= 0 && out >= 0 && dup2(input, 0) == 0 && dup2(out, 1) == 1 && dup2(out, 2) == 2;
}

static bool become_user(const struct child_user *user)
{
    return user == NULL ||
           (setgroups(0, NULL) == 0 && setgid(user->gid) == 0 && setuid(user->uid) == 0);
}

static bool settle(const struct child_options *options, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL); // ignored in ours, now and then
    // A group of its own: Ctrl-C at the terminal is for us, who then end it in order.
    if (setpgid(0, 0) != 0 || !take_files(options->output) || !become_user(options->user) ||
        prctl(PR_SET_PDEATHSIG, options->end_signal) != 0 ||
        sigprocmask(SIG_SETMASK, &none, NULL) != 0)
        return false;
    if (getppid() != parent) // it went before it could be told
        _exit(0);
    return true;
}

static _Noreturn void become(const struct child_options *options, pid_t parent, int told)
{
    struct failures failures = {0};
    const struct confinement confinement = {
        .no_connections = options->no_connections,
        .only_program = options->no_programs ? options->argv[0] : NULL,
        .only_folder = options->only_folder,
    };
    bool is_confined =
        options->no_connections || options->no_programs || options->only_folder != NULL;
    bool is_settled = settle(options, parent);
    if (is_settled && is_confined && !confinement_enter(&confinement)) {
        failures.confine = errno;
        (void)!write(told, &failures, sizeof failures);
    }
    if (is_settled)
        execv(options->argv[0], (char *const *)(uintptr_t)options->argv);
    failures.start = errno;
    (void)!write(told, &failures, sizeof failures);
    _exit(127);
}

// --- in ours

static pid_t spawn(const struct child_options *options, struct failures *failures)
{
    int ends[2];
    struct failures read_in;
    pid_t parent = getpid();
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0)
        become(options, parent, ends[1]);
    close(ends[1]);
    while (pid > 0 && read(ends[0], &read_in, sizeof read_in) == sizeof read_in)
        *failures = read_in;
    close(ends[0]);
    return pid;
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

const char *child_unconfined(const struct child *child)
{
    return child->confine_failure == 0 ? NULL : strerror(child->confine_failure);
}

bool child_start(TALLOC_CTX *mem, const struct child_options *options, struct child **out,
                 struct error *err)
{
    struct failures failures = {0};
    pid_t pid = spawn(options, &failures);
    if (pid < 0)
        return error_set(err, ERROR_SYSTEM, "%s: cannot be started: %s", options->argv[0],
                         strerror(errno));
    if (failures.start != 0) {
        (void)waitpid(pid, NULL, 0);
        return error_set(err, ERROR_SYSTEM, "%s: cannot be started: %s", options->argv[0],
                         strerror(failures.start));
    }
    struct child *child = mem_new(mem, struct child);
    *child = (struct child){.pid = pid,
                            .pidfd = pidfd_open(pid, 0),
                            .end_signal = options->end_signal,
                            .confine_failure = failures.confine};
    if (child->pidfd < 0)
        bug("pidfd_open: %s", strerror(errno));
    talloc_set_destructor(child, child_free);
    *out = child;
    return true;
}
