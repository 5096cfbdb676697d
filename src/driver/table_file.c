/*
 * Table files: SQLite files of tminus's own, in SQL.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/table_file.h"
#include "base/text.h"
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#define LOCK_WAIT_MS 10000
#define LOCK_RETRY_MS 10

struct table_file {
    sqlite3 *handle;
    char *path;
};

struct table_query {
    sqlite3_stmt *statement;
    struct table_file *file;
};

static int file_close(struct table_file *file)
{
    // talloc frees a parent before its children: _v2 waits for queries that are still open.
    sqlite3_close_v2(file->handle);
    return 0;
}

static int query_finalize(struct table_query *query)
{
    sqlite3_finalize(query->statement);
    return 0;
}

static bool file_failed(struct table_file *file, struct error *err)
{
    const char *path = file->path;
    switch (sqlite3_errcode(file->handle) & 0xff) {
    case SQLITE_NOTADB:
        error_set(err, ERROR_INPUT, "%s: damaged, or not written by tminus: %s", path,
                  sqlite3_errmsg(file->handle));
        return error_hint(err, "keep the file, and move it away to begin a new one");
    case SQLITE_CORRUPT:
        error_set(err, ERROR_INPUT, "%s: damaged: %s", path, sqlite3_errmsg(file->handle));
        return error_hint(err,
                          "sqlite3 %s 'PRAGMA quick_check' lists what is wrong; keep the file, "
                          "and move it away to begin a new one",
                          path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        error_set(err, ERROR_SYSTEM, "%s: another process held it locked for %d s", path,
                  LOCK_WAIT_MS / 1000);
        return error_hint(err, "see which process has it open: fuser %s", path);
    case SQLITE_READONLY:
        error_set(err, ERROR_SYSTEM, "%s: this user may read it, and not write it", path);
        return error_hint(err, "check the permissions of the file and of its folder");
    case SQLITE_CANTOPEN:
        error_set(err, ERROR_SYSTEM, "%s: %s", path, sqlite3_errmsg(file->handle));
        return error_hint(err, "SQLite makes files beside it: check the permissions of its folder");
    default: return error_set(err, ERROR_SYSTEM, "%s: %s", path, sqlite3_errmsg(file->handle));
    }
}

// SQLite makes files by the umask; what is in ours is nobody else's to read.
static bool make_private(const char *path, struct error *err)
{
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        error_set(err, ERROR_SYSTEM, "%s: cannot be opened for writing: %m", path);
        return error_hint(err, "check the permissions of the file and of its folder");
    }
    close(descriptor);
    return true;
}

// The first page is read only when asked for: without this a damaged file opens well.
static bool check_readable(struct table_file *file, struct error *err)
{
    int rc = sqlite3_exec(file->handle, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    return rc == SQLITE_OK ? true : file_failed(file, err);
}

// A file in WAL mode needs its -shm, which cannot be made where nothing may be written. When it has
// no -wal either, all of it is in the file itself, and nobody is at work on it.
static bool open_alone(struct table_file *file)
{
    SCRATCH(tmp);
    const char *uri = mem_strdup(tmp, file->path);

    if (access(mem_printf(tmp, "%s-wal", file->path), F_OK) == 0)
        return false;
    uri = text_replaced(tmp, uri, "%", "%25");
    uri = text_replaced(tmp, uri, "?", "%3f");
    uri = mem_printf(tmp, "file:%s?immutable=1", text_replaced(tmp, uri, "#", "%23"));
    sqlite3_close(file->handle);
    file->handle = NULL;
    return sqlite3_open_v2(uri, &file->handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) ==
           SQLITE_OK;
}

bool table_file_open(TALLOC_CTX *mem, const char *path, enum table_file_mode mode,
                     struct table_file **out, struct error *err)
{
    struct table_file *file = mem_new(mem, struct table_file);
    const char *name = mode == TABLE_FILE_TEMPORARY ? "" : path;
    int flags =
        mode == TABLE_FILE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

    file->path = mem_strdup(file, path);
    if (mode == TABLE_FILE_READ && access(path, R_OK) != 0)
        return error_set(err, ERROR_INPUT, "%s: cannot be read: %m", path);
    if (mode == TABLE_FILE_WRITE)
        TRY(make_private(path, err));
    int rc = sqlite3_open_v2(name, &file->handle, flags, NULL);
    talloc_set_destructor(file, file_close);
    if (rc != SQLITE_OK)
        return file_failed(file, err);
    sqlite3_extended_result_codes(file->handle, 0);
    sqlite3_busy_timeout(file->handle, LOCK_WAIT_MS);
    if (!check_readable(file, err)) {
        int code = sqlite3_errcode(file->handle) & 0xff;
        bool has_no_room = code == SQLITE_CANTOPEN || code == SQLITE_READONLY; // for its -shm
        if (mode != TABLE_FILE_READ || !has_no_room || !open_alone(file) ||
            !check_readable(file, err))
            return false;
    }
    *out = file;
    return true;
}

const char *table_file_path(const struct table_file *file)
{
    return file->path;
}

bool table_file_run(struct table_file *file, const char *sql, struct error *err)
{
    return sqlite3_exec(file->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? true
                                                                          : file_failed(file, err);
}

bool table_file_make_durable(struct table_file *file, struct error *err)
{
    // SQLite does not wait for the lock that this change needs: it would turn a read into a write.
    for (int waited_ms = 0;; waited_ms += LOCK_RETRY_MS) {
        int rc = sqlite3_exec(file->handle, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if (rc == SQLITE_OK)
            return table_file_run(file, "PRAGMA synchronous = FULL", err);
        if (rc != SQLITE_BUSY || waited_ms >= LOCK_WAIT_MS)
            return file_failed(file, err);
        sqlite3_sleep(LOCK_RETRY_MS);
    }
}

bool table_file_attach(struct table_file *file, const char *path, const char *name,
                       struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query = NULL; // the optimiser does not see that TRY returns

    TRY(table_query_make(tmp, file, mem_printf(tmp, "ATTACH ?1 AS %s", name), &query, err));
    table_query_bind_text(query, 1, path);
    return table_query_run(query, err);
}

bool table_query_make(TALLOC_CTX *mem, struct table_file *file, const char *sql,
                      struct table_query **out, struct error *err)
{
    struct table_query *query = mem_new(mem, struct table_query);

    query->file = file;
    if (sqlite3_prepare_v2(file->handle, sql, -1, &query->statement, NULL) != SQLITE_OK)
        return file_failed(file, err);
    talloc_set_destructor(query, query_finalize);
    *out = query;
    return true;
}

void table_query_bind_text(struct table_query *query, int at, const char *text)
{
    if (text == NULL)
        sqlite3_bind_null(query->statement, at);
    else
        sqlite3_bind_text(query->statement, at, text, -1, SQLITE_TRANSIENT);
}

void table_query_bind_blob(struct table_query *query, int at, const void *bytes, size_t len)
{
    // An empty blob is not NULL.
    if (len == 0)
        sqlite3_bind_zeroblob(query->statement, at, 0);
    else
        sqlite3_bind_blob(query->statement, at, bytes, (int)len, SQLITE_TRANSIENT);
}

void table_query_bind_integer(struct table_query *query, int at, int64_t value)
{
    sqlite3_bind_int64(query->statement, at, value);
}

void table_query_bind_real(struct table_query *query, int at, double value)
{
    sqlite3_bind_double(query->statement, at, value);
}

bool table_query_next(struct table_query *query, bool *has_row, struct error *err)
{
    int rc = sqlite3_step(query->statement);

    if (rc == SQLITE_ROW) {
        *has_row = true;
        return true;
    }
    if (rc != SQLITE_DONE) {
        file_failed(query->file, err);
        sqlite3_reset(query->statement);
        return false;
    }
    sqlite3_reset(query->statement);
    *has_row = false;
    return true;
}

bool table_query_run(struct table_query *query, struct error *err)
{
    bool has_row;

    TRY(table_query_next(query, &has_row, err));
    if (has_row)
        sqlite3_reset(query->statement);
    return true;
}

void table_query_reset(struct table_query *query)
{
    sqlite3_reset(query->statement);
}

bool table_query_is_null(struct table_query *query, int at)
{
    return sqlite3_column_type(query->statement, at) == SQLITE_NULL;
}

const char *table_query_text(struct table_query *query, int at)
{
    return (const char *)sqlite3_column_text(query->statement, at);
}

const void *table_query_blob(struct table_query *query, int at, size_t *len)
{
    const void *bytes = sqlite3_column_blob(query->statement, at);
    *len = (size_t)sqlite3_column_bytes(query->statement, at);
    return bytes;
}

int64_t table_query_integer(struct table_query *query, int at)
{
    return sqlite3_column_int64(query->statement, at);
}

double table_query_real(struct table_query *query, int at)
{
    return sqlite3_column_double(query->statement, at);
}
