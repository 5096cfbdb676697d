/*
 * Opening SQLite databases: the forms of URL, and every file that is not a good database.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/database.h"
#include <sys/stat.h>

#define SOME_ROWS                                                                                  \
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);"                                             \
    "INSERT INTO t SELECT value, 'row ' || value FROM (WITH RECURSIVE n(value) AS "                \
    "(VALUES (1) UNION ALL SELECT value + 1 FROM n WHERE value < 2000) SELECT value FROM n);"

static void expect_refused(struct database *database, const char *url, enum error_code code,
                           const char *words)
{
    assert_false(database_try_open(database, url, true));
    assert_non_null(strstr(database->err.message, words));
    assert_int_equal(database->err.code, code);
}

static bool count_rows(void *context, const char *const *names, const struct engine_value *values,
                       size_t n)
{
    (void)names;
    (void)values;
    (void)n;
    ++*(int *)context;
    return true;
}

static void test_open__forms_of_url(void **state)
{
    static const char *const forms[] = {"sqlite:", "sqlite://", "sqlite3:", "sqlite3://", "file:",
                                        "file://", ""};
    (void)state;
    struct database *database = database_make(SOME_ROWS);
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        SCRATCH(tmp);
        if (!database_try_open(database, mem_printf(tmp, "%s%s", forms[i], database->path), true))
            fail_msg("%s: %s", forms[i], database->err.message);
    }
    SCRATCH(tmp);
    assert_true(database_try_open(database, mem_printf(tmp, "file:%s?mode=ro", database->path), true));
    expect_refused(database, mem_printf(tmp, "file:%s?immutable=1", database->path), ERROR_CONFIG,
                   "parameter 'immutable' of the SQLite URL is not supported");
    expect_refused(database, "sqlite::memory:", ERROR_CONFIG, "names no file");
    talloc_free(database);
}

static void test_open__missing_file_is_not_created(void **state)
{
    (void)state;
    struct database *database = database_make(NULL);
    expect_refused(database, NULL, ERROR_INPUT, "no such database file");
    assert_false(database_try_open(database, NULL, false));
    assert_int_equal(file_kind(database->path), FILE_MISSING);
    expect_refused(database, database->folder, ERROR_INPUT, "a folder, not an SQLite database");
    talloc_free(database);
}

static void write_file(const char *path, const char *text, size_t len)
{
    struct error err;
    assert_true(file_write(path, text, len, 0600, &err));
}

static void test_open__no_database(void **state)
{
    static const char text[] = "name,category\nthis is a list, long enough for a header of SQLite's "
                               "hundred bytes; it is none\n";
    (void)state;
    struct database *database = database_make(NULL);
    write_file(database->path, text, sizeof text);
    expect_refused(database, NULL, ERROR_INPUT, "no SQLite database, or encrypted");
    talloc_free(database);
}

static void test_open__damaged_header(void **state)
{
    (void)state;
    struct database *database = database_make(SOME_ROWS);
    char *bytes;
    size_t len;
    assert_true(file_read(database, database->path, FILE_SIZE_MAX, &bytes, &len, &database->err));
    memset(bytes + 100, 0xff, 200); // the schema's page
    write_file(database->path, bytes, len);
    expect_refused(database, NULL, ERROR_INPUT, "damaged: database disk image is malformed");
    assert_non_null(strstr(database->err.hint, "PRAGMA quick_check"));
    talloc_free(database);
}

static void test_open__cut_off(void **state)
{
    (void)state;
    struct database *database = database_make(SOME_ROWS);
    assert_int_equal(truncate(database->path, 8192), 0);
    expect_refused(database, NULL, ERROR_INPUT, ": damaged: ");
    talloc_free(database);
}

static void copy_file(TALLOC_CTX *mem, const char *from, const char *to)
{
    char *bytes;
    size_t len;
    struct error err;
    assert_true(file_read(mem, from, FILE_SIZE_MAX, &bytes, &len, &err));
    write_file(to, bytes, len);
}

// The files as a crash in the middle of a transaction leaves them: a journal to be rolled back.
static void test_open__left_by_a_crash(void **state)
{
    (void)state;
    struct database *live = database_make(SOME_ROWS);
    struct database *left = database_make(NULL);
    sqlite3 *writer;
    assert_int_equal(sqlite3_open(live->path, &writer), SQLITE_OK);
    assert_int_equal(sqlite3_exec(writer, "PRAGMA cache_size = 5; BEGIN; UPDATE t SET a = a || 'x'", NULL,
                                  NULL, NULL), SQLITE_OK);
    copy_file(left, live->path, left->path);
    copy_file(left, mem_printf(left, "%s-journal", live->path), mem_printf(left, "%s-journal", left->path));
    sqlite3_close(writer);
    expect_refused(left, NULL, ERROR_INPUT, "left by a crash in the middle of a transaction");
    database_execute(left->path, "SELECT * FROM t"); // rolls back
    database_open(left, true);
    talloc_free(left);
    talloc_free(live);
}

// Who is to end what was begun rolls it back, and reads it then as it was before.
static void test_open__left_by_a_crash_and_recovered(void **state)
{
    (void)state;
    struct database *live = database_make(SOME_ROWS);
    struct database *left = database_make(NULL);
    sqlite3 *writer;
    struct engine *engine;
    int rows = 0;
    assert_int_equal(sqlite3_open(live->path, &writer), SQLITE_OK);
    assert_int_equal(sqlite3_exec(writer, "PRAGMA cache_size = 5; BEGIN; UPDATE t SET a = a || 'x'", NULL,
                                  NULL, NULL), SQLITE_OK);
    copy_file(left, live->path, left->path);
    copy_file(left, mem_printf(left, "%s-journal", live->path), mem_printf(left, "%s-journal", left->path));
    sqlite3_close(writer);
    const struct engine_open_options options = {
        .url = secret_make(left, left->path), .read_only = true, .recovers = true};
    assert_true(engine_sqlite.session->open(left, &options, &engine, &left->err));
    assert_true(engine_sqlite.session->query(engine, "SELECT 1 FROM t WHERE a LIKE '%x'", count_rows, &rows, &left->err));
    assert_int_equal(rows, 0);
    assert_false(engine_sqlite.session->query(engine, "DELETE FROM t", count_rows, &rows, &left->err));
    talloc_free(left);
    talloc_free(live);
}

static void test_open__damage_behind_the_schema_is_met_when_read(void **state)
{
    (void)state;
    struct database *database = database_make(SOME_ROWS);
    char *bytes;
    size_t len;
    int rows = 0;
    assert_true(file_read(database, database->path, FILE_SIZE_MAX, &bytes, &len, &database->err));
    memset(bytes + 4096, 0xff, 4096); // the table's root page
    write_file(database->path, bytes, len);
    database_open(database, true);
    assert_false(engine_sqlite.session->query(database->engine, "SELECT a FROM t", count_rows, &rows,
                                              &database->err));
    assert_int_equal(database->err.code, ERROR_INPUT);
    assert_non_null(strstr(database->err.message, ": damaged: "));
    talloc_free(database);
}

static void test_open__wal_mode_is_read(void **state)
{
    (void)state;
    struct database *database = database_make("PRAGMA journal_mode = WAL;" SOME_ROWS);
    int rows = 0;
    sqlite3 *writer;
    assert_int_equal(sqlite3_open(database->path, &writer), SQLITE_OK);
    assert_int_equal(sqlite3_exec(writer, "INSERT INTO t(a) VALUES ('only in the WAL')", NULL, NULL,
                                  NULL), SQLITE_OK);
    database_open(database, true);
    assert_true(engine_sqlite.session->query(database->engine, "SELECT a FROM t", count_rows, &rows,
                                             &database->err));
    assert_int_equal(rows, 2001);
    sqlite3_close(writer);
    talloc_free(database);
}

static void test_open__locked(void **state)
{
    (void)state;
    struct database *database = database_make(SOME_ROWS);
    sqlite3 *writer;
    assert_int_equal(sqlite3_open(database->path, &writer), SQLITE_OK);
    assert_int_equal(sqlite3_exec(writer, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    expect_refused(database, NULL, ERROR_UNREACHABLE, "locked by another program (waited 300 ms)");
    sqlite3_exec(writer, "ROLLBACK", NULL, NULL, NULL);
    database_open(database, true);
    sqlite3_close(writer);
    talloc_free(database);
}

static void test_snapshot__sees_one_instant(void **state)
{
    (void)state;
    struct database *database = database_make("PRAGMA journal_mode = WAL;" SOME_ROWS);
    const struct engine_session_table *session = engine_sqlite.session;
    int rows = 0;
    database_open(database, true);
    assert_true(session->snapshot_begin(database->engine, &database->err));
    database_execute(database->path, "DELETE FROM t WHERE id > 10");
    assert_true(session->query(database->engine, "SELECT 1 FROM t", count_rows, &rows, &database->err));
    assert_int_equal(rows, 2000);
    assert_true(session->snapshot_end(database->engine, &database->err));
    rows = 0;
    assert_true(session->query(database->engine, "SELECT 1 FROM t", count_rows, &rows, &database->err));
    assert_int_equal(rows, 10);
    talloc_free(database);
}

static void test_identity__stored_id_or_none(void **state)
{
    (void)state;
    struct database *database = database_make(SOME_ROWS);
    struct engine_identity identity;
    database_open(database, true);
    assert_true(engine_sqlite.session->identity(database, database->engine, &identity, &database->err));
    assert_string_equal(identity.engine, "sqlite");
    assert_null(identity.system);
    assert_string_equal(identity.database, database->path);
    database_execute(database->path, "CREATE TABLE tminus_identity (id TEXT NOT NULL);"
                                     "INSERT INTO tminus_identity VALUES ('abc')");
    assert_true(engine_sqlite.session->identity(database, database->engine, &identity, &database->err));
    assert_string_equal(identity.system, "abc");
    talloc_free(database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open__forms_of_url),
        cmocka_unit_test(test_open__missing_file_is_not_created),
        cmocka_unit_test(test_open__no_database),
        cmocka_unit_test(test_open__damaged_header),
        cmocka_unit_test(test_open__cut_off),
        cmocka_unit_test(test_open__left_by_a_crash),
        cmocka_unit_test(test_open__left_by_a_crash_and_recovered),
        cmocka_unit_test(test_open__damage_behind_the_schema_is_met_when_read),
        cmocka_unit_test(test_open__wal_mode_is_read),
        cmocka_unit_test(test_open__locked),
        cmocka_unit_test(test_snapshot__sees_one_instant),
        cmocka_unit_test(test_identity__stored_id_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
