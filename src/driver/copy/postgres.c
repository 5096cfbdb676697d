/*
 * PostgreSQL copies: databases on a scratch server, or on a server that was named.
 *
 * On a named server a database is called tminus_TOKEN_NAME and has a comment with its maker's mark;
 * an advisory lock of that token is held while the site lives, so that runs on other machines see
 * that it does. A token also stands in the mark of the site's folder here, by which databases are
 * found whose making was killed before they had their comment.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/text.h"
#include "driver/copy/postgres_site.h"
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#define TIMEOUT_MS 60000
#define LOG_SIZE_MAX ((size_t)64 * 1024 * 1024) // read at once; the rest at the next call
#define VERSION_STRATEGY 150000                 // CREATE DATABASE … STRATEGY

struct copy_site {
    const struct copy_site_options *options;
    struct site_folder *folder;
    struct scratch *scratch;       // NULL: a named server
    struct connection *connection; // to the database that the server is entered by
    const char *prefix;            // of names
    struct origin *origin;         // NULL
};

// --- opening

bool server_connect(TALLOC_CTX *mem, const struct copy_site_options *options,
                    const struct secret *url, struct connection **out, struct error *err)
{
    const struct engine_open_options opening = {
        .url = url, .timeout_ms = TIMEOUT_MS, .name = "tminus copies", .wait = options->wait};
    TRY(connection_open(mem, &opening, out, err));
    connection_set_timeout(*out, 0);
    return connection_script(*out,
                             "SET idle_session_timeout = 0; SET lock_timeout = 0;"
                             "SET statement_timeout = 0; SET client_min_messages = error",
                             err);
}

static bool check_createdb(struct connection *connection, struct error *err)
{
    SCRATCH(tmp);
    PGresult *row;
    TRY(connection_ask(tmp, connection,
                       "SELECT rolcreatedb OR rolsuper, rolname FROM pg_catalog.pg_roles"
                       " WHERE rolname = current_user",
                       NULL, 0, &row, err));
    if (PQgetvalue(row, 0, 0)[0] == 't')
        return true;
    const char *role = PQgetvalue(row, 0, 1);
    error_set(err, ERROR_POLICY, "%s: role '%s' may not make databases there", connection->place,
              role);
    return error_hint(err,
                      "ALTER ROLE %s CREATEDB; or leave out rehearsal.server: then a scratch "
                      "server is started here",
                      quote_name(tmp, role));
}

static bool open_named(struct copy_site *site, struct error *err)
{
    SCRATCH(tmp);
    const struct copy_site_options *options = site->options;
    TRY(site_folder_make(site, options->folder, KIND_SERVER, &site->folder, err));
    TRY(server_connect(site, options, options->server, &site->connection, err));
    TRY(check_createdb(site->connection, err));
    site->prefix = mem_printf(site, "tminus_%08x_", (unsigned)site->folder->mark.token);
    return connection_execute(site->connection,
                              mem_printf(tmp, "SELECT pg_catalog.pg_advisory_lock(%d, %" PRId64 ")",
                                         LOCK_CLASS, site->folder->mark.token),
                              err);
}

static void note(const struct copy_site *site, const char *text)
{
    if (site->options->note != NULL)
        site->options->note(site->options->context, text);
}

// Its roles, so that what belongs to them can be restored and what is granted to them stays.
static void make_roles(const struct copy_site *site)
{
    SCRATCH(tmp);
    struct error why;
    for (size_t i = 0; i < site->origin->n_statements; i++) {
        const char *sql = site->origin->statements[i];
        if (!connection_execute(site->connection, sql, &why) &&
            strcmp(connection_sqlstate(site->connection), "42710") != 0) // it is there
            note(site, mem_printf(tmp, "on the scratch server: %s", why.message));
    }
}

static bool open_scratch(struct copy_site *site, struct error *err)
{
    SCRATCH(tmp);
    const struct copy_site_options *options = site->options;
    struct child_user *user;
    char *root;
    TRY(scratch_root(site, options, &root, &user, err));
    TRY(site_folder_make(site, root, KIND_SCRATCH, &site->folder, err));
    TRY(scratch_start(site, site->folder, user, options, site->origin, &site->scratch, err));
    site->prefix = "";
    TRY(server_connect(site, options, scratch_url(tmp, site->scratch, "postgres"),
                       &site->connection, err));
    if (site->origin != NULL && options->fill == NULL)
        make_roles(site);
    return true;
}

// Databases of ours, as the server counts them by their names.
static void drop_all(const struct copy_site *site)
{
    SCRATCH(tmp);
    struct error ignored;
    PGresult *rows;
    const char *sql = mem_printf(
        tmp, "SELECT datname FROM pg_catalog.pg_database WHERE pg_catalog.starts_with(datname, %s)",
        quote_text(tmp, site->prefix));
    if (!connection_ask(tmp, site->connection, sql, NULL, 0, &rows, &ignored))
        return;
    for (int i = 0; i < PQntuples(rows); i++)
        (void)!connection_execute(site->connection,
                                  mem_printf(tmp, "DROP DATABASE IF EXISTS %s WITH (FORCE)",
                                             quote_name(tmp, PQgetvalue(rows, i, 0))),
                                  &ignored);
}

static int site_close(struct copy_site *site)
{
    if (site->scratch != NULL) {
        TALLOC_FREE(site->connection);
        scratch_stop(site->scratch);
    } else if (site->connection != NULL && site->prefix != NULL) {
        site->connection->is_seen_through = true;
        drop_all(site);
    }
    return 0;
}

static bool postgres_site_open(TALLOC_CTX *mem, const struct copy_site_options *options,
                               struct copy_site **out, struct error *err)
{
    SCRATCH(tmp);
    struct copy_site *site = mem_new(tmp, struct copy_site);
    struct copy_site_options *kept = mem_new(site, struct copy_site_options);
    *kept = *options;
    site->options = kept;
    talloc_set_destructor(site, site_close);
    if (options->like != NULL)
        TRY(origin_read(site, options, &site->origin, err));
    TRY(options->server ? open_named(site, err) : open_scratch(site, err));
    if (site->origin != NULL && options->fill == NULL)
        TRY(origin_check_extensions(site->origin, site->connection, err));
    *out = talloc_steal(mem, site);
    return true;
}

// --- databases

static const char *database_name(TALLOC_CTX *mem, const struct copy_site *site, const char *name)
{
    return mem_printf(mem, "%s%s", site->prefix, name);
}

static bool mark_database(const struct copy_site *site, const char *database, struct error *err)
{
    SCRATCH(tmp);
    return connection_execute(site->connection,
                              mem_printf(tmp, "COMMENT ON DATABASE %s IS %s",
                                         quote_name(tmp, database),
                                         quote_text(tmp, mark_text(tmp, &site->folder->mark))),
                              err);
}

static bool fail_create(const struct copy_site *site, const char *source, struct error *err)
{
    SCRATCH(tmp);
    const char *sqlstate = connection_sqlstate(site->connection);
    if (strcmp(sqlstate, "53100") == 0)
        err->code = ERROR_SYSTEM;
    if (strcmp(sqlstate, "3D000") == 0)
        err->code = ERROR_CONFIG;
    if (strcmp(sqlstate, "55006") == 0) {
        err->code = ERROR_UNREACHABLE;
        return error_hint(err, "a database can be copied while nobody is connected to it: see "
                               "pg_stat_activity; a golden clone is there for copies alone");
    }
    if (strcmp(sqlstate, "42501") != 0)
        return false;
    err->code = ERROR_POLICY;
    if (source == NULL)
        return error_hint(err, "the role needs CREATEDB: ALTER ROLE … CREATEDB");
    return error_hint(err,
                      "ALTER DATABASE %s IS_TEMPLATE true; lets every role with CREATEDB copy "
                      "it (or make it belong to the role)",
                      quote_name(tmp, source));
}

// Settings of a database are not copied with it.
static void copy_settings(const struct copy_site *site, const char *from, const char *to)
{
    SCRATCH(tmp);
    struct error why;
    PGresult *rows;
    const char *sql = "SELECT pg_catalog.unnest(s.setconfig) FROM pg_catalog.pg_db_role_setting s"
                      " JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase"
                      " WHERE s.setrole = 0 AND d.datname = $1";
    if (!connection_ask(tmp, site->connection, sql, &from, 1, &rows, &why))
        return;
    for (int i = 0; i < PQntuples(rows); i++) {
        if (!connection_execute(site->connection,
                                origin_setting_sql(tmp, to, PQgetvalue(rows, i, 0)), &why))
            note(site, mem_printf(tmp, "on the copy: %s", why.message));
    }
}

// A database of the server again; `from` and `to` as the server names them.
static bool copy_database(const struct copy_site *site, const char *from, const char *to,
                          struct error *err)
{
    SCRATCH(tmp);
    bool has_strategy = PQserverVersion(site->connection->handle) >= VERSION_STRATEGY;
    if (!connection_execute(site->connection,
                            mem_printf(tmp, "CREATE DATABASE %s TEMPLATE %s%s", quote_name(tmp, to),
                                       quote_name(tmp, from),
                                       has_strategy ? " STRATEGY file_copy" : ""),
                            err))
        return fail_create(site, from, err);
    copy_settings(site, from, to);
    return mark_database(site, to, err);
}

static char *create_sql(TALLOC_CTX *mem, const struct copy_site *site, const char *database,
                        bool is_like)
{
    SCRATCH(tmp);
    const struct origin *origin = site->origin;
    char *sql = mem_printf(tmp, "CREATE DATABASE %s TEMPLATE template0", quote_name(tmp, database));
    if (origin == NULL)
        return mem_strdup(mem, sql);
    sql = mem_printf(tmp, "%s ENCODING %s", sql, quote_text(tmp, origin->encoding));
    if (!is_like)
        return mem_printf(mem, "%s LC_COLLATE 'C' LC_CTYPE 'C'", sql);
    sql = mem_printf(tmp, "%s LC_COLLATE %s LC_CTYPE %s", sql, quote_text(tmp, origin->collate),
                     quote_text(tmp, origin->ctype));
    if (origin->provider == 'i' && origin->icu_locale != NULL)
        sql = mem_printf(tmp, "%s LOCALE_PROVIDER icu ICU_LOCALE %s", sql,
                         quote_text(tmp, origin->icu_locale));
    return mem_strdup(mem, sql);
}

static void apply_settings(const struct copy_site *site, const char *database)
{
    SCRATCH(tmp);
    struct error why;
    for (size_t i = 0; site->origin != NULL && i < site->origin->n_database_settings; i++) {
        const char *setting = site->origin->database_settings[i];
        if (!connection_execute(site->connection, origin_setting_sql(tmp, database, setting), &why))
            note(site, mem_printf(tmp, "on the copy: %s", why.message));
    }
}

static bool postgres_create(struct copy_site *site, const char *name, struct error *err)
{
    SCRATCH(tmp);
    const char *database = database_name(tmp, site, name);
    bool is_made = connection_execute(site->connection, create_sql(tmp, site, database, true), err);
    // 42809: a locale that this machine lacks; 22023: an encoding that does not go with it.
    const char *sqlstate = connection_sqlstate(site->connection);
    if (!is_made && site->origin != NULL &&
        (strcmp(sqlstate, "42809") == 0 || strcmp(sqlstate, "22023") == 0)) {
        note(site, mem_printf(tmp, "the copy sorts by locale C: %s", err->message));
        is_made = connection_execute(site->connection, create_sql(tmp, site, database, false), err);
    }
    if (!is_made)
        return fail_create(site, NULL, err);
    apply_settings(site, database);
    return mark_database(site, database, err);
}

static bool postgres_clone(struct copy_site *site, const char *from, const char *name,
                           struct error *err)
{
    SCRATCH(tmp);
    return copy_database(site, database_name(tmp, site, from), database_name(tmp, site, name), err);
}

static bool postgres_adopt(struct copy_site *site, const char *source, const char *name,
                           struct error *err)
{
    SCRATCH(tmp);
    const char *database = database_name(tmp, site, name);
    if (site->options->fill == NULL)
        return copy_database(site, source, database, err);
    // The server is ours, and so is what stands on it.
    if (!connection_execute(site->connection,
                            mem_printf(tmp, "ALTER DATABASE %s RENAME TO %s",
                                       quote_name(tmp, source), quote_name(tmp, database)),
                            err))
        return fail_create(site, source, err);
    return true;
}

static bool postgres_drop(struct copy_site *site, const char *name, struct error *err)
{
    SCRATCH(tmp);
    const char *database = database_name(tmp, site, name);
    return connection_execute(
        site->connection,
        mem_printf(tmp, "DROP DATABASE IF EXISTS %s WITH (FORCE)", quote_name(tmp, database)), err);
}

// The address that the server was named by, with another database.
static bool named_url(TALLOC_CTX *mem, const struct copy_site *site, const char *database,
                      struct secret **out, struct error *err)
{
    SCRATCH(tmp);
    struct address address;
    TRY(address_read(tmp, secret_reveal(site->options->server), &address, err));
    *out = secret_make(mem, address_with_database(tmp, &address, database));
    return true;
}

static bool postgres_url(TALLOC_CTX *mem, const struct copy_site *site, const char *name,
                         struct secret **out, struct error *err)
{
    SCRATCH(tmp);
    const char *database = database_name(tmp, site, name);
    if (site->scratch == NULL)
        return named_url(mem, site, database, out, err);
    *out = scratch_url(mem, site->scratch, database);
    return true;
}

static bool postgres_seal(struct copy_site *site, const char *name, struct error *err)
{
    SCRATCH(tmp);
    struct secret *url;
    TRY(postgres_url(tmp, site, name, &url, err));
    return seal_database(site->options, url, err);
}

static bool postgres_bytes(struct copy_site *site, const char *name, int64_t *out,
                           struct error *err)
{
    SCRATCH(tmp);
    PGresult *row;
    const char *database = database_name(tmp, site, name);
    TRY(connection_ask(tmp, site->connection, "SELECT pg_catalog.pg_database_size($1::name)",
                       &database, 1, &row, err));
    *out = strtoll(PQgetvalue(row, 0, 0), NULL, 10);
    return true;
}

static int64_t postgres_room(const struct copy_site *site)
{
    return site->scratch ? folder_room(site->folder->path) : -1;
}

static const char *postgres_folder(const struct copy_site *site)
{
    return site->folder->path;
}

// Whole lines; what is written now is read the next time.
static bool log_read(TALLOC_CTX *mem, const char *path, int64_t *from, char **out,
                     struct error *err)
{
    SCRATCH(tmp);
    int fd;
    TRY(file_open(path, &fd, err));
    char *text = mem_array(tmp, char, LOG_SIZE_MAX + 1);
    ssize_t n = pread(fd, text, LOG_SIZE_MAX, *from);
    close(fd);
    if (n < 0)
        return error_set(err, ERROR_SYSTEM, "%s: %s", path, strerror(errno));
    while (n > 0 && text[n - 1] != '\n')
        n--;
    *out = mem_strndup(mem, text, (size_t)n);
    *from += n;
    return true;
}

static bool postgres_log(TALLOC_CTX *mem, struct copy_site *site, int64_t *from, char **out,
                         struct error *err)
{
    if (site->scratch == NULL) {
        error_set(err, ERROR_UNKNOWN, "%s: what this server logs cannot be read here",
                  site->connection->place);
        return error_hint(err, "leave out rehearsal.server: then a scratch server is started here");
    }
    return log_read(mem, site->scratch->log_path, from, out, err);
}

const struct copy_driver copy_postgres = {
    .name = "postgres",
    .dialect = DIALECT_POSTGRES,
    .open = postgres_site_open,
    .create = postgres_create,
    .clone = postgres_clone,
    .adopt = postgres_adopt,
    .seal = postgres_seal,
    .drop = postgres_drop,
    .url = postgres_url,
    .bytes = postgres_bytes,
    .room = postgres_room,
    .folder = postgres_folder,
    .log = postgres_log,
    .leftovers = postgres_leftovers,
    .remove = postgres_remove,
};
