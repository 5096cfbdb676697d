/*
 * Store on SQLite: the journal as one file that outlives a power cut.
 *
 * WAL with synchronous=FULL: an append is on the disk when it returns, and readers never wait. The
 * write lock is taken before the last row is read, so two processes cannot build on the same one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "driver/store/sqlite_store.h"
#include "sql/queries.h"
#include <unistd.h>

#define APPLICATION_ID 0x746d696a // "tmij"
#define SCHEMA_VERSION 3

// Upgrades of our own schema, one a version; [0] makes the first one in an empty file.
static const char *const upgrades[SCHEMA_VERSION] = {
    sql_store_sqlite_version_1,
    sql_store_sqlite_version_2,
    sql_store_sqlite_version_3,
};

static bool read_number(struct table_file *file, const char *sql, int64_t *out, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query;
    bool has_row;

    TRY(table_query_make(tmp, file, sql, &query, err));
    TRY(table_query_next(query, &has_row, err));
    *out = has_row ? table_query_integer(query, 0) : 0;
    return true;
}

static bool check_owner(struct table_file *file, int64_t version, struct error *err)
{
    int64_t application, tables;

    TRY(read_number(file, "PRAGMA application_id", &application, err));
    TRY(read_number(file, "SELECT count(*) FROM sqlite_schema", &tables, err));
    if (application != APPLICATION_ID && (application != 0 || tables != 0))
        return error_set(err, ERROR_INPUT, "%s: not a journal of tminus", table_file_path(file));
    if (version > SCHEMA_VERSION) {
        error_set(err, ERROR_INPUT,
                  "%s: written by a newer tminus (format %lld, this one knows %d)",
                  table_file_path(file), (long long)version, SCHEMA_VERSION);
        return error_hint(err, "use the newer tminus");
    }
    return true;
}

static bool upgrade_once(struct table_file *file, struct error *err)
{
    SCRATCH(tmp);
    int64_t version;

    TRY(read_number(file, "PRAGMA user_version", &version, err));
    TRY(check_owner(file, version, err));
    for (; version < SCHEMA_VERSION; version++)
        TRY(table_file_run(file, upgrades[version], err));
    return table_file_run(file,
                          mem_printf(tmp, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                                     APPLICATION_ID, SCHEMA_VERSION),
                          err);
}

// Under the write lock, so that two first runs do not both make the table.
static bool upgrade(struct table_file *file, struct error *err)
{
    int64_t version;

    TRY(read_number(file, "PRAGMA user_version", &version, err));
    if (version == SCHEMA_VERSION)
        return check_owner(file, version, err);
    TRY(table_file_run(file, "BEGIN IMMEDIATE", err));
    if (!upgrade_once(file, err)) {
        struct error ignored;
        (void)!table_file_run(file, "ROLLBACK", &ignored);
        return false;
    }
    return table_file_run(file, "COMMIT", err);
}

// SQLite keeps files beside it, which who may not write the folder cannot make.
static bool may_write(const char *path)
{
    SCRATCH(tmp);

    return access(path, W_OK) == 0 && access(file_folder(tmp, path), W_OK) == 0;
}

// One that this user may only read; the tables are not upgraded then.
static bool open_to_read(struct store *store, const char *path, struct error *err)
{
    int64_t version;

    TRY(table_file_open(store, path, TABLE_FILE_READ, &store->file, err));
    TRY(read_number(store->file, "PRAGMA user_version", &version, err));
    TRY(check_owner(store->file, version, err));
    if (version == SCHEMA_VERSION)
        return true;
    error_set(err, ERROR_INPUT, "%s: written by an older tminus (format %lld, this one reads %d)",
              path, (long long)version, SCHEMA_VERSION);
    return error_hint(err, "tminus status, by a user who may write it, upgrades it");
}

static bool open_to_write(struct store *store, const char *path, struct error *err)
{
    TRY(table_file_open(store, path, TABLE_FILE_WRITE, &store->file, err));
    TRY(upgrade(store->file, err));
    return table_file_make_durable(store->file, err);
}

static bool fail_missing(const char *path, struct error *err)
{
    error_set(err, ERROR_INPUT, "%s: there is no journal", path);
    return error_hint(
        err, "baseline, migrate and verify write it; name another one with --journal FILE");
}

static bool store_open(TALLOC_CTX *mem, const struct store_open_options *options,
                       struct store **out, struct error *err)
{
    SCRATCH(tmp);
    struct store *store = mem_new(tmp, struct store);
    const char *path = secret_reveal(options->location);
    struct store_head head;

    if (access(path, F_OK) != 0 && sqlite_store_read_head(path, &head))
        return sqlite_store_fail_lost(path, &head, err);
    if (options->must_exist && access(path, F_OK) != 0)
        return fail_missing(path, err);
    bool is_read = options->is_only_read && access(path, F_OK) == 0 && !may_write(path);
    if (!(is_read ? open_to_read : open_to_write)(store, path, err))
        return false;
    TRY(table_query_make(store, store->file,
                         "INSERT INTO event (sequence, line, hash) VALUES (?1, ?2, ?3)",
                         &store->insert, err));
    TRY(table_query_make(store, store->file,
                         "SELECT sequence, line, hash FROM event ORDER BY sequence DESC LIMIT 1",
                         &store->last, err));
    TRY(table_query_make(
        store, store->file,
        "SELECT sequence, line, hash FROM event WHERE sequence >= ?1 ORDER BY sequence",
        &store->read, err));
    *out = talloc_steal(mem, store);
    return true;
}

static bool store_last(TALLOC_CTX *mem, struct store *store, struct store_row *out,
                       struct error *err)
{
    bool has_row;

    TRY(table_query_next(store->last, &has_row, err));
    if (!has_row) {
        *out = (struct store_row){.line = "", .hash = ""};
        return true;
    }
    out->sequence = table_query_integer(store->last, 0);
    out->line = mem_strdup(mem, table_query_text(store->last, 1) ?: "");
    out->hash = mem_strdup(mem, table_query_text(store->last, 2) ?: "");
    table_query_reset(store->last);
    return true;
}

bool sqlite_store_write(struct store *store, store_work *work, void *context, struct error *err)
{
    TRY(table_file_run(store->file, "BEGIN IMMEDIATE", err));
    if (work(store, context, err) && table_file_run(store->file, "COMMIT", err))
        return true;
    // What failed is in `err`; a rollback that fails too leaves nothing behind either.
    struct error ignored;
    (void)!table_file_run(store->file, "ROLLBACK", &ignored);
    return false;
}

static bool import_rows(struct store *store, const struct store_import *import, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *insert;

    TRY(table_query_make(tmp, store->file, "INSERT INTO imported VALUES (?1, ?2, ?3, ?4)", &insert,
                         err));
    for (size_t i = 0; i < import->n; i++) {
        table_query_bind_text(insert, 1, import->head);
        table_query_bind_integer(insert, 2, import->rows[i].sequence);
        table_query_bind_text(insert, 3, import->rows[i].line);
        table_query_bind_text(insert, 4, import->rows[i].hash);
        TRY(table_query_run(insert, err));
    }
    return true;
}

struct appending {
    const struct store_append *append;
    struct store_row row; // what was appended; borrowed from `make`
};

static bool append_locked(struct store *store, void *context, struct error *err)
{
    SCRATCH(tmp);
    struct appending *appending = context;
    const struct store_append *append = appending->append;
    struct store_row last;
    struct store_row row = {0};

    if (append->fence != NULL)
        TRY(sqlite_store_check_fence(store, append->fence, err));
    TRY(store_last(tmp, store, &last, err));
    TRY(append->make(append->context, &last, &row, err));
    if (append->import != NULL)
        TRY(import_rows(store, append->import, err));
    table_query_bind_integer(store->insert, 1, row.sequence);
    table_query_bind_text(store->insert, 2, row.line);
    table_query_bind_text(store->insert, 3, row.hash);
    appending->row = row;
    return table_query_run(store->insert, err);
}

static bool store_append(struct store *store, const struct store_append *append, struct error *err)
{
    struct appending appending = {.append = append};
    TRY(sqlite_store_write(store, append_locked, &appending, err));
    sqlite_store_note_head(store, &appending.row);
    return true;
}

static bool store_noted(const struct store *store, struct store_head *out)
{
    return sqlite_store_read_head(table_file_path(store->file), out);
}

static const char *store_place(const struct store *store)
{
    return table_file_path(store->file);
}

static bool read_rows(struct table_query *query, store_each *each, void *context, struct error *err)
{
    bool has_row;

    for (;;) {
        TRY(table_query_next(query, &has_row, err));
        if (!has_row)
            return true;
        struct store_row row = {.sequence = table_query_integer(query, 0),
                                .line = table_query_text(query, 1) ?: "",
                                .hash = table_query_text(query, 2) ?: ""};
        if (!each(context, &row)) {
            table_query_reset(query);
            return true;
        }
    }
}

static bool store_read(struct store *store, const char *head, int64_t first, store_each *each,
                       void *context, struct error *err)
{
    SCRATCH(tmp);
    struct table_query *query = store->read;

    if (head != NULL) {
        TRY(table_query_make(tmp, store->file,
                             "SELECT sequence, line, hash FROM imported"
                             " WHERE sequence >= ?1 AND head = ?2 ORDER BY sequence",
                             &query, err));
        table_query_bind_text(query, 2, head);
    }
    table_query_bind_integer(query, 1, first);
    return read_rows(query, each, context, err);
}

const struct store_driver store_sqlite = {
    .name = "sqlite",
    .open = store_open,
    .place = store_place,
    .append = store_append,
    .last = store_last,
    .noted = store_noted,
    .read = store_read,
    .lease_take = sqlite_store_lease_take,
    .lease_renew = sqlite_store_lease_renew,
    .lease_release = sqlite_store_lease_release,
    .lease_look = sqlite_store_lease_look,
};
