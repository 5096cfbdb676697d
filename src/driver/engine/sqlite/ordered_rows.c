/*
 * Rows of a SQLite table in the order of its key.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/sqlite/ordered_rows.h"

// By the bytes of texts, whatever collation the column has.
static char *order_sql(TALLOC_CTX *mem, const struct table_key *key)
{
    char *sql = table_key_select(mem, key, "");
    for (size_t i = 0; i < key->n; i++) {
        char *name = sqlite3_mprintf("\"%w\" COLLATE BINARY", key->names[i]);
        sql = mem_printf(mem, "%s%s%s", sql, i ? ", " : " ORDER BY ", name);
        sqlite3_free(name);
    }
    return key->n > 0 ? sql : mem_printf(mem, "%s ORDER BY %s", sql, key->rowid);
}

static bool step(struct ordered_rows *rows, struct error *err)
{
    TRY(cursor_step(rows->engine, rows->cursor, &rows->has_row, err));
    for (size_t i = 0; i < rows->key->n_values && rows->has_row; i++)
        rows->row[i] = sqlite3_column_value(rows->cursor->statement, (int)i);
    return true;
}

// The first step under the guard: from then on SQLite does not read the schema again.
static bool begin(struct ordered_rows *rows, struct error *err)
{
    SCRATCH(tmp);
    deadline_set(rows->engine, 0); // as long as it takes; a tick may cancel
    bool is_done =
        guard_prepare(rows, rows->engine, order_sql(tmp, rows->key), &rows->cursor, err) &&
        step(rows, err);
    guard_end(rows->engine);
    rows->is_read = is_done;
    return is_done;
}

bool ordered_rows_open(TALLOC_CTX *mem, struct engine *engine,
                       const struct engine_fingerprint_request *request, struct ordered_rows **out,
                       struct error *err)
{
    SCRATCH(tmp);
    struct ordered_rows *rows = mem_new(tmp, struct ordered_rows);
    rows->engine = engine;
    rows->table = request->table.name;
    TRY(table_columns_read(rows, engine, request, &rows->columns, err));
    TRY(table_key_make(rows, engine, request, &rows->columns, &rows->key, err));
    if (!table_key_is_known(rows->key)) {
        error_set(err, ERROR_INPUT, "table '%s' has no key to match rows by", rows->table);
        return error_hint(err, "name columns whose values are unique and not NULL as its key");
    }
    rows->row = mem_array(rows, sqlite3_value *, rows->key->n_values);
    TRY(begin(rows, err));
    *out = talloc_steal(mem, rows);
    return true;
}

static void put_value(struct ordered_rows *rows, struct order_image *order, sqlite3_value *value)
{
    int type = sqlite3_value_type(value);
    if (type == SQLITE_INTEGER) {
        order_put_integer(rows, order, sqlite3_value_int64(value));
    } else if (type == SQLITE_FLOAT) {
        order_put_real(rows, order, sqlite3_value_double(value));
    } else {
        const void *bytes = table_key_bytes(rows->key, value, type);
        size_t len = (size_t)sqlite3_value_bytes(value);
        if (type == SQLITE_TEXT)
            order_put_text(rows, order, bytes, len);
        else
            order_put_bytes(rows, order, bytes, len);
    }
}

static bool put_key(struct ordered_rows *rows, struct order_image *order)
{
    const struct table_key *key = rows->key;
    order_clear(order);
    for (size_t i = 0; i < key->n; i++) {
        sqlite3_value *value = rows->row[key->places[i]];
        if (sqlite3_value_type(value) == SQLITE_NULL)
            return false;
        put_value(rows, order, value);
    }
    if (key->n == 0)
        put_value(rows, order, rows->row[key->rowid_place]);
    return true;
}

static bool check_order(struct ordered_rows *rows, struct error *err)
{
    struct order_image *order = &rows->orders[rows->n % 2];
    const struct order_image *before = &rows->orders[(rows->n + 1) % 2];
    bool is_null = !put_key(rows, order);
    int difference =
        rows->n == 0 ? 1 : order_compare(order->bytes, order->len, before->bytes, before->len);
    rows->order = order;
    rows->n++;
    if (difference > 0 && !is_null)
        return true;
    const char *key = table_key_text(rows->key, rows->row);
    if (difference < 0 && !is_null) {
        error_set(err, ERROR_UNKNOWN, "%s: its rows do not come in the order of the key: %s",
                  rows->table, key);
        return error_hint(err, "texts of a UTF-16 database are ordered in another way");
    }
    error_set(err, ERROR_INPUT, "%s: its rows cannot be told by their key: %s%s", rows->table,
              is_null ? "a value of it is NULL" : key, is_null ? "" : " stands in more than one");
    return error_hint(err, "name a key whose values are unique and not NULL");
}

bool ordered_rows_next(struct ordered_rows *rows, bool *has_row, struct error *err)
{
    if (!rows->is_read)
        TRY(step(rows, err));
    rows->is_read = false;
    if (rows->has_row)
        TRY(check_order(rows, err));
    *has_row = rows->has_row;
    return true;
}
