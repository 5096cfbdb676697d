/*
 * For tests of fingerprints on PostgreSQL: one database, a schema for each table, one engine.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SUPPORT_FINGERPRINT_RIG_H
#define SUPPORT_FINGERPRINT_RIG_H

#include "driver/engine/postgres/postgres.h"
#include "postgres_server.h"

static struct database *shared; // one database for all pairs, a schema for each table of a pair
static struct engine *engine;

static struct engine *open_as(const char *url)
{
    struct engine *opened = NULL;
    struct error err;
    const struct engine_open_options options = {.url = secret_make(shared, url), .read_only = true, .timeout_ms = 60000};
    if (!postgres_open(shared, &options, &opened, &err))
        fail_msg("%s", err.message);
    return opened;
}

static int group_setup(void **state)
{
    (void)state;
    shared = postgres_database_make("CREATE EXTENSION citext; CREATE EXTENSION hstore");
    engine = open_as(shared->path);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    talloc_free(shared);
    return 0;
}

// Table t in a new schema of that name.
static void make_schema(const char *schema, const char *sql)
{
    SCRATCH(tmp);
    postgres_execute(shared->path,
                     mem_printf(tmp, "SET client_min_messages = warning; DROP SCHEMA IF EXISTS %s CASCADE; CREATE SCHEMA %s; "
                                     "SET search_path = %s, public; %s", schema, schema, schema, sql));
}

static struct engine_fingerprint *print_of(const struct engine_fingerprint_request *request)
{
    struct engine_fingerprint *print;
    if (!postgres_fingerprint(shared, engine, request, &print, &shared->err))
        fail_msg("%s", shared->err.message);
    return print;
}

static struct engine_fingerprint *print_in(const char *schema)
{
    const struct engine_fingerprint_request request = {.table = {schema, "t"}};
    return print_of(&request);
}

static bool is_equal(const struct engine_sum *a, const struct engine_sum *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

#endif
