/*
 * Server log: the statements that another program sent to a copy, out of what the server logged.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_SERVER_LOG_H
#define REHEARSAL_SERVER_LOG_H

#include "base/memory.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Fewer than a data migration may send, row by row; those past it are counted.
#define SERVER_LOG_STATEMENTS_MAX 200000

struct logged_statement {
    const char *sql;
    int64_t took_us; // -1: the log does not say, or it did not end
    long process;    // of the server
    bool has_failed;
};

struct server_log {
    const char *database; // whose statements are wanted
    struct logged_statement *list;
    size_t n;
    size_t n_more;          // that were not kept
    const char *last_error; // of that database; NULL
};

// Whole entries, as driver/copy.h gives them: "[PROCESS] DATABASE APPLICATION LEVEL:  text", and
// lines that go on begin with a tab. What tminus itself asked is left out.
void server_log_add(TALLOC_CTX *mem, struct server_log *log, const char *text);

#endif
