/*
 * SQLite's predictor: the whole database is locked for writing by any change, so what is told is the
 * relation that the statement writes, and by which sort of statement.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_prediction.h"

static void predict_sqlite_query(struct prediction *p, const struct query *query)
{
    for (size_t i = 0; i < query->n_reads; i++)
        predict_lock_name(p, query->reads[i], LOCK_ACCESS_SHARE);
    if (query->target.name)
        predict_lock_name(p, query->target, LOCK_ROW_EXCLUSIVE);
}

void predict_sqlite(struct prediction *p)
{
    for (size_t i = 0; i < p->statement->n_actions; i++) {
        const struct action *action = &p->statement->actions[i];
        if (action->kind == ACTION_QUERY)
            predict_sqlite_query(p, action->query);
        else if (action->relation.name && schema_find(p->schema, action->relation))
            predict_lock_name(p, action->relation, LOCK_ACCESS_EXCLUSIVE);
    }
}
