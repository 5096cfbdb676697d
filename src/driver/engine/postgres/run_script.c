/*
 * The statements of a migration, and what in its text forbids to begin it.
 *
 * Statements are told apart by their words, not by a grammar: a newer server may know more than the
 * grammar that we have, and it is the server's answer that counts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "change/transaction.h"
#include "driver/engine/postgres/run.h"
#include "statement/postgres_split.h"

#define SHOWN_SQL 60
#define HEAD_WORDS 3

// What the tokens of one statement say.
struct head {
    struct token words[HEAD_WORDS];
    size_t n;       // tokens in all
    bool is_stdin;  // COPY … FROM stdin, TO stdout
    bool is_broken; // a quote or comment that is not closed
};

struct cut {
    TALLOC_CTX *mem;
    const struct engine_run_request *request;
    struct run_script *script;
};

static bool fail_at(const struct engine_run_request *request, size_t start, size_t end,
                    const char *why, struct error *err)
{
    SCRATCH(tmp);
    struct text_place place = text_place(request->text, request->end, start);
    return error_set(err, ERROR_INPUT, "%s:%zu:%zu: %s, in: %s", request->path, place.line,
                     place.column, why,
                     text_shorten(tmp, request->text + start, end - start, SHOWN_SQL));
}

// --- one statement's words

static bool word_is(const struct lexer *lexer, const struct head *head, size_t i, const char *word)
{
    return i < head->n && i < HEAD_WORDS && token_is(lexer, head->words[i], word);
}

static struct head head_read(struct lexer lexer)
{
    struct head head = {0};
    bool is_copy = false;
    bool was_direction = false;
    size_t depth = 0;
    for (struct token token; (token = lexer_next(&lexer)).kind != TOKEN_END;) {
        if (head.n == 0)
            is_copy = token_is(&lexer, token, "copy");
        if (head.n < HEAD_WORDS)
            head.words[head.n] = token;
        head.n++;
        depth += token.kind == TOKEN_OPEN;
        depth -= token.kind == TOKEN_CLOSE && depth > 0;
        bool is_stream = token_is(&lexer, token, "stdin") || token_is(&lexer, token, "stdout");
        head.is_stdin |= is_copy && depth == 0 && was_direction && is_stream;
        was_direction = token_is(&lexer, token, "from") || token_is(&lexer, token, "to");
        head.is_broken |= token.kind == TOKEN_BROKEN;
    }
    return head;
}

static enum run_word word_of(const struct lexer *lexer, const struct head *head)
{
    if (word_is(lexer, head, 0, "begin") ||
        (word_is(lexer, head, 0, "start") && word_is(lexer, head, 1, "transaction")))
        return RUN_BEGIN;
    bool is_prepared = word_is(lexer, head, 1, "prepared");
    bool is_prepare = word_is(lexer, head, 0, "prepare") && word_is(lexer, head, 1, "transaction");
    if (is_prepare ||
        (!is_prepared && (word_is(lexer, head, 0, "commit") || word_is(lexer, head, 0, "end"))))
        return RUN_COMMIT;
    bool is_to = word_is(lexer, head, 1, "to") || word_is(lexer, head, 2, "to");
    if (!is_prepared && !is_to &&
        (word_is(lexer, head, 0, "rollback") || word_is(lexer, head, 0, "abort")))
        return RUN_ROLLBACK;
    if (word_is(lexer, head, 0, "set") || word_is(lexer, head, 0, "reset") ||
        word_is(lexer, head, 0, "show"))
        return RUN_SETTING;
    return word_is(lexer, head, 0, "lock") ? RUN_LOCK : RUN_OTHER;
}

static bool has_word(const char *sql, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = sql; *at != '\0'; at++) {
        if (strncasecmp(at, word, len) == 0)
            return true;
    }
    return false;
}

static struct run_statement statement_make(TALLOC_CTX *mem, const char *text, size_t start,
                                           size_t end, const struct head *head)
{
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, text, start, end);
    const struct migration_text alone = {.text = text, .start = start, .end = end};
    char *sql = mem_strndup(mem, text + start, end - start);
    bool is_outside = transaction_read(&alone).n_outside > 0;
    return (struct run_statement){
        .start = start,
        .end = end,
        .sql = sql,
        .word = word_of(&lexer, head),
        .is_outside = is_outside,
        .is_concurrent = is_outside && has_word(sql, "concurrently"),
        .may_commit = word_is(&lexer, head, 0, "call") ||
                      (word_is(&lexer, head, 0, "do") && has_word(sql, "commit")),
    };
}

// --- reasons not to begin

static bool check_piece(const struct cut *cut, const struct piece *piece, const struct head *head,
                        struct error *err)
{
    const struct engine_run_request *request = cut->request;
    size_t start = piece->range.start;
    size_t end = piece->range.end;
    if (piece->kind == PIECE_COMMAND) {
        fail_at(request, start, end, "a command of psql, which no server knows", err);
        return error_hint(err, "write it as SQL, or run this migration with psql");
    }
    if (head->is_stdin) {
        fail_at(request, start, end, "COPY to or from the client's own stream cannot be run", err);
        return error_hint(err, "write the rows as INSERT, or run this migration with psql");
    }
    if (head->is_broken)
        return fail_at(request, start, end, "a quote or comment is not closed", err);
    return true;
}

static bool is_control(const struct run_statement *statement)
{
    return statement->word == RUN_BEGIN || statement->word == RUN_COMMIT ||
           statement->word == RUN_ROLLBACK;
}

static bool fail_statement(const struct cut *cut, const struct run_statement *statement,
                           const char *why, const char *hint, struct error *err)
{
    fail_at(cut->request, statement->start, statement->end, why, err);
    return error_hint(err, "%s", hint);
}

static bool check_block(const struct cut *cut, struct error *err)
{
    const struct run_script *script = cut->script;
    for (size_t i = 0; i < script->n; i++) {
        const struct run_statement *statement = &script->statements[i];
        if (is_control(statement))
            return fail_statement(cut, statement,
                                  "the tool of this layout wraps the file in a transaction, and "
                                  "the file may not begin or end one itself",
                                  "take it out, or tell the tool to run the file without a "
                                  "transaction",
                                  err);
        if (statement->is_outside)
            return fail_statement(cut, statement,
                                  "PostgreSQL refuses this within a transaction, and the file "
                                  "runs in one",
                                  "give it a migration of its own that runs without a transaction",
                                  err);
    }
    return true;
}

// Every BEGIN must have its end, and nothing that cannot stand in a transaction stand between.
static bool check_alone(const struct cut *cut, struct error *err)
{
    const struct run_script *script = cut->script;
    const struct run_statement *open = NULL;
    for (size_t i = 0; i < script->n; i++) {
        const struct run_statement *statement = &script->statements[i];
        if (statement->word == RUN_BEGIN)
            open = statement;
        else if (statement->word == RUN_COMMIT || statement->word == RUN_ROLLBACK)
            open = NULL;
        else if (open != NULL && statement->is_outside)
            return fail_statement(cut, statement,
                                  "PostgreSQL refuses this within a transaction, and the file "
                                  "began one",
                                  "put it behind the COMMIT", err);
    }
    if (open == NULL)
        return true;
    return fail_statement(cut, open, "the file begins a transaction and does not end it",
                          "write its COMMIT", err);
}

// --- the script

// BEGIN … COMMIT around all else: that is the transaction which it runs in, whoever wraps it.
static void unwrap(struct run_script *script)
{
    if (script->n < 2)
        return;
    const struct run_statement *last = &script->statements[script->n - 1];
    if (script->statements[0].word != RUN_BEGIN || last->word != RUN_COMMIT ||
        has_word(last->sql, "prepare") || has_word(last->sql, "chain"))
        return;
    for (size_t i = 1; i + 1 < script->n; i++) {
        if (is_control(&script->statements[i]))
            return;
    }
    script->begin = script->statements[0].sql;
    script->statements++;
    script->n -= 2;
}

static bool cut_all(const struct cut *cut, struct error *err)
{
    const struct engine_run_request *request = cut->request;
    struct run_script *script = cut->script;
    struct split split = split_make(request->text, request->start, request->end);
    for (struct piece piece; (piece = split_next(&split)).kind != PIECE_END;) {
        size_t start = piece.range.start;
        size_t end = piece.range.end;
        struct head head = head_read(lexer_make(DIALECT_POSTGRES, request->text, start, end));
        TRY(check_piece(cut, &piece, &head, err));
        *mem_append(cut->mem, script->statements, script->n) =
            statement_make(cut->mem, request->text, start, end, &head);
    }
    return true;
}

bool run_script_cut(TALLOC_CTX *mem, const struct engine_run_request *request,
                    struct run_script *out, struct error *err)
{
    struct run_script script = {0};
    const struct cut cut = {.mem = mem, .request = request, .script = &script};
    if (memchr(request->text + request->start, '\0', request->end - request->start) != NULL)
        return error_set(err, ERROR_INPUT, "%s: a NUL character is in it", request->path);
    TRY(cut_all(&cut, err));
    unwrap(&script);
    script.is_block = request->in_transaction || script.begin != NULL;
    TRY(script.is_block ? check_block(&cut, err) : check_alone(&cut, err));
    *out = script;
    return true;
}

struct run_script run_script_ours(TALLOC_CTX *mem, const char *sql)
{
    struct run_script script = {.is_block = true};
    if (sql == NULL)
        return script;
    struct split split = split_make(sql, 0, strlen(sql));
    for (struct piece piece; (piece = split_next(&split)).kind != PIECE_END;) {
        *mem_append(mem, script.statements, script.n) = (struct run_statement){
            .start = piece.range.start,
            .end = piece.range.end,
            .sql = mem_strndup(mem, sql + piece.range.start, piece.range.end - piece.range.start),
        };
    }
    return script;
}

bool postgres_check(const struct engine_run_request *request, struct error *err)
{
    SCRATCH(tmp);
    struct run_script script;
    return run_script_cut(tmp, request, &script, err);
}
