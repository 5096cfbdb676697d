/*
 * Engine: a database, in four small tables: session, catalog, proof, undo.
 *
 * A driver does the least work; what does not differ between engines (invariants, baselines,
 * comparison, the guard's verdict for people) is done by the rooms that call it. Calls that may
 * take long take a `struct wait` whose tick is called at least every 100 ms and may cancel them.
 *
 * Only main.c names implementations. test/contract/ runs one suite on each of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_H
#define DRIVER_ENGINE_H

#include "analysis/schema.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/secret.h"
#include "base/wait.h"
#include "driver/schema_objects.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine; // an open database; each driver defines its own

// What is written into a baseline and compared before anything else.
struct engine_identity {
    const char *engine;   // "sqlite" "postgres"
    const char *system;   // PostgreSQL: system identifier; SQLite: the id stored in the database
                          // (application-neutral: see sqlite/identity.c), NULL when it has none yet
    const char *database; // name; SQLite: canonical path
    const char *version;  // of the server or library
    const char *text;     // one line for people
    bool is_standby;      // replays another server and cannot be written
};

enum engine_value_kind { VALUE_NULL, VALUE_INTEGER, VALUE_REAL, VALUE_TEXT, VALUE_BYTES };

// Integers and reals as the shortest text that reads back as the same number, bytes as x'6162'.
struct engine_value {
    enum engine_value_kind kind;
    bool is_null;
    const char
        *text; // NUL-terminated, UTF-8 as far as the database's was; valid until the next row
    size_t len;
};

// A guarded query answers a question; what is larger than this is no answer.
#define ENGINE_QUERY_ROWS_MAX 20000000
#define ENGINE_QUERY_BYTES_MAX ((int64_t)8 * 1024 * 1024 * 1024)
#define ENGINE_QUERY_VALUE_BYTES_MAX (64 * 1024 * 1024)

// One row of a guarded query. False stops the query without an error.
typedef bool engine_row(void *context, const char *const *names, const struct engine_value *values,
                        size_t n);

struct engine_open_options {
    const struct secret *url;
    bool read_only;       // audits; false: migrate
    bool recovers;        // SQLite: what a killed process left half-way is rolled back first
    bool allow_superuser; // PostgreSQL
    bool hides_rows;      // PostgreSQL: what it says of a row that it refuses stays out of errors
    bool is_copy;         // what runs on it reaches no other file (SQLite: ATTACH)
    int64_t timeout_ms;   // of connecting and of each guarded statement; 0: 30 s
    int64_t query_timeout_ms; // of a guarded statement that may take longer; 0: as timeout_ms
    size_t connections;       // that read at once within a snapshot; 0: as the driver thinks best
    const char *name;         // application_name: "tminus/FLIGHT"
    struct wait *wait;
};

struct engine_lock;
struct engine_written;

// What one statement of a run did, as the server showed it before the transaction ended: relations
// that were there before the run alone.
struct engine_measured {
    size_t start, end; // in the request's text
    int64_t took_us;
    int64_t wal_bytes;               // -1: the engine has none
    const struct engine_lock *locks; // taken or made stronger by this statement, the strongest of
    size_t n_locks;                  // each relation
    const char **rewrites;           // "schema.name": its rows stand in another file
    size_t n_rewrites;
    const char **scans; // its rows were read by DDL
    size_t n_scans;
    const char **index_builds; // tables whose index was built
    size_t n_index_builds;
    const struct engine_written *written; // rows; those taken back to a savepoint too
    size_t n_written;
    const char **remarks; // of the server, in order
    size_t n_remarks;
};

// One direction of a migration, to be run. Places in messages are those of the whole file.
struct engine_run_request {
    const char *path;
    const char *text;    // of the whole file
    size_t start, end;   // the part that is run: [start, end)
    bool in_transaction; // as the tool's rule says
    // SQL of ours or NULL: run before (a mark that the migration began) and behind it (the record),
    // in the migration's transaction where there is one.
    const char *first;
    const char *last;
    int64_t lock_timeout_ms; // of each lock that it waits for; 0: the engine's own default
    int64_t attempts;        // how often it may begin anew when a lock was not to be had; 0: once
    // What the server remarks while it runs, and why it begins anew; NULL: nobody wants to know.
    void (*note)(void *context, const char *text);
    void *note_context;
    // Measure each statement, in the run's own transaction rule; NULL: run it as in production. For
    // copies: reading what each did takes time and locks of its own catalogs.
    void (*measured)(void *context, const struct engine_measured *measured);
    void *measured_context;
    int64_t deadline_ms; // of the whole run; 0: none. ERROR_UNREACHABLE's message says so
};

// Rows of one table that were written.
struct engine_written {
    struct name table;
    int64_t inserted, updated, deleted;
};

struct engine_run {
    size_t statements; // of the migration that ran
    int64_t took_ms;
    int64_t attempts;         // 1: at once
    uint64_t transaction;     // that all of it ran in; 0: none, or the engine does not number them
    uint64_t transaction_end; // the first number that was not given when it ended
    bool has_written;         // `written` is all that the transaction wrote; rows taken back to a
                              // savepoint are counted too
    struct engine_written *written;
    size_t n_written;
};

// One statement of a program, tried on a copy and taken back.
struct engine_attempt_request {
    const char *sql; // one statement of any kind, perhaps with $1 … (SQLite: ?1 …)
    const struct engine_value *values; // of its parameters; NULL: it is prepared alone
    size_t n_values;
};

struct engine_attempt {
    bool is_prepared;             // it is a valid statement of this schema
    bool is_done;                 // and it ran
    char sqlstate[6];             // of the refusal, or ""
    const char *reason;           // of the refusal; NULL
    int64_t rows;                 // given or written; -1: it did not run
    const char **parameter_types; // of a prepared one: as the server infers them
    size_t n_parameters;
};

struct engine_session_table {
    // Connect. ERROR_UNREACHABLE: no such server or it does not answer; ERROR_INPUT: a URL or file
    // that cannot be right, a damaged file.
    bool (*open)(TALLOC_CTX *mem, const struct engine_open_options *options, struct engine **out,
                 struct error *err);
    bool (*identity)(TALLOC_CTX *mem, struct engine *engine, struct engine_identity *out,
                     struct error *err);
    // The guarded channel: one statement that only reads. What is not provably so is refused with
    // ERROR_UNKNOWN before it runs; `message` says which part. So is one that takes longer than the
    // timeout.
    bool (*query)(struct engine *engine, const char *sql, engine_row *row, void *context,
                  struct error *err);
    // All guarded queries between these two see one instant.
    bool (*snapshot_begin)(struct engine *engine, struct error *err);
    bool (*snapshot_end)(struct engine *engine, struct error *err);
    // Between the two: the name under which another program can see the same instant (pg_dump
    // --snapshot). NULL: this engine has none.
    bool (*snapshot_name)(TALLOC_CTX *mem, struct engine *engine, char **out, struct error *err);
    // What in the text alone forbids to begin it: `run` would refuse it likewise. ERROR_INPUT with
    // the place. NULL: nothing is known before it runs.
    bool (*check)(const struct engine_run_request *request, struct error *err);
    // Run a migration. On failure the message begins with "PATH:LINE:COLUMN: " of the statement and
    // the code is ERROR_TAKEN_BACK when nothing of it stays and that was verified, ERROR_PARTIAL
    // when statements stay applied (or it cannot be told), ERROR_UNREACHABLE when it never began:
    // the write lock was not to be had in time.
    // What `out` points to is `mem`'s.
    bool (*run)(TALLOC_CTX *mem, struct engine *engine, const struct engine_run_request *request,
                struct engine_run *out, struct error *err);
    // Prepare a statement, run it, and take everything back. Only on a copy that is tminus's own.
    // What the statement itself comes to is in `out`; fails when the database is gone.
    bool (*attempt)(TALLOC_CTX *mem, struct engine *engine,
                    const struct engine_attempt_request *request, struct engine_attempt *out,
                    struct error *err);
    // The instant that a guarded query sees now, as the engine's own text: to be stored, and asked
    // `proof->wrote` of later. NULL: this engine cannot tell who wrote a row.
    bool (*instant)(TALLOC_CTX *mem, struct engine *engine, char **out, struct error *err);
};

struct engine_activity;

struct engine_catalog_table {
    // Tables, columns, constraints, indexes, views, triggers … as known facts.
    bool (*read)(TALLOC_CTX *mem, struct engine *engine, struct schema **out, struct error *err);
    // SHA-256 over a canonical text of the schema.
    bool (*digest)(struct engine *engine, char hex[65], struct error *err);
    // The same digest, and the objects that it is of.
    bool (*objects)(TALLOC_CTX *mem, struct engine *engine, char hex[65],
                    struct schema_objects *out, struct error *err);
    // What goes on in the server that a migration would meet, worst first: old transactions,
    // prepared ones, replication slots that lag, locks that are waited for. NULL: one file, one
    // writer.
    bool (*activity)(TALLOC_CTX *mem, struct engine *engine, struct engine_activity **out,
                     size_t *n, struct error *err);
};

// A lock that a transaction holds, or waits for.
struct engine_lock {
    const char *relation; // "schema.name"
    const char *mode;     // "AccessExclusiveLock"
};

struct engine_activity {
    const char *kind;  // "transaction" "prepared" "slot" "waiting" "connections" "autovacuum";
                       // "unknown": the role may not see it, `text` says what to grant
    const char *who;   // application, user and process; a slot's name
    const char *state; // "idle in transaction", …
    int64_t age_ms;    // of the transaction, or of the wait; -1: not known
    int64_t bytes;     // that a slot holds back; -1
    const char *text;  // one line for people
    struct engine_lock *locks; // of relations of users
    size_t n_locks;
};

// Image of one row, hashed. Column images are keyed by the primary key, so that two rows that
// swapped a value differ; NULL is marked out of band; lengths are part of the image.
struct engine_row_image {
    const uint8_t *key;   // canonical key image, unique in the table if the key is
    size_t key_len;       // 0: no key
    const char *key_text; // for people: "id=42"
    const uint8_t *order; // of a stream: bytes in whose order (memcmp) its rows come; comparable
    size_t order_len;     // between two streams whose key columns have the same types
    uint64_t writer;      // number of the transaction that wrote this version of the row; 0: not
                          // asked for, not known
    uint8_t row_hash[16]; // XXH3-128 over the whole row image
    uint8_t content[16];  // over the columns whatever the key, with `wants_content`
    const uint64_t *column_hash; // 64 bits for each column of the request
    size_t n_columns;
    const struct engine_value *shown; // the values that were asked for, until the next row
};
typedef bool engine_image(void *context, const struct engine_row_image *image);

struct engine_fingerprint_request {
    struct name table;
    const char *const *columns; // in this order; NULL: all, in table order
    size_t n_columns;
    const char *const *key; // key columns; NULL: primary key (SQLite: rowid when there is none)
    size_t n_key;
    const char *where;      // only rows of which this holds; NULL: all
    const char *value;      // hashed in place of the first column; NULL: the column itself
    const char *value_type; // as a column of this declared type would store it
    engine_image *image;    // each row, or NULL
    const size_t *shown;    // places in `columns` whose values the image shows as well
    size_t n_shown;
    bool wants_content; // what rows are whatever their keys, for rows that may be renumbered
    bool wants_writer;  // fill the images' `writer`
    void *context;
    void (*progress)(void *context, int64_t rows_done);
};

// A 128-bit sum, little-endian, modulo 2^128.
struct engine_sum {
    uint8_t bytes[16];
};

struct engine_column_print {
    const char *column;
    struct engine_sum sum; // of the keyed column hashes
    int64_t nulls;
    const char *type;    // canonical type name
    const char *unknown; // why its values were not read ("permission denied"); NULL: they were. An
                         // unread column has no sum and hashes to 0: never equal, never different
};

struct engine_fingerprint {
    const char *method; // "xxh3-128/typsend/1" "xxh3-128/sqlite/1"
    int64_t rows;
    bool has_key;          // false: rows are compared as a multiset, differences have no key
    bool key_is_rowid;     // SQLite: no key is declared; VACUUM or a rebuild may renumber the rows
    struct engine_sum sum; // of the row hashes
    struct engine_sum content; // of the rows without their keys, when it was asked for
    struct engine_column_print *columns;
    size_t n_columns;
    const char *
        *key; // names of the key's columns; none: `has_key` is false or the key is the rowid
    size_t n_key;
};

enum engine_wrote { WROTE_BEFORE, WROTE_SINCE, WROTE_UNKNOWN };

enum engine_difference_kind { DIFFERENCE_MISSING, DIFFERENCE_EXTRA, DIFFERENCE_CHANGED };
struct engine_difference {
    enum engine_difference_kind kind; // of `after`, seen from `before`
    const char *key_text;
    const size_t *columns; // that differ: places in the request's columns; only of a changed row
    size_t n_columns;
};
typedef bool engine_differs(void *context, const struct engine_difference *difference);

struct engine_differences_request {
    struct name before, after;  // tables of this database
    const char *const *columns; // compared, by name in both; of one type in both
    size_t n_columns;
    const char *const *key; // columns whose values are unique and not NULL in both
    size_t n_key;
};

struct engine_stream; // rows of a table in the order of its key; closed when freed

struct engine_proof_table {
    // Within a snapshot of several connections a large table is read by all of them; images then
    // come in no order.
    bool (*fingerprint)(TALLOC_CTX *mem, struct engine *engine,
                        const struct engine_fingerprint_request *request,
                        struct engine_fingerprint **out, struct error *err);
    // Was a row's version written since `instant` (of session->instant)? NULL: not told here.
    enum engine_wrote (*wrote)(const char *instant, uint64_t writer);
    // Rows that everybody wrote since the engine began to count, for the difference of two
    // readings;
    // `*is_known` false: it does not count, or the count is not to be trusted. NULL: never known.
    bool (*written)(struct engine *engine, struct name table, struct engine_written *out,
                    bool *is_known, struct error *err);
    // The rows in which two tables of this database differ, matched by key, by the engine's own
    // means: exact to the byte, never by hash.
    bool (*differences)(struct engine *engine, const struct engine_differences_request *request,
                        engine_differs *each, void *context, struct error *err);
    // Rows in the order of their key, pulled one at a time, for comparing two databases. Of the
    // request, `image` and `progress` are not used. The key must be unique.
    bool (*stream_open)(TALLOC_CTX *mem, struct engine *engine,
                        const struct engine_fingerprint_request *request,
                        struct engine_stream **out, struct error *err);
    // `*image` holds until the next call.
    bool (*stream_next)(struct engine_stream *stream, struct engine_row_image *image, bool *has_row,
                        struct error *err);
};

// --- undo: before-images of the rows that a migration overwrites or deletes

struct engine_undo_rename {
    const char *before, *after;
};

// A table whose rows the migration updates or deletes.
struct engine_undo_subject {
    struct name table;
    const char *const *updated; // all columns that its UPDATEs name, when that is known: less is
    size_t n_updated;           // kept; none: any may change
    bool is_updated_only;       // by them, and nothing else writes its rows: none are added or go
    bool is_rewritten; // the table or columns of it are dropped, or change their type: statements
                       // whose rows no trigger sees
    const char *after; // its name behind the migration; NULL: the same, or it is dropped
    const struct engine_undo_rename *renamed; // columns of it
    size_t n_renamed;
};

// Kept in the target's own schema of tminus, under the id of the run that they belong to.
struct engine_undo_request {
    const char *id; // of the log: letters, digits and '_', at most UNDO_ID_MAX
    const struct engine_undo_subject *subjects; // those that their foreign keys cascade to are the
    size_t n_subjects;                          // engine's to find
    const struct name *acting; // relations that it writes, and that write to others by triggers and
    size_t n_acting;           // rules, or are views
    const char *unnamed;       // a statement of which nobody can tell what it writes; NULL
    bool in_transaction;                        // as in the request of the run
};
#define UNDO_ID_MAX 40

enum engine_undo_how {
    UNDO_TRIGGER, // before-images, statement by statement
    UNDO_COPY,    // the whole table besides
    UNDO_NONE     // it cannot be kept; `why`
};

struct engine_undo_table_plan {
    struct name table;
    enum engine_undo_how how;
    const char *why; // for people; NULL: as usual
    bool may_miss;   // rows of other tables, which its triggers write; nobody will know
};

struct engine_undo_plan {
    char *first; // SQL to run before the migration (NULL: there is nothing to keep), and
    char *last;  // behind it, in its transaction where it has one
    struct engine_undo_table_plan *tables;
    size_t n_tables;
    const char *unknown; // why it may miss rows without telling so behind the migration; NULL: it
                         // tells all that it does not have
};

// `key_text`: "id=42", "": the whole table; `why`: "changed since", "is gone", "is there again".
typedef void engine_undo_conflict(void *context, struct name table, const char *key_text,
                                  const char *why);

struct engine_undo_back {
    const char *id;
    int64_t lock_timeout_ms;    // of each lock that it waits for; 0: the engine's own default
    engine_undo_conflict *each; // NULL: nobody wants to know them
    void *context;
};

struct engine_undo_result {
    int64_t rows;          // of the log, brought back; one that was updated twice counts twice
    int64_t conflicts;     // left alone: changed or gone since, by others; or not in the log
    struct engine_run run; // what its transaction wrote, as of a migration
};

// What became of a log, and whether it can go back under the schema as it is now.
struct engine_undo_state {
    bool is_there;
    bool is_ended; // its migration came to its end
    bool is_rolled_back;
    const char *missing; // of the schema that it was written under; NULL: nothing
    const char *moved;   // names that may be others' behind the migration: its down comes first
    const char *lost;    // what turned out while it was written not to be kept; NULL: nothing
};

struct engine_undo_log {
    const char *id;
    int64_t rows, bytes;
    int64_t made_ms; // wall clock of the database
    bool is_ended, is_rolled_back;
};

struct engine_undo_table {
    // What to run around a migration. Changes nothing.
    bool (*plan)(TALLOC_CTX *mem, struct engine *engine, const struct engine_undo_request *request,
                 struct engine_undo_plan *out, struct error *err);
    // Data back to the log's before-images, newest first, in one transaction. The schema must be
    // again what the log was written under, or wider (ERROR_INPUT says what is missing). Rows that
    // others changed since are conflicts. Rows that the migration inserted stay. A log goes back
    // once. ERROR_DATABASE: a constraint of the schema as it is now refuses what would come back;
    // ERROR_UNREACHABLE: a lock was not to be had. On failure nothing was taken back.
    // What `out` points to is `mem`'s.
    bool (*roll_back)(TALLOC_CTX *mem, struct engine *engine,
                      const struct engine_undo_back *request, struct engine_undo_result *out,
                      struct error *err);
    // Changes nothing; a log that is not there is an answer.
    bool (*look)(TALLOC_CTX *mem, struct engine *engine, const char *id,
                 struct engine_undo_state *out, struct error *err);
    // `has_sizes`: rows and bytes too, which are counted; else -1.
    bool (*list)(TALLOC_CTX *mem, struct engine *engine, bool has_sizes,
                 struct engine_undo_log **out, size_t *n, struct error *err);
    bool (*drop)(struct engine *engine, const char *id, struct error *err);
};

struct engine_driver {
    const char *name;                 // "sqlite"
    const char *const *url_schemes;   // "sqlite:", "file:" …; NULL-terminated
    bool (*accepts)(const char *url); // also plain paths; NULL: schemes alone decide
    enum dialect dialect;
    const struct engine_session_table *session;
    const struct engine_catalog_table *catalog;
    const struct engine_proof_table *proof;
    const struct engine_undo_table *undo;
};

extern const struct engine_driver engine_sqlite;
extern const struct engine_driver engine_postgres;

// The driver for a URL. ERROR_CONFIG naming the engine when it is one that we do not support
// ("mysql is not supported; …"). `drivers` is main.c's NULL-terminated table.
MUST_CHECK bool engine_driver_for(const struct engine_driver *const *drivers,
                                  const struct secret *url, const struct engine_driver **out,
                                  struct error *err);

// The dialect of a URL's engine.
MUST_CHECK bool engine_dialect_for(const struct engine_driver *const *drivers,
                                   const struct secret *url, enum dialect *out, struct error *err);

#endif
