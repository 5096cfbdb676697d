/*
 * Guarded queries: one statement that only reads, judged, run and handed on row by row.
 *
 * The judgement happens within the transaction that runs the statement, so that both see the same
 * names, functions and settings.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/connection.h"
#include <inttypes.h>

struct reading {
    TALLOC_CTX *mem; // of names and values
    engine_row *row;
    void *context;
    const char **names; // NULL before the first row
    struct engine_value *values;
    size_t n;
    int64_t rows, bytes;
    bool is_too_large;
};

// Type numbers of pg_type, which never change.
static enum engine_value_kind kind_of(Oid type)
{
    switch (type) {
    case 20:                       // int8
    case 21:                       // int2
    case 23:                       // int4
    case 26: return VALUE_INTEGER; // oid
    case 700:                      // float4
    case 701:                      // float8
    case 1700: return VALUE_REAL;  // numeric
    case 17: return VALUE_BYTES;
    default: return VALUE_TEXT;
    }
}

static struct engine_value read_value(TALLOC_CTX *mem, const PGresult *row, int column)
{
    if (PQgetisnull(row, 0, column))
        return (struct engine_value){.kind = VALUE_NULL, .is_null = true, .text = ""};
    struct engine_value value = {.kind = kind_of(PQftype(row, column)),
                                 .text = PQgetvalue(row, 0, column),
                                 .len = (size_t)PQgetlength(row, 0, column)};
    if (value.kind == VALUE_BYTES && value.len >= 2) {
        value.text = mem_printf(mem, "x'%s'", value.text + 2); // behind \x
        value.len++;
    }
    return value;
}

static void read_names(struct reading *reading, const PGresult *row)
{
    reading->n = (size_t)PQnfields(row);
    reading->names = mem_array(reading->mem, const char *, reading->n + 1);
    reading->values = mem_array(reading->mem, struct engine_value, reading->n + 1);
    for (size_t i = 0; i < reading->n; i++)
        reading->names[i] = mem_strdup(reading->mem, PQfname(row, (int)i));
}

static bool read_row(void *context, const PGresult *row)
{
    SCRATCH(tmp);
    struct reading *reading = context;
    if (reading->names == NULL)
        read_names(reading, row);
    for (size_t i = 0; i < reading->n; i++) {
        reading->values[i] = read_value(tmp, row, (int)i);
        reading->bytes += (int64_t)reading->values[i].len;
        reading->is_too_large |= reading->values[i].len > ENGINE_QUERY_VALUE_BYTES_MAX;
    }
    reading->rows++;
    reading->is_too_large |=
        reading->rows > ENGINE_QUERY_ROWS_MAX || reading->bytes > ENGINE_QUERY_BYTES_MAX;
    return !reading->is_too_large &&
           reading->row(reading->context, reading->names, reading->values, reading->n);
}

static bool ask_guarded(struct engine *engine, const char *sql, struct reading *reading,
                        struct error *err)
{
    TRY(guard_allow(engine, sql, err));
    TRY(connection_each(engine->connection, sql, read_row, reading, err));
    if (reading->is_too_large)
        return error_set(
            err, ERROR_UNKNOWN,
            "the query's answer is too large (limits: %d rows, %" PRId64 " bytes, %d in one value)",
            ENGINE_QUERY_ROWS_MAX, ENGINE_QUERY_BYTES_MAX, ENGINE_QUERY_VALUE_BYTES_MAX);
    return true;
}

bool postgres_query(struct engine *engine, const char *sql, engine_row *row, void *context,
                    struct error *err)
{
    SCRATCH(tmp);
    struct reading reading = {.mem = tmp, .row = row, .context = context};
    struct error ending;
    TRY(session_begin(engine, err));
    bool is_done = ask_guarded(engine, sql, &reading, err);
    bool is_ended = session_end(engine, is_done ? err : &ending);
    // The server is there; it is this question that has no answer. The next one may have.
    if (!is_done && !engine->connection->is_lost &&
        (err->code == ERROR_UNREACHABLE || err->code == ERROR_DATABASE))
        err->code = ERROR_UNKNOWN;
    return is_done && is_ended;
}
