/*
 * Statements in code: those of a DO block's body, and of the texts that it runs with EXECUTE, are
 * read as if they stood in the script, with the places that they have in the file.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "base/text.h"
#include "statement/constant_text.h"
#include "statement/plpgsql.h"
#include "statement/postgres_script.h"
#include "statement/postgres_split.h"

#define INNER_DEPTH_MAX 8 // code in code

static const char EXPRESSION_PREFIX[] = "SELECT ";

// A text of SQL with its place, and what is known of when it runs.
struct inner_text {
    const char *text;
    size_t len;
    struct origin origin;
    const struct plpgsql_piece *piece;
};

// Code: a text in a language, and where it stands.
struct code {
    const char *text;
    size_t len;
    struct origin origin;
};

static bool code_read(struct script_reading *s, const struct code *code, const char **why);

// --- places

// Mostly forward, so that many places cost one pass.
static struct reader_cursor place_at(struct script_reading *s, size_t offset)
{
    if (s->inner.line == 0 || offset < s->inner.offset || s->inner.offset < s->cursor.offset)
        s->inner = s->cursor;
    reader_cursor_move(&s->inner, s->source->text, offset);
    return s->inner;
}

static struct reader_range inner_range(const struct inner_text *inner, size_t start, size_t end)
{
    size_t last = end > start ? end - 1 : start;
    return (struct reader_range){.start = origin_place(&inner->origin, start),
                                 .end = origin_place(&inner->origin, last) + 1};
}

static void inner_not_understood(struct script_reading *s, const struct inner_text *inner,
                                 size_t at, const char *reason)
{
    struct reader_range range = inner_range(inner, 0, inner->len);
    size_t offset = origin_place(&inner->origin, at);
    if (range.end <= range.start)
        range.end = range.start + 1;
    not_understood_add(s, range, offset, reason);
}

// --- one statement

static struct statement *statement_append(struct script_reading *s, const struct inner_text *inner)
{
    struct script *script = s->script;
    struct reader_range range = inner_range(inner, 0, inner->len);
    struct reader_cursor place = place_at(s, range.start);
    struct statement *statement = mem_append(script->mem, script->statements, script->n_statements);
    *statement = (struct statement){
        .path = script->path,
        .line = place.line,
        .column = place.column,
        .offset = range.start,
        .len = range.end > range.start ? range.end - range.start : 1,
        .sql = mem_strndup(script->mem, inner->text, inner->len),
        .actions = mem_array(script->mem, struct action, 1),
        .is_inner = true,
        .is_conditional = inner->piece->is_conditional,
    };
    return statement;
}

// The code of a DO block of which `origin` is the text's.
static void do_read(struct script_reading *s, size_t index, const char *text, size_t len,
                    const struct origin *origin);

static void tree_add(struct script_reading *s, const struct inner_text *inner, Node *tree)
{
    SCRATCH(tmp);
    size_t index = s->script->n_statements;
    struct reading reading = {.mem = s->script->mem,
                              .tmp = tmp,
                              .text = inner->text,
                              .end = inner->len,
                              .origin = &inner->origin,
                              .statement = statement_append(s, inner)};
    statement_read(&reading, tree);
    if (IsA(tree, DoStmt))
        do_read(s, index, inner->text, inner->len, &inner->origin);
}

static void statement_add(struct script_reading *s, const struct inner_text *inner)
{
    SCRATCH(tmp);
    MemoryContextReset(s->memory);
    PgQueryInternalParsetreeAndError parsed = pg_query_raw_parse(inner->text);
    if (parsed.error != NULL)
        inner_not_understood(s, inner, parse_offset(inner->text, 0, inner->len, parsed.error),
                             parse_reason(s->script->mem, parsed.error));
    else if (list_length(parsed.tree) == 1)
        tree_add(s, inner, ((RawStmt *)linitial(parsed.tree))->stmt);
    else
        inner_not_understood(s, inner, 0, "cannot be cut into single statements");
    parsed_free(&parsed);
}

static bool is_within_limits(struct script_reading *s, const struct inner_text *inner,
                             const struct reader_range *range)
{
    if (range->depth <= STATEMENT_DEPTH_MAX && s->script->n_statements < STATEMENTS_MAX)
        return true;
    inner_not_understood(s, inner, range->start, "nested too deep, or too many statements");
    return false;
}

// A text that may hold several statements.
static void statements_add(struct script_reading *s, const struct inner_text *whole)
{
    struct split split = split_make(whole->text, 0, whole->len);
    for (;;) {
        SCRATCH(tmp);
        struct piece piece = split_next(&split);
        if (piece.kind == PIECE_END)
            return;
        size_t len = piece.range.end - piece.range.start;
        struct inner_text inner = {.text = mem_strndup(tmp, whole->text + piece.range.start, len),
                                   .len = len,
                                   .origin = whole->origin,
                                   .piece = whole->piece};
        if (whole->origin.prefix == 0)
            inner.origin = origin_part(&whole->origin, piece.range.start);
        if (piece.kind == PIECE_COMMAND)
            inner_not_understood(s, &inner, 0, "a backslash is no SQL");
        else if (is_within_limits(s, &inner, &piece.range))
            statement_add(s, &inner);
    }
}

// --- pieces of a body

// INTO and its targets are PL/pgSQL's, not SQL: blanks take their place, as in its own parser.
static char *piece_text(TALLOC_CTX *mem, const struct code *code, const struct plpgsql_piece *piece)
{
    const char *prefix = piece->kind == PLPGSQL_EXPRESSION ? EXPRESSION_PREFIX : "";
    char *text = mem_printf(mem, "%s%.*s", prefix, (int)(piece->end - piece->start),
                            code->text + piece->start);
    for (size_t i = piece->into; i < piece->into_end; i++)
        text[strlen(prefix) + i - piece->start] = ' ';
    return text;
}

// Written into `mem`, which must outlive the reading of it.
static struct inner_text piece_inner(TALLOC_CTX *mem, const struct code *code,
                                     const struct plpgsql_piece *piece)
{
    char *text = piece_text(mem, code, piece);
    return (struct inner_text){.text = text,
                               .len = strlen(text),
                               .origin = origin_part(&code->origin, piece->start),
                               .piece = piece};
}

static void piece_add_sql(struct script_reading *s, const struct code *code,
                          const struct plpgsql_piece *piece)
{
    SCRATCH(tmp);
    struct inner_text inner = piece_inner(tmp, code, piece);
    if (piece->kind == PLPGSQL_EXPRESSION)
        inner.origin.prefix = strlen(EXPRESSION_PREFIX);
    statements_add(s, &inner);
}

// What runs is known when it runs only.
static void piece_add_dynamic(struct script_reading *s, const struct code *code,
                              const struct plpgsql_piece *piece)
{
    SCRATCH(tmp);
    struct inner_text inner = piece_inner(tmp, code, piece);
    struct statement *statement = statement_append(s, &inner);
    struct reading reading = {.mem = s->script->mem, .tmp = tmp, .statement = statement};
    statement->sql = mem_printf(s->script->mem, "EXECUTE %s", inner.text);
    statement->kind = "EXECUTE";
    action_add(&reading, ACTION_EXECUTE)->option = "dynamic";
}

static void piece_add_execute(struct script_reading *s, const struct code *code,
                              const struct plpgsql *plpgsql, const struct plpgsql_piece *piece)
{
    SCRATCH(tmp);
    struct constant_text constant;
    size_t bad;
    if (!constant_text_of_execute(tmp, code->text, &code->origin, plpgsql, piece, &constant) ||
        !text_is_utf8(constant.text, constant.len, &bad)) {
        piece_add_dynamic(s, code, piece);
        return;
    }
    struct inner_text inner = {.text = constant.text,
                               .len = constant.len,
                               .origin = {.places = constant.places},
                               .piece = piece};
    statements_add(s, &inner);
}

static bool plpgsql_add(struct script_reading *s, const struct code *code, const char **why)
{
    SCRATCH(tmp);
    const struct plpgsql *plpgsql = plpgsql_read(tmp, code->text, code->len);
    if (plpgsql->broken != NULL) {
        struct reader_cursor place = place_at(s, origin_place(&code->origin, plpgsql->broken_at));
        *why = mem_printf(s->script->mem, "its code is not understood at line %zu: %s", place.line,
                          plpgsql->broken);
        return false;
    }
    for (size_t i = 0; i < plpgsql->n_pieces; i++) {
        const struct plpgsql_piece *piece = &plpgsql->pieces[i];
        if (piece->kind == PLPGSQL_EXECUTE)
            piece_add_execute(s, code, plpgsql, piece);
        else
            piece_add_sql(s, code, piece);
    }
    return true;
}

static bool code_read(struct script_reading *s, const struct code *code, const char **why)
{
    size_t bad;
    if (s->depth >= INNER_DEPTH_MAX)
        *why = "its code is nested too deep in other code";
    else if (!text_is_utf8(code->text, code->len, &bad))
        *why = "its code is not UTF-8";
    if (*why != NULL)
        return false;
    s->depth++;
    bool is_read = plpgsql_add(s, code, why);
    s->depth--;
    return is_read;
}

// --- DO

// The body's literal: the string that is not the language's.
static struct token body_find(const struct lexer *lexer)
{
    struct lexer at = *lexer;
    struct token body = {0};
    struct token last = {0};
    for (struct token token = lexer_next(&at); token.kind != TOKEN_END; token = lexer_next(&at)) {
        if (token.kind == TOKEN_STRING && !token_is(lexer, last, "language"))
            body = token;
        last = token;
    }
    return body;
}

static void do_read(struct script_reading *s, size_t index, const char *text, size_t len,
                    const struct origin *origin)
{
    SCRATCH(tmp);
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, text, 0, len);
    struct action *action = s->script->statements[index].actions;
    const char *why = NULL;
    if (!text_equal_nocase(action->language, "plpgsql")) {
        action->option = mem_printf(s->script->mem, "its code is in %s", action->language);
        return;
    }
    struct token literal = body_find(&lexer);
    if (literal.kind != TOKEN_STRING) {
        action->option = "its code is not found in its text";
        return;
    }
    struct constant_text body = constant_text_of_string(tmp, &lexer, literal, origin);
    struct code code = {.text = body.text, .len = body.len, .origin = {.places = body.places}};
    size_t n_before = s->script->n_statements;
    bool is_read = code_read(s, &code, &why);
    struct statement *statement = &s->script->statements[index]; // they may have moved
    statement->n_inner = s->script->n_statements - n_before;
    if (!is_read)
        statement->actions->option = why;
}

void inner_read(struct script_reading *s, size_t index)
{
    const struct statement *statement = &s->script->statements[index];
    struct origin origin = {.first = statement->offset};
    do_read(s, index, s->source->text + statement->offset, statement->len, &origin);
}

void inner_link(struct script *script)
{
    for (size_t i = 0; i < script->n_statements; i++) {
        struct statement *statement = &script->statements[i];
        if (statement->n_inner > 0)
            statement->inner = statement + 1;
    }
}

// --- functions

// What stands between BEGIN ATOMIC and END, and an expression behind RETURN.
static void sql_body_add(struct script_reading *s, const struct code *code)
{
    static const struct plpgsql_piece always = {0};
    SCRATCH(tmp);
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, code->text, 0, code->len);
    struct token first = lexer_next(&lexer);
    size_t start = 0;
    size_t end = code->len;
    bool is_return = token_is(&lexer, first, "return");
    if (is_return) {
        start = first.offset + first.len;
    } else if (token_is(&lexer, first, "begin") && token_is(&lexer, lexer_next(&lexer), "atomic")) {
        start = lexer.at;
        for (struct token token = lexer_next(&lexer); token.kind != TOKEN_END;
             token = lexer_next(&lexer))
            end = token.offset; // of the last one, END
    }
    const char *prefix = is_return ? EXPRESSION_PREFIX : "";
    char *text = mem_printf(tmp, "%s%.*s", prefix, (int)(end - start), code->text + start);
    struct inner_text inner = {.text = text,
                               .len = strlen(text),
                               .origin = {.first = start, .prefix = strlen(prefix)},
                               .piece = &always};
    statements_add(s, &inner);
}

struct script *reader_read_body(TALLOC_CTX *mem, const char *language, const char *body,
                                const char **why)
{
    bool is_sql = text_equal_nocase(language, "sql");
    *why = NULL;
    if (body == NULL || (!is_sql && !text_equal_nocase(language, "plpgsql"))) {
        *why = language == NULL ? "its code is not known"
                                : mem_printf(mem, "its code is in %s", language);
        return NULL;
    }
    struct script *script = mem_new(mem, struct script);
    script->mem = mem;
    script->path = "";
    script->dialect = DIALECT_POSTGRES;
    struct script_source source = {.path = "", .text = body, .len = strlen(body)};
    struct script_reading s = {
        .script = script, .source = &source, .cursor = {.line = 1, .column = 1}};
    struct code code = {.text = body, .len = source.len};
    source.end = source.len;
    pg_query_init();
    s.memory = pg_query_enter_memory_context();
    if (is_sql)
        sql_body_add(&s, &code);
    else
        code_read(&s, &code, why);
    pg_query_exit_memory_context(s.memory);
    inner_link(script);
    return *why == NULL ? script : NULL;
}
