/*
 * Named: looked up in the statement that the finding stands at.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/named.h"
#include "analysis/rule.h"
#include "base/text.h"

// Findings by which a name goes away, becomes required or means something else.
static const struct {
    const char *rule;
    enum named_fate fate;
} fates[] = {
    {"drop-table", FATE_GONE},
    {"drop-column", FATE_GONE},
    {"drop-schema", FATE_GONE},
    {"rename-table", FATE_GONE},
    {"rename-column", FATE_GONE},
    {"rename-object", FATE_GONE},
    {"drop-interface", FATE_GONE},
    {"view-loses-column", FATE_GONE},
    {"required-column", FATE_REQUIRED},
    {"not-null-no-default", FATE_REQUIRED},
    {"default-changed", FATE_CHANGED},
    {"drop-not-null", FATE_CHANGED},
    {"type-change-visible", FATE_CHANGED},
    {"json-column", FATE_CHANGED},
};

static bool find_fate(const char *rule, enum named_fate *out)
{
    for (size_t i = 0; i < COUNT_OF(fates); i++) {
        if (text_equal(fates[i].rule, rule)) {
            *out = fates[i].fate;
            return true;
        }
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
    enum named_fate fate = FATE_GONE;
    const struct rule *rule =
        finding->tool == NULL && find_fate(finding->rule, &fate) ? rule_find(finding->rule) : NULL;
    const struct statement *statement = rule == NULL ? NULL : statement_at(assessment, finding);
    for (size_t i = 0; statement != NULL && i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        struct named named = name_of(action);
        const char *word = named.column != NULL ? named.column : named.table;
        // One of several actions: the one that the message is about.
        if (!looks_at(rule, action->kind) || word == NULL || strstr(finding->message, word) == NULL)
            continue;
        named.fate = fate;
        *out = named;
        return true;
    }
    return false;
}
