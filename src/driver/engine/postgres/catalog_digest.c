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
#include <xxhash.h>

struct digesting {
    TALLOC_CTX *mem;
    struct digest_sum *sum;
    struct schema_objects *objects; // NULL: not asked for
};

// What these lines tell belongs to the relation that they name.
static bool is_of_relation(const char *kind)
{
    static const char *const kinds[] = {"relation", "column",  "parent", "constraint", "index",
                                        "sequence", "trigger", "rule",   "policy"};
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return false;
}

static void add_object(struct digesting *digesting, const PGresult *row)
{
    SCRATCH(tmp);
    const char *kind = PQgetvalue(row, 0, 0), *path = PQgetvalue(row, 0, 1);
    const char *detail = PQgetvalue(row, 0, 2);
    // The first field of a column's is its place: "(3,name,…".
    const char *rest = strcmp(kind, "column") == 0 ? strchr(detail, ',') : NULL;
    uint64_t seed = XXH3_64bits(kind, strlen(kind) + 1);
    uint64_t hash = XXH3_64bits_withSeed(detail, strlen(detail), seed);
    schema_objects_add(digesting->mem, digesting->objects,
                       is_of_relation(kind) ? path : mem_printf(tmp, "%s %s", kind, path), hash,
                       rest == NULL ? hash : XXH3_64bits_withSeed(rest, strlen(rest), seed));
}

// Each field with its NUL, which no text of PostgreSQL holds.
static bool add_line(void *context, const PGresult *row)
{
    struct digesting *digesting = context;
    for (int field = 0; field < PQnfields(row); field++)
        digest_add(digesting->sum, PQgetvalue(row, 0, field),
                   (size_t)PQgetlength(row, 0, field) + 1);
    if (digesting->objects != NULL)
        add_object(digesting, row);
    return true;
}

static bool read_lines(struct engine *engine, struct digesting *digesting, struct error *err)
{
    TRY(catalog_pin(engine, err));
    return connection_each(engine->connection, sql_postgres_digest, add_line, digesting, err);
}

static bool read_digest(TALLOC_CTX *mem, struct engine *engine, char hex[65],
                        struct schema_objects *objects, struct error *err)
{
    SCRATCH(tmp);
    struct digesting digesting = {.mem = mem, .sum = digest_begin(tmp), .objects = objects};
    TRY(catalog_begin(engine, err));
    if (!catalog_end(engine, read_lines(engine, &digesting, err), err))
        return false;
    memcpy(hex, digest_end(digesting.sum).hex, DIGEST_TEXT_SIZE);
    return true;
}

bool postgres_catalog_digest(struct engine *engine, char hex[65], struct error *err)
{
    return read_digest(NULL, engine, hex, NULL, err);
}

bool postgres_catalog_objects(TALLOC_CTX *mem, struct engine *engine, char hex[65],
                              struct schema_objects *out, struct error *err)
{
    *out = (struct schema_objects){0};
    TRY(read_digest(mem, engine, hex, out, err));
    schema_objects_end(out);
    return true;
}
