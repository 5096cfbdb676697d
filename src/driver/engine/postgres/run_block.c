/*
 * A migration in one transaction, and the proof of what became of it.
 *
 * The transaction gets its number before the first statement that writes. When it fails, or the
 * answer to COMMIT is lost, a second connection asks the server for that number: aborted is the
 * proof that nothing stays, committed that all of it does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/run.h"
#include <inttypes.h>

static bool begin(struct run *run, struct error *err)
{
    const char *sql = run->script.begin ? run->script.begin : "BEGIN";
    run->transaction = 0;
    run->is_commit_sent = false;
    run->done = 0;
    TRY(connection_execute(run->connection, sql, err));
    return run_settings(run, true, err);
}

// Behind leading SET TRANSACTION and LOCK TABLE: this takes the transaction's snapshot.
static bool number(struct run *run, struct error *err)
{
    PGresult *facts;
    if (run->transaction != 0)
        return true;
    TRY(connection_ask(run->mem, run->connection, "SELECT pg_current_xact_id(), pg_backend_pid()",
                       NULL, 0, &facts, err));
    run->transaction = strtoull(PQgetvalue(facts, 0, 0), NULL, 10);
    run->watch.process = PQgetvalue(facts, 0, 1);
    if (run->request->in_transaction)
        TRY(run_ours(run, run->request->first, err));
    TRY(run_measure_begin(run, err));
    return run_counts_read(run->mem, run->connection, &run->before, err);
}

static bool run_statements(struct run *run, struct error *err)
{
    for (size_t i = 0; i < run->script.n; i++) {
        const struct run_statement *statement = &run->script.statements[i];
        if (statement->word != RUN_SETTING && statement->word != RUN_LOCK)
            TRY(number(run, err));
        TRY(run_statement(run, statement, err));
    }
    return number(run, err);
}

// Deferred constraints are checked, and deferred triggers write, before their rows are counted.
static bool count_written(struct run *run, struct error *err)
{
    struct run_counts after;
    TRY(run_deferred(run, err));
    TRY(run_counts_read(run->mem, run->connection, &after, err));
    run->result = (struct engine_run){.transaction = run->transaction};
    run_counts_difference(run->mem, &run->before, &after, &run->result);
    return true;
}

static bool commit(struct run *run, struct error *err)
{
    PGresult *answer;
    struct connection *connection = run->connection;
    // What was told as applied must outlive a crash.
    TRY(connection_execute(connection,
                           "SELECT set_config('synchronous_commit', 'on', true) "
                           "WHERE current_setting('synchronous_commit') = 'off'",
                           err));
    run->is_commit_sent = true;
    connection->is_seen_through = true; // cancelled now, it would not be known what became of it
    bool is_answered = connection_ask(run->mem, connection, "COMMIT", NULL, 0, &answer, err);
    connection->is_seen_through = false;
    if (!is_answered)
        return error_wrap(err, "%s: while committing", run->request->path);
    if (strcmp(PQcmdStatus(answer), "COMMIT") == 0)
        return true;
    return error_set(err, ERROR_DATABASE, "%s: the server rolled back instead of committing",
                     run->request->path);
}

// Numbers of savepoints count only once they are committed, so this is asked behind the COMMIT.
static void ask_end(struct run *run)
{
    PGresult *answer;
    struct error ignored;
    static const char sql[] = "SELECT pg_snapshot_xmax(pg_current_snapshot())";
    if (connection_ask(run->mem, run->connection, sql, NULL, 0, &answer, &ignored) ||
        (run->watch.connection != NULL &&
         connection_ask(run->mem, run->watch.connection, sql, NULL, 0, &answer, &ignored)))
        run->result.transaction_end = strtoull(PQgetvalue(answer, 0, 0), NULL, 10);
}

static bool run_once(struct run *run, struct error *err)
{
    const struct engine_run_request *request = run->request;
    if (!begin(run, err))
        return error_wrap(err, "%s: while beginning", request->path);
    TRY(run_statements(run, err));
    TRY(count_written(run, err));
    TRY(run_ours(run, request->last, err));
    return commit(run, err);
}

// --- what became of it

static bool fail_unknown(const struct run *run, struct error *err)
{
    err->code = ERROR_PARTIAL;
    return error_hint(err,
                      "the server does not say what became of it: ask it with SELECT "
                      "pg_xact_status('%" PRIu64 "'), and look at the record, before going on",
                      run->transaction);
}

static bool fail_taken_back(const struct run *run, struct error *err)
{
    char proof[128] = "nothing of it had been written";
    if (run->transaction != 0)
        snprintf(proof, sizeof proof, "the server says that transaction %" PRIu64 " is aborted",
                 run->transaction);
    err->code = ERROR_TAKEN_BACK;
    if (run->watch.blocker_hint != NULL)
        return error_hint(err,
                          "taken back: %s; wait until it is over, end it (%s), or give a "
                          "longer --lock-timeout",
                          proof, run->watch.blocker_hint);
    return error_hint(err, "taken back: %s; mend the migration and run it again", proof);
}

// True when it was committed after all.
static bool settle(struct run *run, struct error *err)
{
    enum run_outcome outcome = OUTCOME_TAKEN_BACK;
    if (!run_rollback(run))
        run_note(run, "%s; asking the server what became of it", err->message);
    if (run->transaction != 0)
        outcome = run_watch_outcome(&run->watch, run->transaction, run->is_commit_sent);
    switch (outcome) {
    case OUTCOME_COMMITTED:
        run_note(run,
                 "%s: the answer to COMMIT was lost; the server says that transaction %" PRIu64
                 " is committed",
                 run->request->path, run->transaction);
        return true;
    case OUTCOME_TAKEN_BACK: return fail_taken_back(run, err);
    case OUTCOME_UNKNOWN: return fail_unknown(run, err);
    }
    bug("run: outcome %d", (int)outcome);
}

// A mark that it began, which stands for itself where the file has its own transaction.
static bool mark(struct run *run, struct error *err)
{
    const struct engine_run_request *request = run->request;
    if (request->in_transaction || request->first == NULL)
        return true;
    TRY(connection_execute(run->connection, "BEGIN", err));
    TRY(run_settings(run, true, err));
    TRY(run_ours(run, request->first, err));
    return connection_execute(run->connection, "COMMIT", err);
}

bool run_block(struct run *run, struct error *err)
{
    TRY(mark(run, err));
    for (;; run->attempt++) {
        if (run_once(run, err)) {
            ask_end(run);
            return true;
        }
        bool may_try_again = run_lacks_lock(run) && run->attempt < run->request->attempts;
        if (settle(run, err)) {
            ask_end(run);
            return true;
        }
        if (!may_try_again || err->code != ERROR_TAKEN_BACK || !run_pause(run, err))
            return false;
    }
}
