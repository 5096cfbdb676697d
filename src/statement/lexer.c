/*
 * Lexer: the lexical rules of PostgreSQL and SQLite, as far as cutting needs them.
 *
 * Sources: PostgreSQL 15 manual, 4.1 Lexical Structure, and its scan.l; SQLite's tokenize.c. What
 * neither knows becomes an operator of one character, so a lexer never stops and never loops. The
 * values of tokens are undone in lexer_value.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/lexer.h"

#include "base/memory.h"
#include "base/text.h"
#include <assert.h>

enum character_class {
    BLANK = 1,
    WORD_START = 2,
    DIGIT = 4,
    OPERATOR = 8,      // PostgreSQL: may be part of an operator of several characters
    OPERATOR_ODD = 16, // an operator with one of these may end in + or -
    WORD_PART = 32,    // behind the start
};

static unsigned char classes[256];

static void class_add(const char *characters, unsigned char class)
{
    for (const char *c = characters; *c != '\0'; c++)
        classes[(unsigned char)*c] |= class;
}

static void classes_fill(void)
{
    if (classes[' '] != 0)
        return;
    for (int c = 'a'; c <= 'z'; c++)
        classes[c] = classes[c - 'a' + 'A'] = WORD_START | WORD_PART;
    for (int c = 0x80; c <= 0xff; c++)
        classes[c] = WORD_START | WORD_PART;
    for (int c = '0'; c <= '9'; c++)
        classes[c] = DIGIT | WORD_PART;
    class_add("_", WORD_START | WORD_PART);
    class_add("$", WORD_PART);
    class_add(" \t\n\r\f", BLANK);
    class_add("+-*/<>=~!@#%^&|`?", OPERATOR);
    class_add("~!@#^&|`?%", OPERATOR_ODD);
}

static bool is_class(char c, unsigned class)
{
    return (classes[(unsigned char)c] & class) != 0;
}

// The character at `at`, or NUL behind the end: text without NUL needs no other test.
static char peek(const struct lexer *lexer, size_t at)
{
    return at < lexer->end ? lexer->text[at] : '\0';
}

struct lexer lexer_make(enum dialect dialect, const char *text, size_t start, size_t end)
{
    assert(text != NULL && start <= end);
    classes_fill();
    return (struct lexer){.dialect = dialect, .text = text, .end = end, .at = start};
}

// --- blanks and comments

static size_t line_end(const struct lexer *lexer, size_t at)
{
    const char *newline = memchr(lexer->text + at, '\n', lexer->end - at);
    return newline == NULL ? lexer->end : (size_t)(newline - lexer->text);
}

// Behind the block comment at `at`; false when it is not closed. PostgreSQL's nest.
static bool skip_block_comment(const struct lexer *lexer, size_t *at)
{
    bool nests = lexer->dialect == DIALECT_POSTGRES;
    size_t depth = 0;
    for (size_t i = *at; i + 1 < lexer->end; i++) {
        char c = lexer->text[i];
        char next = lexer->text[i + 1];
        if (c == '/' && next == '*' && (nests || depth == 0)) {
            depth++;
            i++;
        } else if (c == '*' && next == '/') {
            depth--;
            i++;
            if (depth == 0) {
                *at = i + 1;
                return true;
            }
        }
    }
    *at = lexer->end;
    return lexer->dialect == DIALECT_SQLITE; // SQLite closes it at the end
}

// Skip blanks and comments; false at a comment that is not closed, whose start is then `broken`.
static bool skip_blanks(struct lexer *lexer, size_t *broken)
{
    for (;;) {
        while (is_class(peek(lexer, lexer->at), BLANK))
            lexer->at++;
        char c = peek(lexer, lexer->at);
        char next = peek(lexer, lexer->at + 1);
        if (c == '-' && next == '-') {
            lexer->at = line_end(lexer, lexer->at);
        } else if (c == '/' && next == '*') {
            *broken = lexer->at;
            if (!skip_block_comment(lexer, &lexer->at))
                return false;
        } else {
            return true;
        }
    }
}

// --- quotes: each gets the place behind the opening quote and gives the one behind the closing
// one, or lexer->end + 1 when it is not closed

static size_t not_closed(const struct lexer *lexer)
{
    return lexer->end + 1;
}

static size_t quote_end(const struct lexer *lexer, size_t at, char quote, bool has_escapes)
{
    for (; at < lexer->end; at++) {
        char c = lexer->text[at];
        if (c == '\\' && has_escapes)
            at++;
        else if (c == quote && peek(lexer, at + 1) != quote)
            return at + 1;
        else if (c == quote)
            at++;
    }
    return not_closed(lexer);
}

