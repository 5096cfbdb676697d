/*
 * Rules on what depends on a column: the server refuses to change it under a view, a
 * generated column, a trigger or a policy.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"
#include "analysis/schema_edit.h"
#include "statement/lexer.h"

// Its columns are known by their last names: with several tables it may be another's.
static bool may_read(const struct schema_relation *view, struct name table, const char *column,
                     bool *is_sure)
{
    *is_sure = view->n_reads == 1;
    bool reads_table = false;
    for (size_t i = 0; i < view->n_reads; i++)
        reads_table = reads_table || name_may_equal(view->reads[i], table);
    return reads_table && (word_in(column, view->read_columns, view->n_read_columns) ||
                           word_in("*", view->read_columns, view->n_read_columns));
}

static bool text_names(const char *text, const char *column)
{
    SCRATCH(tmp);
    if (strstr(text, column) == NULL)
        return false;
    struct lexer lexer = lexer_make(DIALECT_POSTGRES, text, 0, strlen(text));
    for (struct token token = lexer_next(&lexer); token.kind != TOKEN_END;
         token = lexer_next(&lexer)) {
        if ((token.kind == TOKEN_WORD || token.kind == TOKEN_IDENTIFIER) &&
            strcmp(token_value(tmp, &lexer, token), column) == 0)
            return true;
    }
    return false;
}

static const char *find_generated(const struct rule_place *place,
                                  const struct schema_relation *table, const char *column)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct schema_column *other = &table->columns[i];
        if (other->generated_text != NULL && strcmp(other->name, column) != 0 &&
            text_names(other->generated_text, column))
            return mem_printf(place->mem, "generated column '%s'", other->name);
    }
    return NULL;
}

static const char *find_trigger(const struct rule_place *place, const struct schema_relation *table,
                                const char *column)
{
    for (size_t i = 0; i < table->n_triggers; i++) {
        const struct trigger_definition *trigger = table->triggers[i].definition;
        if (trigger != NULL &&
            (word_in(column, trigger->columns, trigger->n_columns) ||
             (trigger->condition != NULL && text_names(trigger->condition->text, column))))
            return mem_printf(place->mem, "trigger '%s'", table->triggers[i].name);
    }
    return NULL;
}

static const char *find_policy(const struct rule_place *place, const struct schema_relation *table,
                               const char *column)
{
    for (size_t i = 0; i < table->n_members; i++) {
        if (word_in(column, table->members[i].columns, table->members[i].n_columns))
            return mem_printf(place->mem, "policy '%s'", table->members[i].name);
    }
    return NULL;
}

// Of the table itself: what the server keeps apart from its rows.
static const char *find_own(const struct rule_place *place, const struct schema_relation *table,
                            const char *column)
{
    const char *reader = find_generated(place, table, column);
    if (reader == NULL)
        reader = find_trigger(place, table, column);
    return reader != NULL ? reader : find_policy(place, table, column);
}

static const char *find_view(const struct rule_place *place, const struct schema_relation *table,
                             const char *column, bool *is_sure)
{
    SCRATCH(tmp);
    struct relation_list views = schema_linked(tmp, place->before, table->name, 1U << LINK_READ);

    for (size_t i = 0; i < views.n; i++) {
        if (may_read(views.list[i], table->name, column, is_sure))
            return mem_printf(place->mem, "view '%s'", place_name(place, views.list[i]->name));
    }
    return NULL;
}

static bool drops_in_statement(const struct rule_place *place, struct name table,
                               const char *column)
{
    const struct statement *statement = place->statement;
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        if (action->kind == ACTION_DROP_COLUMN && name_may_equal(action->relation, table) &&
            strcmp(action->column, column) == 0)
            return true;
    }
    return false;
}

static void depends_on_column(struct rule_place *place, const struct action *action)
{
    bool is_drop = action->kind == ACTION_DROP_COLUMN && !action->cascade;
    const struct schema_relation *table =
        action->relation.name == NULL ? NULL : schema_find(place->before, action->relation);
    if ((!is_drop && action->kind != ACTION_ALTER_TYPE) || table == NULL ||
        (!is_drop && drops_in_statement(place, action->relation, action->column)) ||
        place_adds_column(place, action->relation, action->column))
        return;
    bool is_sure = true;
    const char *reader = find_own(place, table, action->column);
    if (reader == NULL)
        reader = find_view(place, table, action->column, &is_sure);
    if (reader != NULL)
        rule_report_as(place, is_sure ? place->rule->severity : SEVERITY_WARN, NULL,
                       "%s.%s: %s fails: %s %s it", place_name(place, table->name), action->column,
                       is_drop ? "dropping it" : "changing its type", reader,
                       is_sure ? "reads" : "may read");
}

static void check_depends_on_column(struct rule_place *place)
{
    place_each_action(place, depends_on_column);
}

// --- rows

const struct rule rule_depends_on_column = {
    .id = "depends-on-column",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES,
    .in_downs = true,
    .summary =
        "DROP COLUMN without CASCADE, or ALTER COLUMN TYPE, of a column that a view, generated "
        "column, trigger or policy reads",
    .why = "It fails: the server keeps what they read as it was when they were made.",
    .safe_form = "drop the reader first and create it again behind the change, in one transaction",
    .source = "PostgreSQL 15 manual, Dependency Tracking; measured on PostgreSQL 15",
    .kinds = {ACTION_DROP_COLUMN, ACTION_ALTER_TYPE},
    .check = check_depends_on_column,
};
