/*
 * Indexes: building, building again, attaching.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_postgres.h"

void predict_create_index(struct prediction *p)
{
    const struct action *action = p->action;
    const struct schema_relation *relation = schema_find(p->schema, action->relation);
    struct name name = {relation ? relation->name.schema : action->relation.schema,
                        action->index->name};
    enum postgres_form form = FORM_CREATE_INDEX;
    if (action->concurrently)
        form = FORM_CREATE_INDEX_CONCURRENTLY;
    else if (relation && relation->kind == RELATION_PARTITIONED && action->only)
        form = FORM_CREATE_INDEX_ONLY;
    else if (name.name && schema_find(p->schema, name))
        form = FORM_CREATE_INDEX_EXISTS; // the lock is taken all the same
    const struct postgres_fact *fact = predict_form(p, form);
    if (form == FORM_CREATE_INDEX_CONCURRENTLY && name.name && schema_find(p->schema, name))
        predict_role_lock(p, fact, ROLE_TABLE, relation);
    else
        predict_role_targets(p, fact);
}

static void reindex_table(struct prediction *p, const struct postgres_fact *fact,
                          enum fact_role role, const struct schema_relation *relation)
{
    predict_role_lock(p, fact, role, relation);
    predict_role_indexes(p, fact, ROLE_INDEX, relation);
    if (relation->n_indexes)
        predict_role_work(p, fact, role, relation);
}

static void reindex_index(struct prediction *p, const struct postgres_fact *fact)
{
    struct schema_index *index;
    const struct schema_relation *table = schema_find_index(p->schema, p->action->relation, &index);
    if (!table) {
        predict_lock_name(p, p->action->relation, postgres_fact_effect(fact, ROLE_INDEX)->mode);
        return;
    }
    predict_role(p, fact, ROLE_TABLE, table);
    predict_role_index(p, fact, ROLE_INDEX, table, index);
}

void predict_reindex(struct prediction *p)
{
    const struct action *action = p->action;
    const struct schema_relation *relation = schema_find(p->schema, action->relation);
    bool is_many = (action->object != OBJECT_INDEX && action->object != OBJECT_TABLE) ||
                   (relation && relation->kind == RELATION_PARTITIONED);
    enum postgres_form form = is_many ? FORM_REINDEX_MANY : FORM_REINDEX;
    const struct postgres_fact *fact =
        predict_form(p, action->concurrently ? FORM_REINDEX_CONCURRENTLY : form);
    if (action->object == OBJECT_INDEX) {
        reindex_index(p, fact);
    } else if (action->object == OBJECT_TABLE && relation) {
        struct relation_list list = schema_targets(p->tmp, p->schema, action);
        for (size_t i = 0; i < list.n; i++) {
            if (target_role(list, i) != ROLE_CHILD && list.list[i]->kind != RELATION_PARTITIONED)
                reindex_table(p, fact, target_role(list, i), list.list[i]);
        }
    } else if (action->object == OBJECT_TABLE) {
        predict_role_name(p, fact, ROLE_TABLE, action->relation);
        predict_index_build_name(p, action->relation);
    } else { // a schema, a database
        for (struct schema_relation *r = schema_next(p->schema, NULL); r;
             r = schema_next(p->schema, r)) {
            bool is_inside = action->object != OBJECT_SCHEMA ||
                             schema_same(p->schema, r->name.schema, action->relation.name);
            if (is_inside && (r->kind == RELATION_TABLE || r->kind == RELATION_MATERIALIZED_VIEW))
                reindex_table(p, fact, ROLE_TABLE, r);
        }
    }
}

void predict_attach_index(struct prediction *p)
{
    const struct postgres_fact *fact = predict_form(p, FORM_ATTACH_INDEX);
    const struct {
        struct name name;
        enum fact_role index, table;
    } both[] = {{p->action->relation, ROLE_PARENT_INDEX, ROLE_PARENT},
                {p->action->other, ROLE_INDEX, ROLE_ATTACHED}};
    for (size_t i = 0; i < COUNT_OF(both); i++) {
        struct schema_index *index;
        const struct schema_relation *table = schema_find_index(p->schema, both[i].name, &index);
        predict_role_name(p, fact, both[i].index, both[i].name);
        if (table)
            predict_role(p, fact, both[i].table, table);
    }
}
