/*
 * A disk that fails: preloaded, the FAIL_AT-th write, sync, truncation or removal of a file fails with
 * EIO; with FAIL_ON that one and all behind it with ENOSPC; with FAIL_KILL the process is killed there.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>
static int n, at = -2;
static int hit(void)
{
    if (at == -2) at = getenv("FAIL_AT") ? atoi(getenv("FAIL_AT")) : -1;
    if (++n < at || at < 0) return 0;
    if (getenv("FAIL_KILL")) { if (n == at) kill(getpid(), SIGKILL); return 0; }
    if (n > at && !getenv("FAIL_ON")) return 0;
    errno = getenv("FAIL_ON") ? ENOSPC : EIO; return 1;
}
#define REAL(f) static __typeof__(&f) real; if (!real) real = (__typeof__(&f))dlsym(RTLD_NEXT, #f)
ssize_t pwrite64(int d, const void *b, size_t l, off64_t o) { REAL(pwrite64); return hit() ? -1 : real(d, b, l, o); }
ssize_t pwrite(int d, const void *b, size_t l, off_t o) { REAL(pwrite); return hit() ? -1 : real(d, b, l, o); }
int fsync(int d) { REAL(fsync); return hit() ? -1 : real(d); }
int fdatasync(int d) { REAL(fdatasync); return hit() ? -1 : real(d); }
int ftruncate64(int d, off64_t l) { REAL(ftruncate64); return hit() ? -1 : real(d, l); }
int ftruncate(int d, off_t l) { REAL(ftruncate); return hit() ? -1 : real(d, l); }
int unlink(const char *p) { REAL(unlink); return hit() ? -1 : real(p); }
