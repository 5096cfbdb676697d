/*
 * Keepers: see process_keeper.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/process_keeper.h"
#include "base/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GONE SIGUSR1 // the kernel's word that our parent is no more

struct told { // by the keeper, at its start
    int cause;
    pid_t command;
};

static _Noreturn void end_as(int status)
{
    if (WIFSIGNALED(status)) { // as the command did, without a core of ours
        sigset_t none;
        prctl(PR_SET_DUMPABLE, 0);
        signal(WTERMSIG(status), SIG_DFL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        raise(WTERMSIG(status));
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static bool has_ended(pid_t command, int *status)
{
    return waitpid(command, status, WNOHANG) == command;
}

// Our parent is gone: so goes the command's group.
static _Noreturn void end_group(pid_t command, const sigset_t *heard)
{
    const struct timespec patience = {.tv_sec = KEEPER_TERM_MS / 1000};
    int status;
    bool is_over = false;
    kill(-command, SIGTERM);
    while (!(is_over = has_ended(command, &status)) && sigtimedwait(heard, NULL, &patience) > 0)
        continue;
    kill(-command, SIGKILL); // children may have stayed although their parent went
    while (!is_over && waitpid(command, &status, 0) < 0 && errno == EINTR)
        continue;
    _exit(0);
}

static _Noreturn void keep(pid_t parent, pid_t command, const sigset_t *heard)
{
    int status;
    for (;;) {
        if (has_ended(command, &status))
            end_as(status);
        if (getppid() != parent)
            end_group(command, heard);
        (void)sigwaitinfo(heard, NULL);
    }
}

static _Noreturn void become(pid_t parent, int told, keeper_start *start, void *context)
{
    sigset_t all, heard;
    struct told word = {0};
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigemptyset(&heard);
    sigaddset(&heard, SIGCHLD);
    sigaddset(&heard, GONE);
    signal(SIGCHLD, SIG_DFL);
    prctl(PR_SET_NAME, "keeper"); // who kills all of a name means others
    word.cause = setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, GONE) != 0 ? errno : 0;
    if (getppid() != parent)
        _exit(0);
    if (word.cause == 0)
        word.cause = start(context, &word.command);
    (void)!write(told, &word, sizeof word);
    close(told);
    if (word.cause != 0)
        _exit(127);
    keep(parent, word.command, &heard);
}

int keeper_fork(keeper_start *start, void *context, pid_t *keeper, pid_t *command)
{
    int ends[2];
    struct told word = {0};
    pid_t parent = getpid();
    if (pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    *keeper = fork();
    if (*keeper == 0) {
        close(ends[0]);
        become(parent, ends[1], start, context);
    }
    if (*keeper < 0)
        word.cause = errno;
    close(ends[1]);
    ssize_t n = 0;
    while (*keeper > 0 && (n = read(ends[0], &word, sizeof word)) < 0 && errno == EINTR)
        continue;
    close(ends[0]);
    if (*keeper > 0 && n != sizeof word)
        word.cause = ECHILD; // it was killed before it could say
    if (*keeper > 0 && word.cause != 0)
        (void)waitpid(*keeper, NULL, 0);
    *command = word.command;
    return word.cause;
}
