/*
 * Watching a migration from outside, on a connection of its own that is opened before it begins:
 * who keeps it waiting, what became of its transaction, which indexes it left invalid.
 *
 * The number of a transaction answers for ever: pg_xact_status() says committed, aborted or still
 * in progress, also when the connection that ran it is gone or its answer to COMMIT was lost.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/quantity.h"
#include "driver/engine/postgres/run.h"
#include "queries.h"
#include <inttypes.h>

#define ASK_MS 5000      // one question
#define OUTCOME_MS 30000 // until a lost transaction's outcome is given up
#define PAUSE_MS 200

// libpq's NULL as NULL.
static const char *value(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

static void watch_lose(struct run_watch *watch)
{
    TALLOC_FREE(watch->connection);
}

bool run_watch_open(struct run_watch *watch, struct error *err)
{
    TRY(connection_open_beside(watch->mem, watch->engine, ASK_MS, &watch->connection, err));
    watch->connection->is_seen_through = true;
    return true;
}

bool run_watch_ask(TALLOC_CTX *mem, struct run_watch *watch, const char *sql, const char *parameter,
                   PGresult **out, struct error *err)
{
    const char *const parameters[] = {parameter};
    if (watch->connection == NULL)
        return error_set(err, ERROR_UNREACHABLE, "the second connection is lost");
    if (connection_ask(mem, watch->connection, sql, parameters, parameter != NULL, out, err))
        return true;
    if (connection_sqlstate(watch->connection)[0] == '\0')
        watch_lose(watch);
    return false;
}

// --- who is in the way

static char *describe(TALLOC_CTX *mem, const PGresult *result, int row)
{
    SCRATCH(tmp);
    const char *pid = value(result, row, 0);
    const char *application = value(result, row, 1);
    const char *role = value(result, row, 2);
    const char *state = value(result, row, 3);
    const char *age_ms = value(result, row, 4);
    const char *prepared = value(result, row, 5);
    const char *age =
        age_ms == NULL
            ? ""
            : mem_printf(tmp, " for %s", quantity_duration(tmp, strtoll(age_ms, NULL, 10)));
    if (strcmp(pid, "0") == 0)
        return mem_printf(mem, "the prepared transaction '%s'%s", prepared ? prepared : "?", age);
    const char *is_named = application != NULL && *application != '\0' ? application : NULL;
    return mem_printf(mem, "process %s (%s%s%srole %s, %s%s)", pid, is_named ? "'" : "",
                      is_named ? application : "", is_named ? "', " : "", role ? role : "unknown",
                      state ? state : "its state is not shown without pg_monitor", age);
}

static void keep_blocker(struct run_watch *watch, const PGresult *result)
{
    const char *mode = value(result, 0, 6);
    const char *what = value(result, 0, 7);
    char *text = mem_printf(watch->mem, "waited for %s on %s, held by ", mode ? mode : "a lock",
                            what ? what : "it");
    for (int i = 0; i < PQntuples(result); i++)
        text = mem_printf(watch->mem, "%s%s%s", text, i ? " and " : "",
                          describe(watch->mem, result, i));
    const char *gid = value(result, 0, 5);
    const char *pid = value(result, 0, 0);
    talloc_free(watch->blocker);
    talloc_free(watch->blocker_hint);
    watch->blocker = text;
    watch->blocker_hint =
        strcmp(pid, "0") == 0
            ? mem_printf(watch->mem, "COMMIT PREPARED '%s' or ROLLBACK PREPARED '%s'",
                         gid ? gid : "?", gid ? gid : "?")
            : mem_printf(watch->mem, "SELECT pg_terminate_backend(%s)", pid);
}

void run_watch_look(void *context)
{
    SCRATCH(tmp);
    struct run_watch *watch = context;
    struct error ignored;
    PGresult *result;
    if (watch->process == NULL || watch->connection == NULL)
        return;
    // Cheap, and mostly the answer is that nobody is in the way.
    if (!run_watch_ask(tmp, watch, "SELECT pg_blocking_pids($1::int) <> '{}'", watch->process,
                       &result, &ignored) ||
        *PQgetvalue(result, 0, 0) != 't')
        return;
    if (run_watch_ask(tmp, watch, sql_postgres_blockers, watch->process, &result, &ignored) &&
        PQntuples(result) > 0)
        keep_blocker(watch, result);
}

void run_watch_terminate(struct run_watch *watch)
{
    SCRATCH(tmp);
    struct error ignored;
    PGresult *result;
    if (watch->process != NULL)
        (void)!run_watch_ask(tmp, watch, "SELECT pg_terminate_backend($1::int4)", watch->process,
                             &result, &ignored);
}

// --- the outcome

static void pause_for(const struct run_watch *watch, int64_t ms)
{
    const bool never = false;
    (void)!wait_out(watch->engine->options->wait, &never, clock_monotonic_ms() + ms);
}

// False: not known yet.
static bool ask_outcome(struct run_watch *watch, uint64_t transaction, bool is_commit_sent,
                        enum run_outcome *out)
{
    SCRATCH(tmp);
    struct error err = {0};
    PGresult *result;
    if (watch->connection == NULL && !run_watch_open(watch, &err))
        return false;
    const char *number = mem_printf(tmp, "%" PRIu64, transaction);
    if (!run_watch_ask(tmp, watch, "SELECT pg_xact_status($1::xid8)", number, &result, &err)) {
        // 22023: the number lies in the future. The server crashed before anything of the
        // transaction was stored, and begins to count below it again.
        bool is_gone = watch->connection != NULL &&
                       strcmp(connection_sqlstate(watch->connection), "22023") == 0;
        *out = OUTCOME_TAKEN_BACK;
        return is_gone;
    }
    const char *status = value(result, 0, 0);
    if (status == NULL || strcmp(status, "in progress") == 0)
        return false;
    bool is_committed = strcmp(status, "committed") == 0;
    // Never asked to commit, it did not: after a crash its number was given to somebody else.
    *out = is_committed && is_commit_sent ? OUTCOME_COMMITTED : OUTCOME_TAKEN_BACK;
    return true;
}

enum run_outcome run_watch_outcome(struct run_watch *watch, uint64_t transaction,
                                   bool is_commit_sent)
{
    enum run_outcome outcome = OUTCOME_UNKNOWN;
    int64_t deadline_ms = clock_monotonic_ms() + OUTCOME_MS;
    while (!ask_outcome(watch, transaction, is_commit_sent, &outcome)) {
        if (clock_monotonic_ms() > deadline_ms)
            return OUTCOME_UNKNOWN;
        pause_for(watch, PAUSE_MS);
    }
    return outcome;
}

// --- invalid indexes

static bool was_invalid(const struct run_watch *watch, const char *name)
{
    for (size_t i = 0; i < watch->n_invalid; i++) {
        if (strcmp(watch->invalid[i], name) == 0)
            return true;
    }
    return false;
}

void run_watch_keep_invalid(struct run_watch *watch)
{
    SCRATCH(tmp);
    struct error ignored;
    PGresult *result;
    if (!run_watch_ask(tmp, watch, sql_postgres_invalid_indexes, NULL, &result, &ignored))
        return;
    for (int i = 0; i < PQntuples(result); i++)
        *mem_append(watch->mem, watch->invalid, watch->n_invalid) =
            mem_strdup(watch->mem, PQgetvalue(result, i, 0));
}

char *run_watch_new_invalid(TALLOC_CTX *mem, struct run_watch *watch)
{
    SCRATCH(tmp);
    struct error err = {0};
    PGresult *result;
    if (watch->connection == NULL && !run_watch_open(watch, &err))
        return NULL;
    if (!run_watch_ask(tmp, watch, sql_postgres_invalid_indexes, NULL, &result, &err))
        return NULL;
    char *names = mem_strdup(mem, "");
    for (int i = 0; i < PQntuples(result); i++) {
        const char *name = PQgetvalue(result, i, 0);
        if (!was_invalid(watch, name))
            names = mem_printf(mem, "%s%s%s", names, *names ? ", " : "", name);
    }
    return names;
}
