/*
 * Confinement: a filter of the system's calls, and a set of rules on files. Source: Linux,
 * Documentation/userspace-api/seccomp_filter.rst and landlock.rst
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/confinement.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

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

// --- files

#define REFER (1ULL << 13)    // kernel 5.19: before, moving between folders is refused always
#define TRUNCATE (1ULL << 14) // kernel 6.2
#define CHANGES                                                                                    \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                               \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |   \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

static bool allow_beneath(int rules, const char *folder, uint64_t access)
{
    struct landlock_path_beneath_attr beneath = {.allowed_access = access};
    beneath.parent_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (beneath.parent_fd < 0)
        return false;
    bool is_added =
        syscall(__NR_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
    close(beneath.parent_fd);
    return is_added;
}

// Besides the folder: shared memory, and devices such as /dev/null.
static bool confine_files(const char *folder)
{
    long version = syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 0)
        return false;
    struct landlock_ruleset_attr handled = {
        .handled_access_fs = CHANGES | (version >= 2 ? REFER : 0) | (version >= 3 ? TRUNCATE : 0)};
    uint64_t file = LANDLOCK_ACCESS_FS_WRITE_FILE | (handled.handled_access_fs & TRUNCATE);
    int rules = (int)syscall(__NR_landlock_create_ruleset, &handled, sizeof handled, 0);
    if (rules < 0)
        return false;
    bool is_done = allow_beneath(rules, folder, handled.handled_access_fs) &&
                   allow_beneath(rules, "/dev/shm", handled.handled_access_fs) &&
                   allow_beneath(rules, "/dev", file) &&
                   syscall(__NR_landlock_restrict_self, rules, 0) == 0;
    close(rules);
    return is_done;
}

// --- calls

static bool confine_calls(const struct confinement *confinement)
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
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filters) == 0;
}

bool confinement_enter(const struct confinement *confinement)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return false;
    bool is_done = confinement->only_folder == NULL || confine_files(confinement->only_folder);
    int why = errno;
    if (!confine_calls(confinement))
        return false;
    errno = why;
    return is_done;
}
