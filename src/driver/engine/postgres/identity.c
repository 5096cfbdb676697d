/*
 * Which server and database this is, what its role may do, and how that is told.
 *
 * The system identifier is made by initdb and shared by a server's standbys. Where the role may not
 * read it, the server's start of its first timeline is not known either; the number of the database
 * stands for it then, which tells databases of one server apart, but not two servers.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/connection.h"

// A superuser is a member of every role, so that is asked first. What the memberships allow was
// tried: COPY … TO PROGRAM, COPY … TO 'file' and reading any file run within READ ONLY.
#define SQL_SERVER(system)                                                                         \
    "SELECT pg_catalog.current_setting('server_version'), pg_catalog.current_database(),"          \
    "       session_user, pg_catalog.pg_is_in_recovery(),"                                         \
    "       pg_catalog.version() LIKE '%linux%', pg_catalog.pg_backend_pid(),"                     \
    "       (SELECT pg_catalog.bool_or(rolsuper) FROM pg_catalog.pg_roles"                         \
    "         WHERE rolname IN (session_user, current_user)),"                                     \
    "       (SELECT pg_catalog.string_agg(rolname, ', ' ORDER BY rolname)"                         \
    "          FROM pg_catalog.pg_roles WHERE rolname IN ('pg_execute_server_program',"            \
    "               'pg_write_server_files', 'pg_read_server_files')"                              \
    "           AND pg_catalog.pg_has_role(session_user, oid, 'MEMBER')),"                         \
    "       " system
#define SQL_SYSTEM "(SELECT system_identifier FROM pg_catalog.pg_control_system())"
#define SQL_DATABASE_NUMBER                                                                        \
    "(SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())"

enum { VERSION, DATABASE, ROLE, STANDBY, LINUX, PROCESS, SUPERUSER, MEMBERSHIPS, SYSTEM };

static const char *powers_text(TALLOC_CTX *mem, const PGresult *row)
{
    if (PQgetvalue(row, 0, SUPERUSER)[0] == 't')
        return mem_strdup(mem, "a superuser");
    if (PQgetisnull(row, 0, MEMBERSHIPS))
        return NULL;
    return mem_printf(mem, "a member of %s", PQgetvalue(row, 0, MEMBERSHIPS));
}

bool server_read(TALLOC_CTX *mem, struct connection *connection, struct postgres_server *out,
                 struct error *err)
{
    SCRATCH(tmp);
    PGresult *row;
    bool has_system = connection_ask(tmp, connection, SQL_SERVER(SQL_SYSTEM), NULL, 0, &row, err);
    if (!has_system && strcmp(connection_sqlstate(connection), "42501") != 0)
        return false;
    if (!has_system)
        TRY(connection_ask(tmp, connection, SQL_SERVER(SQL_DATABASE_NUMBER), NULL, 0, &row, err));
    const char *system = PQgetvalue(row, 0, SYSTEM);
    // A pooler gives its clients process numbers of its own.
    int process = PQbackendPID(connection_handle(connection));
    bool is_pooled = strtol(PQgetvalue(row, 0, PROCESS), NULL, 10) != process;
    *out = (struct postgres_server){
        .system = has_system ? mem_strdup(mem, system) : mem_printf(mem, "database-%s", system),
        .database = mem_strdup(mem, PQgetvalue(row, 0, DATABASE)),
        .version = mem_strdup(mem, PQgetvalue(row, 0, VERSION)),
        .role = mem_strdup(mem, PQgetvalue(row, 0, ROLE)),
        .powers = powers_text(mem, row),
        .has_system = has_system,
        .is_standby = PQgetvalue(row, 0, STANDBY)[0] == 't',
        .is_pooled = is_pooled,
        .is_linux = PQgetvalue(row, 0, LINUX)[0] == 't',
    };
    return true;
}

bool server_is_same(const struct postgres_server *a, const struct postgres_server *b)
{
    return strcmp(a->system, b->system) == 0 && strcmp(a->database, b->database) == 0;
}

// "15.20" of "15.20 (Debian 15.20-0+deb12u1)".
static int number_len(const char *version)
{
    return (int)strcspn(version, " ");
}

bool postgres_identity(TALLOC_CTX *mem, struct engine *engine, struct engine_identity *out,
                       struct error *err)
{
    SCRATCH(tmp);
    struct postgres_server server;
    // A standby may have been promoted meanwhile.
    TRY(server_read(tmp, engine->connection, &server, err));
    PGconn *handle = connection_handle(engine->connection);
    *out = (struct engine_identity){
        .engine = "postgres",
        .system = mem_strdup(mem, server.system),
        .database = mem_strdup(mem, server.database),
        .version = mem_strndup(mem, server.version, (size_t)number_len(server.version)),
        .text = mem_printf(mem, "PostgreSQL %.*s, database %s at %s:%s%s%s",
                           number_len(server.version), server.version, server.database,
                           PQhost(handle), PQport(handle), server.is_standby ? " (standby)" : "",
                           server.has_system ? "" : " (its system identifier may not be read)"),
        .is_standby = server.is_standby,
    };
    return true;
}
