/*
 * Forms of SQLite expressions (see sqlite_form.h).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/sqlite_form.h"
#include <ctype.h>

// [schema.][table.]column IS NOT NULL
#define CONJUNCT_TOKENS 8

// Peel parentheses that hold all of [*start, *end).
static void peel(const char *text, size_t *start, size_t *end)
{
    while (*end > *start && text[*start] == '(' && text[*end - 1] == ')') {
        struct lexer lexer = lexer_make(DIALECT_SQLITE, text, *start, *end);
        size_t depth = 0;
        struct token token = lexer_next(&lexer);
        for (; token.kind != TOKEN_END; token = lexer_next(&lexer)) {
            depth += token.kind == TOKEN_OPEN;
            depth -= token.kind == TOKEN_CLOSE;
            if (depth == 0)
                break;
        }
        if (token.offset + 1 < *end)
            return;
        do
            ++*start;
        while (*start < *end && isspace((unsigned char)text[*start]));
        do
            --*end;
        while (*end > *start && isspace((unsigned char)text[*end - 1]));
    }
}

// The value of a literal, alone or with a sign or cast; NULL: it is none.
static const char *literal_value(struct tokens *tokens, size_t start, size_t end)
{
    struct lexer lexer = lexer_make(DIALECT_SQLITE, tokens->lexer.text, start, end);
    struct token token = lexer_next(&lexer);
    const char *sign = "";

    if (token_is(&lexer, token, "CAST")) {
        lexer_next(&lexer);
        token = lexer_next(&lexer);
        struct lexer behind = lexer;
        struct token as = lexer_next(&behind);
        lexer.at = token_is(&behind, as, "AS") ? lexer.end : lexer.at;
    }
    if (token.kind == TOKEN_OPERATOR && token.len == 1) {
        sign = tokens->lexer.text[token.offset] == '-' ? "-" : "";
        token = lexer_next(&lexer);
    }
    bool is_literal = token.kind == TOKEN_NUMBER || tokens_is_string(tokens, token) ||
                      token_is(&lexer, token, "TRUE") || token_is(&lexer, token, "FALSE");
    if (!is_literal || lexer_next(&lexer).kind != TOKEN_END)
        return NULL;
    return mem_printf(tokens->mem, "%s%s", sign, token_value(tokens->mem, &lexer, token));
}

// Is this conjunct `[x.]column IS NOT NULL`, `… NOT NULL` or `… NOTNULL`? Then which token names
// it.
static bool tests_not_null(const struct lexer *lexer, const struct token *conjunct, size_t n,
                           struct token *column)
{
    size_t names = 1;

    while (names + 1 < n && conjunct[names].kind == TOKEN_DOT)
        names += 2;
    if (n < 2 || names >= n)
        return false;
    *column = conjunct[names - 1];
    if (column->kind != TOKEN_WORD && column->kind != TOKEN_IDENTIFIER)
        return false;
    size_t rest = n - names;
    if (rest == 1)
        return token_is(lexer, conjunct[n - 1], "NOTNULL");
    if (rest > 3 || (rest == 3 && !token_is(lexer, conjunct[names], "IS")))
        return false;
    return token_is(lexer, conjunct[n - 2], "NOT") && token_is(lexer, conjunct[n - 1], "NULL");
}

// The first such conjunct of a predicate without OR at its top.
static const char *proves_not_null(struct tokens *tokens, size_t start, size_t end)
{
    struct lexer lexer = lexer_make(DIALECT_SQLITE, tokens->lexer.text, start, end);
    struct token conjunct[CONJUNCT_TOKENS];
    struct token column, found = {.kind = TOKEN_END};
    size_t depth = 0, n = 0;

    for (bool is_end = false; !is_end;) {
        struct token token = lexer_next(&lexer);
        is_end = token.kind == TOKEN_END || token.kind == TOKEN_BROKEN;
        if (depth == 0 && (token_is(&lexer, token, "OR") || token_is(&lexer, token, "BETWEEN")))
            return NULL;
        if (is_end || (depth == 0 && token_is(&lexer, token, "AND"))) {
            if (found.kind == TOKEN_END && n <= CONJUNCT_TOKENS &&
                tests_not_null(&lexer, conjunct, n, &column))
                found = column;
            n = 0;
            continue;
        }
        depth += token.kind == TOKEN_OPEN;
        depth -= token.kind == TOKEN_CLOSE && depth > 0;
        if (n < CONJUNCT_TOKENS)
            conjunct[n] = token;
        n++;
    }
    return found.kind == TOKEN_END ? NULL : token_value(tokens->mem, &lexer, found);
}

void sqlite_form_read(struct tokens *tokens, size_t start, size_t first_case_end,
                      struct expression *out)
{
    size_t end = tokens->consumed;

    peel(tokens->lexer.text, &start, &end);
    struct lexer lexer = lexer_make(DIALECT_SQLITE, tokens->lexer.text, start, end);
    struct token first = lexer_next(&lexer);

    out->is_null = token_is(&lexer, first, "NULL") && start + first.len == end;
    if (out->is_constant && !out->is_null)
        out->constant = literal_value(tokens, start, end);
    out->is_case = token_is(&lexer, first, "CASE") && first_case_end == end;
    out->has_else = out->is_case && out->has_else;
    out->proves_not_null = proves_not_null(tokens, start, end);
}
