/*
 * Table copies (see table_copy.h).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/table_copy.h"

#include "base/text.h"

static bool same_name(const struct schema *schema, struct name a, struct name b)
{
    struct name x = schema_resolve(schema, a), y = schema_resolve(schema, b);
    bool ignores_case = schema_dialect(schema) == DIALECT_SQLITE;
    if (!x.name || !y.name || !x.schema || !y.schema)
        return false;
    return ignores_case ? text_equal_nocase(x.name, y.name) && text_equal_nocase(x.schema, y.schema)
                        : strcmp(x.name, y.name) == 0 && strcmp(x.schema, y.schema) == 0;
}

// Nothing between the old rows and the new ones that could drop or double one.
static bool takes_every_row(const struct query *query)
{
    return (!query->where || query->where->is_true) && !query->join_condition &&
           query->n_reads == 1 && !query->has_limit && !query->has_group_by &&
           !query->has_distinct && !query->has_set_operation && !query->has_values &&
           query->conflict == CONFLICT_NONE && query->n_inner == 0;
}

static bool reads_column(const struct query *query, const char *column)
{
    for (size_t i = 0; i < query->n_outputs; i++) {
        const struct expression *output = &query->outputs[i];
        for (size_t c = 0; c < output->n_columns; c++) {
            if (text_equal_nocase(output->columns[c], column) ||
                strcmp(output->columns[c], "*") == 0)
                return true;
        }
    }
    return false;
}

static const char *lost_column(const struct query *query, const struct schema_relation *old)
{
    for (size_t i = 0; i < old->n_columns; i++) {
        if (!old->columns[i].is_generated && !reads_column(query, old->columns[i].name))
            return old->columns[i].name;
    }
    return NULL;
}

static bool is_dropped(const struct script *script, size_t start, size_t end,
                       const struct schema *schema, struct name table)
{
    for (size_t i = start; i < end; i++) {
        const struct statement *statement = &script->statements[i];
        for (size_t k = 0; k < statement->n_actions; k++) {
            const struct action *action = &statement->actions[k];
            bool empties = action->kind == ACTION_DROP || action->kind == ACTION_TRUNCATE ||
                           (action->query && action->query->verb == QUERY_DELETE);
            if (empties &&
                same_name(schema, action->query ? action->query->target : action->relation, table))
                return true;
        }
    }
    return false;
}

static const struct query *copying_query(const struct action *action, struct name *target)
{
    const struct query *query = action->query;
    bool creates = action->kind == ACTION_CREATE_TABLE_AS && !action->without_data &&
                   action->object != OBJECT_MATERIALIZED_VIEW && !action->is_temporary;
    bool inserts = action->kind == ACTION_QUERY && query && query->verb == QUERY_INSERT;
    if (!query || (!creates && !inserts))
        return NULL;
    *target = creates ? action->relation : query->target;
    return query;
}

bool table_copy_find(const struct script *script, size_t end, const struct schema *schema,
                     struct name table, struct table_copy *out)
{
    const struct schema_relation *old = schema_find(schema, table);
    if (!old || old->n_columns == 0)
        return false; // its columns are not known
    for (size_t i = 0; i < end; i++) {
        const struct statement *statement = &script->statements[i];
        for (size_t k = 0; k < statement->n_actions; k++) {
            struct name target;
            const struct query *query = copying_query(&statement->actions[k], &target);
            if (!query || !takes_every_row(query) || !same_name(schema, query->reads[0], table) ||
                same_name(schema, target, table) || is_dropped(script, i + 1, end, schema, target))
                continue;
            *out = (struct table_copy){
                .statement = i, .target = target, .lost_column = lost_column(query, old)};
            return true;
        }
    }
    return false;
}
