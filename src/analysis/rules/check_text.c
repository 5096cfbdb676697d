/*
 * Checks as texts, as a person writes them and as the server prints them:
 * `status IN ('a', 'b')`, `((status)::text = ANY ((ARRAY['a'::character varying])::text[]))`.
 *
 * Parentheses and casts of a part are passed over; a part with a call, an OR or a NOT is left out.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/check_text.h"
#include "base/text.h"
#include "statement/lexer.h"
#include <stdlib.h>

enum { TOKENS_MAX = 512 };
#define EXACT_DIGITS 15 // a double tells them apart

struct check_tokens {
    TALLOC_CTX *mem;
    struct lexer lexer;
    struct token *list;
    size_t n;
};

struct range {
    size_t start, end;
};

static bool is_word(const struct check_tokens *tokens, size_t at, const char *word)
{
    return token_is(&tokens->lexer, tokens->list[at], word);
}

static bool is_operator(const struct check_tokens *tokens, size_t at, const char *operator)
{
    const struct token *token = &tokens->list[at];
    return token->kind == TOKEN_OPERATOR && token->len == strlen(operator) &&
           strncmp(tokens->lexer.text + token->offset, operator, token->len) == 0;
}

static bool tokens_read(struct check_tokens *tokens)
{
    for (struct token token = lexer_next(&tokens->lexer); token.kind != TOKEN_END;
         token = lexer_next(&tokens->lexer)) {
        // An AND within CASE joins nothing.
        if (token.kind == TOKEN_BROKEN || tokens->n == TOKENS_MAX ||
            token_is(&tokens->lexer, token, "case"))
            return false;
        *mem_append(tokens->mem, tokens->list, tokens->n) = token;
    }
    return tokens->n > 0;
}

// --- AND

// The token that closes what opens at `at`; the range's end: none does.
static size_t closing(const struct check_tokens *tokens, size_t at, size_t end)
{
    size_t depth = 0;
    for (; at < end; at++) {
        depth += tokens->list[at].kind == TOKEN_OPEN;
        depth -= tokens->list[at].kind == TOKEN_CLOSE;
        if (depth == 0)
            return at;
    }
    return end;
}

// Behind the part that begins at `start`: at its AND, or the end. `*is_plain`: no OR, no NOT.
static size_t part_end(const struct check_tokens *tokens, struct range range, bool *is_plain)
{
    bool is_between = false;
    size_t at = range.start;
    for (; at < range.end; at++) {
        if (tokens->list[at].kind == TOKEN_OPEN)
            at = closing(tokens, at, range.end);
        if (at == range.end || (is_word(tokens, at, "and") && !is_between))
            break;
        is_between = is_word(tokens, at, "between") || (is_between && !is_word(tokens, at, "and"));
        *is_plain = *is_plain && !is_word(tokens, at, "or");
    }
    return at;
}

// --- one part

// A part without parentheses and casts.
struct flat {
    struct token tokens[TOKENS_MAX];
    size_t n;
};

// Behind `::type`, of which the words, a length and [] may follow.
static size_t behind_cast(const struct check_tokens *tokens, size_t at, size_t end)
{
    at++;
    while (at < end &&
           (tokens->list[at].kind == TOKEN_WORD || tokens->list[at].kind == TOKEN_IDENTIFIER ||
            tokens->list[at].kind == TOKEN_DOT)) {
        if (is_word(tokens, at, "and"))
            return at;
        at++;
    }
    while (at < end && tokens->list[at].kind == TOKEN_OPEN)
        at = closing(tokens, at, end) + 1;
    return at < end ? at : end;
}

static bool is_call(const struct check_tokens *tokens, size_t at, size_t end)
{
    static const char *const words[] = {"in", "any", "array", "and", "between"};
    if (tokens->list[at].kind != TOKEN_WORD || at + 1 >= end ||
        tokens->list[at + 1].kind != TOKEN_OPEN)
        return false;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (is_word(tokens, at, words[i]))
            return false;
    }
    return true;
}

static bool flatten(const struct check_tokens *tokens, struct range range, struct flat *flat)
{
    flat->n = 0;
    for (size_t at = range.start; at < range.end; at++) {
        const struct token *token = &tokens->list[at];
        while (at < range.end && is_operator(tokens, at, "::"))
            at = behind_cast(tokens, at, range.end);
        if (at >= range.end)
            break;
        token = &tokens->list[at];
        if (is_call(tokens, at, range.end) || is_word(tokens, at, "or"))
            return false;
        if (token->kind != TOKEN_OPEN && token->kind != TOKEN_CLOSE &&
            !is_word(tokens, at, "array"))
            flat->tokens[flat->n++] = *token;
    }
    return flat->n > 2;
}

static bool flat_is(const struct check_tokens *tokens, const struct flat *flat, size_t at,
                    const char *word)
{
    return at < flat->n && token_is(&tokens->lexer, flat->tokens[at], word);
}

static bool flat_operator(const struct check_tokens *tokens, const struct flat *flat, size_t at,
                          enum comparison *comparison)
{
    static const struct {
        const char *text;
        enum comparison comparison;
    } operators[] = {
        {"=", COMPARISON_ONE_OF},
        {"<>", COMPARISON_NONE_OF},
        {"!=", COMPARISON_NONE_OF},
        {"<", COMPARISON_LESS},
        {"<=", COMPARISON_LESS_OR_EQUAL},
        {">", COMPARISON_GREATER},
        {">=", COMPARISON_GREATER_OR_EQUAL},
    };
    const struct token *token = &flat->tokens[at];
    for (size_t i = 0; token->kind == TOKEN_OPERATOR && i < COUNT_OF(operators); i++) {
        if (token->len == strlen(operators[i].text) &&
            strncmp(tokens->lexer.text + token->offset, operators[i].text, token->len) == 0) {
            *comparison = operators[i].comparison;
            return true;
        }
    }
    return false;
}

// Literals between commas (or the AND of BETWEEN) to the end; false: something else stands there.
static bool read_literals(const struct check_tokens *tokens, const struct flat *flat, size_t at,
                          struct check_part *part)
{
    for (;; at++) {
        bool is_negative = at + 1 < flat->n && flat->tokens[at].kind == TOKEN_OPERATOR &&
                           flat->tokens[at].len == 1 &&
                           tokens->lexer.text[flat->tokens[at].offset] == '-';
        at += is_negative;
        if (at >= flat->n || (flat->tokens[at].kind != TOKEN_NUMBER &&
                              (is_negative || flat->tokens[at].kind != TOKEN_STRING)))
            return false;
        const char *value = token_value(tokens->mem, &tokens->lexer, flat->tokens[at]);
        *mem_append(tokens->mem, part->literals, part->n_literals) =
            is_negative ? mem_printf(tokens->mem, "-%s", value) : value;
        if (++at == flat->n)
            return true;
        if (flat->tokens[at].kind != TOKEN_COMMA && !flat_is(tokens, flat, at, "and"))
            return false;
    }
}

static bool read_part(const struct check_tokens *tokens, const struct flat *flat,
                      struct check_part *part)
{
    const struct token *first = &flat->tokens[0];
    if (first->kind != TOKEN_WORD && first->kind != TOKEN_IDENTIFIER)
        return false;
    part->column = token_value(tokens->mem, &tokens->lexer, *first);
    if (flat_is(tokens, flat, 1, "is") && flat_is(tokens, flat, 2, "not") && flat->n == 4 &&
        flat_is(tokens, flat, 3, "null")) {
        part->comparison = COMPARISON_NOT_NULL;
        return true;
    }
    if (flat_is(tokens, flat, 1, "in"))
        return read_literals(tokens, flat, 2, part);
    if (flat_is(tokens, flat, 1, "between") || !flat_operator(tokens, flat, 1, &part->comparison))
        return false;
    if (flat_is(tokens, flat, 2, "any"))
        return part->comparison == COMPARISON_ONE_OF && read_literals(tokens, flat, 3, part);
    return read_literals(tokens, flat, 2, part) && part->n_literals == 1;
}

// BETWEEN is two parts.
static bool read_between(const struct check_tokens *tokens, const struct flat *flat,
                         struct check_part *low, struct check_part *high)
{
    struct check_part both = {0};
    if (!flat_is(tokens, flat, 1, "between") || flat->tokens[0].kind == TOKEN_STRING ||
        !read_literals(tokens, flat, 2, &both) || both.n_literals != 2)
        return false;
    *low = (struct check_part){.column = token_value(tokens->mem, &tokens->lexer, flat->tokens[0]),
                               .comparison = COMPARISON_GREATER_OR_EQUAL,
                               .literals = both.literals,
                               .n_literals = 1};
    *high = *low;
    high->comparison = COMPARISON_LESS_OR_EQUAL;
    high->literals = both.literals + 1;
    return true;
}

static void part_add(const struct check_tokens *tokens, struct range range,
                     struct check_part **parts, size_t *n)
{
    struct flat *flat = mem_new(tokens->mem, struct flat);
    struct check_part one = {0}, two = {0};
    if (!flatten(tokens, range, flat))
        return;
    bool is_between = read_between(tokens, flat, &one, &two);
    if (!is_between && !read_part(tokens, flat, &one))
        return;
    const struct token *last = &tokens->list[range.end - 1];
    size_t start = tokens->list[range.start].offset;
    one.text =
        mem_strndup(tokens->mem, tokens->lexer.text + start, last->offset + last->len - start);
    two.text = one.text;
    *mem_append(tokens->mem, *parts, *n) = one;
    if (is_between)
        *mem_append(tokens->mem, *parts, *n) = two;
}

struct check_part *check_parts(TALLOC_CTX *mem, const char *check, size_t *n)
{
    struct check_tokens tokens = {.mem = mem,
                                  .lexer = lexer_make(DIALECT_POSTGRES, check, 0, strlen(check))};
    struct check_part *parts = NULL;
    struct range *todo = NULL;
    size_t n_todo = 0;
    *n = 0;
    if (!tokens_read(&tokens))
        return NULL;
    *mem_append(mem, todo, n_todo) = (struct range){0, tokens.n};
    while (n_todo > 0) {
        struct range range = todo[--n_todo];
        if (range.start >= range.end)
            continue;
        if (tokens.list[range.start].kind == TOKEN_OPEN &&
            closing(&tokens, range.start, range.end) + 1 == range.end) {
            *mem_append(mem, todo, n_todo) = (struct range){range.start + 1, range.end - 1};
            continue;
        }
        bool is_plain = true, rest_is_plain = true;
        struct range rest = {part_end(&tokens, range, &is_plain), range.end};
        for (size_t at = rest.start; at < range.end; at++)
            rest_is_plain = rest_is_plain && !is_word(&tokens, at, "or");
        if (!is_plain || !rest_is_plain)
            continue; // an OR binds less than AND
        if (rest.start == range.end) {
            part_add(&tokens, range, &parts, n);
            continue;
        }
        *mem_append(mem, todo, n_todo) = (struct range){rest.start + 1, range.end};
        *mem_append(mem, todo, n_todo) = (struct range){range.start, rest.start};
    }
    return parts;
}

// --- values

static bool number_of(const char *text, double *number)
{
    char *end;
    *number = strtod(text, &end);
    return end > text && *end == '\0' && strlen(text) <= EXACT_DIGITS;
}

static bool is_of(const char *const *literals, size_t n, double number, bool *is_known)
{
    for (size_t i = 0; i < n; i++) {
        double literal;
        *is_known = *is_known && number_of(literals[i], &literal);
        if (*is_known && literal == number)
            return true;
    }
    return false;
}

static bool number_refused(const struct check_part *part, double number)
{
    double limit = 0;
    bool is_known = true;
    bool is_list = part->comparison == COMPARISON_ONE_OF || part->comparison == COMPARISON_NONE_OF;
    bool is_one = is_list && is_of(part->literals, part->n_literals, number, &is_known);
    if (!is_known || (!is_list && !number_of(part->literals[0], &limit)))
        return false;
    switch (part->comparison) {
    case COMPARISON_ONE_OF: return !is_one;
    case COMPARISON_NONE_OF: return is_one;
    case COMPARISON_LESS: return number >= limit;
    case COMPARISON_LESS_OR_EQUAL: return number > limit;
    case COMPARISON_GREATER: return number <= limit;
    case COMPARISON_GREATER_OR_EQUAL: return number < limit;
    case COMPARISON_NOT_NULL: return false;
    }
    return false;
}

static bool is_text_type(const struct rule_place *place, const struct type_name *type)
{
    const struct schema_type *known =
        schema_find_type(place->before, (struct name){type->schema, type->name});
    if (known != NULL)
        return known->object == OBJECT_ENUM;
    return strcmp(type->name, "text") == 0 || strcmp(type->name, "varchar") == 0;
}

bool check_part_refuses(const struct rule_place *place, const struct check_part *part,
                        const struct type_name *type, const struct value *value)
{
    static const char *const integers[] = {"int2", "int4", "int8"};
    double number;
    if (part->comparison == COMPARISON_NOT_NULL)
        return value->literal == LITERAL_NULL;
    if (value->constant == NULL || type->name == NULL || type->is_array)
        return false;
    if (value->literal == LITERAL_TEXT && is_text_type(place, type)) {
        bool is_one = word_in(value->constant, part->literals, part->n_literals);
        return part->comparison == COMPARISON_ONE_OF    ? !is_one
               : part->comparison == COMPARISON_NONE_OF ? is_one
                                                        : false;
    }
    bool is_integer = word_in(type->name, integers, COUNT_OF(integers));
    bool is_number =
        is_integer || strcmp(type->name, "numeric") == 0 || strcmp(type->name, "float8") == 0;
    // What is rounded to its column is not judged.
    return is_number && value->literal == LITERAL_NUMBER && number_of(value->constant, &number) &&
           (is_integer ? strpbrk(value->constant, ".eE") == NULL : type->n_mods == 0) &&
           number_refused(part, number);
}
