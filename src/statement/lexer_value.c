/*
 * Values of tokens: quotes removed, escapes undone, words folded.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/lexer.h"

#include "base/memory.h"
#include "base/text.h"
#include <assert.h>
#include <stdint.h>

// What is left of the token, and the value so far (never longer than the token).
struct unquote {
    const char *from;
    const char *end;
    char *to;
};

static void put_utf8(struct unquote *u, uint32_t code)
{
    if (code < 0x80) {
        *u->to++ = (char)code;
        return;
    }
    int n = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    *u->to++ = (char)(lead[n] | (code >> (6 * n)));
    while (n-- > 0)
        *u->to++ = (char)(0x80 | ((code >> (6 * n)) & 0x3f));
}

static int digit_value(char c, int base)
{
    int value = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : base;
    return value < base ? value : -1;
}

// Up to `max` digits of `base`; how many were taken.
static int take_digits(struct unquote *u, int base, int max, uint32_t *code)
{
    int n = 0;
    *code = 0;
    while (n < max && u->from < u->end && digit_value(*u->from, base) >= 0) {
        *code = *code * (uint32_t)base + (uint32_t)digit_value(*u->from++, base);
        n++;
    }
    return n;
}

// Behind the backslash of E'…'. Source: PostgreSQL 15 manual, 4.1.2.2.
static void undo_escape(struct unquote *u)
{
    static const char letters[] = "bfnrt";
    static const char controls[] = "\b\f\n\r\t";
    char c = *u->from++;
    const char *letter = memchr(letters, c, sizeof(letters) - 1);
    uint32_t code;
    if (letter != NULL) {
        *u->to++ = controls[letter - letters];
    } else if (c == 'x' && take_digits(u, 16, 2, &code) > 0) {
        *u->to++ = (char)code;
    } else if ((c == 'u' && take_digits(u, 16, 4, &code) == 4) ||
               (c == 'U' && take_digits(u, 16, 8, &code) == 8 && code <= 0x10ffff)) {
        put_utf8(u, code);
    } else if (c >= '0' && c <= '7') {
        u->from--;
        take_digits(u, 8, 3, &code);
        *u->to++ = (char)code;
    } else {
        *u->to++ = c;
    }
}

// Behind the backslash of U&'…': four digits, or + and six, or a backslash.
static void undo_unicode(struct unquote *u)
{
    uint32_t code;
    bool is_long = u->from < u->end && *u->from == '+';
    u->from += is_long ? 1 : 0;
    if (take_digits(u, 16, is_long ? 6 : 4, &code) > 0 && code <= 0x10ffff)
        put_utf8(u, code);
    else if (u->from < u->end)
        *u->to++ = *u->from++;
}

enum escapes { ESCAPES_NONE, ESCAPES_BACKSLASH, ESCAPES_UNICODE };

// Everything between quotes; what stands between the parts of a continued string is dropped.
static void undo_quoted(struct unquote *u, char quote, enum escapes escapes)
{
    bool is_inside = true;
    while (u->from < u->end) {
        char c = *u->from++;
        if (!is_inside) {
            is_inside = c == quote;
        } else if (c == quote && u->from < u->end && *u->from == quote) {
            *u->to++ = quote;
            u->from++;
        } else if (c == quote) {
            is_inside = false;
        } else if (c == '\\' && escapes == ESCAPES_BACKSLASH && u->from < u->end) {
            undo_escape(u);
        } else if (c == '\\' && escapes == ESCAPES_UNICODE) {
            undo_unicode(u);
        } else {
            *u->to++ = c;
        }
    }
}

static char *dollar_value(void *mem, const char *text, size_t len)
{
    const char *tag_end = memchr(text + 1, '$', len - 1);
    size_t tag_len = (size_t)(tag_end - text) + 1;
    return mem_strndup(mem, text + tag_len, len - 2 * tag_len);
}

static char *quoted_value(void *mem, enum dialect dialect, const char *text, size_t len)
{
    char *value = mem_array(mem, char, len + 1); // not strndup, which stops at a NUL in the text
    struct unquote u = {.from = text, .end = text + len, .to = value};
    enum escapes escapes = ESCAPES_NONE;
    if (dialect == DIALECT_POSTGRES && (text[0] | 32) == 'e')
        escapes = ESCAPES_BACKSLASH;
    if (dialect == DIALECT_POSTGRES && (text[0] | 32) == 'u')
        escapes = ESCAPES_UNICODE;
    while (strchr("'\"`[", *u.from) == NULL) // prefix: E, B, X, N, U&
        u.from++;
    char quote = *u.from++;
    undo_quoted(&u, quote == '[' ? ']' : quote, escapes);
    *u.to = '\0';
    return value;
}

char *token_value(void *mem, const struct lexer *lexer, struct token token)
{
    assert(token.kind != TOKEN_END);
    const char *text = lexer->text + token.offset;
    bool is_quoted = token.kind == TOKEN_STRING || token.kind == TOKEN_IDENTIFIER;
    if (is_quoted && text[0] == '$')
        return dollar_value(mem, text, token.len);
    if (is_quoted)
        return quoted_value(mem, lexer->dialect, text, token.len);
    char *value = mem_strndup(mem, text, token.len);
    return token.kind == TOKEN_WORD && lexer->dialect == DIALECT_POSTGRES ? text_lower(mem, value)
                                                                          : value;
}
