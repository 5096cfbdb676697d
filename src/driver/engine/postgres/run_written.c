/*
 * What a transaction wrote, by the server's own counters of the session: free, exact for rows that
 * were inserted, updated and deleted, within savepoints too. They know nothing of TRUNCATE and of
 * tables that were rewritten, and count what was taken back to a savepoint.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/run.h"
#include "queries.h"

static int64_t number(const PGresult *result, int row, int column)
{
    return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

bool run_counts_read(TALLOC_CTX *mem, struct connection *connection, struct run_counts *out,
                     struct error *err)
{
    SCRATCH(tmp);
    PGresult *result;
    struct run_counts counts = {0};
    TRY(connection_ask(tmp, connection, sql_postgres_transaction_written, NULL, 0, &result, err));
    for (int i = 0; i < PQntuples(result); i++) {
        counts.is_known = strcmp(PQgetvalue(result, i, 6), "on") == 0;
        if (PQgetisnull(result, i, 0))
            continue;
        *mem_append(mem, counts.list, counts.n) = (struct run_count){
            .oid = mem_strdup(mem, PQgetvalue(result, i, 0)),
            .written = {.table = {.schema = mem_strdup(mem, PQgetvalue(result, i, 1)),
                                  .name = mem_strdup(mem, PQgetvalue(result, i, 2))},
                        .inserted = number(result, i, 3),
                        .updated = number(result, i, 4),
                        .deleted = number(result, i, 5)},
        };
    }
    *out = counts;
    return true;
}

static struct engine_written written_before(const struct run_counts *before, const char *oid)
{
    for (size_t i = 0; i < before->n; i++) {
        if (strcmp(before->list[i].oid, oid) == 0)
            return before->list[i].written;
    }
    return (struct engine_written){0};
}

void run_counts_difference(TALLOC_CTX *mem, const struct run_counts *before,
                           const struct run_counts *after, struct engine_run *out)
{
    out->has_written = before->is_known && after->is_known;
    for (size_t i = 0; out->has_written && i < after->n; i++) {
        struct engine_written written = after->list[i].written;
        struct engine_written earlier = written_before(before, after->list[i].oid);
        written.inserted -= earlier.inserted;
        written.updated -= earlier.updated;
        written.deleted -= earlier.deleted;
        if (written.inserted + written.updated + written.deleted == 0)
            continue;
        written.table.schema = mem_strdup(mem, written.table.schema);
        written.table.name = mem_strdup(mem, written.table.name);
        *mem_append(mem, out->written, out->n_written) = written;
    }
}
