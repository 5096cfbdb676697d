/*
 * JSON: members, mending, reading with places, the canonical form.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/json.h"
#include "expect.h"
#include <math.h>

static void test_json_put__keeps_order(void **state)
{
    (void)state;
    json_auto_t *object = json_object();
    json_put_text(object, "z", "ä");
    json_put_text(object, "none", NULL);
    json_put_integer(object, "a", INT64_MIN);
    json_put_real(object, "real", 0.1);
    json_put_real(object, "nan", (double)NAN);
    json_put_bool(object, "yes", true);
    json_array_append_new(json_put_array(object, "list"), json_text("x"));
    json_put_integer(json_put_object(object, "inner"), "n", 1);
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    json_write(out, object);
    fclose(out);
    assert_string_equal(text, "{\n  \"z\": \"ä\",\n  \"none\": null,\n"
                              "  \"a\": -9223372036854775808,\n  \"real\": 0.1,\n  \"nan\": null,\n"
                              "  \"yes\": true,\n  \"list\": [\n    \"x\"\n  ],\n"
                              "  \"inner\": {\n    \"n\": 1\n  }\n}\n");
    free(text);
}

// Longer than what is gathered before it is written, in pieces of every length.
static void test_json_write__long(void **state)
{
    (void)state;
    json_auto_t *list = json_array();
    char piece[60000];
    for (size_t len = 1; len < sizeof(piece); len += len / 2 + 1) {
        memset(piece, 'a' + (int)(len % 26), len);
        json_array_append_new(list, json_stringn(piece, len));
    }
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    json_write(out, list);
    fclose(out);
    char *expected = json_dumps(list, JSON_INDENT(2));
    assert_int_equal(len, strlen(expected) + 1);
    assert_memory_equal(text, expected, len - 1);
    free(expected);
    free(text);
}

static void test_json_text__mends(void **state)
{
    (void)state;
    json_auto_t *text = json_text("Stra\xDF"
                                  "e");
    assert_string_equal(json_string_value(text), "Stra\uFFFDe");
}

// Source: RFC 8785, 3.2.2 and 3.2.3: no blanks, members sorted.
static void test_json_canonical__does_not_depend_on_order(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    const char one[] = "{\"b\": [1, 2], \"a\": {\"y\": \"/\", \"x\": null}}";
    const char other[] = "{\"a\":{\"x\":null,\"y\":\"\\/\"},\n\"b\":[1,2]}";
    json_t *value;
    EXPECT_OK(json_read("one", one, strlen(one), &value, &err));
    char *canonical = json_canonical(tmp, value);
    json_decref(value);
    assert_string_equal(canonical, "{\"a\":{\"x\":null,\"y\":\"/\"},\"b\":[1,2]}");
    EXPECT_OK(json_read("other", other, strlen(other), &value, &err));
    assert_string_equal(json_canonical(tmp, value), canonical);
    json_decref(value);
}

static void test_json_read__says_where(void **state)
{
    (void)state;
    const struct {
        const char *text, *message;
    } cases[] = {
        {"", "f.json:1:1: not valid JSON: unexpected token near end of file"},
        {"{\n \"a\": }", "f.json:2:7: not valid JSON: unexpected token near '}'"},
        {"{\"a\":1,\"a\":2}", "f.json:1:10: not valid JSON: duplicate object key near '\"a\"'"},
        {"[1] x", "f.json:1:5: not valid JSON: end of file expected near 'x'"},
    };
    struct error err = {0};
    json_t *value = NULL;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        EXPECT_ERROR(json_read("f.json", cases[i].text, strlen(cases[i].text), &value, &err),
                     ERROR_INPUT, cases[i].message);
    assert_null(value);
}

static void test_json_read__nested_too_deep(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct error err = {0};
    char *text = mem_array(tmp, char, 100001);
    memset(text, '[', 100000);
    json_t *value = NULL;
    assert_false(json_read("f.json", text, 100000, &value, &err));
    assert_int_equal(err.code, ERROR_INPUT);
    assert_non_null(strstr(err.message, "maximum parsing depth reached"));
}

static void test_json_get(void **state)
{
    (void)state;
    json_auto_t *object = json_pack("{s:s, s:i}", "text", "x", "number", 3);
    assert_string_equal(json_get_text(object, "text"), "x");
    assert_null(json_get_text(object, "number"));
    assert_null(json_get_text(object, "none"));
    assert_int_equal(json_get_integer(object, "number", -1), 3);
    assert_int_equal(json_get_integer(object, "text", -1), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_put__keeps_order),
        cmocka_unit_test(test_json_write__long),
        cmocka_unit_test(test_json_text__mends),
        cmocka_unit_test(test_json_canonical__does_not_depend_on_order),
        cmocka_unit_test(test_json_read__says_where),
        cmocka_unit_test(test_json_read__nested_too_deep),
        cmocka_unit_test(test_json_get),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
