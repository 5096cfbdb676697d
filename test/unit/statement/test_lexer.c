/*
 * Lexer: tokens and their values, in both dialects.
 *
 * Expected values: PostgreSQL 15 manual, 4.1 Lexical Structure; SQLite's page "SQL Language
 * Expressions" and "Comments".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expect.h"

#include "base/memory.h"
#include "statement/lexer.h"

// Tokens with their kind's letter in front, blanks between: `wSELECT n1 .`.
static char *tokens_text(TALLOC_CTX *mem, enum dialect dialect, const char *sql)
{
    static const char letters[] = "ewisnp(),;.ob";
    struct lexer lexer = lexer_make(dialect, sql, 0, strlen(sql));
    char *text = mem_strdup(mem, "");
    for (;;) {
        struct token token = lexer_next(&lexer);
        if (token.kind == TOKEN_END) {
            assert_int_equal(token.len, 0);
            assert_int_equal(token.offset, strlen(sql));
            return text;
        }
        assert_true(token.len > 0);
        text = mem_printf(mem, "%s%s%c:%.*s", text, text[0] == '\0' ? "" : " ", letters[token.kind],
                          (int)token.len, sql + token.offset);
    }
}

struct lexer_case {
    const char *sql;
    const char *tokens;
};

static void check_tokens(enum dialect dialect, const struct lexer_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        SCRATCH(tmp);
        assert_string_equal(tokens_text(tmp, dialect, cases[i].sql), cases[i].tokens);
    }
}

static void test_lexer_next__postgres(void **state)
{
    (void)state;
    static const struct lexer_case cases[] = {
        {"", ""},
        {" \t\r\n\f ", ""},
        {"SELECT a.b, (c);", "w:SELECT w:a .:. w:b ,:, (:( w:c ):) ;:;"},
        {"_a$1 é \"x \"\"y\" U&\"\\0041\"", "w:_a$1 w:é i:\"x \"\"y\" i:U&\"\\0041\""},
        {"'it''s' 'a\\' B'01' x'F' N'n' U&'\\0041' e'\\''",
         "s:'it''s' s:'a\\' s:B'01' s:x'F' s:N'n' "
         "s:U&'\\0041' s:e'\\''"},
        {"'a'\n  'b' 'c' -- x\n'd' 'e' 'f'", "s:'a'\n  'b' s:'c' -- x\n'd' s:'e' s:'f'"},
        {"E'a'\n'\\'' 1", "s:E'a'\n'\\'' n:1"},
        {"$$ ; ' $$ $a$ $$ $b$ $a$ $1 a$b$", "s:$$ ; ' $$ s:$a$ $$ $b$ $a$ p:$1 w:a$b$"},
        {"1 1.5 .5 1. 1e5 1E-3 1..2 1e 0x1F",
         "n:1 n:1.5 n:.5 n:1. n:1e5 n:1E-3 n:1 .:. n:.2 n:1 w:e "
         "n:0 w:x1F"},
        {"a=-1 a<>-b a@-b a||b a::int a:=b a->>'x' a*-1 a/b",
         "w:a o:= o:- n:1 w:a o:<> o:- w:b w:a o:@- w:b w:a o:|| w:b w:a o::: w:int w:a o::= w:b "
         "w:a o:->> s:'x' w:a o:* o:- n:1 w:a o:/ w:b"},
        {"a--b\nc", "w:a w:c"},
        {"a+--b\n1", "w:a o:+ n:1"},
        {"a/* b /* c */ d */e", "w:a w:e"},
        {"a*/*b*/c", "w:a o:* w:c"},
        {"a[1:2]", "w:a (:[ n:1 o:: n:2 ):]"},
        {"\\d `x`", "o:\\ w:d o:` w:x o:`"},
        {"a /* b /* c */ d", "w:a b:/* b /* c */ d"},
        {"a 'b", "w:a b:'b"},
        {"a \"b", "w:a b:\"b"},
        {"a $x$ b $y$", "w:a b:$x$ b $y$"},
        {"E'a\\'", "b:E'a\\'"},
        {"'a'\n'b", "b:'a'\n'b"},
    };
    check_tokens(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_lexer_next__sqlite(void **state)
{
    (void)state;
    static const struct lexer_case cases[] = {
        {"SELECT [a b], `c``d`, \"e\"\"f\"", "w:SELECT i:[a b] ,:, i:`c``d` ,:, i:\"e\"\"f\""},
        {"'it''s' 'a\\' x'1F' e'b'", "s:'it''s' s:'a\\' s:x'1F' w:e s:'b'"},
        {"'a'\n'b'", "s:'a' s:'b'"},
        {"? ?1 :a @b $c 0x1F 1e5", "p:? p:?1 p::a p:@b p:$c n:0x1F n:1e5"},
        {"a||b a->>'x' a->b a<>b a!=b a==b a<<1 a>=b a--b",
         "w:a o:|| w:b w:a o:->> s:'x' w:a o:-> "
         "w:b w:a o:<> w:b w:a o:!= w:b w:a o:== "
         "w:b w:a o:<< n:1 w:a o:>= w:b w:a"},
        {"a=-1", "w:a o:= o:- n:1"},
        {"a /* b /* c */ d", "w:a w:d"}, // comments do not nest
        {"a /* b", "w:a"},               // and may end with the text
        {"a [b", "w:a b:[b"},
        {"a $$b$$", "w:a o:$ p:$b$$"},
    };
    check_tokens(DIALECT_SQLITE, cases, COUNT_OF(cases));
}

static void test_lexer_next__within_its_part(void **state)
{
    (void)state;
    const char sql[] = "a 'b' c";
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, sql, 2, 4);
    struct token token = lexer_next(&lexer);
    assert_int_equal(token.kind, TOKEN_BROKEN);
    assert_int_equal(token.offset, 2);
    assert_int_equal(token.len, 2);
    assert_int_equal(lexer_next(&lexer).kind, TOKEN_END);
}

