/*
 * How PostgreSQL's own programs are told a database: nothing secret among their arguments.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/postgres_client.h"
#include "expect.h"
#include <unistd.h>

static void test_postgres_client_address__keeps_the_password_apart(void **state)
{
    SCRATCH(tmp);
    struct postgres_client client;
    struct error err = {0};
    (void)state;
    const struct secret *url = secret_make(tmp, "postgresql+psycopg2://ana:hu%27sh@db.example.org:5433/sh%27op?sslmode=require");
    EXPECT_OK(postgres_client_address(tmp, url, &client, &err));
    assert_string_equal(client.conninfo,
                        "user='ana' dbname='sh\\'op' host='db.example.org' port='5433' sslmode='require'");
    assert_string_equal(client.database, "sh'op");
    assert_string_equal(client.environment[0], "LC_ALL=C");
    assert_string_equal(client.environment[2], "PGPASSWORD=hu'sh");
    assert_null(client.environment[3]);
}

static void test_postgres_client_address__leaves_the_rest_to_the_environment(void **state)
{
    SCRATCH(tmp);
    struct postgres_client client;
    struct error err = {0};
    (void)state;
    EXPECT_OK(postgres_client_address(tmp, secret_make(tmp, "service=prod"), &client, &err));
    assert_string_equal(client.conninfo, "service='prod'");
    assert_null(client.database);
    assert_null(client.environment[2]);
}

static void test_postgres_client_address__refuses_a_secret_without_a_variable(void **state)
{
    SCRATCH(tmp);
    struct postgres_client client;
    struct error err = {0};
    (void)state;
    assert_false(postgres_client_address(tmp, secret_make(tmp, "postgresql://h/d?sslpassword=hush"), &client, &err));
    assert_int_equal(err.code, ERROR_CONFIG);
    assert_null(strstr(err.message, "hush"));
    assert_non_null(strstr(err.message, "sslpassword"));
}

static void test_postgres_client_program__is_of_a_version_not_the_wrapper(void **state)
{
    SCRATCH(tmp);
    char *path;
    struct error err = {0};
    (void)state;
    EXPECT_OK(postgres_client_program(tmp, "pg_dump", &path, &err));
    assert_int_equal(access(path, X_OK), 0);
    assert_string_not_equal(path, "/usr/bin/pg_dump");
    EXPECT_ERROR(postgres_client_program(tmp, "pg_nothing", &path, &err), ERROR_SYSTEM, "pg_nothing is not installed here");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_postgres_client_address__keeps_the_password_apart),
        cmocka_unit_test(test_postgres_client_address__leaves_the_rest_to_the_environment),
        cmocka_unit_test(test_postgres_client_address__refuses_a_secret_without_a_variable),
        cmocka_unit_test(test_postgres_client_program__is_of_a_version_not_the_wrapper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
