/*
 * Columns that a statement takes from tables that do not have them: in queries, checks, indexes,
 * policies, triggers.
 *
 * Only tables whose columns are all known count, and only names that nothing else could mean.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"

struct taking {
    TALLOC_CTX *mem;
    const struct schema *schema;
    const struct statement *statement;
};

bool relation_tells_columns(const struct schema_relation *relation)
{
    return relation->n_columns > 0 && relation->n_parents == 0 && !relation->lacks_columns &&
           (relation->kind == RELATION_TABLE || relation->kind == RELATION_PARTITIONED);
}

bool column_is_system(const char *column)
{
    static const char *const names[] = {"tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"};
    return word_in(column, names, COUNT_OF(names));
}

static const char *no_column(const struct taking *taking, const char *column, struct name table)
{
    return mem_printf(taking->mem, "column '%s' of '%s' does not exist", column,
                      schema_name_text(taking->mem, taking->schema, table));
}

// --- queries

// `users.initials` may be initials(users). Source: PostgreSQL 15 manual, 4.2.6; the functions of
// pg_catalog that take a row of any table.
static bool may_be_function(const struct taking *taking, const struct column_reference *reference)
{
    static const char *const of_any_row[] = {
        "array_agg",         "concat",           "count",
        "hash_record",       "json_agg",         "json_build_array",
        "json_build_object", "jsonb_agg",        "jsonb_build_array",
        "num_nonnulls",      "num_nulls",        "jsonb_build_object",
        "pg_column_size",    "pg_typeof",        "pg_column_compression",
        "quote_literal",     "pg_collation_for", "quote_nullable",
        "record_out",        "record_send",      "row_to_json",
        "to_json",           "to_jsonb",
    };
    return reference->qualifier != NULL &&
           (word_in(reference->column, of_any_row, COUNT_OF(of_any_row)) ||
            schema_find_function(taking->schema, (struct name){.name = reference->column}) != NULL);
}

// The table surely lacks the column.
static bool lacks(const struct taking *taking, struct name name, const char *column)
{
    const struct schema_relation *table = schema_find(taking->schema, name);
    return table != NULL && !name_is_system(name) && relation_tells_columns(table) &&
           schema_find_column(table, column) == NULL;
}

static const char *tables_text(const struct taking *taking,
                               const struct column_reference *reference)
{
    const char **names = mem_array(taking->mem, const char *, reference->n_tables);
    for (size_t i = 0; i < reference->n_tables; i++)
        names[i] = schema_name_text(taking->mem, taking->schema, reference->tables[i]);
    return words_join(taking->mem, names, reference->n_tables);
}

static const char *reference_mismatch(const struct taking *taking,
                                      const struct column_reference *reference)
{
    const char *column = reference->column;
    if (reference->n_tables == 0 && reference->qualifier != NULL)
        return mem_printf(taking->mem, "'%s.%s' is of nothing that FROM names",
                          reference->qualifier, column);
    if (reference->n_tables == 0)
        return mem_printf(taking->mem, "column '%s' does not exist where no table is read", column);
    if (column_is_system(column))
        return NULL;
    for (size_t i = 0; i < reference->n_tables; i++) {
        if (!lacks(taking, reference->tables[i], column))
            return NULL;
    }
    if (may_be_function(taking, reference))
        return NULL;
    if (reference->n_tables == 1)
        return no_column(taking, column, reference->tables[0]);
    return mem_printf(taking->mem, "none of %s has column '%s'", tables_text(taking, reference),
                      column);
}

// Within code a name may be a variable.
static const char *query_mismatch(const struct taking *taking, const struct query *query)
{
    const char *mismatch = NULL;
    bool is_code = taking->statement->is_inner || taking->statement->placeholder != NULL;
    for (size_t i = 0; !is_code && mismatch == NULL && i < query->n_references; i++)
        mismatch = reference_mismatch(taking, &query->references[i]);
    return mismatch;
}

// --- expressions over one table

// Some action of the statement adds it, whatever the order: columns come before what stands on
// them.
static bool statement_adds(const struct taking *taking, const char *column)
{
    for (size_t i = 0; i < taking->statement->n_actions; i++) {
        const struct action *action = &taking->statement->actions[i];
        if (action->kind == ACTION_ADD_COLUMN && strcmp(action->definition->name, column) == 0)
            return true;
    }
    return false;
}

static const char *list_mismatch(const struct taking *taking, const struct schema_relation *table,
                                 const char *const *columns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (columns[i] != NULL && schema_find_column(table, columns[i]) == NULL &&
            !statement_adds(taking, columns[i]))
            return no_column(taking, columns[i], table->name);
    }
    return NULL;
}

static const char *expression_mismatch(const struct taking *taking,
                                       const struct schema_relation *table,
                                       const struct expression *expression)
{
    if (expression == NULL || expression->n_relations > 0 || taking->statement->placeholder != NULL)
        return NULL;
    for (size_t i = 0; i < expression->n_columns; i++) {
        const char *column = expression->columns[i];
        // The row itself: by the table's name, and in a trigger's condition.
        bool is_row = strcmp(column, "*") == 0 || strcmp(column, table->name.name) == 0 ||
                      strcmp(column, "new") == 0 || strcmp(column, "old") == 0;
        if (is_row || column_is_system(column) ||
            schema_find_function(taking->schema, (struct name){.name = column}) != NULL)
            continue;
        const char *mismatch = list_mismatch(taking, table, &column, 1);
        if (mismatch != NULL)
            return mismatch;
    }
    return NULL;
}

static const char *constraint_mismatch(const struct taking *taking,
                                       const struct schema_relation *table,
                                       const struct constraint *constraint)
{
    const char *mismatch = expression_mismatch(taking, table, constraint->check);
    if (mismatch == NULL)
        mismatch = expression_mismatch(taking, table, constraint->predicate);
    if (mismatch == NULL)
        mismatch = list_mismatch(taking, table, constraint->includes, constraint->n_includes);
    for (size_t i = 0; mismatch == NULL && i < constraint->n_excluded; i++) {
        const struct index_column *column = &constraint->excluded[i].column;
        mismatch = column->column != NULL ? list_mismatch(taking, table, &column->column, 1)
                                          : expression_mismatch(taking, table, column->expression);
    }
    return mismatch;
}

static const char *column_mismatch(const struct taking *taking, const struct schema_relation *table,
                                   const struct column *column)
{
    const char *mismatch = expression_mismatch(taking, table, column->generated);
    for (size_t i = 0; mismatch == NULL && i < column->n_constraints; i++)
        mismatch = constraint_mismatch(taking, table, &column->constraints[i]);
    return mismatch;
}

static const char *index_mismatch(const struct taking *taking, const struct schema_relation *table,
                                  const struct index_definition *index)
{
    const char *mismatch = expression_mismatch(taking, table, index->predicate);
    if (mismatch == NULL)
        mismatch = list_mismatch(taking, table, index->includes, index->n_includes);
    for (size_t i = 0; mismatch == NULL && i < index->n_columns; i++)
        mismatch = expression_mismatch(taking, table, index->columns[i].expression);
    return mismatch;
}

static const char *trigger_mismatch(const struct taking *taking,
                                    const struct schema_relation *table,
                                    const struct trigger_definition *trigger)
{
    const char *mismatch = list_mismatch(taking, table, trigger->columns, trigger->n_columns);
    return mismatch != NULL ? mismatch : expression_mismatch(taking, table, trigger->condition);
}

static const char *table_mismatch(const struct taking *taking, const struct action *action,
                                  const struct schema_relation *table)
{
    switch ((int)action->kind) {
    case ACTION_ADD_CONSTRAINT: return constraint_mismatch(taking, table, action->constraint);
    case ACTION_ADD_COLUMN: return column_mismatch(taking, table, action->definition);
    case ACTION_ALTER_TYPE: return expression_mismatch(taking, table, action->using_expr);
    case ACTION_CREATE_INDEX: return index_mismatch(taking, table, action->index);
    case ACTION_CREATE_POLICY: return expression_mismatch(taking, table, action->value);
    case ACTION_CREATE_TRIGGER:
        return action->trigger == NULL ? NULL : trigger_mismatch(taking, table, action->trigger);
    default: return NULL;
    }
}

const char *unknown_column_mismatch(TALLOC_CTX *mem, const struct schema *schema,
                                    const struct statement *statement, const struct action *action)
{
    const struct taking taking = {mem, schema, statement};
    bool is_query = action->kind == ACTION_QUERY || action->kind == ACTION_CREATE_VIEW ||
                    action->kind == ACTION_CREATE_TABLE_AS;
    if (is_query)
        return action->query == NULL || action->if_exists ? NULL
                                                          : query_mismatch(&taking, action->query);
    const struct schema_relation *table = action->relation.name == NULL || action->if_exists
                                              ? NULL
                                              : schema_find(schema, action->relation);
    return table == NULL || !relation_tells_columns(table) ? NULL
                                                           : table_mismatch(&taking, action, table);
}
