/*
 * Writers: who wrote each row, while the rows of a table are read.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/writers.h"

struct noted_rows {
    struct table_query *query;
};

bool writers_are_told(const struct writers *writers)
{
    return writers != NULL && writers->instant != NULL &&
           writers->target->driver->proof->wrote != NULL;
}

enum writer writers_of(const struct writers *writers, const struct engine_row_image *image)
{
    enum engine_wrote wrote =
        writers->target->driver->proof->wrote(writers->instant, image->writer);
    return attribution_writer(writers->attribution, wrote, image->writer, false);
}

static bool has_table(struct table_file *file, int64_t id, bool *out, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;

    TRY(table_query_make(tmp, file,
                         mem_printf(tmp,
                                    "SELECT 1 FROM noted.sqlite_schema WHERE name = 'noted_%lld'",
                                    (long long)id),
                         &query, err));
    return table_query_next(query, out, err);
}

bool noted_rows_open(TALLOC_CTX *mem, const struct writers *writers, struct table_file *file,
                     int64_t id, struct noted_rows **out, struct error *err)
{
    SCRATCH(tmp);
    bool is_there = false;

    *out = NULL;
    if (writers == NULL || !writers->has_noted)
        return true;
    TRY(has_table(file, id, &is_there, err));
    if (!is_there)
        return true;
    struct noted_rows *rows = mem_new(mem, struct noted_rows);
    TRY(table_query_make(
        rows, file, mem_printf(tmp, "SELECT 1 FROM noted.noted_%lld WHERE key = ?1", (long long)id),
        &rows->query, err));
    *out = rows;
    return true;
}

bool noted_rows_resolve(struct noted_rows *rows, const uint8_t *key, size_t key_len,
                        enum writer *writer, struct error *err)
{
    bool is_noted;

    if (rows == NULL || (*writer != WRITER_MIGRATION && *writer != WRITER_AMONG))
        return true;
    table_query_reset(rows->query);
    table_query_bind_blob(rows->query, 1, key, key_len);
    TRY(table_query_next(rows->query, &is_noted, err));
    if (is_noted)
        *writer = WRITER_NOTED;
    return true;
}
