/*
 * Text: places, encoding, near names, shortening, globs, escaping.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "expect.h"

static void test_text_place__counts_characters(void **state)
{
    (void)state;
    const char text[] = "ab\ncäd\n\nx";
    const struct {
        size_t offset, line, column;
    } cases[] = {{0, 1, 1}, {2, 1, 3}, {3, 2, 1}, {6, 2, 3}, {8, 3, 1}, {9, 4, 1}, {99, 4, 2}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct text_place place = text_place(text, sizeof(text) - 1, cases[i].offset);
        assert_int_equal(place.line, cases[i].line);
        assert_int_equal(place.column, cases[i].column);
    }
}

// Expected values: RFC 3629, section 4 (syntax of UTF-8 byte sequences).
static void test_text_is_utf8__rfc_3629(void **state)
{
    (void)state;
    const struct {
        const char *text;
        bool is_good;
        size_t bad_offset;
    } cases[] = {
        {"", true, 0},
        {"plain ascii that is longer than one word", true, 0},
        {"ä€𝄞", true, 0},
        {"\xED\x9F\xBF", true, 0},     // U+D7FF
        {"\xF4\x8F\xBF\xBF", true, 0}, // U+10FFFF
        {"12345678\xFF", false, 8},    // never a byte of UTF-8
        {"Stra\xDF"
         "e",
         false, 4},                     // Latin-1
        {"\xC0\xAF", false, 0},         // overlong
        {"\xE0\x80\xAF", false, 0},     // overlong
        {"a\xED\xA0\x80", false, 1},    // surrogate
        {"\xF4\x90\x80\x80", false, 0}, // past U+10FFFF
        {"ab\xE2\x82", false, 2},       // cut
        {"\x80", false, 0},             // continuation alone
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t bad_offset = 0;
        assert_int_equal(text_is_utf8(cases[i].text, strlen(cases[i].text), &bad_offset),
                         cases[i].is_good);
        assert_int_equal(bad_offset, cases[i].bad_offset);
    }
    size_t bad_offset;
    assert_true(text_is_utf8("a\0b", 3, &bad_offset)); // NUL is a character
}

static void test_text_to_utf8__mends_each_bad_byte(void **state)
{
    (void)state;
    SCRATCH(tmp);
    assert_string_equal(text_to_utf8(tmp,
                                     "Stra\xDF"
                                     "e",
                                     6),
                        "Stra\uFFFDe");
    assert_string_equal(text_to_utf8(tmp, "a\0b\xE2\x82", 5), "a\uFFFDb\uFFFD\uFFFD");
    assert_string_equal(text_to_utf8(tmp, "ganz gut: äöü", strlen("ganz gut: äöü")),
                        "ganz gut: äöü");
    assert_string_equal(text_to_utf8(tmp, "", 0), "");
}

static void test_text_nearest__a_third_of_the_letters(void **state)
{
    (void)state;
    const char *const verbs[] = {"assess", "baseline", "verify", "go", "migrate"};
    const struct {
        const char *word, *nearest;
    } cases[] = {
        {"asess", "assess"},     {"ASSESS", "assess"}, {"verfiy", "verify"}, {"migarte", "migrate"},
        {"basline", "baseline"}, {"launch", NULL},     {"", NULL},           {"og", NULL},
        {"ago", "go"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *nearest = text_nearest(cases[i].word, verbs, COUNT_OF(verbs));
        if (cases[i].nearest == NULL)
            assert_null(nearest);
        else
            assert_string_equal(nearest, cases[i].nearest);
    }
    SCRATCH(tmp);
    char *endless = mem_array(tmp, char, 100000);
    memset(endless, 'a', 99999);
    assert_null(text_nearest(endless, verbs, COUNT_OF(verbs)));
}

static void test_text_comparisons(void **state)
{
    (void)state;
    SCRATCH(tmp);
    assert_true(text_starts_with("abc", "ab"));
    assert_false(text_starts_with("a", "ab"));
    assert_true(text_ends_with("x.up.sql", ".up.sql"));
    assert_false(text_ends_with("sql", ".sql"));
    assert_true(text_equal_nocase("SeLect", "sElecT"));
    assert_false(text_equal_nocase("select", "selects"));
    assert_false(text_equal_nocase(NULL, ""));
    assert_true(text_equal_nocase(NULL, NULL));
    assert_string_equal(text_lower(tmp, "ÄB[c"), "Äb[c");
}

static void test_text_has_word__only_whole_words(void **state)
{
    (void)state;
    assert_true(text_has_word("emails", "emails"));
    assert_true(text_has_word("my_emails, old.emails;", "emails")); // the second place counts
    assert_false(text_has_word("my_emails emails2 Emails", "emails"));
    assert_true(text_has_word_nocase("UPDATE Emails SET", "emails"));
    assert_false(text_has_word_nocase("UPDATE Emails_old SET", "emails"));
}

static void test_text_shorten__folds_and_cuts(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct {
        const char *text;
        size_t width;
        const char *shown;
    } cases[] = {
        {"  SELECT\n\t 1  ", 20, "SELECT 1"},
        {"SELECT 1", 8, "SELECT 1"},
        {"SELECT 12", 8, "SELECT …"},
        {"äöüäöü", 4, "äöü…"},
        {"a\033[31m", 20, "a\uFFFD[31m"},
        {"x", 0, ""},
        {"", 5, ""},
        {"a\xFF", 5, "a\uFFFD"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(text_shorten(tmp, cases[i].text, strlen(cases[i].text), cases[i].width),
                            cases[i].shown);
    assert_int_equal(text_width("äb€"), 3);
}

// Expected values: gitignore(5), "PATTERN FORMAT", and glob(7) for classes.
static void test_text_glob_match(void **state)
{
    (void)state;
    const struct {
        const char *glob, *path;
        bool matches;
    } cases[] = {
        {"*.sql", "a.sql", true},
        {"*.sql", "db/a.sql", false},
        {"**/*.sql", "a.sql", true},
        {"**/*.sql", "db/x/a.sql", true},
        {"app/classify/**", "app/classify/model.py", true},
        {"app/classify/**", "app/classify/deep/model.py", true},
        {"app/classify/**", "app/classifyx/model.py", false},
        {"a/**/b", "a/b", true},
        {"a/**/b", "a/x/y/b", true},
        {"a/**/b", "a/xb", false},
        {"a/**/b/**/c", "a/b/x/b/y/c", true},
        {"a/**/b/**/c", "a/b/x/c/y", false},
        {"**", "any/thing", true},
        {"?.c", "a.c", true},
        {"?.c", "/.c", false},
        {"[a-c]x", "bx", true},
        {"[!a-c]x", "bx", false},
        {"[]]x", "]x", true},
        {"[a", "[a", true},
        {"a\\*", "a*", true},
        {"a\\*", "ab", false},
        {"*a*b*c", "xxaxxbxxc", true},
        {"*a*b*c", "xxaxxcxxb", false},
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"**/x*y", "p/xq/x1y", true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (text_glob_match(cases[i].glob, cases[i].path) != cases[i].matches)
            fail_msg("'%s' and '%s'", cases[i].glob, cases[i].path);
    }
}

