/*
 * PostgreSQL for C tests: databases on the test run's server, or on one of this program's own when
 * no run started one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SUPPORT_POSTGRES_SERVER_H
#define SUPPORT_POSTGRES_SERVER_H

#include "base/process.h"
#include "database.h"
#include "driver/engine/postgres/libpq.h"
#include <stdlib.h>

static char postgres_folder[128]; // of the server, also its socket's folder
static bool postgres_is_own;

static void postgres_command(const char *verb)
{
    SCRATCH(tmp);
    const char *source = getenv("SOURCE") ? getenv("SOURCE") : "..";
    const char *const argv[] = {file_join(tmp, source, "tool/postgres-server"), verb, postgres_folder, NULL};
    const struct process_options options = {.argv = argv};
    struct process_result result;
    struct error err;
    if (!process_run(tmp, &options, &result, &err) || result.status != 0)
        fprintf(stderr, "# postgres-server %s failed\n", verb);
}

static void postgres_stop(void)
{
    postgres_command("stop");
}

static const char *postgres_port(TALLOC_CTX *mem)
{
    SCRATCH(tmp);
    char *text;
    size_t len;
    struct error err;
    if (postgres_folder[0] == '\0') {
        const char *shared = getenv("TMINUS_TEST_POSTGRES");
        postgres_is_own = shared == NULL || shared[0] == '\0';
        if (postgres_is_own) {
            snprintf(postgres_folder, sizeof(postgres_folder), "/var/tmp/tminus-test-%d", (int)getpid());
            postgres_command("start");
            atexit(postgres_stop);
        } else {
            snprintf(postgres_folder, sizeof(postgres_folder), "%s", shared);
        }
    }
    if (!file_read(tmp, file_join(tmp, postgres_folder, "port"), 16, &text, &len, &err))
        fail_msg("%s", err.message);
    return mem_strndup(mem, text, strcspn(text, "\n"));
}

// A URL by TCP, as role `role`.
static const char *postgres_url(TALLOC_CTX *mem, const char *role, const char *database)
{
    SCRATCH(tmp);
    return mem_printf(mem, "postgresql://%s@127.0.0.1:%s/%s", role, postgres_port(tmp), database);
}

// Run SQL through libpq, not through the driver under test.
static void postgres_execute(const char *url, const char *sql)
{
    struct error err;
    if (!libpq_load(&err))
        fail_msg("%s", err.message);
    PGconn *connection = PQconnectdb(url);
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(connection));
    PQclear(result);
    PQfinish(connection);
}

static int postgres_database_drop(struct database *database)
{
    SCRATCH(tmp);
    talloc_free(database->engine);
    // A superuser's connection may still be closing, and only a superuser can end that.
    postgres_execute(postgres_url(tmp, "postgres", "postgres"),
                     mem_printf(tmp, "DROP DATABASE IF EXISTS %s WITH (FORCE)", database->folder));
    return 0;
}

// A database of role deployer, a copy of `origin` or, when that is NULL, with what `sql` makes;
// dropped when freed. `path` is its URL.
static inline struct database *postgres_database_copy(const char *origin, const char *sql)
{
    SCRATCH(tmp);
    static unsigned made;
    struct database *database = mem_new(NULL, struct database);
    database->folder = mem_printf(database, "test_%d_%u", (int)getpid(), made++);
    database->path = mem_strdup(database, postgres_url(tmp, "deployer", database->folder));
    postgres_execute(postgres_url(tmp, "deployer", "postgres"),
                     mem_printf(tmp, "CREATE DATABASE %s TEMPLATE %s", database->folder, origin ? origin : "template1"));
    talloc_set_destructor(database, postgres_database_drop);
    if (origin == NULL && sql != NULL)
        postgres_execute(database->path, sql);
    return database;
}

static inline struct database *postgres_database_make(const char *sql)
{
    return postgres_database_copy(NULL, sql);
}

#endif
