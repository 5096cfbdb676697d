/*
 * Splitting: where each statement of a PostgreSQL script begins and ends.
 *
 * As psql splits: at semicolons outside parentheses and outside BEGIN ATOMIC … END of a function's
 * body. The lines that psql would take itself are cut out: backslash commands, and the data behind
 * COPY … FROM stdin.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_POSTGRES_SPLIT_H
#define STATEMENT_POSTGRES_SPLIT_H

#include "statement/lexer.h"
#include "statement/reader_internal.h"

enum piece_kind {
    PIECE_END,
    PIECE_STATEMENT,
    PIECE_COMMAND // a backslash command of psql, to the end of its line
};

struct piece {
    enum piece_kind kind;
    struct reader_range range;
    bool has_open_data; // COPY … FROM stdin, and the text ends before its data does
};

struct split {
    struct lexer lexer;
    bool ignores_depth; // split at every semicolon: parentheses that do not match
};

struct split split_make(const char *text, size_t start, size_t end);
struct piece split_next(struct split *split);

#endif
