/*
 * Baselines: taking one, all of its values of one instant.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "proof/baseline.h"
#include "proof/baseline_format.h"
#include "proof/named_rows.h"
#include "proof/observation.h"
#include "proof/row_images.h"
#include "proof/sql.h"
#include "proof/table_facts.h"
#include <unistd.h>

// What everybody wrote to a table until just before the baseline's instant.
struct counted {
    bool is_known;
    struct engine_written written;
};

struct saving {
    const struct baseline_request *request;
    struct table_file *file;
    struct invariants invariants; // the request's, and group counts
    int64_t taken_ms;             // the snapshot's instant
    char *instant;                // in the engine's own words; NULL
    struct counted *counted;      // one for each table of the trace
};

const struct config_table *baseline_settings(const struct config *config, struct name table)
{
    SCRATCH(tmp);

    for (size_t i = 0; config != NULL && i < config->n_tables; i++)
        if (strcmp(config->tables[i].name, table.name) == 0 ||
            (table.schema != NULL &&
             strcmp(config->tables[i].name, mem_printf(tmp, "%s.%s", table.schema, table.name)) ==
                 0))
            return &config->tables[i];
    return NULL;
}

// --- which tables

static bool is_data(const struct schema_relation *relation)
{
    return relation->kind == RELATION_TABLE && !relation->is_temporary;
}

static bool include_named(const struct baseline_request *request, const char *table,
                          struct error *err)
{
    SCRATCH(tmp);
    struct name name = {NULL, table};
    const char *dot = strchr(table, '.');
    if (dot != NULL)
        name = (struct name){mem_strndup(tmp, table, (size_t)(dot - table)), dot + 1};
    const struct schema_relation *relation = schema_find(request->schema, name);
    if (relation == NULL || !is_data(relation))
        return error_set(err, ERROR_INPUT, "there is no table '%s' in %s", table,
                         request->target->identity.text);
    trace_include(request->trace, relation);
    return true;
}

// What the change writes to a table it writes to its children, so they are compared as part of it:
// where the table has all of their columns.
static bool is_within(const struct baseline_request *request, size_t n_named,
                      const struct schema_relation *relation)
{
    for (size_t p = 0; p < relation->n_parents; p++) {
        const struct schema_relation *parent = schema_find(request->schema, relation->parents[p]);
        if (parent == NULL || parent->n_columns != relation->n_columns)
            continue;
        for (size_t i = 0; i < n_named; i++)
            if (trace_is_same_name(request->trace->tables[i]->before, parent->name))
                return true;
        if (is_within(request, n_named, parent))
            return true;
    }
    return false;
}

static bool include_tables(const struct baseline_request *request, struct error *err)
{
    for (size_t i = 0; i < request->n_tables; i++)
        TRY(include_named(request, request->tables[i], err));
    size_t n_named = request->trace->n_tables;
    for (struct schema_relation *relation = request->is_all ? schema_next(request->schema, NULL)
                                                            : NULL;
         relation != NULL; relation = schema_next(request->schema, relation))
        if (is_data(relation) && !is_within(request, n_named, relation))
            trace_include(request->trace, relation);
    return true;
}

// --- group counts of columns with few values, which the migration does not write (I16)

static char *groups_sql(TALLOC_CTX *mem, struct name table, const char *column)
{
    SCRATCH(tmp);
    const char *quoted = sql_name(tmp, column);
    return mem_printf(mem, "SELECT %s, count(*) FROM %s GROUP BY %s", quoted,
                      sql_relation(tmp, table), quoted);
}

static void add_groups(TALLOC_CTX *mem, struct saving *saving, const struct trace_table *traced,
                       const struct baseline_table *table)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct trace_column *column = trace_column_before(traced, table->columns[i].name);
        if (!table->columns[i].is_shown || column->written.cause != NULL || column->after == NULL ||
            traced->after.name == NULL || traced->removed.cause != NULL || traced->added != NULL)
            continue;
        *mem_append(mem, saving->invariants.list, saving->invariants.n) = (struct invariant){
            .name = mem_printf(mem, "I16/%s.%s", sql_shown(mem, traced->before), column->before),
            .catalogue = "I16",
            .title = mem_printf(mem, "as many %s of each %s as before",
                                sql_shown(mem, traced->before), column->before),
            .kind = INVARIANT_SAME,
            .moments = MOMENT_BOTH,
            .sql = groups_sql(mem, traced->after, column->after),
            .sql_before = groups_sql(mem, traced->before, column->before),
            .is_required = true,
            .because = "a column of few values that the migration does not write",
            .table = sql_shown(mem, traced->before),
        };
    }
}

// --- one table

static void name_key(TALLOC_CTX *mem, const struct saving *saving, const struct trace_table *traced,
                     struct baseline_table *table)
{
    const struct config_table *settings =
        baseline_settings(saving->request->config, traced->before);
    const char *const *key = settings != NULL && settings->n_key > 0 ? settings->key : traced->key;
    size_t n = settings != NULL && settings->n_key > 0 ? settings->n_key : traced->n_key;

    for (size_t i = 0; i < n; i++)
        *mem_append(mem, table->key, table->n_key) = mem_strdup(mem, key[i]);
}

static bool take_rows(TALLOC_CTX *mem, const struct saving *saving, struct baseline_table *table,
                      struct engine_fingerprint **print, struct error *err)
{
    SCRATCH(tmp);
    const char **columns = mem_array(tmp, const char *, table->n_columns);
    size_t *shown = mem_array(tmp, size_t, table->n_columns);
    bool *few = mem_array(tmp, bool, table->n_columns);
    size_t n_shown = 0;

    for (size_t i = 0; i < table->n_columns; i++) {
        columns[i] = table->columns[i].name;
        if (table->columns[i].is_shown)
            shown[n_shown++] = i;
    }
    const struct row_images_request request = {
        .target = saving->request->target,
        .table = table->name,
        .columns = columns,
        .n_columns = table->n_columns,
        .key = table->key,
        .n_key = table->n_key,
        .shown = shown,
        .n_shown = n_shown,
        .few = few,
        .id = table->id,
        .wants_content = table->n_key == 0,
        .rows_expected = table->rows,
    };
    TRY(row_images_take(mem, saving->file, &request, print, err));
    // The catalog's number of different values is an estimate; the rows know.
    for (size_t i = 0; i < n_shown; i++)
        table->columns[shown[i]].is_shown = few[i];
    return true;
}

// Rows are matched by it: of two rows with one key, the loss of one could hide.
static bool check_unique(const struct saving *saving, const struct baseline_table *table,
                         struct error *err)
{
    SCRATCH(tmp);
    const char *key = sql_list(tmp, NULL, table->key, table->n_key, ", ");
    struct table_query *query;
    bool has_row;

    TRY(table_query_make(
        tmp, saving->file,
        mem_printf(tmp, "SELECT count(*) FROM row_image_%lld", (long long)table->id), &query, err));
    TRY(table_query_next(query, &has_row, err));
    int64_t doubled = table->rows - table_query_integer(query, 0);
    if (doubled == 0 || !table->has_key)
        return true;
    error_set(err, ERROR_CONFIG, "table '%s': %s is no key: %lld rows have the key of another one",
              table->name.name, key, (long long)doubled);
    return error_hint(err, "name columns that tell all rows apart: tables: {%s: {key: …}}",
                      table->name.name);
}

static bool save_table(struct saving *saving, const struct trace_table *traced, int64_t id,
                       TALLOC_CTX *mem, struct error *err)
{
    const struct schema_relation *relation = schema_find(saving->request->schema, traced->before);
    struct baseline_table table = {.id = id, .name = traced->before, .removed_rows = -1};
    const struct counted *counted = &saving->counted[id - 1];
    struct engine_fingerprint *print;

    if (relation == NULL)
        return error_set(err, ERROR_INPUT,
                         "the migration changes table '%s', which %s does not have",
                         traced->before.name, saving->request->target->identity.text);
    name_key(mem, saving, traced, &table);
    TRY(table_facts_read(mem, saving->request, traced, relation, &table, err));
    TRY(take_rows(mem, saving, &table, &print, err));
    table.rows = print->rows;
    table.has_key = print->has_key;
    table.key_is_rowid = print->key_is_rowid;
    table.sum = print->sum;
    table.content = print->content;
    table.has_written = counted->is_known;
    table.written = counted->written;
    TRY(check_unique(saving, &table, err));
    for (size_t i = 0; i < table.n_columns; i++) {
        table.columns[i].sum = print->columns[i].sum;
        table.columns[i].nulls = print->columns[i].nulls;
        table.columns[i].unknown = print->columns[i].unknown;
    }
    TRY(named_rows_save(saving->file, saving->request->target, traced, &table, err));
    add_groups(mem, saving, traced, &table);
    return baseline_write_table(saving->file, &table, err);
}

// --- the whole

static bool save_observations(const struct saving *saving, struct error *err)
{
    const struct target *target = saving->request->target;

    for (size_t i = 0; i < saving->invariants.n; i++) {
        const struct invariant *invariant = &saving->invariants.list[i];
        if ((invariant->moments & MOMENT_BEFORE) == 0)
            continue;
        if (target->progress != NULL)
            target->progress(target->context, "invariants", (int64_t)i,
                             (int64_t)saving->invariants.n);
        TRY(observation_take(saving->file, target, invariant, MOMENT_BEFORE, err));
    }
    return true;
}

static bool save_drifts(const struct saving *saving, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *insert;

    if (saving->request->earlier == NULL)
        return true;
    TRY(table_query_make(tmp, saving->file,
                         "INSERT INTO drift (invariant, absolute) VALUES (?1, ?2)", &insert, err));
    for (size_t i = 0; i < saving->invariants.n; i++) {
        const struct invariant *invariant = &saving->invariants.list[i];
        double drift;
        if (invariant->tolerance.kind != TOLERANCE_LEARNED)
            continue;
        TRY(observation_drift(saving->file, invariant->name, &drift, err));
        table_query_bind_text(insert, 1, invariant->name);
        table_query_bind_real(insert, 2, drift);
        TRY(table_query_run(insert, err));
    }
    return true;
}

static bool changes_schema(const struct trace *trace)
{
    for (size_t i = 0; i < trace->n_tables; i++) {
        const struct trace_table *table = trace->tables[i];
        if (table->before.name == NULL || table->after.name == NULL || table->rebuilt != NULL ||
            strcmp(table->before.name, table->after.name) != 0)
            return true;
        for (size_t c = 0; c < table->n_columns; c++)
            if (table->columns[c]->before == NULL || table->columns[c]->after == NULL ||
                strcmp(table->columns[c]->before, table->columns[c]->after) != 0)
                return true;
    }
    return false;
}

static bool save_meta(const struct saving *saving, struct error *err)
{
    const struct baseline_request *request = saving->request;
    struct baseline baseline = {
        .file = saving->file,
        .identity = request->target->identity,
        .service = request->service,
        .environment = request->environment,
        .title = request->title,
        .taken_ms = saving->taken_ms,
        .instant = saving->instant,
        .keeps_rows = request->trace->keeps_rows,
        .hidden = request->trace->hidden,
        .migrations = request->migrations,
        .changes_schema = changes_schema(request->trace),
        .trace = request->trace,
        .masked = request->target->masked,
        .n_masked = request->target->n_masked,
        .invariants = saving->invariants,
    };
    SCRATCH(tmp);
    json_auto_t *kept = json_object();
    struct schema_objects objects;
    char digest[65];

    TRY(request->target->driver->catalog->objects(tmp, request->target->engine, digest, &objects,
                                                  err));
    for (size_t i = 0; i < objects.n; i++)
        json_put_text(kept, objects.list[i].name, schema_object_text(tmp, &objects.list[i]));
    baseline.schema_digest = digest;
    baseline.schema_objects = kept;
    return baseline_write_meta(&baseline, err);
}

// Before the snapshot: what is counted twice makes verify unsure, what is never counted would make
// it accuse the migration.
static bool count_written(TALLOC_CTX *mem, struct saving *saving, struct error *err)
{
    const struct target *target = saving->request->target;
    const struct trace *trace = saving->request->trace;

    saving->counted = mem_array(mem, struct counted, trace->n_tables + 1);
    // A standby counts for itself, and nobody writes to it.
    bool is_counted = target->driver->proof->written != NULL && !target->identity.is_standby;
    for (size_t i = 0; is_counted && i < trace->n_tables; i++) {
        struct counted *counted = &saving->counted[i];
        if (trace->tables[i]->before.name != NULL)
            TRY(target->driver->proof->written(target->engine, trace->tables[i]->before,
                                               &counted->written, &counted->is_known, err));
    }
    return true;
}

static bool save_all(TALLOC_CTX *mem, struct saving *saving, struct error *err)
{
    for (size_t i = 0; i < saving->request->trace->n_tables; i++) {
        const struct trace_table *traced = saving->request->trace->tables[i];
        if (traced->before.name != NULL)
            TRY(save_table(saving, traced, (int64_t)i + 1, mem, err));
    }
    TRY(save_observations(saving, err));
    TRY(save_drifts(saving, err));
    return save_meta(saving, err);
}

static bool save_in_snapshot(TALLOC_CTX *mem, struct saving *saving, struct error *err)
{
    const struct target *target = saving->request->target;
    struct error ignored;

    TRY(include_tables(saving->request, err));
    TRY(count_written(mem, saving, err));
    TRY(target->driver->session->snapshot_begin(target->engine, err));
    saving->taken_ms = clock_wall_ms();
    bool is_saved =
        (target->driver->session->instant == NULL ||
         target->driver->session->instant(mem, target->engine, &saving->instant, err)) &&
        save_all(mem, saving, err);
    bool is_ended =
        target->driver->session->snapshot_end(target->engine, is_saved ? err : &ignored);
    return is_saved && is_ended;
}

static bool judge(TALLOC_CTX *mem, const struct saving *saving, struct results *out,
                  struct error *err)
{
    for (size_t i = 0; i < saving->invariants.n; i++) {
        const struct invariant *invariant = &saving->invariants.list[i];
        if ((invariant->moments & MOMENT_BEFORE) == 0)
            continue;
        struct result *result = mem_append(mem, out->list, out->n);
        TRY(observation_judge_before(mem, saving->file, saving->request->target, invariant, result,
                                     err));
    }
    return true;
}

static bool fill(TALLOC_CTX *mem, struct saving *saving, const char *path, struct results *out,
                 struct error *err)
{
    TRY(table_file_open(mem, path, TABLE_FILE_WRITE, &saving->file, err));
    // What is not finished is thrown away: no journal is needed, and one sync at the end.
    TRY(table_file_run(saving->file, "PRAGMA journal_mode = OFF; PRAGMA page_size = 16384", err));
    if (saving->request->earlier != NULL)
        TRY(table_file_attach(saving->file, saving->request->earlier, "earlier", err));
    TRY(table_file_run(saving->file, "BEGIN", err));
    TRY(baseline_make_tables(saving->file, err));
    TRY(observation_tables(saving->file, err));
    TRY(save_in_snapshot(mem, saving, err));
    TRY(table_file_run(saving->file, "COMMIT", err));
    return judge(mem, saving, out, err);
}

static void copy_invariants(TALLOC_CTX *mem, const struct invariants *from, struct invariants *to)
{
    for (size_t i = 0; i < from->n; i++)
        *mem_append(mem, to->list, to->n) = from->list[i];
}

enum verdict baseline_verdict(const struct baseline *baseline, const struct results *results)
{
    // Nothing had to be asked: what is saved is all that there is to do.
    bool is_enough = baseline->n_tables > 0 || baseline->keeps_rows;
    return results->n == 0 && is_enough ? VERDICT_GO : results_verdict(results);
}

bool baseline_save(TALLOC_CTX *mem, const struct baseline_request *request, struct results *out,
                   struct error *err)
{
    SCRATCH(tmp);
    struct saving saving = {.request = request};
    struct results results = {0};
    char *unfinished = mem_printf(tmp, "%s.unfinished", request->path);

    if (file_kind(request->path) != FILE_MISSING) {
        error_set(err, ERROR_INPUT, "%s: is there already", request->path);
        return error_hint(err, "a baseline never takes the place of a file; name another one");
    }
    copy_invariants(mem, request->invariants, &saving.invariants);
    unlink(unfinished);
    bool is_filled = fill(mem, &saving, unfinished, &results, err);
    TALLOC_FREE(saving.file);
    if (is_filled && rename(unfinished, request->path) != 0)
        is_filled = error_set(err, ERROR_SYSTEM, "%s: %m", request->path);
    if (!is_filled) {
        unlink(unfinished);
        return false;
    }
    *out = results;
    return true;
}
