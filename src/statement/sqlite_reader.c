/*
 * SQLite reader: SQLite itself judges each statement on a mirror of the schema; our reading of its
 * tokens says what it does.
 *
 * What SQLite refuses for its text is not understood. What it refuses for what exists or does not
 * ("no such table: x") is understood when we can read it, with the refusal in `invalid_reason`: a
 * history may begin in the middle.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "statement/reader_internal.h"
#include "statement/sqlite_action.h"
#include "statement/sqlite_mirror.h"

#define MESSAGE_WIDTH 120   // a token in SQLite's message may be as long as the file
#define ROWS_TRIED_MAX 1000 // rows of one INSERT that are tried
#define ROWS_TRIED_BYTES_MAX (64 * 1024)

struct reading {
    struct sqlite_mirror *mirror;
    const struct script_source *source;
    struct script *script;
    struct reader_cursor cursor;
};

// --- cutting

// Statements end at a semicolon, those of CREATE TRIGGER at END behind one.
// Source: sqlite3_complete.html.
struct cutter {
    struct lexer lexer;
    bool is_trigger;
    bool is_behind_end; // ; END was just read
    bool is_behind_semicolon;
};

static bool begins_trigger(struct lexer ahead, struct token token)
{
    if (token_is(&ahead, token, "EXPLAIN")) {
        token = lexer_next(&ahead);
        if (token_is(&ahead, token, "QUERY")) {
            lexer_next(&ahead); // PLAN
            token = lexer_next(&ahead);
        }
    }
    if (!token_is(&ahead, token, "CREATE"))
        return false;
    token = lexer_next(&ahead);
    if (token_is(&ahead, token, "TEMP") || token_is(&ahead, token, "TEMPORARY"))
        token = lexer_next(&ahead);
    return token_is(&ahead, token, "TRIGGER");
}

static bool ends_here(struct cutter *cutter, struct token token)
{
    if (token.kind == TOKEN_SEMICOLON) {
        if (!cutter->is_trigger || cutter->is_behind_end)
            return true;
        cutter->is_behind_semicolon = true;
        return false;
    }
    cutter->is_behind_end = cutter->is_behind_semicolon && token_is(&cutter->lexer, token, "END");
    cutter->is_behind_semicolon = false;
    return false;
}

// The next statement's range; false: there is none. The lexer stands behind its semicolon then.
static bool cut(struct cutter *cutter, struct reader_range *range)
{
    struct lexer *lexer = &cutter->lexer;
    struct token token = lexer_next(lexer);
    size_t depth = 0;

    while (token.kind == TOKEN_SEMICOLON)
        token = lexer_next(lexer);
    if (token.kind == TOKEN_END)
        return false;
    *range = (struct reader_range){.start = token.offset, .deepest = token.offset};
    cutter->is_trigger = begins_trigger(*lexer, token);
    cutter->is_behind_end = cutter->is_behind_semicolon = false;
    for (; token.kind != TOKEN_END && !ends_here(cutter, token); token = lexer_next(lexer)) {
        depth += token.kind == TOKEN_OPEN;
        depth -= token.kind == TOKEN_CLOSE && depth > 0;
        if (depth > range->depth) {
            range->depth = depth;
            range->deepest = token.offset;
        }
        range->end = token.offset + token.len;
    }
    return true;
}

// --- what SQLite knows and the text does not say

// Names that a "quoted" word may mean besides the columns read: aliases, qualified names.
static void add_quoted_names(struct tokens *tokens)
{
    struct lexer lexer = tokens->lexer;
    struct token before = tokens->token;

    for (struct token token = lexer_next(&lexer); token.kind != TOKEN_END;
         before = token, token = lexer_next(&lexer)) {
        bool is_named = token_is(&lexer, before, "AS") || before.kind == TOKEN_DOT;
        if (is_named && token.kind == TOKEN_IDENTIFIER)
            tokens_add_text(tokens, &tokens->columns_known, &tokens->n_columns_known,
                            token_value(tokens->mem, &lexer, token));
    }
}

static void know_columns(struct tokens *tokens, const struct sqlite_judgement *judgement)
{
    bool is_query = tokens_is(tokens, "SELECT") || tokens_is(tokens, "INSERT") ||
                    tokens_is(tokens, "REPLACE") || tokens_is(tokens, "UPDATE") ||
                    tokens_is(tokens, "DELETE");

    if (judgement->message || !is_query)
        return;
    // (As copies: a name that is known may become part of the result.)
    for (size_t i = 0; i < judgement->n_columns; i++)
        tokens_add_text(tokens, &tokens->columns_known, &tokens->n_columns_known,
                        mem_strdup(tokens->mem, judgement->columns[i]));
    add_quoted_names(tokens);
    tokens->has_columns_known = true;
}

// Tables and views that SQLite saw read and the text reader did not. None is known; being sure
// costs little.
static void add_reads(struct reading *reading, struct query *query,
                      const struct sqlite_judgement *judgement)
{
    for (size_t i = 0; i < judgement->n_reads; i++) {
        const char *name = judgement->reads[i].name;
        bool is_known = text_equal_nocase(name, query->target.name);
        for (size_t r = 0; r < query->n_reads; r++)
            is_known |= text_equal_nocase(query->reads[r].name, name);
        if (is_known || !sqlite_mirror_has(reading->mirror, name))
            continue; // json_each and other virtual ones have no entry in the schema
        *mem_append(reading->script, query->reads, query->n_reads) =
            (struct name){.name = mem_strdup(reading->script, name)};
    }
}

static void resolve_object(struct reading *reading, struct action *action)
{
    SCRATCH(tmp);
    const char *name = action->relation.name;

    if (action->kind == ACTION_DROP_TRIGGER)
        action->relation.name =
            sqlite_mirror_table_of(reading->script, reading->mirror, "trigger", action->member);
    if (action->object != OBJECT_NONE || !name)
        return;
    if (sqlite_mirror_table_of(tmp, reading->mirror, "index", name))
        action->object = OBJECT_INDEX;
    else if (action->kind == ACTION_ANALYZE || sqlite_mirror_has(reading->mirror, name))
        action->object = OBJECT_TABLE;
    else
        action->object = OBJECT_COLLATION;
}

// Where the query of CREATE TABLE x AS … begins.
static size_t query_offset(TALLOC_CTX *mem, const struct statement *statement)
{
    struct tokens tokens = tokens_make(mem, statement->sql, 0, statement->len);

    while (!tokens_is(&tokens, "TABLE") && !tokens_is_kind(&tokens, TOKEN_END))
        tokens_next(&tokens);
    tokens_expect(&tokens, "TABLE");
    tokens_accept_if_exists(&tokens);
    tokens_qualified(&tokens);
    tokens_expect(&tokens, "AS");
    return tokens.consumed;
}

// Rows that stand in the text are loaded, not looked for.
static void add_scans(struct reading *reading, const struct statement *statement,
                      const struct action *action)
{
    SCRATCH(tmp);
    struct query *query = action->query;
    const char *sql = statement->sql;

    if (query->has_values && query->n_reads == 0)
        return;
    if (action->kind == ACTION_CREATE_TABLE_AS)
        sql += query_offset(tmp, statement);
    query->scans = sqlite_mirror_scans(reading->script, reading->mirror, sql, &query->n_scans);
}

static void complete(struct reading *reading, const struct statement *statement,
                     struct action *action, const struct sqlite_judgement *judgement)
{
    if (action->kind == ACTION_REINDEX || action->kind == ACTION_ANALYZE ||
        action->kind == ACTION_DROP_TRIGGER)
        resolve_object(reading, action);
    struct query *query = action->query;
    if (!query)
        return;
    if (action->kind == ACTION_QUERY)
        add_reads(reading, query, judgement);
    if ((action->kind == ACTION_QUERY && !action->option) || action->kind == ACTION_CREATE_TABLE_AS)
        add_scans(reading, statement, action);
    if (query->where && query->where->is_constant)
        query->where->is_true = sqlite_mirror_is_true(reading->mirror, query->where->text);
}

// --- applying

static bool changes_schema(enum action_kind kind)
{
    return kind == ACTION_CREATE_TABLE || kind == ACTION_CREATE_TABLE_AS || kind == ACTION_DROP ||
           kind == ACTION_RENAME || kind == ACTION_ADD_COLUMN || kind == ACTION_DROP_COLUMN ||
           kind == ACTION_RENAME_COLUMN || kind == ACTION_CREATE_INDEX ||
           kind == ACTION_CREATE_VIEW || kind == ACTION_CREATE_TRIGGER ||
           kind == ACTION_DROP_TRIGGER;
}

// CREATE TABLE x AS SELECT …, made so that no row is computed.
static const char *without_rows(TALLOC_CTX *mem, const struct statement *statement)
{
    size_t query = query_offset(mem, statement);
    return mem_printf(mem, "%.*s SELECT * FROM (%s\n) LIMIT 0", (int)query, statement->sql,
                      statement->sql + query);
}

// SQLite drops a column that a trigger writes without a word; then the trigger fails.
static const char *broken_by_drop(struct reading *reading, const char *column)
{
    SCRATCH(tmp);
    size_t n = 0;
    const char **firing = sqlite_mirror_firing(tmp, reading->mirror, &n);
    for (size_t i = 0; i < n; i++) {
        struct sqlite_judgement fired =
            sqlite_mirror_judge(tmp, reading->mirror, firing[i], strlen(firing[i]));
        const char *name = fired.message ? strrchr(fired.message, ' ') : NULL;
        if (name && strcasecmp(name + 1, column) == 0)
            return mem_printf(reading->script, "%s: %s", firing[i], fired.message);
    }
    return NULL;
}

static void apply(struct reading *reading, struct statement *statement, struct action *action)
{
    SCRATCH(tmp);
    const char *sql =
        action->kind == ACTION_CREATE_TABLE_AS ? without_rows(tmp, statement) : statement->sql;

    statement->invalid_reason =
        sqlite_mirror_apply(reading->script, reading->mirror, sql, strlen(sql));
    if (statement->invalid_reason)
        return;
    if (action->kind == ACTION_DROP_COLUMN)
        statement->breaks = broken_by_drop(reading, action->column);
    if (action->kind == ACTION_CREATE_VIEW) {
        // A view's own query is only looked at when the view is used.
        sql = mem_printf(tmp, "SELECT * FROM \"%s\"", action->relation.name);
        struct sqlite_judgement use = sqlite_mirror_judge(tmp, reading->mirror, sql, strlen(sql));
        statement->invalid_reason = mem_strdup(reading->script, use.message);
    }
    bool makes_columns = action->kind == ACTION_CREATE_TABLE ||
                         action->kind == ACTION_CREATE_TABLE_AS ||
                         action->kind == ACTION_CREATE_VIEW;
    if (makes_columns && action->n_columns == 0) // of a virtual table, of a query
        action->columns = sqlite_mirror_columns(reading->script, reading->mirror,
                                                action->relation.name, &action->n_columns);
}

// Are all values in the text? A subquery finds nothing in an empty table.
static bool has_known_rows(const struct statement *statement, const struct query *query)
{
    return query && query->verb == QUERY_INSERT && query->n_values <= ROWS_TRIED_MAX &&
           (query->has_values || query->has_default_values) && query->n_reads == 0 &&
           statement->len <= ROWS_TRIED_BYTES_MAX && strcasestr(statement->sql, "select") == NULL;
}

// A row that is left as it was, or replaced, refuses nothing.
static bool has_known_values(const struct statement *statement, const struct query *query)
{
    return query && query->verb == QUERY_UPDATE && query->conflict == CONFLICT_NONE &&
           query->target.name && statement->len <= ROWS_TRIED_BYTES_MAX;
}

static void note_pragma(struct reading *reading, const struct action *action)
{
    static const char *const yes[] = {"1", "on", "true", "yes"};
    bool is_on = false;

    if (!text_equal_nocase(action->member, "writable_schema") || !action->option)
        return;
    for (size_t i = 0; i < COUNT_OF(yes); i++)
        is_on |= text_equal_nocase(action->option, yes[i]);
    sqlite_mirror_set_writable(reading->mirror, is_on);
}

// --- one statement

static void refuse(struct reading *reading, const struct statement *statement, size_t offset,
                   const char *reason)
{
    struct script *script = reading->script;
    struct text_place place =
        text_place(statement->sql, statement->len, offset - statement->offset);

    *mem_append(script, script->not_understood, script->n_not_understood) = (struct not_understood){
        .path = script->path,
        .line = statement->line + place.line - 1,
        .column = place.line == 1 ? statement->column + place.column - 1 : place.column,
        .offset = offset,
        .start = statement->offset,
        .end = statement->offset + statement->len,
        .reason = reason,
        .sql = text_shorten(script, statement->sql, statement->len, 80),
    };
}

static void refuse_tokens(struct reading *reading, const struct statement *statement,
                          const struct tokens *tokens, const struct sqlite_judgement *judgement)
{
    struct lexer at = lexer_make(DIALECT_SQLITE, tokens->lexer.text, tokens->failed_offset,
                                 statement->offset + statement->len);
    struct token token = lexer_next(&at);
    const char *near = text_shorten(reading->script, at.text + token.offset, token.len, 40);
    const char *reason =
        judgement->message
            ? mem_printf(reading->script, "near \"%s\": not the grammar of %s", near,
                         sqlite_mirror_version())
            : mem_printf(reading->script, "near \"%s\": %s knows this, tminus does not", near,
                         sqlite_mirror_version());
    refuse(reading, statement, tokens->failed_offset, reason);
}

static bool may_misquote(const struct action *action)
{
    return action->kind == ACTION_QUERY || action->kind == ACTION_CREATE_TABLE_AS ||
           action->kind == ACTION_CREATE_INDEX;
}

// Say what the statement is; false: it went into not_understood.
static bool read_statement(struct reading *reading, struct statement *statement,
                           const struct sqlite_judgement *judgement)
{
    const char *text = reading->source->text;
    struct tokens tokens =
        tokens_make(reading->script, text, statement->offset, statement->offset + statement->len);

    if (judgement->message && judgement->is_syntax) {
        refuse(reading, statement, statement->offset + judgement->offset,
               mem_printf(reading->script, "%s (%s grammar)",
                          text_shorten(reading->script, judgement->message,
                                       strlen(judgement->message), MESSAGE_WIDTH),
                          sqlite_mirror_version()));
        return false;
    }
    know_columns(&tokens, judgement);
    if (!sqlite_actions_read(&tokens, statement)) {
        refuse_tokens(reading, statement, &tokens, judgement);
        return false;
    }
    struct action *action = &statement->actions[0];
    complete(reading, statement, action, judgement);
    if (judgement->message)
        statement->invalid_reason = mem_strdup(reading->script, judgement->message);
    else if (may_misquote(action))
        statement->strings = sqlite_mirror_strings(reading->script, reading->mirror, statement->sql,
                                                   &statement->n_strings);
    if (!judgement->message && changes_schema(action->kind))
        apply(reading, statement, action);
    if (!judgement->message && action->kind == ACTION_QUERY && !action->option &&
        has_known_rows(statement, action->query))
        statement->invalid_reason =
            sqlite_mirror_try_rows(reading->script, reading->mirror, statement->sql);
    if (!judgement->message && action->kind == ACTION_QUERY && !action->option &&
        has_known_values(statement, action->query))
        statement->invalid_reason =
            sqlite_mirror_try_update(reading->script, reading->mirror, action->query);
    if (action->kind == ACTION_PRAGMA)
        note_pragma(reading, action);
    return true;
}

static void read_range(struct reading *reading, struct reader_range *range)
{
    SCRATCH(tmp);
    struct script *script = reading->script;
    const char *text = reading->source->text;
    struct sqlite_judgement judgement =
        sqlite_mirror_judge(tmp, reading->mirror, text + range->start, range->end - range->start);

    reader_cursor_move(&reading->cursor, text, range->start);
    struct statement statement = {
        .path = script->path,
        .line = reading->cursor.line,
        .column = reading->cursor.column,
        .offset = range->start,
        .len = range->end - range->start,
        .sql = mem_strndup(script, text + range->start, range->end - range->start),
    };
    if (read_statement(reading, &statement, &judgement))
        *mem_append(script, script->statements, script->n_statements) = statement;
}

// --- the driver

static bool open_state(TALLOC_CTX *mem, void **state, struct error *err)
{
    struct sqlite_mirror *mirror;

    TRY(sqlite_mirror_open(mem, &mirror, err));
    *state = mirror;
    return true;
}

static bool read_script(void *state, const struct script_source *source, struct script *script,
                        struct error *err)
{
    struct reading reading = {
        .mirror = state, .source = source, .script = script, .cursor = {0, 1, 1}};
    struct cutter cutter = {
        .lexer = lexer_make(DIALECT_SQLITE, source->text, source->start, source->end)};
    struct reader_range range;

    while (cut(&cutter, &range)) {
        TRY(reader_check_limits(source, &range, err));
        size_t n = script->n_statements + script->n_not_understood;
        if (n >= STATEMENTS_MAX)
            return error_set(err, ERROR_INPUT, "%s: more than %d statements", source->path,
                             STATEMENTS_MAX);
        read_range(&reading, &range);
    }
    sqlite_mirror_set_writable(reading.mirror, false);
    return true;
}

static void begin_trial(void *state)
{
    sqlite_mirror_begin_trial(state);
}

static void end_trial(void *state)
{
    sqlite_mirror_end_trial(state);
}

const struct reader_driver reader_sqlite = {
    .dialect = DIALECT_SQLITE,
    .grammar = sqlite_mirror_version,
    .open = open_state,
    .read = read_script,
    .begin_trial = begin_trial,
    .end_trial = end_trial,
};