// A glob that makes naive matchers take exponential time.
static void test_text_glob_match__ends_in_time(void **state)
{
    (void)state;
    char path[2000];
    memset(path, 'a', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_false(text_glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", path));
    assert_false(text_glob_match("**a**a**a**a**a**a**a**a**a**a**a**b", path));
}

static char *written(TALLOC_CTX *mem, void (*write)(FILE *, const char *), const char *text)
{
    char *buffer;
    size_t len;
    FILE *out = open_memstream(&buffer, &len);
    write(out, text);
    fclose(out);
    char *copy = mem_strdup(mem, buffer);
    free(buffer);
    return copy;
}

// Expected values: XML 1.0, 2.2 Characters and 3.3.3 Attribute-Value Normalization.
static void test_text_write_xml(void **state)
{
    (void)state;
    SCRATCH(tmp);
    assert_string_equal(written(tmp, text_write_xml, "<a href=\"x\">'&'</a>"),
                        "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
    assert_string_equal(written(tmp, text_write_xml,
                                "a\001b\xFF"
                                "c\uFFFE\n"),
                        "a\uFFFDb\uFFFDc\uFFFD&#10;");
    assert_string_equal(written(tmp, text_write_xml, "ä€"), "ä€");
}

static void test_text_write_markdown(void **state)
{
    (void)state;
    SCRATCH(tmp);
    assert_string_equal(written(tmp, text_write_markdown, "a|b\n*c* <i> `d` [e](f) g_h &"),
                        "a\\|b \\*c\\* &lt;i> \\`d\\` \\[e\\](f) g\\_h &amp;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_place__counts_characters),
        cmocka_unit_test(test_text_is_utf8__rfc_3629),
        cmocka_unit_test(test_text_to_utf8__mends_each_bad_byte),
        cmocka_unit_test(test_text_nearest__a_third_of_the_letters),
        cmocka_unit_test(test_text_comparisons),
        cmocka_unit_test(test_text_has_word__only_whole_words),
        cmocka_unit_test(test_text_shorten__folds_and_cuts),
        cmocka_unit_test(test_text_glob_match),
        cmocka_unit_test(test_text_glob_match__ends_in_time),
        cmocka_unit_test(test_text_write_xml),
        cmocka_unit_test(test_text_write_markdown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
