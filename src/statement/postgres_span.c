/*
 * Where in the text an expression stands. PostgreSQL's tree knows where nodes begin, not where they
 * end, and nothing of parentheses; the tokens around them do.
 *
 * An expression ends at a comma, a closing parenthesis or a word that is reserved and cannot stand
 * in an expression outside parentheses and CASE.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "statement/postgres_reading.h"

static void tokens_make(struct reading *reading)
{
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, reading->text, reading->base, reading->end);
    for (;;) {
        struct token token = lexer_next(&lexer);
        *mem_append(reading->tmp, reading->tokens, reading->n_tokens) = token;
        if (token.kind == TOKEN_END)
            return;
    }
}

static const struct token *token_get(struct reading *reading, size_t index)
{
    if (reading->tokens == NULL)
        tokens_make(reading);
    return &reading->tokens[index < reading->n_tokens ? index : reading->n_tokens - 1];
}

size_t token_index(struct reading *reading, int location)
{
    token_get(reading, 0);
    size_t offset = reading->base + (size_t)(location < 0 ? 0 : location);
    size_t low = 0;
    size_t high = reading->n_tokens - 1; // the end token is behind everything
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (reading->tokens[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool token_word(struct reading *reading, size_t index, const char *word)
{
    struct lexer lexer = {.dialect = DIALECT_POSTGRES, .text = reading->text};
    return token_is(&lexer, *token_get(reading, index), word);
}

// A word behind a dot or AS is a name, whatever it is.
static bool is_name_place(struct reading *reading, size_t index)
{
    return index > 0 && (token_get(reading, index - 1)->kind == TOKEN_DOT ||
                         token_word(reading, index - 1, "as"));
}

// Words that end an expression, except beside certain others. Source: gram.y, reserved_keyword and
// type_func_name_keyword.
static const struct ending {
    const char *word;
    const char *not_behind; // IS DISTINCT FROM; WITHIN GROUP (…); COLLATION FOR (…)
    const char *not_before; // 'x'::timestamp WITH TIME ZONE; "(": left(name, 1)
} endings[] = {
    {"from", "distinct", NULL},
    {"where"},
    {"group", "within", NULL},
    {"having"},
    {"window"},
    {"union"},
    {"intersect"},
    {"except"},
    {"order"},
    {"limit"},
    {"offset"},
    {"fetch"},
    {"for", "collation", NULL},
    {"returning"},
    {"on"},
    {"into"},
    {"using"},
    {"when"},
    {"then"},
    {"join"},
    {"inner"},
    {"cross"},
    {"natural"},
    {"full"},
    {"with", NULL, "time"},
    {"left", NULL, "("},
    {"right", NULL, "("},
};

static bool ends_expression(struct reading *reading, size_t index)
{
    size_t i = 0;
    while (i < COUNT_OF(endings) && !token_word(reading, index, endings[i].word))
        i++;
    if (i == COUNT_OF(endings) || is_name_place(reading, index))
        return false;
    const struct ending *ending = &endings[i];
    if (ending->not_behind != NULL)
        return !token_word(reading, index - 1, ending->not_behind);
    if (ending->not_before == NULL)
        return true;
    return ending->not_before[0] == '(' ? token_get(reading, index + 1)->kind != TOKEN_OPEN
                                        : !token_word(reading, index + 1, ending->not_before);
}

// How the token changes the depth; CASE … END counts like parentheses.
static int depth_change(struct reading *reading, size_t index)
{
    const struct token *token = token_get(reading, index);
    if (token->kind == TOKEN_OPEN)
        return 1;
    if (token->kind == TOKEN_CLOSE)
        return -1;
    if (token->kind != TOKEN_WORD || is_name_place(reading, index))
        return 0;
    return token_word(reading, index, "case") ? 1 : token_word(reading, index, "end") ? -1 : 0;
}

struct span span_from(struct reading *reading, size_t index, size_t limit)
{
    size_t start = token_get(reading, index)->offset;
    size_t end = start;
    int depth = 0;
    for (size_t i = index;; i++) {
        const struct token *token = token_get(reading, i);
        if (token->kind == TOKEN_END || (limit != 0 && token->offset >= limit))
            break;
        if (depth == 0 && (token->kind == TOKEN_COMMA || token->kind == TOKEN_SEMICOLON ||
                           (token->kind == TOKEN_WORD && i > index && ends_expression(reading, i))))
            break;
        depth += depth_change(reading, i);
        if (depth < 0)
            break;
        end = token->offset + token->len;
    }
    return (struct span){.start = start, .end = end};
}

struct span span_behind_word(struct reading *reading, int location, const char *word)
{
    size_t index = token_index(reading, location);
    while (index > 0 && !token_word(reading, index - 1, word))
        index--;
    return span_from(reading, index, 0);
}

struct span span_inside(struct reading *reading, size_t index)
{
    while (token_get(reading, index)->kind != TOKEN_OPEN &&
           token_get(reading, index)->kind != TOKEN_END)
        index++;
    size_t depth = 1;
    size_t last = index + 1;
    for (;; last++) {
        const struct token *token = token_get(reading, last);
        if (token->kind == TOKEN_OPEN)
            depth++;
        if (token->kind == TOKEN_END || (token->kind == TOKEN_CLOSE && --depth == 0))
            break;
    }
    const struct token *before = token_get(reading, last - 1);
    return (struct span){.start = token_get(reading, index + 1)->offset,
                         .end = before->offset + before->len};
}

struct span span_part(struct reading *reading, size_t index, int n)
{
    while (token_get(reading, index)->kind != TOKEN_OPEN)
        index++;
    struct span span = span_from(reading, index + 1, 0);
    for (; n > 0; n--) {
        size_t comma = token_index(reading, (int)(span.end - reading->base));
        span = span_from(reading, comma + 1, 0);
    }
    return span;
}

const char *span_text(struct reading *reading, struct span span)
{
    return mem_strndup(reading->mem, reading->text + span.start,
                       span.end > span.start ? span.end - span.start : 0);
}
