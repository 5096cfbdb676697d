/*
 * Indexes: building, building again, attaching.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_postgres.h"

void predict_create_index(struct prediction *p)
{
    const struct action *action = p->action;
    enum lock_mode mode = action->concurrently ? LOCK_SHARE_UPDATE_EXCLUSIVE : LOCK_SHARE;
    struct relation_list list = schema_targets(p->tmp, p->schema, action);
    const struct schema_relation *relation = list.n ? list.list[0] : NULL;
    predict_lock_name(p, action->relation, mode);
    struct name name = {relation ? relation->name.schema : action->relation.schema,
                        action->index->name};
    bool exists = name.name && schema_find(p->schema, name);
    if (exists || (relation && relation->kind == RELATION_PARTITIONED && action->only))
        return; // the lock is taken all the same
    if (!list.n) {
        predict_scan_name(p, action->relation);
        predict_index_build_name(p, action->relation);
    }
    for (size_t i = 0; i < list.n; i++) {
        if (i > 0 && !list.list[i]->is_partition)
            continue;
        predict_lock(p, list.list[i], mode);
        predict_scan(p, list.list[i]);
        predict_index_build(p, list.list[i]);
    }
}

static void reindex_table(struct prediction *p, const struct schema_relation *relation)
{
    bool concurrently = p->action->concurrently;
    predict_lock(p, relation, concurrently ? LOCK_SHARE_UPDATE_EXCLUSIVE : LOCK_SHARE);
    predict_lock_indexes(p, relation,
                         concurrently ? LOCK_SHARE_UPDATE_EXCLUSIVE : LOCK_ACCESS_EXCLUSIVE);
    if (relation->n_indexes) {
        predict_scan(p, relation);
        predict_index_build(p, relation);
    }
}

static void reindex_index(struct prediction *p)
{
    bool concurrently = p->action->concurrently;
    enum lock_mode index_mode = concurrently ? LOCK_SHARE_UPDATE_EXCLUSIVE : LOCK_ACCESS_EXCLUSIVE;
    struct schema_index *index;
    const struct schema_relation *table = schema_find_index(p->schema, p->action->relation, &index);
    if (!table) {
        predict_lock_name(p, p->action->relation, index_mode);
        return;
    }
    predict_lock(p, table, concurrently ? LOCK_SHARE_UPDATE_EXCLUSIVE : LOCK_SHARE);
    predict_lock_index(p, table, index, index_mode);
    predict_scan(p, table);
    predict_index_build(p, table);
}

void predict_reindex(struct prediction *p)
{
    const struct action *action = p->action;
    const struct schema_relation *relation = schema_find(p->schema, action->relation);
    if (action->object == OBJECT_INDEX) {
        reindex_index(p);
    } else if (action->object == OBJECT_TABLE && relation) {
        reindex_table(p, relation);
    } else if (action->object == OBJECT_TABLE) {
        predict_lock_name(p, action->relation,
                          action->concurrently ? LOCK_SHARE_UPDATE_EXCLUSIVE : LOCK_SHARE);
        predict_scan_name(p, action->relation);
        predict_index_build_name(p, action->relation);
    } else { // a schema, a database
        for (struct schema_relation *r = schema_next(p->schema, NULL); r;
             r = schema_next(p->schema, r)) {
            if (action->object != OBJECT_SCHEMA ||
                schema_same(p->schema, r->name.schema, action->relation.name))
                reindex_table(p, r);
        }
    }
}

void predict_attach_index(struct prediction *p)
{
    predict_lock_name(p, p->action->relation, LOCK_SHARE_UPDATE_EXCLUSIVE);
    predict_lock_name(p, p->action->other, LOCK_ACCESS_EXCLUSIVE);
    const struct name names[] = {p->action->relation, p->action->other};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct schema_index *index;
        const struct schema_relation *table = schema_find_index(p->schema, names[i], &index);
        if (table)
            predict_lock(p, table, LOCK_ACCESS_SHARE);
    }
}
