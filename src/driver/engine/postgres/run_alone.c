/*
 * A migration without a transaction around it: each statement by itself, or in the file's own
 * BEGIN … COMMIT. What ran stays, so a failure says what stays, and which index it left invalid.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/run.h"

static bool is_idle(const struct run *run)
{
    return PQtransactionStatus(run->connection->handle) == PQTRANS_IDLE;
}

// In a transaction of its own.
static bool record(struct run *run, const char *sql, struct error *err)
{
    if (sql == NULL)
        return true;
    TRY(connection_execute(run->connection, "BEGIN", err));
    TRY(run_ours(run, sql, err));
    return connection_execute(run->connection, "COMMIT", err);
}

// Nobody waits behind a CONCURRENTLY, and one that is cancelled leaves an invalid index: it waits
// as long as it takes, unless a time was asked for.
static bool set_patience(struct run *run, const struct run_statement *statement, struct error *err)
{
    if (!statement->is_concurrent || run->request->lock_timeout_ms != 0)
        return true;
    return connection_execute(run->connection, "SET lock_timeout = 0", err);
}

static void count(struct run *run, const struct run_statement *statement)
{
    bool is_control = statement->word == RUN_BEGIN || statement->word == RUN_COMMIT ||
                      statement->word == RUN_ROLLBACK;
    run->pending += !is_control && statement->word != RUN_SETTING;
    if (statement->word == RUN_ROLLBACK)
        run->pending = 0;
    if (!is_idle(run))
        return;
    run->stay += run->pending;
    run->pending = 0;
}

// A statement that stands alone and was taken back by the server may be sent again.
static bool run_one(struct run *run, const struct run_statement *statement, struct error *err)
{
    bool is_alone = is_idle(run) && !statement->is_concurrent && !statement->may_commit;
    TRY(set_patience(run, statement, err));
    for (;; run->attempt++) {
        if (run_statement(run, statement, err))
            break;
        bool may_try_again =
            is_alone && run_lacks_lock(run) && run->attempt < run->request->attempts;
        if (!may_try_again || !run_rollback(run) || !run_pause(run, err))
            return false;
    }
    count(run, statement);
    return !statement->is_concurrent || run_settings(run, false, err);
}

static bool run_all(struct run *run, struct error *err)
{
    for (size_t i = 0; i < run->script.n; i++)
        TRY(run_one(run, &run->script.statements[i], err));
    return record(run, run->request->last, err);
}

// --- what stays

static bool has_concurrent(const struct run *run)
{
    for (size_t i = 0; i < run->script.n; i++) {
        if (run->script.statements[i].is_concurrent)
            return true;
    }
    return false;
}

static bool fail_invalid(const char *indexes, struct error *err)
{
    err->code = ERROR_PARTIAL;
    return error_hint(err,
                      "it left an invalid index, which costs writes and helps no query: run DROP "
                      "INDEX CONCURRENTLY %s; then the migration again",
                      indexes);
}

static bool fail_stays(const struct run *run, struct error *err)
{
    err->code = ERROR_PARTIAL;
    if (run->stay > 0)
        return error_hint(err,
                          "%zu of its statements stay applied, because the file runs without a "
                          "transaction; undo or finish them by hand",
                          run->stay);
    return error_hint(err, "whether this statement stays cannot be told; look at what it should "
                           "have done, and finish or undo it by hand");
}

static bool settle(struct run *run, struct error *err)
{
    SCRATCH(tmp);
    // Lost within a transaction of the file, or at its COMMIT: nobody told its number.
    bool is_told = run_rollback(run);
    const char *invalid = has_concurrent(run) ? run_watch_new_invalid(tmp, &run->watch) : "";
    if (invalid != NULL && *invalid != '\0')
        return fail_invalid(invalid, err);
    bool may_have_committed = run->at != NULL && run->at->may_commit;
    if (run->stay > 0 || !is_told || may_have_committed || invalid == NULL)
        return fail_stays(run, err);
    err->code = ERROR_TAKEN_BACK;
    return error_hint(err, "taken back: the server refused the statement, and nothing ran before "
                           "it; mend the migration and run it again");
}

bool run_alone(struct run *run, struct error *err)
{
    if (has_concurrent(run))
        run_watch_keep_invalid(&run->watch);
    TRY(run_settings(run, false, err));
    TRY(record(run, run->request->first, err));
    if (run_all(run, err))
        return true;
    return settle(run, err);
}
