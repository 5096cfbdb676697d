/*
 * Marks: who made a folder or a database for rehearsals, so that a later run knows whether its
 * maker is gone.
 *
 * A process is told by its number, the moment it began (numbers are used again) and the boot.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_COPY_MARK_H
#define DRIVER_COPY_MARK_H

#include "base/error.h"
#include "base/memory.h"
#include <stdbool.h>
#include <stdint.h>

#define MARK_KIND_SIZE 32

struct mark {
    char kind[MARK_KIND_SIZE]; // "postgres" "sqlite"
    int64_t pid;
    int64_t started; // in the kernel's ticks since the boot
    char boot[40];   // the kernel's id of it
    int64_t since_ms;
    int64_t token; // random; tells sites of one process apart
};

struct mark mark_make(const char *kind);
char *mark_text(TALLOC_CTX *mem, const struct mark *mark); // one line
// False: not a text of ours.
bool mark_read(const char *text, struct mark *out);
// Is its maker a process of this machine that still runs?
bool mark_maker_runs(const struct mark *mark);

#endif
