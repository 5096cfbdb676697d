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

static const struct record_format *format_of(const char *layout)
{
    const struct record_format *format = NULL;
    struct error err;
    assert_true(record_format_for(layout_find(layout), &format, &err));
    return format;
}

static const struct migration first = {.version = "0001", .name = "a"};
static const struct migration second = {.version = "0002", .name = "it's"};

static void test_record_version__as_the_tool_writes_it(void **state)
{
    static const struct {
        const char *layout, *version, *expected;
    } cases[] = {
        {"golang-migrate", "0042", "42"}, {"golang-migrate", "0", "0"}, {"goose", "00007", "7"},
        {"dbmate", "0042", "0042"}, {"diesel", "2024-01-31-120000", "20240131120000"},
        {"plain", "0042", "0042"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        const struct migration migration = {.version = cases[i].version};
        assert_string_equal(record_version(tmp, format_of(cases[i].layout), &migration),
                            cases[i].expected);
    }
}

#define GOLANG_ROW(row)                                                                            \
    "DELETE FROM schema_migrations; INSERT INTO schema_migrations (version, dirty) VALUES (" row ");"

static void test_record_sql__golang_migrate(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct record_format *format = format_of("golang-migrate");
    const struct record_step up = {.migration = &second, .previous = &first};
    const struct record_step down = {.migration = &second, .previous = &first, .is_undo = true};
    const struct record_step last = {.migration = &first, .is_undo = true};
    assert_string_equal(record_sql_done(tmp, format, &up), GOLANG_ROW("2, 0"));
    assert_string_equal(record_sql_done(tmp, format, &down), GOLANG_ROW("1, 0"));
    assert_string_equal(record_sql_done(tmp, format, &last), "DELETE FROM schema_migrations;");
    assert_string_equal(record_sql_begun(tmp, format, &up), GOLANG_ROW("2, 1"));
    assert_string_equal(record_sql_unbegun(tmp, format, &up), GOLANG_ROW("1, 0"));
    assert_string_equal(record_sql_unbegun(tmp, format, &down), GOLANG_ROW("2, 0"));
}

static void test_record_sql__quotes(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct record_step step = {.migration = &second, .sha256 = "ab"};
    const char *sql = record_sql_begun(tmp, format_of("plain"), &step);
    assert_non_null(strstr(sql, "VALUES ('0002', 'it''s', 'ab', 'begun', '20"));
    assert_null(record_sql_begun(tmp, format_of("goose"), &step));
}

static void test_record_format_for__refused_by_name(void **state)
{
    static const char *const layouts[] = {"flyway", "prisma",  "sqitch",     "rails",
                                          "alembic", "django", "sourcegraph"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(layouts); i++) {
        const struct record_format *format;
        struct error err = {0};
        assert_false(record_format_for(layout_find(layouts[i]), &format, &err));
        assert_int_equal(err.code, ERROR_CONFIG);
        assert_non_null(strstr(err.message, layouts[i]));
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