static void test_token_is(void **state)
{
    (void)state;
    const char sql[] = "SeLect \"select\" selects";
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, sql, 0, sizeof(sql) - 1);
    struct token word = lexer_next(&lexer);
    assert_true(token_is(&lexer, word, "select"));
    assert_true(token_is(&lexer, word, "SELECT"));
    assert_false(token_is(&lexer, word, "selec"));
    assert_false(token_is(&lexer, lexer_next(&lexer), "select")); // a name, not the keyword
    assert_false(token_is(&lexer, lexer_next(&lexer), "select"));
}

static void check_values(enum dialect dialect, const struct lexer_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        SCRATCH(tmp);
        struct lexer lexer = lexer_make(dialect, cases[i].sql, 0, strlen(cases[i].sql));
        char *value = token_value(tmp, &lexer, lexer_next(&lexer));
        assert_string_equal(value, cases[i].tokens);
        assert_int_equal(lexer_next(&lexer).kind, TOKEN_END);
    }
}

static void test_token_value__postgres(void **state)
{
    (void)state;
    static const struct lexer_case cases[] = {
        {"FooBar", "foobar"},
        {"\"FooBar\"", "FooBar"},
        {"\"a\"\"b\"", "a\"b"},
        {"''", ""},
        {"'it''s'", "it's"},
        {"'a\\n'", "a\\n"},
        {"'a'\n -- c\n 'b'", "ab"},
        {"E'a\\n\\t\\\\\\'\\x41\\101\\u00e9\\U0001F600\\q'", "a\n\t\\'AAé😀q"},
        {"U&'d\\0061t\\+000061\\\\'", "data\\"},
        {"U&\"\\00e9\"", "é"},
        {"$$it's$$", "it's"},
        {"$tag$ $$ $tag$", " $$ "},
        {"$$$$", ""},
        {"B'01'", "01"},
        {"1.5", "1.5"},
    };
    check_values(DIALECT_POSTGRES, cases, COUNT_OF(cases));
}

static void test_token_value__sqlite(void **state)
{
    (void)state;
    static const struct lexer_case cases[] = {
        {"FooBar", "FooBar"}, {"[a b]", "a b"},   {"`a``b`", "a`b"}, {"\"a\"", "a"},
        {"'it''s'", "it's"},  {"'a\\n'", "a\\n"}, {"x'1F'", "1F"},
    };
    check_values(DIALECT_SQLITE, cases, COUNT_OF(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lexer_next__postgres),
        cmocka_unit_test(test_lexer_next__sqlite),
        cmocka_unit_test(test_lexer_next__within_its_part),
        cmocka_unit_test(test_token_is),
        cmocka_unit_test(test_token_value__postgres),
        cmocka_unit_test(test_token_value__sqlite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
