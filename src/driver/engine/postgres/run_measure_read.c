/*
 * Reading what a measured run did: relations and their files, locks, counters.
 *
 * Locks are asked for on the second connection, the rest in the migration's own session, because
 * nobody else sees what is not committed. These questions name the system's schema everywhere: the
 * migration may have set any search_path.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/run_measure.h"
#include "queries.h"
#include <stdlib.h>

static unsigned oid_at(const PGresult *result, int row, int column)
{
    return (unsigned)strtoul(PQgetvalue(result, row, column), NULL, 10);
}

static int64_t number_at(const PGresult *result, int row, int column)
{
    return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

static int compare_relations(const void *a, const void *b)
{
    unsigned x = ((const struct measure_relation *)a)->oid;
    unsigned y = ((const struct measure_relation *)b)->oid;
    return (x > y) - (x < y);
}

// NULL: it was not there before the run.
static struct measure_relation *measure_find(const struct run_measure *measure, unsigned oid)
{
    const struct measure_relation key = {.oid = oid};
    if (measure->n == 0)
        return NULL;
    return bsearch(&key, measure->relations, measure->n, sizeof key, compare_relations);
}

// --- files of indexes

// The place of the first that is not less.
static size_t file_place(const struct run_measure *measure, unsigned file)
{
    size_t low = 0;
    size_t high = measure->n_index_files;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (measure->index_files[middle] < file)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// The index's file is a new one: it was built.
static bool measure_add_index_file(struct run_measure *measure, unsigned file)
{
    size_t at = file_place(measure, file);
    if (file == 0 || (at < measure->n_index_files && measure->index_files[at] == file))
        return false;
    *mem_append(measure->mem, measure->index_files, measure->n_index_files) = file;
    memmove(measure->index_files + at + 1, measure->index_files + at,
            (measure->n_index_files - 1 - at) * sizeof(*measure->index_files));
    measure->index_files[at] = file;
    return true;
}

static void take_index(struct run_measure *measure, struct measure_relation *table, unsigned file)
{
    if (measure_add_index_file(measure, file) && table != NULL)
        table->is_indexed = true;
}

static void take_file(struct measure_relation *relation, unsigned file)
{
    if (relation == NULL)
        return;
    relation->is_rewritten |= file != relation->file;
    relation->file = file;
}

// --- relations

static void keep_relation(struct run_measure *measure, const PGresult *result, int i)
{
    struct measure_relation relation = {
        .oid = oid_at(result, i, 0),
        .name = {.schema = mem_strdup(measure->mem, PQgetvalue(result, i, 1)),
                 .name = mem_strdup(measure->mem, PQgetvalue(result, i, 2))},
        .kind = *PQgetvalue(result, i, 3),
        .table = oid_at(result, i, 5),
        .file = oid_at(result, i, 4),
    };
    *mem_append(measure->mem, measure->relations, measure->n) = relation;
    if (relation.kind == 'i')
        (void)!measure_add_index_file(measure, relation.file);
}

bool measure_read_relations(struct run *run, struct error *err)
{
    SCRATCH(tmp);
    struct run_measure *measure = run->measure;
    PGresult *result;
    bool is_first = measure->n == 0;
    TRY(connection_ask(tmp, run->connection, sql_postgres_measure_relations, NULL, 0, &result,
                       err));
    for (int i = 0; i < PQntuples(result); i++) {
        if (is_first)
            keep_relation(measure, result, i);
        else if (*PQgetvalue(result, i, 3) == 'i')
            take_index(measure, measure_find(measure, oid_at(result, i, 5)), oid_at(result, i, 4));
        else
            take_file(measure_find(measure, oid_at(result, i, 0)), oid_at(result, i, 4));
    }
    if (is_first && measure->n > 0)
        qsort(measure->relations, measure->n, sizeof(*measure->relations), compare_relations);
    return true;
}

// --- locks

bool measure_read_locks(struct run *run, unsigned *modes, struct error *err)
{
    SCRATCH(tmp);
    struct run_measure *measure = run->measure;
    PGresult *result;
    TRY(run_watch_ask(tmp, &run->watch, sql_postgres_measure_locks, run->watch.process, &result,
                      err));
    for (int i = 0; i < PQntuples(result); i++) {
        enum lock_mode mode;
        const struct measure_relation *relation = measure_find(measure, oid_at(result, i, 0));
        if (relation != NULL && lock_mode_by_name(PQgetvalue(result, i, 1), &mode))
            modes[relation - measure->relations] |= 1U << mode;
        measure->wal = number_at(result, i, 2);
    }
    return true;
}

// --- counters

static struct measure_counts counts_at(const PGresult *result, int row, int column)
{
    return (struct measure_counts){
        .scans = number_at(result, row, column),
        .inserted = number_at(result, row, column + 1),
        .updated = number_at(result, row, column + 2),
        .deleted = number_at(result, row, column + 3),
    };
}

bool measure_read_counts(struct run *run, struct error *err)
{
    SCRATCH(tmp);
    struct run_measure *measure = run->measure;
    PGresult *result;
    for (size_t i = 0; i < measure->n; i++)
        measure->relations[i].counts = (struct measure_counts){0};
    TRY(connection_ask(tmp, run->connection, sql_postgres_measure_counts, NULL, 0, &result, err));
    for (int i = 0; i < PQntuples(result); i++) {
        struct measure_relation *relation = measure_find(measure, oid_at(result, i, 0));
        if (relation == NULL)
            continue;
        relation->counts = counts_at(result, i, 1);
        relation->counts.lookups = number_at(result, i, 5);
    }
    return true;
}

// Counters go down where TRUNCATE takes back what the transaction itself wrote.
static int64_t grown(int64_t now, int64_t before)
{
    return now > before ? now - before : 0;
}

static void take_counts(struct measure_relation *relation, struct measure_counts now)
{
    struct measure_counts before = relation->counts;
    relation->did.scans += grown(now.scans, before.scans);
    relation->did.inserted += grown(now.inserted, before.inserted);
    relation->did.updated += grown(now.updated, before.updated);
    relation->did.deleted += grown(now.deleted, before.deleted);
    relation->did.lookups += grown(now.lookups, before.lookups);
    relation->counts = now;
}

// The rows of the answer that are of indexes; `lookups`: added up, one for each relation.
static void take_indexes(struct run_measure *measure, const PGresult *result, int64_t *lookups)
{
    for (int i = 0; i < PQntuples(result); i++) {
        unsigned oid = oid_at(result, i, 2);
        struct measure_relation *table = oid != 0 ? measure_find(measure, oid) : NULL;
        if (oid != 0)
            take_index(measure, table, oid_at(result, i, 1));
        if (table != NULL)
            lookups[table - measure->relations] += number_at(result, i, 4);
    }
}

bool measure_read_touched(struct run *run, const char *oids, struct error *err)
{
    SCRATCH(tmp);
    struct run_measure *measure = run->measure;
    PGresult *result;
    int64_t *lookups = mem_array(tmp, int64_t, measure->n + 1);
    TRY(connection_ask(tmp, run->connection, sql_postgres_measure_touched, &oids, 1, &result, err));
    take_indexes(measure, result, lookups);
    for (int i = 0; i < PQntuples(result); i++) {
        struct measure_relation *relation =
            oid_at(result, i, 2) == 0 ? measure_find(measure, oid_at(result, i, 0)) : NULL;
        if (relation == NULL)
            continue;
        take_file(relation, oid_at(result, i, 1));
        // TRUNCATE within code: there are no rows in the new file.
        relation->is_emptied = relation->is_rewritten && *PQgetvalue(result, i, 3) == 't';
        struct measure_counts now = counts_at(result, i, 4);
        now.lookups = lookups[relation - measure->relations];
        take_counts(relation, now);
    }
    return true;
}

bool measure_read_stored(struct run *run, struct error *err)
{
    SCRATCH(tmp);
    PGresult *result;
    if (run->engine->version < MEASURE_FLUSH_VERSION)
        return true;
    TRY(connection_execute(run->connection, "SELECT pg_catalog.pg_stat_force_next_flush()", err));
    TRY(run_watch_ask(tmp, &run->watch, sql_postgres_measure_stored, NULL, &result, err));
    for (int i = 0; i < PQntuples(result); i++) {
        struct measure_relation *relation = measure_find(run->measure, oid_at(result, i, 0));
        if (relation == NULL)
            continue;
        struct measure_counts now = counts_at(result, i, 1);
        now.lookups = number_at(result, i, 5);
        take_counts(relation, now);
    }
    return true;
}
