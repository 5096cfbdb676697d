/*
 * The head of an archive of pg_dump: the file itself (-Fc), or toc.dat of a folder (-Fd).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_BACKUP_ARCHIVE_H
#define DRIVER_BACKUP_ARCHIVE_H

#include "base/error.h"
#include "base/memory.h"
#include <stdint.h>

struct archive {
    unsigned major, minor; // of the archive's format
    int64_t created_ms;    // by the clock of the machine that made it, to the second
    const char *database;
    const char *server; // version that it was taken from
    const char *tool;   // version of pg_dump
};

// ERROR_INPUT: it is none, or ends within its head.
MUST_CHECK bool archive_read(TALLOC_CTX *mem, const char *path, struct archive *out,
                             struct error *err);

#endif
