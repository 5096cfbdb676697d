/*
 * Fingerprints of SQLite tables: each row's image (printer.c), added up.
 *
 * Rows are read from the table itself (NOT INDEXED): an index may cover the columns and be damaged
 * apart.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/sqlite/printer.h"

#define FUNCTION "tminus_fingerprint" // guard.c allows it; it exists while a fingerprint is taken
#define PROGRESS_ROWS 4096

struct scan {
    struct engine *engine;
    const struct engine_fingerprint_request *request;
    struct table_key *key;
    struct printer *printer;
    bool was_stopped; // by the request's callback
};

static bool add_row(struct scan *scan, sqlite3_value **row)
{
    const struct engine_fingerprint_request *request = scan->request;
    int64_t rows = printer_add(scan->printer, row);
    if (request->progress && rows % PROGRESS_ROWS == 0)
        request->progress(request->context, rows);
    return request->image == NULL ||
           request->image(request->context, printer_image(scan->printer, row));
}

// An aggregate is handed the row where the machine has it: 0.75 of the time of stepping.
static void on_row(sqlite3_context *context, int n, sqlite3_value **row)
{
    struct scan *scan = sqlite3_user_data(context);
    (void)n;
    if (add_row(scan, row))
        return;
    scan->was_stopped = true;
    sqlite3_result_error(context, "stopped", -1);
}

static void on_end(sqlite3_context *context)
{
    sqlite3_result_null(context);
}

static bool read_aggregate(TALLOC_CTX *mem, struct scan *scan, struct error *err)
{
    struct engine *engine = scan->engine;
    struct cursor *cursor = NULL;
    bool has_row;
    // Refused while another statement of this connection runs, so it never outlives `scan`.
    if (sqlite3_create_function_v2(engine->handle, FUNCTION, -1, SQLITE_UTF8, scan, NULL, on_row,
                                   on_end, NULL) != SQLITE_OK)
        return sqlite_fail(engine, err, ERROR_INTERNAL, "fingerprint");
    bool is_done =
        guard_prepare(mem, engine, table_key_select(mem, scan->key, FUNCTION), &cursor, err) &&
        cursor_step(engine, cursor, &has_row, err);
    talloc_free(cursor);
    sqlite3_create_function_v2(engine->handle, FUNCTION, -1, SQLITE_UTF8, NULL, NULL, NULL, NULL,
                               NULL);
    return is_done;
}

// For tables with more columns than a function may have arguments.
static bool read_steps(TALLOC_CTX *mem, struct scan *scan, struct error *err)
{
    struct cursor *cursor;
    size_t n = scan->key->n_values;
    sqlite3_value **row = mem_array(mem, sqlite3_value *, n);
    TRY(guard_prepare(mem, scan->engine, table_key_select(mem, scan->key, ""), &cursor, err));
    while (!scan->was_stopped) {
        bool has_row;
        TRY(cursor_step(scan->engine, cursor, &has_row, err));
        if (!has_row)
            return true;
        for (size_t i = 0; i < n; i++)
            row[i] = sqlite3_column_value(cursor->statement, (int)i);
        scan->was_stopped = !add_row(scan, row);
    }
    return false;
}

static bool read_rows(struct scan *scan, struct error *err)
{
    SCRATCH(tmp);
    sqlite3 *db = scan->engine->handle;
    size_t most = (size_t)sqlite3_limit(db, SQLITE_LIMIT_FUNCTION_ARG, -1);
    deadline_set(scan->engine, 0); // as long as it takes; a tick may cancel
    bool is_done =
        scan->key->n_values <= most ? read_aggregate(tmp, scan, err) : read_steps(tmp, scan, err);
    guard_end(scan->engine);
    if (scan->was_stopped)
        return error_set(err, ERROR_INTERRUPTED, "the fingerprint of '%s' was stopped",
                         scan->request->table.name);
    return is_done;
}

bool sqlite_fingerprint(TALLOC_CTX *mem, struct engine *engine,
                        const struct engine_fingerprint_request *request,
                        struct engine_fingerprint **out, struct error *err)
{
    SCRATCH(tmp);
    struct table_columns columns;
    struct scan scan = {.engine = engine, .request = request};
    TRY(table_columns_read(tmp, engine, request, &columns, err));
    TRY(table_key_make(tmp, engine, request, &columns, &scan.key, err));
    scan.printer = printer_make(tmp, request, &columns, scan.key);
    TRY(read_rows(&scan, err));
    *out = printer_end(mem, scan.printer);
    return true;
}
