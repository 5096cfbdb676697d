/*
 * Rows of a SQLite table in the order of its key (driver/engine/order.h).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_SQLITE_ORDERED_ROWS_H
#define DRIVER_ENGINE_SQLITE_ORDERED_ROWS_H

#include "driver/engine/order.h"
#include "driver/engine/sqlite/key.h"

struct ordered_rows {
    struct engine *engine;
    const char *table;
    struct table_columns columns;
    struct table_key *key;
    struct cursor *cursor;
    bool is_read; // the row at hand was not asked for yet
    bool has_row;
    sqlite3_value **row;          // as table_key_select gives it
    struct order_image orders[2]; // of the row at hand and of the one before
    const struct order_image *order;
    int64_t n;
};

MUST_CHECK bool ordered_rows_open(TALLOC_CTX *mem, struct engine *engine,
                                  const struct engine_fingerprint_request *request,
                                  struct ordered_rows **out, struct error *err);
// ERROR_INPUT when the key does not tell the rows apart.
MUST_CHECK bool ordered_rows_next(struct ordered_rows *rows, bool *has_row, struct error *err);

#endif
