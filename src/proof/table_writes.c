/*
 * Table writes: what the migrations' runs and everybody else wrote to a table since the baseline.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/table_writes.h"
#include "proof/runs.h"

// A session that goes idle adds up what it wrote after 10 s at the latest, a busy one every second.
// Source: PGSTAT_IDLE_INTERVAL, PGSTAT_MIN_INTERVAL of PostgreSQL 15,
// src/backend/utils/activity/pgstat.c
#define SETTLES_MS 11000

// --- names under which it may have been counted

struct names {
    struct name *list;
    size_t n;
};

static bool has_name(const struct names *names, struct name name)
{
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->list[i].name, name.name) == 0 &&
            (names->list[i].schema == NULL || name.schema == NULL ||
             strcmp(names->list[i].schema, name.schema) == 0))
            return true;
    return false;
}

static void add_name(TALLOC_CTX *mem, struct names *names, struct name name)
{
    if (name.name != NULL && !has_name(names, name))
        *mem_append(mem, names->list, names->n) = name;
}

static bool is_child(const struct names *names, const struct schema_relation *relation)
{
    for (size_t i = 0; i < relation->n_parents; i++)
        if (has_name(names, relation->parents[i]))
            return true;
    return false;
}

// What is written to a partition is counted there.
static void add_partitions(TALLOC_CTX *mem, const struct schema *schema, struct names *names)
{
    size_t n;

    do {
        n = names->n;
        for (struct schema_relation *relation = schema_next(schema, NULL); relation != NULL;
             relation = schema_next(schema, relation))
            if (is_child(names, relation))
                add_name(mem, names, relation->name);
    } while (names->n > n);
}

static struct names names_of(TALLOC_CTX *mem, const struct table_writes_request *request,
                             const struct comparison *comparison)
{
    struct names names = {0};
    const struct schema_relation *relation =
        request->schema == NULL || comparison->after.name == NULL
            ? NULL
            : schema_find(request->schema, comparison->after);

    add_name(mem, &names, comparison->before->name);
    add_name(mem, &names, comparison->after);
    if (relation != NULL && (relation->kind == RELATION_PARTITIONED || relation->has_children))
        add_partitions(mem, request->schema, &names);
    return names;
}

// --- counters

struct counters {
    bool is_known;
    struct engine_written written;
};

static bool read_now(const struct table_writes_request *request, struct name table,
                     struct counters *out, struct error *err)
{
    const struct target *target = request->writers->target;
    struct error failure = {0};

    *out = (struct counters){0};
    if (target->driver->proof->written == NULL || table.name == NULL || target->identity.is_standby)
        return true;
    if (target->driver->proof->written(target->engine, table, &out->written, &out->is_known,
                                       &failure))
        return true;
    out->is_known = false;
    if (failure.code != ERROR_INTERRUPTED && failure.code != ERROR_UNREACHABLE)
        return true;
    *err = failure;
    return false;
}

// As they were when traffic's rows were noted, just before the first run.
static bool read_noted(const struct table_writes_request *request, int64_t id, struct counters *out,
                       struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool has_row;

    *out = (struct counters){0};
    if (!request->writers->has_noted)
        return true;
    TRY(table_query_make(tmp, request->file,
                         "SELECT inserted, updated, deleted FROM noted.noted WHERE id = ?1 AND "
                         "has_written",
                         &query, err));
    table_query_bind_integer(query, 1, id);
    TRY(table_query_next(query, &has_row, err));
    if (!has_row)
        return true;
    out->is_known = true;
    out->written.inserted = table_query_integer(query, 0);
    out->written.updated = table_query_integer(query, 1);
    out->written.deleted = table_query_integer(query, 2);
    return true;
}

static struct engine_written less(const struct engine_written *a, const struct engine_written *b)
{
    return (struct engine_written){.table = a->table,
                                   .inserted = a->inserted - b->inserted,
                                   .updated = a->updated - b->updated,
                                   .deleted = a->deleted - b->deleted};
}

static bool has_fallen(const struct engine_written *since)
{
    return since->inserted < 0 || since->updated < 0 || since->deleted < 0;
}

// Where the runs' own are not known, all that the text explains is taken for theirs.
static struct engine_written explained(const struct comparison *comparison)
{
    struct engine_written rows = {0};

    for (size_t i = 0; i < comparison->n_columns; i++)
        if (comparison->columns[i].by_migration > rows.updated)
            rows.updated = comparison->columns[i].by_migration;
    rows.inserted = comparison->extra.keys - writer_counts_sum(&comparison->extra.rest.by);
    rows.deleted = comparison->missing.keys - writer_counts_sum(&comparison->missing.rest.by);
    return rows;
}

static bool read_others(const struct table_writes_request *request,
                        const struct comparison *comparison, struct attribution_table *out,
                        struct error *err)
{
    const struct baseline_table *before = comparison->before;
    const struct engine_written theirs = out->has_own ? out->own : explained(comparison);
    struct counters now, noted;

    TRY(read_now(request, comparison->after, &now, err));
    TRY(read_noted(request, before->id, &noted, err));
    if (!now.is_known || !before->has_written)
        return true;
    const struct engine_written since = less(&now.written, &before->written);
    if (has_fallen(&since)) // counters were reset
        return true;
    out->has_others = true;
    out->others = less(&since, &theirs);
    if (!noted.is_known || out->unknown != NULL)
        return true;
    // What is gone cannot have been noted; the rest counts from then on.
    const struct engine_written later = less(&now.written, &noted.written);
    out->others.inserted = later.inserted - theirs.inserted;
    out->others.updated = later.updated - theirs.updated;
    return true;
}

bool table_writes_read(const struct table_writes_request *request,
                       const struct comparison *comparison, struct attribution_table *out,
                       struct error *err)
{
    SCRATCH(tmp);
    const struct trace_table *traced =
        trace_find_before(request->baseline->trace, comparison->before->name);

    *out = (struct attribution_table){.is_supported = writers_are_told(request->writers)};
    if (!out->is_supported)
        return true;
    const struct attribution *attribution = request->writers->attribution;
    const struct names names = names_of(tmp, request, comparison);
    out->unknown = attribution->unknown;
    out->hidden = request->baseline->hidden;
    out->indirect = traced == NULL ? "a table that no text names" : traced->indirect;
    out->is_traced = attribution->is_traced;
    out->is_rewritten = traced != NULL && traced->is_rewritten;
    out->rows = comparison->rows;
    out->has_own = runs_wrote(attribution, names.list, names.n, &out->own);
    return read_others(request, comparison, out, err);
}

int64_t table_writes_settled_ms(const struct table_writes_request *request, int64_t compared_ms)
{
    if (!writers_are_told(request->writers))
        return 0;
    int64_t ended_ms = runs_ended_ms(request->writers->attribution);
    return (ended_ms > 0 ? ended_ms : compared_ms) + SETTLES_MS;
}
