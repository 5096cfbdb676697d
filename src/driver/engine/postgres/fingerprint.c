/*
 * Fingerprints of PostgreSQL relations: COPY … (FORMAT binary), hashed here (row_image.c).
 *
 * Text of the user (a condition, an expression) and views, which run functions, pass the guard
 * before they run. Outside of a snapshot a fingerprint is its own transaction.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "driver/engine/postgres/reading.h"
#include "driver/engine/postgres/relation_parts.h"
#include "driver/engine/postgres/row_image.h"

#define PROGRESS_ROWS 4096

// What one connection reads.
struct reading {
    const struct engine_fingerprint_request *request;
    struct copy_rows rows;
    struct row_imager *imager;
    int64_t *rows_done; // of all readings
    bool is_broken, was_stopped;
};

static bool take_row(struct reading *reading)
{
    const struct engine_fingerprint_request *request = reading->request;
    if (!row_imager_add(reading->imager, reading->rows.fields)) {
        reading->is_broken = true;
        return false;
    }
    if (++*reading->rows_done % PROGRESS_ROWS == 0 && request->progress != NULL)
        request->progress(request->context, *reading->rows_done);
    if (request->image == NULL)
        return true;
    reading->was_stopped =
        !request->image(request->context, row_imager_image(reading->imager, reading->rows.fields));
    return !reading->was_stopped;
}

static bool take_data(void *context, const char *bytes, size_t len)
{
    struct reading *reading = context;
    const uint8_t *at = (const uint8_t *)bytes;
    const uint8_t *end = at + len;
    for (;;) {
        switch (copy_rows_next(&reading->rows, &at, end)) {
        case COPY_NO_MORE: return true;
        case COPY_BROKEN: reading->is_broken = true; return false;
        case COPY_ROW: TRY(take_row(reading)); break;
        }
    }
}

// --- the result

static struct engine_fingerprint *print_make(TALLOC_CTX *mem, const struct selection *selection)
{
    struct engine_fingerprint *print = mem_new(mem, struct engine_fingerprint);
    print->method = ROW_METHOD;
    print->has_key = selection->n_key > 0;
    for (size_t i = 0; i < selection->n_key; i++)
        *mem_append(print, print->key, print->n_key) =
            mem_strdup(print, selection->key[i].column->name);
    print->n_columns = selection->n_columns;
    print->columns = mem_array(print, struct engine_column_print, print->n_columns);
    for (size_t i = 0; i < print->n_columns; i++) {
        const struct selected_column *column = &selection->columns[i];
        print->columns[i].column = mem_strdup(print, column->column->name);
        print->columns[i].type = text_lower(print, column->column->type);
        if (column->place == PLACE_NONE)
            print->columns[i].unknown = mem_strdup(print, column->column->unknown);
    }
    return print;
}

static void add_up(struct engine_fingerprint *print, const struct reading *readings, size_t n)
{
    SCRATCH(tmp);
    sum128 sum = 0;
    sum128 content = 0;
    sum128 *columns = mem_array(tmp, sum128, print->n_columns);
    for (size_t i = 0; i < n; i++) {
        const struct row_sums *sums = row_imager_sums(readings[i].imager);
        sum += sums->rows_sum;
        content += sums->content;
        print->rows += sums->rows;
        for (size_t j = 0; j < print->n_columns; j++) {
            columns[j] += sums->columns[j];
            print->columns[j].nulls += sums->nulls[j];
        }
    }
    print->sum = row_sum_bytes(sum);
    print->content = row_sum_bytes(content);
    for (size_t j = 0; j < print->n_columns; j++)
        print->columns[j].sum = row_sum_bytes(columns[j]);
}

// --- reading

static bool check_readings(const struct reading *readings, size_t n,
                           const struct relation *relation, struct error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (readings[i].was_stopped)
            return error_set(err, ERROR_INTERRUPTED, "the fingerprint of '%s' was stopped",
                             relation->shown);
        if (readings[i].is_broken)
            return error_set(err, ERROR_UNKNOWN,
                             "%s: the server sent a row that is not in the binary format",
                             relation->shown);
    }
    return true;
}

static struct reading *readings_make(TALLOC_CTX *mem, size_t n, const struct selection *selection,
                                     const struct engine_fingerprint_request *request,
                                     int64_t *rows_done)
{
    struct reading *readings = mem_array(mem, struct reading, n);
    for (size_t i = 0; i < n; i++)
        readings[i] = (struct reading){
            .request = request,
            .rows = {.n_fields = selection->n_fields,
                     .fields = mem_array(mem, struct copy_field, selection->n_fields + 1)},
            .imager = row_imager_make(mem, selection, request),
            .rows_done = rows_done,
        };
    return readings;
}

// One part on each connection, all at once.
static bool copy_parts(struct engine *engine, const struct engine_fingerprint_request *request,
                       const struct selection *selection, const struct relation_parts *parts,
                       struct reading *readings, struct error *err)
{
    SCRATCH(tmp);
    const char **sqls = mem_array(tmp, const char *, parts->n);
    void **contexts = mem_array(tmp, void *, parts->n);
    for (size_t i = 0; i < parts->n; i++) {
        char *sql = selection_sql(tmp, selection, request->where, parts->conditions[i], NULL);
        sqls[i] = mem_printf(tmp, "COPY (%s) TO STDOUT (FORMAT binary)", sql);
        contexts[i] = &readings[i];
    }
    return connection_copy_all(parts->n > 1 ? engine->readers : &engine->connection, sqls, contexts,
                               parts->n, take_data, err);
}

static bool read_rows(struct engine *engine, const struct engine_fingerprint_request *request,
                      const struct selection *selection, struct engine_fingerprint *print,
                      struct error *err)
{
    SCRATCH(tmp);
    struct relation_parts parts;
    int64_t rows_done = 0;
    if (request->where || request->value || selection->relation->rows == ROWS_COMPUTED)
        TRY(guard_allow(engine, selection_sql(tmp, selection, request->where, NULL, NULL), err));
    TRY(relation_parts_make(tmp, engine, selection->relation, engine->n_readers, &parts, err));
    struct reading *readings = readings_make(tmp, parts.n, selection, request, &rows_done);
    TRY(copy_parts(engine, request, selection, &parts, readings, err));
    TRY(check_readings(readings, parts.n, selection->relation, err));
    add_up(print, readings, parts.n);
    return true;
}

static bool fingerprint(TALLOC_CTX *mem, struct engine *engine,
                        const struct engine_fingerprint_request *request,
                        struct engine_fingerprint **out, struct error *err)
{
    SCRATCH(tmp);
    struct relation *relation;
    struct selection *selection;
    TRY(relation_read(tmp, engine, request->table, request->value_type, &relation, err));
    TRY(selection_make(tmp, relation, request, request->image != NULL, &selection, err));
    struct engine_fingerprint *print = print_make(tmp, selection);
    TRY(read_rows(engine, request, selection, print, err));
    *out = talloc_steal(mem, print);
    return true;
}

bool postgres_fingerprint(TALLOC_CTX *mem, struct engine *engine,
                          const struct engine_fingerprint_request *request,
                          struct engine_fingerprint **out, struct error *err)
{
    SCRATCH(tmp);
    struct engine_fingerprint *print;
    TRY(reading_begin(engine, err));
    bool is_done = fingerprint(tmp, engine, request, &print, err);
    reading_end(engine);
    TRY(is_done);
    *out = talloc_steal(mem, print);
    return true;
}