// 'a' and 'b' with only blanks and line comments, and at least one newline, between are one string.
static size_t continuation(const struct lexer *lexer, size_t at)
{
    bool has_newline = false;
    while (at < lexer->end) {
        char c = lexer->text[at];
        if (c == '-' && peek(lexer, at + 1) == '-') {
            at = line_end(lexer, at);
        } else if (is_class(c, BLANK)) {
            has_newline = has_newline || c == '\n' || c == '\r';
            at++;
        } else {
            return c == '\'' && has_newline ? at + 1 : 0;
        }
    }
    return 0;
}

static size_t postgres_string_end(const struct lexer *lexer, size_t at, bool has_escapes)
{
    for (;;) {
        at = quote_end(lexer, at, '\'', has_escapes);
        size_t next = at > lexer->end ? 0 : continuation(lexer, at);
        if (next == 0)
            return at;
        at = next;
    }
}

// $tag$ … $tag$ at `at`; 0 when no dollar quote begins here.
static size_t dollar_quote_end(const struct lexer *lexer, size_t at)
{
    size_t tag_end = at + 1;
    if (is_class(peek(lexer, tag_end), WORD_START))
        while (is_class(peek(lexer, tag_end), WORD_START | DIGIT))
            tag_end++;
    if (peek(lexer, tag_end) != '$')
        return 0;
    tag_end++;
    const char *close =
        memmem(lexer->text + tag_end, lexer->end - tag_end, lexer->text + at, tag_end - at);
    return close == NULL ? not_closed(lexer) : (size_t)(close - lexer->text) + (tag_end - at);
}

// --- words, numbers, operators

static size_t word_end(const struct lexer *lexer, size_t at)
{
    while (is_class(peek(lexer, at), WORD_PART))
        at++;
    return at;
}

static size_t digits_end(const struct lexer *lexer, size_t at)
{
    while (is_class(peek(lexer, at), DIGIT))
        at++;
    return at;
}

