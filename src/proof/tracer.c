/*
 * Tracer: finds tables by the names that they have now, and knows what was touched so far.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/tracer.h"
#include "base/text.h"
#include "proof/tracer_state.h"

struct tracer *tracer_make(TALLOC_CTX *mem, const struct schema *schema)
{
    struct tracer *tracer = mem_new(mem, struct tracer);
    tracer->schema = schema;
    tracer->trace.dialect = schema_dialect(schema);
    return tracer;
}

void tracer_set_path(struct tracer *tracer, bool is_set)
{
    tracer->has_path = is_set;
}

static struct trace_table *find_now(const struct tracer *tracer, struct name name)
{
    struct name resolved = schema_resolve(tracer->schema, name);

    for (size_t i = 0; i < tracer->trace.n_tables; i++)
        if (trace_is_same_name(tracer->trace.tables[i]->after, resolved))
            return tracer->trace.tables[i];
    return NULL;
}

// Was the table of the schema that had this name renamed or dropped meanwhile?
static bool is_gone(const struct tracer *tracer, struct name name)
{
    return trace_find_before(&tracer->trace, name) != NULL;
}

struct trace_table *tracer_find(struct tracer *tracer, struct name name)
{
    struct trace_table *table = find_now(tracer, name);
    if (table != NULL)
        return table;
    const struct schema_relation *relation = schema_find(tracer->schema, name);
    if (relation == NULL || is_gone(tracer, relation->name) ||
        (relation->kind != RELATION_TABLE && relation->kind != RELATION_PARTITIONED))
        return NULL;
    return trace_add_relation(&tracer->trace, relation);
}

// --- what can be asked before the change

bool tracer_is_touched(struct tracer *tracer, struct name relation)
{
    struct name resolved = schema_resolve(tracer->schema, relation);

    for (size_t i = 0; i < tracer->n_touched; i++)
        if (trace_is_same_name(tracer->touched[i], resolved))
            return true;
    return false;
}

void tracer_touch(struct tracer *tracer, struct name relation)
{
    if (relation.name == NULL || tracer_is_touched(tracer, relation))
        return;
    struct name resolved = schema_resolve(tracer->schema, relation);
    *mem_append(tracer, tracer->touched, tracer->n_touched) = (struct name){
        .schema = mem_strdup(tracer, resolved.schema), .name = mem_strdup(tracer, resolved.name)};
}

// Columns of `table` itself may be read as they were when nothing wrote or renamed them.
static bool is_column_as_before(const struct trace_table *table, const char *name)
{
    const struct trace_column *column = trace_column_now(table, name);

    return column == NULL // of a relation in a subquery, which is judged by its own name
           || (column->before != NULL && strcmp(column->before, column->after) == 0 &&
               column->written.cause == NULL);
}

bool tracer_is_countable(struct tracer *tracer, const struct trace_table *table,
                         const struct expression *expression)
{
    for (size_t i = 0; i < expression->n_relations; i++)
        if ((tracer->has_path && expression->relations[i].schema == NULL) ||
            schema_find(tracer->schema, expression->relations[i]) == NULL ||
            tracer_is_touched(tracer, expression->relations[i]))
            return false;
    if (table == NULL)
        return true;
    if (table->before.name == NULL || !trace_is_same_name(table->before, table->after))
        return false;
    for (size_t i = 0; i < expression->n_columns; i++)
        if (!is_column_as_before(table, expression->columns[i]))
            return false;
    return true;
}

// Does it give tomorrow what it gives today?
static bool is_lasting(const struct expression *expression)
{
    static const char *const parts[] = {
        "random",    "now",        "current_",  "changes",    "last_insert_rowid",
        "date(",     "time(",      "julianday", "unixepoch",  "strftime",
        "localtime", "_timestamp", "timeofday", "txid",       "uuid_",
        "nextval",   "lastval",    "currval",   "inet_client"};
    SCRATCH(tmp);
    const char *text = text_lower(tmp, expression->text);

    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (strstr(text, parts[i]) != NULL)
            return false;
    return true;
}

const char *tracer_lasting_sql(struct tracer *tracer, const struct trace_table *table,
                               const struct expression *expression)
{
    return is_lasting(expression) && tracer_is_countable(tracer, table, expression)
               ? mem_strdup(tracer, expression->text)
               : NULL;
}

const struct trace *tracer_state(const struct tracer *tracer)
{
    return &tracer->trace;
}
