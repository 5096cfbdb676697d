/*
 * Roles: what a row of the table of facts says, done to the relations that have these roles.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_postgres.h"

const struct postgres_fact *predict_form(struct prediction *p, enum postgres_form form)
{
    struct effects *effects = p->effects;
    const struct postgres_fact *fact = postgres_fact_of(form, p->pg_version);
    for (size_t i = 0; i < effects->n_facts; i++) {
        if (effects->facts[i] == fact)
            return fact;
    }
    *mem_append(p->mem, effects->facts, effects->n_facts) = fact;
    return fact;
}

void predict_role_index(struct prediction *p, const struct postgres_fact *fact, enum fact_role role,
                        const struct schema_relation *table, const struct schema_index *index)
{
    const struct fact_effect *effect = postgres_fact_effect(fact, role);
    if (!effect)
        return;
    predict_lock_index(p, table, index, effect->mode);
    if (effect->work & WORK_BUILD)
        predict_index_build(p, table);
}

void predict_role_indexes(struct prediction *p, const struct postgres_fact *fact,
                          enum fact_role role, const struct schema_relation *table)
{
    for (size_t i = 0; i < table->n_indexes; i++)
        predict_role_index(p, fact, role, table, &table->indexes[i]);
}

void predict_role_work(struct prediction *p, const struct postgres_fact *fact, enum fact_role role,
                       const struct schema_relation *relation)
{
    const struct fact_effect *effect = postgres_fact_effect(fact, role);
    unsigned work = effect ? effect->work : 0;
    if (work & WORK_SCAN)
        predict_scan(p, relation);
    if (work & WORK_BUILD)
        predict_index_build(p, relation);
    if (!(work & WORK_REWRITE))
        return;
    predict_rewrite(p, relation);
    if (relation->kind != RELATION_PARTITIONED) // nothing is stored in it, nor in its indexes
        predict_role_indexes(p, fact, ROLE_INDEX, relation);
}

void predict_role_lock(struct prediction *p, const struct postgres_fact *fact, enum fact_role role,
                       const struct schema_relation *relation)
{
    const struct fact_effect *effect = postgres_fact_effect(fact, role);
    if (effect)
        predict_lock(p, relation, effect->mode);
}

void predict_role(struct prediction *p, const struct postgres_fact *fact, enum fact_role role,
                  const struct schema_relation *relation)
{
    predict_role_lock(p, fact, role, relation);
    predict_role_work(p, fact, role, relation);
}

void predict_role_name(struct prediction *p, const struct postgres_fact *fact, enum fact_role role,
                       struct name name)
{
    const struct schema_relation *relation = schema_find(p->schema, name);
    const struct fact_effect *effect = postgres_fact_effect(fact, role);
    if (relation) {
        predict_role(p, fact, role, relation);
        return;
    }
    if (!effect || !name.name)
        return;
    predict_lock_name(p, name, effect->mode);
    if (effect->work & WORK_SCAN)
        predict_scan_name(p, name);
    if (effect->work & WORK_BUILD)
        predict_index_build_name(p, name);
    if (effect->work & WORK_REWRITE)
        predict_rewrite_name(p, name);
}

enum fact_role target_role(struct relation_list list, size_t i)
{
    if (i == 0)
        return ROLE_TABLE;
    return list.list[i]->is_partition ? ROLE_PARTITION : ROLE_CHILD;
}

struct relation_list predict_role_targets(struct prediction *p, const struct postgres_fact *fact)
{
    struct relation_list all = schema_targets(p->tmp, p->schema, p->action);
    struct relation_list list = {0};
    for (size_t i = 0; i < all.n; i++) {
        enum fact_role role = target_role(all, i);
        if (!postgres_fact_effect(fact, role))
            continue;
        predict_role(p, fact, role, all.list[i]);
        list_add(p->tmp, &list, all.list[i]);
    }
    if (!all.n)
        predict_role_name(p, fact, ROLE_TABLE, p->action->relation);
    return list;
}

void predict_role_sequences(struct prediction *p, const struct postgres_fact *fact,
                            const struct schema_relation *relation, const char *column)
{
    struct relation_list list = {0};
    if (postgres_fact_effect(fact, ROLE_OWNED_SEQUENCE))
        list = schema_sequences(p->tmp, p->schema, relation->name, column);
    for (size_t i = 0; i < list.n; i++)
        predict_role(p, fact, ROLE_OWNED_SEQUENCE, list.list[i]);
}

void predict_role_referenced(struct prediction *p, const struct postgres_fact *fact,
                             struct name referenced)
{
    const struct schema_relation *relation = schema_find(p->schema, referenced);
    struct relation_list all = {0};
    if (relation && relation->kind == RELATION_PARTITIONED)
        all = schema_descendants(p->tmp, p->schema, relation);
    if (!all.n)
        predict_role_name(p, fact, ROLE_REFERENCED, referenced);
    for (size_t i = 0; i < all.n; i++)
        predict_role(p, fact, ROLE_REFERENCED, all.list[i]);
}

void predict_role_dropped(struct prediction *p, const struct postgres_fact *fact,
                          enum fact_role role, const struct schema_relation *relation)
{
    predict_role(p, fact, role, relation);
    predict_role_indexes(p, fact, ROLE_INDEX, relation);
    predict_role_sequences(p, fact, relation, NULL);
    for (size_t i = 0; i < relation->n_constraints; i++) {
        if (relation->constraints[i].kind == CONSTRAINT_FOREIGN_KEY)
            predict_role_referenced(p, fact, relation->constraints[i].references);
    }
}
