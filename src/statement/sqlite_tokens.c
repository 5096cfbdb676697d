/*
 * Tokens: a cursor over one SQLite statement (see sqlite_tokens.h).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/sqlite_tokens.h"

#include "base/text.h"

struct tokens tokens_make(TALLOC_CTX *mem, const char *text, size_t start, size_t end)
{
    struct tokens tokens = {
        .mem = mem,
        .lexer = lexer_make(DIALECT_SQLITE, text, start, end),
        .consumed = start,
    };
    tokens.token = lexer_next(&tokens.lexer);
    return tokens;
}

void tokens_next(struct tokens *tokens)
{
    if (tokens->token.kind == TOKEN_END)
        return;
    tokens->consumed = tokens->token.offset + tokens->token.len;
    tokens->token = lexer_next(&tokens->lexer);
}

struct token tokens_peek(const struct tokens *tokens)
{
    struct lexer ahead = tokens->lexer;
    return lexer_next(&ahead);
}

// The rest is skipped, so that every loop of the readers ends.
void tokens_fail(struct tokens *tokens)
{
    if (!tokens->failed) {
        tokens->failed = true;
        tokens->failed_offset = tokens->token.offset;
    }
    tokens->lexer.at = tokens->lexer.end;
    tokens->token = (struct token){.kind = TOKEN_END, .offset = tokens->lexer.end};
}

bool tokens_is(const struct tokens *tokens, const char *word)
{
    return tokens->token.kind == TOKEN_WORD && token_is(&tokens->lexer, tokens->token, word);
}

bool tokens_is_kind(const struct tokens *tokens, enum token_kind kind)
{
    return tokens->token.kind == kind;
}

bool tokens_is_operator(const struct tokens *tokens, const char *text)
{
    const char *at = tokens->lexer.text + tokens->token.offset;

    return tokens->token.kind == TOKEN_OPERATOR && tokens->token.len == strlen(text) &&
           memcmp(at, text, tokens->token.len) == 0;
}

bool tokens_next_is(const struct tokens *tokens, const char *word)
{
    struct token next = tokens_peek(tokens);
    return next.kind == TOKEN_WORD && token_is(&tokens->lexer, next, word);
}

bool tokens_is_name(const struct tokens *tokens)
{
    return tokens->token.kind == TOKEN_WORD || tokens->token.kind == TOKEN_IDENTIFIER ||
           tokens->token.kind == TOKEN_STRING;
}

bool tokens_is_select(const struct tokens *tokens)
{
    return tokens_is(tokens, "SELECT") || tokens_is(tokens, "VALUES") || tokens_is(tokens, "WITH");
}

bool tokens_accept(struct tokens *tokens, const char *word)
{
    if (!tokens_is(tokens, word))
        return false;
    tokens_next(tokens);
    return true;
}

bool tokens_accept_kind(struct tokens *tokens, enum token_kind kind)
{
    if (!tokens_is_kind(tokens, kind))
        return false;
    tokens_next(tokens);
    return true;
}

bool tokens_accept_operator(struct tokens *tokens, const char *text)
{
    if (!tokens_is_operator(tokens, text))
        return false;
    tokens_next(tokens);
    return true;
}

void tokens_expect(struct tokens *tokens, const char *word)
{
    if (!tokens_accept(tokens, word))
        tokens_fail(tokens);
}

void tokens_expect_kind(struct tokens *tokens, enum token_kind kind)
{
    if (!tokens_accept_kind(tokens, kind))
        tokens_fail(tokens);
}

void tokens_expect_operator(struct tokens *tokens, const char *text)
{
    if (!tokens_accept_operator(tokens, text))
        tokens_fail(tokens);
}

const char *tokens_name(struct tokens *tokens)
{
    if (!tokens_is_name(tokens)) {
        tokens_fail(tokens);
        return "";
    }
    const char *name = token_value(tokens->mem, &tokens->lexer, tokens->token);
    tokens_next(tokens);
    return name;
}

const char *tokens_value(struct tokens *tokens)
{
    if (tokens_is_kind(tokens, TOKEN_END)) {
        tokens_fail(tokens);
        return "";
    }
    const char *value = token_value(tokens->mem, &tokens->lexer, tokens->token);
    tokens_next(tokens);
    return value;
}

struct name tokens_qualified(struct tokens *tokens)
{
    const char *first = tokens_name(tokens);

    if (!tokens_accept_kind(tokens, TOKEN_DOT))
        return (struct name){.name = first};
    return (struct name){.schema = first, .name = tokens_name(tokens)};
}

const char **tokens_name_list(struct tokens *tokens, size_t *n)
{
    const char **names = NULL;

    tokens_expect_kind(tokens, TOKEN_OPEN);
    do
        *mem_append(tokens->mem, names, *n) = tokens_name(tokens);
    while (tokens_accept_kind(tokens, TOKEN_COMMA));
    tokens_expect_kind(tokens, TOKEN_CLOSE);
    return names;
}

bool tokens_accept_if_exists(struct tokens *tokens)
{
    if (!tokens_is(tokens, "IF"))
        return false;
    if (!tokens_next_is(tokens, "NOT") && !tokens_next_is(tokens, "EXISTS"))
        return false; // a table called "if"
    tokens_next(tokens);
    tokens_accept(tokens, "NOT");
    tokens_expect(tokens, "EXISTS");
    return true;
}

void tokens_skip_parentheses(struct tokens *tokens)
{
    size_t depth = 0;

    do {
        if (tokens_is_kind(tokens, TOKEN_OPEN))
            depth++;
        else if (tokens_is_kind(tokens, TOKEN_CLOSE))
            depth--;
        else if (tokens_is_kind(tokens, TOKEN_END))
            return tokens_fail(tokens);
        tokens_next(tokens);
    } while (depth > 0);
}

const char *tokens_text(const struct tokens *tokens, size_t start)
{
    size_t end = tokens->consumed > start ? tokens->consumed : start;
    return mem_strndup(tokens->mem, tokens->lexer.text + start, end - start);
}

void tokens_add_text(struct tokens *tokens, const char ***list, size_t *n, const char *text)
{
    for (size_t i = 0; i < *n; i++)
        if (text_equal_nocase((*list)[i], text))
            return;
    if (*n >= SQLITE_NAMES_MAX)
        tokens_fail(tokens);
    else
        *mem_append(tokens->mem, *list, *n) = text;
}

void tokens_add_name(struct tokens *tokens, struct name **list, size_t *n, struct name name)
{
    for (size_t i = 0; i < *n; i++)
        if (text_equal_nocase((*list)[i].name, name.name) &&
            text_equal_nocase((*list)[i].schema, name.schema))
            return;
    if (*n >= SQLITE_NAMES_MAX)
        tokens_fail(tokens);
    else
        *mem_append(tokens->mem, *list, *n) = name;
}

bool tokens_is_cte(const struct tokens *tokens, struct name name)
{
    if (name.schema)
        return false;
    for (size_t i = 0; i < tokens->n_ctes; i++)
        if (text_equal_nocase(tokens->ctes[i], name.name))
            return true;
    return false;
}

bool tokens_is_string(const struct tokens *tokens, struct token token)
{
    if (token.kind == TOKEN_STRING)
        return true;
    if (token.kind != TOKEN_IDENTIFIER || tokens->lexer.text[token.offset] != '"')
        return false;
    if (!tokens->has_columns_known)
        return false;
    SCRATCH(tmp);
    const char *name = token_value(tmp, &tokens->lexer, token);
    for (size_t i = 0; i < tokens->n_columns_known; i++)
        if (text_equal_nocase(tokens->columns_known[i], name))
            return false;
    return true;
}
