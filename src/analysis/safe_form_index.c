/*
 * Safe forms of indexes and materialized views: CONCURRENTLY, outside any transaction.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/safe_form_parts.h"
#include "analysis/schema_edit.h"

#define PG_REINDEX_CONCURRENTLY 12
#define PG_REINDEX_PARTITIONED 14

static const char *sql_of(const struct forming *forming)
{
    return forming->question->statement->sql;
}

static size_t place_of(const struct source *source, const char *word)
{
    size_t at = 0;
    while (at < source->n && !source_is(source, at, word))
        at++;
    return at;
}

static bool is_partitioned(const struct schema_relation *table)
{
    return table != NULL && table->kind == RELATION_PARTITIONED;
}

bool form_create_index(struct forming *forming, const struct action *action)
{
    if (action->concurrently || action->only)
        return false;
    if (is_partitioned(forming->table))
        return form_partitioned_index(forming, action);
    struct source source = source_make(forming->mem, sql_of(forming));
    forming->rule = "index-create-blocking";
    step_add(forming->mem, &forming->before, SAFE_OUTSIDE,
             source_insert(&source, place_of(&source, "index"), "CONCURRENTLY"));
    if (action->if_exists)
        forming_obstruct(forming, "IF NOT EXISTS leaves an index invalid that an attempt before "
                                  "left so");
    return true;
}

// The one of that name; NULL: not known.
static const struct schema_index *index_of(const struct forming *forming,
                                           const struct action *action)
{
    struct schema_index *index = NULL;
    return schema_find_index(forming->question->schema, action->relation, &index) ? index : NULL;
}

bool form_drop_index(struct forming *forming, const struct action *action)
{
    const struct schema_index *index = index_of(forming, action);
    // CASCADE and the index of a partitioned table: refused by the server.
    if (action->concurrently || action->cascade || is_partitioned(forming->table) ||
        (index != NULL && index->created_in != NULL &&
         index->created_in == forming->question->schema->migration))
        return false;
    forming->rule = "index-drop-blocking";
    step_add(forming->mem, &forming->before, SAFE_OUTSIDE,
             mem_printf(forming->mem, "DROP INDEX CONCURRENTLY %s%s",
                        action->if_exists ? "IF EXISTS " : "", forming->table_sql));
    return true;
}

bool form_reindex(struct forming *forming, const struct action *action)
{
    static const char *const kinds[] = {"index", "table", "schema"};
    struct source source = source_make(forming->mem, sql_of(forming));
    unsigned since =
        is_partitioned(forming->table) ? PG_REINDEX_PARTITIONED : PG_REINDEX_CONCURRENTLY;
    if (action->concurrently || forming->question->pg_version < since)
        return false;
    size_t at = source_behind(&source, 1); // REINDEX [(options)] TABLE
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (!source_is(&source, at, kinds[i]))
            continue;
        forming->rule = "reindex-blocking";
        step_add(forming->mem, &forming->before, SAFE_OUTSIDE,
                 source_insert(&source, at, "CONCURRENTLY"));
        return true;
    }
    return false;
}

// What REFRESH CONCURRENTLY compares by. Source: PostgreSQL's manual.
static bool has_plain_unique_index(const struct schema_relation *view)
{
    for (size_t i = 0; view != NULL && i < view->n_indexes; i++) {
        const struct schema_index *index = &view->indexes[i];
        bool is_plain = index->is_unique && index->is_valid && index->predicate_text == NULL;
        for (size_t k = 0; is_plain && k < index->n_columns; k++)
            is_plain = index->columns[k].column != NULL;
        if (is_plain)
            return true;
    }
    return false;
}

bool form_refresh(struct forming *forming, const struct action *action)
{
    if (action->concurrently || action->without_data)
        return false;
    if (!has_plain_unique_index(forming->table)) {
        step_add(forming->mem, &forming->before, SAFE_OUTSIDE,
                 mem_printf(forming->mem,
                            "CREATE UNIQUE INDEX CONCURRENTLY ON %s (/* the columns "
                            "that tell its rows apart */)",
                            forming->table_sql));
        forming_obstruct(forming, "no unique index over columns of %s is known",
                         forming->table_sql);
    }
    forming->rule = "matview-refresh-blocking";
    step_add(
        forming->mem, &forming->before, SAFE_TRANSACTION,
        mem_printf(forming->mem, "REFRESH MATERIALIZED VIEW CONCURRENTLY %s", forming->table_sql));
    return true;
}
