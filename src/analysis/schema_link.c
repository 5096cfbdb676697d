/*
 * Links: who may point at a relation, found by that relation's name.
 *
 * They live in the pool and are only ever added to, so copies of a schema share them at no cost: a
 * link says that some copy of the source pointed there at some time, and who asks looks whether it
 * does here and now. A list is freed of what stands in it twice when it is full.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema_edit.h"

#include <stdlib.h>

enum { FIRST_ROOM = 4 };

struct linked {
    struct name name;
    struct name *sources;
    size_t n, room;
};

static int compare_names(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : strcmp(x->schema, y->schema);
}

static void linked_make_room(struct schema_pool *pool, struct linked *linked)
{
    size_t n = 0;
    if (linked->n > 0)
        qsort(linked->sources, linked->n, sizeof(*linked->sources), compare_names);
    for (size_t i = 0; i < linked->n; i++) {
        if (n == 0 || compare_names(&linked->sources[n - 1], &linked->sources[i]) != 0)
            linked->sources[n++] = linked->sources[i];
    }
    linked->n = n;
    if (n <= linked->room / 2 && linked->room > 0)
        return;
    linked->room = linked->room ? linked->room * 2 : (size_t)FIRST_ROOM;
    linked->sources =
        mem_checked(talloc_realloc(pool, linked->sources, struct name, (unsigned)linked->room));
}

static void link_add(struct schema *schema, struct name target, enum schema_link link,
                     struct name source)
{
    struct schema_pool *pool = schema->pool;
    struct linked *linked = name_table_find(&pool->links[link], target);
    if (!linked) {
        linked = mem_new(pool, struct linked);
        linked->name = target;
        name_table_put(&pool->links[link], linked);
    }
    if (linked->n && compare_names(&linked->sources[linked->n - 1], &source) == 0)
        return;
    if (linked->n == linked->room)
        linked_make_room(pool, linked);
    linked->sources[linked->n++] = source;
}

static void mark(struct schema *schema, struct name name, enum schema_link link, struct name source)
{
    if (!name.name)
        return;
    name = schema_resolve(schema, name);
    link_add(schema, name, link, source);
    struct schema_relation *target = name_table_find(&schema->relations, name);
    schema->dangles |= !target && link != LINK_OWNER; // an index is there before its table
    if (target) { // also in copies that share it: "perhaps" is true there as well
        target->has_children |= link == LINK_PARENT;
        target->is_referenced |= link == LINK_REFERENCE;
    }
}

void schema_mark_constraint(struct schema *schema, const struct schema_relation *relation,
                            const struct schema_constraint *constraint)
{
    struct schema_pool *pool = schema->pool;
    struct name target = constraint->references;
    if (target.name && !name_equals(target, relation->name, relation->ignores_case))
        mark(schema, target, LINK_REFERENCE, relation->name);
    struct name own = {NULL, constraint->name};
    if (!own.name || name_table_find(&pool->constraint_names, own))
        return;
    struct name *kept = mem_new(pool, struct name);
    *kept = own;
    name_table_put(&pool->constraint_names, kept);
}

bool schema_may_have_constraint(const struct schema *schema, const char *name)
{
    return schema->needs_links ||
           name_table_find(&schema->pool->constraint_names, (struct name){NULL, name});
}

void schema_mark_links(struct schema *schema, const struct schema_relation *relation)
{
    for (size_t i = 0; i < relation->n_parents; i++)
        mark(schema, relation->parents[i], LINK_PARENT, relation->name);
    for (size_t i = 0; i < relation->n_constraints; i++)
        schema_mark_constraint(schema, relation, &relation->constraints[i]);
    for (size_t i = 0; i < relation->n_reads; i++)
        mark(schema, relation->reads[i], LINK_READ, relation->name);
    if (relation->owned_by.name)
        mark(schema, relation->owned_by, LINK_OWNER, relation->name);
}

// --- asking

static int compare_places(const void *a, const void *b)
{
    const struct schema_relation *const *x = a, *const *y = b;
    return ((*x)->place > (*y)->place) - ((*x)->place < (*y)->place);
}

static void add_linked(TALLOC_CTX *mem, const struct schema *schema, const struct linked *linked,
                       struct relation_list *list)
{
    for (size_t i = 0; linked && i < linked->n; i++) {
        size_t place = name_table_place(&schema->relations, &linked->sources[i]);
        struct schema_relation *source = name_table_at(&schema->relations, place);
        if (!source)
            continue;
        source->place = place;
        *mem_append(mem, list->list, list->n) = source;
    }
}

static struct relation_list all_relations(TALLOC_CTX *mem, const struct schema *schema)
{
    struct relation_list list = {0};
    for (struct schema_relation *r = schema_next(schema, NULL); r; r = schema_next(schema, r))
        *mem_append(mem, list.list, list.n) = r;
    return list;
}

struct relation_list schema_linked(TALLOC_CTX *mem, const struct schema *schema, struct name name,
                                   unsigned links)
{
    struct relation_list list = {0};
    if (schema->needs_links)
        return all_relations(mem, schema);
    name = schema_resolve(schema, name);
    for (unsigned link = 0; link < SCHEMA_LINKS; link++) {
        if (links & 1U << link)
            add_linked(mem, schema, name_table_find(&schema->pool->links[link], name), &list);
    }
    if (list.n > 1)
        qsort(list.list, list.n, sizeof(*list.list), compare_places);
    size_t n = 0;
    for (size_t i = 0; i < list.n; i++) {
        if (n == 0 || list.list[n - 1] != list.list[i])
            list.list[n++] = list.list[i];
    }
    list.n = n;
    return list;
}

bool schema_may_be_used(const struct schema *schema, const struct schema_relation *relation)
{
    return schema->needs_links || relation->is_referenced ||
           name_table_find(&schema->pool->links[LINK_READ], relation->name);
}
