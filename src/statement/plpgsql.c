/*
 * PL/pgSQL: the scanner. One row for each word that begins a statement of the language; every other
 * word begins an assignment or SQL. Source: PostgreSQL 15, pl_gram.y and the manual's chapter 43.
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

static bool is_over(const struct scan *scan, struct token token)
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

// --- names

void scan_add_name(struct scan *scan, struct token token)
{
    *mem_append(scan->mem, scan->names, scan->n_names) =
        token_value(scan->mem, &scan->lexer, token);
}

static bool is_name(const struct scan *scan, struct token token)
{
    if (token.kind == TOKEN_PARAMETER)
        return true;
    if (token.kind != TOKEN_WORD && token.kind != TOKEN_IDENTIFIER)
        return false;
    for (size_t i = 0; i < scan->n_names; i++) {
        if (strlen(scan->names[i]) == token.len && token_is(&scan->lexer, token, scan->names[i]))
            return true;
    }
    return false;
}

void scan_assign(struct scan *scan, struct token token)
{
    if (token.kind != TOKEN_WORD && token.kind != TOKEN_IDENTIFIER)
        return; // INTO with nothing behind it
    *mem_append(scan->mem, scan->out->assigned, scan->out->n_assigned) =
        token_value(scan->mem, &scan->lexer, token);
}

// --- extents

static void depth_take(struct token token, size_t *depth)
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
                depth_take(token, &depth);
            } while (depth > 0 && !is_over(scan, token));
            if (next.kind == TOKEN_DOT)
                token = scan_next(scan);
            extent->into_end = token.offset + token.len;
            next = scan_peek(scan);
        }
        if (next.kind != TOKEN_COMMA || is_over(scan, token))
            return;
        scan_next(scan);
        token = scan_next(scan);
    }
}

static bool extent_note(struct scan *scan, struct extent *extent, struct token token,
                        struct token last)
{
    extent->has_variables = extent->has_variables || is_name(scan, token);
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
        if (is_over(scan, token) || (token.kind == TOKEN_SEMICOLON && depth == 0))
            break;
        if (stop != NULL && is_outside && scan_is(scan, token, stop))
            return extent;
        depth_take(token, &depth);
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

static struct frame *frame_top(const struct scan *scan)
{
    return scan->n_frames == 0 ? NULL : &scan->frames[scan->n_frames - 1];
}

void scan_add_piece(struct scan *scan, enum plpgsql_kind kind, const struct extent *extent)
{
    const struct frame *top = frame_top(scan);
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
        .has_variables = extent->has_variables,
        .values = top == NULL ? NULL : top->values,
    };
}

// An expression that cannot touch a table is of no interest.
static void add_expression(struct scan *scan, const struct extent *extent)
{
    if (extent->has_query)
        scan_add_piece(scan, PLPGSQL_EXPRESSION, extent);
}

// --- frames

struct frame *scan_push(struct scan *scan, enum frame_kind kind, bool is_conditional)
{
    const struct frame *outer = frame_top(scan);
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
    const struct frame *top = frame_top(scan);
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
    const struct frame *top = frame_top(scan);
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
    struct frame *top = frame_top(scan);
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
    struct frame *top = frame_top(scan);
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
    while (!is_over(scan, token) && scan->lexer.text[token.offset] != '>');
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
    while (!is_over(scan, token) && token.kind != TOKEN_SEMICOLON && !scan_is(scan, token, "when"))
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
    for (struct token token = scan_next(scan); !is_over(scan, token); token = scan_next(scan)) {
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
        depth_take(token, &depth);
        while (depth > 0 && !is_over(scan, token)) {
            token = scan_next(scan);
            depth_take(token, &depth);
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
        if (is_over(scan, token))
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
