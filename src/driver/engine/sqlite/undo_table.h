/*
 * A table of an undo log: its columns, its key, and the conditions that compare its rows with the
 * log's.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_ENGINE_SQLITE_UNDO_TABLE_H
#define DRIVER_ENGINE_SQLITE_UNDO_TABLE_H

#include "driver/engine/sqlite/sqlite.h"

struct undo_column {
    const char *name;
    int key_position; // from 1; 0: not in the key
    bool is_rowid;    // no column, but what a table without key knows its rows by
    bool is_lost;     // of a log: it was not there behind the migration
    const char *made; // what a lost one that was made anew holds: SQL; NULL: not asked
};

// How a log has the rows of a table.
enum undo_kept {
    KEPT_DIFFERENCES, // rows that differ from a copy that was there meanwhile
    KEPT_COPY,        // all, as they were
    KEPT_PACKED       // key and named columns of rows that differ (undo_pack.h)
};

struct undo_table {
    const char *log;
    int64_t n; // in the log
    const char *name;
    enum undo_kept kept;
    struct undo_column *columns;
    size_t n_columns;
    const char *moved_to;           // its own name behind the migration; NULL: no other
    const char *shape, *shape_then; // its columns before and behind the migration (UNDO_SHAPE)
    bool key_is_rowid;
    bool is_key_order; // the key is the rowid, by whatever name
};

// The columns of `t`, a row of sqlite_schema, in their order; SQL.
#define UNDO_SHAPE                                                                                 \
    "(SELECT group_concat(quote(c.name) || ' ' || quote(upper(c.type)), ', ') || ',' FROM "        \
    "(SELECT "                                                                                     \
    "name, type FROM pragma_table_xinfo(t.name) WHERE hidden = 0 ORDER BY cid) c)"

// "tminus_undo_ID_N", what its tables begin with.
char *undo_table_prefix(TALLOC_CTX *mem, const struct undo_table *table);
char *undo_quote_name(TALLOC_CTX *mem, const char *name);
char *undo_quote_text(TALLOC_CTX *mem, const char *text);

// The columns of the table `name` as it is now; none: there is no such table.
bool undo_table_read(TALLOC_CTX *mem, struct engine *engine, const char *name,
                     struct undo_table *out, struct error *err);
// Only the key and the columns `names`; false when one of them is not there or is in the key.
bool undo_table_narrow(TALLOC_CTX *mem, struct undo_table *table, const char *const *names,
                       size_t n);
// What is written for each column in place of `%c` (the quoted name), `%o` and `%n` (the log's
// columns before and after), `%m` (what one holds that was made anew), joined by `between`; "": no
// column is one of `which`.
enum undo_columns {
    COLUMNS_ALL,
    COLUMNS_KEY,
    COLUMNS_NOT_KEY,
    COLUMNS_DATA,
    COLUMNS_LOST,  // of the data
    COLUMNS_STAYED // likewise
};
char *undo_table_text(TALLOC_CTX *mem, const struct undo_table *table, enum undo_columns which,
                      const char *pattern, const char *between);
// "id=42" of the log's row `l`, as an SQL expression.
char *undo_table_key_text(TALLOC_CTX *mem, const struct undo_table *table);

// The same value, to the byte and type.
#define UNDO_SAME(a, b)                                                                            \
    "(typeof(" a ") = typeof(" b ") AND (" a " COLLATE BINARY) IS (" b " COLLATE BINARY))"

#endif
