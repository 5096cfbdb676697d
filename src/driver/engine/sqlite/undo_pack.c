/*
 * Undo logs, packed: what UPDATEs of named columns overwrote, many rows in one value.
 *
 * To write a row costs SQLite as much as the UPDATE that it is an image of; to look at one costs a
 * fifth. So rowid and named columns are read before the migration and behind it, where the machine
 * has the row anyway (an aggregate), and kept as blocks of bytes: for each row the distance to the
 * rowid before it, the length of its values, and its values.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/sqlite/undo_pack.h"
#include <inttypes.h>

#define BLOCK_BYTES 65536

struct bytes {
    unsigned char *data;
    size_t len, room;
};

// Block by block of a table; `at` holds until the next one is asked for.
struct reader {
    sqlite3_stmt *blocks;
    const unsigned char *at, *end;
    int64_t rowid;
    const unsigned char *row; // values of the row
    size_t row_len;
    bool has_row, is_damaged;
};

struct packing {
    sqlite3_stmt *insert;
    struct bytes block, row;
    int64_t n_rows, block_rowid; // of the last row in the block
    int64_t rowid;               // that was seen last
    bool has_rowid;
    struct reader was; // of the aggregate that differs
};

// --- bytes

static unsigned char *bytes_room(TALLOC_CTX *mem, struct bytes *to, size_t n)
{
    if (to->room - to->len < n) {
        to->room = (to->len + n) * 2;
        to->data = mem_checked(talloc_realloc_size(mem, to->data, to->room));
    }
    return to->data + to->len;
}

// Seven bits a byte, the lowest first.
static void put_number(TALLOC_CTX *mem, struct bytes *to, uint64_t n)
{
    unsigned char *at = bytes_room(mem, to, 10);
    for (; n >= 0x80; n >>= 7)
        *at++ = (unsigned char)(n | 0x80);
    *at++ = (unsigned char)n;
    to->len = (size_t)(at - to->data);
}

static bool get_number(const unsigned char **at, const unsigned char *end, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; *at < end && shift < 64; shift += 7) {
        unsigned char byte = *(*at)++;
        *out |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

// Small negative numbers are short, too.
static uint64_t folded(int64_t n)
{
    return ((uint64_t)n << 1) ^ (uint64_t)(n >> 63);
}

static int64_t unfolded(uint64_t n)
{
    return (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
}

static void put_bytes(TALLOC_CTX *mem, struct bytes *to, const void *data, size_t len)
{
    if (len == 0)
        return;
    memcpy(bytes_room(mem, to, len), data, len);
    to->len += len;
}

static void put_value(TALLOC_CTX *mem, struct bytes *to, sqlite3_value *value)
{
    int type = sqlite3_value_type(value);
    double real;
    put_number(mem, to, (uint64_t)type);
    switch (type) {
    case SQLITE_INTEGER: put_number(mem, to, folded(sqlite3_value_int64(value))); break;
    case SQLITE_FLOAT:
        real = sqlite3_value_double(value);
        put_bytes(mem, to, &real, sizeof real);
        break;
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
        const void *data =
            type == SQLITE_TEXT ? sqlite3_value_text(value) : sqlite3_value_blob(value);
        size_t len = (size_t)sqlite3_value_bytes(value);
        put_number(mem, to, len);
        put_bytes(mem, to, data, len);
        break;
    }
    default: break;
    }
}

// Bind the value at `*at`, and step over it.
static bool bind_value(sqlite3_stmt *statement, int parameter, const unsigned char **at,
                       const unsigned char *end)
{
    uint64_t type;
    uint64_t n = 0;
    double real;
    if (!get_number(at, end, &type))
        return false;
    if (type == SQLITE_NULL)
        return sqlite3_bind_null(statement, parameter) == SQLITE_OK;
    if (type == SQLITE_FLOAT) {
        if ((size_t)(end - *at) < sizeof real)
            return false;
        memcpy(&real, *at, sizeof real);
        *at += sizeof real;
        return sqlite3_bind_double(statement, parameter, real) == SQLITE_OK;
    }
    if (!get_number(at, end, &n))
        return false;
    if (type == SQLITE_INTEGER)
        return sqlite3_bind_int64(statement, parameter, unfolded(n)) == SQLITE_OK;
    const unsigned char *data = *at;
    if (n > (uint64_t)(end - data))
        return false;
    *at += n;
    return (type == SQLITE_TEXT ? sqlite3_bind_text64(statement, parameter, (const char *)data, n,
                                                      SQLITE_TRANSIENT, SQLITE_UTF8)
                                : sqlite3_bind_blob64(statement, parameter, data, n,
                                                      SQLITE_TRANSIENT)) == SQLITE_OK;
}

// --- rows

static bool reader_next_block(struct reader *reader)
{
    int rc = sqlite3_step(reader->blocks);
    if (rc != SQLITE_ROW) {
        reader->is_damaged |= rc != SQLITE_DONE;
        return false;
    }
    reader->at = sqlite3_column_blob(reader->blocks, 0);
    reader->end = reader->at + sqlite3_column_bytes(reader->blocks, 0);
    reader->rowid = 0;
    return true;
}

static void reader_next(struct reader *reader)
{
    uint64_t distance;
    uint64_t len;
    reader->has_row = false;
    if (reader->at == reader->end && !reader_next_block(reader))
        return;
    if (!get_number(&reader->at, reader->end, &distance) ||
        !get_number(&reader->at, reader->end, &len) || len > (uint64_t)(reader->end - reader->at)) {
        reader->is_damaged = true;
        return;
    }
    reader->rowid += unfolded(distance);
    reader->row = reader->at;
    reader->row_len = len;
    reader->at += len;
    reader->has_row = true;
}

static bool put_block(struct packing *packing)
{
    if (packing->n_rows == 0)
        return true;
    sqlite3_bind_int64(packing->insert, 1, packing->n_rows);
    sqlite3_bind_blob64(packing->insert, 2, packing->block.data, packing->block.len, SQLITE_STATIC);
    bool is_done = sqlite3_step(packing->insert) == SQLITE_DONE;
    sqlite3_reset(packing->insert);
    packing->n_rows = packing->block_rowid = 0;
    packing->block.len = 0;
    return is_done;
}

// `after`: behind the values before; NULL: there are none.
static bool put_row(struct packing *packing, int64_t rowid, const unsigned char *before,
                    size_t before_len, const struct bytes *after)
{
    size_t after_len = after == NULL ? 0 : after->len;
    put_number(packing, &packing->block, folded(rowid - packing->block_rowid));
    put_number(packing, &packing->block, before_len + after_len);
    put_bytes(packing, &packing->block, before, before_len);
    if (after != NULL)
        put_bytes(packing, &packing->block, after->data, after_len);
    packing->block_rowid = rowid;
    packing->n_rows++;
    return packing->block.len < BLOCK_BYTES || put_block(packing);
}

// Rows from before up to `rowid` that are not there any more.
static bool put_gone(struct packing *packing, int64_t rowid, bool is_end)
{
    struct reader *was = &packing->was;
    for (; was->has_row && (is_end || was->rowid < rowid); reader_next(was))
        if (!put_row(packing, was->rowid, was->row, was->row_len, NULL))
            return false;
    return !was->is_damaged;
}

static bool put_difference(struct packing *packing, int64_t rowid)
{
    struct reader *was = &packing->was;
    const struct bytes *row = &packing->row;
    if (!put_gone(packing, rowid, false))
        return false;
    if (!was->has_row || was->rowid != rowid)
        return true; // it is new
    bool is_same = was->row_len == row->len && memcmp(was->row, row->data, row->len) == 0;
    bool is_put = is_same || put_row(packing, rowid, was->row, was->row_len, row);
    reader_next(was);
    return is_put && !was->is_damaged;
}

// --- the aggregates

static int packing_free(struct packing *packing)
{
    sqlite3_finalize(packing->insert);
    sqlite3_finalize(packing->was.blocks);
    return 0;
}

static sqlite3_stmt *prepared(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    return sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK ? statement : NULL;
}

static struct packing *packing_make(sqlite3 *db, const char *prefix, bool is_behind)
{
    SCRATCH(tmp);
    struct packing *packing = mem_new(NULL, struct packing);
    talloc_set_destructor(packing, packing_free);
    const char *into = mem_printf(tmp, "%s_%s", prefix, is_behind ? "packed" : "before");
    packing->insert =
        prepared(db, mem_printf(tmp, "INSERT INTO main.%s (n_rows, bytes) VALUES (?, ?)",
                                undo_quote_name(tmp, into)));
    if (is_behind)
        packing->was.blocks =
            prepared(db, mem_printf(tmp, "SELECT bytes FROM main.%s ORDER BY n",
                                    undo_quote_name(tmp, mem_printf(tmp, "%s_before", prefix))));
    if (packing->insert == NULL || (is_behind && packing->was.blocks == NULL)) {
        talloc_free(packing);
        return NULL;
    }
    if (is_behind)
        reader_next(&packing->was);
    return packing;
}

// The second of the two.
static bool is_behind_migration(sqlite3_context *context)
{
    return sqlite3_user_data(context) != NULL;
}

static void on_row(sqlite3_context *context, int n, sqlite3_value **values)
{
    struct packing **at = sqlite3_aggregate_context(context, sizeof(struct packing *));
    if (at == NULL)
        return sqlite3_result_error_nomem(context);
    if (*at == NULL)
        *at =
            packing_make(sqlite3_context_db_handle(context),
                         (const char *)sqlite3_value_text(values[0]), is_behind_migration(context));
    struct packing *packing = *at;
    if (packing == NULL)
        return sqlite3_result_error(context, "the tables of the undo log are gone", -1);
    int64_t rowid = sqlite3_value_int64(values[1]);
    if (packing->has_rowid && rowid <= packing->rowid)
        return sqlite3_result_error(context, "rows do not come in the order of their rowid", -1);
    packing->rowid = rowid;
    packing->has_rowid = true;
    packing->row.len = 0;
    for (int i = 2; i < n; i++)
        put_value(packing, &packing->row, values[i]);
    if (!(is_behind_migration(context)
              ? put_difference(packing, rowid)
              : put_row(packing, rowid, packing->row.data, packing->row.len, NULL)))
        sqlite3_result_error(context, "the undo log cannot be written", -1);
}

static void on_end(sqlite3_context *context)
{
    struct packing **at = sqlite3_aggregate_context(context, 0);
    sqlite3_result_null(context);
    if (at == NULL || *at == NULL)
        return;
    if (!put_gone(*at, 0, true) || !put_block(*at))
        sqlite3_result_error(context, "the undo log cannot be written", -1);
    TALLOC_FREE(*at);
}

bool undo_pack_install(struct engine *engine, struct error *err)
{
    static int yes;
    const int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;
    bool is_done = sqlite3_create_function_v2(engine->handle, UNDO_PACK, -1, flags, NULL, NULL,
                                              on_row, on_end, NULL) == SQLITE_OK &&
                   sqlite3_create_function_v2(engine->handle, UNDO_DIFFER, -1, flags, &yes, NULL,
                                              on_row, on_end, NULL) == SQLITE_OK;
    return is_done || sqlite_fail(engine, err, ERROR_INTERNAL, "undo log");
}

// --- back into rows

static char *insert_sql(TALLOC_CTX *mem, const struct undo_table *table, const char *prefix)
{
    char *marks = talloc_strdup(mem, "1");
    for (size_t i = 0; i < 2 * table->n_columns; i++)
        marks = talloc_asprintf_append(marks, ", ?%zu", i + 1);
    return mem_printf(mem, "INSERT INTO %s (has_after, %s, %s) VALUES (%s)", prefix,
                      undo_table_text(mem, table, COLUMNS_ALL, "%o", ", "),
                      undo_table_text(mem, table, COLUMNS_ALL, "%n", ", "), marks);
}

// Values of all columns, before (`first` 0) or after.
static bool bind_row(sqlite3_stmt *insert, const struct undo_table *table, int64_t rowid,
                     size_t first, const unsigned char **at, const unsigned char *end)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        int parameter = (int)(first + i + 1);
        bool is_bound = table->columns[i].key_position > 0
                            ? sqlite3_bind_int64(insert, parameter, rowid) == SQLITE_OK
                            : bind_value(insert, parameter, at, end);
        if (!is_bound)
            return false;
    }
    return true;
}

// A row that was gone behind the migration holds what it held: it is a conflict for being gone.
static bool unpack_row(sqlite3_stmt *insert, const struct undo_table *table,
                       const struct reader *reader)
{
    const unsigned char *at = reader->row;
    const unsigned char *end = at + reader->row_len;
    if (!bind_row(insert, table, reader->rowid, 0, &at, end))
        return false;
    if (at == end)
        at = reader->row;
    bool is_done = bind_row(insert, table, reader->rowid, table->n_columns, &at, end) &&
                   at == end && sqlite3_step(insert) == SQLITE_DONE;
    sqlite3_reset(insert);
    return is_done;
}

bool undo_unpack(struct engine *engine, const struct undo_table *table, const char *prefix,
                 struct error *err)
{
    SCRATCH(tmp);
    struct cursor *insert;
    struct cursor *blocks;
    TRY(cursor_make(tmp, engine, insert_sql(tmp, table, prefix), &insert, err));
    TRY(cursor_make(tmp, engine, mem_printf(tmp, "SELECT bytes FROM %s_packed ORDER BY n", prefix),
                    &blocks, err));
    struct reader reader = {.blocks = blocks->statement};
    for (reader_next(&reader); reader.has_row; reader_next(&reader))
        if (!unpack_row(insert->statement, table, &reader))
            return sqlite_fail(engine, err, ERROR_DATABASE, "undo log");
    return !reader.is_damaged ||
           error_set(err, ERROR_DATABASE, "the undo log in %s_packed is damaged", prefix);
}
