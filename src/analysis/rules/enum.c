/*
 * Rules on enums: a value that cannot be used yet.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"
#include "statement/lexer.h"

static bool names_type(const struct lexer *lexer, struct token token, TALLOC_CTX *mem,
                       struct name type)
{
    return (token.kind == TOKEN_WORD || token.kind == TOKEN_IDENTIFIER) &&
           strcmp(token_value(mem, lexer, token), type.name) == 0;
}

// The statement has the label as a string; `names`: it names the type as well.
static bool text_uses(const struct statement *statement, const char *label, struct name type,
                      bool *names)
{
    SCRATCH(tmp);
    *names = false;
    if (strstr(statement->sql, label) == NULL)
        return false;
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, statement->sql, 0, strlen(statement->sql));
    bool has_label = false;
    for (struct token token = lexer_next(&lexer); token.kind != TOKEN_END;
         token = lexer_next(&lexer)) {
        has_label = has_label || (token.kind == TOKEN_STRING &&
                                  strcmp(token_value(tmp, &lexer, token), label) == 0);
        *names = *names || names_type(&lexer, token, tmp, type);
    }
    return has_label;
}

static bool has_column_of(const struct rule_place *place, struct name table, struct name type)
{
    const struct schema_relation *relation =
        table.name == NULL ? NULL : schema_find(place->after, table);
    for (size_t i = 0; relation != NULL && i < relation->n_columns; i++) {
        const struct type_name *of = &relation->columns[i].type;
        if (of->name != NULL && name_may_equal((struct name){of->schema, of->name}, type))
            return true;
    }
    return false;
}

// A column of that type stands in a table that the action reads or writes.
static bool touches_type(const struct rule_place *place, const struct action *action,
                         struct name type)
{
    const struct query *query = action->query;
    bool touches = has_column_of(place, action->relation, type);
    if (query == NULL)
        return touches;
    touches = touches || has_column_of(place, query->target, type);
    for (size_t i = 0; !touches && i < query->n_reads; i++)
        touches = has_column_of(place, query->reads[i], type);
    return touches;
}

// Comments and names are no values; bodies are read when they run.
static bool evaluates(const struct action *action)
{
    static const enum action_kind kinds[] = {
        ACTION_QUERY,          ACTION_ADD_COLUMN,    ACTION_SET_DEFAULT,   ACTION_ALTER_TYPE,
        ACTION_ADD_CONSTRAINT, ACTION_CREATE_INDEX,  ACTION_CREATE_TABLE,  ACTION_CREATE_TABLE_AS,
        ACTION_CREATE_VIEW,    ACTION_CREATE_POLICY, ACTION_CREATE_TRIGGER};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (action->kind == kinds[i])
            return true;
    }
    return false;
}

static bool statement_uses(const struct rule_place *place, const struct statement *statement,
                           const struct action *added)
{
    bool names;
    if (!text_uses(statement, added->member, added->relation, &names))
        return false;
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        if (evaluates(action) && (names || touches_type(place, action, added->relation)))
            return true;
    }
    return false;
}

static bool begins(const struct statement *statement)
{
    return statement->n_actions > 0 && statement->actions[0].kind == ACTION_BEGIN;
}

static bool ends(const struct statement *statement)
{
    return statement->n_actions > 0 && (statement->actions[0].kind == ACTION_COMMIT ||
                                        statement->actions[0].kind == ACTION_ROLLBACK);
}

// Values of a type that the same transaction makes may be used at once.
static bool is_made_here(const struct rule_place *place, size_t end, struct name type)
{
    for (size_t i = 0; i < end; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            if (statement->actions[j].kind == ACTION_CREATE_TYPE &&
                name_may_equal(statement->actions[j].relation, type))
                return true;
        }
    }
    return false;
}

// IF NOT EXISTS of a value that is there adds nothing.
static bool is_there(const struct rule_place *place, const struct action *added)
{
    const struct schema_type *type = schema_find_type(place->before, added->relation);
    return type != NULL && added->if_exists && word_in(added->member, type->labels, type->n_labels);
}

static void find_use(struct rule_place *place, size_t index, const struct action *added)
{
    if (is_made_here(place, index, added->relation) || is_there(place, added))
        return;
    for (size_t i = index + 1; i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        if (ends(statement))
            return;
        if (!statement_uses(place, statement, added))
            continue;
        place->statement = statement;
        rule_report(place,
                    "uses '%s' of %s, which line %zu adds in the same transaction: unsafe "
                    "use of new value",
                    added->member, place_name(place, added->relation),
                    place->script->statements[index].line);
        return;
    }
}

static void check_enum_value_used(struct rule_place *place)
{
    struct rule_place at = *place;
    bool is_open = false;
    for (size_t i = 0; i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        is_open = (is_open || begins(statement)) && !ends(statement);
        for (size_t j = 0; (place->in_transaction || is_open) && j < statement->n_actions; j++) {
            if (statement->actions[j].kind == ACTION_ADD_ENUM_VALUE)
                find_use(&at, i, &statement->actions[j]);
        }
    }
}

// --- rows

const struct rule rule_enum_value_used_in_same_transaction = {
    .id = "enum-value-used-in-same-transaction",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES,
    .in_downs = true,
    .summary = "ALTER TYPE ... ADD VALUE, and the value is used before that is committed",
    .why = "The server refuses a new value until its transaction has committed, unless the type is "
           "new as well.",
    .safe_form = "add the value in a migration of its own, use it in the next",
    .source = "PostgreSQL 15 manual, ALTER TYPE; measured on PostgreSQL 15",
    .kinds = {ACTION_ADD_ENUM_VALUE},
    .check_migration = check_enum_value_used,
};
