/*
 * Origins: what of the source's server and database a copy must share to behave alike.
 *
 * Read with whatever rights the role has: what it may not see is left at the server's defaults.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "driver/copy/postgres_site.h"

#define TIMEOUT_MS 30000

// to_jsonb names columns that only some versions have.
#define SQL_DATABASE                                                                               \
    "SELECT pg_catalog.current_setting('server_version_num'),"                                     \
    "  pg_catalog.current_setting('server_version'),"                                              \
    "  (SELECT rolname FROM pg_catalog.pg_roles WHERE oid = 10),"                                  \
    "  pg_catalog.pg_encoding_to_char(encoding), datcollate, datctype,"                            \
    "  coalesce(pg_catalog.to_jsonb(d) ->> 'datlocprovider', 'c'),"                                \
    "  coalesce(pg_catalog.to_jsonb(d) ->> 'daticulocale',"                                        \
    "           pg_catalog.to_jsonb(d) ->> 'datlocale')"                                           \
    " FROM pg_catalog.pg_database d WHERE datname = pg_catalog.current_database()"

// What decides how statements are read, run and stored. reset_val: what a session begins with.
#define SQL_SETTINGS                                                                               \
    "SELECT name, CASE WHEN source IN ('client', 'session') THEN boot_val ELSE reset_val END"      \
    " FROM pg_catalog.pg_settings WHERE name IN ('TimeZone', 'DateStyle', 'IntervalStyle',"        \
    " 'default_text_search_config', 'standard_conforming_strings', 'array_nulls', 'bytea_output'," \
    " 'check_function_bodies', 'default_toast_compression', 'default_transaction_isolation',"      \
    " 'max_locks_per_transaction', 'max_prepared_transactions', 'transform_null_equals',"          \
    " 'wal_level', 'xmloption', 'lo_compat_privileges')"

#define SQL_LIBRARIES                                                                              \
    "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'shared_preload_libraries'"

#define SQL_ROLES                                                                                  \
    "SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin,"               \
    "  rolreplication, rolbypassrls"                                                               \
    " FROM pg_catalog.pg_roles WHERE oid <> 10 AND rolname !~ '^pg_' ORDER BY rolname"

#define SQL_MEMBERS                                                                                \
    "SELECT DISTINCT r.rolname, m.rolname FROM pg_catalog.pg_auth_members a"                       \
    " JOIN pg_catalog.pg_roles r ON r.oid = a.roleid"                                              \
    " JOIN pg_catalog.pg_roles m ON m.oid = a.member WHERE m.rolname !~ '^pg_' ORDER BY 1, 2"

#define SQL_DATABASE_SETTINGS                                                                      \
    "SELECT pg_catalog.unnest(s.setconfig) FROM pg_catalog.pg_db_role_setting s"                   \
    " JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase"                                      \
    " WHERE s.setrole = 0 AND d.datname = pg_catalog.current_database()"

#define SQL_EXTENSIONS "SELECT extname, extversion FROM pg_catalog.pg_extension ORDER BY extname"

struct answer {
    PGresult *result;
    int n;
};

static bool ask(TALLOC_CTX *mem, struct connection *connection, const char *sql, struct answer *out,
                struct error *err)
{
    TRY(connection_ask(mem, connection, sql, NULL, 0, &out->result, err));
    out->n = PQntuples(out->result);
    return true;
}

static bool read_database(struct connection *connection, struct origin *origin, struct error *err)
{
    SCRATCH(tmp);
    struct answer row;
    TRY(ask(tmp, connection, SQL_DATABASE, &row, err));
    const char **texts[] = {NULL,
                            &origin->version_text,
                            &origin->superuser,
                            &origin->encoding,
                            &origin->collate,
                            &origin->ctype};
    origin->version = (int)strtol(PQgetvalue(row.result, 0, 0), NULL, 10);
    for (size_t i = 1; i < COUNT_OF(texts); i++)
        *texts[i] = mem_strdup(origin, PQgetvalue(row.result, 0, (int)i));
    origin->provider = PQgetvalue(row.result, 0, 6)[0];
    if (!PQgetisnull(row.result, 0, 7))
        origin->icu_locale = mem_strdup(origin, PQgetvalue(row.result, 0, 7));
    return true;
}

static bool read_settings(struct connection *connection, struct origin *origin, struct error *err)
{
    SCRATCH(tmp);
    struct answer rows;
    TRY(ask(tmp, connection, SQL_SETTINGS, &rows, err));
    for (int i = 0; i < rows.n; i++) {
        const char *value = PQgetvalue(rows.result, i, 1);
        *mem_append(origin, origin->settings, origin->n_settings) =
            mem_printf(origin, "%s = %s", PQgetvalue(rows.result, i, 0),
                       text_enclosed(tmp, value, '\'', "'\\"));
    }
    TRY(ask(tmp, connection, SQL_LIBRARIES, &rows, err));
    if (rows.n > 0)
        origin->libraries = mem_strdup(origin, PQgetvalue(rows.result, 0, 0));
    TRY(ask(tmp, connection, SQL_DATABASE_SETTINGS, &rows, err));
    for (int i = 0; i < rows.n; i++)
        *mem_append(origin, origin->database_settings, origin->n_database_settings) =
            mem_strdup(origin, PQgetvalue(rows.result, i, 0));
    return true;
}

static char *role_sql(TALLOC_CTX *mem, const PGresult *rows, int i)
{
    SCRATCH(tmp);
    static const char *const words[] = {"SUPERUSER", "INHERIT",     "CREATEROLE", "CREATEDB",
                                        "LOGIN",     "REPLICATION", "BYPASSRLS"};
    char *sql = mem_printf(tmp, "CREATE ROLE %s", quote_name(tmp, PQgetvalue(rows, i, 0)));
    for (int k = 0; k < (int)COUNT_OF(words); k++)
        sql = mem_printf(tmp, "%s %s%s", sql, PQgetvalue(rows, i, k + 1)[0] == 't' ? "" : "NO",
                         words[k]);
    return mem_strdup(mem, sql);
}

static bool read_roles(struct connection *connection, struct origin *origin, struct error *err)
{
    SCRATCH(tmp);
    struct answer rows;
    TRY(ask(tmp, connection, SQL_ROLES, &rows, err));
    for (int i = 0; i < rows.n; i++)
        *mem_append(origin, origin->statements, origin->n_statements) =
            role_sql(origin, rows.result, i);
    TRY(ask(tmp, connection, SQL_MEMBERS, &rows, err));
    for (int i = 0; i < rows.n; i++)
        *mem_append(origin, origin->statements, origin->n_statements) =
            mem_printf(origin, "GRANT %s TO %s", quote_name(tmp, PQgetvalue(rows.result, i, 0)),
                       quote_name(tmp, PQgetvalue(rows.result, i, 1)));
    return true;
}

static bool read_extensions(struct connection *connection, struct origin *origin, struct error *err)
{
    SCRATCH(tmp);
    struct answer rows;
    TRY(ask(tmp, connection, SQL_EXTENSIONS, &rows, err));
    for (int i = 0; i < rows.n; i++)
        *mem_append(origin, origin->extensions, origin->n_extensions) =
            (struct origin_extension){.name = mem_strdup(origin, PQgetvalue(rows.result, i, 0)),
                                      .version = mem_strdup(origin, PQgetvalue(rows.result, i, 1))};
    return true;
}

bool origin_read(TALLOC_CTX *mem, const struct copy_site_options *options, struct origin **out,
                 struct error *err)
{
    SCRATCH(tmp);
    struct connection *connection;
    struct origin *origin = mem_new(tmp, struct origin);
    const struct engine_open_options opening = {
        .url = options->like, .timeout_ms = TIMEOUT_MS, .wait = options->wait};
    TRY(connection_open(tmp, &opening, &connection, err));
    TRY(connection_execute(connection, "BEGIN READ ONLY", err));
    TRY(read_database(connection, origin, err));
    TRY(read_settings(connection, origin, err));
    TRY(read_roles(connection, origin, err));
    TRY(read_extensions(connection, origin, err));
    TRY(connection_execute(connection, "COMMIT", err));
    *out = talloc_steal(mem, origin);
    return true;
}

// --- what is made like it

// Settings whose value is a list of names stand in it quoted already.
static bool is_list(const char *name)
{
    static const char *const lists[] = {"search_path", "temp_tablespaces",
                                        "local_preload_libraries", "session_preload_libraries"};
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        if (text_equal_nocase(lists[i], name))
            return true;
    }
    return false;
}

char *origin_setting_sql(TALLOC_CTX *mem, const char *database, const char *setting)
{
    SCRATCH(tmp);
    size_t len = strcspn(setting, "=");
    const char *name = mem_strndup(tmp, setting, len);
    const char *value = setting[len] == '=' ? setting + len + 1 : "";
    bool is_raw = is_list(name) && *value != '\0';
    return mem_printf(mem, "ALTER DATABASE %s SET %s TO %s", quote_name(tmp, database),
                      quote_name(tmp, name), is_raw ? value : quote_text(tmp, value));
}

// Where the name of Debian's package is not the extension's own.
static const struct {
    const char *extension, *package; // %d: the major version
} packages[] = {
    {"citus", "postgresql-%d-citus"},
    {"hll", "postgresql-%d-hll"},
    {"hypopg", "postgresql-%d-hypopg"},
    {"orafce", "postgresql-%d-orafce"},
    {"pg_cron", "postgresql-%d-cron"},
    {"pg_hint_plan", "postgresql-%d-pg-hint-plan"},
    {"pg_partman", "postgresql-%d-partman"},
    {"pg_repack", "postgresql-%d-repack"},
    {"pgaudit", "postgresql-%d-pgaudit"},
    {"pglogical", "postgresql-%d-pglogical"},
    {"pgrouting", "postgresql-%d-pgrouting"},
    {"pgtap", "postgresql-%d-pgtap"},
    {"plperl", "postgresql-plperl-%d"},
    {"plpython3u", "postgresql-plpython3-%d"},
    {"pltcl", "postgresql-pltcl-%d"},
    {"postgis", "postgresql-%d-postgis-3"},
    {"postgis_raster", "postgresql-%d-postgis-3"},
    {"postgis_topology", "postgresql-%d-postgis-3"},
    {"rum", "postgresql-%d-rum"},
    {"timescaledb", "timescaledb-2-postgresql-%d"},
    {"vector", "postgresql-%d-pgvector"},
};

static bool fail_extension(const struct origin_extension *extension, int major, struct error *err)
{
    SCRATCH(tmp);
    error_set(err, ERROR_INPUT,
              "extension '%s' (%s) of the source is not installed on the server "
              "that copies are made on (PostgreSQL %d)",
              extension->name, extension->version, major);
    for (size_t i = 0; i < COUNT_OF(packages); i++) {
        if (strcmp(packages[i].extension, extension->name) != 0)
            continue;
        const char *percent = strstr(packages[i].package, "%d");
        return error_hint(err, "Debian's package %.*s%d%s has it",
                          (int)(percent - packages[i].package), packages[i].package, major,
                          percent + 2);
    }
    return error_hint(err,
                      "install it there (Debian: postgresql-%d for those of contrib, often "
                      "postgresql-%d-%s), or name a server that has it: rehearsal: {server: …}",
                      major, major, extension->name);
}

bool origin_check_extensions(const struct origin *origin, struct connection *connection,
                             struct error *err)
{
    for (size_t i = 0; i < origin->n_extensions; i++) {
        SCRATCH(tmp);
        PGresult *row;
        TRY(connection_ask(
            tmp, connection,
            "SELECT count(*) FROM pg_catalog.pg_available_extensions WHERE name = $1",
            &origin->extensions[i].name, 1, &row, err));
        if (strcmp(PQgetvalue(row, 0, 0), "0") == 0)
            return fail_extension(&origin->extensions[i],
                                  PQserverVersion(connection->handle) / 10000, err);
    }
    return true;
}
