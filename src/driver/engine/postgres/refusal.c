/*
 * Why a connection could not be made, told to people: what it means and what to do.
 *
 * libpq gives text alone, in one language; the server's part of it is in the server's, but begins
 * with the SQLSTATE, because verbose messages were asked for. One host may be tried at several
 * addresses, with and without TLS: what failed last counts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "driver/engine/postgres/connection.h"
#include <ctype.h>

#define REASON_MAX 300 // bytes of one host's

static const struct {
    const char *sqlstate; // or how it begins; NULL: libpq's own
    const char *words;    // in the reason; NULL: any
    enum error_code code;
    const char *what;
    const char *hint;
} causes[] = {
    {"28P01", NULL, ERROR_CONFIG, "user or password is wrong",
     "psql with the same address asks for it anew; see PGPASSWORD, ~/.pgpass and the URL"},
    {NULL, "no password supplied", ERROR_CONFIG, "the server wants a password and none was given",
     "give it by ~/.pgpass (mode 0600, a line for this very host, port, database and user), "
     "PGPASSWORD or the URL"},
    {"28000", "no encryption", ERROR_CONFIG, "refused by pg_hba.conf for a connection without TLS",
     "sslmode=require uses TLS; without TLS pg_hba.conf needs a line for this host, user, "
     "database"},
    {"28000", "pg_hba.conf", ERROR_CONFIG, "refused by pg_hba.conf",
     "it needs a line for this host, user and database; then SELECT pg_reload_conf()"},
    {"28000", "does not exist", ERROR_CONFIG, "there is no such role",
     "'\\du' in psql lists the roles; the user stands in the URL, PGUSER, or is yours"},
    {"28000", "certificate", ERROR_CONFIG, "the server wants a certificate of the client",
     "sslcert=FILE and sslkey=FILE name it"},
    {"28", NULL, ERROR_CONFIG, "the role may not log in here",
     "the user stands in the URL, PGUSER, or is that of the operating system; pg_hba.conf decides"},
    {"3D000", NULL, ERROR_CONFIG, "there is no such database",
     "'psql -l' lists those of the server; the name stands last in the URL"},
    {"42501", NULL, ERROR_CONFIG, "the role may not connect to this database",
     "GRANT CONNECT ON DATABASE … TO the role"},
    {"53300", NULL, ERROR_UNREACHABLE, "no connection slot is free",
     "pg_stat_activity shows who holds them; tminus needs one, and a second one while it compares"},
    {"57P", NULL, ERROR_UNREACHABLE, "the server takes no connections now",
     "it is starting, stopping or recovering: see its log, run the command again when it is up"},
    {"08P01", "unsupported startup parameter", ERROR_CONFIG, "the pooler refuses a parameter",
     "take it out of the URL and PGOPTIONS, or name it in the pooler's ignore_startup_parameters"},
    {"08P01", "no such database", ERROR_CONFIG, "the pooler knows no such database",
     "the names stand in [databases] of pgbouncer.ini; the name stands last in the URL"},
    {"08P01", "authentication failed", ERROR_CONFIG, "user or password is wrong",
     "the pooler's auth_file or auth_query decides which users it knows"},
    {NULL, "server does not support SSL", ERROR_CONFIG, "the server offers no TLS",
     "sslmode=prefer goes on without it; 'ssl = on' in the server's configuration offers it"},
    {NULL, "does not match host name", ERROR_CONFIG, "the server's certificate is of another host",
     "use the name that stands in it, or sslmode=verify-ca, which does not compare names"},
    {NULL, "root certificate file", ERROR_CONFIG, "the server's certificate cannot be checked",
     "sslrootcert=FILE names the certificate of the authority that signed it"},
    {NULL, "certificate verify failed", ERROR_CONFIG, "the server's certificate is not trusted",
     "sslrootcert=FILE names the certificate of the authority that signed it"},
    {NULL, "SSL error", ERROR_CONFIG, "TLS cannot be agreed on",
     "see the server's log, and sslmode, sslcert, sslkey, sslrootcert of the URL"},
    {NULL, "certificate", ERROR_CONFIG, "TLS cannot be agreed on",
     "see sslmode, sslcert, sslkey, sslrootcert of the URL"},
    {NULL, "session is", ERROR_UNREACHABLE, "no server has the target_session_attrs asked for",
     "a failover may be under way; the URL lists the servers"},
    {NULL, "server is", ERROR_UNREACHABLE, "no server has the target_session_attrs asked for",
     "a failover may be under way; the URL lists the servers"},
    {NULL, "could not translate host name", ERROR_UNREACHABLE, "the host's name has no address",
     "is it spelt right, and does the network's name service answer?"},
    {NULL, "Connection refused", ERROR_UNREACHABLE, "no server listens there",
     "is it running, with this port and with listen_addresses for this host?"},
    {NULL, "No such file or directory", ERROR_UNREACHABLE, "no server listens on this socket",
     "is it running? 'host=' names the folder of its socket (unix_socket_directories)"},
    {NULL, "received invalid response", ERROR_CONFIG, "what answers is no PostgreSQL server",
     "is it the right port? PostgreSQL's is 5432, PgBouncer's 6432"},
    {NULL, "expected authentication request", ERROR_CONFIG, "what answers is no PostgreSQL server",
     "is it the right port? PostgreSQL's is 5432, PgBouncer's 6432"},
    {NULL, "server closed the connection", ERROR_UNREACHABLE, "the server hung up",
     "is it PostgreSQL at all? Its log, or its pooler's, says more"},
    {NULL, "service", ERROR_CONFIG, "the service is not known",
     "it is looked up in ~/.pg_service.conf, or in the file that PGSERVICEFILE names"},
    {NULL, "invalid", ERROR_CONFIG, "the address is wrong",
     "psql with the same address says the same"},
    {NULL, "could not match", ERROR_CONFIG, "the address is wrong",
     "give one port, or as many as there are hosts"},
};

// The SQLSTATE of "FATAL:  28P01: …" in whatever language, and what stands behind it.
static const char *behind_sqlstate(const char *line, char sqlstate[6])
{
    const char *at = strstr(line, ":  ");
    sqlstate[0] = '\0';
    if (at == NULL || strlen(at) < 10)
        return line;
    at += 3;
    for (int i = 0; i < 5; i++) {
        if (!isupper((unsigned char)at[i]) && !isdigit((unsigned char)at[i]))
            return line;
    }
    if (at[5] != ':')
        return line;
    memcpy(sqlstate, at, 5);
    sqlstate[5] = '\0';
    return at + 6 + strspn(at + 6, " ");
}

struct reason {
    char sqlstate[6];
    const char *text; // of one line
};

// The line at `at`, or "" behind the last one.
static char *line_at(TALLOC_CTX *mem, const char *at)
{
    return mem_strndup(mem, at, strcspn(at, "\n"));
}

// What failed last of libpq's attempts.
static struct reason last_reason(TALLOC_CTX *mem, const char *message)
{
    struct reason reason = {0};
    const char *start = message;
    for (const char *at = message; (at = strstr(at, " failed: ")) != NULL;) {
        at += strlen(" failed: ");
        // "password authentication failed: …" is no attempt.
        const char *line = at;
        while (line > message && line[-1] != '\n')
            line--;
        if (text_starts_with(line, "connection to server"))
            start = at;
    }
    const char *text = behind_sqlstate(line_at(mem, start), reason.sqlstate);
    reason.text = text_shorten(mem, text, strlen(text), REASON_MAX);
    return reason;
}

static bool is_cause(size_t i, const struct reason *reason)
{
    const char *sqlstate = causes[i].sqlstate;
    if (sqlstate == NULL ? reason->sqlstate[0] != '\0'
                         : strncmp(reason->sqlstate, sqlstate, strlen(sqlstate)) != 0)
        return false;
    return causes[i].words == NULL || strstr(reason->text, causes[i].words) != NULL;
}

bool connection_fail_open(struct connection *connection, struct error *err)
{
    SCRATCH(tmp);
    struct reason reason = last_reason(tmp, PQerrorMessage(connection->handle));
    snprintf(connection->sqlstate, sizeof connection->sqlstate, "%s", reason.sqlstate);
    size_t i = 0;
    while (i < COUNT_OF(causes) && !is_cause(i, &reason))
        i++;
    if (i < COUNT_OF(causes)) {
        error_set(err, causes[i].code, "%s: %s: %s", connection->place, causes[i].what,
                  reason.text);
        error_hint(err, "%s", causes[i].hint);
    } else {
        error_set(err, ERROR_UNREACHABLE, "%s: no connection: %s", connection->place, reason.text);
        error_hint(err, "psql with the same address says more");
    }
    memcpy(err->sqlstate, reason.sqlstate, sizeof reason.sqlstate);
    return false;
}
