/*
 * Named rows: see named_rows.h. The engine's fingerprint gives keys and hashes in the same form as
 * the row images have them, so that nothing is compared but bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/named_rows.h"

struct naming {
    struct table_file *file;
    const struct target *target;
    const struct baseline_table *table;
    const struct trace_rows *rows;
    const char *type; // of the column that is written
    int64_t place;
    struct table_query *insert;
    struct error err;
    bool has_failed;
};

static bool take_row(void *context, const struct engine_row_image *image)
{
    struct naming *naming = context;
    uint8_t hash[ROW_IMAGE_HASH_BYTES];

    for (size_t b = 0; b < sizeof(hash); b++)
        hash[b] = (uint8_t)(image->column_hash[0] >> (8 * b));
    row_images_bind_key(naming->insert, 1, naming->target, image);
    if (naming->rows->value != NULL)
        table_query_bind_blob(naming->insert, 2, hash, sizeof(hash));
    else
        table_query_bind_text(naming->insert, 2, NULL);
    if (table_query_run(naming->insert, &naming->err))
        return true;
    naming->has_failed = true;
    return false;
}

static bool take_rows(struct naming *naming, struct error *err)
{
    SCRATCH(tmp);
    size_t column = naming->place < 0 ? 0 : (size_t)naming->place;
    struct engine_fingerprint *print;
    const struct engine_fingerprint_request request = {
        .table = naming->table->name,
        .columns = &naming->table->columns[column].name,
        .n_columns = 1,
        .key = naming->table->n_key == 0 ? NULL : naming->table->key,
        .n_key = naming->table->n_key,
        .where = naming->rows->where,
        .value = naming->rows->value,
        .value_type = naming->type,
        .image = take_row,
        .context = naming,
    };

    TRY(table_query_make(tmp, naming->file,
                         mem_printf(tmp,
                                    "INSERT OR IGNORE INTO named_row VALUES (%lld, %lld, ?1, ?2)",
                                    (long long)naming->table->id, (long long)naming->place),
                         &naming->insert, err));
    bool is_done = naming->target->driver->proof->fingerprint(tmp, naming->target->engine, &request,
                                                              &print, err);
    if (naming->has_failed)
        *err = naming->err;
    return is_done;
}

// What is refused or fails in some row makes nothing known, and fails nothing.
static bool name_rows(struct naming *naming, struct error *err)
{
    SCRATCH(tmp);
    struct error failure = {0};
    const char *where = mem_printf(tmp, "id = %lld AND place = %lld", (long long)naming->table->id,
                                   (long long)naming->place);

    if (naming->rows->cause == NULL || !naming->rows->is_countable ||
        (naming->rows->where == NULL && naming->rows->value == NULL))
        return true;
    if (take_rows(naming, &failure))
        return table_file_run(naming->file,
                              mem_printf(tmp, "INSERT INTO named VALUES (%lld, %lld, %d)",
                                         (long long)naming->table->id, (long long)naming->place,
                                         naming->rows->value != NULL),
                              err);
    if (naming->has_failed || failure.code == ERROR_INTERRUPTED ||
        failure.code == ERROR_UNREACHABLE) {
        *err = failure;
        return false;
    }
    return table_file_run(naming->file, mem_printf(tmp, "DELETE FROM named_row WHERE %s", where),
                          err);
}

// The keys alone, where the values are not to be had.
static bool name_written(struct naming *naming, struct error *err)
{
    SCRATCH(tmp);
    struct named_rows saved;
    const struct trace_rows *rows = naming->rows;
    struct trace_rows keys = *rows;

    TRY(name_rows(naming, err));
    TRY(named_rows_open(tmp, naming->file, naming->table->id, naming->place, &saved, err));
    if (saved.is_known || rows->value == NULL)
        return true;
    keys.value = NULL;
    struct naming of_keys = *naming;
    of_keys.rows = &keys;
    return name_rows(&of_keys, err);
}

static bool is_key(const struct baseline_table *table, const char *column)
{
    for (size_t i = 0; i < table->n_key; i++)
        if (strcmp(table->key[i], column) == 0)
            return true;
    return false;
}

bool named_rows_save(struct table_file *file, const struct target *target,
                     const struct trace_table *traced, const struct baseline_table *table,
                     struct error *err)
{
    struct naming naming = {.file = file,
                            .target = target,
                            .table = table,
                            .rows = &traced->removed,
                            .place = NAMED_REMOVED};

    if (!table->has_key)
        return true;
    TRY(name_rows(&naming, err));
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct trace_column *column = trace_column_before(traced, table->columns[i].name);
        naming.rows = &column->written;
        naming.type = column->type != NULL ? column->type : table->columns[i].type;
        naming.place = (int64_t)i;
        if (!is_key(table, table->columns[i].name))
            TRY(name_written(&naming, err));
    }
    return true;
}

// --- reading

bool named_rows_open(TALLOC_CTX *mem, struct table_file *file, int64_t id, int64_t place,
                     struct named_rows *out, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    const char *where =
        mem_printf(tmp, "WHERE id = %lld AND place = %lld", (long long)id, (long long)place);

    *out = (struct named_rows){0};
    TRY(table_query_make(tmp, file, mem_printf(tmp, "SELECT has_values FROM named %s", where),
                         &query, err));
    TRY(table_query_next(query, &out->is_known, err));
    if (!out->is_known)
        return true;
    out->has_values = table_query_integer(query, 0) != 0;
    return table_query_make(mem, file,
                            mem_printf(tmp, "SELECT value FROM named_row %s AND key = ?1", where),
                            &out->query, err);
}

bool named_rows_find(struct named_rows *rows, const uint8_t *key, size_t key_len, bool *is_named,
                     const uint8_t **value, struct error *err)
{
    size_t len;

    *value = NULL;
    table_query_reset(rows->query);
    table_query_bind_blob(rows->query, 1, key, key_len);
    TRY(table_query_next(rows->query, is_named, err));
    if (*is_named && rows->has_values)
        *value = table_query_blob(rows->query, 0, &len);
    return true;
}
