/*
 * The source of a statement, cut into the parts that a safe form keeps as they were written.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_SAFE_FORM_SOURCE_H
#define ANALYSIS_SAFE_FORM_SOURCE_H

#include "base/memory.h"
#include "statement/lexer.h"

// The tokens of a text, and which of them a part is made of: [first, last).
struct source {
    TALLOC_CTX *mem;
    struct lexer lexer; // of the text
    struct token *tokens;
    size_t n;
};

struct source source_make(TALLOC_CTX *mem, const char *text);
bool source_is(const struct source *source, size_t index, const char *word);
bool source_are(const struct source *source, size_t index, const char *first, const char *second);
// As written, from the first token to the end of the one before `last`; "" when there is none.
char *source_cut(const struct source *source, size_t first, size_t last);
// Behind the parentheses that open at `index`; the index itself when none do.
size_t source_behind(const struct source *source, size_t index);
// `word` written behind the token at `index`.
char *source_insert(const struct source *source, size_t index, const char *word);

// ALTER TABLE [IF EXISTS] [ONLY] name, as written: everything before the first action.
char *statement_head(TALLOC_CTX *mem, const struct statement *statement);
// The action as written, without the comma behind it.
char *action_source(TALLOC_CTX *mem, const struct statement *statement,
                    const struct action *action);

#endif
