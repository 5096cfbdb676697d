/*
 * What the files of the SQLite driver share; nobody else includes this.
 *
 * One connection with one private cache. The guard (guard.c) is asked for every statement that is
 * not ours: sqlite3's authorizer stays installed and is switched by `guard.is_on`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_SQLITE_SQLITE_H
#define DRIVER_ENGINE_SQLITE_SQLITE_H

#include "driver/engine.h"
#include <sqlite3.h>

// Our own tables in a user's database: not part of its schema, its digest or its catalog.
#define TABLE_IDENTITY "tminus_identity"
#define TABLE_MIGRATION "tminus_migration"
#define OUR_TABLES "('" TABLE_IDENTITY "','" TABLE_MIGRATION "')"
#define UNDO_TABLES "tminus_undo_*" // a GLOB
// Indexes of full-text tables, which their module keeps as tables: what stands in them follows from
// the text, and the same text gives other bytes after another history. _content is no such table.
// Source: https://www.sqlite.org/fts5.html section 9, fts3.html section 9
#define INDEX_TABLES                                                                               \
    "(SELECT v.name || s.column1 FROM main.sqlite_schema AS v, (VALUES ('_data'), ('_idx'), "      \
    "('_docsize'), ('_config'), ('_segments'), ('_segdir'), ('_stat')) AS s "                      \
    "WHERE v.type = 'table' AND v.rootpage = 0 AND v.sql LIKE '%USING%fts%')"

enum stop { STOP_NONE, STOP_DEADLINE, STOP_INTERRUPTED };

struct guard {
    bool is_on;          // a foreign statement is being prepared or run
    bool forbids_commit; // a migration runs in our transaction: BEGIN, COMMIT, ROLLBACK are refused
    bool is_copy;        // of a rehearsal: other files are out of reach
    char refused[256];   // what the authorizer refused first, "" when nothing
};

struct engine {
    sqlite3 *handle;
    const char *path; // canonical
    bool is_read_only;
    int64_t timeout_ms;
    int64_t query_timeout_ms; // of a guarded query
    int64_t limit_ms;         // of what runs now
    struct wait *wait;
    int64_t deadline_ms;   // monotonic, of the statement that runs; 0: none
    int64_t busy_until_ms; // how long a lock is waited for
    int64_t ticked_ms;
    enum stop stop; // why the progress or busy handler ended a statement
    struct guard guard;
};

// --- open.c
bool sqlite_open(TALLOC_CTX *mem, const struct engine_open_options *options, struct engine **out,
                 struct error *err);
bool sqlite_accepts(const char *url);
// The file that an address names; it need not be there.
bool sqlite_url_path(TALLOC_CTX *mem, const char *url, char **out, struct error *err);

// --- session.c
// Fill `err` from the connection's last failure; `otherwise` when SQLite's code says nothing more
// exact. Returns false.
bool sqlite_fail(struct engine *engine, struct error *err, enum error_code otherwise,
                 const char *what);
// A statement of ours, finalized with its context.
struct cursor {
    sqlite3_stmt *statement;
};
struct cursor *cursor_wrap(TALLOC_CTX *mem, sqlite3_stmt *statement);
bool cursor_make(TALLOC_CTX *mem, struct engine *engine, const char *sql, struct cursor **out,
                 struct error *err);
// Step: `*has_row` false at the end.
bool cursor_step(struct engine *engine, struct cursor *cursor, bool *has_row, struct error *err);
const char *cursor_text(struct cursor *cursor, int column); // "" for NULL; until the next step
// Statements of ours without rows.
bool sqlite_execute(struct engine *engine, const char *sql, struct error *err);
// As long as it takes.
bool sqlite_execute_long(struct engine *engine, const char *sql, struct error *err);
void deadline_set(struct engine *engine, int64_t timeout_ms);
// A value of a row as text; numbers and bytes are written to `mem`.
struct engine_value sqlite_value(TALLOC_CTX *mem, sqlite3_value *from);
bool sqlite_query(struct engine *engine, const char *sql, engine_row *row, void *context,
                  struct error *err);
bool sqlite_snapshot_begin(struct engine *engine, struct error *err);
bool sqlite_snapshot_end(struct engine *engine, struct error *err);

// --- guard.c
void guard_install(struct engine *engine);
// Prepare the one statement of `sql` under the guard, which stays on until guard_end.
bool guard_prepare(TALLOC_CTX *mem, struct engine *engine, const char *sql, struct cursor **out,
                   struct error *err);
void guard_end(struct engine *engine);

// --- the rest of the tables
bool sqlite_identity(TALLOC_CTX *mem, struct engine *engine, struct engine_identity *out,
                     struct error *err);
bool sqlite_attempt(TALLOC_CTX *mem, struct engine *engine,
                    const struct engine_attempt_request *request, struct engine_attempt *out,
                    struct error *err);
bool sqlite_run(TALLOC_CTX *mem, struct engine *engine, const struct engine_run_request *request,
                struct engine_run *out, struct error *err);
bool sqlite_catalog_read(TALLOC_CTX *mem, struct engine *engine, struct schema **out,
                         struct error *err);
bool sqlite_catalog_digest(struct engine *engine, char hex[65], struct error *err);
bool sqlite_catalog_objects(TALLOC_CTX *mem, struct engine *engine, char hex[65],
                            struct schema_objects *out, struct error *err);
bool sqlite_fingerprint(TALLOC_CTX *mem, struct engine *engine,
                        const struct engine_fingerprint_request *request,
                        struct engine_fingerprint **out, struct error *err);
bool sqlite_differences(struct engine *engine, const struct engine_differences_request *request,
                        engine_differs *each, void *context, struct error *err);
bool sqlite_stream_open(TALLOC_CTX *mem, struct engine *engine,
                        const struct engine_fingerprint_request *request,
                        struct engine_stream **out, struct error *err);
bool sqlite_stream_next(struct engine_stream *stream, struct engine_row_image *image, bool *has_row,
                        struct error *err);

bool sqlite_undo_plan(TALLOC_CTX *mem, struct engine *engine,
                      const struct engine_undo_request *request, struct engine_undo_plan *out,
                      struct error *err);
bool sqlite_undo_roll_back(TALLOC_CTX *mem, struct engine *engine,
                           const struct engine_undo_back *request, struct engine_undo_result *out,
                           struct error *err);
bool sqlite_undo_look(TALLOC_CTX *mem, struct engine *engine, const char *id,
                      struct engine_undo_state *out, struct error *err);
bool sqlite_undo_list(TALLOC_CTX *mem, struct engine *engine, bool has_sizes,
                      struct engine_undo_log **out, size_t *n, struct error *err);
bool sqlite_undo_drop(struct engine *engine, const char *id, struct error *err);

#endif
