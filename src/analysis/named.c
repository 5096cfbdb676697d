/*
 * Named: looked up in the statement that the finding stands at.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/named.h"
#include "analysis/rule.h"

// Findings by which a name goes away, becomes required or means something else.
static const char *const rules[] = {
    "drop-table",        "drop-column",     "drop-schema",         "rename-table",
    "rename-column",     "required-column", "rename-object",       "drop-interface",
    "default-changed",   "drop-not-null",   "type-change-visible", "not-null-no-default",
    "view-loses-column", "json-column",
};

static bool is_asked(const char *rule)
{
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        if (strcmp(rules[i], rule) == 0)
            return true;
    }
    return false;
}

static const struct statement *statement_at(const struct assessment *assessment,
                                            const struct finding *finding)
{
    for (size_t i = 0; i < assessment->n_scripts; i++) {
        const struct script *script = assessment->scripts[i].script;
        if (assessment->scripts[i].is_down || strcmp(script->path, finding->path) != 0)
            continue;
        for (size_t j = 0; j < script->n_statements; j++) {
            const struct statement *s = &script->statements[j];
            if (s->line == finding->line && s->column == finding->column)
                return s;
        }
    }
    return NULL;
}

static bool looks_at(const struct rule *rule, enum action_kind kind)
{
    for (size_t i = 0; i < COUNT_OF(rule->kinds) && rule->kinds[i] != ACTION_OTHER; i++) {
        if (rule->kinds[i] == kind)
            return true;
    }
    return rule->kinds[0] == ACTION_OTHER;
}

static struct named name_of(const struct action *action)
{
    struct named named = {.table = action->relation.name != NULL ? action->relation.name
                                                                 : action->member};
    if (action_is_of_column(action->kind))
        named.column = action->column;
    else if (action->kind == ACTION_RENAME_ENUM_VALUE)
        named.column = action->member;
    return named;
}

bool named_by(const struct assessment *assessment, const struct finding *finding, struct named *out)
{
    const struct rule *rule =
        finding->tool == NULL && is_asked(finding->rule) ? rule_find(finding->rule) : NULL;
    const struct statement *statement = rule == NULL ? NULL : statement_at(assessment, finding);
    for (size_t i = 0; statement != NULL && i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        struct named named = name_of(action);
        const char *word = named.column != NULL ? named.column : named.table;
        // One of several actions: the one that the message is about.
        if (!looks_at(rule, action->kind) || word == NULL || strstr(finding->message, word) == NULL)
            continue;
        *out = named;
        return true;
    }
    return false;
}
