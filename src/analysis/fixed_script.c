/*
 * Scripts that are to be taken apart: what of them depends on the transaction or session that they
 * run in, and their statements as they were written.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/fixed_pieces.h"
#include "base/text.h"
#include "statement/lexer.h"

bool statement_is_transaction(const struct statement *statement)
{
    enum action_kind kind = statement->n_actions == 0 ? ACTION_OTHER : statement->actions[0].kind;
    return kind == ACTION_BEGIN || kind == ACTION_COMMIT || kind == ACTION_ROLLBACK;
}

bool statement_is_setting(const struct statement *statement)
{
    return statement->n_actions > 0 && statement->actions[0].kind == ACTION_SET_VARIABLE;
}

bool statement_runs_outside(const struct statement *statement)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        bool is_whole = action->object == OBJECT_DATABASE || action->object == OBJECT_TABLESPACE;
        if ((action->concurrently && action->kind != ACTION_REFRESH) ||
            action->kind == ACTION_VACUUM || (action->kind == ACTION_DROP && is_whole) ||
            (action->kind == ACTION_CLUSTER && action->relation.name == NULL))
            return true;
    }
    return false;
}

// Settings that may be repeated in each part: they change how long things may take, not what they
// mean.
static bool is_harmless(const char *variable)
{
    static const char *const names[] = {
        "lock_timeout",         "statement_timeout", "client_min_messages",
        "maintenance_work_mem", "work_mem",          "idle_in_transaction_session_timeout"};
    for (size_t i = 0; variable != NULL && i < COUNT_OF(names); i++) {
        if (strcmp(names[i], variable) == 0)
            return true;
    }
    return false;
}

// What only holds within the transaction or session that it stands in.
static const char *tie_of(TALLOC_CTX *mem, const struct statement *statement)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        if (action->kind == ACTION_SAVEPOINT)
            return "a savepoint";
        if (action->kind == ACTION_LOCK_TABLE)
            return "LOCK TABLE";
        if (action->kind == ACTION_EXECUTE)
            return "a prepared statement";
        if (action->is_temporary)
            return "a temporary relation";
        if (action->kind == ACTION_SET_VARIABLE && !is_harmless(action->member))
            return mem_printf(mem, "SET %s", action->member);
        if (action->query != NULL && action->query->verb == QUERY_COPY)
            return "COPY";
    }
    return NULL;
}

// BEGIN first and COMMIT last, or neither.
static bool is_one_transaction(const struct script *script)
{
    size_t n = 0;
    for (size_t i = 0; i < script->n_statements; i++)
        n += statement_is_transaction(&script->statements[i]);
    if (n == 0)
        return true;
    const struct statement *last = &script->statements[script->n_statements - 1];
    return n == 2 && script->n_statements > 2 && script->statements[0].n_actions > 0 &&
           script->statements[0].actions[0].kind == ACTION_BEGIN && last->n_actions > 0 &&
           last->actions[0].kind == ACTION_COMMIT;
}

static size_t gap_start(const struct script *script, size_t i, const struct migration_text *text)
{
    if (i == 0)
        return text->start;
    return script->statements[i - 1].offset + script->statements[i - 1].len;
}

static bool has_other_text(const struct script *script, size_t i, const struct migration_text *text)
{
    size_t end = i < script->n_statements ? script->statements[i].offset : text->end;
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, text->text, gap_start(script, i, text), end);
    struct token token;
    do {
        token = lexer_next(&lexer);
    } while (token.kind == TOKEN_SEMICOLON);
    return token.kind != TOKEN_END;
}

const char *script_obstacle(TALLOC_CTX *mem, const struct script *script,
                            const struct migration_text *text)
{
    if (text->unseen != NULL)
        return text->unseen;
    if (script->n_not_understood > 0)
        return mem_printf(mem, "line %zu is not understood", script->not_understood[0].line);
    for (size_t i = 0; i < script->n_statements; i++) {
        const struct statement *statement = &script->statements[i];
        if (statement->is_inner)
            return mem_printf(mem, "line %zu is in the code of a DO block", statement->line);
        if (statement->placeholder != NULL)
            return mem_printf(mem, "line %zu holds the placeholder %s", statement->line,
                              statement->placeholder);
    }
    if (!is_one_transaction(script))
        return "it begins and ends transactions itself";
    for (size_t i = 0; i < script->n_statements; i++) {
        const char *tie = tie_of(mem, &script->statements[i]);
        if (tie != NULL)
            return mem_printf(mem, "%s (line %zu) ties its statements to one session", tie,
                              script->statements[i].line);
    }
    for (size_t i = 0; i <= script->n_statements; i++) {
        if (has_other_text(script, i, text))
            return "something stands between its statements that is no SQL";
    }
    return NULL;
}

// Comments for tools say how this file is run, not what is in it.
static bool is_for_tool(const char *line)
{
    static const char *const marks[] = {"+goose", "migrate:", "tminus: no transaction"};
    line += strspn(line, "- \t");
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        if (text_starts_with(line, marks[i]))
            return true;
    }
    return false;
}

char *statement_written(TALLOC_CTX *mem, const struct script *script, size_t i,
                        const struct migration_text *text, const char *sql)
{
    SCRATCH(tmp);
    size_t start = gap_start(script, i, text);
    size_t len = script->statements[i].offset - start;
    const char *gap = mem_strndup(tmp, text->text + start, len);
    char *comments = mem_strdup(tmp, "");
    gap += strspn(gap, "; \t\r");
    while (*gap != '\0') {
        size_t line = strcspn(gap, "\n");
        char *copy = mem_strndup(tmp, gap, line);
        if (copy[strspn(copy, " \t\r;")] != '\0' && !is_for_tool(copy))
            comments = mem_printf(tmp, "%s%s\n", comments, copy);
        gap += line + (gap[line] == '\n');
    }
    return mem_printf(mem, "%s%s", comments, sql);
}
