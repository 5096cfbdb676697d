/*
 * PL/pgSQL: the scanner. One row for each word that begins a statement of the language; every other
 * word begins an assignment or SQL. Source: PostgreSQL 15, pl_gram.y and the manual's chapter 43.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/plpgsql_scan.h"

#include "base/text.h"

// An expression that cannot touch a table is of no interest.
static void add_expression(struct scan *scan, const struct extent *extent)
{
    if (extent->has_query)
        scan_add_piece(scan, PLPGSQL_EXPRESSION, extent);
}

// --- frames

struct frame *scan_push(struct scan *scan, enum frame_kind kind, bool is_conditional)
{
    const struct frame *outer = scan_top(scan);
    struct frame frame = {.kind = kind,
                          .first_piece = scan->out->n_pieces,
                          .is_conditional =
                              is_conditional || (outer != NULL && outer->is_conditional),
                          .values = outer == NULL ? NULL : outer->values};
    if (scan->n_frames >= PLPGSQL_DEPTH_MAX)
        scan_break(scan, scan->lexer.at, "nested too deep");
    struct frame *added = mem_append(scan->mem, scan->frames, scan->n_frames);
    *added = frame;
    return added;
}

static void take_begin(struct scan *scan, struct token word)
{
    (void)word;
    scan_push(scan, FRAME_BLOCK, false);
}

static void take_if(struct scan *scan, struct token word)
{
    (void)word;
    struct extent condition = scan_extent(scan, "then");
    add_expression(scan, &condition);
    scan_push(scan, FRAME_IF, true);
}

// ELSIF … THEN, and WHEN … THEN of CASE and of EXCEPTION.
static void take_branch(struct scan *scan, struct token word)
{
    const struct frame *top = scan_top(scan);
    struct extent condition = scan_extent(scan, "then");
    bool fits =
        top != NULL && (scan_is(scan, word, "when") ? top->kind == FRAME_CASE || top->in_handler
                                                    : top->kind == FRAME_IF);
    if (!fits)
        scan_break(scan, word.offset, "a branch of nothing");
    if (fits && !top->in_handler)
        add_expression(scan, &condition);
}

static void take_else(struct scan *scan, struct token word)
{
    const struct frame *top = scan_top(scan);
    if (top == NULL || (top->kind != FRAME_IF && top->kind != FRAME_CASE))
        scan_break(scan, word.offset, "ELSE of nothing");
}

static void take_case(struct scan *scan, struct token word)
{
    (void)word;
    struct extent value = scan_extent(scan, "when");
    scan->lexer.at = value.stop.offset;
    add_expression(scan, &value);
    scan_push(scan, FRAME_CASE, true);
}

// What a handler may take back, or do instead, is not sure to have happened.
static void take_exception(struct scan *scan, struct token word)
{
    struct frame *top = scan_top(scan);
    if (top == NULL || top->kind != FRAME_BLOCK || top->in_handler) {
        scan_break(scan, word.offset, "EXCEPTION outside a block");
        return;
    }
    for (size_t i = top->first_piece; i < scan->out->n_pieces; i++)
        scan->out->pieces[i].is_conditional = true;
    top->is_conditional = top->in_handler = true;
}

static void take_end(struct scan *scan, struct token word)
{
    struct frame *top = scan_top(scan);
    struct token next = scan_peek(scan);
    enum frame_kind kind = scan_is(scan, next, "if")     ? FRAME_IF
                           : scan_is(scan, next, "case") ? FRAME_CASE
                           : scan_is(scan, next, "loop") ? FRAME_LOOP
                                                         : FRAME_BLOCK;
    if (top == NULL || top->kind != kind) {
        scan_break(scan, word.offset, "END of nothing");
        return;
    }
    if (top->kind == FRAME_LOOP && scan_next_round(scan, top))
        return;
    scan->n_frames--;
    scan->is_done = scan->n_frames == 0;
    scan_extent(scan, NULL);
}

// --- statements of the language

static void take_label(struct scan *scan)
{
    struct token token;
    do
        token = scan_next(scan);
    while (!scan_is_over(scan, token) && scan->lexer.text[token.offset] != '>');
}

static void take_nothing(struct scan *scan, struct token word)
{
    (void)word;
    scan_extent(scan, NULL);
}

static void take_perform(struct scan *scan, struct token word)
{
    (void)word;
    struct extent extent = scan_extent(scan, NULL);
    scan_add_piece(scan, PLPGSQL_EXPRESSION, &extent);
}

// EXECUTE text [INTO target] [USING values].
void scan_take_execute(struct scan *scan, const char *stop)
{
    struct extent extent = scan_extent(scan, stop);
    scan_add_piece(scan, PLPGSQL_EXECUTE, &extent);
}

static void take_execute(struct scan *scan, struct token word)
{
    (void)word;
    scan_take_execute(scan, NULL);
}

// EXIT [label] [WHEN condition].
static void take_exit(struct scan *scan, struct token word)
{
    (void)word;
    struct token token = scan_next(scan);
    while (!scan_is_over(scan, token) && token.kind != TOKEN_SEMICOLON &&
           !scan_is(scan, token, "when"))
        token = scan_next(scan);
    scan->may_have_ended = true;
    if (!scan_is(scan, token, "when"))
        return;
    struct extent condition = scan_extent(scan, NULL);
    add_expression(scan, &condition);
}

static void take_return(struct scan *scan, struct token word)
{
    struct token next = scan_peek(scan);
    if (scan_is(scan, next, "query")) {
        scan_next(scan);
        if (scan_is(scan, scan_peek(scan), "execute")) {
            scan_next(scan);
            scan_take_execute(scan, NULL);
            return;
        }
        struct extent query = scan_extent(scan, NULL);
        scan_add_piece(scan, PLPGSQL_QUERY, &query);
    } else if (scan_is(scan, next, "next")) {
        scan_next(scan);
        take_nothing(scan, word);
    } else {
        struct extent value = scan_extent(scan, NULL);
        add_expression(scan, &value);
        scan->may_have_ended = true;
    }
}

static void take_open(struct scan *scan, struct token word)
{
    for (struct token token = scan_next(scan); !scan_is_over(scan, token);
         token = scan_next(scan)) {
        if (token.kind == TOKEN_SEMICOLON)
            return;
        if (!scan_is(scan, token, "for"))
            continue;
        if (scan_is(scan, scan_peek(scan), "execute")) {
            take_execute(scan, scan_next(scan));
            return;
        }
        struct extent query = scan_extent(scan, NULL);
        scan_add_piece(scan, PLPGSQL_QUERY, &query);
        return;
    }
    scan_break(scan, word.offset, "OPEN has no end");
}

static const struct row {
    const char *word;
    void (*take)(struct scan *scan, struct token word);
} rows[] = {
    {"assert", take_nothing},      {"begin", take_begin},
    {"case", take_case},           {"close", take_nothing},
    {"continue", take_exit},       {"declare", scan_take_declare},
    {"else", take_else},           {"elseif", take_branch},
    {"elsif", take_branch},        {"end", take_end},
    {"exception", take_exception}, {"execute", take_execute},
    {"exit", take_exit},           {"fetch", take_nothing},
    {"for", scan_take_for},        {"foreach", scan_take_foreach},
    {"get", take_nothing},         {"if", take_if},
    {"loop", scan_take_loop},      {"move", take_nothing},
    {"null", take_nothing},        {"open", take_open},
    {"perform", take_perform},     {"raise", take_nothing},
    {"return", take_return},       {"when", take_branch},
    {"while", scan_take_while},
};

// `a.b[1] := …`? Moves behind the sign when it is.
static bool is_assignment(struct scan *scan)
{
    struct lexer before = scan->lexer;
    struct token token = scan_next(scan);
    while (token.kind == TOKEN_DOT || token.kind == TOKEN_OPEN) {
        size_t depth = 0;
        bool is_dot = token.kind == TOKEN_DOT;
        scan_take_depth(token, &depth);
        while (depth > 0 && !scan_is_over(scan, token)) {
            token = scan_next(scan);
            scan_take_depth(token, &depth);
        }
        if (is_dot)
            scan_next(scan);
        token = scan_next(scan);
    }
    const char *text = scan->lexer.text + token.offset;
    if (token.kind == TOKEN_OPERATOR &&
        ((token.len == 1 && *text == '=') || (token.len == 2 && memcmp(text, ":=", 2) == 0)))
        return true;
    scan->lexer = before;
    return false;
}

static void take_other(struct scan *scan, struct token first)
{
    if (is_assignment(scan)) {
        struct extent value = scan_extent(scan, NULL);
        scan_assign(scan, first);
        add_expression(scan, &value);
        return;
    }
    scan->lexer.at = first.offset;
    struct extent query = scan_extent(scan, NULL);
    scan_add_piece(scan, PLPGSQL_QUERY, &query);
}

static void take_statement(struct scan *scan, struct token first)
{
    for (size_t i = 0; first.kind == TOKEN_WORD && i < COUNT_OF(rows); i++) {
        if (scan_is(scan, first, rows[i].word)) {
            rows[i].take(scan, first);
            return;
        }
    }
    if (scan->n_frames == 0)
        scan_break(scan, first.offset, "BEGIN is missing");
    else
        take_other(scan, first);
}

// #option and #variable_conflict stand on lines of their own.
static void skip_line(struct scan *scan, size_t at)
{
    const char *newline = memchr(scan->lexer.text + at, '\n', scan->lexer.end - at);
    scan->lexer.at = newline == NULL ? scan->lexer.end : (size_t)(newline - scan->lexer.text);
}

static void scan_body(struct scan *scan)
{
    for (;;) {
        struct token token = scan_next(scan);
        if (scan_is_over(scan, token))
            break;
        if (token.kind == TOKEN_SEMICOLON)
            continue;
        char c = scan->lexer.text[token.offset];
        if (scan->is_done)
            scan_break(scan, token.offset, "text behind the last END");
        else if (token.kind == TOKEN_OPERATOR && c == '#' && scan->n_frames == 0)
            skip_line(scan, token.offset);
        else if (token.kind == TOKEN_OPERATOR && c == '<')
            take_label(scan);
        else
            take_statement(scan, token);
    }
    if (!scan->is_done)
        scan_break(scan, scan->lexer.end, "the last END is missing");
}

struct plpgsql *plpgsql_read(TALLOC_CTX *mem, const char *body, size_t len)
{
    struct plpgsql *out = mem_new(mem, struct plpgsql);
    struct scan scan = {
        .mem = out, .lexer = lexer_make(DIALECT_POSTGRES, body, 0, len), .out = out};
    scan_body(&scan);
    return out;
}

static bool is_assigned(const struct plpgsql *plpgsql, const char *name)
{
    for (size_t i = 0; i < plpgsql->n_assigned; i++) {
        if (strcmp(plpgsql->assigned[i], name) == 0)
            return true;
    }
    return false;
}

const struct plpgsql_value *plpgsql_find_value(const struct plpgsql *plpgsql,
                                               const struct plpgsql_piece *piece, const char *name)
{
    for (const struct plpgsql_value *value = piece->values; value != NULL; value = value->outer) {
        if (strcmp(value->name, name) == 0)
            return value;
    }
    for (size_t i = 0; i < plpgsql->n_declared; i++) {
        if (strcmp(plpgsql->declared[i].name, name) == 0)
            return is_assigned(plpgsql, name) ? NULL : &plpgsql->declared[i];
    }
    return NULL;
}
