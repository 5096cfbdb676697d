/*
 * Prediction: collecting locks, work and losses, each relation once.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/effects_prediction.h"

#include <stdarg.h>

// The name under which others know the relation: that of before a rename in the same migration.
static struct name name_known(const struct prediction *p, const struct schema_relation *relation)
{
    bool is_renamed = relation->renamed_in && relation->renamed_in == p->schema->migration;
    return is_renamed ? relation->name_before : relation->name;
}

static void lock_text(struct prediction *p, const char *text, enum lock_mode mode)
{
    struct effects *effects = p->effects;
    for (size_t i = 0; i < effects->n_locks; i++) {
        if (strcmp(effects->locks[i].relation, text) != 0)
            continue;
        if (mode > effects->locks[i].mode)
            effects->locks[i].mode = mode;
        return;
    }
    struct effect_lock *lock = mem_append(p->mem, effects->locks, effects->n_locks);
    lock->relation = mem_strdup(p->mem, text);
    lock->mode = mode;
    lock->layer = effects->layer;
}

static bool is_system(const struct prediction *p, struct name name)
{
    if (p->schema->dialect == DIALECT_SQLITE)
        return strncmp(name.name, "sqlite_", 7) == 0;
    if (name.schema)
        return strcmp(name.schema, "pg_catalog") == 0 ||
               strcmp(name.schema, "information_schema") == 0;
    return strncmp(name.name, "pg_", 3) == 0;
}

void predict_lock(struct prediction *p, const struct schema_relation *relation, enum lock_mode mode)
{
    if (!schema_is_new(p->schema, relation))
        lock_text(p, schema_name_text(p->tmp, p->schema, name_known(p, relation)), mode);
}

void predict_lock_name(struct prediction *p, struct name name, enum lock_mode mode)
{
    const struct schema_relation *relation = schema_find(p->schema, name);
    if (relation)
        predict_lock(p, relation, mode);
    else if (name.name && !is_system(p, name))
        lock_text(p, schema_name_text(p->tmp, p->schema, name), mode);
}

void predict_lock_index(struct prediction *p, const struct schema_relation *table,
                        const struct schema_index *index, enum lock_mode mode)
{
    struct name name = {table->name.schema, index->name};
    const struct schema_relation *entry = schema_find(p->schema, name);
    if (entry)
        predict_lock(p, entry, mode);
    else if (!schema_is_new(p->schema, table))
        lock_text(p, schema_name_text(p->tmp, p->schema, name), mode);
}

struct relation_list predict_lock_targets(struct prediction *p, enum lock_mode mode)
{
    struct relation_list list = schema_targets(p->tmp, p->schema, p->action);
    for (size_t i = 0; i < list.n; i++)
        predict_lock(p, list.list[i], mode);
    if (!list.n)
        predict_lock_name(p, p->action->relation, mode);
    return list;
}

static void add_once(struct prediction *p, const char ***list, size_t *n, struct name name)
{
    char *text = schema_name_text(p->tmp, p->schema, name);
    for (size_t i = 0; i < *n; i++) {
        if (strcmp((*list)[i], text) == 0)
            return;
    }
    *mem_append(p->mem, *list, *n) = mem_strdup(p->mem, text);
}

// Adds `relation`, or the leaves below it when it is partitioned; not what is new.
static void add_leaves(struct prediction *p, const char ***list, size_t *n,
                       const struct schema_relation *relation)
{
    if (relation->kind != RELATION_PARTITIONED) {
        if (!schema_is_new(p->schema, relation))
            add_once(p, list, n, name_known(p, relation));
        return;
    }
    struct relation_list below = schema_descendants(p->tmp, p->schema, relation);
    for (size_t i = 0; i < below.n; i++) {
        if (below.list[i]->kind != RELATION_PARTITIONED && !schema_is_new(p->schema, below.list[i]))
            add_once(p, list, n, name_known(p, below.list[i]));
    }
}

void predict_scan(struct prediction *p, const struct schema_relation *relation)
{
    add_leaves(p, &p->effects->scans, &p->effects->n_scans, relation);
}

void predict_rewrite(struct prediction *p, const struct schema_relation *relation)
{
    add_leaves(p, &p->effects->rewrites, &p->effects->n_rewrites, relation);
}

void predict_index_build(struct prediction *p, const struct schema_relation *relation)
{
    add_leaves(p, &p->effects->index_builds, &p->effects->n_index_builds, relation);
}

void predict_scan_name(struct prediction *p, struct name name)
{
    const struct schema_relation *relation = schema_find(p->schema, name);
    if (relation)
        predict_scan(p, relation);
    else if (name.name && !is_system(p, name))
        add_once(p, &p->effects->scans, &p->effects->n_scans, name);
}

void predict_rewrite_name(struct prediction *p, struct name name)
{
    const struct schema_relation *relation = schema_find(p->schema, name);
    if (relation)
        predict_rewrite(p, relation);
    else
        add_once(p, &p->effects->rewrites, &p->effects->n_rewrites, name);
}

void predict_index_build_name(struct prediction *p, struct name name)
{
    const struct schema_relation *relation = schema_find(p->schema, name);
    if (relation)
        predict_index_build(p, relation);
    else
        add_once(p, &p->effects->index_builds, &p->effects->n_index_builds, name);
}

void predict_destroy(struct prediction *p, struct name relation, const char *member,
                     const char *what)
{
    const struct schema_relation *known = schema_find(p->schema, relation);
    if (known && schema_is_new(p->schema, known))
        return;
    char *text = schema_name_text(p->mem, p->schema, known ? name_known(p, known) : relation);
    struct effect_destroy *destroy =
        mem_append(p->mem, p->effects->destroys, p->effects->n_destroys);
    destroy->object = member ? mem_printf(p->mem, "%s.%s", text, member) : text;
    destroy->what = what;
}

void predict_unknown(struct prediction *p, const char *format, ...)
{
    if (p->effects->unknown_reason)
        return;
    va_list values;
    va_start(values, format);
    p->effects->unknown_reason = mem_checked(talloc_vasprintf(p->mem, format, values));
    va_end(values);
}
