/*
 * Exchanges: one statement each and what the server answers; a group is those that are waited for
 * together.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_POSTGRES_EXCHANGE_H
#define DRIVER_ENGINE_POSTGRES_EXCHANGE_H

#include "driver/engine/postgres/connection.h"

struct group {
    size_t n_left;
    bool is_done; // nothing is left, or one has failed or was stopped
    int64_t deadline_ms;
};

struct exchange {
    struct connection *connection;
    struct group *group;
    const char *sql;
    connection_row *row;
    connection_data *data;
    void *context;
    PGresult *answer; // the last one that holds no single row
    struct wait_source *source;
    bool is_script; // several statements in one message
    bool is_copying;
    bool is_pulled;  // its data stay in libpq until they are asked for
    bool is_over;    // the server said all
    bool is_stopped; // nobody wants the rest
    bool has_failed;
    struct error failure;
};

// Send the statement and watch for its answer. On failure nothing was begun.
MUST_CHECK bool exchange_start(struct exchange *exchange, const char *const *parameters, size_t n,
                               struct error *err);
// (Again) watch the socket, and send what is still to be sent.
void exchange_watch(struct exchange *exchange);
// Take one thing that has come; false: more is to come first, or it is over.
bool exchange_take(struct exchange *exchange);
// Replace the error of a wait that reached its deadline. Returns false.
bool exchange_fail_wait(const struct exchange *exchange, struct error *err);
// Until the group is done; time of the rows' readers does not count.
MUST_CHECK bool group_wait(struct connection *connection, struct group *group, struct error *err);
// Run what was started to its end. False when a statement failed or was not answered in time.
MUST_CHECK bool group_finish(struct group *group, struct exchange *exchanges, size_t n,
                             struct error *err);
// One statement alone; its answer, when there is one, is the caller's to clear.
MUST_CHECK bool exchange_run(struct exchange *exchange, const char *const *parameters, size_t n,
                             struct error *err);
// Of a statement that begins now; 0: none.
int64_t connection_deadline(const struct connection *connection);

#endif
