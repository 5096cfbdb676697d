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
#include <inttypes.h>
#include <poll.h>
#include <sys/socket.h>

#define TIMEOUT_MS 30000 // when the options name none
#define VERSION_OLDEST 140000

struct connecting {
    TALLOC_CTX *mem;
    struct connection *connection;
    const char *address; // that is being tried
    int64_t deadline_ms; // of it
    const char *was_cut; // the address that was hung up on last
    size_t n_cut;
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

// When libpq has gone on to another address, that one has time of its own.
static void note_address(struct connecting *connecting)
{
    PGconn *handle = connecting->connection->handle;
    char *address =
        mem_printf(connecting->mem, "%s %s %s", PQhost(handle), PQhostaddr(handle), PQport(handle));
    if (connecting->address != NULL && strcmp(connecting->address, address) == 0)
        return;
    connecting->address = address;
    connecting->deadline_ms = clock_monotonic_ms() + connecting->connection->host_ms;
}

static bool fail_deadline(const struct connection *connection, struct error *err)
{
    error_set(err, ERROR_UNREACHABLE, "%s: no answer within %" PRId64 " ms", connection->place,
              connection->host_ms);
    return error_hint(err,
                      "is the address right, and does a firewall between here and there let it "
                      "through?");
}

// One step towards a connection. A host that does not answer is hung up on, so that libpq tries the
// next one.
static bool connect_step(struct connecting *connecting, struct error *err)
{
    struct connection *connection = connecting->connection;
    struct error why = {0};
    note_address(connecting);
    if (!wait_step(connecting, connecting->deadline_ms, &why)) {
        if (why.code != ERROR_UNREACHABLE) {
            *err = why;
            return false;
        }
        if (connecting->was_cut == connecting->address)
            return fail_deadline(connection, err);
        connecting->was_cut = connecting->address;
        connecting->n_cut++;
        shutdown(PQsocket(connection->handle), SHUT_RDWR);
    }
    connecting->status = PQconnectPoll(connection->handle);
    return true;
}

static bool connect_all(struct connection *connection, struct error *err)
{
    SCRATCH(tmp);
    struct connecting connecting = {
        .mem = tmp, .connection = connection, .status = PGRES_POLLING_WRITING};
    while (PQstatus(connection->handle) != CONNECTION_BAD &&
           connecting.status != PGRES_POLLING_OK && connecting.status != PGRES_POLLING_FAILED)
        TRY(connect_step(&connecting, err));
    if (connecting.status == PGRES_POLLING_OK)
        return true;
    connection_fail_open(connection, err);
    return connecting.n_cut > 0 && err->sqlstate[0] == '\0' ? fail_deadline(connection, err)
                                                            : false;
}

static const char *place_of(TALLOC_CTX *mem, PGconn *handle)
{
    const char *host = PQhost(handle);
    const char *port = PQport(handle);
    const char *database = PQdb(handle);
    return mem_printf(mem, "%s:%s/%s", host && *host ? host : "localhost", port ? port : "",
                      database ? database : "");
}

// Where an engine is connected to; NULLs: wherever the URL leads.
struct beside {
    const char *host, *address, *port;
};

static struct connection *connection_start(TALLOC_CTX *mem,
                                           const struct engine_open_options *options,
                                           const struct address *address, struct beside beside)
{
    // What stands behind dbname decides, whatever the URL says.
    const char *const keywords[] = {"dbname",
                                    "application_name",
                                    "client_encoding",
                                    "host",
                                    "hostaddr",
                                    "port",
                                    "target_session_attrs",
                                    NULL};
    const char *const values[] = {address->text,
                                  options->name ? options->name : "tminus",
                                  "UTF8",
                                  beside.host,
                                  beside.address,
                                  beside.port,
                                  beside.host ? "any" : NULL,
                                  NULL};
    struct connection *connection = mem_new(mem, struct connection);
    connection->handle = PQconnectStartParams(keywords, values, 1);
    if (connection->handle == NULL)
        bug("out of memory");
    talloc_set_destructor(connection, connection_close);
    PQsetNoticeReceiver(connection->handle, ignore_notice, NULL);
    PQsetErrorVerbosity(connection->handle, PQERRORS_VERBOSE);
    connection->wait = options->wait ? options->wait : wait_make(connection);
    connection->timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS;
    connection->host_ms = address->connect_ms ? address->connect_ms
                                              : connection->timeout_ms / (int64_t)address->n_hosts;
    connection->place = place_of(connection, connection->handle);
    return connection;
}

static bool connection_open_at(TALLOC_CTX *mem, const struct engine_open_options *options,
                               struct beside beside, struct connection **out, struct error *err)
{
    SCRATCH(tmp);
    struct address address;
    TRY(address_read(tmp, secret_reveal(options->url), &address, err));
    struct connection *connection = connection_start(tmp, options, &address, beside);
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

bool connection_open(TALLOC_CTX *mem, const struct engine_open_options *options,
                     struct connection **out, struct error *err)
{
    return connection_open_at(mem, options, (struct beside){0}, out, err);
}

bool connection_open_beside(TALLOC_CTX *mem, const struct engine *engine, int64_t timeout_ms,
                            struct connection **out, struct error *err)
{
    PGconn *handle = engine->connection->handle;
    struct engine_open_options options = *engine->options;
    options.timeout_ms = timeout_ms;
    struct beside beside = {PQhost(handle), PQhostaddr(handle), PQport(handle)};
    return connection_open_at(mem, &options, beside, out, err);
}

// --- engines

static const struct engine_open_options *options_copy(TALLOC_CTX *mem,
                                                      const struct engine_open_options *options)
{
    struct engine_open_options *copy = mem_new(mem, struct engine_open_options);
    *copy = *options;
    copy->url = secret_make(copy, secret_reveal(options->url));
    copy->name = mem_strdup(copy, options->name ? options->name : "tminus");
    copy->timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS;
    copy->wait = options->wait ? options->wait : wait_make(copy);
    return copy;
}

static bool check_role(const struct engine *engine, struct error *err)
{
    if (!engine->is_read_only || engine->options->allow_superuser || engine->server.powers == NULL)
        return true;
    error_set(err, ERROR_POLICY,
              "%s: role '%s' is %s; audits are refused a role that could change more than data",
              engine->connection->place, engine->server.role, engine->server.powers);
    return error_hint(
        err, "CREATE ROLE tminus LOGIN PASSWORD '…'; GRANT pg_monitor, pg_read_all_data TO "
             "tminus; is enough for every audit (or set 'allow_superuser: true')");
}

bool postgres_open(TALLOC_CTX *mem, const struct engine_open_options *options, struct engine **out,
                   struct error *err)
{
    SCRATCH(tmp);
    struct engine *engine = mem_new(tmp, struct engine);
    engine->options = options_copy(engine, options);
    engine->is_read_only = options->read_only;
    engine->timeout_ms = engine->options->timeout_ms;
    TRY(connection_open(engine, engine->options, &engine->connection, err));
    TRY(server_read(engine, engine->connection, &engine->server, err));
    engine->version = (unsigned)PQserverVersion(engine->connection->handle);
    TRY(check_role(engine, err));
    *out = talloc_steal(mem, engine);
    return true;
}

bool engine_reconnect(struct engine *engine, struct error *err)
{
    SCRATCH(tmp);
    struct connection *connection;
    struct postgres_server server;
    if (!engine->connection->is_lost && PQstatus(engine->connection->handle) == CONNECTION_OK)
        return true;
    TRY(connection_open(tmp, engine->options, &connection, err));
    TRY(server_read(tmp, connection, &server, err));
    if (!server_is_same(&engine->server, &server))
        return error_set(err, ERROR_IDENTITY,
                         "%s: the connection was lost, and now another server or database answers",
                         connection->place);
    talloc_free(engine->connection);
    engine->connection = talloc_steal(engine, connection);
    return true;
}
