/*
 * Exchanges: sending statements, taking answers as they come, cancelling what nobody waits for.
 *
 * Rows are handed on as they come; time that their reader takes is not the statement's. When a
 * group is finished, the server has answered all that was asked, or the connection is lost. A
 * statement that nobody waits for any more is cancelled by a child process, because libpq's cancel
 * request blocks while the server's host does not answer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/exchange.h"
#include "base/clock.h"
#include "base/text.h"
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CANCEL_MS 3000 // how long a cancelled statement may take to end
#define SHOWN_SQL 80   // columns of a statement in a message

// A child process that asks the server to cancel.
struct canceller {
    struct group *group;
    struct wait_source *source;
    pid_t pid;
    int fd;
};

static void group_left(struct group *group)
{
    if (--group->n_left == 0)
        group->is_done = true;
}

static void exchange_stop(struct exchange *exchange)
{
    exchange->is_stopped = true;
    exchange->group->is_done = true;
}

static void exchange_fail(struct exchange *exchange, const PGresult *result)
{
    SCRATCH(tmp);
    if (exchange->has_failed || exchange->is_stopped)
        return;
    const char *what = text_shorten(tmp, exchange->sql, strlen(exchange->sql), SHOWN_SQL);
    connection_fail(exchange->connection, result, what, &exchange->failure);
    exchange->has_failed = true;
    exchange->group->is_done = true;
}

static void exchange_over(struct exchange *exchange)
{
    exchange->is_over = true;
    TALLOC_FREE(exchange->source);
    group_left(exchange->group);
}

// Call the reader of a row, off the statement's time.
static void hand_on(struct exchange *exchange, const PGresult *row, const char *bytes, size_t len)
{
    struct group *group = exchange->group;
    if (exchange->is_stopped || exchange->has_failed)
        return;
    int64_t started_ms = group->deadline_ms ? clock_monotonic_ms() : 0;
    bool goes_on = true;
    if (row != NULL && exchange->row != NULL)
        goes_on = exchange->row(exchange->context, row);
    else if (row == NULL && exchange->data != NULL)
        goes_on = exchange->data(exchange->context, bytes, len);
    if (group->deadline_ms)
        group->deadline_ms += clock_monotonic_ms() - started_ms;
    if (!goes_on)
        exchange_stop(exchange);
}

static void take_result(struct exchange *exchange, PGresult *result)
{
    PGconn *handle = exchange->connection->handle;
    switch (PQresultStatus(result)) {
    case PGRES_SINGLE_TUPLE: hand_on(exchange, result, NULL, 0); break;
    case PGRES_COPY_OUT: exchange->is_copying = true; break;
    case PGRES_COPY_IN:
    case PGRES_COPY_BOTH: PQputCopyEnd(handle, "tminus has no data to send for COPY"); break;
    case PGRES_EMPTY_QUERY:
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
        PQclear(exchange->answer);
        exchange->answer = result;
        return;
    case PGRES_NONFATAL_ERROR:
    case PGRES_PIPELINE_SYNC:
    case PGRES_PIPELINE_ABORTED: break;
    case PGRES_BAD_RESPONSE:
    case PGRES_FATAL_ERROR: exchange_fail(exchange, result); break;
    }
    PQclear(result);
}

bool exchange_take(struct exchange *exchange)
{
    PGconn *handle = exchange->connection->handle;
    if (exchange->is_copying && exchange->is_pulled) {
        exchange->group->is_done = true;
        return false;
    }
    if (exchange->is_copying) {
        char *bytes = NULL;
        int len = PQgetCopyData(handle, &bytes, 1);
        if (len == 0 && PQstatus(handle) == CONNECTION_OK)
            return false;
        exchange->is_copying = len > 0; // the end, or the error, is the next result
        if (len > 0)
            hand_on(exchange, NULL, bytes, (size_t)len);
        PQfreemem(bytes);
        return true;
    }
    if (PQisBusy(handle))
        return false;
    PGresult *result = PQgetResult(handle);
    if (result == NULL) {
        exchange_over(exchange);
        return false;
    }
    take_result(exchange, result);
    return true;
}

static void on_ready(void *context, int fd, short events);

void exchange_watch(struct exchange *exchange)
{
    struct connection *connection = exchange->connection;
    short events = PQflush(connection->handle) == 1 ? POLLIN | POLLOUT : POLLIN;
    talloc_free(exchange->source);
    exchange->source =
        wait_add(connection->wait, PQsocket(connection->handle), events, on_ready, exchange);
}

static void on_ready(void *context, int fd, short events)
{
    struct exchange *exchange = context;
    (void)fd;
    if (events & POLLOUT)
        exchange_watch(exchange);
    // When it fails, the next result says why.
    (void)!PQconsumeInput(exchange->connection->handle);
    while (exchange_take(exchange)) {
    }
}

// --- cancelling

static void on_cancelled(void *context, int fd, short events)
{
    struct canceller *canceller = context;
    (void)fd;
    (void)events;
    TALLOC_FREE(canceller->source);
    group_left(canceller->group);
}

static void canceller_start(struct canceller *canceller, struct exchange *exchange)
{
    char why[256];
    *canceller = (struct canceller){.group = exchange->group, .pid = -1, .fd = -1};
    PGcancel *cancel = PQgetCancel(exchange->connection->handle);
    if (cancel == NULL)
        return;
    canceller->pid = fork();
    if (canceller->pid == 0)
        _exit(!PQcancel(cancel, why, sizeof why));
    PQfreeCancel(cancel);
    if (canceller->pid < 0)
        return;
    canceller->fd = (int)syscall(SYS_pidfd_open, canceller->pid, 0);
    if (canceller->fd < 0)
        return;
    exchange->group->n_left++;
    canceller->source =
        wait_add(exchange->connection->wait, canceller->fd, POLLIN, on_cancelled, canceller);
}

static void canceller_end(struct canceller *canceller)
{
    talloc_free(canceller->source);
    if (canceller->fd >= 0)
        close(canceller->fd);
    if (canceller->pid <= 0)
        return;
    kill(canceller->pid, SIGKILL);
    waitpid(canceller->pid, NULL, 0);
}

// See to the end what is still on its way: cancelled, or already answered with an error.
static void group_settle(struct group *group, struct exchange *exchanges, size_t n)
{
    SCRATCH(tmp);
    struct canceller *cancellers = mem_array(tmp, struct canceller, n);
    for (size_t i = 0; i < n; i++) {
        cancellers[i] = (struct canceller){.pid = -1, .fd = -1};
        if (!exchanges[i].is_over && !exchanges[i].has_failed)
            canceller_start(&cancellers[i], &exchanges[i]);
        exchanges[i].is_stopped = true;
    }
    group->is_done = group->n_left == 0;
    // What does not end in time is seen by its exchange not being over.
    (void)!wait_out(exchanges[0].connection->wait, &group->is_done,
                    clock_monotonic_ms() + CANCEL_MS);
    for (size_t i = 0; i < n; i++)
        canceller_end(&cancellers[i]);
}

// --- one group from sending to the last answer

// Until `deadline_ms` (0: none), as the connection heeds signals.
static bool connection_wait(const struct connection *connection, const bool *done,
                            int64_t deadline_ms, struct error *err)
{
    if (!connection->is_seen_through)
        return wait_until(connection->wait, done, deadline_ms, err);
    return wait_out(connection->wait, done, deadline_ms) ||
           error_set(err, ERROR_UNREACHABLE, "no answer in time");
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms == 0 || (b_ms != 0 && b_ms < a_ms) ? b_ms : a_ms;
}

bool group_wait(struct connection *connection, struct group *group, struct error *err)
{
    struct error why = {0};
    int64_t look_ms = connection->look ? clock_monotonic_ms() + connection->look_every_ms : 0;
    while (
        !connection_wait(connection, &group->is_done, earlier(group->deadline_ms, look_ms), &why)) {
        int64_t now_ms = clock_monotonic_ms();
        // A reader of rows may have put the deadline off: its time is not the statement's.
        bool is_over = group->deadline_ms != 0 && now_ms >= group->deadline_ms;
        if (why.code != ERROR_UNREACHABLE || is_over) {
            *err = why;
            return false;
        }
        if (look_ms != 0 && now_ms >= look_ms) {
            connection->look(connection->look_context);
            look_ms = clock_monotonic_ms() + connection->look_every_ms;
        }
    }
    return true;
}

static bool exchange_send(struct exchange *exchange, const char *const *parameters, size_t n)
{
    PGconn *handle = exchange->connection->handle;
    if (exchange->is_script)
        return PQsendQuery(handle, exchange->sql);
    return PQsendQueryParams(handle, exchange->sql, (int)n, NULL, parameters, NULL, NULL, 0);
}

bool exchange_start(struct exchange *exchange, const char *const *parameters, size_t n,
                    struct error *err)
{
    struct connection *connection = exchange->connection;
    if (connection->is_busy)
        return error_set(err, ERROR_INTERNAL,
                         "%s: asked within the answer to another question, which is not over",
                         connection->place);
    connection->sqlstate[0] = '\0';
    connection->position = 0;
    TALLOC_FREE(connection->why);
    if (connection->is_lost || PQstatus(connection->handle) != CONNECTION_OK)
        return connection_fail(connection, NULL, exchange->sql, err);
    if (!exchange_send(exchange, parameters, n))
        return connection_fail(connection, NULL, exchange->sql, err);
    if (exchange->row != NULL)
        PQsetSingleRowMode(connection->handle);
    connection->is_busy = true;
    exchange->group->n_left++;
    exchange_watch(exchange);
    return true;
}

static bool group_result(const struct exchange *exchanges, size_t n, struct error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (exchanges[i].has_failed) {
            *err = exchanges[i].failure;
            return false;
        }
    }
    return true;
}

bool exchange_fail_wait(const struct exchange *exchange, struct error *err)
{
    SCRATCH(tmp);
    const struct connection *connection = exchange->connection;
    if (err->code == ERROR_INTERRUPTED)
        return false;
    error_set(err, ERROR_UNREACHABLE, "%s: no answer within %" PRId64 " ms: %s", connection->place,
              connection->timeout_ms,
              text_shorten(tmp, exchange->sql, strlen(exchange->sql), SHOWN_SQL));
    return error_hint(err, "an index, or a larger limit, may help; see what it waits for in "
                           "pg_stat_activity");
}

static void connection_recover(struct connection *connection);

bool group_finish(struct group *group, struct exchange *exchanges, size_t n, struct error *err)
{
    struct error why = {0};
    bool is_good =
        group_wait(exchanges[0].connection, group, &why) || exchange_fail_wait(exchanges, &why);
    if (group->n_left > 0)
        group_settle(group, exchanges, n);
    if (is_good)
        is_good = group_result(exchanges, n, &why);
    for (size_t i = 0; i < n; i++) {
        struct connection *connection = exchanges[i].connection;
        TALLOC_FREE(exchanges[i].source);
        connection->is_busy = false;
        connection->is_lost |=
            !exchanges[i].is_over || PQstatus(connection->handle) != CONNECTION_OK;
        connection_recover(connection);
    }
    if (!is_good)
        *err = why;
    return is_good;
}

int64_t connection_deadline(const struct connection *connection)
{
    return connection->timeout_ms ? clock_monotonic_ms() + connection->timeout_ms : 0;
}

bool exchange_run(struct exchange *exchange, const char *const *parameters, size_t n,
                  struct error *err)
{
    struct group group = {.deadline_ms = connection_deadline(exchange->connection)};
    exchange->group = &group;
    TRY(exchange_start(exchange, parameters, n, err));
    return group_finish(&group, exchange, 1, err);
}

// Within a snapshot only the statement that failed is lost, not the instant that all of them see.
static void connection_recover(struct connection *connection)
{
    if (!connection->has_savepoint || connection->is_lost ||
        PQtransactionStatus(connection->handle) != PQTRANS_INERROR)
        return;
    char sqlstate[6];
    struct error err = {0};
    memcpy(sqlstate, connection->sqlstate, sizeof sqlstate);
    connection->has_savepoint = false;
    bool is_back = connection_execute(connection, "ROLLBACK TO SAVEPOINT " SAVEPOINT_NAME, &err);
    connection->has_savepoint = is_back;
    connection->is_lost |= !is_back;
    memcpy(connection->sqlstate, sqlstate, sizeof sqlstate);
}
