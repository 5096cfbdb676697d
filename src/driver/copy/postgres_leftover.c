/*
 * What killed rehearsals left: folders of scratch servers, databases on a named server.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/quantity.h"
#include "base/text.h"
#include "driver/copy/postgres_site.h"
#include <inttypes.h>

static bool root_of(TALLOC_CTX *mem, const struct copy_site_options *options, char **out,
                    struct error *err)
{
    struct child_user *user;
    return scratch_root(mem, options, out, &user, err);
}

// Ours by name and mark: one whose maker is gone. Only who made a database may comment on it, so
// the comment is the maker's; a database that was not finished has none, and its name is vouched
// for by the mark of a folder here.
#define SQL_DATABASES                                                                              \
    "SELECT d.datname, pg_catalog.shobj_description(d.oid, 'pg_database'),"                        \
    "  CASE WHEN pg_catalog.has_database_privilege(d.oid, 'CONNECT')"                              \
    "    THEN pg_catalog.pg_database_size(d.oid) ELSE -1 END,"                                     \
    "  EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.locktype = 'advisory'"                    \
    "    AND l.classid::bigint = $1::bigint AND l.objsubid = 2 AND l.objid::bigint ="              \
    "      ('x' || pg_catalog.substr(d.datname, 8, 8))::bit(32)::bigint)"                          \
    " FROM pg_catalog.pg_database d WHERE d.datname ~ '^tminus_[0-9a-f]{8}_' ORDER BY 1"

static int64_t token_of(const char *database)
{
    return strtoll(database + strlen("tminus_"), NULL, 16);
}

// Folders of killed runs on named servers vouch for their tokens.
static bool is_vouched(const struct copy_site_options *options, const char *database)
{
    SCRATCH(tmp);
    struct copy_leftover *list = NULL;
    struct error ignored;
    size_t n = 0;
    if (!site_folder_leftovers(tmp, options->folder, KIND_SERVER, "", &list, &n, &ignored))
        return false;
    const char *token = mem_printf(tmp, "-%08x", (unsigned)token_of(database));
    for (size_t i = 0; i < n; i++) {
        if (text_ends_with(list[i].id, token))
            return true;
    }
    return false;
}

static bool is_left(const struct copy_site_options *options, const PGresult *rows, int i,
                    int64_t *since_ms)
{
    struct mark mark;
    const char *database = PQgetvalue(rows, i, 0);
    bool is_locked = PQgetvalue(rows, i, 3)[0] == 't';
    bool has_mark = mark_read(PQgetvalue(rows, i, 1), &mark) && mark.token == token_of(database);
    *since_ms = has_mark ? mark.since_ms : 0;
    if (is_locked || (has_mark && mark_maker_runs(&mark)))
        return false;
    return has_mark || is_vouched(options, database);
}

static bool ask_databases(TALLOC_CTX *mem, struct connection *connection, PGresult **out,
                          struct error *err)
{
    SCRATCH(tmp);
    const char *const class[] = {mem_printf(tmp, "%d", LOCK_CLASS)};
    return connection_ask(mem, connection, SQL_DATABASES, class, 1, out, err);
}

static bool server_leftovers(TALLOC_CTX *mem, const struct copy_site_options *options,
                             struct copy_leftover **out, size_t *n, struct error *err)
{
    SCRATCH(tmp);
    struct connection *connection;
    PGresult *rows;
    TRY(server_connect(tmp, options, options->server, &connection, err));
    TRY(ask_databases(tmp, connection, &rows, err));
    for (int i = 0; i < PQntuples(rows); i++) {
        int64_t since_ms;
        if (!is_left(options, rows, i, &since_ms))
            continue;
        int64_t bytes = strtoll(PQgetvalue(rows, i, 2), NULL, 10);
        const char *database = PQgetvalue(rows, i, 0);
        const char *what =
            mem_printf(mem, "database %s at %s%s%s%s%s", database, connection->place,
                       bytes < 0 ? "" : ", ", bytes < 0 ? "" : quantity_size(tmp, bytes),
                       since_ms ? ", since " : "", since_ms ? clock_format(since_ms).text : "");
        *mem_append(mem, *out, *n) =
            (struct copy_leftover){.what = what, .id = mem_strdup(mem, database), .bytes = bytes};
    }
    return true;
}

bool postgres_leftovers(TALLOC_CTX *mem, const struct copy_site_options *options,
                        struct copy_leftover **out, size_t *n, struct error *err)
{
    SCRATCH(tmp);
    char *root;
    if (options->server != NULL) {
        TRY(server_leftovers(mem, options, out, n, err));
        return site_folder_leftovers(mem, options->folder, KIND_SERVER, "files of copies", out, n,
                                     err);
    }
    TRY(root_of(tmp, options, &root, err));
    return site_folder_leftovers(mem, root, KIND_SCRATCH, "scratch server", out, n, err);
}

static bool remove_database(const struct copy_site_options *options, const char *id,
                            struct error *err)
{
    SCRATCH(tmp);
    struct connection *connection;
    PGresult *rows;
    int64_t since_ms;
    TRY(server_connect(tmp, options, options->server, &connection, err));
    TRY(ask_databases(tmp, connection, &rows, err));
    for (int i = 0; i < PQntuples(rows); i++) {
        if (strcmp(PQgetvalue(rows, i, 0), id) != 0)
            continue;
        if (!is_left(options, rows, i, &since_ms))
            return error_set(err, ERROR_POLICY, "database %s: its maker runs, or it is not ours",
                             id);
        return connection_execute(
            connection, mem_printf(tmp, "DROP DATABASE %s WITH (FORCE)", quote_name(tmp, id)), err);
    }
    return error_set(err, ERROR_INPUT, "%s: no database of copies at %s", id, connection->place);
}

bool postgres_remove(const struct copy_site_options *options, const char *id, struct error *err)
{
    SCRATCH(tmp);
    char *root;
    if (options->server != NULL && id[0] != '/')
        return remove_database(options, id, err);
    if (options->server != NULL)
        return site_folder_remove_leftover(options->folder, KIND_SERVER, id, NULL, err);
    TRY(root_of(tmp, options, &root, err));
    return site_folder_remove_leftover(root, KIND_SCRATCH, id, scratch_end_left, err);
}
