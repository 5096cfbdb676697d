/*
 * PL/pgSQL: tokens, how far a piece of SQL reaches, and the list of the pieces.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/plpgsql_scan.h"

#include "base/text.h"

// --- what cannot be followed

void scan_break(struct scan *scan, size_t at, const char *why)
{
    if (scan->out->broken != NULL)
        return;
    scan->out->broken = why;
    scan->out->broken_at = at;
}

struct token scan_next(struct scan *scan)
{
    struct token token = lexer_next(&scan->lexer);
    if (token.kind == TOKEN_BROKEN)
        scan_break(scan, token.offset, "a quote or comment is not closed");
    return token;
}

bool scan_is_over(const struct scan *scan, struct token token)
{
    return token.kind == TOKEN_END || scan->out->broken != NULL;
}

bool scan_is(const struct scan *scan, struct token token, const char *word)
{
    return token_is(&scan->lexer, token, word);
}

struct token scan_peek(struct scan *scan)
{
    struct lexer before = scan->lexer;
    struct token token = scan_next(scan);
    scan->lexer = before;
    return token;
}

void scan_assign(struct scan *scan, struct token token)
{
    if (token.kind != TOKEN_WORD && token.kind != TOKEN_IDENTIFIER)
        return; // INTO with nothing behind it
    *mem_append(scan->mem, scan->out->assigned, scan->out->n_assigned) =
        token_value(scan->mem, &scan->lexer, token);
}

// --- extents

void scan_take_depth(struct token token, size_t *depth)
{
    if (token.kind == TOKEN_OPEN)
        ++*depth;
    else if (token.kind == TOKEN_CLOSE && *depth > 0)
        --*depth;
}

// Behind INTO: [STRICT] a, b.c, d[1].
static void into_take(struct scan *scan, struct extent *extent, struct token into)
{
    struct token token = scan_next(scan);
    if (scan_is(scan, token, "strict"))
        token = scan_next(scan);
    extent->into = into.offset;
    for (;;) {
        scan_assign(scan, token);
        extent->into_end = token.offset + token.len;
        struct token next = scan_peek(scan);
        while (next.kind == TOKEN_DOT || next.kind == TOKEN_OPEN) {
            size_t depth = 0;
            do {
                token = scan_next(scan);
                scan_take_depth(token, &depth);
            } while (depth > 0 && !scan_is_over(scan, token));
            if (next.kind == TOKEN_DOT)
                token = scan_next(scan);
            extent->into_end = token.offset + token.len;
            next = scan_peek(scan);
        }
        if (next.kind != TOKEN_COMMA || scan_is_over(scan, token))
            return;
        scan_next(scan);
        token = scan_next(scan);
    }
}

static bool extent_note(struct scan *scan, struct extent *extent, struct token token,
                        struct token last)
{
    extent->has_query = extent->has_query || scan_is(scan, token, "select") ||
                        (token.kind == TOKEN_OPEN && last.kind == TOKEN_WORD &&
                         scan->lexer.text[token.offset] == '(');
    return scan_is(scan, token, "into") && extent->into_end == 0 &&
           !scan_is(scan, last, "insert") && !scan_is(scan, last, "merge");
}

struct extent scan_extent(struct scan *scan, const char *stop)
{
    struct extent extent = {.start = scan_peek(scan).offset};
    struct token last = {0};
    size_t depth = 0;
    size_t cases = 0; // CASE … WHEN … THEN … END within an expression
    extent.end = extent.start;
    for (;;) {
        struct token token = scan_next(scan);
        bool is_outside = depth == 0 && cases == 0;
        extent.stop = token;
        if (scan_is_over(scan, token) || (token.kind == TOKEN_SEMICOLON && depth == 0))
            break;
        if (stop != NULL && is_outside && scan_is(scan, token, stop))
            return extent;
        scan_take_depth(token, &depth);
        if (scan_is(scan, token, "case"))
            cases++;
        else if (cases > 0 && scan_is(scan, token, "end"))
            cases--;
        if (extent_note(scan, &extent, token, last) && depth == 0)
            into_take(scan, &extent, token);
        extent.end = extent.into_end > token.offset ? extent.into_end : token.offset + token.len;
        last = token;
    }
    if (stop != NULL)
        scan_break(scan, extent.stop.offset, mem_printf(scan->mem, "no '%s' before it", stop));
    return extent;
}

// --- pieces

struct frame *scan_top(const struct scan *scan)
{
    return scan->n_frames == 0 ? NULL : &scan->frames[scan->n_frames - 1];
}

void scan_add_piece(struct scan *scan, enum plpgsql_kind kind, const struct extent *extent)
{
    const struct frame *top = scan_top(scan);
    if (extent->end == extent->start)
        return;
    if (scan->out->n_pieces >= PLPGSQL_PIECES_MAX) {
        scan_break(scan, extent->start, "too many statements");
        return;
    }
    *mem_append(scan->mem, scan->out->pieces, scan->out->n_pieces) = (struct plpgsql_piece){
        .kind = kind,
        .start = extent->start,
        .end = extent->end,
        .into = extent->into,
        .into_end = extent->into_end,
        .is_conditional = scan->may_have_ended || (top != NULL && top->is_conditional),
        .values = top == NULL ? NULL : top->values,
    };
}
