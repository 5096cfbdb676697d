/*
 * Suppressions: the comments of a file, and the statement that each stands at.
 *
 * A comment belongs to the statement that it stands in; behind a statement on its line, to that
 * one; else to the next. A statement that was not understood has its comments too, so that they do
 * not fall to its neighbour.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/suppression.h"
#include "base/text.h"
#include "statement/lexer.h"

// A statement, or a place that was not understood.
struct spot {
    size_t start, end; // end 0: up to its semicolon
    bool is_read;
    bool is_copy; // data may follow it
};

struct scan {
    TALLOC_CTX *mem;
    const struct suppression_source *source;
    enum dialect dialect;
    struct suppressions *out;
    struct spot *spots;
    size_t n_spots;
    size_t last; // spots that the scan has passed
};

static bool is_copy(const struct statement *statement)
{
    const struct action *action = statement->n_actions == 1 ? &statement->actions[0] : NULL;
    return action != NULL && action->query != NULL && action->query->verb == QUERY_COPY;
}

static int compare_spots(const void *left, const void *right)
{
    const struct spot *a = left, *b = right;
    return a->start < b->start ? -1 : a->start > b->start;
}

// A statement inside another (of a body) is judged with the outer one.
static void drop_inner(struct scan *scan)
{
    size_t n = 0;
    for (size_t i = 0; i < scan->n_spots; i++) {
        if (n == 0 || scan->spots[i].start >= scan->spots[n - 1].end)
            scan->spots[n++] = scan->spots[i];
    }
    scan->n_spots = n;
}

static void collect_spots(TALLOC_CTX *mem, struct scan *scan)
{
    const struct suppression_source *source = scan->source;
    for (size_t k = 0; k < source->n_scripts; k++) {
        const struct script *script = source->scripts[k];
        for (size_t i = 0; i < script->n_statements; i++) {
            const struct statement *s = &script->statements[i];
            *mem_append(mem, scan->spots, scan->n_spots) =
                (struct spot){s->offset, s->offset + s->len, true, is_copy(s)};
        }
        for (size_t i = 0; i < script->n_not_understood; i++)
            *mem_append(mem, scan->spots, scan->n_spots) =
                (struct spot){.start = script->not_understood[i].offset};
    }
    if (scan->n_spots > 0)
        qsort(scan->spots, scan->n_spots, sizeof(*scan->spots), compare_spots);
    drop_inner(scan);
}

static bool has_newline(const char *text, size_t start, size_t end)
{
    return end > start && memchr(text + start, '\n', end - start) != NULL;
}

static void give_spot(struct suppression *suppression, const struct spot *spot)
{
    suppression->has_statement = spot->is_read;
    suppression->start = spot->start;
    suppression->end = spot->end;
}

// `inside`: it stands in the spot that the scan has passed last.
static void place(struct scan *scan, struct suppression *suppression, size_t offset, bool inside)
{
    const char *text = scan->source->text;
    const struct spot *before = scan->last > 0 ? &scan->spots[scan->last - 1] : NULL;
    if (suppression->is_file) {
        if (before != NULL && suppression->problem == NULL) {
            suppression->problem = "allow-file stands behind a statement";
            suppression->problem_hint = "put it before the first statement of the file";
        }
        return;
    }
    if (before != NULL && (inside || !has_newline(text, before->end, offset)))
        give_spot(suppression, before);
    else if (scan->last < scan->n_spots)
        give_spot(suppression, &scan->spots[scan->last]);
}

static void take_line(struct scan *scan, size_t start, size_t end, size_t comment, bool inside)
{
    const struct suppression_source *source = scan->source;
    while (start < end && strchr(" \t\r*-", source->text[start]) != NULL)
        start++;
    struct suppression read;
    if (!suppression_read(scan->mem, source->text + start, end - start, &read))
        return;
    struct text_place at = text_place(source->text, source->len, start);
    read.path = source->path;
    read.line = at.line;
    read.column = at.column;
    place(scan, &read, comment, inside);
    *mem_append(scan->mem, scan->out->list, scan->out->n) = read;
}

static void take_comment(struct scan *scan, size_t start, size_t end, bool inside)
{
    const char *text = scan->source->text;
    bool is_block = text[start] == '/';
    size_t last = is_block && end - start >= 4 && text[end - 1] == '/' ? end - 2 : end;
    for (size_t at = start + 2; at < last;) {
        const char *newline = memchr(text + at, '\n', last - at);
        size_t line_end = newline == NULL ? last : (size_t)(newline - text);
        take_line(scan, at, line_end, start, inside);
        at = line_end + 1;
    }
}

static size_t block_end(const char *text, size_t at, size_t end)
{
    size_t depth = 0;
    for (; at + 1 < end; at++) {
        if (text[at] == '/' && text[at + 1] == '*') {
            depth++;
            at++;
        } else if (text[at] == '*' && text[at + 1] == '/') {
            at++;
            if (--depth == 0)
                return at + 1;
        }
    }
    return end;
}

// Blanks and comments, as they stand between two tokens.
static void take_between(struct scan *scan, size_t start, size_t end, bool inside)
{
    const char *text = scan->source->text;
    for (size_t at = start; at + 1 < end;) {
        size_t comment = at;
        if (text[at] == '-' && text[at + 1] == '-') {
            const char *newline = memchr(text + at, '\n', end - at);
            at = newline == NULL ? end : (size_t)(newline - text);
        } else if (text[at] == '/' && text[at + 1] == '*') {
            at = block_end(text, at, end);
        } else {
            at++;
            continue;
        }
        take_comment(scan, comment, at, inside);
    }
}

// The code of a DO block or function: behind the dollars, up to those at its end.
static struct token body_of(const char *text, struct token token)
{
    const char *behind = memchr(text + token.offset + 1, '$', token.len - 1);
    size_t quote = behind == NULL ? 0 : (size_t)(behind + 1 - (text + token.offset));
    if (quote == 0 || token.len < 2 * quote)
        return (struct token){.offset = token.offset};
    return (struct token){.offset = token.offset + quote, .len = token.len - 2 * quote};
}

static void take_body(struct scan *scan, struct token token)
{
    const char *text = scan->source->text;
    if (token.kind != TOKEN_STRING || text[token.offset] != '$')
        return;
    struct token body = body_of(text, token);
    struct lexer lexer = lexer_make(scan->dialect, text, body.offset, body.offset + body.len);
    for (;;) {
        size_t from = lexer.at;
        struct token next = lexer_next(&lexer);
        bool is_end = next.kind == TOKEN_END;
        take_between(scan, from, is_end ? body.offset + body.len : next.offset, true);
        if (is_end)
            return;
    }
}

// Comments in [start, end); gives the place behind the first semicolon where `to_semicolon`.
static size_t take_range(struct scan *scan, size_t start, size_t end, bool inside,
                         bool to_semicolon)
{
    struct lexer lexer = lexer_make(scan->dialect, scan->source->text, start, end);
    for (;;) {
        size_t from = lexer.at;
        struct token token = lexer_next(&lexer);
        bool is_end = token.kind == TOKEN_END;
        take_between(scan, from, is_end ? end : token.offset, inside);
        if (is_end)
            return end;
        if (inside)
            take_body(scan, token);
        if (to_semicolon && token.kind == TOKEN_SEMICOLON)
            return lexer.at;
    }
}

// Behind the line `\.` that ends the data of COPY, where there is one.
static size_t skip_data(const struct scan *scan, size_t start, size_t end)
{
    const char *text = scan->source->text;
    const char *stop = memmem(text + start, end - start, "\n\\.", 3);
    return stop == NULL ? start : (size_t)(stop - text) + 3;
}

// The end of a statement that was read, behind its semicolon where it has one.
static size_t with_semicolon(const struct scan *scan, const struct spot *spot, size_t next)
{
    struct lexer lexer = lexer_make(scan->dialect, scan->source->text, spot->end, next);
    return lexer_next(&lexer).kind == TOKEN_SEMICOLON ? lexer.at : spot->end;
}

static void scan_spot(struct scan *scan, size_t i)
{
    struct spot *spot = &scan->spots[i];
    size_t next = i + 1 < scan->n_spots ? scan->spots[i + 1].start : scan->source->len;
    scan->last = i + 1;
    if (spot->end == 0)
        spot->end = take_range(scan, spot->start, next, true, true);
    else
        spot->end = take_range(scan, spot->start, with_semicolon(scan, spot, next), true, false);
    size_t from = spot->is_copy ? skip_data(scan, spot->end, next) : spot->end;
    if (from < next)
        take_range(scan, from, next, false, false);
}

void suppressions_scan(TALLOC_CTX *mem, const struct suppression_source *source,
                       struct suppressions *suppressions)
{
    SCRATCH(tmp);
    struct scan scan = {.mem = mem, .source = source, .out = suppressions};
    if (source->n_scripts == 0 || memmem(source->text, source->len, "tminus", 6) == NULL)
        return;
    scan.dialect = source->scripts[0]->dialect;
    collect_spots(tmp, &scan);
    take_range(&scan, 0, scan.n_spots > 0 ? scan.spots[0].start : source->len, false, false);
    for (size_t i = 0; i < scan.n_spots; i++)
        scan_spot(&scan, i);
}
