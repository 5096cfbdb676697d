/*
 * JSON writer: the same bytes as jansson prints, text escaped and mended, documents longer than
 * what is gathered.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/json_writer.h"
#include "expect.h"

static char *written(const json_t *value)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    json_write(out, value);
    fclose(out);
    return text;
}

// Source of what is expected: jansson.
static void expect_as_jansson(const json_t *value)
{
    char *text = written(value);
    char *expected = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    size_t len = strlen(expected);
    assert_int_equal(strlen(text), len + 1);
    assert_memory_equal(text, expected, len);
    assert_int_equal(text[len], '\n');
    free(expected);
    free(text);
}

static void test_json_writer__nothing_and_depth(void **state)
{
    (void)state;
    static const char made[] = "{\"a\": [], \"b\": {}, \"c\": [[], {}, [[1, -2]]], \"d\": null,"
                               " \"e\": true, \"f\": 0.1, \"g\": 1e300, \"\\u00e4\": \"\"}";
    json_auto_t *value = json_loads(made, 0, NULL);
    assert_non_null(value);
    expect_as_jansson(value);
    json_auto_t *deep = json_array();
    for (int i = 0; i < 60; i++) {
        json_t *outer = json_array();
        json_array_append_new(outer, deep);
        deep = outer;
    }
    expect_as_jansson(deep);
    json_auto_t *alone = json_integer(INT64_MIN);
    expect_as_jansson(alone);
}

// Every byte at every place of a word of eight.
static void test_json_writer__escapes(void **state)
{
    (void)state;
    json_auto_t *list = json_array();
    for (int byte = 1; byte < 0x80; byte++) {
        for (size_t at = 0; at < 17; at++) {
            char text[] = "abcdefghijklmnopq";
            text[at] = (char)byte;
            json_array_append_new(list, json_string(text));
        }
    }
    json_array_append_new(list, json_stringn("nul\0inside", 10));
    json_array_append_new(list, json_string("Straße € 𝄞"));
    expect_as_jansson(list);
}

static void test_json_writer_text__mends(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"Stra\xDF" "e", "Stra\xEF\xBF\xBD" "e"},
        {"\xC0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD"},         // overlong
        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, // a surrogate
        {"abcdefgh\xE2\x82", "abcdefgh\xEF\xBF\xBD\xEF\xBF\xBD"}, // cut
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        char *text;
        size_t len;
        struct json_writer writer;
        FILE *out = open_memstream(&text, &len);
        json_writer_begin(&writer, out);
        json_writer_text(&writer, NULL, texts[i][0]);
        json_writer_end(&writer);
        fclose(out);
        json_auto_t *expected = json_string(texts[i][1]);
        char *as_jansson = written(expected);
        assert_string_equal(text, as_jansson);
        free(as_jansson);
        free(text);
    }
}

static void test_json_writer__members(void **state)
{
    (void)state;
    char *text;
    size_t len;
    struct json_writer writer;
    json_auto_t *part = json_pack("{s:i, s:[s], s:{s:i}}", "n", 1, "list", "x", "part", "m", 2);
    FILE *out = open_memstream(&text, &len);
    json_writer_begin(&writer, out);
    json_writer_open_object(&writer, NULL);
    json_writer_text(&writer, "none", NULL);
    json_writer_members(&writer, part);
    json_writer_open_array(&writer, "flags");
    json_writer_bool(&writer, NULL, true);
    json_writer_bool(&writer, NULL, false);
    json_writer_close_array(&writer);
    json_writer_close_object(&writer);
    json_writer_end(&writer);
    fclose(out);
    assert_string_equal(text, "{\n  \"none\": null,\n  \"n\": 1,\n  \"list\": [\n    \"x\"\n  ],\n"
                              "  \"part\": {\n    \"m\": 2\n  },\n"
                              "  \"flags\": [\n    true,\n    false\n  ]\n}\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_writer__nothing_and_depth),
        cmocka_unit_test(test_json_writer__escapes),
        cmocka_unit_test(test_json_writer_text__mends),
        cmocka_unit_test(test_json_writer__members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
