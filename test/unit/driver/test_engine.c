/*
 * Which engine a URL means: good ones, engines refused by name, and that no password is printed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../../support/database.h"

static const struct engine_driver *const drivers[] = {&engine_sqlite, &engine_postgres, NULL};

static bool choose(const char *url, const struct engine_driver **out, struct error *err)
{
    SCRATCH(tmp);
    return engine_driver_for(drivers, secret_make(tmp, url), out, err);
}

static void test_driver_for__sqlite_urls(void **state)
{
    static const char *const urls[] = {"sqlite:a.db", "sqlite:///a.db", "sqlite3://a.db",
                                       "file:a.db?mode=ro"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        const struct engine_driver *driver = NULL;
        struct error err;
        assert_true(choose(urls[i], &driver, &err));
        assert_string_equal(driver->name, "sqlite");
    }
}

static void test_driver_for__postgres_urls(void **state)
{
    static const char *const urls[] = {
        "postgres://u:p@db/shop", "postgresql:///shop", "jdbc:postgresql://db/shop", "postgresql+psycopg2://db/shop",
        "host=db password=p", " dbname = shop", "service=shop", "postgres:shop",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        const struct engine_driver *driver = NULL;
        struct error err;
        assert_true(choose(urls[i], &driver, &err));
        assert_string_equal(driver->name, "postgres");
    }
}

static void test_driver_for__plain_path_of_a_file(void **state)
{
    (void)state;
    struct database *database = database_make("CREATE TABLE t (a)");
    const struct engine_driver *driver = NULL;
    struct error err;
    assert_true(choose(database->path, &driver, &err));
    assert_ptr_equal(driver, &engine_sqlite);
    talloc_free(database);
}

static void test_driver_for__refused_by_name(void **state)
{
    static const struct {
        const char *url;
        enum error_code code;
        const char *words;
    } cases[] = {
        {"mysql://root:hunter2@db/shop", ERROR_CONFIG, "MySQL is not supported"},
        {"mysql2://root:hunter2@db/shop", ERROR_CONFIG, "MySQL is not supported"},
        {"mysql+pymysql://root:hunter2@db/shop", ERROR_CONFIG, "MySQL is not supported"},
        {"jdbc:mysql://db/shop?password=hunter2", ERROR_CONFIG, "MySQL is not supported"},
        {"MariaDB://db/shop", ERROR_CONFIG, "MariaDB is not supported"},
        {"oracle://hunter2@db", ERROR_CONFIG, "Oracle is not supported"},
        {"sqlserver://sa:hunter2@db", ERROR_CONFIG, "SQL Server is not supported"},
        {"mongodb+srv://x:hunter2@db", ERROR_CONFIG, "MongoDB is not supported"},
        {"gopher://hunter2", ERROR_CONFIG, "no engine is known for a URL that begins with 'gopher:'"},
        {"hosts=db password=hunter2", ERROR_CONFIG, "has no scheme"},
        {"/no/such/file.db", ERROR_INPUT, "/no/such/file.db: no such database file"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct engine_driver *driver = NULL;
        struct error err = {0};
        assert_false(choose(cases[i].url, &driver, &err));
        assert_int_equal(err.code, cases[i].code);
        assert_non_null(strstr(err.message, cases[i].words));
        assert_non_null(strstr(err.hint, "sqlite:, sqlite3:, file:, postgresql:"));
        assert_null(strstr(err.message, "hunter2"));
        assert_null(driver);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_driver_for__sqlite_urls),
        cmocka_unit_test(test_driver_for__postgres_urls),
        cmocka_unit_test(test_driver_for__plain_path_of_a_file),
        cmocka_unit_test(test_driver_for__refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
