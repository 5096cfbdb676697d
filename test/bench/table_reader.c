/*
 * Reads whole tables of PostgreSQL by the program's own code, for test/bench/run: what a fingerprint
 * costs beside the same data thrown away by the same client.
 *
 *   table_reader discard URL SCHEMA.TABLE [ORDER]            COPY … (FORMAT binary), thrown away
 *   table_reader fingerprint URL SCHEMA.TABLE CONNECTIONS    within a snapshot
 *   table_reader locate URL SCHEMA.TABLE URL SCHEMA.TABLE    one URL twice: one database
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/postgres.h"
#include "proof/location.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool throw_away(void *context, const char *bytes, size_t len)
{
    int64_t *n = context;
    (void)bytes;
    *n += (int64_t)len;
    return true;
}

static struct name name_of(TALLOC_CTX *mem, const char *text)
{
    const char *dot = strchr(text, '.');
    return dot == NULL ? (struct name){NULL, text} : (struct name){mem_strndup(mem, text, (size_t)(dot - text)), dot + 1};
}

static bool open_target(TALLOC_CTX *mem, const char *url, size_t connections, struct target *out, struct error *err)
{
    const struct engine_open_options options = {
        .url = secret_make(mem, url), .read_only = true, .timeout_ms = 600000, .connections = connections, .allow_superuser = true};
    const struct engine_driver *const drivers[] = {&engine_postgres, &engine_sqlite, NULL};
    TRY(engine_driver_for(drivers, options.url, &out->driver, err));
    TRY(out->driver->session->open(mem, &options, &out->engine, err));
    return out->driver->session->identity(mem, out->engine, &out->identity, err);
}

static bool discard(TALLOC_CTX *mem, const char *url, const char *table, const char *order, struct error *err)
{
    struct connection *connection;
    int64_t n = 0;
    const struct engine_open_options options = {.url = secret_make(mem, url), .timeout_ms = 600000};
    TRY(connection_open(mem, &options, &connection, err));
    const char *sql = mem_printf(mem, "COPY (SELECT * FROM %s%s%s) TO STDOUT (FORMAT binary)",
                                 quote_relation(mem, name_of(mem, table)), order ? " ORDER BY " : "", order ? order : "");
    void *context = &n;
    TRY(connection_copy_all(&connection, &sql, &context, 1, throw_away, err));
    printf("%lld bytes\n", (long long)n);
    return true;
}

static bool fingerprint(TALLOC_CTX *mem, const char *url, const char *table, size_t connections, struct error *err)
{
    struct target target = {0};
    struct engine_fingerprint *print;
    const struct engine_fingerprint_request request = {.table = name_of(mem, table)};
    TRY(open_target(mem, url, connections, &target, err));
    TRY(target.driver->session->snapshot_begin(target.engine, err));
    TRY(target.driver->proof->fingerprint(mem, target.engine, &request, &print, err));
    TRY(target.driver->session->snapshot_end(target.engine, err));
    printf("%lld rows\n", (long long)print->rows);
    return true;
}

static bool locate(TALLOC_CTX *mem, char **arguments, struct error *err)
{
    struct target targets[2] = {0};
    struct location location;
    bool is_one = strcmp(arguments[0], arguments[2]) == 0;
    TRY(open_target(mem, arguments[0], 1, &targets[0], err));
    if (!is_one)
        TRY(open_target(mem, arguments[2], 1, &targets[1], err));
    const struct location_request request = {
        .before = {&targets[0], name_of(mem, arguments[1])},
        .after = {&targets[is_one ? 0 : 1], name_of(mem, arguments[3])},
    };
    TRY(location_find(mem, &request, &location, err));
    printf("%lld missing, %lld extra, %lld changed\n", (long long)location.missing.rows, (long long)location.extra.rows,
           (long long)location.changed.rows);
    return true;
}

int main(int argc, char **argv)
{
    SCRATCH(tmp);
    struct error err = {0};
    bool is_done = false;
    if (argc >= 4 && strcmp(argv[1], "discard") == 0)
        is_done = discard(tmp, argv[2], argv[3], argv[4], &err);
    else if (argc == 5 && strcmp(argv[1], "fingerprint") == 0)
        is_done = fingerprint(tmp, argv[2], argv[3], strtoul(argv[4], NULL, 10), &err);
    else if (argc == 6 && strcmp(argv[1], "locate") == 0)
        is_done = locate(tmp, argv + 2, &err);
    else
        error_set(&err, ERROR_USAGE, "see the head of table_reader.c");
    if (!is_done)
        fprintf(stderr, "table_reader: %s\n", err.message);
    return is_done ? 0 : 2;
}
