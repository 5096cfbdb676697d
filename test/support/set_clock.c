/*
 * A wall clock that somebody sets: preloaded, CLOCK_REALTIME is off by as many seconds as stand in the file that
 * SET_CLOCK names, from the moment that they stand there.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *out)
{
    static int (*real)(clockid_t, struct timespec *);
    const char *path = getenv("SET_CLOCK");
    char text[32] = "";
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int status = real(clock, out);
    int fd = clock == CLOCK_REALTIME && path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return status;
    if (read(fd, text, sizeof text - 1) > 0) out->tv_sec += atol(text);
    close(fd);
    return status;
}
