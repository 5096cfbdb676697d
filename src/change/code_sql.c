/*
 * Code SQL: which tables a piece of SQL text in a program writes, by the order of its words.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/code_sql.h"
#include "base/text.h"
#include "statement/lexer.h"
#include <ctype.h>

struct words {
    struct lexer lexer;
    struct token *list;
    size_t n;
};

static bool is(const struct words *words, size_t i, const char *word)
{
    return i < words->n && token_is(&words->lexer, words->list[i], word);
}

static bool is_kind(const struct words *words, size_t i, enum token_kind kind)
{
    return i < words->n && words->list[i].kind == kind;
}

static bool is_name(const struct words *words, size_t i)
{
    return is_kind(words, i, TOKEN_WORD) || is_kind(words, i, TOKEN_IDENTIFIER);
}

// "schema.table": moves `i` behind it; NULL when a program puts the name in ("#{table}", "%s").
static char *take_name(TALLOC_CTX *mem, const struct words *words, size_t *i)
{
    if (!is_name(words, *i))
        return NULL;
    char *name = token_value(mem, &words->lexer, words->list[(*i)++]);
    while (is_kind(words, *i, TOKEN_DOT) && is_name(words, *i + 1)) {
        name = mem_printf(mem, "%s.%s", name, token_value(mem, &words->lexer, words->list[*i + 1]));
        *i += 2;
    }
    return name;
}

// What a program puts in, as "#{table}" "${table}" "{table}" "%s" "?": moves `i` behind it.
static bool take_hole(const struct words *words, size_t *i)
{
    size_t at = *i;
    if (at >= words->n || is_name(words, at) || is_kind(words, at, TOKEN_OPEN) ||
        is_kind(words, at, TOKEN_SEMICOLON) || is_kind(words, at, TOKEN_STRING))
        return false;
    for (size_t steps = 0; at < words->n && steps < 12; steps++, at++) {
        const char *text = words->lexer.text + words->list[at].offset;
        size_t len = words->list[at].len;
        bool is_end = memchr(text, '}', len) != NULL || words->list[at].kind == TOKEN_PARAMETER;
        bool is_percent = steps > 0 && (is(words, at, "s") || is(words, at, "q"));
        if (is_end || is_percent) {
            *i = at + 1;
            return true;
        }
    }
    return false;
}

static bool is_upper(const struct words *words, size_t i)
{
    const struct token *token = &words->list[i];
    for (size_t j = 0; j < token->len; j++)
        if (!isupper((unsigned char)words->lexer.text[token->offset + j]))
            return false;
    return true;
}

static bool is_lower(const struct words *words, size_t i)
{
    return islower((unsigned char)words->lexer.text[words->list[i].offset]);
}

static bool is_end(const struct words *words, size_t i)
{
    return i >= words->n || is_kind(words, i, TOKEN_SEMICOLON);
}

// UPDATE t [AS a] SET c =, SET (c, d) =
static bool goes_on_as_update(const struct words *words, size_t i)
{
    if (is(words, i, "as"))
        i++;
    if (!is(words, i, "set") && is_name(words, i))
        i++;
    if (!is(words, i, "set"))
        return false;
    if (is_kind(words, i + 1, TOKEN_OPEN))
        return true;
    size_t at = i + 1;
    SCRATCH(tmp);
    if (take_name(tmp, words, &at) == NULL)
        return take_hole(words, &at);
    return is_kind(words, at, TOKEN_OPERATOR) && words->lexer.text[words->list[at].offset] == '=';
}

static bool goes_on_as_insert(const struct words *words, size_t i)
{
    if (is(words, i, "as"))
        i += 2;
    return is_kind(words, i, TOKEN_OPEN) || is(words, i, "values") || is(words, i, "select") ||
           is(words, i, "default") || is(words, i, "with") || is(words, i, "overriding");
}

// "Delete from favorites" is a button; "DELETE FROM t", "delete from t" and whatever has WHERE are
// SQL.
static bool goes_on_as_delete(const struct words *words, size_t verb, size_t i)
{
    if (is_end(words, i))
        return is_upper(words, verb) || is_lower(words, verb);
    if (!is(words, i, "where") && !is(words, i, "using") && !is(words, i, "returning") &&
        is_name(words, i))
        i += is(words, i, "as") ? 2 : 1;
    return is(words, i, "where") || is(words, i, "using") || is(words, i, "returning");
}

static bool goes_on_as_copy(const struct words *words, size_t i)
{
    for (size_t depth = 0; i < words->n; i++) {
        if (is_kind(words, i, TOKEN_OPEN))
            depth++;
        else if (is_kind(words, i, TOKEN_CLOSE) && depth > 0)
            depth--;
        else if (depth == 0)
            return is(words, i, "from") &&
                   (is(words, i + 1, "stdin") || is(words, i + 1, "program") ||
                    is_kind(words, i + 1, TOKEN_STRING));
    }
    return false;
}

// Where the name of a write that begins at `i` stands; 0: none begins there.
static size_t name_of_write(const struct words *words, size_t i)
{
    if (is(words, i, "insert") || is(words, i, "merge") || is(words, i, "replace")) {
        size_t at = i + 1;
        if (is(words, at, "or")) // SQLite: INSERT OR REPLACE
            at += 2;
        return is(words, at, "into") ? at + 1 : 0;
    }
    if (is(words, i, "update"))
        return i + 1 + is(words, i + 1, "only");
    if (is(words, i, "delete") && is(words, i + 1, "from"))
        return i + 2 + is(words, i + 2, "only");
    if (is(words, i, "truncate") && is(words, i + 1, "table"))
        return i + 2 + is(words, i + 2, "only");
    bool is_first = i == 0 || is_kind(words, i - 1, TOKEN_SEMICOLON);
    if (is(words, i, "truncate") && is_first && is_upper(words, i))
        return i + 1;
    return is(words, i, "copy") && is_first ? i + 1 : 0;
}

static bool goes_on(const struct words *words, size_t verb, size_t behind)
{
    if (is(words, verb, "update"))
        return goes_on_as_update(words, behind);
    if (is(words, verb, "insert") || is(words, verb, "replace"))
        return goes_on_as_insert(words, behind);
    if (is(words, verb, "delete"))
        return goes_on_as_delete(words, verb, behind);
    if (is(words, verb, "copy"))
        return goes_on_as_copy(words, behind);
    if (is(words, verb, "merge"))
        return is(words, behind, "using") || is(words, behind + 1, "using") ||
               is(words, behind + 2, "using");
    return true; // TRUNCATE TABLE
}

static bool read_words(TALLOC_CTX *mem, const char *text, size_t len, struct words *words)
{
    // SQLite's rules take backquotes and brackets as quotes, which programs write for MySQL too.
    words->lexer = lexer_make(DIALECT_SQLITE, text, 0, len);
    for (;;) {
        struct token token = lexer_next(&words->lexer);
        if (token.kind == TOKEN_END)
            return words->n > 0;
        *mem_append(mem, words->list, words->n) = token;
    }
}

void code_sql_find(TALLOC_CTX *mem, const char *text, size_t len, struct code_sql_write **list,
                   size_t *n)
{
    SCRATCH(tmp);
    struct words words = {0};
    if (!read_words(tmp, text, len, &words))
        return;
    for (size_t i = 0; i < words.n; i++) {
        size_t name = name_of_write(&words, i);
        if (name == 0)
            continue;
        size_t behind = name;
        char *table = take_name(mem, &words, &behind);
        if ((table == NULL && !take_hole(&words, &behind)) || !goes_on(&words, i, behind))
            continue;
        struct code_sql_write *write = mem_append(mem, *list, *n);
        write->table = table;
        write->offset = words.list[i].offset;
        write->evidence = text_shorten(mem, text + write->offset, len - write->offset, 80);
        i = behind - 1;
    }
}
