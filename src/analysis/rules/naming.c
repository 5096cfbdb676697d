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

static void identifier_truncated(struct rule_place *place, const char *name)
{
    int cut = NAME_MAX_BYTES;
    while (cut > 0 && ((unsigned char)name[cut] & 0xC0) == 0x80)
        cut--; // not within a character
    rule_report(place, "'%s' has %zu bytes and becomes '%.*s'", name, strlen(name), cut, name);
}

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

static void check_identifier_truncated(struct rule_place *place)
{
    const char *sql = place->statement->sql;
    size_t len = strlen(sql);
    if (!may_have_long_name(sql, len))
        return;
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, sql, 0, len);
    const char *reported = NULL;
    for (struct token token = lexer_next(&lexer); token.kind != TOKEN_END;
         token = lexer_next(&lexer)) {
        if ((token.kind != TOKEN_WORD && token.kind != TOKEN_IDENTIFIER) ||
            token.len <= NAME_MAX_BYTES)
            continue;
        const char *name = token_value(place->mem, &lexer, token);
        if (strlen(name) <= NAME_MAX_BYTES || (reported != NULL && strcmp(reported, name) == 0))
            continue;
        identifier_truncated(place, name);
        reported = name;
    }
}

// --- rows

const struct rule rule_identifier_truncated = {
    .id = "identifier-truncated",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .in_downs = true,
    .summary = "a name longer than 63 bytes",
    .why = "The server cuts it without an error: two long names may become one, and IF NOT EXISTS "
           "then takes the other for it.",
    .safe_form = "a name of at most 63 bytes",
    .source = "PostgreSQL 15 manual, Identifiers and Key Words",
    .check = check_identifier_truncated,
};
