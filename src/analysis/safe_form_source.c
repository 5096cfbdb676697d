/*
 * The source of a statement: see safe_form_source.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/safe_form_source.h"

struct source source_make(TALLOC_CTX *mem, const char *text)
{
    struct source source = {.mem = mem,
                            .lexer = lexer_make(DIALECT_POSTGRES, text, 0, strlen(text))};
    struct lexer lexer = source.lexer;
    for (;;) {
        struct token token = lexer_next(&lexer);
        if (token.kind == TOKEN_END)
            return source;
        *mem_append(mem, source.tokens, source.n) = token;
    }
}

bool source_is(const struct source *source, size_t index, const char *word)
{
    return index < source->n && token_is(&source->lexer, source->tokens[index], word);
}

bool source_are(const struct source *source, size_t index, const char *first, const char *second)
{
    return source_is(source, index, first) && source_is(source, index + 1, second);
}

char *source_cut(const struct source *source, size_t first, size_t last)
{
    if (first >= last || first >= source->n)
        return mem_strdup(source->mem, "");
    const struct token *end = &source->tokens[(last < source->n ? last : source->n) - 1];
    size_t start = source->tokens[first].offset;
    return mem_strndup(source->mem, source->lexer.text + start, end->offset + end->len - start);
}

size_t source_behind(const struct source *source, size_t index)
{
    size_t depth = 0;
    for (size_t i = index; i < source->n; i++) {
        enum token_kind kind = source->tokens[i].kind;
        if (kind == TOKEN_OPEN)
            depth++;
        else if (kind == TOKEN_CLOSE && depth > 0)
            depth--;
        if (depth == 0)
            return kind == TOKEN_CLOSE ? i + 1 : index;
    }
    return index;
}

char *source_insert(const struct source *source, size_t index, const char *word)
{
    const struct token *token = &source->tokens[index];
    size_t at = token->offset + token->len;
    return mem_printf(source->mem, "%.*s %s%s", (int)at, source->lexer.text, word,
                      source->lexer.text + at);
}

char *statement_head(TALLOC_CTX *mem, const struct statement *statement)
{
    SCRATCH_PACKED(tmp);
    char *text = mem_strndup(tmp, statement->sql, statement->actions[0].offset - statement->offset);
    struct source source = source_make(tmp, text);
    return mem_strdup(mem, source_cut(&source, 0, source.n));
}

char *action_source(TALLOC_CTX *mem, const struct statement *statement, const struct action *action)
{
    SCRATCH_PACKED(tmp);
    size_t start = action->offset - statement->offset;
    bool is_last = action + 1 == statement->actions + statement->n_actions;
    size_t end = is_last ? strlen(statement->sql) : action[1].offset - statement->offset;
    struct source source = source_make(tmp, mem_strndup(tmp, statement->sql + start, end - start));
    return mem_strdup(mem, source_cut(&source, 0, is_last ? source.n : source.n - 1));
}
