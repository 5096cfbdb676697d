/*
 * Confinement: a filter of the system's calls. Source: Linux,
 * Documentation/userspace-api/seccomp_filter.rst
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/confinement.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define ARCHITECTURE 0
#endif

#define LIMIT_X32 0x40000000 // calls of another ABI of x86-64 begin here
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define UNLESS(call, skipped) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, (skipped))
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
// Both machines are little-endian: an argument's lower half stands first.
#define LOW offsetof(struct seccomp_data, args[0])

bool confinement_enter(const struct confinement *confinement)
{
    uint64_t program = (uint64_t)(uintptr_t)confinement->only_program;
    // A number that no call has.
    uint32_t connect = confinement->no_connections ? __NR_connect : UINT32_MAX;
    uint32_t execve = confinement->only_program != NULL ? __NR_execve : UINT32_MAX;
    uint32_t execveat = confinement->only_program != NULL ? __NR_execveat : UINT32_MAX;
    struct sock_filter filter[] = {
        LOAD(arch),
        UNLESS(ARCHITECTURE, 2),
        LOAD(nr),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, LIMIT_X32, 0, 1),
        REFUSE,
        UNLESS(connect, 1),
        REFUSE,
        UNLESS(__NR_io_uring_setup, 1), // which connects without the call
        REFUSE,
        UNLESS(execveat, 1),
        REFUSE,
        UNLESS(execve, 5),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, LOW),
        UNLESS((uint32_t)program, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, LOW + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(program >> 32), 1, 0),
        REFUSE,
        ALLOW,
    };
    const struct sock_fprog filters = {.len = sizeof filter / sizeof filter[0], .filter = filter};
    if (ARCHITECTURE == 0) {
        errno = ENOSYS;
        return false;
    }
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filters) == 0;
}
