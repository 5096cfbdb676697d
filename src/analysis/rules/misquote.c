/*
 * Rule on names in double quotes that SQLite takes for strings, because no column is called so.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"
#include "statement/lexer.h"

static bool is_comparison(const struct lexer *lexer, struct token token)
{
    static const char *const words[] = {"is", "in", "like", "between", "not", "glob"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (token_is(lexer, token, words[i]))
            return true;
    }
    return token.kind == TOKEN_OPERATOR && strchr("=<>!", lexer->text[token.offset]) != NULL;
}

// Is `name` compared with something that stands behind it, as a column is?
static bool is_compared(const struct rule_place *place, const char *name)
{
    SCRATCH(tmp);
    const char *sql = place->statement->sql;
    struct lexer lexer = lexer_make(DIALECT_SQLITE, sql, 0, strlen(sql));
    bool was_name = false;
    for (struct token token = lexer_next(&lexer); token.kind != TOKEN_END;
         token = lexer_next(&lexer)) {
        if (was_name && is_comparison(&lexer, token))
            return true;
        was_name = token.kind == TOKEN_IDENTIFIER && sql[token.offset] == '"' &&
                   strcmp(token_value(tmp, &lexer, token), name) == 0;
    }
    return false;
}

// In a key of an index, or copied to every row.
static bool stands_for_column(const struct action *action)
{
    const struct query *query = action->query;
    return action->kind == ACTION_CREATE_INDEX ||
           (query != NULL && query->verb == QUERY_INSERT && !query->has_values);
}

static void check_double_quoted_string(struct rule_place *place)
{
    const struct statement *statement = place->statement;
    const char *worst = NULL;
    bool is_column = false;
    for (size_t i = 0; i < statement->n_strings && !is_column; i++) {
        worst = statement->strings[i];
        is_column =
            stands_for_column(&statement->actions[0]) || is_compared(place, statement->strings[i]);
    }
    if (is_column)
        rule_report(place,
                    "there is no column %s: SQLite takes \"%s\" for the string '%s', the "
                    "same for every row",
                    worst, worst, worst);
    else if (worst != NULL)
        rule_report_as(place, SEVERITY_NOTE, NULL,
                       "\"%s\" is a string here, but a column as soon as one is called so", worst);
}

const struct rule rule_double_quoted_string = {
    .id = "double-quoted-string",
    .severity = SEVERITY_WARN,
    .dialects = SQLITE,
    .in_downs = true,
    .summary = "a name in double quotes that is no column: SQLite takes it for a string",
    .why = "A misspelt column fails nowhere: WHERE compares a constant, a copy writes it to every "
           "row. Libraries built with SQLITE_DQS=0 refuse it. A note where a string is meant.",
    .safe_form = "strings in single quotes, and the column as it is called",
    .source = "SQLite, Quirks, 8; measured on SQLite 3.40",
    .kinds = {ACTION_QUERY, ACTION_CREATE_TABLE_AS, ACTION_CREATE_INDEX},
    .check = check_double_quoted_string,
};
