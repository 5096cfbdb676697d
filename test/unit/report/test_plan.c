/*
 * Reports of a plan: golden files for each format, what must be escaped, what must fit.
 *
 * UPDATE=1 in the environment writes the golden files anew; look at the difference.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/text.h"
#include "expect.h"
#include "plan_example.h"
#include "report/plan.h"

typedef void report_write(FILE *out, const struct plan *plan);

static void write_markdown(FILE *out, const struct plan *plan)
{
    report_plan_markdown(out, plan, &(struct report_plan_options){0});
}

static void write_markdown_ascii(FILE *out, const struct plan *plan)
{
    report_plan_markdown(out, plan, &(struct report_plan_options){.is_ascii = true});
}

static void write_text(FILE *out, const struct plan *plan)
{
    report_plan_text(out, plan, &(struct report_plan_options){.is_whole = true});
}

static void write_text_ascii(FILE *out, const struct plan *plan)
{
    report_plan_text(out, plan, &(struct report_plan_options){.is_whole = true, .is_ascii = true});
}

static char *written(TALLOC_CTX *mem, report_write *write, const struct plan *plan)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    write(out, plan);
    fclose(out);
    char *copy = mem_strndup(mem, text, len);
    free(text);
    return copy;
}

static void compare(const char *name, report_write *write)
{
    SCRATCH(tmp);
    struct error err;
    struct plan plan = example_plan();
    char *got = written(tmp, write, &plan), *expected;
    char *path = mem_printf(tmp, "%s/test/unit/report/plan/%s", getenv("SOURCE"), name);
    size_t len;
    if (getenv("UPDATE") != NULL && !file_write(path, got, strlen(got), 0644, &err))
        fail_msg("%s", err.message);
    if (!file_read(tmp, path, FILE_SIZE_MAX, &expected, &len, &err))
        fail_msg("%s", err.message);
    assert_string_equal(got, expected);
}

static void test_report__golden(void **state)
{
    (void)state;
    compare("checklist.md", write_markdown);
    compare("checklist-ascii.md", write_markdown_ascii);
    compare("checklist.html", report_plan_html);
    compare("checklist.txt", write_text);
    compare("checklist-ascii.txt", write_text_ascii);
}

static void test_report_text__ascii_is_ascii(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct plan plan = example_plan();
    for (const char *c = written(tmp, write_text_ascii, &plan); *c != '\0'; c++)
        assert_true((unsigned char)*c < 0x80);
}

// Nothing is loaded and nothing runs, whatever stands in titles, commands and details.
static void test_report_html__stands_alone(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const char *const forbidden[] = {"<script", "src=", "http:", "https:", "url(", "@import",
                                            "<link", "onload", "<b>"};
    struct plan plan = example_plan();
    char *html = written(tmp, report_plan_html, &plan);
    for (size_t i = 0; i < COUNT_OF(forbidden); i++)
        assert_null(strstr(html, forbidden[i]));
    assert_non_null(strstr(html, "&lt;script&gt;alert(1)&lt;/script&gt;"));
}

static void test_report_markdown__ticks_the_answer(void **state)
{
    (void)state;
    static const struct {
        enum rollback_class class;
        const char *line;
    } cases[] = {
        {ROLLBACK_ROUND_TRIP,
         "- [x] Yes - every migration has a down that brings schema and data back\n"},
        {ROLLBACK_DUAL_WRITE, "- [x] Yes - dual-write kept legacy column populated\n"},
        {ROLLBACK_BACKUP, "- [x] Yes - have database backup from before migration\n"},
        {ROLLBACK_PARTIAL, "- [x] Partial - can revert code but data needs manual fix\n"},
        {ROLLBACK_IRREVERSIBLE,
         "- [x] No - irreversible change (document why this is acceptable)\n"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        struct plan plan = example_plan();
        plan.rollback.class = cases[i].class;
        char *text = strstr(written(tmp, write_markdown, &plan), "**Can we roll back?**");
        char *at = strstr(text, "[x]");
        assert_non_null(strstr(text, cases[i].line));
        assert_null(strstr(at + 1, "[x]"));
    }
    SCRATCH(tmp);
    struct plan plan = example_plan();
    plan.rollback.class = ROLLBACK_UNKNOWN;
    char *text = strstr(written(tmp, write_markdown, &plan), "**Can we roll back?**");
    assert_null(strstr(text, "[x]"));
    assert_non_null(strstr(text, "\nNot known: "));
}

// 5,000 lines of 1,000 characters: what failed stays, what passed goes, and it is said.
static void test_report_markdown__stays_below_its_limit(void **state)
{
    (void)state;
    SCRATCH(tmp);
    size_t n = 5000;
    struct plan plan = example_plan();
    struct plan_step *steps = mem_array(tmp, struct plan_step, n);
    char *detail = mem_array(tmp, char, 1001);
    memset(detail, 'x', 1000);
    for (size_t i = 0; i < n; i++) {
        steps[i] = example_pre[i == n - 1 ? 0 : 2];
        steps[i].title = mem_printf(tmp, "line %zu %s", i, detail);
        steps[i].detail = detail;
    }
    plan.sections[PLAN_PRE_DEPLOY] = (struct plan_section){PLAN_PRE_DEPLOY, steps, n};
    char *text = written(tmp, write_markdown, &plan);
    assert_true(strlen(text) < REPORT_PLAN_MARKDOWN_MAX);
    assert_non_null(strstr(text, "line 4999 "));
    assert_null(strstr(text, "line 4998 "));
    assert_non_null(strstr(text, "\n4800 more lines did not fit here"));
    assert_non_null(strstr(text, "## 🔄 Rollback (If Needed)"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report__golden),
        cmocka_unit_test(test_report_text__ascii_is_ascii),
        cmocka_unit_test(test_report_html__stands_alone),
        cmocka_unit_test(test_report_markdown__ticks_the_answer),
        cmocka_unit_test(test_report_markdown__stays_below_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
