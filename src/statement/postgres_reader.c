/*
 * The PostgreSQL reader: each statement is cut out, parsed by PostgreSQL's own grammar, and its
 * tree turned into actions before the tree's memory is given back.
 *
 * One parse for each statement, not one for the file: a syntax error costs nothing but its
 * statement, memory is bounded by the largest one, and it is faster (the tree stays in the cache).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "base/text.h"
#include "statement/postgres_adapted.h"
#include "statement/postgres_script.h"
#include "statement/postgres_split.h"

#define SHORTENED_WIDTH 80 // columns of the text shown of what was not understood

// --- what is not understood

size_t parse_offset(const char *text, size_t start, size_t end, const PgQueryError *error)
{
    size_t at = start;
    for (int i = 1; i < error->cursorpos && at < end; i++) {
        at++;
        while (at < end && ((unsigned char)text[at] & 0xc0) == 0x80)
            at++;
    }
    return at;
}

char *parse_reason(TALLOC_CTX *mem, const PgQueryError *error)
{
    // The parser's own limit, 10,000 symbols waiting.
    const char *message = error->message;
    bool is_deep = text_starts_with(message, "memory exhausted");
    if (is_deep)
        message += strlen("memory exhausted");
    return mem_printf(mem, "%s%s (PostgreSQL " PG_MAJORVERSION " grammar)",
                      is_deep ? "nested too deep" : "", message);
}

void not_understood_add(struct script_reading *s, struct reader_range range, size_t offset,
                        const char *reason)
{
    struct script *script = s->script;
    struct not_understood *added =
        mem_append(script->mem, script->not_understood, script->n_not_understood);
    struct reader_cursor place = s->cursor; // a copy: the next statement may begin before it
    reader_cursor_move(&place, s->source->text, offset);
    added->path = script->path;
    added->line = place.line;
    added->column = place.column;
    added->offset = offset;
    added->start = range.start;
    added->end = range.end;
    added->reason = reason;
    added->sql = text_shorten(script->mem, s->source->text + range.start, range.end - range.start,
                              SHORTENED_WIDTH);
}

// \i, \ir and their long names run another file.
static bool is_include(const char *command, size_t len)
{
    static const char *const words[] = {"\\i", "\\ir", "\\include", "\\include_relative"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strlen(words[i]) == len && memcmp(words[i], command, len) == 0)
            return true;
    }
    return false;
}

// Commands that show, measure or name something, and change nothing of what SQL does. Of \set the
// variables count where they are used. Source: psql 18 manual.
static bool is_harmless(const char *command, size_t len)
{
    static const char *const words[] = {
        "\\a",   "\\conninfo", "\\echo",   "\\errverbose", "\\pset",  "\\qecho", "\\restrict",
        "\\set", "\\t",        "\\timing", "\\unrestrict", "\\unset", "\\warn",  "\\x"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strlen(words[i]) == len && memcmp(words[i], command, len) == 0)
            return true;
    }
    return len > 1 && command[1] == 'd'; // \d, \dt, …
}

static void command_take(struct script_reading *s, struct reader_range range)
{
    reader_cursor_move(&s->cursor, s->source->text, range.start);
    const char *command = s->source->text + range.start;
    size_t len = 1;
    while (range.start + len < range.end && strchr(" \t\r;", command[len]) == NULL)
        len++;
    if (is_harmless(command, len))
        return;
    not_understood_add(s, range, range.start,
                       mem_printf(s->script->mem, "'%.*s' is a command of psql, not SQL%s",
                                  (int)(len < SHORTENED_WIDTH ? len : SHORTENED_WIDTH), command,
                                  is_include(command, len)
                                      ? ": what the file holds that it names is not read"
                                      : ""));
}

static void error_not_understood(struct script_reading *s, struct reader_range range,
                                 const PgQueryError *error, const char *placeholder)
{
    reader_cursor_move(&s->cursor, s->source->text, range.start);
    const char *text = s->source->text;
    size_t offset = parse_offset(text, range.start, s->source->end, error);
    const char *newer = adapted_version_reason(text + range.start, range.end - range.start);
    const char *reason = parse_reason(s->script->mem, error);
    if (newer != NULL)
        reason = mem_printf(s->script->mem, "%s: %s", reason, newer);
    else if (placeholder != NULL)
        reason = mem_printf(s->script->mem, "%s: '%s' is a placeholder", reason, placeholder);
    not_understood_add(s, range, offset, reason);
}

// --- statements

// `adapted` NULL: the text is as it was written.
static void statement_add(struct script_reading *s, struct reader_range range, Node *tree,
                          const struct adapted *adapted)
{
    SCRATCH(tmp);
    struct script *script = s->script;
    reader_cursor_move(&s->cursor, s->source->text, range.start);
    struct statement *statement = mem_append(script->mem, script->statements, script->n_statements);
    *statement = (struct statement){
        .path = script->path,
        .line = s->cursor.line,
        .column = s->cursor.column,
        .offset = range.start,
        .len = range.end - range.start,
        .sql = mem_strndup(script->mem, s->source->text + range.start, range.end - range.start),
        .actions = mem_array(script->mem, struct action, 1), // most have one, and it is large
    };
    struct reading reading = {.mem = script->mem,
                              .tmp = tmp,
                              .text = s->source->text,
                              .base = range.start,
                              .end = range.end,
                              .statement = statement};
    struct origin origin = {.first = range.start};
    if (adapted != NULL) {
        reading.text = adapted->text;
        reading.base = 0;
        reading.end = range.end - range.start;
        reading.origin = &origin;
    }
    statement_read(&reading, tree);
    if (adapted != NULL)
        adapted_restore(adapted, &reading);
    if (IsA(tree, DoStmt))
        inner_read(s, script->n_statements - 1);
}

static PgQueryInternalParsetreeAndError parse(const struct script_reading *s,
                                              struct reader_range range)
{
    SCRATCH_PACKED(tmp);
    char *sql = mem_strndup(tmp, s->source->text + range.start, range.end - range.start);
    return pg_query_raw_parse(sql);
}

void parsed_free(PgQueryInternalParsetreeAndError *parsed)
{
    if (parsed->error != NULL)
        pg_query_free_error(parsed->error);
    free(parsed->stderr_buffer);
}

// A newer form, or a placeholder: read it as what the grammar knows. false: it is neither, or more
// is wrong with it.
static bool read_adapted(struct script_reading *s, struct reader_range range,
                         struct adapted *adapted)
{
    if (!adapted_make(s->script->mem, s->source->text + range.start, range.end - range.start,
                      adapted))
        return false;
    PgQueryInternalParsetreeAndError parsed = pg_query_raw_parse(adapted->text);
    bool is_read = parsed.error == NULL && list_length(parsed.tree) == 1;
    if (is_read)
        statement_add(s, range, ((RawStmt *)linitial(parsed.tree))->stmt, adapted);
    parsed_free(&parsed);
    return is_read;
}

// Parentheses that do not match hide the semicolons behind them: cut the piece at every one.
static bool read_unbalanced(struct script_reading *s, struct reader_range whole);

static void read_statement(struct script_reading *s, struct reader_range range, bool is_final)
{
    MemoryContextReset(s->memory);
    PgQueryInternalParsetreeAndError parsed = parse(s, range);
    struct adapted adapted = {0};
    if (parsed.error != NULL) {
        if (!read_adapted(s, range, &adapted) && (is_final || !read_unbalanced(s, range)))
            error_not_understood(s, range, parsed.error, adapted.placeholder);
    } else if (list_length(parsed.tree) == 1) {
        statement_add(s, range, ((RawStmt *)linitial(parsed.tree))->stmt, NULL);
    } else {
        not_understood_add(s, range, range.start, "cannot be cut into single statements");
    }
    parsed_free(&parsed);
}

static bool read_unbalanced(struct script_reading *s, struct reader_range whole)
{
    struct split split = split_make(s->source->text, whole.start, whole.end);
    split.ignores_depth = true;
    struct piece piece = split_next(&split);
    if (piece.range.end == whole.end)
        return false;
    for (; piece.kind != PIECE_END; piece = split_next(&split))
        read_statement(s, piece.range, true);
    return true;
}

// A byte order mark is skipped by psql and refused by the server: said, and read on behind it.
static size_t skip_byte_order_mark(struct script_reading *s)
{
    static const char mark[] = "\xEF\xBB\xBF";
    const struct script_source *source = s->source;
    size_t behind = source->start + sizeof(mark) - 1;
    if (source->start != 0 || source->end < behind || memcmp(source->text, mark, behind) != 0)
        return source->start;
    not_understood_add(s, (struct reader_range){0}, 0,
                       "a byte order mark: psql skips it, the server refuses it");
    return behind;
}

// It costs itself only, as what the grammar does not know.
static bool is_too_deep(struct script_reading *s, struct reader_range range)
{
    if (range.depth <= STATEMENT_DEPTH_MAX)
        return false;
    not_understood_add(s, range, range.deepest,
                       mem_printf(s->script->mem, "parentheses nested %zu deep; the limit is %d",
                                  range.depth, STATEMENT_DEPTH_MAX));
    return true;
}

static bool read_pieces(struct script_reading *s, struct error *err)
{
    struct split split = split_make(s->source->text, skip_byte_order_mark(s), s->source->end);
    for (;;) {
        struct piece piece = split_next(&split);
        if (piece.kind == PIECE_END)
            return true;
        if (s->script->n_statements >= STATEMENTS_MAX)
            return error_set(err, ERROR_INPUT, "%s: more than %d statements", s->source->path,
                             STATEMENTS_MAX);
        TRY(reader_check_size(s->source, &piece.range, err));
        if (piece.kind == PIECE_COMMAND)
            command_take(s, piece.range);
        else if (!is_too_deep(s, piece.range))
            read_statement(s, piece.range, false);
        if (piece.has_open_data)
            not_understood_add(s, piece.range, piece.range.start,
                               "the data of COPY has no end: a line with \\. is missing");
    }
}

static bool postgres_open(TALLOC_CTX *mem, void **state, struct error *err)
{
    (void)mem;
    (void)err;
    pg_query_init();
    *state = NULL;
    return true;
}

static bool postgres_read(void *state, const struct script_source *source, struct script *script,
                          struct error *err)
{
    (void)state;
    struct script_reading s = {
        .script = script, .source = source, .cursor = {.line = 1, .column = 1}};
    s.memory = pg_query_enter_memory_context();
    bool is_read = read_pieces(&s, err);
    pg_query_exit_memory_context(s.memory);
    inner_link(script);
    return is_read;
}

static const char *postgres_grammar(void)
{
    return "PostgreSQL " PG_MAJORVERSION;
}

const struct reader_driver reader_postgres = {
    .dialect = DIALECT_POSTGRES,
    .grammar = postgres_grammar,
    .open = postgres_open,
    .read = postgres_read,
};
