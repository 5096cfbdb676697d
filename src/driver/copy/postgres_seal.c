/*
 * Sealing: a copy must not reach what its source reaches.
 *
 * A migration that writes through a foreign server would write to a real database, and DROP
 * SUBSCRIPTION would drop the slot of the real publisher. Foreign servers stay, for the schema has
 * them, but nobody is mapped to a user there; subscriptions stay without their slots.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/copy/postgres_site.h"

// Each row: what it is, for people; then the statements that take it away, one a column.
static const char sql_mappings[] =
    "SELECT pg_catalog.format('foreign server %s', srvname),"
    "  pg_catalog.format('DROP USER MAPPING FOR %s SERVER %I',"
    "    CASE umuser WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(usename) END, srvname)"
    " FROM pg_catalog.pg_user_mappings ORDER BY 1, 2";

static const char sql_subscriptions[] =
    "SELECT pg_catalog.format('publisher of subscription %s', subname),"
    "  pg_catalog.format('ALTER SUBSCRIPTION %I DISABLE', subname),"
    "  pg_catalog.format('ALTER SUBSCRIPTION %I SET (slot_name = NONE)', subname)"
    " FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid"
    " WHERE d.datname = pg_catalog.current_database() ORDER BY 1";

static bool seal_each(struct connection *connection, const struct copy_site_options *options,
                      const char *sql, struct error *err)
{
    SCRATCH(tmp);
    PGresult *rows;
    TRY(connection_ask(tmp, connection, sql, NULL, 0, &rows, err));
    for (int i = 0; i < PQntuples(rows); i++) {
        const char *what = PQgetvalue(rows, i, 0);
        for (int k = 1; k < PQnfields(rows); k++) {
            if (!connection_execute(connection, PQgetvalue(rows, i, k), err))
                return error_wrap(
                    err, "the copy can reach the %s, and that cannot be taken away: ", what);
        }
        if (options->note != NULL)
            options->note(options->context, mem_printf(tmp, "the copy cannot reach the %s", what));
    }
    return true;
}

bool seal_database(const struct copy_site_options *options, const struct secret *url,
                   struct error *err)
{
    SCRATCH(tmp);
    struct connection *connection;
    TRY(server_connect(tmp, options, url, &connection, err));
    TRY(seal_each(connection, options, sql_mappings, err));
    return seal_each(connection, options, sql_subscriptions, err);
}
