/*
 * Output: the last look at stdout.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/output.h"
#include "base/log.h"
#include "command/command.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

static bool is_reader_gone(void)
{
    struct pollfd polled = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&polled, 1, 0) > 0 && (polled.revents & POLLERR) != 0;
}

// Runs at exit, so that argp's own exits are covered too.
static void close_output(void)
{
    bool had_failed = ferror(stdout) != 0;
    bool is_gone = is_reader_gone();
    errno = 0;
    bool has_failed = fclose(stdout) != 0 || had_failed;
    if (!has_failed || is_gone || errno == EPIPE)
        return;
    struct error err;
    error_set(&err, ERROR_SYSTEM, "standard output cannot be written: %s",
              strerror(errno == 0 ? EIO : errno));
    log_error(&err);
    _exit(EXIT_USAGE);
}

// A file that is opened later must not become stdout or stderr; what is closed cannot be written.
static void hold_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
            bug("descriptor %d cannot be held", fd);
    }
}

void output_guard(void)
{
    hold_descriptors();
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    if (sigaction(SIGPIPE, &ignore, NULL) != 0 || atexit(close_output) != 0)
        bug("the end of the program cannot be watched");
}
