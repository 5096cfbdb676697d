/*
 * Records: the SQL that each tool's record is kept with. What it does to a database is tested by
 * test/live/migrate.t; here its text, with names that would break out of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/record.h"
#include "change/layout.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const struct record_format *format_of(const char *layout, enum dialect dialect)
{
    const struct record_format *format = NULL;
    struct error err;
    assert_true(record_format_for(layout_find(layout), dialect, &format, &err));
    return format;
}

static struct record record_of(const char *layout, enum dialect dialect)
{
    return (struct record){.format = format_of(layout, dialect), .table = "\"o'dd\".t"};
}

static const struct migration first = {.version = "0001", .name = "a"};
static const struct migration second = {.version = "0002", .name = "it's"};

static void test_record_version__as_the_tool_writes_it(void **state)
{
    static const struct {
        const char *layout, *version, *name, *expected;
    } cases[] = {
        {"golang-migrate", "0042", "a", "42"},
        {"golang-migrate", "0", "a", "0"},
        {"goose", "00007", "a", "7"},
        {"dbmate", "0042", "a", "0042"},
        {"diesel", "2024-01-31-120000", "a", "20240131120000"},
        {"plain", "0042", "a", "0042"},
        {"prisma", "20240131120000", "init", "20240131120000_init"},
        {"django", "0002", "0002_add", "0002_add"},
        {"rails", "20240131120000", "", "20240131120000"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        const struct migration migration = {.version = cases[i].version, .name = cases[i].name};
        assert_string_equal(record_version(tmp, format_of(cases[i].layout, DIALECT_POSTGRES), &migration),
                            cases[i].expected);
    }
}

#define GOLANG_ROW(row)                                                                            \
    "DELETE FROM schema_migrations; INSERT INTO schema_migrations (version, dirty) VALUES (" row ");"

static void test_record_sql__golang_migrate(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct record record = record_of("golang-migrate", DIALECT_SQLITE);
    const struct record postgres = record_of("golang-migrate", DIALECT_POSTGRES);
    const struct record_step up = {.migration = &second, .previous = &first};
    const struct record_step down = {.migration = &second, .previous = &first, .is_undo = true};
    const struct record_step last = {.migration = &first, .is_undo = true};
    assert_string_equal(record_sql_done(tmp, &record, &up), GOLANG_ROW("2, 0"));
    assert_string_equal(record_sql_done(tmp, &record, &down), GOLANG_ROW("1, 0"));
    assert_string_equal(record_sql_done(tmp, &record, &last), "DELETE FROM schema_migrations;");
    assert_string_equal(record_sql_begun(tmp, &record, &up), GOLANG_ROW("2, 1"));
    assert_string_equal(record_sql_unbegun(tmp, &record, &up), GOLANG_ROW("1, 0"));
    assert_string_equal(record_sql_unbegun(tmp, &record, &down), GOLANG_ROW("2, 0"));
    // Source: SetVersion in database/postgres/postgres.go.
    assert_string_equal(record_sql_done(tmp, &postgres, &up),
                        "TRUNCATE \"o'dd\".t; INSERT INTO \"o'dd\".t (version, dirty) VALUES (2, false);");
    assert_string_equal(record_sql_done(tmp, &postgres, &last), "TRUNCATE \"o'dd\".t;");
}

static void test_record_sql__quotes(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct record_step step = {.migration = &second, .sha256 = "ab"};
    const struct record plain = record_of("plain", DIALECT_SQLITE);
    const struct record goose = record_of("goose", DIALECT_SQLITE);
    const char *sql = record_sql_begun(tmp, &plain, &step);
    assert_non_null(strstr(sql, "VALUES ('0002', 'it''s', 'ab', 'begun', '20"));
    assert_null(record_sql_begun(tmp, &goose, &step));
}

static void test_record_format_for__refused_by_name(void **state)
{
    static const char *const layouts[] = {"flyway", "prisma",  "sqitch",     "rails",
                                          "alembic", "django", "sourcegraph"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(layouts); i++) {
        const struct record_format *format;
        struct error err = {0};
        assert_false(record_format_for(layout_find(layouts[i]), DIALECT_SQLITE, &format, &err));
        assert_int_equal(err.code, ERROR_CONFIG);
        assert_non_null(strstr(err.message, layouts[i]));
        // On PostgreSQL they are read.
        format = format_of(layouts[i], DIALECT_POSTGRES);
        assert_false(record_format_check(format, DIALECT_POSTGRES, &err));
        assert_int_equal(err.code, ERROR_CONFIG);
        assert_non_null(strstr(err.message, "cannot be written on PostgreSQL"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record_version__as_the_tool_writes_it),
        cmocka_unit_test(test_record_sql__golang_migrate),
        cmocka_unit_test(test_record_sql__quotes),
        cmocka_unit_test(test_record_format_for__refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
