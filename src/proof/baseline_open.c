/*
 * Baselines: reading one back, and whether it may be used.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/quantity.h"
#include "proof/baseline.h"
#include "proof/observation.h"

#define APPLICATION_ID 1953327458
#define FORMAT 3 // 1: no instant, no counters, no unread columns; 2: no objects of the schema

static int baseline_release(struct baseline *baseline)
{
    json_decref(baseline->migrations);
    json_decref(baseline->schema_objects);
    return 0;
}

// Whatever is wrong with the file, the answer is the same: it cannot be a reason to go on.
static bool is_bad(struct error *err)
{
    if (err->code == ERROR_INPUT)
        err->code = ERROR_BASELINE;
    return false;
}

static bool read_pragma(struct table_file *file, const char *sql, int64_t *out, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool has_row;

    TRY(table_query_make(tmp, file, sql, &query, err));
    TRY(table_query_next(query, &has_row, err));
    *out = has_row ? table_query_integer(query, 0) : 0;
    return true;
}

static bool check_format(struct table_file *file, int64_t *out, struct error *err)
{
    int64_t application, format;

    TRY(read_pragma(file, "PRAGMA application_id", &application, err));
    TRY(read_pragma(file, "PRAGMA user_version", &format, err));
    *out = format;
    if (application != APPLICATION_ID)
        return error_set(err, ERROR_BASELINE, "%s: not a baseline of tminus",
                         table_file_path(file));
    if (format > FORMAT)
        return error_set(err, ERROR_BASELINE, "%s: written by a newer tminus (format %lld)",
                         table_file_path(file), (long long)format);
    return true;
}

static bool read_meta(TALLOC_CTX *mem, struct table_file *file, const char *name, const char **out,
                      struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool has_row;

    TRY(table_query_make(tmp, file, "SELECT value FROM meta WHERE name = ?1", &query, err));
    table_query_bind_text(query, 1, name);
    TRY(table_query_next(query, &has_row, err));
    if (!has_row)
        return error_set(err, ERROR_BASELINE, "%s: damaged: no '%s' in it", table_file_path(file),
                         name);
    *out = mem_strdup(mem, table_query_text(query, 0));
    return true;
}

static bool read_json_meta(struct table_file *file, const char *name, json_t **out,
                           struct error *err)
{
    SCRATCH(tmp);
    const char *text;

    TRY(read_meta(tmp, file, name, &text, err));
    return json_read(table_file_path(file), text == NULL ? "" : text,
                     text == NULL ? 0 : strlen(text), out, err);
}

static void read_names(struct baseline *baseline, const json_t *list, const char ***names,
                       size_t *n)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        *mem_append(baseline, *names, *n) =
            mem_strdup(baseline, json_string_value(json_array_get(list, i)));
}

static bool read_documents(struct baseline *baseline, int64_t format, struct error *err)
{
    json_auto_t *masked = NULL;
    json_auto_t *trace = NULL;
    json_auto_t *invariants = NULL;

    TRY(read_json_meta(baseline->file, "masked", &masked, err));
    read_names(baseline, masked, &baseline->masked, &baseline->n_masked);
    if (format >= 3)
        TRY(read_json_meta(baseline->file, "schema_objects", &baseline->schema_objects, err));
    TRY(read_json_meta(baseline->file, "trace", &trace, err));
    TRY(trace_from_json(baseline, trace, &baseline->trace, err));
    TRY(read_json_meta(baseline->file, "invariants", &invariants, err));
    TRY(invariants_from_json(baseline, invariants, &baseline->invariants, err));
    return read_json_meta(baseline->file, "migrations", &baseline->migrations, err);
}

struct meta_text {
    const char *name;
    const char **out;
};

static bool read_all_meta(struct baseline *baseline, const struct meta_text *texts, size_t n,
                          struct error *err)
{
    for (size_t i = 0; i < n; i++)
        TRY(read_meta(baseline, baseline->file, texts[i].name, texts[i].out, err));
    return true;
}

static bool read_texts(struct baseline *baseline, int64_t format, struct error *err)
{
    const struct meta_text texts[] = {
        {"engine", &baseline->identity.engine},      {"system", &baseline->identity.system},
        {"database", &baseline->identity.database},  {"server", &baseline->identity.version},
        {"schema_digest", &baseline->schema_digest}, {"service", &baseline->service},
        {"environment", &baseline->environment},     {"title", &baseline->title},
    };
    const char *taken_at, *changes_schema, *keeps_rows = NULL;
    const struct meta_text since_2[] = {{"instant", &baseline->instant},
                                        {"hidden", &baseline->hidden},
                                        {"keeps_rows", &keeps_rows}};

    TRY(read_all_meta(baseline, texts, COUNT_OF(texts), err));
    if (format >= 2)
        TRY(read_all_meta(baseline, since_2, COUNT_OF(since_2), err));
    baseline->keeps_rows = keeps_rows != NULL;
    TRY(read_meta(baseline, baseline->file, "changes_schema", &changes_schema, err));
    baseline->changes_schema = changes_schema != NULL && strcmp(changes_schema, "yes") == 0;
    TRY(read_meta(baseline, baseline->file, "taken_at", &taken_at, err));
    return clock_parse(taken_at == NULL ? "" : taken_at, &baseline->taken_ms, err);
}

// --- tables

static void read_sum(struct table_query *query, int at, struct engine_sum *out)
{
    size_t len;
    const void *bytes = table_query_blob(query, at, &len);
    if (len == sizeof(out->bytes))
        memcpy(out->bytes, bytes, len);
}

static bool read_columns(struct baseline *baseline, int64_t format, struct baseline_table *table,
                         struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool has_row;

    TRY(table_query_make(tmp, baseline->file,
                         mem_printf(tmp,
                                    "SELECT name, type, sum, nulls, least, greatest, total, "
                                    "written_rows, is_shown, %s FROM column_print WHERE id = ?1 "
                                    "ORDER BY place",
                                    format >= 2 ? "unknown" : "NULL"),
                         &query, err));
    table_query_bind_integer(query, 1, table->id);
    for (;;) {
        TRY(table_query_next(query, &has_row, err));
        if (!has_row)
            return true;
        struct baseline_column *column = mem_append(baseline, table->columns, table->n_columns);
        column->name = mem_strdup(baseline, table_query_text(query, 0));
        column->type = mem_strdup(baseline, table_query_text(query, 1));
        read_sum(query, 2, &column->sum);
        column->nulls = table_query_integer(query, 3);
        column->least = mem_strdup(baseline, table_query_text(query, 4));
        column->greatest = mem_strdup(baseline, table_query_text(query, 5));
        column->total = mem_strdup(baseline, table_query_text(query, 6));
        column->written_rows = table_query_integer(query, 7);
        column->is_shown = table_query_integer(query, 8) != 0;
        column->unknown = mem_strdup(baseline, table_query_text(query, 9));
    }
}

static bool read_table(struct baseline *baseline, int64_t format, struct table_query *query,
                       struct baseline_table *table, struct error *err)
{
    json_auto_t *key = NULL;
    const char *key_text = table_query_text(query, 6) ?: "";

    TRY(json_read(baseline->path, key_text, strlen(key_text), &key, err));
    read_names(baseline, key, &table->key, &table->n_key);
    table->id = table_query_integer(query, 0);
    table->name.schema = mem_strdup(baseline, table_query_text(query, 1));
    table->name.name = mem_strdup(baseline, table_query_text(query, 2));
    table->rows = table_query_integer(query, 3);
    table->has_key = table_query_integer(query, 4) != 0;
    table->key_is_rowid = table_query_integer(query, 5) != 0;
    read_sum(query, 7, &table->sum);
    read_sum(query, 8, &table->content);
    table->removed_rows = table_query_integer(query, 9);
    table->age_column = mem_strdup(baseline, table_query_text(query, 10));
    table->age = mem_strdup(baseline, table_query_text(query, 11));
    table->has_written = table_query_integer(query, 12) != 0;
    table->written = (struct engine_written){.table = table->name,
                                             .inserted = table_query_integer(query, 13),
                                             .updated = table_query_integer(query, 14),
                                             .deleted = table_query_integer(query, 15)};
    return read_columns(baseline, format, table, err);
}

static bool read_tables(struct baseline *baseline, int64_t format, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool has_row;

    TRY(table_query_make(
        tmp, baseline->file,
        mem_printf(tmp,
                   "SELECT id, schema, name, rows, has_key, key_is_rowid, key, sum, content, "
                   "removed_rows, age_column, age, %s FROM table_print ORDER BY id",
                   format >= 2 ? "has_written, inserted, updated, deleted" : "0, 0, 0, 0"),
        &query, err));
    for (;;) {
        TRY(table_query_next(query, &has_row, err));
        if (!has_row)
            return true;
        struct baseline_table *table = mem_append(baseline, baseline->tables, baseline->n_tables);
        TRY(read_table(baseline, format, query, table, err));
    }
}

bool baseline_open(TALLOC_CTX *mem, const char *path, struct baseline **out, struct error *err)
{
    SCRATCH(tmp);
    struct baseline *baseline = mem_new(tmp, struct baseline);
    struct digest_text digest;
    int64_t format;

    talloc_set_destructor(baseline, baseline_release);
    baseline->path = mem_strdup(baseline, path);
    if (file_kind(path) == FILE_MISSING) {
        error_set(err, ERROR_BASELINE, "%s: there is no such baseline", path);
        return error_hint(err, "take one before the change: tminus baseline save");
    }
    if (!digest_of_file(path, &digest, err) ||
        !table_file_open(baseline, path, TABLE_FILE_READ, &baseline->file, err) ||
        !check_format(baseline->file, &format, err) || !read_texts(baseline, format, err) ||
        !read_documents(baseline, format, err) || !read_tables(baseline, format, err))
        return is_bad(err);
    baseline->sha256 = mem_strdup(baseline, digest.hex);
    *out = talloc_steal(mem, baseline);
    return true;
}

// --- may it be used?

static bool is_other(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) != 0;
}

bool baseline_check_identity(const struct baseline *baseline,
                             const struct engine_identity *identity, struct error *err)
{
    const struct engine_identity *own = &baseline->identity;

    // An SQLite file has no id until tminus stores one: what was not known is not compared.
    bool has_lost_id = own->system != NULL && identity->system == NULL;
    if (!is_other(own->engine, identity->engine) && !is_other(own->system, identity->system) &&
        !has_lost_id && !is_other(own->database, identity->database))
        return true;
    bool is_replaced = !is_other(own->database, identity->database);
    error_set(err, ERROR_IDENTITY, "the baseline is of another database: %s, not of %s%s",
              own->database, identity->database,
              is_replaced ? " as it is now: its id differs" : "");
    return error_hint(
        err, "name the right database or baseline; if the database was moved, save a new baseline");
}

bool baseline_check_age(const struct baseline *baseline, int64_t moment_ms, int64_t max_age_ms,
                        struct error *err)
{
    SCRATCH(tmp);
    int64_t age_ms = moment_ms - baseline->taken_ms;

    if (max_age_ms <= 0 || age_ms <= max_age_ms)
        return true;
    error_set(err, ERROR_BASELINE, "%s: too old: taken %s before, at most %s are allowed",
              baseline->path, quantity_duration(tmp, age_ms), quantity_duration(tmp, max_age_ms));
    return error_hint(
        err, "save a new one right before the change, or set gates: {baseline: {max_age: …}}");
}

bool baseline_results(TALLOC_CTX *mem, const struct baseline *baseline, const struct target *target,
                      struct results *out, struct error *err)
{
    struct results results = {0};

    for (size_t i = 0; i < baseline->invariants.n; i++) {
        const struct invariant *invariant = &baseline->invariants.list[i];
        if ((invariant->moments & MOMENT_BEFORE) == 0)
            continue;
        struct result *result = mem_append(mem, results.list, results.n);
        TRY(observation_judge_before(mem, baseline->file, target, invariant, result, err));
    }
    *out = results;
    return true;
}
