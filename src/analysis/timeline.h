/*
 * Timeline: when a script takes each lock, what runs while it is held, and which timeouts hold.
 *
 * It grows statement by statement while a script is judged, so a rule at a statement sees what came
 * before it and the statement itself. Transactions follow the tool's rule, BEGIN and COMMIT as they
 * are written; a statement outside of one is a transaction of its own. What ROLLBACK TO gives back
 * is not followed: a lock counts as held until its transaction ends.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_TIMELINE_H
#define ANALYSIS_TIMELINE_H

#include "analysis/effects.h"
#include "analysis/name_table.h"
#include "analysis/session_timeouts.h"

enum transaction_kind {
    TRANSACTION_ALONE,   // one statement that is a transaction of its own
    TRANSACTION_TOOL,    // the tool's
    TRANSACTION_WRITTEN, // BEGIN in the script
    TRANSACTION_CODE     // one statement with others in it: a DO block
};

// The first time that a transaction has this mode on this relation; ACCESS SHARE is left out.
struct timeline_lock {
    const char *relation; // as in effects: the name of before the migration
    enum lock_mode mode;
    size_t statement;   // of the script
    int64_t timeout_ms; // lock_timeout while it is waited for, as in session_timeouts
    bool is_stronger;   // a weaker one was held already
    size_t freed_by;    // ROLLBACK TO a savepoint before it; SIZE_MAX: the transaction's end
};

struct timeline_savepoint {
    const char *name;
    size_t statement;
};

enum timeline_work_kind { TIMELINE_SCAN, TIMELINE_INDEX_BUILD, TIMELINE_REWRITE, TIMELINE_ROWS };
const char *timeline_work_name(
    enum timeline_work_kind kind); // "scan" "index build" "rewrite" "rows"
const char *timeline_work_verb(enum timeline_work_kind kind); // "scans" "builds an index on" …

// What a statement does to all rows, or to rows: once for each relation, the heaviest.
struct timeline_work {
    enum timeline_work_kind kind;
    const char *relation;
    size_t statement;
    bool is_written_out; // rows that stand in the text: INSERT … VALUES
    bool is_new;         // the relation is the migration's own
};

struct timeline_transaction {
    enum transaction_kind kind;
    size_t first, n;            // statements
    size_t first_lock, n_locks; // of timeline->locks, in order of time
    size_t first_work, n_works; // of timeline->works
    bool is_rolled_back;
};

struct timeline {
    TALLOC_CTX *mem;
    struct timeline_transaction *transactions;
    size_t n_transactions;
    struct timeline_lock *locks;
    size_t n_locks;
    struct timeline_work *works;
    size_t n_works;
    struct session_timeouts_state session; // session.now: as it is for the statement that is judged
    // --- for timeline.c
    bool is_open;           // a transaction of more than one statement
    struct name_table held; // relation → place in locks, of the open transaction
    // Of the last transaction: the place in locks of the first of at least that mode; SIZE_MAX:
    // none.
    size_t first_of[LOCK_MODE_COUNT];
    struct timeline_savepoint *savepoints; // of the open transaction
    size_t n_savepoints;
    size_t code_end; // the last statement of the code at hand
};

struct timeline *timeline_make(TALLOC_CTX *mem, bool tool_wraps);
// The statement runs: `before` is the schema before it.
void timeline_enter(struct timeline *timeline, size_t index, const struct statement *statement,
                    const struct effects *effects, const struct schema *before);
// It has run.
void timeline_leave(struct timeline *timeline, size_t index, const struct statement *statement);

// The transaction of the statement that was entered last.
const struct timeline_transaction *timeline_now(const struct timeline *timeline);
// The first lock of that transaction, taken before statement `index`, that is at least `mode`.
const struct timeline_lock *timeline_holds(const struct timeline *timeline, enum lock_mode mode,
                                           size_t index);
// The strongest lock that it took before statement `index`, the first of that mode; NULL: none.
const struct timeline_lock *timeline_strongest(const struct timeline *timeline, size_t index);
// The strongest lock that it has on `relation` (as in effects), this statement's included; NULL:
// none.
const struct timeline_lock *timeline_held(const struct timeline *timeline, const char *relation);

#endif
