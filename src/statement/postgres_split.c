/*
 * Splitting a PostgreSQL script into statements. Source: psql's psqlscan.l and copy.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_split.h"

#define FIRST_WORDS 4 // CREATE OR REPLACE FUNCTION

// What is known of the statement at hand.
struct progress {
    struct piece piece;
    size_t n_words;     // words seen at its start
    bool is_create;     // CREATE …
    bool is_function;   // CREATE [OR REPLACE] FUNCTION | PROCEDURE …
    bool is_copy;       // COPY …
    bool is_from_stdin; // … FROM stdin
    bool was_from;      // the last token was FROM
    size_t depth;       // of parentheses
    size_t blocks;      // BEGIN and CASE without END in a function's body
};

struct split split_make(const char *text, size_t start, size_t end)
{
    return (struct split){.lexer = lexer_make(DIALECT_POSTGRES, text, start, end)};
}

static void word_take(const struct lexer *lexer, struct token token, struct progress *progress)
{
    if (progress->n_words < FIRST_WORDS) {
        if (progress->n_words == 0) {
            progress->is_create = token_is(lexer, token, "create");
            progress->is_copy = token_is(lexer, token, "copy");
        } else if (progress->is_create &&
                   (token_is(lexer, token, "function") || token_is(lexer, token, "procedure"))) {
            progress->is_function = true;
        }
        progress->n_words++;
    }
    if (progress->is_copy && progress->depth == 0) {
        progress->is_from_stdin =
            progress->is_from_stdin || (progress->was_from && token_is(lexer, token, "stdin"));
        progress->was_from = token_is(lexer, token, "from");
    }
    if (!progress->is_function || progress->depth > 0)
        return;
    if (token_is(lexer, token, "begin") || (progress->blocks > 0 && token_is(lexer, token, "case")))
        progress->blocks++;
    else if (progress->blocks > 0 && token_is(lexer, token, "end"))
        progress->blocks--;
}

static void depth_take(struct token token, struct progress *progress)
{
    struct reader_range *range = &progress->piece.range;
    if (token.kind == TOKEN_OPEN && ++progress->depth > range->depth) {
        range->depth = progress->depth;
        range->deepest = token.offset;
    }
    if (token.kind == TOKEN_CLOSE && progress->depth > 0)
        progress->depth--;
}

static size_t line_end(const struct lexer *lexer, size_t at)
{
    const char *newline = memchr(lexer->text + at, '\n', lexer->end - at);
    return newline == NULL ? lexer->end : (size_t)(newline - lexer->text);
}

// The data begins on the next line and ends behind a line that is `\.`.
static bool skip_copy_data(struct lexer *lexer)
{
    size_t at = line_end(lexer, lexer->at);
    while (at < lexer->end) {
        size_t start = at + 1;
        at = line_end(lexer, start);
        size_t len = at - start;
        if (len > 0 && lexer->text[start + len - 1] == '\r')
            len--;
        if (len == 2 && memcmp(lexer->text + start, "\\.", 2) == 0)
            return lexer->at = at, true;
    }
    lexer->at = at;
    return false;
}

static struct piece command_piece(struct lexer *lexer, size_t start)
{
    size_t end = line_end(lexer, start);
    lexer->at = end;
    return (struct piece){.kind = PIECE_COMMAND, .range = {.start = start, .end = end}};
}

static bool ends_statement(const struct split *split, struct token token,
                           const struct progress *progress)
{
    return token.kind == TOKEN_SEMICOLON &&
           (split->ignores_depth || (progress->depth == 0 && progress->blocks == 0));
}

struct piece split_next(struct split *split)
{
    struct lexer *lexer = &split->lexer;
    struct progress progress = {0};
    struct reader_range *range = &progress.piece.range;
    for (;;) {
        struct token token = lexer_next(lexer);
        bool is_empty = progress.piece.kind == PIECE_END;
        if (token.kind == TOKEN_END)
            return progress.piece;
        bool is_backslash = token.kind == TOKEN_OPERATOR && lexer->text[token.offset] == '\\';
        if (is_backslash && is_empty)
            return command_piece(lexer, token.offset);
        if (is_backslash) { // ends the statement, as \g does
            lexer->at = token.offset;
            return progress.piece;
        }
        if (ends_statement(split, token, &progress)) {
            if (progress.is_from_stdin)
                progress.piece.has_open_data = !skip_copy_data(lexer);
            if (!is_empty)
                return progress.piece;
            continue; // ";;"
        }
        if (is_empty) {
            progress.piece.kind = PIECE_STATEMENT;
            range->start = range->deepest = token.offset;
        }
        range->end = token.offset + token.len;
        depth_take(token, &progress);
        if (token.kind == TOKEN_WORD)
            word_take(lexer, token, &progress);
    }
}
