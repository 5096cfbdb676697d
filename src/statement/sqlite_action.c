/*
 * Actions of SQLite (see sqlite_action.h): a table of first words, one function each.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/sqlite_action.h"

#include "base/text.h"
#include "statement/sqlite_definition.h"
#include "statement/sqlite_query.h"

// Reads what stands behind the first word; says the statement's kind.
typedef const char *verb_read(struct tokens *tokens, struct action *action);

// --- ALTER TABLE

static void read_rename(struct tokens *tokens, struct action *action)
{
    if (!tokens_next_is(tokens, "TO") && tokens_accept(tokens, "TO")) { // a column may be "to"
        action->kind = ACTION_RENAME;
        action->object = OBJECT_TABLE;
        action->new_name = tokens_name(tokens);
        return;
    }
    action->kind = ACTION_RENAME_COLUMN;
    action->object = OBJECT_COLUMN;
    if (!tokens_next_is(tokens, "TO"))
        tokens_accept(tokens, "COLUMN");
    action->column = tokens_name(tokens);
    tokens_expect(tokens, "TO");
    action->new_name = tokens_name(tokens);
}

static const char *read_alter(struct tokens *tokens, struct action *action)
{
    tokens_expect(tokens, "TABLE");
    action->object = OBJECT_TABLE;
    action->relation = tokens_qualified(tokens);
    if (tokens_accept(tokens, "RENAME")) {
        read_rename(tokens, action);
    } else if (tokens_accept(tokens, "ADD")) {
        action->kind = ACTION_ADD_COLUMN;
        tokens_accept(tokens, "COLUMN");
        action->definition = mem_new(tokens->mem, struct column);
        sqlite_column_read(tokens, action->definition);
        action->column = action->definition->name;
    } else {
        tokens_expect(tokens, "DROP");
        tokens_accept(tokens, "COLUMN");
        action->kind = ACTION_DROP_COLUMN;
        action->column = tokens_name(tokens);
    }
    return "ALTER TABLE";
}

// --- DROP

static const char *read_drop(struct tokens *tokens, struct action *action)
{
    static const struct {
        const char *word;
        enum object_kind object;
        const char *kind;
    } objects[] = {
        {"TABLE", OBJECT_TABLE, "DROP TABLE"},
        {"INDEX", OBJECT_INDEX, "DROP INDEX"},
        {"VIEW", OBJECT_VIEW, "DROP VIEW"},
        {"TRIGGER", OBJECT_TRIGGER, "DROP TRIGGER"},
    };

    for (size_t i = 0; i < COUNT_OF(objects); i++) {
        if (!tokens_accept(tokens, objects[i].word))
            continue;
        action->object = objects[i].object;
        action->if_exists = tokens_accept_if_exists(tokens);
        struct name name = tokens_qualified(tokens);
        action->kind = ACTION_DROP;
        if (action->object == OBJECT_TRIGGER) {
            // Its table is not written; the reader asks the schema copy for it.
            action->kind = ACTION_DROP_TRIGGER;
            action->member = name.name;
            action->relation.schema = name.schema;
        } else {
            action->relation = name;
        }
        return objects[i].kind;
    }
    tokens_fail(tokens);
    return "DROP";
}

// --- transactions

static void skip_transaction_words(struct tokens *tokens)
{
    static const char *const words[] = {"DEFERRED", "IMMEDIATE", "EXCLUSIVE", "TRANSACTION"};

    for (size_t i = 0; i < COUNT_OF(words); i++)
        tokens_accept(tokens, words[i]);
    if (!tokens_is_kind(tokens, TOKEN_END) && !tokens_is(tokens, "TO"))
        tokens_name(tokens); // a name without meaning
}

static const char *read_begin(struct tokens *tokens, struct action *action)
{
    action->kind = ACTION_BEGIN;
    skip_transaction_words(tokens);
    return "BEGIN";
}

static const char *read_commit(struct tokens *tokens, struct action *action)
{
    action->kind = ACTION_COMMIT;
    skip_transaction_words(tokens);
    return "COMMIT";
}

static const char *read_rollback(struct tokens *tokens, struct action *action)
{
    action->kind = ACTION_ROLLBACK;
    skip_transaction_words(tokens);
    if (!tokens_accept(tokens, "TO"))
        return "ROLLBACK";
    if (tokens_peek(tokens).kind != TOKEN_END) // a savepoint may be called "savepoint"
        tokens_accept(tokens, "SAVEPOINT");
    action->kind = ACTION_SAVEPOINT;
    action->option = "ROLLBACK TO";
    action->member = tokens_name(tokens);
    return "ROLLBACK TO";
}

static const char *read_savepoint(struct tokens *tokens, struct action *action)
{
    action->kind = ACTION_SAVEPOINT;
    action->member = tokens_name(tokens);
    return "SAVEPOINT";
}

static const char *read_release(struct tokens *tokens, struct action *action)
{
    if (tokens_peek(tokens).kind != TOKEN_END)
        tokens_accept(tokens, "SAVEPOINT");
    action->kind = ACTION_SAVEPOINT;
    action->option = "RELEASE";
    action->member = tokens_name(tokens);
    return "RELEASE";
}

// --- session and upkeep

// PRAGMA [schema.]name [= value | (value)]
static const char *read_pragma(struct tokens *tokens, struct action *action)
{
    struct name name = tokens_qualified(tokens);

    action->kind = ACTION_PRAGMA;
    action->relation.schema = name.schema;
    action->member = text_lower(tokens->mem, name.name);
    bool is_open = tokens_accept_kind(tokens, TOKEN_OPEN);
    if (!is_open && !tokens_accept_operator(tokens, "="))
        return "PRAGMA";
    bool is_negative = tokens_accept_operator(tokens, "-");
    if (!is_negative)
        tokens_accept_operator(tokens, "+");
    const char *value = tokens_value(tokens);
    action->option = is_negative ? mem_printf(tokens->mem, "-%s", value) : value;
    if (is_open)
        tokens_expect_kind(tokens, TOKEN_CLOSE);
    return "PRAGMA";
}

static void skip_rest(struct tokens *tokens)
{
    while (!tokens_is_kind(tokens, TOKEN_END))
        tokens_next(tokens);
}

static const char *read_attach(struct tokens *tokens, struct action *action)
{
    action->kind = ACTION_ATTACH_DATABASE;
    action->object = OBJECT_DATABASE;
    action->option = "ATTACH";
    skip_rest(tokens);
    return "ATTACH";
}

static const char *read_detach(struct tokens *tokens, struct action *action)
{
    action->kind = ACTION_ATTACH_DATABASE;
    action->object = OBJECT_DATABASE;
    action->option = "DETACH";
    skip_rest(tokens);
    return "DETACH";
}

// VACUUM [schema] [INTO file]: the whole database is written anew, or a copy of it.
static const char *read_vacuum(struct tokens *tokens, struct action *action)
{
    action->kind = ACTION_VACUUM;
    action->object = OBJECT_DATABASE;
    action->is_full = true;
    if (tokens_is_name(tokens) && !tokens_is(tokens, "INTO"))
        action->relation.schema = tokens_name(tokens);
    if (tokens_accept(tokens, "INTO")) {
        action->is_full = false;
        action->option = "INTO";
        skip_rest(tokens);
    }
    return "VACUUM";
}

// REINDEX [collation | table | index]; the reader resolves which.
static const char *read_reindex(struct tokens *tokens, struct action *action)
{
    action->kind = ACTION_REINDEX;
    action->object = OBJECT_DATABASE;
    if (!tokens_is_kind(tokens, TOKEN_END)) {
        action->object = OBJECT_NONE;
        action->relation = tokens_qualified(tokens);
    }
    return "REINDEX";
}

static const char *read_analyze(struct tokens *tokens, struct action *action)
{
    action->kind = ACTION_ANALYZE;
    action->object = OBJECT_DATABASE;
    if (!tokens_is_kind(tokens, TOKEN_END)) {
        action->object = OBJECT_NONE;
        action->relation = tokens_qualified(tokens);
    }
    return "ANALYZE";
}

// --- data

static const char *read_query(struct tokens *tokens, struct action *action)
{
    static const char *const kinds[] = {
        [QUERY_SELECT] = "SELECT", [QUERY_INSERT] = "INSERT", [QUERY_UPDATE] = "UPDATE",
        [QUERY_DELETE] = "DELETE", [QUERY_MERGE] = "MERGE",   [QUERY_VALUES] = "VALUES",
        [QUERY_COPY] = "COPY",
    };

    action->kind = ACTION_QUERY;
    action->query = sqlite_query_read(tokens);
    action->relation = action->query->target;
    return kinds[action->query->verb];
}

// EXPLAIN [QUERY PLAN] statement: nothing is executed.
static const char *read_explain(struct tokens *tokens, struct action *action)
{
    if (tokens_accept(tokens, "QUERY"))
        tokens_expect(tokens, "PLAN");
    action->kind = ACTION_OTHER;
    if (tokens_is_select(tokens))
        read_query(tokens, action);
    else
        skip_rest(tokens);
    action->option = "EXPLAIN";
    return "EXPLAIN";
}

static const struct {
    const char *word;
    verb_read *read;
    bool is_query; // the first word belongs to the query
} verbs[] = {
    {"ALTER", read_alter, false},       {"ANALYZE", read_analyze, false},
    {"ATTACH", read_attach, false},     {"BEGIN", read_begin, false},
    {"COMMIT", read_commit, false},     {"CREATE", sqlite_create_read, false},
    {"DELETE", read_query, true},       {"DETACH", read_detach, false},
    {"DROP", read_drop, false},         {"END", read_commit, false},
    {"EXPLAIN", read_explain, false},   {"INSERT", read_query, true},
    {"PRAGMA", read_pragma, false},     {"REINDEX", read_reindex, false},
    {"RELEASE", read_release, false},   {"REPLACE", read_query, true},
    {"ROLLBACK", read_rollback, false}, {"SAVEPOINT", read_savepoint, false},
    {"SELECT", read_query, true},       {"UPDATE", read_query, true},
    {"VACUUM", read_vacuum, false},     {"VALUES", read_query, true},
    {"WITH", read_query, true},
};

bool sqlite_actions_read(struct tokens *tokens, struct statement *statement)
{
    struct action action = {.offset = tokens->token.offset};

    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        if (!tokens_is(tokens, verbs[i].word))
            continue;
        if (!verbs[i].is_query)
            tokens_next(tokens);
        statement->kind = verbs[i].read(tokens, &action);
        if (!tokens_is_kind(tokens, TOKEN_END))
            tokens_fail(tokens);
        if (tokens->failed)
            return false;
        *mem_append(tokens->mem, statement->actions, statement->n_actions) = action;
        return true;
    }
    tokens_fail(tokens);
    return false;
}
