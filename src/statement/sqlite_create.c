/*
 * CREATE of SQLite: tables, virtual tables, indexes, views, triggers.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/sqlite_definition.h"

#include "base/text.h"
#include "statement/sqlite_constraint.h"
#include "statement/sqlite_expression.h"
#include "statement/sqlite_query.h"

static bool is_table_constraint(const struct tokens *tokens)
{
    return tokens_is(tokens, "CONSTRAINT") || tokens_is(tokens, "PRIMARY") ||
           tokens_is(tokens, "UNIQUE") || tokens_is(tokens, "CHECK") ||
           tokens_is(tokens, "FOREIGN");
}

static void read_table_constraint(struct tokens *tokens, struct action *action)
{
    struct constraint constraint = {.offset = tokens->token.offset};

    if (tokens_accept(tokens, "CONSTRAINT")) {
        constraint.name = tokens_name(tokens);
        if (!is_table_constraint(tokens))
            return; // SQLite takes a CONSTRAINT name with nothing behind it
    }
    sqlite_table_constraint_read(tokens, &constraint);
    *mem_append(tokens->mem, action->constraints, action->n_constraints) = constraint;
}

static struct column *column_find(const struct action *action, const char *name)
{
    for (size_t i = 0; i < action->n_columns; i++)
        if (text_equal_nocase(action->columns[i].name, name))
            return &action->columns[i];
    return NULL;
}

// Key columns are NOT NULL where SQLite makes them so: the rowid's alias (INTEGER PRIMARY KEY),
// WITHOUT ROWID and STRICT tables. Elsewhere they may hold NULL.
// Source: lang_createtable.html 3.5, measured in test_sqlite_create.
static void mark_key_columns(struct action *action, bool is_enforced)
{
    for (size_t i = 0; i < action->n_columns; i++) {
        struct column *column = &action->columns[i];
        for (size_t c = 0; c < column->n_constraints; c++)
            if (column->constraints[c].kind == CONSTRAINT_PRIMARY_KEY && is_enforced)
                column->is_not_null = true;
    }
    for (size_t i = 0; i < action->n_constraints; i++) {
        const struct constraint *key = &action->constraints[i];
        if (key->kind != CONSTRAINT_PRIMARY_KEY)
            continue;
        for (size_t c = 0; c < key->n_columns; c++) {
            struct column *column = column_find(action, key->columns[c]);
            if (!column)
                continue;
            bool is_rowid = key->n_columns == 1 && text_equal_nocase(column->type.name, "INTEGER");
            column->is_not_null |= is_enforced || is_rowid;
        }
    }
}

// Columns and constraints between the parentheses, options behind them.
static void read_table_body(struct tokens *tokens, struct action *action)
{
    tokens_expect_kind(tokens, TOKEN_OPEN);
    do
        sqlite_column_read(tokens, mem_append(tokens->mem, action->columns, action->n_columns));
    while (tokens_accept_kind(tokens, TOKEN_COMMA) && !is_table_constraint(tokens));
    while (is_table_constraint(tokens)) {
        read_table_constraint(tokens, action);
        tokens_accept_kind(tokens, TOKEN_COMMA); // SQLite needs none between them
    }
    tokens_expect_kind(tokens, TOKEN_CLOSE);
    bool is_without_rowid = false, is_strict = false;
    while (tokens_is_kind(tokens, TOKEN_WORD)) {
        is_strict |= tokens_is(tokens, "STRICT");
        if (tokens_accept(tokens, "WITHOUT"))
            is_without_rowid = true;
        tokens_name(tokens);
        tokens_accept_kind(tokens, TOKEN_COMMA);
    }
    if (is_without_rowid || is_strict)
        action->option =
            !is_strict ? "WITHOUT ROWID" : (is_without_rowid ? "WITHOUT ROWID,STRICT" : "STRICT");
    mark_key_columns(action, is_without_rowid || is_strict);
}

static const char *read_table(struct tokens *tokens, struct action *action)
{
    action->object = OBJECT_TABLE;
    action->if_exists = tokens_accept_if_exists(tokens);
    action->relation = tokens_qualified(tokens);
    if (tokens_accept(tokens, "AS")) {
        action->kind = ACTION_CREATE_TABLE_AS;
        action->query = sqlite_select_read(tokens);
        return "CREATE TABLE AS";
    }
    action->kind = ACTION_CREATE_TABLE;
    read_table_body(tokens, action);
    return "CREATE TABLE";
}

static const char *read_virtual_table(struct tokens *tokens, struct action *action)
{
    tokens_expect(tokens, "TABLE");
    action->kind = ACTION_CREATE_TABLE;
    action->object = OBJECT_TABLE;
    action->if_exists = tokens_accept_if_exists(tokens);
    action->relation = tokens_qualified(tokens);
    tokens_expect(tokens, "USING");
    action->option = mem_printf(tokens->mem, "USING %s", tokens_name(tokens));
    if (tokens_is_kind(tokens, TOKEN_OPEN))
        tokens_skip_parentheses(tokens);
    return "CREATE VIRTUAL TABLE";
}

static const char *read_index(struct tokens *tokens, struct action *action, bool is_unique)
{
    struct index_definition *index = mem_new(tokens->mem, struct index_definition);

    action->kind = ACTION_CREATE_INDEX;
    action->object = OBJECT_INDEX;
    action->index = index;
    action->if_exists = tokens_accept_if_exists(tokens);
    struct name name = tokens_qualified(tokens);
    index->name = name.name;
    index->method = "btree";
    index->is_unique = is_unique;
    tokens_expect(tokens, "ON");
    action->relation = (struct name){.schema = name.schema, .name = tokens_name(tokens)};
    index->columns = sqlite_index_columns_read(tokens, &index->n_columns);
    if (tokens_accept(tokens, "WHERE"))
        index->predicate = sqlite_expression_make(tokens);
    return "CREATE INDEX";
}

static const char *read_view(struct tokens *tokens, struct action *action)
{
    action->kind = ACTION_CREATE_VIEW;
    action->object = OBJECT_VIEW;
    action->if_exists = tokens_accept_if_exists(tokens);
    action->relation = tokens_qualified(tokens);
    size_t n = 0;
    const char **columns = NULL;
    if (tokens_is_kind(tokens, TOKEN_OPEN))
        columns = tokens_name_list(tokens, &n);
    tokens_expect(tokens, "AS");
    action->query = sqlite_select_read(tokens);
    for (size_t i = 0; i < n && i < action->query->n_outputs; i++)
        action->query->output_names[i] = columns[i];
    return "CREATE VIEW";
}

// [BEFORE | AFTER | INSTEAD OF] DELETE | INSERT | UPDATE [OF a, b] ON table … BEGIN … END
static const char *read_trigger(struct tokens *tokens, struct action *action)
{
    action->kind = ACTION_CREATE_TRIGGER;
    action->object = OBJECT_TRIGGER;
    action->if_exists = tokens_accept_if_exists(tokens);
    struct name name = tokens_qualified(tokens);
    action->member = name.name;
    while (!tokens_is(tokens, "ON") && !tokens_is_kind(tokens, TOKEN_END))
        tokens_next(tokens);
    tokens_expect(tokens, "ON");
    action->relation = tokens_qualified(tokens);
    if (!action->relation.schema)
        action->relation.schema = name.schema;
    while (!tokens_is(tokens, "BEGIN") && !tokens_is_kind(tokens, TOKEN_END))
        tokens_next(tokens);
    size_t start = tokens->token.offset;
    tokens_expect(tokens, "BEGIN");
    while (!tokens_is_kind(tokens, TOKEN_END))
        tokens_next(tokens);
    action->language = "sql";
    action->body = tokens_text(tokens, start);
    return "CREATE TRIGGER";
}

const char *sqlite_create_read(struct tokens *tokens, struct action *action)
{
    bool is_unique = tokens_accept(tokens, "UNIQUE");

    action->is_temporary = tokens_accept(tokens, "TEMP") || tokens_accept(tokens, "TEMPORARY");
    if (tokens_accept(tokens, "TABLE"))
        return read_table(tokens, action);
    if (tokens_accept(tokens, "VIRTUAL"))
        return read_virtual_table(tokens, action);
    if (tokens_accept(tokens, "INDEX"))
        return read_index(tokens, action, is_unique);
    if (tokens_accept(tokens, "VIEW"))
        return read_view(tokens, action);
    tokens_expect(tokens, "TRIGGER");
    return read_trigger(tokens, action);
}
