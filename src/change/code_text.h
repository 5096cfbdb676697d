/*
 * Code text: a source file as words, strings and marks, comments left out.
 *
 * No parser of any language: enough to tell a string from a comment, and what follows what.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_CODE_TEXT_H
#define CHANGE_CODE_TEXT_H

#include "base/memory.h"
#include <stdbool.h>

enum code_kind {
    CODE_NONE,    // documents, pictures, styles, tests: writes nothing that we look for
    CODE_SURFACE, // pages, build files: read, but nobody is asked which tables it writes
    CODE_PROGRAM,
};
enum code_kind code_kind_of(const char *path);
// A task or backfill: lib/tasks/x.rake, management/commands/x.py, a name with "backfill".
bool code_is_task(const char *path);

struct code_language {
    const char *endings;   // ".rb .rake "
    bool hash_comments;    // # to the end of the line
    bool slash_comments;   // // and /* */
    bool backquotes;       // `text` may span lines
    bool triple_quotes;    // """text""" may span lines
    bool documents;        // a triple-quoted string that stands alone is a document (Python)
    bool heredocs;         // <<~SQL
    bool long_quotes;      // a quoted string may span lines
    bool character_quotes; // 'x' is a character
    bool word_marks;       // words may end in ! and ?, and begin with @ (Ruby)
};

enum code_token_kind { CODE_WORD, CODE_STRING, CODE_MARK };

struct code_token {
    enum code_token_kind kind;
    size_t start, end; // of a string: its content
    size_t line, line_end;
};

struct code_text {
    const char *path;
    const char *text;
    size_t len;
    const struct code_language *language; // NULL: SQL, or a language that is not known
    struct code_token *tokens;
    size_t n;
};

// `text` must live as long as `out`.
void code_text_read(TALLOC_CTX *mem, const char *path, const char *text, size_t len,
                    struct code_text *out);

bool code_is_mark(const struct code_text *code, size_t i, char mark);
bool code_is_word(const struct code_text *code, size_t i, const char *word);
char *code_token_text(TALLOC_CTX *mem, const struct code_text *code, size_t i);
bool code_is_ruby(const struct code_text *code);

#endif
