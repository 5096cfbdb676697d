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

#define TIMEOUT_MS 30000 // when the options name none
#define VERSION_OLDEST 140000

struct connecting {
    struct connection *connection;
    PostgresPollingStatusType status;
    bool is_ready; // libpq can go on
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
    connecting->is_ready = true;
}

static const char *or_else(const char *text, const char *otherwise)
{
    return text != NULL && *text != '\0' ? text : otherwise;
}

static const char *place_of(TALLOC_CTX *mem, PGconn *handle)
{
    const char *host = or_else(PQhost(handle), "");
    const char *database = or_else(PQdb(handle), "");
    if (*host == '\0' && *database == '\0')
        return mem_strdup(mem, "the PostgreSQL database");
    bool is_v6 = *host != '/' && strchr(host, ':') != NULL;
    return mem_printf(mem, "%s%s%s:%s/%s", is_v6 ? "[" : "", or_else(host, "localhost"),
                      is_v6 ? "]" : "", or_else(PQport(handle), "5432"), database);
}

// Wait until libpq can go on.
static bool wait_step(struct connecting *connecting, int64_t deadline_ms, struct error *err)
{
    struct connection *connection = connecting->connection;
    short events = connecting->status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    connecting->is_ready = false;
    struct wait_source *source =
        wait_add(connection->wait, PQsocket(connection->handle), events, on_step, connecting);
    bool is_ready = wait_until(connection->wait, &connecting->is_ready, deadline_ms, err);
    talloc_free(source);
    return is_ready;
}

static bool fail_step(const struct connection *connection, int64_t timeout_ms, struct error *err)
{
    if (err->code != ERROR_UNREACHABLE)
        return false;
    error_set(err, ERROR_UNREACHABLE, "%s: no answer within %" PRId64 " ms", connection->place,
              timeout_ms);
    return error_hint(err, "is the address right, is it PostgreSQL, and does a firewall between "
                           "here and there let it through?");
}

static bool connect_host(struct connection *connection, int64_t timeout_ms, struct error *err)
{
    struct connecting connecting = {.connection = connection, .status = PGRES_POLLING_WRITING};
    int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
    while (PQstatus(connection->handle) != CONNECTION_BAD &&
           connecting.status != PGRES_POLLING_OK && connecting.status != PGRES_POLLING_FAILED) {
        if (!wait_step(&connecting, deadline_ms, err))
            return fail_step(connection, timeout_ms, err);
        connecting.status = PQconnectPoll(connection->handle);
    }
    connection->place = place_of(connection, connection->handle);
    if (connecting.status == PGRES_POLLING_OK)
        return true;
    return connection_fail_open(connection, err);
}

static struct connection *connection_start(TALLOC_CTX *mem,
                                           const struct engine_open_options *options,
                                           const char *text, const struct host *host)
{
    // What stands behind dbname decides, whatever the URL says; NULL leaves it to the URL.
    const char *const keywords[] = {"dbname",
                                    "application_name",
                                    "client_encoding",
                                    "host",
                                    "hostaddr",
                                    "port",
                                    "target_session_attrs",
                                    NULL};
    const char *const values[] = {text,
                                  options->name ? options->name : "tminus",
                                  "UTF8",
                                  host->name,
                                  host->address,
                                  host->port,
                                  host->session_attrs,
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
    connection->place = place_of(connection, connection->handle);
    connection->hides_rows = options->hides_rows;
    return connection;
}

static bool check_version(const struct connection *connection, struct error *err)
{
    int version = PQserverVersion(connection->handle);
    if (version >= VERSION_OLDEST)
        return true;
    error_set(err, ERROR_CONFIG, "%s: PostgreSQL %d is too old; tminus supports 14 and later",
              connection->place, version / 10000);
    return error_hint(err, "give the address of a newer server, or upgrade this one");
}

static bool connection_open_at(TALLOC_CTX *mem, const struct engine_open_options *options,
                               const struct address *address, const struct host *host,
                               struct connection **out, struct error *err)
{
    SCRATCH(tmp);
    struct connection *connection = connection_start(tmp, options, address->text, host);
    int64_t share_ms = connection->timeout_ms / (int64_t)address->n_hosts + 1;
    TRY(connect_host(connection, address->connect_ms ? address->connect_ms : share_ms, err));
    TRY(check_version(connection, err));
    PQsetErrorVerbosity(connection->handle, PQERRORS_DEFAULT);
    PQsetnonblocking(connection->handle, 1);
    *out = talloc_steal(mem, connection);
    return true;
}

// Hosts are tried one after the other, as libpq does when it is waited for: what one of them
// refuses the others will not be asked for.
bool connection_open(TALLOC_CTX *mem, const struct engine_open_options *options,
                     struct connection **out, struct error *err)
{
    SCRATCH(tmp);
    struct address address;
    struct error why = {0};
    const char *before = "";
    TRY(address_read(tmp, secret_reveal(options->url), &address, err));
    for (size_t i = 0; i < address.n_hosts; i++) {
        if (connection_open_at(mem, options, &address, &address.hosts[i], out, &why))
            return true;
        if (why.code != ERROR_UNREACHABLE || i + 1 == address.n_hosts)
            break;
        before = mem_printf(tmp, "%s%s; ", before, why.message);
    }
    const struct error last = why;
    error_set(&why, last.code, "%s%s", before, last.message);
    error_hint(&why, "%s", last.hint);
    memcpy(why.sqlstate, last.sqlstate, sizeof why.sqlstate);
    *err = why;
    return false;
}

bool connection_open_beside(TALLOC_CTX *mem, const struct engine *engine, int64_t timeout_ms,
                            struct connection **out, struct error *err)
{
    SCRATCH(tmp);
    PGconn *handle = engine->connection->handle;
    struct engine_open_options options = *engine->options;
    struct address address;
    TRY(address_read(tmp, secret_reveal(options.url), &address, err));
    options.timeout_ms = timeout_ms;
    address.n_hosts = 1;
    address.connect_ms = 0;
    const struct host host = {PQhost(handle), PQhostaddr(handle), PQport(handle), "any"};
    return connection_open_at(mem, &options, &address, &host, out, err);
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
              "%s: role '%s' is %s; audits are not run by a role that may do more than read",
              engine->connection->place, engine->server.role, engine->server.powers);
    return error_hint(err,
                      "this is enough for all of them: CREATE ROLE tminus LOGIN PASSWORD '…'; "
                      "GRANT pg_monitor, pg_read_all_data TO tminus; (or allow_superuser: true)");
}

bool postgres_open(TALLOC_CTX *mem, const struct engine_open_options *options, struct engine **out,
                   struct error *err)
{
    SCRATCH(tmp);
    struct engine *engine = mem_new(tmp, struct engine);
    engine->options = options_copy(engine, options);
    engine->is_read_only = options->read_only;
    engine->timeout_ms = options->query_timeout_ms > engine->options->timeout_ms
                             ? options->query_timeout_ms
                             : engine->options->timeout_ms;
    TRY(connection_open(engine, engine->options, &engine->connection, err));
    TRY(server_read(engine, engine->connection, &engine->server, err));
    engine->version = (unsigned)PQserverVersion(engine->connection->handle);
    TRY(check_role(engine, err));
    connection_set_timeout(engine->connection, engine->timeout_ms);
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
    connection_set_timeout(engine->connection, engine->timeout_ms);
    return true;
}
