/*
 * Touched: which actions alter rows, names or columns.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/touched.h"
#include "base/text.h"

static void add(TALLOC_CTX *mem, struct touched *touched, struct name relation, const char *column)
{
    if (relation.name != NULL)
        *mem_append(mem, touched->list, touched->n) = (struct touch){relation, column};
}

static void add_query(TALLOC_CTX *mem, struct touched *touched, const struct query *query)
{
    if (query->verb == QUERY_SELECT || query->verb == QUERY_VALUES || query->copies_to)
        return;
    if (query->verb != QUERY_UPDATE)
        add(mem, touched, query->target, NULL);
    for (size_t i = 0; query->verb == QUERY_UPDATE && i < query->n_assignments; i++)
        add(mem, touched, query->target, query->assignments[i].column);
}

static void add_queries(TALLOC_CTX *mem, struct touched *touched, const struct query *query)
{
    add_query(mem, touched, query);
    for (size_t i = 0; i < query->n_inner; i++)
        add_query(mem, touched, query->inner[i]);
}

void touched_add(TALLOC_CTX *mem, struct touched *touched, const struct action *action)
{
    switch ((int)action->kind) {
    case ACTION_QUERY:
        if (action->query != NULL)
            add_queries(mem, touched, action->query);
        break;
    case ACTION_RENAME:
        add(mem, touched, action->relation, NULL);
        add(mem, touched, (struct name){action->relation.schema, action->new_name}, NULL);
        break;
    case ACTION_SET_SCHEMA:
        add(mem, touched, action->relation, NULL);
        add(mem, touched, (struct name){action->new_name, action->relation.name}, NULL);
        break;
    case ACTION_ATTACH_PARTITION:
    case ACTION_DETACH_PARTITION:
    case ACTION_INHERIT:
    case ACTION_NO_INHERIT: add(mem, touched, action->other, NULL); // fall through
    case ACTION_TRUNCATE:
    case ACTION_DROP: add(mem, touched, action->relation, NULL); break;
    case ACTION_RENAME_COLUMN:
        add(mem, touched, action->relation, action->new_name); // fall through
    case ACTION_DROP_COLUMN:
    case ACTION_ALTER_TYPE: add(mem, touched, action->relation, action->column); break;
    default: break;
    }
}

void touched_add_statement(TALLOC_CTX *mem, struct touched *touched,
                           const struct statement *statement, const struct effects *effects)
{
    for (size_t i = 0; i < statement->n_actions; i++)
        touched_add(mem, touched, &statement->actions[i]);
    touched->everything = touched->everything || effects->unknown_reason != NULL;
}

static bool is_of(const struct touch *touch, struct name relation)
{
    return text_equal(touch->relation.name, relation.name) &&
           (touch->relation.schema == NULL || relation.schema == NULL ||
            strcmp(touch->relation.schema, relation.schema) == 0);
}

bool touched_has(const struct touched *touched, struct name relation, const char *const *columns,
                 size_t n)
{
    for (size_t i = 0; i < touched->n; i++) {
        const struct touch *touch = &touched->list[i];
        if (!is_of(touch, relation))
            continue;
        if (touch->column == NULL)
            return true;
        for (size_t j = 0; j < n; j++) {
            if (strcmp(touch->column, columns[j]) == 0)
                return true;
        }
    }
    return touched->everything;
}
