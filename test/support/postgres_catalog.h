/*
 * A database of PostgreSQL with its catalog read, for C tests.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SUPPORT_POSTGRES_CATALOG_H
#define SUPPORT_POSTGRES_CATALOG_H

#include "postgres_server.h"
#include "driver/engine/postgres/postgres.h"

struct catalog_fixture {
    struct database *database;
    struct schema *schema;
};

static inline void catalog_fixture_open(struct catalog_fixture *fixture)
{
    struct database *database = fixture->database;
    const struct engine_open_options options = {
        .url = secret_make(database, database->path), .timeout_ms = 30000, .wait = wait_make(database)};
    TALLOC_FREE(database->engine);
    database->engine = mem_new(database, struct engine);
    database->engine->timeout_ms = options.timeout_ms;
    if (!connection_open(database->engine, &options, &database->engine->connection, &database->err))
        fail_msg("%s", database->err.message);
}

static inline void catalog_fixture_read(struct catalog_fixture *fixture)
{
    struct database *database = fixture->database;
    if (!postgres_catalog_read(database, database->engine, &fixture->schema, &database->err))
        fail_msg("%s", database->err.message);
}

static inline struct catalog_fixture *catalog_fixture_make(const char *sql)
{
    struct database *database = postgres_database_make(sql);
    struct catalog_fixture *fixture = mem_new(database, struct catalog_fixture);
    fixture->database = database;
    catalog_fixture_open(fixture);
    catalog_fixture_read(fixture);
    return fixture;
}

#endif
