/*
 * Table files: SQLite files of tminus's own (the journal's store, baselines), in SQL.
 *
 * A thin layer, so that sqlite3.h stays in one place and every failure names the file and says what
 * is wrong with it. It is not for the database that is being deployed to: that is driver/engine.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DRIVER_TABLE_FILE_H
#define DRIVER_TABLE_FILE_H

#include "base/error.h"
#include "base/memory.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_file;  // closed when its memory is freed
struct table_query; // one prepared statement, child of what it was made under

enum table_file_mode {
    TABLE_FILE_READ,     // must exist
    TABLE_FILE_WRITE,    // made when missing, mode 0600
    TABLE_FILE_TEMPORARY // `path` is for messages; gone when closed, spills to disk when large
};

// ERROR_INPUT: missing, not a SQLite file, damaged. ERROR_SYSTEM: the system refused, or another
// process held its lock for 10 s.
MUST_CHECK bool table_file_open(TALLOC_CTX *mem, const char *path, enum table_file_mode mode,
                                struct table_file **out, struct error *err);
const char *table_file_path(const struct table_file *file);
// Run statements that give no rows.
MUST_CHECK bool table_file_run(struct table_file *file, const char *sql, struct error *err);
// Write-ahead logging, each commit on the disk before it returns.
MUST_CHECK bool table_file_make_durable(struct table_file *file, struct error *err);
// See the tables of `path` as NAME.table, read-only.
MUST_CHECK bool table_file_attach(struct table_file *file, const char *path, const char *name,
                                  struct error *err);

MUST_CHECK bool table_query_make(TALLOC_CTX *mem, struct table_file *file, const char *sql,
                                 struct table_query **out, struct error *err);
// Parameters are numbered from 1. Texts and blobs are copied.
void table_query_bind_text(struct table_query *query, int at, const char *text); // NULL → NULL
void table_query_bind_blob(struct table_query *query, int at, const void *bytes, size_t len);
void table_query_bind_integer(struct table_query *query, int at, int64_t value);
void table_query_bind_real(struct table_query *query, int at, double value);
// The next row; at the end `*has_row` is false and the query can be bound and run again.
MUST_CHECK bool table_query_next(struct table_query *query, bool *has_row, struct error *err);
// Run a statement that gives no rows, with the parameters bound.
MUST_CHECK bool table_query_run(struct table_query *query, struct error *err);
// Stop before the end, so that the query can be bound and run again.
void table_query_reset(struct table_query *query);

// Columns of the current row, numbered from 0; texts and blobs live until the next row.
bool table_query_is_null(struct table_query *query, int at);
const char *table_query_text(struct table_query *query, int at); // NULL when NULL
const void *table_query_blob(struct table_query *query, int at, size_t *len);
int64_t table_query_integer(struct table_query *query, int at);
double table_query_real(struct table_query *query, int at);

#endif
