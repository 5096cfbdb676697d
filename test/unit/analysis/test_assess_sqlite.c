/*
 * Whole histories on SQLite, in the manner of three tools, judged as a user would see them: what must
 * be found is found at its line, and nothing else stops a change.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/assessment.h"
#include "change/layout.h"
#include "base/file.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct assessment *assess(TALLOC_CTX *mem, const char *folder)
{
    struct error err = {0};
    struct change *change = NULL;
    struct assessment *assessment = NULL;
    struct assessment_options options = {.dialect = DIALECT_SQLITE};
    const char *path = mem_printf(mem, "%s/test/data/sqlite/%s", getenv("SOURCE"), folder);

    if (!change_read(mem, &path, 1, NULL, &change, &err) ||
        !assessment_make(mem, change, &options, &assessment, &err))
        fail_msg("%s", err.message);
    assert_int_equal(assessment->n_not_understood, 0);
    return assessment;
}

// Is the rule told at `line` of the file whose path ends in `file`?
static void assert_found(const struct assessment *assessment, const char *rule, const char *file,
                         size_t line, enum severity severity)
{
    for (size_t i = 0; i < assessment->findings.n; i++) {
        const struct finding *finding = &assessment->findings.list[i];
        if (strcmp(finding->rule, rule) == 0 && text_ends_with(finding->path, file) &&
            finding->line == line && finding->severity == severity)
            return;
    }
    fail_msg("no %s at %s:%zu", rule, file, line);
}

static size_t count(const struct assessment *assessment, enum severity severity)
{
    size_t n = 0;
    for (size_t i = 0; i < assessment->findings.n; i++)
        n += assessment->findings.list[i].severity == severity;
    return n;
}

// A rebuild that carries everything over stops nothing.
static void test_goose__a_complete_rebuild_goes(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct assessment *assessment = assess(tmp, "goose");
    assert_int_equal(assessment->verdict, VERDICT_GO);
    assert_int_equal(assessment->n_statements, 28);
    assert_int_equal(count(assessment, SEVERITY_STOP), 0);
    for (size_t i = 0; i < assessment->findings.n; i++)
        assert_string_not_equal(assessment->findings.list[i].rule, "statement-invalid");
}

static void test_diesel__a_dropped_column_stops(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct assessment *assessment = assess(tmp, "diesel");
    assert_int_equal(assessment->verdict, VERDICT_NO_GO);
    assert_int_equal(count(assessment, SEVERITY_STOP), 1);
    assert_found(assessment, "drop-column", "04-01-000000_drop_name/up.sql", 1, SEVERITY_STOP);
    assert_found(assessment, "unique-may-fail", "email_unique/up.sql", 3, SEVERITY_WARN);
    assert_found(assessment, "dedupe-delete", "email_unique/up.sql", 2, SEVERITY_WARN);
}

// The rows of a rebuild go through an inner join with a map: those that it lacks are gone.
static void test_golang_migrate__a_lossy_rebuild_stops(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct assessment *assessment = assess(tmp, "golang-migrate");
    assert_int_equal(assessment->verdict, VERDICT_NO_GO);
    assert_found(assessment, "insert-select-join-loses-rows", "000002_categories.up.sql", 4,
                 SEVERITY_STOP);
    assert_found(assessment, "drop-table", "000002_categories.up.sql", 5, SEVERITY_STOP);
    assert_found(assessment, "not-null-no-default", "000003_sender.up.sql", 1, SEVERITY_STOP);
    assert_found(assessment, "update-delete-without-where", "000003_sender.up.sql", 4,
                 SEVERITY_STOP);
}

// The wrong dialect: HOLD or worse, and the right one is named. The right one needs no hint.
static void test_dialect__is_hinted(void **state)
{
    SCRATCH(tmp);
    (void)state;
    struct error err = {0};
    struct change *change = NULL;
    struct assessment *assessment = NULL;
    struct assessment_options options = {.dialect = DIALECT_POSTGRES};
    const char *path = mem_printf(tmp, "%s/test/data/sqlite/goose", getenv("SOURCE"));
    assert_true(change_read(tmp, &path, 1, NULL, &change, &err));
    assert_true(assessment_make(tmp, change, &options, &assessment, &err));
    assert_int_not_equal(assessment->verdict, VERDICT_GO);
    assert_non_null(strstr(assessment->reason, "SQLite knows more of it (--dialect sqlite)"));
    assert_null(strstr(assess(tmp, "goose")->reason, "--dialect"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goose__a_complete_rebuild_goes),
        cmocka_unit_test(test_diesel__a_dropped_column_stops),
        cmocka_unit_test(test_golang_migrate__a_lossy_rebuild_stops),
        cmocka_unit_test(test_dialect__is_hinted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
