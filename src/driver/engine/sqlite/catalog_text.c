/*
 * What only the text of a CREATE tells: CHECK constraints, predicates of partial indexes. SQLite
 * has no PRAGMA for either.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "driver/engine/sqlite/catalog.h"
#include "statement/lexer.h"

#define WORDS_KEPT 2

// The last tokens, the newest first.
struct tail {
    struct token tokens[WORDS_KEPT];
};

static void tail_push(struct tail *tail, struct token token)
{
    memmove(tail->tokens + 1, tail->tokens, sizeof tail->tokens - sizeof tail->tokens[0]);
    tail->tokens[0] = token;
}

static struct token next_at_depth(struct lexer *lexer, int *depth)
{
    struct token token = lexer_next(lexer);
    if (token.kind == TOKEN_OPEN)
        (*depth)++;
    if (token.kind == TOKEN_CLOSE)
        (*depth)--;
    return token;
}

void catalog_named_columns(TALLOC_CTX *mem, const struct schema_relation *table, const char *text,
                           const char ***columns, size_t *n)
{
    SCRATCH(tmp);
    bool *is_named = mem_array(tmp, bool, table->n_columns + 1);
    struct lexer lexer = lexer_make(DIALECT_SQLITE, text, 0, strlen(text));
    for (struct token t = lexer_next(&lexer); t.kind != TOKEN_END; t = lexer_next(&lexer)) {
        if (t.kind != TOKEN_WORD && t.kind != TOKEN_IDENTIFIER)
            continue;
        const char *name = token_value(tmp, &lexer, t);
        for (size_t i = 0; i < table->n_columns; i++)
            is_named[i] = is_named[i] || text_equal_nocase(name, table->columns[i].name);
    }
    for (size_t i = 0; i < table->n_columns; i++) {
        if (is_named[i])
            *mem_append(mem, *columns, *n) = table->columns[i].name;
    }
}

// `a IS NOT NULL` alone proves it; anything longer is left to the reader of statements.
static const char *proves_not_null(const struct schema_relation *table, const char *check)
{
    SCRATCH(tmp);
    struct lexer lexer = lexer_make(DIALECT_SQLITE, check, 0, strlen(check));
    struct token column = lexer_next(&lexer);
    static const char *const words[] = {"is", "not", "null"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (!token_is(&lexer, lexer_next(&lexer), words[i]))
            return NULL;
    }
    if (lexer_next(&lexer).kind != TOKEN_END || column.kind == TOKEN_END)
        return NULL;
    const struct schema_column *found = schema_find_column(table, token_value(tmp, &lexer, column));
    return found ? found->name : NULL;
}

static void add_check(struct schema_relation *table, const char *name, const char *text, size_t len)
{
    struct schema_constraint *check = mem_append(table, table->constraints, table->n_constraints);
    check->kind = CONSTRAINT_CHECK;
    check->is_valid = true;
    check->name = name ? name : mem_printf(table, "%s_check", table->name.name);
    check->check_text = mem_strndup(table, text, len);
    check->proves_not_null = proves_not_null(table, check->check_text);
    catalog_named_columns(table, table, check->check_text, &check->check_columns,
                          &check->n_check_columns);
}

// Behind CHECK: take everything up to the bracket that closes it.
static void take_check(struct schema_relation *table, struct lexer *lexer, const char *name)
{
    int depth = 0;
    struct token open = next_at_depth(lexer, &depth);
    struct token token = open;
    while (depth > 0 && token.kind != TOKEN_END)
        token = next_at_depth(lexer, &depth);
    if (token.kind == TOKEN_CLOSE)
        add_check(table, name, lexer->text + open.offset + 1, token.offset - open.offset - 1);
}

void catalog_read_checks(struct schema_relation *table, const char *sql)
{
    struct lexer lexer = lexer_make(DIALECT_SQLITE, sql, 0, strlen(sql));
    struct tail tail = {0};
    int depth = 0;
    for (;;) {
        struct token token = next_at_depth(&lexer, &depth);
        if (token.kind == TOKEN_END)
            return;
        if (depth == 1 && token_is(&lexer, token, "check")) {
            bool is_named = token_is(&lexer, tail.tokens[1], "constraint");
            take_check(table, &lexer, is_named ? token_value(table, &lexer, tail.tokens[0]) : NULL);
        }
        tail_push(&tail, token);
    }
}

const char *catalog_predicate(TALLOC_CTX *mem, const char *sql)
{
    struct lexer lexer = lexer_make(DIALECT_SQLITE, sql, 0, strlen(sql));
    int depth = 0;
    for (;;) {
        struct token token = next_at_depth(&lexer, &depth);
        if (token.kind == TOKEN_END)
            return NULL;
        if (depth == 0 && token_is(&lexer, token, "where"))
            return mem_strdup(mem, sql + lexer_next(&lexer).offset);
    }
}
