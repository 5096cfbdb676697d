/*
 * Provenance: statements bare, in an envelope, as JSON lines; what is none.
 *
 * Forms: in-toto Statement v0.1 and v1, DSSE envelope, SLSA Provenance v0.2 and v1.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/base64.h"
#include "flight/provenance.h"
#include "tree.h"

#define ARTIFACT "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
#define OTHER "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
#define STATEMENT_OF(digest)                                                                       \
    "{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicateType\":\"https://slsa.dev/provenance/v1\","   \
    "\"subject\":[{\"name\":\"shop.tar\",\"digest\":{\"sha256\":\"" digest "\"}}],"                 \
    "\"predicate\":{\"runDetails\":{\"builder\":{\"id\":\"https://ci.example/7\"}}}}"

struct rig {
    struct tree *tree;
    struct provenance provenance;
    struct error err;
};

static struct rig *rig_make(void)
{
    struct rig *rig = mem_new(NULL, struct rig);
    rig->tree = tree_make(rig);
    return rig;
}

static bool read_text(struct rig *rig, const char *text)
{
    const char *path = tree_write(rig->tree, "shop.intoto.jsonl", text);
    return provenance_read(rig, path, ARTIFACT, &rig->provenance, &rig->err);
}

static void test_provenance__bare_statement(void **state)
{
    (void)state;
    struct rig *rig = rig_make();
    assert_true(read_text(rig, STATEMENT_OF(ARTIFACT)));
    assert_true(rig->provenance.names_artifact);
    assert_string_equal(rig->provenance.type, "https://slsa.dev/provenance/v1");
    assert_string_equal(rig->provenance.builder, "https://ci.example/7");
    assert_string_equal(rig->provenance.subject, ARTIFACT);
    talloc_free(rig);
}

static void test_provenance__another_artifact(void **state)
{
    (void)state;
    struct rig *rig = rig_make();
    assert_true(read_text(rig, STATEMENT_OF(OTHER)));
    assert_false(rig->provenance.names_artifact);
    assert_string_equal(rig->provenance.subject, OTHER);
    talloc_free(rig);
}

static void test_provenance__one_of_several_subjects_and_v02(void **state)
{
    (void)state;
    struct rig *rig = rig_make();
    assert_true(read_text(rig, "{\"_type\":\"https://in-toto.io/Statement/v0.1\",\"predicateType\":\"https://slsa.dev/provenance/v0.2\","
                               "\"subject\":[{\"digest\":{\"sha512\":\"00\"}},{\"digest\":{\"sha256\":\"" OTHER "\"}},"
                               "{\"digest\":{\"sha256\":\"9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08\"}}],"
                               "\"predicate\":{\"builder\":{\"id\":\"old\"}}}"));
    assert_true(rig->provenance.names_artifact); // hex of either case
    assert_string_equal(rig->provenance.subject, OTHER);
    assert_string_equal(rig->provenance.builder, "old");
    talloc_free(rig);
}

static void test_provenance__nothing_that_says_who(void **state)
{
    (void)state;
    struct rig *rig = rig_make();
    assert_true(read_text(rig, "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[]}"));
    assert_false(rig->provenance.names_artifact);
    assert_null(rig->provenance.subject);
    assert_null(rig->provenance.builder);
    assert_null(rig->provenance.type);
    talloc_free(rig);
}

static void test_provenance__in_an_envelope(void **state)
{
    (void)state;
    struct rig *rig = rig_make();
    static const char statement[] = STATEMENT_OF(ARTIFACT);
    char *payload = base64_write(rig, statement, strlen(statement));
    assert_true(read_text(rig, mem_printf(rig, "{\"payloadType\":\"application/vnd.in-toto+json\",\"payload\":\"%s\",\"signatures\":[]}", payload)));
    assert_true(rig->provenance.names_artifact);
    // The other alphabet, without padding.
    for (char *at = payload; *at != '\0'; at++)
        *at = *at == '+' ? '-' : *at == '/' ? '_' : *at == '=' ? '\0' : *at;
    assert_true(read_text(rig, mem_printf(rig, "{\"payload\":\"%s\"}", payload)));
    assert_true(rig->provenance.names_artifact);
    talloc_free(rig);
}

static void test_provenance__first_of_json_lines(void **state)
{
    (void)state;
    struct rig *rig = rig_make();
    assert_true(read_text(rig, STATEMENT_OF(ARTIFACT) "\n" STATEMENT_OF(OTHER) "\n"));
    assert_true(rig->provenance.names_artifact);
    assert_true(read_text(rig, STATEMENT_OF(OTHER) "\n" STATEMENT_OF(ARTIFACT) "\n"));
    assert_false(rig->provenance.names_artifact);
    talloc_free(rig);
}

static void expect_none(const char *text, const char *why)
{
    struct rig *rig = rig_make();
    assert_false(read_text(rig, text));
    assert_int_equal(rig->err.code, ERROR_INPUT);
    if (strstr(rig->err.message, why) == NULL)
        fail_msg("'%s' is not in: %s", why, rig->err.message);
    talloc_free(rig);
}

static void test_provenance__is_none(void **state)
{
    (void)state;
    expect_none("", "shop.intoto.jsonl");
    expect_none("not json", "shop.intoto.jsonl");
    expect_none("[]", "no in-toto statement");
    expect_none("{}", "no in-toto statement");
    expect_none("{\"_type\":\"https://example/Statement/v1\",\"subject\":[]}", "no in-toto statement");
    expect_none("{\"_type\":\"https://in-toto.io/Statement/v1\"}", "no in-toto statement");
    expect_none("{\"payload\":\"###\"}", "no base64");
    expect_none("{\"payload\":\"bm8=\"}", "shop.intoto.jsonl"); // "no"
    expect_none("{\"payload\":\"e30=\"}", "no in-toto statement");
}

static void test_provenance__no_file(void **state)
{
    (void)state;
    struct rig *rig = rig_make();
    assert_false(provenance_read(rig, tree_path(rig->tree, "gone"), ARTIFACT, &rig->provenance, &rig->err));
    assert_non_null(strstr(rig->err.message, "gone"));
    talloc_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_provenance__bare_statement),
        cmocka_unit_test(test_provenance__another_artifact),
        cmocka_unit_test(test_provenance__one_of_several_subjects_and_v02),
        cmocka_unit_test(test_provenance__nothing_that_says_who),
        cmocka_unit_test(test_provenance__in_an_envelope),
        cmocka_unit_test(test_provenance__first_of_json_lines),
        cmocka_unit_test(test_provenance__is_none),
        cmocka_unit_test(test_provenance__no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
