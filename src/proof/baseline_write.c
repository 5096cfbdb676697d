/*
 * The format of a baseline's file: writing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "proof/baseline_format.h"

bool baseline_make_tables(struct table_file *file, struct error *err)
{
    // application_id "tmib": told apart from any other SQLite file.
    return table_file_run(
        file,
        "PRAGMA application_id = 1953327458; PRAGMA user_version = 3;"
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
        "CREATE TABLE table_print (id INTEGER PRIMARY KEY, schema TEXT, name TEXT NOT NULL,"
        " rows INTEGER NOT NULL, has_key INTEGER NOT NULL, key_is_rowid INTEGER NOT NULL,"
        " key TEXT NOT NULL, sum BLOB NOT NULL, content BLOB NOT NULL, removed_rows INTEGER NOT "
        "NULL,"
        " age_column TEXT, age TEXT, has_written INTEGER NOT NULL, inserted INTEGER NOT NULL,"
        " updated INTEGER NOT NULL, deleted INTEGER NOT NULL);"
        "CREATE TABLE column_print (id INTEGER, place INTEGER, name TEXT NOT NULL, type TEXT NOT "
        "NULL,"
        " sum BLOB NOT NULL, nulls INTEGER NOT NULL, least TEXT, greatest TEXT, total TEXT,"
        " written_rows INTEGER NOT NULL, is_shown INTEGER NOT NULL, unknown TEXT,"
        " PRIMARY KEY (id, place)) WITHOUT ROWID;"
        "CREATE TABLE named (id INTEGER, place INTEGER, has_values INTEGER NOT NULL,"
        " PRIMARY KEY (id, place)) WITHOUT ROWID;"
        "CREATE TABLE named_row (id INTEGER, place INTEGER, key BLOB, value BLOB,"
        " PRIMARY KEY (id, place, key)) WITHOUT ROWID",
        err);
}

static bool write_column(struct table_query *insert, int64_t id, size_t place,
                         const struct baseline_column *column, struct error *err)
{
    table_query_bind_integer(insert, 1, id);
    table_query_bind_integer(insert, 2, (int64_t)place);
    table_query_bind_text(insert, 3, column->name);
    table_query_bind_text(insert, 4, column->type);
    table_query_bind_blob(insert, 5, column->sum.bytes, sizeof(column->sum.bytes));
    table_query_bind_integer(insert, 6, column->nulls);
    table_query_bind_text(insert, 7, column->least);
    table_query_bind_text(insert, 8, column->greatest);
    table_query_bind_text(insert, 9, column->total);
    table_query_bind_integer(insert, 10, column->written_rows);
    table_query_bind_integer(insert, 11, column->is_shown);
    table_query_bind_text(insert, 12, column->unknown);
    return table_query_run(insert, err);
}

static char *names_json(TALLOC_CTX *mem, const char *const *names, size_t n)
{
    json_auto_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_text(names[i]));
    return json_canonical(mem, list);
}

bool baseline_write_table(struct table_file *file, const struct baseline_table *table,
                          struct error *err)
{
    SCRATCH(tmp);
    struct table_query *insert;

    TRY(table_query_make(tmp, file,
                         "INSERT INTO table_print VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
                         "?11, ?12, ?13, ?14, ?15, ?16)",
                         &insert, err));
    table_query_bind_integer(insert, 1, table->id);
    table_query_bind_text(insert, 2, table->name.schema);
    table_query_bind_text(insert, 3, table->name.name);
    table_query_bind_integer(insert, 4, table->rows);
    table_query_bind_integer(insert, 5, table->has_key);
    table_query_bind_integer(insert, 6, table->key_is_rowid);
    table_query_bind_text(insert, 7, names_json(tmp, table->key, table->n_key));
    table_query_bind_blob(insert, 8, table->sum.bytes, sizeof(table->sum.bytes));
    table_query_bind_blob(insert, 9, table->content.bytes, sizeof(table->content.bytes));
    table_query_bind_integer(insert, 10, table->removed_rows);
    table_query_bind_text(insert, 11, table->age_column);
    table_query_bind_text(insert, 12, table->age);
    table_query_bind_integer(insert, 13, table->has_written);
    table_query_bind_integer(insert, 14, table->written.inserted);
    table_query_bind_integer(insert, 15, table->written.updated);
    table_query_bind_integer(insert, 16, table->written.deleted);
    TRY(table_query_run(insert, err));
    TRY(table_query_make(
        tmp, file,
        "INSERT INTO column_print VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
        "?11, ?12)",
        &insert, err));
    for (size_t i = 0; i < table->n_columns; i++)
        TRY(write_column(insert, table->id, i, &table->columns[i], err));
    return true;
}

struct meta {
    struct table_query *insert;
    struct error *err;
    bool has_failed;
};

static void put(struct meta *meta, const char *name, const char *value)
{
    if (meta->has_failed)
        return;
    table_query_bind_text(meta->insert, 1, name);
    table_query_bind_text(meta->insert, 2, value);
    meta->has_failed = !table_query_run(meta->insert, meta->err);
}

bool baseline_write_meta(const struct baseline *baseline, struct error *err)
{
    SCRATCH(tmp);
    struct meta meta = {.err = err};
    json_auto_t *trace = trace_to_json(baseline->trace);
    json_auto_t *invariants = invariants_to_json(&baseline->invariants);

    TRY(table_query_make(tmp, baseline->file, "INSERT INTO meta (name, value) VALUES (?1, ?2)",
                         &meta.insert, err));
    put(&meta, "tminus", TMINUS_VERSION);
    put(&meta, "taken_at", clock_format(baseline->taken_ms).text);
    put(&meta, "instant", baseline->instant);
    put(&meta, "hidden", baseline->hidden);
    put(&meta, "keeps_rows", baseline->keeps_rows ? "yes" : NULL);
    put(&meta, "engine", baseline->identity.engine);
    put(&meta, "system", baseline->identity.system);
    put(&meta, "database", baseline->identity.database);
    put(&meta, "server", baseline->identity.version);
    put(&meta, "schema_digest", baseline->schema_digest);
    put(&meta, "schema_objects", json_canonical(tmp, baseline->schema_objects));
    put(&meta, "service", baseline->service);
    put(&meta, "environment", baseline->environment);
    put(&meta, "title", baseline->title);
    put(&meta, "masked", names_json(tmp, baseline->masked, baseline->n_masked));
    put(&meta, "migrations", json_canonical(tmp, baseline->migrations));
    put(&meta, "changes_schema", baseline->changes_schema ? "yes" : "no");
    put(&meta, "trace", json_canonical(tmp, trace));
    put(&meta, "invariants", json_canonical(tmp, invariants));
    return !meta.has_failed;
}
