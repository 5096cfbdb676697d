/*
 * The undo logs of an environment's databases, and which of them nobody needs any more.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_CLEAN_LOGS_H
#define COMMAND_CLEAN_LOGS_H

#include "command/database.h"
#include "flight/undo_log.h"

#define CLEAN_LOGS_KEEP_MS ((int64_t)7 * 24 * 3600 * 1000) // undo_log_keep

struct clean_logs_request {
    const struct program *program;
    const struct options *options; // with the environment
    const char *database;          // name of one of several
    const char *id;                // that is given up; NULL: those that nobody needs
    struct wait *wait;
};

struct clean_log {
    struct undo_log_place place;
    const char *id;
    const char *what; // for people
    int64_t bytes;
    const char *kept; // why it stays; NULL: it may go
};

MUST_CHECK bool clean_logs_find(TALLOC_CTX *mem, const struct clean_logs_request *request,
                                struct clean_log **out, size_t *n, struct error *err);

#endif
