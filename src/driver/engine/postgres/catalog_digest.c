/*
 * Digest of a PostgreSQL schema: SHA-256 over the rows of sql/postgres/digest.sql, which says what
 * is in it and what is not.
 *
 * The server prints each object as it would be written by pg_dump; a later major version may print
 * the same object in another way. So digests are compared within one server, or between servers of
 * one version.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/digest.h"
#include "driver/engine/postgres/catalog.h"
#include "sql/queries.h"

// Each field with its NUL, which no text of PostgreSQL holds.
static bool add_line(void *context, const PGresult *row)
{
    for (int field = 0; field < PQnfields(row); field++)
        digest_add(context, PQgetvalue(row, 0, field), (size_t)PQgetlength(row, 0, field) + 1);
    return true;
}

static bool read_lines(struct engine *engine, struct digest_sum *sum, struct error *err)
{
    TRY(catalog_pin(engine, err));
    return connection_each(engine->connection, sql_postgres_digest, add_line, sum, err);
}

bool postgres_catalog_digest(struct engine *engine, char hex[65], struct error *err)
{
    SCRATCH(tmp);
    struct digest_sum *sum = digest_begin(tmp);
    TRY(catalog_begin(engine, err));
    if (!catalog_end(engine, read_lines(engine, sum, err), err))
        return false;
    memcpy(hex, digest_end(sum).hex, DIGEST_TEXT_SIZE);
    return true;
}
