/*
 * SQLite files for tests: made from SQL in a folder of their own, opened through the driver.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SUPPORT_DATABASE_H
#define SUPPORT_DATABASE_H

#include "base/digest.h"
#include "base/file.h"
#include "driver/engine.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <unistd.h>

struct database {
    char *folder;
    char *path;
    struct engine *engine; // of database_open, else NULL
    struct error err;
};

static void database_execute(const char *path, const char *sql)
{
    sqlite3 *db;
    char *message = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s", message);
    sqlite3_close(db);
}

// A database file with what `sql` makes; everything goes when `*out` is freed.
static int database_remove(struct database *database)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal", "-head"};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        SCRATCH(tmp);
        unlink(mem_printf(tmp, "%s%s", database->path, ends[i]));
    }
    rmdir(database->folder);
    return 0;
}

static inline struct database *database_make(const char *sql)
{
    struct database *database = mem_new(NULL, struct database);
    database->folder = mem_strdup(database, "/tmp/tminus-engine-XXXXXX");
    assert_non_null(mkdtemp(database->folder));
    database->path = file_join(database, database->folder, "test.db");
    talloc_set_destructor(database, database_remove);
    if (sql != NULL)
        database_execute(database->path, sql);
    return database;
}

static inline bool database_try_open(struct database *database, const char *url, bool read_only)
{
    struct engine_open_options options = {
        .url = secret_make(database, url ? url : database->path),
        .read_only = read_only,
        .timeout_ms = 300,
    };
    talloc_free(database->engine);
    database->engine = NULL;
    return engine_sqlite.session->open(database, &options, &database->engine, &database->err);
}

static inline void database_open(struct database *database, bool read_only)
{
    if (!database_try_open(database, NULL, read_only))
        fail_msg("%s", database->err.message);
}

static inline struct digest_text database_bytes(const struct database *database)
{
    struct digest_text digest;
    struct error err;
    assert_true(digest_of_file(database->path, &digest, &err));
    return digest;
}

#endif
