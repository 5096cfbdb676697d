/*
 * Sources: which relation an alias in a statement means, and which columns its joins equate.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/sources.h"
#include "base/text.h"
#include <stdint.h>

// A word behind a relation's name that is no alias.
static const char *const not_aliases[] = {
    "as",        "cross",   "default", "except", "fetch",       "for",   "full",
    "group",     "having",  "indexed", "inner",  "intersect",   "join",  "left",
    "limit",     "natural", "not",     "offset", "on",          "order", "outer",
    "returning", "right",   "select",  "set",    "tablesample", "union", "using",
    "values",    "when",    "where",   "window", "with",
};
// A word in front of a relation's name.
static const char *const before_relations[] = {"from", "join", "into", "only", "update", "using"};

static bool is_one_of(const struct lexer *lexer, struct token token, const char *const *words,
                      size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (token_is(lexer, token, words[i]))
            return true;
    return false;
}

static bool is_name(struct token token)
{
    return token.kind == TOKEN_WORD || token.kind == TOKEN_IDENTIFIER;
}

struct tokens {
    struct lexer lexer;
    struct token *list;
    size_t n; // the end is not among them
};

static struct tokens read_tokens(TALLOC_CTX *mem, enum dialect dialect, const char *sql)
{
    struct tokens tokens = {.lexer = lexer_make(dialect, sql, 0, strlen(sql))};

    for (;;) {
        struct token token = lexer_next(&tokens.lexer);
        if (token.kind == TOKEN_END || token.kind == TOKEN_BROKEN)
            return tokens;
        *mem_append(mem, tokens.list, tokens.n) = token;
    }
}

static struct token token_at(const struct tokens *tokens, size_t at)
{
    return at < tokens->n ? tokens->list[at] : (struct token){.kind = TOKEN_END};
}

static const struct name *known_relation(const struct query *query, const char *name)
{
    if (query->target.name != NULL && strcmp(query->target.name, name) == 0)
        return &query->target;
    for (size_t i = 0; i < query->n_reads; i++)
        if (strcmp(query->reads[i].name, name) == 0)
            return &query->reads[i];
    return NULL;
}

// May a relation's name stand at `at`?
static bool is_relation_place(const struct tokens *tokens, size_t at)
{
    if (at == 0)
        return false;
    struct token before = tokens->list[at - 1];
    return before.kind == TOKEN_COMMA || before.kind == TOKEN_OPEN || before.kind == TOKEN_DOT ||
           is_one_of(&tokens->lexer, before, before_relations, COUNT_OF(before_relations));
}

static const char *alias_behind(TALLOC_CTX *mem, const struct tokens *tokens, size_t at)
{
    struct token next = token_at(tokens, at + 1);

    if (token_is(&tokens->lexer, next, "as"))
        next = token_at(tokens, at + 2);
    if (!is_name(next) || is_one_of(&tokens->lexer, next, not_aliases, COUNT_OF(not_aliases)))
        return NULL;
    return token_value(mem, &tokens->lexer, next);
}

static void read_aliases(TALLOC_CTX *mem, const struct tokens *tokens, const struct query *query,
                         struct sources *sources)
{
    for (size_t i = 1; i < tokens->n; i++) {
        if (!is_name(tokens->list[i]) || !is_relation_place(tokens, i))
            continue;
        const char *name = token_value(mem, &tokens->lexer, tokens->list[i]);
        const struct name *relation = known_relation(query, name);
        if (relation == NULL || token_at(tokens, i + 1).kind == TOKEN_DOT)
            continue;
        const char *alias = alias_behind(mem, tokens, i);
        *mem_append(mem, sources->list, sources->n) =
            (struct source){.alias = alias == NULL ? name : alias, .relation = *relation};
    }
}

const struct source *sources_find(const struct sources *sources, const char *alias)
{
    for (size_t i = 0; i < sources->n; i++)
        if (text_equal_nocase(sources->list[i].alias, alias))
            return &sources->list[i];
    return NULL;
}

// `alias . column` from `at` on.
static const struct source *read_qualified(TALLOC_CTX *mem, const struct tokens *tokens, size_t at,
                                           const struct sources *sources, const char **column)
{
    if (!is_name(token_at(tokens, at)) || token_at(tokens, at + 1).kind != TOKEN_DOT ||
        !is_name(token_at(tokens, at + 2)))
        return NULL;
    *column = token_value(mem, &tokens->lexer, tokens->list[at + 2]);
    return sources_find(sources, token_value(mem, &tokens->lexer, tokens->list[at]));
}

static bool is_equals(const struct tokens *tokens, size_t at)
{
    struct token token = token_at(tokens, at);
    const char *text = tokens->lexer.text + token.offset;

    return token.kind == TOKEN_OPERATOR &&
           ((token.len == 1 && text[0] == '=') || (token.len == 2 && memcmp(text, "==", 2) == 0));
}

static void read_equalities(TALLOC_CTX *mem, const struct tokens *tokens, struct sources *sources)
{
    for (size_t i = 0; i + 6 < tokens->n; i++) {
        struct equality equality;
        if (!is_equals(tokens, i + 3))
            continue;
        const struct source *left = read_qualified(mem, tokens, i, sources, &equality.left_column);
        const struct source *right =
            read_qualified(mem, tokens, i + 4, sources, &equality.right_column);
        // Something that goes on behind it is no plain column: `a.x = b.y || 'z'`.
        struct token next = token_at(tokens, i + 7);
        if (left == NULL || right == NULL || left == right || next.kind == TOKEN_OPERATOR ||
            next.kind == TOKEN_OPEN)
            continue;
        equality.left = left->relation;
        equality.right = right->relation;
        *mem_append(mem, sources->equalities, sources->n_equalities) = equality;
    }
}

struct sources *sources_read(TALLOC_CTX *mem, enum dialect dialect, const char *sql,
                             const struct query *query)
{
    SCRATCH(tmp);
    struct sources *sources = mem_new(mem, struct sources);
    struct tokens tokens = read_tokens(tmp, dialect, sql);

    sources->dialect = dialect;
    read_aliases(sources, &tokens, query, sources);
    if (query->target.name != NULL && query->target_alias != NULL &&
        sources_find(sources, query->target_alias) == NULL)
        *mem_append(sources, sources->list, sources->n) =
            (struct source){.alias = query->target_alias, .relation = query->target};
    read_equalities(sources, &tokens, sources);
    return sources;
}

bool sources_plain_column(TALLOC_CTX *mem, enum dialect dialect,
                          const struct expression *expression, const char **qualifier,
                          const char **column)
{
    SCRATCH(tmp);
    struct tokens tokens = read_tokens(tmp, dialect, expression->text);

    // column, alias.column, schema.relation.column
    if (tokens.n != 1 && tokens.n != 3 && tokens.n != 5)
        return false;
    for (size_t i = 0; i < tokens.n; i++)
        if (i % 2 == 0 ? !is_name(tokens.list[i]) : tokens.list[i].kind != TOKEN_DOT)
            return false;
    if (expression->n_columns != 1) // NULL, TRUE, CURRENT_DATE are words too
        return false;
    *column = token_value(mem, &tokens.lexer, tokens.list[tokens.n - 1]);
    *qualifier = tokens.n == 1 ? NULL : token_value(mem, &tokens.lexer, tokens.list[tokens.n - 3]);
    return true;
}

static bool is_tail(const struct tokens *tokens, size_t at)
{
    return token_is(&tokens->lexer, tokens->list[at], "returning") ||
           (token_is(&tokens->lexer, tokens->list[at], "on") &&
            token_is(&tokens->lexer, token_at(tokens, at + 1), "conflict"));
}

char *sources_select(TALLOC_CTX *mem, enum dialect dialect, const char *sql)
{
    SCRATCH(tmp);
    struct tokens tokens = read_tokens(tmp, dialect, sql);
    size_t start = SIZE_MAX;
    size_t depth = 0;

    // A WITH in front of the INSERT would have to be carried along: not recognised.
    if (tokens.n == 0 || token_is(&tokens.lexer, tokens.list[0], "with"))
        return NULL;
    for (size_t i = 0; i < tokens.n; i++) {
        struct token token = tokens.list[i];
        depth += token.kind == TOKEN_OPEN;
        depth -= token.kind == TOKEN_CLOSE && depth > 0;
        if (depth > 0)
            continue;
        if (start == SIZE_MAX &&
            (token_is(&tokens.lexer, token, "select") || token_is(&tokens.lexer, token, "with")))
            start = token.offset;
        else if (start != SIZE_MAX && (is_tail(&tokens, i) || token.kind == TOKEN_SEMICOLON))
            return mem_strndup(mem, sql + start, token.offset - start);
    }
    return start == SIZE_MAX ? NULL : mem_strdup(mem, sql + start);
}
