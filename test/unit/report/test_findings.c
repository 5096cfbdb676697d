/*
 * Findings in other tools' formats: well-formed, escaped, within the limits of who reads them.
 *
 * Sources of the limits: GitHub, "SARIF support for code scanning" (5,000 results shown), "Workflow
 * commands" (10 annotations of a kind in a step), 65,536 characters in a comment.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/json.h"
#include "base/text.h"
#include "report/assess.h"
#include "report/findings.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
// cmocka.h needs the four above.
#include <cmocka.h>

typedef void report_function(FILE *out, const struct assessment *assessment);

// An assessment with `n` findings, stop, warn and note in turn; texts with everything that needs
// escaping.
static struct assessment *make(TALLOC_CTX *mem, size_t n)
{
    struct assessment *assessment = mem_new(mem, struct assessment);
    assessment->verdict = VERDICT_NO_GO;
    assessment->reason = "a reason";
    assessment->findings.mem = assessment;
    for (size_t i = 0; i < n; i++) {
        struct finding finding = {
            .rule = i % 2 == 0 ? "drop-table" : "other-tool-rule",
            .severity = (enum severity)(2 - i % 3),
            .path = "./db/a b,c:d%.sql",
            .line = i,
            .column = 3,
            .message = "100% of <b>\"rows\"</b> & a | b\nsecond line \x01",
            .hint = "write it\r\nso",
            .tool = i % 2 == 0 ? NULL : "other",
        };
        findings_add(&assessment->findings, &finding, mem_printf(mem, "%zu", i));
    }
    findings_sort(&assessment->findings);
    return assessment;
}

static char *render(TALLOC_CTX *mem, report_function *report, const struct assessment *assessment)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    report(out, assessment);
    fclose(out);
    char *copy = mem_strdup(mem, text);
    free(text);
    return copy;
}

static json_t *render_json(report_function *report, const struct assessment *assessment)
{
    SCRATCH(tmp);
    struct error err;
    json_t *document;
    char *text = render(tmp, report, assessment);
    if (!json_read("report", text, strlen(text), &document, &err))
        fail_msg("%s", err.message);
    return document;
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what))
        n++;
    return n;
}

static void test_report_sarif__has_what_code_scanning_reads(void **state)
{
    (void)state;
    SCRATCH(tmp);
    json_t *document = render_json(report_sarif, make(tmp, 4));
    assert_string_equal(json_get_text(document, "version"), "2.1.0");
    json_t *run = json_array_get(json_object_get(document, "runs"), 0);
    json_t *rules =
        json_object_get(json_object_get(json_object_get(run, "tool"), "driver"), "rules");
    json_t *results = json_object_get(run, "results");
    assert_int_equal(json_array_size(rules), 2);
    assert_int_equal(json_array_size(results), 4);
    for (size_t i = 0; i < 4; i++) {
        json_t *result = json_array_get(results, i);
        size_t index = (size_t)json_get_integer(result, "ruleIndex", -1);
        assert_string_equal(json_get_text(json_array_get(rules, index), "id"),
                            json_get_text(result, "ruleId"));
        json_t *place = json_object_get(json_array_get(json_object_get(result, "locations"), 0),
                                        "physicalLocation");
        assert_string_equal(json_get_text(json_object_get(place, "artifactLocation"), "uri"),
                            "db/a%20b%2Cc%3Ad%25.sql");
        // A finding on a whole file has no line; SARIF's lines begin with 1.
        assert_true(json_get_integer(json_object_get(place, "region"), "startLine", 0) >= 1);
        assert_int_equal(strlen(json_get_text(json_object_get(result, "partialFingerprints"),
                                              "primaryLocationLineHash")),
                         16);
    }
    assert_string_equal(json_get_text(json_array_get(results, 0), "level"), "error");
    assert_string_equal(json_get_text(json_array_get(results, 3), "level"), "note");
    json_decref(document);
}

static void test_report_sarif__cut_at_what_is_shown(void **state)
{
    (void)state;
    SCRATCH(tmp);
    json_t *document = render_json(report_sarif, make(tmp, REPORT_SARIF_MAX + 7));
    json_t *run = json_array_get(json_object_get(document, "runs"), 0);
    assert_int_equal(json_array_size(json_object_get(run, "results")), REPORT_SARIF_MAX);
    assert_int_equal(json_get_integer(json_object_get(run, "properties"), "findingsNotListed", 0),
                     7);
    json_decref(document);
}

static void test_report_github__ten_of_a_kind(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char *text = render(tmp, report_github, make(tmp, 90));
    assert_int_equal(count(text, "::error "), 10);
    assert_int_equal(count(text, "::warning "), 10);
    assert_int_equal(count(text, "::notice "), 10);
    assert_non_null(strstr(text, "30 stop, 30 warn, 30 note, 61 not shown here"));
    assert_int_equal(count(text, "\n"), 30);
}

static void test_report_github__escapes(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char *text = render(tmp, report_github, make(tmp, 1));
    assert_true(text_starts_with(text, "::error file=./db/a b%2Cc%3Ad%25.sql,title=drop-table::"
                                       "100%25 of <b>\"rows\"</b> & a | b%0Asecond line"));
    assert_non_null(strstr(text, "write it%0D%0Aso"));
}

static void test_report_gitlab__fields(void **state)
{
    (void)state;
    SCRATCH(tmp);
    json_t *list = render_json(report_gitlab, make(tmp, 3));
    assert_int_equal(json_array_size(list), 3);
    json_t *first = json_array_get(list, 0);
    assert_string_equal(json_get_text(first, "severity"), "blocker");
    assert_string_equal(json_get_text(first, "check_name"), "drop-table");
    json_t *location = json_object_get(first, "location");
    assert_string_equal(json_get_text(location, "path"), "db/a b,c:d%.sql");
    assert_int_equal(json_get_integer(json_object_get(location, "lines"), "begin", 0), 1);
    json_decref(list);
}

static void test_report_junit__counts_and_escapes(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char *text = render(tmp, report_junit, make(tmp, 3));
    assert_non_null(strstr(text, "tests=\"1\" failures=\"1\" errors=\"0\""));
    assert_non_null(strstr(text, "100% of &lt;b&gt;&quot;rows&quot;&lt;/b&gt; &amp; a"));
    // A character that XML 1.0 forbids is not written.
    assert_null(strchr(text, '\x01'));
    assert_int_equal(count(text, "<testcase"), count(text, "</testcase>"));
    assert_int_equal(count(text, "<failure"), 1);
}

// What stops and warns with its safe form in the open, the notes by rule in a fold.
static void test_report_markdown__few(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char *text = render(tmp, report_assess_markdown, make(tmp, 6));
    const char *fold = strstr(text, "<details>");
    assert_int_equal(count(text, "\n| stop | "), 2);
    assert_int_equal(count(text, "\n| warn | "), 2);
    assert_int_equal(count(text, "\n| note | "), 0);
    assert_int_equal(count(text, "Safe form: write it"), 6);
    assert_int_equal(count(text, "<details>"), 1);
    assert_non_null(fold);
    assert_null(strstr(fold, "| stop |"));
    assert_non_null(strstr(fold, "<summary>2 notes</summary>"));
    assert_non_null(strstr(fold, "\n| 1 | drop-table | "));
    assert_non_null(strstr(fold, "\n| 1 | other-tool-rule | "));
    assert_null(strstr(text, "lists all"));
}

// Worst first, two of a rule; the others folded, and what is too much for that counted.
static void test_report_markdown__many(void **state)
{
    (void)state;
    SCRATCH(tmp);
    char *text = render(tmp, report_assess_markdown, make(tmp, 300));
    char *fold = strstr(text, "<details>");
    assert_non_null(fold);
    assert_non_null(strstr(fold, "<summary>196 more findings</summary>"));
    assert_int_equal(count(fold, "\n| stop | ") + count(fold, "\n| warn | "), 50);
    assert_non_null(strstr(fold, "\nand 146 more: `tminus assess -v` lists all.\n"));
    assert_non_null(strstr(fold, "<summary>100 notes</summary>"));
    assert_non_null(strstr(fold, "\n| 50 | drop-table | "));
    assert_non_null(strstr(fold, "<br>and 45 more |\n"));
    assert_int_equal(count(text, "<details>"), count(text, "</details>"));
    *fold = '\0';
    assert_int_equal(count(text, "\n| stop | "), 4);
    assert_int_equal(count(text, "\n| warn | "), 0);
    assert_null(strstr(text, "a | b"));
}

static void test_report_markdown__fits_a_comment(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct assessment *assessment = make(tmp, 300);
    char *message = mem_array(tmp, char, 3001);
    memset(message, 'x', 3000);
    for (size_t i = 0; i < assessment->findings.n; i++)
        assessment->findings.list[i].message = message;
    char *text = render(tmp, report_assess_markdown, assessment);
    assert_true(text_width(text) < 65536);
    assert_true(text_width(text) > 60000);
    assert_non_null(strstr(text, "\n280 more findings did not fit here"));
    assert_non_null(strstr(text, "| stop |"));
    assert_null(strstr(text, "| note |"));
    assert_int_equal(count(text, "<details>"), count(text, "</details>"));
}

static void test_findings_sort__twins_are_told_apart(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct findings findings = {.mem = tmp};
    for (size_t line = 1; line <= 3; line++) {
        struct finding finding = {.rule = "drop-table",
                                  .severity = SEVERITY_STOP,
                                  .path = "a.sql",
                                  .line = line,
                                  .message = "m",
                                  .hint = ""};
        findings_add(&findings, &finding, "DROP TABLE a");
    }
    const char *first = mem_strdup(tmp, findings.list[0].fingerprint);
    findings_sort(&findings);
    assert_string_equal(findings.list[0].fingerprint, first);
    assert_string_not_equal(findings.list[1].fingerprint, first);
    assert_string_not_equal(findings.list[1].fingerprint, findings.list[2].fingerprint);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report_sarif__has_what_code_scanning_reads),
        cmocka_unit_test(test_report_sarif__cut_at_what_is_shown),
        cmocka_unit_test(test_report_github__ten_of_a_kind),
        cmocka_unit_test(test_report_github__escapes),
        cmocka_unit_test(test_report_gitlab__fields),
        cmocka_unit_test(test_report_junit__counts_and_escapes),
        cmocka_unit_test(test_report_markdown__few),
        cmocka_unit_test(test_report_markdown__many),
        cmocka_unit_test(test_report_markdown__fits_a_comment),
        cmocka_unit_test(test_findings_sort__twins_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
