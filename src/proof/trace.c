/*
 * Trace: the tables and columns that one holds, and which of them the change touches.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/trace.h"
#include "base/file.h"
#include "base/text.h"
#include "proof/sql.h"
#include "proof/tracer_state.h"

char *trace_cause(TALLOC_CTX *mem, const struct statement *statement)
{
    return mem_printf(mem, "%s:%zu %s", file_base(statement->path), statement->line,
                      statement->kind);
}

bool trace_is_same_name(struct name a, struct name b)
{
    return a.name != NULL && b.name != NULL && strcmp(a.name, b.name) == 0 &&
           text_equal_nocase(a.schema, b.schema);
}

struct trace_column *trace_add_column(struct trace_table *table, const char *before,
                                      const char *after)
{
    struct trace_column *column = mem_new(table, struct trace_column);

    column->before = mem_strdup(column, before);
    column->after = mem_strdup(column, after);
    *mem_append(table, table->columns, table->n_columns) = column;
    return column;
}

struct trace_table *trace_add_table(struct trace *trace)
{
    struct trace_table *table = mem_new(trace, struct trace_table);
    *mem_append(trace, trace->tables, trace->n_tables) = table;
    return table;
}

static void take_key(struct trace_table *table, const struct schema_relation *relation)
{
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const struct schema_constraint *constraint = &relation->constraints[i];
        if (constraint->kind != CONSTRAINT_PRIMARY_KEY)
            continue;
        for (size_t c = 0; c < constraint->n_columns; c++)
            *mem_append(table, table->key, table->n_key) =
                mem_strdup(table, constraint->columns[c]);
        return;
    }
}

static bool is_acting(const char *action)
{
    return action != NULL && strcmp(action, "RESTRICT") != 0 && strcmp(action, "NO ACTION") != 0;
}

// A rule writes something else than the statement says, a foreign key writes the rows that point at
// what is written, and a statement on a parent writes the rows of its children.
static const char *indirect_writer(TALLOC_CTX *mem, const struct schema_relation *relation)
{
    for (size_t i = 0; i < relation->n_members; i++)
        if (relation->members[i].object == OBJECT_RULE)
            return mem_printf(mem, "rule %s", relation->members[i].name);
    for (size_t i = 0; i < relation->n_constraints; i++)
        if (is_acting(relation->constraints[i].on_delete) ||
            is_acting(relation->constraints[i].on_update))
            return mem_printf(mem, "foreign key %s", relation->constraints[i].name);
    return relation->n_parents == 0 ? NULL : mem_printf(mem, "table %s", relation->parents[0].name);
}

struct trace_table *trace_add_relation(struct trace *trace, const struct schema_relation *relation)
{
    struct trace_table *table = trace_add_table(trace);

    table->before.schema = mem_strdup(table, relation->name.schema);
    table->before.name = mem_strdup(table, relation->name.name);
    table->after = table->before;
    table->indirect = indirect_writer(table, relation);
    for (size_t i = 0; i < relation->n_columns; i++)
        if (!relation->columns[i].is_generated)
            trace_add_column(table, relation->columns[i].name, relation->columns[i].name)->type =
                sql_type(table, trace->dialect, &relation->columns[i].type);
    take_key(table, relation);
    return table;
}

struct trace_table *trace_find_before(const struct trace *trace, struct name before)
{
    for (size_t i = 0; i < trace->n_tables; i++)
        if (trace_is_same_name(trace->tables[i]->before, before))
            return trace->tables[i];
    return NULL;
}

bool trace_is_changed(const struct trace_table *table)
{
    if (!trace_is_same_name(table->before, table->after) || table->removed.cause != NULL ||
        table->added != NULL || table->rebuilt != NULL)
        return true;
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct trace_column *column = table->columns[i];
        if (column->before == NULL || column->after == NULL || column->written.cause != NULL ||
            strcmp(column->before, column->after) != 0)
            return true;
    }
    return false;
}

void trace_prune(struct trace *trace)
{
    size_t n = 0;

    for (size_t i = 0; i < trace->n_tables; i++)
        if (trace_is_changed(trace->tables[i]))
            trace->tables[n++] = trace->tables[i];
    trace->n_tables = n;
}

void trace_include(struct trace *trace, const struct schema_relation *relation)
{
    if (trace_find_before(trace, relation->name) == NULL)
        trace_add_relation(trace, relation);
}

struct trace_column *trace_column_now(const struct trace_table *table, const char *after)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (text_equal_nocase(table->columns[i]->after, after))
            return table->columns[i];
    return NULL;
}

struct trace_column *trace_column_before(const struct trace_table *table, const char *before)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (text_equal_nocase(table->columns[i]->before, before))
            return table->columns[i];
    return NULL;
}
