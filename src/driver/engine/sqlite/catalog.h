/*
 * What the files of SQLite's catalog share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_SQLITE_CATALOG_H
#define DRIVER_ENGINE_SQLITE_CATALOG_H

#include "driver/engine/sqlite/sqlite.h"

struct catalog {
    struct engine *engine;
    struct schema *schema;
};

// Call `each` for every row of `sql`, in which ?1 is `name` (may be NULL).
typedef bool catalog_row(struct catalog *catalog, struct cursor *row, void *context,
                         struct error *err);
bool catalog_scan(struct catalog *catalog, const char *sql, const char *name, catalog_row *each,
                  void *context, struct error *err);

// --- catalog_keys.c
bool catalog_read_keys(struct catalog *catalog, struct schema_relation *table, struct error *err);

// --- catalog_text.c: what only the text of the CREATE tells
// CHECK constraints of a CREATE TABLE.
void catalog_read_checks(struct schema_relation *table, const char *sql);
// The predicate of a partial index; NULL: none.
const char *catalog_predicate(TALLOC_CTX *mem, const char *sql);
// Columns of `table` that are named in `text`.
void catalog_named_columns(TALLOC_CTX *mem, const struct schema_relation *table, const char *text,
                           const char ***columns, size_t *n);

#endif
