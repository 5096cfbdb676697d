/*
 * Texts that PostgreSQL 15's grammar refuses as they are: forms of newer versions, and placeholders
 * that a migration tool fills in. Each is written over, byte by byte, with what the grammar knows,
 * so that places stay; what was meant is put back into the statement once it is read.
 *
 * Only forms whose effect is known are taken; any other keeps its syntax error, which names the
 * version or the placeholder where that is what it stumbles over.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "statement/postgres_adapted.h"

#include <ctype.h>

struct adapting {
    struct adapted *out;
    TALLOC_CTX *mem;
    char *text;
    struct token *tokens; // ends with TOKEN_END
    size_t n_tokens;
    size_t depth; // of parentheses at the token at hand
};

// --- tokens

static void tokens_make(struct adapting *a, size_t len)
{
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, a->text, 0, len);
    do
        *mem_append(a->mem, a->tokens, a->n_tokens) = lexer_next(&lexer);
    while (a->tokens[a->n_tokens - 1].kind != TOKEN_END);
}

static const struct token *token_at(const struct adapting *a, size_t i)
{
    return &a->tokens[i < a->n_tokens ? i : a->n_tokens - 1];
}

// Do the words stand there, one behind the other?
static bool words_at(const struct adapting *a, size_t i, const char *const *words)
{
    struct lexer lexer = {.dialect = DIALECT_POSTGRES, .text = a->text};
    for (; *words != NULL; words++, i++) {
        if (!token_is(&lexer, *token_at(a, i), *words))
            return false;
    }
    return true;
}
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

// The tokens [i, end) become `text`, blanks behind it. It is not longer.
static void put(struct adapting *a, size_t i, size_t end, const char *text)
{
    const struct token *last = token_at(a, end - 1);
    size_t start = token_at(a, i)->offset;
    memset(a->text + start, ' ', last->offset + last->len - start);
    memcpy(a->text + start, text, strlen(text));
}

static void needs(struct adapting *a, unsigned version)
{
    if (a->out->needs_version < version)
        a->out->needs_version = version;
}

// --- newer forms. Source: release notes of PostgreSQL 16 to 19.

// GENERATED ALWAYS AS (…) VIRTUAL. STORED ones are noted too: the columns come in this order.
static void take_generated(struct adapting *a, size_t i)
{
    bool is_virtual = words_at(a, i, WORDS("virtual"));
    if (i == 0 || token_at(a, i - 1)->kind != TOKEN_CLOSE ||
        (!is_virtual && !words_at(a, i, WORDS("stored"))))
        return;
    *mem_append(a->mem, a->out->is_virtual, a->out->n_generated) = is_virtual;
    if (!is_virtual)
        return;
    put(a, i, i + 1, "STORED");
    needs(a, 18);
}

// ADD CONSTRAINT … NOT ENFORCED: never checked, so it proves nothing, as NOT VALID does.
static void take_enforced(struct adapting *a, size_t i)
{
    bool is_of_table = a->depth == 0 && i > 0 && token_at(a, i - 1)->kind == TOKEN_CLOSE;
    if (!is_of_table || !words_at(a, i, WORDS("not", "enforced")))
        return;
    put(a, i, i + 2, "NOT VALID");
    needs(a, 18);
}

// ADD CONSTRAINT n NOT NULL c [NOT VALID] is read as UNIQUE(c).
static void take_not_null(struct adapting *a, size_t i)
{
    bool is_added = i >= 2 && words_at(a, i - 2, WORDS("constraint")) && a->depth == 0;
    const struct token *column = token_at(a, i + 2);
    if (!is_added || !words_at(a, i, WORDS("not", "null")) ||
        (column->kind != TOKEN_WORD && column->kind != TOKEN_IDENTIFIER))
        return;
    bool is_not_valid = words_at(a, i + 3, WORDS("not", "valid"));
    char *name = mem_strndup(a->mem, a->text + column->offset, column->len);
    put(a, i, i + (is_not_valid ? 5 : 3), mem_printf(a->mem, "UNIQUE(%s)", name));
    *mem_append(a->mem, a->out->not_nulls, a->out->n_not_nulls) = (struct adapted_not_null){
        .offset = token_at(a, i - 2)->offset, .is_not_valid = is_not_valid};
    needs(a, 18);
}

// SET EXPRESSION AS (…) is read as SET DEFAULT (…).
static void take_set_expression(struct adapting *a, size_t i)
{
    if (!words_at(a, i, WORDS("set", "expression", "as")))
        return;
    put(a, i, i + 3, "SET DEFAULT");
    a->out->n_set_expressions++;
    needs(a, 17);
}

static void take_merge(struct adapting *a, size_t i)
{
    if (!words_at(a, 0, WORDS("merge")) && !words_at(a, 0, WORDS("with")))
        return;
    if (words_at(a, i, WORDS("not", "matched", "by", "source"))) {
        put(a, i, i + 4, "MATCHED");
        needs(a, 17);
    } else if (words_at(a, i, WORDS("matched", "by", "target"))) {
        put(a, i, i + 3, "MATCHED");
        needs(a, 17);
    } else if (words_at(a, 0, WORDS("merge")) && a->depth == 0 &&
               words_at(a, i, WORDS("returning"))) {
        put(a, i, a->n_tokens - 1, "");
        needs(a, 17);
    }
}

// A key of ranges without overlaps; its index is another, the locks and the work are the same.
static void take_period(struct adapting *a, size_t i)
{
    if (words_at(a, i, WORDS("without", "overlaps")))
        put(a, i, i + 2, "");
    else if (i > 0 && words_at(a, i, WORDS("period")) && a->depth == 1 &&
             token_at(a, i - 1)->kind == TOKEN_COMMA && token_at(a, i + 1)->kind == TOKEN_WORD)
        put(a, i, i + 1, "");
    else
        return;
    needs(a, 18);
}

static void take_newer(struct adapting *a)
{
    for (size_t i = 0; i + 1 < a->n_tokens; i++) {
        if (a->tokens[i].kind == TOKEN_OPEN)
            a->depth++;
        else if (a->tokens[i].kind == TOKEN_CLOSE && a->depth > 0)
            a->depth--;
        if (a->tokens[i].kind != TOKEN_WORD)
            continue;
        take_generated(a, i);
        take_not_null(a, i);
        take_enforced(a, i);
        take_set_expression(a, i);
        take_merge(a, i);
        take_period(a, i);
    }
}

// --- placeholders

static const struct placeholder_row {
    const char *open;
    const char *close;
} placeholder_rows[] = {
    {"${", "}"},   // Flyway, Liquibase, goose
    {"{{", "}}"},  // Jinja, dbt, Go
    {"<%", "%>"},  // ERB
    {"%(", ")s"},  // Python
    {"{%", "%}"},  // Jinja's statements
    {":'", "'"},   // psql
    {":\"", "\""}, // psql
};

static size_t word_len(const char *text)
{
    size_t len = 0;
    while (isalnum((unsigned char)text[len]) || text[len] == '_')
        len++;
    return len;
}

// Length of the placeholder at `at`, 0: none stands there.
static size_t placeholder_at(const char *text, size_t at)
{
    for (size_t i = 0; i < COUNT_OF(placeholder_rows); i++) {
        const struct placeholder_row *row = &placeholder_rows[i];
        if (strncmp(text + at, row->open, strlen(row->open)) != 0)
            continue;
        const char *close = strstr(text + at + strlen(row->open), row->close);
        return close == NULL ? 0 : (size_t)(close - text) + strlen(row->close) - at;
    }
    // psql's :name; no cast, no slice of an array, no label of a time.
    bool is_name = text[at] == ':' && (at == 0 || strchr(" \t\n(,.=", text[at - 1]) != NULL) &&
                   (isalpha((unsigned char)text[at + 1]) || text[at + 1] == '_');
    return is_name ? 1 + word_len(text + at + 1) : 0;
}

// A literal where psql writes its quotes, a name of as many letters elsewhere.
static void placeholder_put(char *text, size_t len)
{
    bool is_text = text[0] == ':' && text[1] == '\'';
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)text[i]))
            text[i] = is_text && (i == 1 || i + 1 == len) ? '\'' : '_';
    }
    if (is_text)
        text[0] = ' ';
}

static void take_placeholders(struct adapting *a)
{
    for (size_t at = 0; a->text[at] != '\0'; at++) {
        size_t len = placeholder_at(a->text, at);
        if (len == 0)
            continue;
        if (a->out->placeholder == NULL)
            a->out->placeholder = mem_strndup(a->mem, a->text + at, len);
        placeholder_put(a->text + at, len);
        at += len - 1;
    }
}

// --- the whole

bool adapted_make(TALLOC_CTX *mem, const char *text, size_t len, struct adapted *out)
{
    *out = (struct adapted){.text = mem_strndup(mem, text, len)};
    struct adapting a = {.out = out, .mem = mem, .text = out->text};
    take_placeholders(&a);
    tokens_make(&a, len);
    take_newer(&a);
    return memcmp(out->text, text, len) != 0;
}

// Two words that no statement of the grammar has side by side. Source: release notes of 16 to 19.
static const struct {
    const char *words[2];
    const char *reason;
} version_rows[] = {
    {{"merge", "partitions"}, "MERGE PARTITIONS needs PostgreSQL 19"},
    {{"split", "partition"}, "SPLIT PARTITION needs PostgreSQL 19"},
    {{"not", "enforced"}, "NOT ENFORCED needs PostgreSQL 18"},
    {{"set", "expression"}, "SET EXPRESSION needs PostgreSQL 17"},
    {{"without", "overlaps"}, "WITHOUT OVERLAPS needs PostgreSQL 18"},
};

const char *adapted_version_reason(const char *text, size_t len)
{
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, text, 0, len);
    struct token token = lexer_next(&lexer);
    if (token_is(&lexer, token, "repack"))
        return "REPACK needs PostgreSQL 19";
    for (struct token next; token.kind != TOKEN_END; token = next) {
        next = lexer_next(&lexer);
        for (size_t i = 0; i < COUNT_OF(version_rows); i++) {
            if (token_is(&lexer, token, version_rows[i].words[0]) &&
                token_is(&lexer, next, version_rows[i].words[1]))
                return version_rows[i].reason;
        }
    }
    return NULL;
}

static void patch_columns(const struct adapted *adapted, struct column *columns, size_t n,
                          size_t *next)
{
    for (size_t i = 0; i < n; i++) {
        if (columns[i].generated != NULL && *next < adapted->n_generated)
            columns[i].generated_is_stored = !adapted->is_virtual[(*next)++];
    }
}

static void patch_not_null(const struct adapted *adapted, const struct reading *reading,
                           struct constraint *constraint)
{
    for (size_t i = 0; constraint != NULL && i < adapted->n_not_nulls; i++) {
        if (reading_place(reading, adapted->not_nulls[i].offset) != constraint->offset)
            continue;
        constraint->kind = CONSTRAINT_NOT_NULL;
        constraint->is_not_valid = adapted->not_nulls[i].is_not_valid;
    }
}

void adapted_restore(const struct adapted *adapted, const struct reading *reading)
{
    size_t generated = 0;
    struct statement *statement = reading->statement;
    statement->needs_version = adapted->needs_version;
    statement->placeholder = mem_strdup(reading->mem, adapted->placeholder);
    for (size_t i = 0; i < statement->n_actions; i++) {
        struct action *action = &statement->actions[i];
        patch_columns(adapted, action->columns, action->n_columns, &generated);
        if (action->definition != NULL)
            patch_columns(adapted, action->definition, 1, &generated);
        patch_not_null(adapted, reading, action->constraint);
        if (adapted->n_set_expressions > 0 && action->kind == ACTION_SET_DEFAULT)
            action->kind = ACTION_SET_EXPRESSION;
    }
}
