/*
 * Session timeouts: the timeouts that a script has set for itself, as they are when a statement
 * runs.
 *
 * Followed through SET, SET LOCAL, RESET and set_config(), and through what
 * COMMIT and ROLLBACK make of them. What a role or a database has as its default (ALTER ROLE … SET)
 * is not this session's and not known here.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_SESSION_TIMEOUTS_H
#define ANALYSIS_SESSION_TIMEOUTS_H

#include "statement/statement.h"
#include <stdint.h>

#define SESSION_NOT_SET (-1)

struct session_timeout {
    int64_t ms;    // SESSION_NOT_SET: not set by this script; 0: off
    bool is_local; // until the transaction ends
    size_t set_at; // statement of the script that set it, when it is set
};

struct session_timeouts {
    struct session_timeout lock, statement, idle_in_transaction, transaction;
};

// What holds now, what holds after COMMIT, and what after ROLLBACK.
struct session_timeouts_state {
    struct session_timeouts now, kept, before;
};

struct session_timeouts_state session_timeouts_start(void);
void session_timeouts_begin(struct session_timeouts_state *state); // a transaction
void session_timeouts_end(struct session_timeouts_state *state, bool is_committed);
// Statement `at` has run. SET LOCAL outside a transaction does nothing.
void session_timeouts_apply(struct session_timeouts_state *state, const struct statement *statement,
                            size_t at, bool in_transaction);

// "2s", "500ms", "1500", "1.5 min" as PostgreSQL reads a timeout; SESSION_NOT_SET when it is none.
int64_t session_timeout_read(const char *text);

#endif
