/*
 * What the statements of a server's log are: those that a command run tells.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_COMMAND_STATEMENTS_H
#define REHEARSAL_COMMAND_STATEMENTS_H

#include "rehearsal/command_run.h"
#include "rehearsal/server_log.h"

// Appends to `run` what changes something beside the tables `records`, repeated ones once.
MUST_CHECK bool command_statements_take(TALLOC_CTX *mem, const struct server_log *log,
                                        const char *path, const struct name *records, size_t n,
                                        struct measured_run *run, struct error *err);

#endif
