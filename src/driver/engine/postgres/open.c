/*
 * Opening a connection: from a URL to a server that answers and that we support.
 *
 * libpq reads the URL, service files, .pgpass and PG… variables as psql does. What differs: names
 * are UTF-8 always, the application's name is ours, and the time for connecting is shared by the
 * hosts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "driver/engine/postgres/connection.h"
#include <poll.h>
#include <sys/socket.h>

#define TIMEOUT_MS 30000 // when the options name none
#define VERSION_OLDEST 140000

struct connecting {
    struct connection *connection;
    PostgresPollingStatusType status;
    bool is_done;
};

static int connection_close(struct connection *connection)
{
    PQfinish(connection->handle);
    return 0;
}

static void ignore_notice(void *context, const PGresult *notice)
{
    (void)context;
    (void)notice;
}

static void on_step(void *context, int fd, short events)
{
    struct connecting *connecting = context;
    (void)fd;
    (void)events;
    connecting->is_done = true;
}

// Wait until libpq can go on.
static bool wait_step(struct connecting *connecting, int64_t deadline_ms, struct error *err)
{
    struct connection *connection = connecting->connection;
    short events = connecting->status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    connecting->is_done = false;
    struct wait_source *source =
        wait_add(connection->wait, PQsocket(connection->handle), events, on_step, connecting);
    bool is_ready = wait_until(connection->wait, &connecting->is_done, deadline_ms, err);
    talloc_free(source);
    return is_ready;
}

static bool connect_all(struct connection *connection, struct error *err)
{
    struct connecting connecting = {.connection = connection, .status = PGRES_POLLING_WRITING};
    int64_t deadline_ms = clock_monotonic_ms() + connection->timeout_ms;
    while (PQstatus(connection->handle) != CONNECTION_BAD &&
           connecting.status != PGRES_POLLING_OK && connecting.status != PGRES_POLLING_FAILED) {
        TRY(wait_step(&connecting, deadline_ms, err));
        connecting.status = PQconnectPoll(connection->handle);
    }
    if (connecting.status == PGRES_POLLING_OK)
        return true;
    return connection_fail_open(connection, err);
}

static const char *place_of(TALLOC_CTX *mem, PGconn *handle)
{
    const char *host = PQhost(handle);
    const char *port = PQport(handle);
    const char *database = PQdb(handle);
    return mem_printf(mem, "%s:%s/%s", host && *host ? host : "localhost", port ? port : "",
                      database ? database : "");
}

bool connection_open(TALLOC_CTX *mem, const struct engine_open_options *options,
                     struct connection **out, struct error *err)
{
    SCRATCH(tmp);
    const char *const keywords[] = {"dbname", "application_name", "client_encoding", NULL};
    const char *const values[] = {secret_reveal(options->url),
                                  options->name ? options->name : "tminus", "UTF8", NULL};
    struct connection *connection = mem_new(tmp, struct connection);
    connection->handle = PQconnectStartParams(keywords, values, 1);
    if (connection->handle == NULL)
        return error_set(err, ERROR_SYSTEM, "out of memory");
    talloc_set_destructor(connection, connection_close);
    PQsetNoticeReceiver(connection->handle, ignore_notice, NULL);
    PQsetErrorVerbosity(connection->handle, PQERRORS_VERBOSE);
    connection->wait = options->wait ? options->wait : wait_make(connection);
    connection->timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS;
    connection->place = place_of(connection, connection->handle);
    TRY(connect_all(connection, err));
    connection->place = place_of(connection, connection->handle);
    PQsetErrorVerbosity(connection->handle, PQERRORS_DEFAULT);
    PQsetnonblocking(connection->handle, 1);
    int version = PQserverVersion(connection->handle);
    if (version < VERSION_OLDEST)
        return error_set(err, ERROR_CONFIG,
                         "%s: PostgreSQL %d is too old; tminus supports 14 and later",
                         connection->place, version / 10000);
    *out = talloc_steal(mem, connection);
    return true;
}
