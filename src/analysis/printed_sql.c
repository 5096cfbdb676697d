/*
 * Printed SQL: see printed_sql.h.
 *
 * pg_get_expr adds casts and parentheses and writes some forms in another way. Both texts are cut
 * into tokens, what the server adds is left out, and the rest is compared as one word.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/printed_sql.h"
#include "base/memory.h"
#include "base/text.h"
#include "statement/lexer.h"
#include <ctype.h>

struct printing {
    TALLOC_CTX *mem;
    struct lexer lexer;
    struct token next;
    char *text; // what counts
};

static struct token advance(struct printing *printing)
{
    struct token token = printing->next;
    printing->next = lexer_next(&printing->lexer);
    return token;
}

static bool next_is(const struct printing *printing, const char *word)
{
    return token_is(&printing->lexer, printing->next, word);
}

static bool is_operator(const struct printing *printing, struct token token, const char *text)
{
    return token.len == strlen(text) &&
           strncmp(printing->lexer.text + token.offset, text, token.len) == 0;
}

// The words of a type's name behind its first: "character varying", "timestamp without time zone".
static bool continues_type(const struct printing *printing)
{
    static const char *const words[] = {"varying", "precision", "with", "without", "time", "zone"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (next_is(printing, words[i]))
            return true;
    }
    return false;
}

// Behind "::": a type, perhaps with a schema, (10,2) and [].
static void skip_type(struct printing *printing)
{
    advance(printing);
    while (printing->next.kind == TOKEN_DOT || continues_type(printing)) {
        bool is_dot = advance(printing).kind == TOKEN_DOT;
        if (is_dot)
            advance(printing);
    }
    while (printing->next.kind == TOKEN_OPEN) {
        char open = printing->lexer.text[printing->next.offset];
        struct lexer ahead = printing->lexer;
        struct token inside = lexer_next(&ahead);
        bool is_array = open == '[';
        if (!is_array && inside.kind != TOKEN_NUMBER)
            return;
        while (printing->next.kind != TOKEN_CLOSE && printing->next.kind != TOKEN_END)
            advance(printing);
        advance(printing);
    }
}

static void keep(struct printing *printing, const char *text)
{
    printing->text = mem_printf(printing->mem, "%s%s", printing->text, text);
}

static bool is_number(const char *text)
{
    const char *digits = text + (*text == '-');
    return *digits != '\0' && digits[strspn(digits, "0123456789.")] == '\0';
}

// The server prints -1 as '-1'::integer.
static void keep_string(struct printing *printing, struct token token)
{
    const char *value = token_value(printing->mem, &printing->lexer, token);
    keep(printing, is_number(value) ? value : mem_printf(printing->mem, "'%s'", value));
}

static void keep_word(struct printing *printing, struct token token)
{
    static const char *const others[][2] = {
        {"in", "="},   {"any", ""},    {"array", ""},
        {"some", ""},  {"like", "~~"}, {"ilike", "~~*"},
        {"all", ""},   {"true", "t"},  {"current_timestamp", "now"},
        {"false", "f"}};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        if (token_is(&printing->lexer, token, others[i][0])) {
            keep(printing, others[i][1]);
            return;
        }
    }
    keep(printing, token_value(printing->mem, &printing->lexer, token));
}

static void keep_operator(struct printing *printing, struct token token)
{
    if (is_operator(printing, token, "::"))
        skip_type(printing);
    else if (is_operator(printing, token, "!="))
        keep(printing, "<>");
    else
        keep(printing, mem_strndup(printing->mem, printing->lexer.text + token.offset, token.len));
}

static const char *kept_of(TALLOC_CTX *mem, const char *text)
{
    struct printing printing = {.mem = mem, .text = mem_strdup(mem, "")};
    printing.lexer = lexer_make(DIALECT_POSTGRES, text, 0, strlen(text));
    advance(&printing);
    while (printing.next.kind != TOKEN_END) {
        struct token token = advance(&printing);
        if (token.kind == TOKEN_STRING)
            keep_string(&printing, token);
        else if (token.kind == TOKEN_WORD || token.kind == TOKEN_IDENTIFIER)
            keep_word(&printing, token);
        else if (token.kind != TOKEN_OPEN && token.kind != TOKEN_CLOSE)
            keep_operator(&printing, token);
    }
    return printing.text;
}

bool printed_sql_same(const char *a, const char *b)
{
    SCRATCH(tmp);
    return strcmp(kept_of(tmp, a), kept_of(tmp, b)) == 0;
}
