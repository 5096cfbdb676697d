/*
 * The inside of a connection, for the files that open it, run statements on it and say what failed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_POSTGRES_CONNECTION_H
#define DRIVER_ENGINE_POSTGRES_CONNECTION_H

#include "driver/engine/postgres/postgres.h"

// Within a snapshot a statement that fails is taken back to here, and the snapshot goes on.
#define SAVEPOINT_NAME "tminus"

struct connection {
    PGconn *handle;
    struct wait *wait;
    const char *place; // "127.0.0.1:5432/shop"
    int64_t timeout_ms;
    // Of what failed last: its class, the server's own words, and the character of the statement
    // that it points at (from 1).
    char sqlstate[6];
    char *why;            // NULL: the server said nothing
    size_t position;      // 0: at none
    bool hides_rows;      // as in the options
    bool is_busy;         // a statement runs, or the reader of its rows
    bool is_lost;         // nothing more can be asked
    bool has_savepoint;   // in a transaction that shall outlive a statement that fails
    bool is_seen_through; // signals do not end what runs on it
    // Called every so often while a statement runs; may use other connections. NULL: not.
    void (*look)(void *context);
    void *look_context;
    int64_t look_every_ms;
};

// Several statements of our own fixed text in one message, by the simple protocol.
MUST_CHECK bool connection_script(struct connection *connection, const char *sql,
                                  struct error *err);
// The same, with the answer to the last of them; cleared with `mem`.
MUST_CHECK bool connection_ask_script(TALLOC_CTX *mem, struct connection *connection,
                                      const char *sql, PGresult **out, struct error *err);

// --- address.c
struct host { // NULL: as the address says
    const char *name, *address, *port, *session_attrs;
};
struct address {
    const char *text;   // as libpq reads it
    struct host *hosts; // to be tried in this order
    size_t n_hosts;
    int64_t connect_ms; // connect_timeout, for each host; 0: not given
};
// ERROR_CONFIG when it cannot be right; never repeats what may be a password.
MUST_CHECK bool address_read(TALLOC_CTX *mem, const char *url, struct address *out,
                             struct error *err);

// As a URL: another database of the same server.
char *address_with_database(TALLOC_CTX *mem, const struct address *address, const char *database);

// --- open.c
// One more connection to the very server that the engine is connected to.
MUST_CHECK bool connection_open_beside(TALLOC_CTX *mem, const struct engine *engine,
                                       int64_t timeout_ms, struct connection **out,
                                       struct error *err);
// Connect anew when the connection is lost; ERROR_IDENTITY when another database answers.
MUST_CHECK bool engine_reconnect(struct engine *engine, struct error *err);

// --- session.c
// `snapshot`: exported by another connection, or NULL. On failure nothing is left open.
MUST_CHECK bool session_begin_on(const struct engine *engine, struct connection *connection,
                                 const char *snapshot, int64_t idle_ms, struct error *err);
void session_abandon(struct connection *connection);

// --- identity.c
MUST_CHECK bool server_read(TALLOC_CTX *mem, struct connection *connection,
                            struct postgres_server *out, struct error *err);
bool server_is_same(const struct postgres_server *a, const struct postgres_server *b);

// --- refusal.c
// What libpq says of a connection that was not made.
bool connection_fail_open(struct connection *connection, struct error *err);

#endif
