/*
 * SARIF of other tools: severities by the standard's defaults, places, what is left out, what is
 * malformed. The first document has the shape that squawk and semgrep write.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/sarif.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
// cmocka.h needs the four above.
#include <cmocka.h>

static bool read_text(TALLOC_CTX *mem, const char *text, struct findings *out, struct error *err)
{
    out->mem = mem;
    return sarif_read("x.sarif", text, strlen(text), out, err);
}

#define RUN(results)                                                                               \
    "{\"version\": \"2.1.0\", \"runs\": [{\"tool\": {\"driver\": {\"name\": \"lint\", \"rules\": " \
    "[{\"id\": \"R1\", \"defaultConfiguration\": {\"level\": \"error\"}, \"help\": {\"text\": "    \
    "\"do that\"}}]}}, \"results\": [" results "]}]}"

static void test_sarif_read__takes_place_level_and_fingerprint(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct findings findings = {0};
    struct error err;
    assert_true(read_text(
        tmp,
        RUN("{\"ruleId\": \"R1\", \"message\": {\"text\": \"bad\"}, \"locations\": "
            "[{\"physicalLocation\": {\"artifactLocation\": {\"uri\": \"db/a%20b.sql\"}, "
            "\"region\": {\"startLine\": 7, \"startColumn\": 2}}}], "
            "\"partialFingerprints\": {\"primaryLocationLineHash\": \"abc:1\"}}"),
        &findings, &err));
    assert_int_equal(findings.n, 1);
    const struct finding *finding = &findings.list[0];
    assert_string_equal(finding->rule, "R1");
    assert_int_equal(finding->severity, SEVERITY_STOP);
    assert_string_equal(finding->path, "db/a b.sql");
    assert_int_equal(finding->line, 7);
    assert_int_equal(finding->column, 2);
    assert_string_equal(finding->tool, "lint");
    assert_string_equal(finding->hint, "do that");
    assert_string_equal(finding->fingerprint, "abc:1");
}

static void test_sarif_read__levels(void **state)
{
    (void)state;
    static const struct {
        const char *result;
        enum severity severity;
    } cases[] = {
        {RUN("{\"ruleId\": \"X\", \"message\": {\"text\": \"m\"}}"), SEVERITY_WARN},
        {RUN("{\"ruleId\": \"X\", \"level\": \"error\", \"message\": {\"text\": \"m\"}}"),
         SEVERITY_STOP},
        {RUN("{\"ruleId\": \"R1\", \"level\": \"note\", \"message\": {\"text\": \"m\"}}"),
         SEVERITY_NOTE},
        {RUN("{\"ruleIndex\": 0, \"message\": {\"text\": \"m\"}}"), SEVERITY_STOP},
        {RUN("{\"ruleId\": \"R1\", \"kind\": \"pass\", \"message\": {\"text\": \"m\"}}"),
         SEVERITY_NOTE},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        struct findings findings = {0};
        struct error err;
        assert_true(read_text(tmp, cases[i].result, &findings, &err));
        assert_int_equal(findings.n, 1);
        assert_int_equal(findings.list[0].severity, cases[i].severity);
    }
}

static void test_sarif_read__leaves_out_what_was_suppressed(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct findings findings = {0};
    struct error err;
    assert_true(read_text(tmp,
                          RUN("{\"ruleId\": \"X\", \"message\": {\"text\": \"m\"}, "
                              "\"suppressions\": [{\"kind\": \"inSource\"}]}"),
                          &findings, &err));
    assert_int_equal(findings.n, 0);
}

static void test_sarif_read__malformed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "x.sarif"},
        {"[]", "not SARIF 2.1.0"},
        {"{\"version\": \"2.0.0\", \"runs\": []}", "version is '2.0.0'"},
        {"{\"version\": \"2.1.0\"}", "no array 'runs'"},
        {"{\"version\": \"2.1.0\", \"runs\": [{}]}", "runs[0]: no tool.driver.name"},
        {"{\"version\": \"2.1.0\", \"runs\": [{\"tool\": {\"driver\": {\"name\": \"x\"}}}]}",
         "the tool did not finish"},
        {RUN("3"), "runs[0].results[0]: not an object"},
        {RUN("{\"ruleId\": \"X\"}"), "no message.text"},
        {RUN("{\"message\": {\"text\": \"m\"}}"), "no ruleId"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        struct findings findings = {0};
        struct error err;
        assert_false(read_text(tmp, cases[i].text, &findings, &err));
        assert_int_equal(err.code, ERROR_INPUT);
        if (strstr(err.message, cases[i].message) == NULL)
            fail_msg("'%s' does not say '%s'", err.message, cases[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sarif_read__takes_place_level_and_fingerprint),
        cmocka_unit_test(test_sarif_read__levels),
        cmocka_unit_test(test_sarif_read__leaves_out_what_was_suppressed),
        cmocka_unit_test(test_sarif_read__malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
