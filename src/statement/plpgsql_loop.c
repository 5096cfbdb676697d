/*
 * PL/pgSQL: declarations and loops; a loop over constants is gone through once for each of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/plpgsql_scan.h"

#include "base/text.h"

// --- declarations

static bool is_sign(const struct scan *scan, struct token token, const char *sign)
{
    return token.kind == TOKEN_OPERATOR && token.len == strlen(sign) &&
           memcmp(scan->lexer.text + token.offset, sign, token.len) == 0;
}

// Behind a declaration's `:=`, `=` or DEFAULT.
static void take_default(struct scan *scan, const char *name)
{
    struct extent value = scan_extent(scan, NULL);
    if (value.has_query)
        scan_add_piece(scan, PLPGSQL_EXPRESSION, &value);
    *mem_append(scan->mem, scan->out->declared, scan->out->n_declared) =
        (struct plpgsql_value){.name = name, .start = value.start, .end = value.end};
}

// `name CURSOR (…) FOR query`, `name type := value`.
static void take_declaration(struct scan *scan, struct token first)
{
    const char *name = token_value(scan->mem, &scan->lexer, first);
    bool is_cursor = false;
    size_t depth = 0;
    for (;;) {
        struct token token = scan_next(scan);
        depth += token.kind == TOKEN_OPEN ? 1 : 0;
        depth -= token.kind == TOKEN_CLOSE && depth > 0 ? 1 : 0;
        if (token.kind == TOKEN_END || (token.kind == TOKEN_SEMICOLON && depth == 0) ||
            scan->out->broken != NULL)
            return;
        is_cursor = is_cursor || scan_is(scan, token, "cursor");
        if (is_cursor && depth == 0 &&
            (scan_is(scan, token, "for") || scan_is(scan, token, "is"))) {
            struct extent query = scan_extent(scan, NULL);
            scan_add_piece(scan, PLPGSQL_QUERY, &query);
            return;
        }
        if (depth == 0 && (is_sign(scan, token, ":=") || is_sign(scan, token, "=") ||
                           scan_is(scan, token, "default"))) {
            take_default(scan, name);
            return;
        }
    }
}

void scan_take_declare(struct scan *scan, struct token word)
{
    for (;;) {
        struct token token = scan_peek(scan);
        if (token.kind == TOKEN_END || scan->out->broken != NULL) {
            scan_break(scan, word.offset, "DECLARE without BEGIN");
            return;
        }
        if (scan_is(scan, token, "begin"))
            return;
        scan_next(scan);
        if (token.kind != TOKEN_WORD && token.kind != TOKEN_IDENTIFIER)
            scan_break(scan, token.offset, "no name of a variable");
        else if (!scan_is(scan, token, "declare"))
            take_declaration(scan, token);
    }
}

// --- constants to go through

struct rounds {
    struct plpgsql_value *list;
    size_t n;
};

static struct plpgsql_value *round_add(struct scan *scan, struct rounds *rounds)
{
    return mem_append(scan->mem, rounds->list, rounds->n);
}

// 'a', 'b', … up to the closing parenthesis or bracket; false: something else stands there too.
static bool take_list(struct scan *scan, struct lexer *lexer, struct rounds *rounds)
{
    for (;;) {
        struct token token = lexer_next(lexer);
        if (token.kind != TOKEN_STRING && token.kind != TOKEN_NUMBER)
            return false;
        *round_add(scan, rounds) =
            (struct plpgsql_value){.start = token.offset, .end = token.offset + token.len};
        token = lexer_next(lexer);
        if (token.kind == TOKEN_CLOSE)
            return true;
        if (token.kind != TOKEN_COMMA)
            return false;
    }
}

// '{a,b}': a list without quotes and lists in it.
static bool take_literal(struct scan *scan, const struct lexer *lexer, struct token token,
                         struct rounds *rounds)
{
    char *text = token_value(scan->mem, lexer, token);
    size_t len = strlen(text);
    if (len < 2 || text[0] != '{' || text[len - 1] != '}' || strpbrk(text + 1, "{\"\\") != NULL)
        return false;
    text[len - 1] = '\0';
    char *rest = text + 1;
    for (char *part = strsep(&rest, ","); part != NULL; part = strsep(&rest, ","))
        *round_add(scan, rounds) =
            (struct plpgsql_value){.text = part + strspn(part, " \t\n"), .start = token.offset};
    return true;
}

// ('a'), ('b'), … behind VALUES.
static bool take_rows(struct scan *scan, struct lexer *lexer, struct rounds *rounds)
{
    for (;;) {
        size_t n = rounds->n;
        if (lexer_next(lexer).kind != TOKEN_OPEN || !take_list(scan, lexer, rounds) ||
            rounds->n != n + 1)
            return false;
        if (lexer_next(lexer).kind != TOKEN_COMMA)
            return true;
    }
}

// ARRAY['a', 'b'] or '{a,b}', perhaps cast, behind any SELECT, unnest and parentheses; VALUES.
static bool take_constants(struct scan *scan, struct extent range, struct rounds *rounds)
{
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, scan->lexer.text, range.start, range.end);
    struct token token = lexer_next(&lexer);
    while (token.kind == TOKEN_OPEN || scan_is(scan, token, "select") ||
           scan_is(scan, token, "unnest"))
        token = lexer_next(&lexer);
    if (scan_is(scan, token, "values"))
        return take_rows(scan, &lexer, rounds);
    bool is_list = token.kind == TOKEN_STRING
                       ? take_literal(scan, &lexer, token, rounds)
                       : scan_is(scan, token, "array") && lexer_next(&lexer).kind == TOKEN_OPEN &&
                             take_list(scan, &lexer, rounds);
    // Then a cast, parentheses and a name for it; a condition or another table may not follow.
    for (token = lexer_next(&lexer); is_list && token.kind != TOKEN_END;
         token = lexer_next(&lexer)) {
        is_list = token.kind != TOKEN_COMMA && token.kind != TOKEN_STRING &&
                  !scan_is(scan, token, "from") && !scan_is(scan, token, "where") &&
                  !scan_is(scan, token, "union") && !scan_is(scan, token, "limit") &&
                  !is_sign(scan, token, "||");
    }
    return is_list;
}

bool scan_next_round(struct scan *scan, struct frame *frame)
{
    if (frame->round + 1 >= frame->n_rounds || scan->out->broken != NULL)
        return false;
    frame->values = &frame->rounds[++frame->round];
    scan->lexer.at = frame->body;
    return true;
}

// Go through the body once for each of the constants; false: they are not known.
static bool push_rounds(struct scan *scan, struct extent range, struct token variable)
{
    struct rounds rounds = {0};
    bool has_name = variable.kind == TOKEN_WORD || variable.kind == TOKEN_IDENTIFIER;
    if (!has_name || !take_constants(scan, range, &rounds) || rounds.n > PLPGSQL_ROUNDS_MAX)
        return false;
    struct frame *frame = scan_push(scan, FRAME_LOOP, false);
    const struct plpgsql_value *outer = frame->values;
    for (size_t i = 0; i < rounds.n; i++) {
        rounds.list[i].name = token_value(scan->mem, &scan->lexer, variable);
        rounds.list[i].outer = outer;
    }
    frame->rounds = rounds.list;
    frame->n_rounds = rounds.n;
    frame->body = scan->lexer.at;
    frame->values = frame->rounds;
    return true;
}

// --- loops

void scan_take_loop(struct scan *scan, struct token word)
{
    (void)word;
    scan_push(scan, FRAME_LOOP, true);
}

void scan_take_while(struct scan *scan, struct token word)
{
    (void)word;
    struct extent condition = scan_extent(scan, "loop");
    if (condition.has_query)
        scan_add_piece(scan, PLPGSQL_EXPRESSION, &condition);
    scan_push(scan, FRAME_LOOP, true);
}

// The variables before IN or before ARRAY; the first of them.
static struct token take_variables(struct scan *scan, const char *stop)
{
    struct token first = {0};
    for (struct token token = scan_next(scan); token.kind != TOKEN_END; token = scan_next(scan)) {
        if (scan_is(scan, token, stop))
            return first;
        if (token.kind != TOKEN_WORD && token.kind != TOKEN_IDENTIFIER)
            continue;
        if (first.len == 0)
            first = token;
        scan_assign(scan, token);
    }
    scan_break(scan, scan->lexer.end, mem_printf(scan->mem, "no '%s' before it", stop));
    return first;
}

static bool begins_query(const struct scan *scan, struct token token)
{
    static const char *const words[] = {"select", "with",   "values", "insert",
                                        "update", "delete", "table"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (scan_is(scan, token, words[i]))
            return true;
    }
    return token.kind == TOKEN_OPEN;
}

// FOR name IN query, EXECUTE text, a cursor, or numbers.
void scan_take_for(struct scan *scan, struct token word)
{
    (void)word;
    struct token variable = take_variables(scan, "in");
    struct token first = scan_peek(scan);
    if (scan->out->broken != NULL)
        return;
    if (scan_is(scan, first, "execute")) {
        scan_next(scan);
        scan_take_execute(scan, "loop");
        scan_push(scan, FRAME_LOOP, true);
        return;
    }
    struct extent range = scan_extent(scan, "loop");
    if (begins_query(scan, first)) {
        if (push_rounds(scan, range, variable))
            return;
        scan_add_piece(
            scan, first.kind == TOKEN_OPEN && !range.has_query ? PLPGSQL_EXPRESSION : PLPGSQL_QUERY,
            &range);
    }
    scan_push(scan, FRAME_LOOP, true);
}

void scan_take_foreach(struct scan *scan, struct token word)
{
    (void)word;
    struct token variable = take_variables(scan, "array");
    if (scan->out->broken != NULL)
        return;
    struct extent range = scan_extent(scan, "loop");
    if (push_rounds(scan, range, variable))
        return;
    if (range.has_query)
        scan_add_piece(scan, PLPGSQL_EXPRESSION, &range);
    scan_push(scan, FRAME_LOOP, true);
}
