/*
 * One table out of a SQLite database, into a file of its own: as it was made, with its rows, their
 * rowids, and its indexes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/sqlite/backup.h"
#include <sys/stat.h>

struct table_copy {
    struct engine *from;
    sqlite3 *to;
    const char *path;
};

static int copy_end(struct table_copy *copy)
{
    sqlite3_close_v2(copy->to);
    return 0;
}

static bool write_fail(const struct table_copy *copy, struct error *err)
{
    return error_set(err, ERROR_SYSTEM, "%s: cannot be written: %s", copy->path,
                     sqlite3_errmsg(copy->to));
}

static bool write_sql(const struct table_copy *copy, const char *sql, struct error *err)
{
    return sqlite3_exec(copy->to, sql, NULL, NULL, NULL) == SQLITE_OK || write_fail(copy, err);
}

// A cursor whose first parameter is the table's name.
static bool ask_of_table(TALLOC_CTX *mem, struct engine *from, const char *sql, const char *table,
                         struct cursor **out, struct error *err)
{
    TRY(cursor_make(mem, from, sql, out, err));
    sqlite3_bind_text((*out)->statement, 1, table, -1, SQLITE_TRANSIENT);
    return true;
}

// Its own statement first, then those of its indexes; rows come between.
static bool write_objects(const struct table_copy *copy, const char *table, bool is_indexes,
                          size_t *n, struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    bool has_row;
    TRY(ask_of_table(tmp, copy->from,
                     is_indexes ? "SELECT sql FROM sqlite_schema WHERE type = 'index' AND "
                                  "tbl_name = ?1 AND sql IS NOT NULL"
                                : "SELECT sql FROM sqlite_schema WHERE type = 'table' AND "
                                  "name = ?1",
                     table, &cursor, err));
    for (*n = 0;; ++*n) {
        TRY(cursor_step(copy->from, cursor, &has_row, err));
        if (!has_row)
            return true;
        TRY(write_sql(copy, cursor_text(cursor, 0), err));
    }
}

// Columns that hold values of their own, quoted.
static bool column_list(TALLOC_CTX *mem, struct engine *from, const char *table, char **out,
                        size_t *n, struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    bool has_row;
    TRY(ask_of_table(
        tmp, from,
        "SELECT '\"' || replace(name, '\"', '\"\"') || '\"' FROM pragma_table_xinfo(?1) "
        "WHERE hidden = 0",
        table, &cursor, err));
    char *list = mem_strdup(mem, "");
    for (*n = 0;; ++*n) {
        TRY(cursor_step(from, cursor, &has_row, err));
        if (!has_row)
            break;
        list = mem_checked(
            talloc_asprintf_append_buffer(list, "%s%s", *n ? ", " : "", cursor_text(cursor, 0)));
    }
    *out = list;
    return true;
}

// Tables that were made WITHOUT ROWID have none.
static bool has_rowid(struct engine *from, const char *quoted)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    struct error none = {0};
    return cursor_make(tmp, from, mem_printf(tmp, "SELECT rowid FROM %s LIMIT 0", quoted), &cursor,
                       &none);
}

static bool copy_rows(const struct table_copy *copy, struct cursor *rows, sqlite3_stmt *insert,
                      struct error *err)
{
    bool has_row;
    int n = sqlite3_column_count(rows->statement);
    for (;;) {
        TRY(cursor_step(copy->from, rows, &has_row, err));
        if (!has_row)
            return true;
        for (int i = 0; i < n; i++)
            sqlite3_bind_value(insert, i + 1, sqlite3_column_value(rows->statement, i));
        if (sqlite3_step(insert) != SQLITE_DONE)
            return write_fail(copy, err);
        sqlite3_reset(insert);
    }
}

static bool write_rows(const struct table_copy *copy, const char *table, struct error *err)
{
    SCRATCH(tmp);
    char *columns;
    size_t n;
    sqlite3_stmt *insert;
    struct cursor *rows;
    char *escaped = sqlite3_mprintf("\"%w\"", table);
    char *quoted = mem_strdup(tmp, escaped);
    sqlite3_free(escaped);
    TRY(column_list(tmp, copy->from, table, &columns, &n, err));
    if (has_rowid(copy->from, quoted)) {
        columns = mem_printf(tmp, "rowid, %s", columns);
        n++;
    }
    char *places = mem_strdup(tmp, "?");
    for (size_t i = 1; i < n; i++)
        places = mem_checked(talloc_strdup_append_buffer(places, ", ?"));
    TRY(cursor_make(tmp, copy->from, mem_printf(tmp, "SELECT %s FROM %s", columns, quoted), &rows,
                    err));
    if (sqlite3_prepare_v2(
            copy->to, mem_printf(tmp, "INSERT INTO %s (%s) VALUES (%s)", quoted, columns, places),
            -1, &insert, NULL) != SQLITE_OK)
        return write_fail(copy, err);
    struct cursor *inserting = cursor_wrap(tmp, insert);
    return copy_rows(copy, rows, inserting->statement, err);
}

bool sqlite_copy_table(struct engine *from, const char *path, const char *table, struct error *err)
{
    SCRATCH(tmp);
    struct table_copy *copy = mem_new(tmp, struct table_copy);
    size_t n;
    *copy = (struct table_copy){.from = from, .path = path};
    talloc_set_destructor(copy, copy_end);
    mode_t before = umask(077);
    int code = sqlite3_open_v2(
        path, &copy->to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    umask(before);
    if (code != SQLITE_OK)
        return write_fail(copy, err);
    TRY(write_sql(copy, "PRAGMA journal_mode = OFF; BEGIN", err));
    TRY(write_objects(copy, table, false, &n, err));
    if (n == 0)
        return error_set(err, ERROR_INPUT, "%s: holds no table '%s'", from->path, table);
    TRY(write_rows(copy, table, err));
    TRY(write_objects(copy, table, true, &n, err));
    return write_sql(copy, "COMMIT", err);
}
