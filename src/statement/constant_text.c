/*
 * Constant texts: an expression's tokens, from left to right.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/constant_text.h"

#include "statement/quoting.h"

#define CONSTANT_DEPTH_MAX 32    // parentheses, calls and variables in each other
#define CONSTANT_TERMS_MAX 10000 // of one text
#define CONSTANT_BYTES_MAX ((size_t)4 * 1024 * 1024) // of one text

struct evaluation {
    TALLOC_CTX *mem;
    struct lexer lexer; // over the body
    struct token token; // at hand
    const struct origin *origin;
    const struct plpgsql *plpgsql;
    const struct plpgsql_piece *piece;
    int depth;
    size_t *n_terms; // so far, of all
};

// --- a text that grows

struct growing {
    char *text;
    size_t len;
    size_t *places;
    size_t n_places;
};

static void grow(TALLOC_CTX *mem, struct growing *to, char c, size_t place)
{
    *mem_append(mem, to->text, to->len) = c;
    *mem_append(mem, to->places, to->n_places) = place;
}

static void grow_text(TALLOC_CTX *mem, struct growing *to, const char *text, size_t place)
{
    for (; *text != '\0'; text++)
        grow(mem, to, *text, place);
}

static struct constant_text growing_end(TALLOC_CTX *mem, struct growing *growing, size_t place)
{
    grow(mem, growing, '\0', place);
    return (struct constant_text){
        .text = growing->text, .len = growing->len - 1, .places = growing->places};
}

// --- strings

// How many bytes stand in front of the value of '…' and $tag$…$tag$.
static size_t quote_len(const char *text, size_t len)
{
    const char *tag_end = *text == '$' ? memchr(text + 1, '$', len - 1) : NULL;
    return tag_end == NULL ? 1 : (size_t)(tag_end - text) + 1;
}

static void grow_string(TALLOC_CTX *mem, struct growing *to, const struct lexer *lexer,
                        struct token token, const struct origin *origin)
{
    const char *text = lexer->text + token.offset;
    char *value = token_value(mem, lexer, token);
    size_t quote = quote_len(text, token.len);
    size_t from = quote;
    size_t n = 0;
    // Follows the value through the text; escapes and parts of a string are followed no further.
    for (; value[n] != '\0' && from + quote <= token.len && text[from] == value[n]; n++) {
        grow(mem, to, value[n], origin_place(origin, token.offset + from));
        from += *text == '\'' && value[n] == '\'' ? 2 : 1;
    }
    grow_text(mem, to, value + n, origin_place(origin, token.offset + from));
}

struct constant_text constant_text_of_string(TALLOC_CTX *mem, const struct lexer *lexer,
                                             struct token token, const struct origin *origin)
{
    struct growing growing = {0};
    grow_string(mem, &growing, lexer, token, origin);
    size_t last = token.offset + token.len - 1;
    return growing_end(mem, &growing, origin_place(origin, last));
}

// --- expressions

static void step(struct evaluation *e)
{
    e->token = lexer_next(&e->lexer);
}

static bool is_word(const struct evaluation *e, const char *word)
{
    return token_is(&e->lexer, e->token, word);
}

static bool is_operator(const struct evaluation *e, const char *sign)
{
    return e->token.kind == TOKEN_OPERATOR && e->token.len == 2 &&
           memcmp(e->lexer.text + e->token.offset, sign, 2) == 0;
}

static size_t place_here(const struct evaluation *e)
{
    return origin_place(e->origin, e->token.offset);
}

static bool take_expression(struct evaluation *e, struct growing *to);

// The arguments of a call whose name was read.
struct arguments {
    struct constant_text *list;
    size_t n;
};

static bool take_arguments(struct evaluation *e, struct arguments *arguments)
{
    if (e->token.kind != TOKEN_OPEN)
        return false;
    do {
        struct growing growing = {0};
        step(e);
        if (!take_expression(e, &growing))
            return false;
        *mem_append(e->mem, arguments->list, arguments->n) =
            growing_end(e->mem, &growing, place_here(e));
    } while (e->token.kind == TOKEN_COMMA);
    bool is_closed = e->token.kind == TOKEN_CLOSE;
    step(e);
    return is_closed;
}

static void grow_argument(struct evaluation *e, struct growing *to,
                          const struct constant_text *argument, char form)
{
    if (form == 'I')
        grow_text(e->mem, to, quoting_name(e->mem, DIALECT_POSTGRES, argument->text),
                  argument->places[0]);
    else if (form == 'L')
        grow_text(e->mem, to, quoting_text(e->mem, argument->text), argument->places[0]);
    else
        for (size_t i = 0; i < argument->len; i++)
            grow(e->mem, to, argument->text[i], argument->places[i]);
}

// Source: PostgreSQL 15 manual, 9.4.1. Widths are not followed.
static bool grow_format(struct evaluation *e, struct growing *to, const struct arguments *arguments)
{
    const struct constant_text *format = &arguments->list[0];
    size_t next = 1;
    for (size_t i = 0; i < format->len; i++) {
        if (format->text[i] != '%') {
            grow(e->mem, to, format->text[i], format->places[i]);
            continue;
        }
        char *end;
        size_t number = strtoul(format->text + i + 1, &end, 10);
        if (*end == '$' && number > 0) {
            i = (size_t)(end - format->text);
            next = number < arguments->n ? number : arguments->n;
        }
        char form = format->text[++i];
        if (form == '%') {
            grow(e->mem, to, '%', format->places[i]);
            continue;
        }
        if (strchr("sIL", form) == NULL || form == '\0' || next >= arguments->n)
            return false;
        grow_argument(e, to, &arguments->list[next++], form);
    }
    return true;
}

static bool take_call(struct evaluation *e, struct growing *to)
{
    struct token name = e->token;
    struct arguments arguments = {0};
    step(e);
    if (!take_arguments(e, &arguments))
        return false;
    if (token_is(&e->lexer, name, "format"))
        return grow_format(e, to, &arguments);
    bool is_concat = token_is(&e->lexer, name, "concat");
    char form = token_is(&e->lexer, name, "quote_ident")     ? 'I'
                : token_is(&e->lexer, name, "quote_literal") ? 'L'
                                                             : 's';
    if (!is_concat && (form == 's' || arguments.n != 1))
        return false;
    for (size_t i = 0; i < arguments.n; i++)
        grow_argument(e, to, &arguments.list[i], form);
    return true;
}

// A variable, or the one field of it when it is a row of one column.
static bool take_variable(struct evaluation *e, struct growing *to)
{
    char *name = token_value(e->mem, &e->lexer, e->token);
    const struct plpgsql_value *value = plpgsql_find_value(e->plpgsql, e->piece, name);
    if (value == NULL)
        return false;
    size_t here = place_here(e);
    step(e);
    if (e->token.kind == TOKEN_DOT) {
        step(e);
        step(e);
    }
    if (value->text != NULL) {
        grow_text(e->mem, to, value->text, here);
        return true;
    }
    struct evaluation of_value = *e;
    of_value.lexer = lexer_make(DIALECT_POSTGRES, e->lexer.text, value->start, value->end);
    step(&of_value);
    return take_expression(&of_value, to) && of_value.token.kind == TOKEN_END;
}

static bool take_term(struct evaluation *e, struct growing *to)
{
    struct lexer ahead = e->lexer;
    if (++*e->n_terms > CONSTANT_TERMS_MAX)
        return false;
    switch ((int)e->token.kind) {
    case TOKEN_STRING:
        grow_string(e->mem, to, &e->lexer, e->token, e->origin);
        step(e);
        return true;
    case TOKEN_NUMBER:
        grow_text(e->mem, to, token_value(e->mem, &e->lexer, e->token), place_here(e));
        step(e);
        return true;
    case TOKEN_OPEN: {
        step(e);
        bool is_closed = take_expression(e, to) && e->token.kind == TOKEN_CLOSE;
        step(e);
        return is_closed;
    }
    case TOKEN_WORD:
    case TOKEN_IDENTIFIER:
        return lexer_next(&ahead).kind == TOKEN_OPEN ? take_call(e, to) : take_variable(e, to);
    default: return false;
    }
}

// `::text`, `::varchar(20)`.
static bool take_cast(struct evaluation *e)
{
    static const char *const types[] = {"text", "varchar", "regclass", "name"};
    step(e);
    bool is_text = false;
    for (size_t i = 0; i < COUNT_OF(types); i++)
        is_text = is_text || is_word(e, types[i]);
    step(e);
    return is_text;
}

static bool take_expression(struct evaluation *e, struct growing *to)
{
    if (++e->depth > CONSTANT_DEPTH_MAX)
        return false;
    for (;;) {
        if (!take_term(e, to) || to->len > CONSTANT_BYTES_MAX)
            return false;
        while (is_operator(e, "::"))
            if (!take_cast(e))
                return false;
        if (!is_operator(e, "||"))
            break;
        step(e);
    }
    e->depth--;
    return true;
}

bool constant_text_of_execute(TALLOC_CTX *mem, const char *body, const struct origin *origin,
                              const struct plpgsql *plpgsql, const struct plpgsql_piece *piece,
                              struct constant_text *out)
{
    size_t end = piece->into_end > 0 ? piece->into : piece->end;
    struct growing growing = {0};
    size_t n_terms = 0;
    struct evaluation e = {.mem = mem,
                           .lexer = lexer_make(DIALECT_POSTGRES, body, piece->start, end),
                           .origin = origin,
                           .plpgsql = plpgsql,
                           .piece = piece,
                           .n_terms = &n_terms};
    step(&e);
    if (!take_expression(&e, &growing) || (e.token.kind != TOKEN_END && !is_word(&e, "using")))
        return false;
    *out = growing_end(mem, &growing, origin_place(origin, end - 1));
    return true;
}
