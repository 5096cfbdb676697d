/*
 * The inside of running a migration: its statements, its transaction, and the second connection
 * that looks at it from outside.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_POSTGRES_RUN_H
#define DRIVER_ENGINE_POSTGRES_RUN_H

#include "driver/engine/postgres/connection.h"

// --- run_script.c: the statements, and every reason not to begin
enum run_word { RUN_OTHER, RUN_BEGIN, RUN_COMMIT, RUN_ROLLBACK, RUN_SETTING, RUN_LOCK };

struct run_statement {
    size_t start, end; // in the text of the whole file
    const char *sql;
    enum run_word word;
    bool is_outside;    // cannot run in a transaction block
    bool is_concurrent; // … CONCURRENTLY: may leave an invalid index, waits for old transactions
    bool may_commit;    // a procedure's call: may commit in its middle
};

struct run_script {
    struct run_statement *statements;
    size_t n;
    // The file is one BEGIN … COMMIT: these two are not in `statements`.
    const char *begin; // its BEGIN, with its modes; NULL: it is not
    bool is_block;     // all of it runs in one transaction: the tool's, or its own
};

MUST_CHECK bool run_script_cut(TALLOC_CTX *mem, const struct engine_run_request *request,
                               struct run_script *out, struct error *err);
// SQL of ours, cut.
struct run_script run_script_ours(TALLOC_CTX *mem, const char *sql);

// --- run_watch.c: the second connection
enum run_outcome {
    OUTCOME_TAKEN_BACK,
    OUTCOME_COMMITTED,
    OUTCOME_UNKNOWN // it still runs at the deadline, or nobody answers
};

struct run_watch {
    TALLOC_CTX *mem;
    const struct engine *engine;
    struct connection *connection; // NULL: lost
    const char *process;           // of the server, that runs the migration; as text
    char *blocker;                 // who was last seen in the way, for people; NULL: nobody
    char *blocker_hint;
    const char **invalid; // indexes that were invalid before, as the server quotes them
    size_t n_invalid;
};

MUST_CHECK bool run_watch_open(struct run_watch *watch, struct error *err);
// `parameter` NULL: the question has none.
MUST_CHECK bool run_watch_ask(TALLOC_CTX *mem, struct run_watch *watch, const char *sql,
                              const char *parameter, PGresult **out, struct error *err);
// End the server's process that does not heed a cancel request.
void run_watch_terminate(struct run_watch *watch);
// Who is in the way of `process` now? To be called while it waits.
void run_watch_look(void *watch);
// What became of the transaction; asked until it is known, at most for half a minute.
enum run_outcome run_watch_outcome(struct run_watch *watch, uint64_t transaction,
                                   bool is_commit_sent);
// Indexes that are invalid and were not before, as DROP INDEX CONCURRENTLY wants them, joined by
// ", "; "" when there are none, NULL when nobody answers.
void run_watch_keep_invalid(struct run_watch *watch);
char *run_watch_new_invalid(TALLOC_CTX *mem, struct run_watch *watch);

// --- run_written.c: what the transaction wrote
struct run_count {
    const char *oid;
    struct engine_written written;
};
struct run_counts {
    struct run_count *list;
    size_t n;
    bool is_known;
};
// A session's counters may still hold what its last transaction did: they are read twice.
MUST_CHECK bool run_counts_read(TALLOC_CTX *mem, struct connection *connection,
                                struct run_counts *out, struct error *err);
void run_counts_difference(TALLOC_CTX *mem, const struct run_counts *before,
                           const struct run_counts *after, struct engine_run *out);

// --- run_measure.c: what each statement did, where the request wants to know
struct run_measure;
struct run;
// Before anything of the run. Nothing is done where nobody wants to know, nor by what follows.
MUST_CHECK bool run_measure_open(struct run *run, struct error *err);
// In a transaction: behind what is ours, before the first statement that counts.
MUST_CHECK bool run_measure_begin(struct run *run, struct error *err);
// Does a statement that stands alone get a transaction, so that it can be asked what it did?
bool run_measure_wraps(const struct run *run, const struct run_statement *statement);
MUST_CHECK bool run_measure_before(struct run *run, const struct run_statement *statement,
                                   struct error *err);
void run_measure_remark(struct run *run, const char *text);
MUST_CHECK bool run_measure_after(struct run *run, const struct run_statement *statement,
                                  int64_t took_us, struct error *err);
// The transaction that a statement got for itself has ended.
void run_measure_over(struct run *run);
// What was deferred to the end of a transaction that is still open.
MUST_CHECK bool run_measure_end(struct run *run, int64_t took_us, struct error *err);

// --- run.c
struct run {
    TALLOC_CTX *mem;
    struct engine *engine;
    const struct engine_run_request *request;
    struct connection *connection;
    struct run_script script;
    struct run_watch watch;
    const struct run_statement *at; // that runs; NULL: one of ours
    bool is_pooled;
    size_t done;    // statements of the migration
    size_t pending; // that may have changed something, in a transaction of the file
    size_t stay;    // likewise, committed
    int64_t attempt;
    uint64_t transaction; // 0: it has no number yet
    bool is_commit_sent;
    struct run_counts before;
    struct engine_run result;
    struct run_measure *measure; // NULL: nothing is measured
    int64_t end_ms;              // of the whole run, monotonic; 0: none
    bool is_overdue;
};

void run_note(const struct run *run, const char *format, ...) PRINTF_LIKE(2, 3);
// One statement of the migration.
MUST_CHECK bool run_statement(struct run *run, const struct run_statement *statement,
                              struct error *err);
// Check and do now what was deferred to the end of the transaction.
MUST_CHECK bool run_deferred(struct run *run, struct error *err);
// Statements of ours, within a transaction that is open.
MUST_CHECK bool run_ours(struct run *run, const char *sql, struct error *err);
// What we set for a transaction, or for the session.
MUST_CHECK bool run_settings(struct run *run, bool is_local, struct error *err);
// Did it fail for a lock, so that trying again may help?
bool run_lacks_lock(const struct run *run);
// Wait before the next attempt, longer each time. ERROR_INTERRUPTED.
MUST_CHECK bool run_pause(struct run *run, struct error *err);
// End an open transaction by ROLLBACK; false: the connection is lost.
bool run_rollback(struct run *run);

// --- run_block.c: in one transaction
MUST_CHECK bool run_block(struct run *run, struct error *err);
// --- run_alone.c: each statement by itself
MUST_CHECK bool run_alone(struct run *run, struct error *err);

#endif
