/*
 * YAML: nodes with places, and everything that is refused.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"
#include "base/yaml.h"
#include "expect.h"

static void test_yaml_read__nodes_know_their_place(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    const char text[] = "# head\nservice: shop\nslots:\n  - blue\n  - {äö: \"1\", b: }\n";
    struct yaml *root;
    EXPECT_OK(yaml_read(tmp, "f.yaml", text, strlen(text), &root, &err));
    assert_int_equal(root->kind, YAML_MAP);
    assert_int_equal(root->n, 2);
    assert_string_equal(root->entries[1].key, "slots");
    assert_int_equal(root->entries[1].key_line, 3);
    assert_int_equal(root->entries[1].key_column, 1);
    const struct yaml *slots = yaml_get(root, "slots");
    assert_int_equal(slots->kind, YAML_LIST);
    assert_int_equal(slots->n, 2);
    assert_string_equal(slots->items[0]->text, "blue");
    assert_false(slots->items[0]->is_quoted);
    const struct yaml *quoted = yaml_get(slots->items[1], "äö");
    assert_true(quoted->is_quoted);
    assert_int_equal(quoted->line, 5);
    assert_int_equal(quoted->column, 10); // in characters
    assert_string_equal(yaml_get(slots->items[1], "b")->text, "");
    assert_null(yaml_get(root, "none"));
    assert_null(yaml_get(slots, "none"));
}

static void test_yaml_read__empty_is_an_empty_map(void **state)
{
    (void)state;
    SCRATCH(tmp);
    static const char *const empty[] = {"", "\n\n", "# only this\n"};
    struct error err = {0};
    for (size_t i = 0; i < COUNT_OF(empty); i++) {
        struct yaml *root;
        EXPECT_OK(yaml_read(tmp, "f.yaml", empty[i], strlen(empty[i]), &root, &err));
        assert_int_equal(root->kind, YAML_MAP);
        assert_int_equal(root->n, 0);
    }
}

static void test_yaml_read__aliases(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    const char text[] = "a: &x {k: v}\nb: *x\n";
    struct yaml *root;
    EXPECT_OK(yaml_read(tmp, "f.yaml", text, strlen(text), &root, &err));
    assert_string_equal(yaml_get(yaml_get(root, "b"), "k")->text, "v");
}

static void test_yaml_read__refuses(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct {
        const char *text, *message;
    } cases[] = {
        {"a: 1\nb: 2\na: 3\n", "f.yaml:3:1: key 'a' is already in line 1"},
        {"a: [1, 2\n", "f.yaml:2:1: did not find expected ',' or ']'"},
        {"a:\n\t- x\n", "f.yaml:2:1: found character that cannot start any token"},
        {"a: b: c\n", "f.yaml:1:5: mapping values are not allowed in this context"},
        {"a: *x\n", "f.yaml:1:4: found undefined alias"},
        {"a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document, only one is read"},
        {"{[a]: 1}", "f.yaml:1:2: a key must be a plain text"},
        {"a: \"x\\0y\"", "f.yaml:1:4: a text with a NUL character"},
        {"a: !mine x", "f.yaml:1:4: tags of one's own have no meaning here"},
        {"a: Stra\xDF"
         "e",
         "f.yaml:1:8: not UTF-8 (byte 0xDF)"},
        {"a: &x [*x]", "f.yaml:1:4: an alias within itself, or nested too deep"},
    };
    struct error err = {0};
    struct yaml *root = NULL;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        EXPECT_ERROR(yaml_read(tmp, "f.yaml", cases[i].text, strlen(cases[i].text), &root, &err),
                     ERROR_CONFIG, cases[i].message);
    assert_null(root);
}

static void test_yaml_read__hint_says_what_was_open(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    struct yaml *root;
    const char text[] = "b: x\na: [1,\n  2\n";
    assert_false(yaml_read(tmp, "f.yaml", text, strlen(text), &root, &err));
    assert_string_equal(err.hint, "while parsing a flow sequence that began in line 2");
}

// Ten lists of ten aliases each: 10^9 values from 400 bytes.
static void test_yaml_read__aliases_do_not_explode(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    char *text = mem_strdup(tmp, "a0: &a0 x\n");
    for (int i = 1; i < 10; i++) {
        text = mem_printf(tmp, "%sa%d: &a%d [", text, i, i);
        for (int j = 0; j < 10; j++)
            text = mem_printf(tmp, "%s*a%d,", text, i - 1);
        text = mem_printf(tmp, "%s]\n", text);
    }
    struct yaml *root = NULL;
    EXPECT_ERROR(yaml_read(tmp, "f.yaml", text, strlen(text), &root, &err), ERROR_CONFIG,
                 "f.yaml: more than the limit of 100000 values, aliases counted");
}

static void test_yaml_read__depth_is_bounded_and_fast(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    size_t len = 1000 * 1000;
    char *text = mem_array(tmp, char, len + 1);
    memset(text, '[', len);
    struct yaml *root = NULL;
    int64_t started_ms = clock_monotonic_ms();
    EXPECT_ERROR(yaml_read(tmp, "f.yaml", text, len, &root, &err), ERROR_CONFIG,
                 "f.yaml:1:65: nested deeper than the limit of 64");
    assert_true(clock_monotonic_ms() - started_ms < 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_yaml_read__nodes_know_their_place),
        cmocka_unit_test(test_yaml_read__empty_is_an_empty_map),
        cmocka_unit_test(test_yaml_read__aliases),
        cmocka_unit_test(test_yaml_read__refuses),
        cmocka_unit_test(test_yaml_read__hint_says_what_was_open),
        cmocka_unit_test(test_yaml_read__aliases_do_not_explode),
        cmocka_unit_test(test_yaml_read__depth_is_bounded_and_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