static bool is_hexadecimal(char c)
{
    return is_class(c, DIGIT) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static size_t number_end(const struct lexer *lexer, size_t at)
{
    if (lexer->dialect == DIALECT_SQLITE && peek(lexer, at) == '0' &&
        (peek(lexer, at + 1) | 32) == 'x' && is_hexadecimal(peek(lexer, at + 2))) {
        for (at += 2; is_hexadecimal(peek(lexer, at)); at++)
            ;
        return at;
    }
    at = digits_end(lexer, at);
    if (peek(lexer, at) == '.' && peek(lexer, at + 1) != '.') // 1..10 is a range of PL/pgSQL
        at = digits_end(lexer, at + 1);
    size_t exponent = at + 1;
    if (peek(lexer, exponent) == '+' || peek(lexer, exponent) == '-')
        exponent++;
    if ((peek(lexer, at) | 32) == 'e' && is_class(peek(lexer, exponent), DIGIT))
        at = digits_end(lexer, exponent);
    return at;
}

// An operator ends where a comment begins, and in + or - only when it has an odd character.
static size_t postgres_operator_end(const struct lexer *lexer, size_t start)
{
    size_t at = start;
    bool is_odd = false;
    while (is_class(peek(lexer, at), OPERATOR)) {
        char c = lexer->text[at];
        char next = peek(lexer, at + 1);
        if ((c == '-' && next == '-') || (c == '/' && next == '*'))
            break;
        is_odd = is_odd || is_class(c, OPERATOR_ODD);
        at++;
    }
    while (at > start + 1 && !is_odd && (lexer->text[at - 1] == '+' || lexer->text[at - 1] == '-'))
        at--;
    return at > start ? at : start + 1;
}

static size_t sqlite_operator_end(const struct lexer *lexer, size_t at)
{
    static const char *const operators[] = {
        "->>", "->", "||", "<<", "<=", "<>", ">>", ">=", "==", "!="};
    for (size_t i = 0; i < COUNT_OF(operators); i++) {
        size_t len = strlen(operators[i]);
        if (len <= lexer->end - at && memcmp(lexer->text + at, operators[i], len) == 0)
            return at + len;
    }
    return at + 1;
}

// --- tokens

static struct token token_make(struct lexer *lexer, enum token_kind kind, size_t end)
{
    if (end > lexer->end) {
        kind = TOKEN_BROKEN;
        end = lexer->end;
    }
    struct token token = {.kind = kind, .offset = lexer->at, .len = end - lexer->at};
    lexer->at = end;
    return token;
}

// Words that are glued to a quote: E'…' B'…' X'…' N'…' U&'…' U&"…".
static bool postgres_prefixed_quote(struct lexer *lexer, struct token *out)
{
    size_t at = lexer->at;
    char letter = (char)(lexer->text[at] | 32);
    char next = peek(lexer, at + 1);
    if (next == '\'' && strchr("ebxn", letter) != NULL) {
        *out = token_make(lexer, TOKEN_STRING, postgres_string_end(lexer, at + 2, letter == 'e'));
        return true;
    }
    char quote = peek(lexer, at + 2);
    if (letter != 'u' || next != '&' || (quote != '\'' && quote != '"'))
        return false;
    if (quote == '"')
        *out = token_make(lexer, TOKEN_IDENTIFIER, quote_end(lexer, at + 3, '"', false));
    else
        *out = token_make(lexer, TOKEN_STRING, postgres_string_end(lexer, at + 3, false));
    return true;
}

static struct token postgres_other(struct lexer *lexer)
{
    size_t at = lexer->at;
    char c = lexer->text[at];
    if (c == '$' && is_class(peek(lexer, at + 1), DIGIT))
        return token_make(lexer, TOKEN_PARAMETER, digits_end(lexer, at + 1));
    size_t dollar_end = c == '$' ? dollar_quote_end(lexer, at) : 0;
    if (dollar_end != 0)
        return token_make(lexer, TOKEN_STRING, dollar_end);
    if (c == '[')
        return token_make(lexer, TOKEN_OPEN, at + 1);
    if (c == ']')
        return token_make(lexer, TOKEN_CLOSE, at + 1);
    if (c == ':' && (peek(lexer, at + 1) == ':' || peek(lexer, at + 1) == '='))
        return token_make(lexer, TOKEN_OPERATOR, at + 2);
    return token_make(lexer, TOKEN_OPERATOR, postgres_operator_end(lexer, at));
}

static struct token sqlite_other(struct lexer *lexer)
{
    size_t at = lexer->at;
    char c = lexer->text[at];
    if (c == '`')
        return token_make(lexer, TOKEN_IDENTIFIER, quote_end(lexer, at + 1, '`', false));
    if (c == '[') {
        const char *close = memchr(lexer->text + at, ']', lexer->end - at);
        size_t end = close == NULL ? not_closed(lexer) : (size_t)(close - lexer->text) + 1;
        return token_make(lexer, TOKEN_IDENTIFIER, end);
    }
    if (c == '?')
        return token_make(lexer, TOKEN_PARAMETER, digits_end(lexer, at + 1));
    if ((c == ':' || c == '@' || c == '$') && is_class(peek(lexer, at + 1), WORD_START | DIGIT))
        return token_make(lexer, TOKEN_PARAMETER, word_end(lexer, at + 1));
    return token_make(lexer, TOKEN_OPERATOR, sqlite_operator_end(lexer, at));
}

static struct token next_word(struct lexer *lexer)
{
    struct token token;
    size_t at = lexer->at;
    if (lexer->dialect == DIALECT_POSTGRES && postgres_prefixed_quote(lexer, &token))
        return token;
    if (lexer->dialect == DIALECT_SQLITE && (lexer->text[at] | 32) == 'x' &&
        peek(lexer, at + 1) == '\'')
        return token_make(lexer, TOKEN_STRING, quote_end(lexer, at + 2, '\'', false));
    return token_make(lexer, TOKEN_WORD, word_end(lexer, at));
}

static struct token next_string(struct lexer *lexer)
{
    size_t at = lexer->at + 1;
    size_t end = lexer->dialect == DIALECT_POSTGRES ? postgres_string_end(lexer, at, false)
                                                    : quote_end(lexer, at, '\'', false);
    return token_make(lexer, TOKEN_STRING, end);
}

struct token lexer_next(struct lexer *lexer)
{
    size_t broken;
    if (!skip_blanks(lexer, &broken)) {
        lexer->at = broken;
        return token_make(lexer, TOKEN_BROKEN, lexer->end);
    }
    size_t at = lexer->at;
    if (at >= lexer->end)
        return (struct token){.kind = TOKEN_END, .offset = lexer->end};
    char c = lexer->text[at];
    if (is_class(c, WORD_START))
        return next_word(lexer);
    if (is_class(c, DIGIT) || (c == '.' && is_class(peek(lexer, at + 1), DIGIT)))
        return token_make(lexer, TOKEN_NUMBER, number_end(lexer, at));
    switch (c) {
    case '\'': return next_string(lexer);
    case '"': return token_make(lexer, TOKEN_IDENTIFIER, quote_end(lexer, at + 1, '"', false));
    case '(': return token_make(lexer, TOKEN_OPEN, at + 1);
    case ')': return token_make(lexer, TOKEN_CLOSE, at + 1);
    case ',': return token_make(lexer, TOKEN_COMMA, at + 1);
    case ';': return token_make(lexer, TOKEN_SEMICOLON, at + 1);
    case '.': return token_make(lexer, TOKEN_DOT, at + 1);
    default:
        return lexer->dialect == DIALECT_POSTGRES ? postgres_other(lexer) : sqlite_other(lexer);
    }
}

static unsigned char folded(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

bool token_is(const struct lexer *lexer, struct token token, const char *word)
{
    const char *text = lexer->text + token.offset;
    if (token.kind != TOKEN_WORD)
        return false;
    for (size_t i = 0; i < token.len; i++) {
        if (word[i] == '\0' || folded(text[i]) != folded(word[i]))
            return false;
    }
    return word[token.len] == '\0';
}
