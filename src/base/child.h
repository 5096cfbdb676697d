/*
 * Children: a program that runs beside ours and ends with it, also when ours is killed.
 *
 * Processes that are waited for are base/process.h's. A child has no input; what it prints is
 * appended to a file. The kernel sends it `end_signal` when our process is gone.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include "base/error.h"
#include "base/memory.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct child_user {
    uid_t uid;
    gid_t gid;
};

struct child_options {
    const char *const *argv;       // NULL-terminated; the first is a path
    const struct child_user *user; // that it runs as; NULL: ours
    const char *output;            // path of the file
    int end_signal;                // SIGQUIT, SIGTERM …
    bool no_connections;           // it connects to nothing
    bool no_programs;              // it runs no other program
    const char *only_folder;       // it changes no file elsewhere; NULL: it may
};

struct child; // killed when freed

MUST_CHECK bool child_start(TALLOC_CTX *mem, const struct child_options *options,
                            struct child **out, struct error *err);
bool child_is_running(struct child *child);
// NULL: it is confined as the options ask; why it is not.
const char *child_unconfined(const struct child *child);
// Send the end signal and wait, without heed of signals to us; killed after `timeout_ms`.
void child_end(struct child *child, int64_t timeout_ms);

// `argv` run as `user` (NULL: as it is) by setpriv of util-linux, for base/process.h.
const char *const *child_arguments_as(TALLOC_CTX *mem, const struct child_user *user,
                                      const char *const *argv);

#endif
