/*
 * Rules on names.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"
#include "statement/lexer.h"
#include <ctype.h>

// Source: PostgreSQL 15 manual, 4.1.1: NAMEDATALEN - 1 bytes.
#define NAME_MAX_BYTES 63

static bool is_name_byte(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_' || byte == '$' || byte < 0;
}

// Asked of every statement, so asked cheaply: a run of letters that long covers one of the places
// that are looked at. A quote is to be looked behind.
static bool may_have_long_name(const char *sql, size_t len)
{
    for (size_t end = NAME_MAX_BYTES; end < len;) {
        size_t n = 0;
        while (n <= NAME_MAX_BYTES && is_name_byte(sql[end - n]))
            n++;
        if (n > NAME_MAX_BYTES)
            return true;
        end += NAME_MAX_BYTES + 1 - n;
    }
    return len > NAME_MAX_BYTES && memchr(sql, '"', len) != NULL;
}

// How much of a long name the server keeps: no part of a character.
static int kept_bytes(const char *name)
{
    int kept = NAME_MAX_BYTES;
    while (kept > 0 && ((unsigned char)name[kept] & 0xC0) == 0x80)
        kept--;
    return kept;
}

// The next name that is cut; NULL: none.
static const char *next_long_name(TALLOC_CTX *mem, struct lexer *lexer)
{
    for (struct token token = lexer_next(lexer); token.kind != TOKEN_END;
         token = lexer_next(lexer)) {
        if ((token.kind != TOKEN_WORD && token.kind != TOKEN_IDENTIFIER) ||
            token.len <= NAME_MAX_BYTES)
            continue;
        const char *name = token_value(mem, lexer, token);
        if (strlen(name) > NAME_MAX_BYTES)
            return name;
    }
    return NULL;
}

static struct lexer lexer_of(const struct statement *statement)
{
    return lexer_make(DIALECT_POSTGRES, statement->sql, 0, strlen(statement->sql));
}

// Another name, in this statement or before it, of which the server keeps the same bytes.
static const char *twin_of(const struct rule_place *place, const char *name)
{
    size_t kept = (size_t)kept_bytes(name);
    for (size_t i = 0; i <= place->index; i++) {
        const struct statement *statement = &place->script->statements[i];
        if (!may_have_long_name(statement->sql, strlen(statement->sql)))
            continue;
        struct lexer lexer = lexer_of(statement);
        for (const char *other; (other = next_long_name(place->mem, &lexer)) != NULL;) {
            if (strcmp(other, name) != 0 && strncmp(other, name, kept) == 0)
                return other;
        }
    }
    return NULL;
}

static void identifier_truncated(struct rule_place *place, const char *name)
{
    int kept = kept_bytes(name);
    const char *twin = twin_of(place, name);
    if (twin != NULL)
        rule_report_as(place, SEVERITY_WARN, NULL, "'%s' and '%s' become one name: '%.*s'", twin,
                       name, kept, name);
    else
        rule_report(place, "'%s' has %zu bytes and becomes '%.*s'", name, strlen(name), kept, name);
}

static void check_identifier_truncated(struct rule_place *place)
{
    const char *sql = place->statement->sql;
    if (!may_have_long_name(sql, strlen(sql)))
        return;
    struct lexer lexer = lexer_of(place->statement);
    const char *reported = NULL;
    for (const char *name; (name = next_long_name(place->mem, &lexer)) != NULL;) {
        if (reported != NULL && strcmp(reported, name) == 0)
            continue;
        identifier_truncated(place, name);
        reported = name;
    }
}

// --- rows

const struct rule rule_identifier_truncated = {
    .id = "identifier-truncated",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .in_downs = true,
    .summary = "a name longer than 63 bytes; warn where two become one",
    .why = "The server cuts it without an error: two long names may become one, and IF NOT EXISTS "
           "then takes the other for it.",
    .safe_form = "a name of at most 63 bytes",
    .source = "PostgreSQL 15 manual, Identifiers and Key Words",
    .check = check_identifier_truncated,
};
