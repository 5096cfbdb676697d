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

static void count(const struct lexer *lexer, const struct head *head,
                  struct transaction_shape *shape)
{
    if (head->n == 0)
        return;
    shape->n_statements++;
    shape->n_outside += is_outside(lexer, head);
    if (word_is(lexer, head, 0, "begin") ||
        (word_is(lexer, head, 0, "start") && word_is(lexer, head, 1, "transaction")))
        shape->has_begin = true;
}

struct transaction_shape transaction_read(const struct migration_text *text)
{
    struct transaction_shape shape = {0};
    struct head head = {0};
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, text->text, text->start, text->end);
    for (;;) {
        struct token token = lexer_next(&lexer);
        if (token.kind == TOKEN_SEMICOLON || token.kind == TOKEN_END) {
            count(&lexer, &head, &shape);
            head = (struct head){0};
            if (token.kind == TOKEN_END)
                return shape;
            continue;
        }
        if (head.n < COUNT_OF(head.words))
            head.words[head.n++] = token;
        head.is_concurrently = head.is_concurrently || token_is(&lexer, token, "concurrently");
    }
}

bool transaction_is_alone_outside(struct transaction_shape shape)
{
    return shape.n_statements == 1 && shape.n_outside == 1;
}
