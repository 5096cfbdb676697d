/*
 * Transactions: what a migration's text itself says about them, by its words alone.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/transaction.h"
#include "statement/lexer.h"

// The words of one statement that decide; the rest of it is skipped.
struct head {
    struct token words[2];
    size_t n;
    bool is_concurrently;
};

static bool word_is(const struct lexer *lexer, const struct head *head, size_t i, const char *word)
{
    return i < head->n && token_is(lexer, head->words[i], word);
}

// Source: PostgreSQL 15, PreventInTransactionBlock() in utility.c and its callers.
static bool is_outside(const struct lexer *lexer, const struct head *head)
{
    if (word_is(lexer, head, 0, "vacuum"))
        return true;
    if (word_is(lexer, head, 0, "alter") && word_is(lexer, head, 1, "system"))
        return true;
    bool is_object = word_is(lexer, head, 0, "create") || word_is(lexer, head, 0, "drop");
    if (is_object && (word_is(lexer, head, 1, "database") || word_is(lexer, head, 1, "tablespace")))
        return true;
    if (word_is(lexer, head, 0, "reindex") &&
        (word_is(lexer, head, 1, "database") || word_is(lexer, head, 1, "system")))
        return true;
    return head->is_concurrently && !word_is(lexer, head, 0, "refresh");
}

// The next statement that has a word, or false.
static bool head_next(struct lexer *lexer, struct head *head)
{
    *head = (struct head){0};
    for (;;) {
        struct token token = lexer_next(lexer);
        if (token.kind == TOKEN_END || (token.kind == TOKEN_SEMICOLON && head->n > 0))
            return head->n > 0;
        if (token.kind == TOKEN_SEMICOLON)
            continue;
        if (head->n < COUNT_OF(head->words))
            head->words[head->n++] = token;
        if (!head->is_concurrently)
            head->is_concurrently = token_is(lexer, token, "concurrently");
    }
}

static struct lexer lexer_of(const struct migration_text *text)
{
    return lexer_make(DIALECT_POSTGRES, text->text, text->start, text->end);
}

struct transaction_shape transaction_read(const struct migration_text *text)
{
    struct transaction_shape shape = {0};
    struct head head;
    struct lexer lexer = lexer_of(text);
    while (head_next(&lexer, &head)) {
        shape.n_statements++;
        shape.n_outside += is_outside(&lexer, &head);
        if (word_is(&lexer, &head, 0, "begin") ||
            (word_is(&lexer, &head, 0, "start") && word_is(&lexer, &head, 1, "transaction")))
            shape.has_begin = true;
    }
    return shape;
}

bool transaction_is_alone_outside(const struct migration_text *text)
{
    struct head head;
    struct lexer lexer = lexer_of(text);
    return head_next(&lexer, &head) && is_outside(&lexer, &head) && !head_next(&lexer, &head);
}
