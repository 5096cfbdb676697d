/*
 * PostgreSQL facts: finding a row.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/postgres_fact.h"
#include "analysis/postgres_fact_rows.h"

#include <assert.h>
#include <string.h>

static const struct fact_rows *const all_rows[] = {
    &postgres_fact_columns, &postgres_fact_types,   &postgres_fact_constraints,
    &postgres_fact_tables,  &postgres_fact_indexes, &postgres_fact_objects,
    &postgres_fact_queries,
};

static const struct {
    const char *id, *name;
} roles[] = {
    [ROLE_NONE] = {"none", "nothing"},
    [ROLE_TABLE] = {"table", "the table"},
    [ROLE_PARTITION] = {"partition", "its partitions"},
    [ROLE_CHILD] = {"child", "its children"},
    [ROLE_INDEX] = {"index", "its indexes"},
    [ROLE_OWNED_SEQUENCE] = {"owned-sequence", "sequences that it owns"},
    [ROLE_NEW_SEQUENCE] = {"new-sequence", "its new sequence"},
    [ROLE_REFERENCED] = {"referenced", "tables that its foreign keys name"},
    [ROLE_REFERENCING] = {"referencing", "tables whose foreign keys name it"},
    [ROLE_PARENT] = {"parent", "the parent"},
    [ROLE_PARENT_INDEX] = {"parent-index", "the parent's indexes"},
    [ROLE_DEFAULT_PARTITION] = {"default-partition", "the parent's default partition"},
    [ROLE_ATTACHED] = {"attached", "the partition"},
    [ROLE_VIEW] = {"view", "the view"},
    [ROLE_DEPENDENT_VIEW] = {"dependent-view", "views that read it"},
    [ROLE_READ] = {"read", "tables that it reads"},
    [ROLE_WRITTEN] = {"written", "tables that the rule or body writes"},
    [ROLE_SEQUENCE] = {"sequence", "the sequence"},
    [ROLE_TYPE_USER] = {"type-user", "tables with a column of the type"},
    [ROLE_CALLER] = {"caller", "tables whose triggers, CHECKs, defaults or indexes call it"},
    [ROLE_TAKER] = {"taker", "tables whose defaults take from it"},
    [ROLE_CONTENT] = {"content", "everything in the schema"},
};
static_assert(sizeof(roles) / sizeof(roles[0]) == ROLE_COUNT, "a row for each role");

const char *fact_role_name(enum fact_role role)
{
    return roles[role].name;
}

const char *fact_role_id(enum fact_role role)
{
    return roles[role].id;
}

bool postgres_fact_holds(const struct postgres_fact *fact, unsigned version)
{
    return version >= fact->since && (fact->until == 0 || version <= fact->until);
}

static const struct fact_rows *rows_of(enum postgres_form form)
{
    size_t i = 0;
    while (i + 1 < COUNT_OF(all_rows) && all_rows[i + 1]->rows[0].form <= form)
        i++;
    return all_rows[i];
}

const struct postgres_fact *postgres_fact_of(enum postgres_form form, unsigned version)
{
    const struct fact_rows *file = rows_of(form);
    // Every form has a row at least, so that its own cannot stand before this one.
    const struct postgres_fact *fact = file->rows + (form - file->rows[0].form);
    const struct postgres_fact *end = file->rows + file->n;
    while (fact->form != form)
        fact++;
    if (version < fact->since)
        return fact;
    while (!postgres_fact_holds(fact, version) && fact + 1 < end && fact[1].form == form)
        fact++;
    return fact;
}

const struct postgres_fact *postgres_fact_next(const struct postgres_fact *fact)
{
    if (!fact)
        return all_rows[0]->rows;
    const struct fact_rows *file = rows_of(fact->form);
    if (fact + 1 < file->rows + file->n)
        return fact + 1;
    return fact->form + 1 < FORM_COUNT ? rows_of((enum postgres_form)(fact->form + 1))->rows : NULL;
}

const struct postgres_fact *postgres_fact_find(const char *id, unsigned version)
{
    for (const struct postgres_fact *f = postgres_fact_next(NULL); f; f = postgres_fact_next(f)) {
        if (strcmp(f->id, id) == 0)
            return postgres_fact_of(f->form, version);
    }
    return NULL;
}

const struct fact_effect *postgres_fact_effect(const struct postgres_fact *fact,
                                               enum fact_role role)
{
    for (size_t i = 0; i < FACT_EFFECTS_MAX && fact->effects[i].role; i++) {
        if (fact->effects[i].role == role)
            return &fact->effects[i];
    }
    return NULL;
}
