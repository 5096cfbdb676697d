/*
 * The hashed image of a row of SQLite, method "xxh3-128/sqlite/1" (docs/fingerprints.md), and the
 * sums of a table's rows.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_SQLITE_PRINTER_H
#define DRIVER_ENGINE_SQLITE_PRINTER_H

#include "driver/engine/sqlite/key.h"

struct printer;

// `request`, `columns` and `key` must live as long as it.
struct printer *printer_make(TALLOC_CTX *mem, const struct engine_fingerprint_request *request,
                             const struct table_columns *columns, struct table_key *key);
// Add a row of table_key_select to the sums; gives the number of rows so far.
int64_t printer_add(struct printer *printer, sqlite3_value **row);
// The image of the row that was added last; holds until the next.
const struct engine_row_image *printer_image(struct printer *printer, sqlite3_value **row);
struct engine_fingerprint *printer_end(TALLOC_CTX *mem, struct printer *printer);

#endif
