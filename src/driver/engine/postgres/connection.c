/*
 * Connections: what is asked of a server, in the program's poll loop.
 *
 * No answer is ever held whole but the small ones of connection_ask.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/connection.h"
#include "driver/engine/postgres/exchange.h"

PGconn *connection_handle(struct connection *connection)
{
    return connection->handle;
}

void connection_set_timeout(struct connection *connection, int64_t timeout_ms)
{
    connection->timeout_ms = timeout_ms;
}

const char *connection_sqlstate(const struct connection *connection)
{
    return connection->sqlstate;
}

bool connection_execute(struct connection *connection, const char *sql, struct error *err)
{
    struct exchange exchange = {.connection = connection, .sql = sql};
    bool is_done = exchange_run(&exchange, NULL, 0, err);
    PQclear(exchange.answer);
    return is_done;
}

bool connection_script(struct connection *connection, const char *sql, struct error *err)
{
    struct exchange exchange = {.connection = connection, .sql = sql, .is_script = true};
    bool is_done = exchange_run(&exchange, NULL, 0, err);
    PQclear(exchange.answer);
    return is_done;
}

struct answer {
    PGresult *result;
};

static int answer_clear(struct answer *answer)
{
    PQclear(answer->result);
    return 0;
}

static bool run_and_keep(TALLOC_CTX *mem, struct exchange *exchange, const char *const *parameters,
                         size_t n, PGresult **out, struct error *err)
{
    if (!exchange_run(exchange, parameters, n, err)) {
        PQclear(exchange->answer);
        return false;
    }
    struct answer *answer = mem_new(mem, struct answer);
    answer->result = exchange->answer;
    talloc_set_destructor(answer, answer_clear);
    *out = answer->result;
    return true;
}

bool connection_ask(TALLOC_CTX *mem, struct connection *connection, const char *sql,
                    const char *const *parameters, size_t n, PGresult **out, struct error *err)
{
    struct exchange exchange = {.connection = connection, .sql = sql};
    return run_and_keep(mem, &exchange, parameters, n, out, err);
}

bool connection_ask_script(TALLOC_CTX *mem, struct connection *connection, const char *sql,
                           PGresult **out, struct error *err)
{
    struct exchange exchange = {.connection = connection, .sql = sql, .is_script = true};
    return run_and_keep(mem, &exchange, NULL, 0, out, err);
}

bool connection_each(struct connection *connection, const char *sql, connection_row *row,
                     void *context, struct error *err)
{
    struct exchange exchange = {
        .connection = connection, .sql = sql, .row = row, .context = context};
    bool is_done = exchange_run(&exchange, NULL, 0, err);
    PQclear(exchange.answer);
    return is_done;
}

bool connection_copy_all(struct connection *const *connections, const char *const *sqls,
                         void *const *contexts, size_t n, connection_data *data, struct error *err)
{
    SCRATCH(tmp);
    struct group group = {.deadline_ms = connection_deadline(connections[0])};
    struct exchange *exchanges = mem_array(tmp, struct exchange, n);
    struct error why = {0};
    size_t n_started = 0;
    while (n_started < n) {
        struct exchange *exchange = &exchanges[n_started];
        *exchange = (struct exchange){.connection = connections[n_started],
                                      .group = &group,
                                      .sql = sqls[n_started],
                                      .data = data,
                                      .context = contexts[n_started]};
        if (!exchange_start(exchange, NULL, 0, &why))
            break;
        n_started++;
    }
    group.is_done = n_started < n; // nobody wants the others
    bool is_done = true;
    if (n_started > 0)
        is_done = group_finish(&group, exchanges, n_started, err);
    for (size_t i = 0; i < n_started; i++)
        PQclear(exchanges[i].answer);
    if (n_started == n || !is_done)
        return is_done;
    *err = why;
    return false;
}

// --- pulling

struct connection_pull {
    struct group group;
    struct exchange exchange;
    char *bytes; // given last
    bool has_ended;
};

// The socket is read only while its data are waited for: what nobody pulls stays in the server, so
// that of two streams the faster one fills no memory.
static bool pull_wait(struct connection_pull *pull, struct error *err)
{
    pull->group.deadline_ms = connection_deadline(pull->exchange.connection);
    pull->group.is_done = false;
    exchange_watch(&pull->exchange);
    bool is_good = group_wait(pull->exchange.connection, &pull->group, err) ||
                   exchange_fail_wait(&pull->exchange, err);
    TALLOC_FREE(pull->exchange.source);
    return is_good;
}

// `is_stopped`: the rest is not wanted.
static bool pull_end(struct connection_pull *pull, bool is_stopped, struct error *err)
{
    PQfreemem(pull->bytes);
    pull->bytes = NULL;
    if (pull->has_ended)
        return true;
    pull->has_ended = true;
    pull->exchange.is_pulled = false;
    while (!is_stopped && exchange_take(&pull->exchange)) { // what libpq has read already
    }
    pull->group.is_done = is_stopped || pull->exchange.is_over || pull->exchange.has_failed;
    if (!pull->exchange.is_over)
        exchange_watch(&pull->exchange);
    bool is_done = group_finish(&pull->group, &pull->exchange, 1, err);
    PQclear(pull->exchange.answer);
    pull->exchange.answer = NULL;
    return is_done;
}

static int pull_close(struct connection_pull *pull)
{
    struct error ignored;
    (void)!pull_end(pull, true, &ignored);
    return 0;
}

bool connection_pull_open(TALLOC_CTX *mem, struct connection *connection, const char *sql,
                          struct connection_pull **out, struct error *err)
{
    SCRATCH(tmp);
    struct connection_pull *pull = mem_new(tmp, struct connection_pull);
    pull->exchange = (struct exchange){.connection = connection,
                                       .group = &pull->group,
                                       .sql = mem_strdup(pull, sql),
                                       .is_pulled = true};
    TRY(exchange_start(&pull->exchange, NULL, 0, err));
    talloc_set_destructor(pull, pull_close);
    TALLOC_FREE(pull->exchange.source);
    while (!pull->exchange.is_copying && !pull->exchange.is_over && !pull->exchange.has_failed)
        TRY(pull_wait(pull, err));
    if (!pull->exchange.is_copying)
        TRY(pull_end(pull, false, err));
    *out = talloc_steal(mem, pull);
    return true;
}

bool connection_pull_next(struct connection_pull *pull, const char **bytes, size_t *len,
                          struct error *err)
{
    PGconn *handle = pull->exchange.connection->handle;
    PQfreemem(pull->bytes);
    pull->bytes = NULL;
    while (pull->exchange.is_copying) {
        int n = PQgetCopyData(handle, &pull->bytes, 1);
        if (n > 0) {
            *bytes = pull->bytes;
            *len = (size_t)n;
            return true;
        }
        // At the end, and after an error, the next result says which.
        pull->exchange.is_copying = n == 0 && PQstatus(handle) == CONNECTION_OK;
        if (pull->exchange.is_copying)
            TRY(pull_wait(pull, err));
    }
    TRY(pull_end(pull, false, err));
    *bytes = NULL;
    *len = 0;
    return true;
}
