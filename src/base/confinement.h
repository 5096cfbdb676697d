/*
 * Confinement: what our process, and what it becomes, can do no more.
 *
 * The kernel refuses the calls (seccomp) and the files (Landlock), whoever asks, with EACCES; it
 * cannot be taken back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_CONFINEMENT_H
#define BASE_CONFINEMENT_H

#include <stdbool.h>

struct confinement {
    bool no_connections; // to nothing: no network, no socket; who connects to us still can
    // No program but the one at this very address in memory, which execv() is then given; NULL:
    // any. What it becomes has other addresses, so it runs nothing.
    const char *only_program;
    const char *only_folder; // files are written, made and removed in it alone; NULL: anywhere
};

// Only calls that a child may make between fork and exec. False, errno: the system cannot do all of
// it; what it can is done.
bool confinement_enter(const struct confinement *confinement);

#endif
