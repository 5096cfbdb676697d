/*
 * What the files of the PostgreSQL engine share; nobody else includes this.
 *
 * An engine is one connection, and within a snapshot further ones that see the same instant. No
 * state is kept in a session: PgBouncer may hand each transaction to another server connection, so
 * settings are SET LOCAL and every guarded query has its own READ ONLY transaction (or stands in
 * the snapshot's). Statements of ours and of the user go by the extended protocol, one a message.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_POSTGRES_POSTGRES_H
#define DRIVER_ENGINE_POSTGRES_POSTGRES_H

#include "driver/engine.h"
#include "driver/engine/postgres/libpq.h"

// --- connection.c: one libpq connection, asynchronous, in the program's poll loop
struct connection;

MUST_CHECK bool connection_open(TALLOC_CTX *mem, const struct engine_open_options *options,
                                struct connection **out, struct error *err);
PGconn *connection_handle(struct connection *connection);
// Of each statement that follows; 0: as long as it takes. At the deadline the statement is
// cancelled in the server (ERROR_UNREACHABLE), likewise on an interruption (ERROR_INTERRUPTED).
void connection_set_timeout(struct connection *connection, int64_t timeout_ms);

// A statement of ours, without rows or with rows that nobody wants.
MUST_CHECK bool connection_execute(struct connection *connection, const char *sql,
                                   struct error *err);
// A statement of ours and its whole answer. Parameters are texts, NULL is NULL.
MUST_CHECK bool connection_ask(TALLOC_CTX *mem, struct connection *connection, const char *sql,
                               const char *const *parameters, size_t n, PGresult **out,
                               struct error *err); // cleared with `mem`
// Row by row, however many there are. `row` gets a result of one row (at 0); false stops (the
// statement is cancelled) and is no error. At the end `row` is not called.
typedef bool connection_row(void *context, const PGresult *row);
MUST_CHECK bool connection_each(struct connection *connection, const char *sql, connection_row *row,
                                void *context, struct error *err);
// COPY … TO STDOUT on several connections at once, in one poll loop: the bytes of one row (of the
// binary format: its header first) at a time; `contexts` one each.
typedef bool connection_data(void *context, const char *bytes, size_t len);
MUST_CHECK bool connection_copy_all(struct connection *const *connections, const char *const *sqls,
                                    void *const *contexts, size_t n, connection_data *data,
                                    struct error *err);
// COPY … TO STDOUT, one row's bytes each time they are asked for; `*bytes` holds until the next
// call, NULL: no more. Nothing else can be asked of the connection until it is freed or has ended.
struct connection_pull;
MUST_CHECK bool connection_pull_open(TALLOC_CTX *mem, struct connection *connection,
                                     const char *sql, struct connection_pull **out,
                                     struct error *err);
MUST_CHECK bool connection_pull_next(struct connection_pull *pull, const char **bytes, size_t *len,
                                     struct error *err);
// Fill `err` by SQLSTATE: what happened, where (host, database), why, what to do. Returns false.
bool connection_fail(struct connection *connection, const PGresult *result, const char *what,
                     struct error *err);
// "55P03" of what failed last; "" when it was no failure of the server.
const char *connection_sqlstate(const struct connection *connection);

// What was asked of the server when it was opened.
struct postgres_server {
    const char *system;   // its identifier, or what stands for it (identity.c)
    const char *database; // current_database()
    const char *version;  // "15.20 (Debian …)"
    const char *role;     // of the session
    const char *powers; // of the role, that an audit must not have: "a superuser", …; NULL: none
    bool has_system;    // `system` is the server's own
    bool is_standby;
    bool is_pooled; // somebody stands between: another session for each transaction, perhaps
    bool is_linux;  // where a server notices that its client is gone
};

struct engine {
    struct connection *connection;
    struct connection **readers; // of the snapshot, `connection` first; empty outside of one
    size_t n_readers;
    bool is_read_only;
    bool is_in_snapshot;
    char *snapshot; // its exported name; NULL: outside of one
    int64_t timeout_ms;
    const struct engine_open_options *options; // a copy of the engine's own
    unsigned version;                          // 150020
    struct postgres_server server;
    struct guard_cache *guard; // guard.c: what was judged already
};

// --- session.c
// A transaction of ours that only reads, with every setting pinned that decides what a text means
// or looks like. It ends with session_end, also after a failure. Within a snapshot all of it is
// done.
MUST_CHECK bool session_begin(struct engine *engine, struct error *err);
MUST_CHECK bool session_end(struct engine *engine, struct error *err);

// --- guard.c
// May this be asked? ERROR_UNKNOWN says which part is refused and why. Names are found as the
// server would now, so ask within the transaction that then runs it: search_path must be set, and
// standard_conforming_strings on (the grammar here reads texts so).
MUST_CHECK bool guard_allow(struct engine *engine, const char *sql, struct error *err);

// --- quoting.c: "public"."emails"
char *quote_name(TALLOC_CTX *mem, const char *name);
char *quote_relation(TALLOC_CTX *mem, struct name name);
char *quote_text(TALLOC_CTX *mem, const char *text); // 'it''s'

// --- the tables
bool postgres_accepts(const char *url);
bool postgres_open(TALLOC_CTX *mem, const struct engine_open_options *options, struct engine **out,
                   struct error *err);
bool postgres_identity(TALLOC_CTX *mem, struct engine *engine, struct engine_identity *out,
                       struct error *err);
bool postgres_query(struct engine *engine, const char *sql, engine_row *row, void *context,
                    struct error *err);
bool postgres_snapshot_begin(struct engine *engine, struct error *err);
bool postgres_snapshot_end(struct engine *engine, struct error *err);
bool postgres_snapshot_name(TALLOC_CTX *mem, struct engine *engine, char **out, struct error *err);
bool postgres_instant(TALLOC_CTX *mem, struct engine *engine, char **out, struct error *err);
bool postgres_check(const struct engine_run_request *request, struct error *err);
MUST_CHECK bool postgres_attempt(TALLOC_CTX *mem, struct engine *engine,
                                 const struct engine_attempt_request *request,
                                 struct engine_attempt *out, struct error *err);
bool postgres_run(TALLOC_CTX *mem, struct engine *engine, const struct engine_run_request *request,
                  struct engine_run *out, struct error *err);
bool postgres_catalog_read(TALLOC_CTX *mem, struct engine *engine, struct schema **out,
                           struct error *err);
bool postgres_catalog_digest(struct engine *engine, char hex[65], struct error *err);
bool postgres_catalog_objects(TALLOC_CTX *mem, struct engine *engine, char hex[65],
                              struct schema_objects *out, struct error *err);
bool postgres_catalog_activity(TALLOC_CTX *mem, struct engine *engine, struct engine_activity **out,
                               size_t *n, struct error *err);
bool postgres_fingerprint(TALLOC_CTX *mem, struct engine *engine,
                          const struct engine_fingerprint_request *request,
                          struct engine_fingerprint **out, struct error *err);
enum engine_wrote postgres_wrote(const char *instant, uint64_t writer);
bool postgres_written(struct engine *engine, struct name table, struct engine_written *out,
                      bool *is_known, struct error *err);
bool postgres_differences(struct engine *engine, const struct engine_differences_request *request,
                          engine_differs *each, void *context, struct error *err);
bool postgres_stream_open(TALLOC_CTX *mem, struct engine *engine,
                          const struct engine_fingerprint_request *request,
                          struct engine_stream **out, struct error *err);
bool postgres_stream_next(struct engine_stream *stream, struct engine_row_image *image,
                          bool *has_row, struct error *err);
bool postgres_undo_plan(TALLOC_CTX *mem, struct engine *engine,
                        const struct engine_undo_request *request, struct engine_undo_plan *out,
                        struct error *err);
bool postgres_undo_roll_back(TALLOC_CTX *mem, struct engine *engine,
                             const struct engine_undo_back *request, struct engine_undo_result *out,
                             struct error *err);
bool postgres_undo_look(TALLOC_CTX *mem, struct engine *engine, const char *id,
                        struct engine_undo_state *out, struct error *err);
bool postgres_undo_list(TALLOC_CTX *mem, struct engine *engine, bool has_sizes,
                        struct engine_undo_log **out, size_t *n, struct error *err);
bool postgres_undo_drop(struct engine *engine, const char *id, struct error *err);

#endif
