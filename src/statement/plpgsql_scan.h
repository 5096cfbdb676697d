/*
 * PL/pgSQL, inside: what plpgsql*.c share while a body is scanned.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_PLPGSQL_SCAN_H
#define STATEMENT_PLPGSQL_SCAN_H

#include "statement/plpgsql.h"

enum frame_kind { FRAME_BLOCK, FRAME_IF, FRAME_CASE, FRAME_LOOP };

// One BEGIN, IF, CASE or LOOP that is open.
struct frame {
    enum frame_kind kind;
    size_t first_piece;
    bool is_conditional;
    bool in_handler;                    // behind EXCEPTION
    const struct plpgsql_value *values; // of this loop and those around it
    struct plpgsql_value *rounds;       // loop over constants: the values of its variable
    size_t n_rounds;
    size_t round;
    size_t body; // where its body begins
};

struct scan {
    TALLOC_CTX *mem;
    struct lexer lexer;
    struct plpgsql *out;
    struct frame *frames;
    size_t n_frames;
    bool may_have_ended; // RETURN, EXIT or CONTINUE stood before
    bool is_done;        // the last END was read
};

// From the next token to before the stop word or semicolon, which is read too.
struct extent {
    size_t start;
    size_t end;
    size_t into;
    size_t into_end;
    bool has_query; // SELECT or a call stands in it
    struct token stop;
};

// --- plpgsql_extent.c: tokens, extents, pieces

void scan_break(struct scan *scan, size_t at, const char *why); // the first stays
struct token scan_next(struct scan *scan);
struct token scan_peek(struct scan *scan);
bool scan_is(const struct scan *scan, struct token token, const char *word);
bool scan_is_over(const struct scan *scan, struct token token); // the end, or broken
void scan_take_depth(struct token token, size_t *depth);        // of brackets
void scan_assign(struct scan *scan, struct token token);        // `token` gets another value
struct extent scan_extent(struct scan *scan, const char *stop); // NULL: the semicolon alone
struct frame *scan_top(const struct scan *scan);                // the innermost; NULL: none
void scan_add_piece(struct scan *scan, enum plpgsql_kind kind, const struct extent *extent);

// --- plpgsql.c: statements of the language

void scan_take_execute(struct scan *scan, const char *stop);
struct frame *scan_push(struct scan *scan, enum frame_kind kind, bool is_conditional);

// --- plpgsql_loop.c: loops and declarations

void scan_take_declare(struct scan *scan, struct token word);
void scan_take_loop(struct scan *scan, struct token word);
void scan_take_while(struct scan *scan, struct token word);
void scan_take_for(struct scan *scan, struct token word);
void scan_take_foreach(struct scan *scan, struct token word);
// At the END of a loop over constants: go back to its body for the next value; false: none is left.
bool scan_next_round(struct scan *scan, struct frame *frame);

#endif
