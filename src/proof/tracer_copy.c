/*
 * Copies: which column of INSERT … SELECT or CREATE TABLE … AS comes from which, and tables that
 * were replaced by a copy of themselves.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "proof/sources.h"
#include "proof/sql.h"
#include "proof/tracer.h"
#include "proof/tracer_state.h"

static struct trace_table *table_of_output(struct tracer *tracer, const struct sources *sources,
                                           const struct query *query, const char *qualifier,
                                           const char *column)
{
    if (qualifier != NULL) {
        const struct source *source = sources_find(sources, qualifier);
        return source == NULL ? NULL : tracer_find(tracer, source->relation);
    }
    for (size_t i = 0; i < query->n_reads; i++) {
        struct trace_table *table = tracer_find(tracer, query->reads[i]);
        if (table != NULL && trace_column_now(table, column) != NULL)
            return table;
    }
    return NULL;
}

static bool is_star(const char *text)
{
    return strcmp(text, "*") == 0 || text_ends_with(text, ".*");
}

// The table whose rows are copied: the one that most of the outputs are plain columns of.
static struct trace_table *find_copied(struct tracer *tracer, const struct sources *sources,
                                       const struct query *query)
{
    SCRATCH(tmp);
    struct trace_table *best = NULL;
    size_t best_votes = 0;

    for (size_t r = 0; r < query->n_reads; r++) {
        struct trace_table *table = tracer_find(tracer, query->reads[r]);
        size_t votes = 0;
        for (size_t i = 0; table != NULL && i < query->n_outputs; i++) {
            const char *qualifier, *column;
            if (is_star(query->outputs[i].text))
                votes += r == 0;
            else if (sources_plain_column(tmp, sources->dialect, &query->outputs[i], &qualifier,
                                          &column))
                votes += table_of_output(tracer, sources, query, qualifier, column) == table;
        }
        if (votes > best_votes) {
            best = table;
            best_votes = votes;
        }
    }
    return best;
}

static struct trace_column *column_of_output(struct tracer *tracer, const struct sources *sources,
                                             const struct query *query, size_t output,
                                             const struct trace_table *from)
{
    SCRATCH(tmp);
    const char *qualifier, *column;

    if (!sources_plain_column(tmp, sources->dialect, &query->outputs[output], &qualifier,
                              &column) ||
        table_of_output(tracer, sources, query, qualifier, column) != from)
        return NULL;
    return trace_column_now(from, column);
}

static void add_copied(struct tracer *tracer, struct trace_copy *copy, struct trace_column *to,
                       struct trace_column *from, const char *value)
{
    size_t n = copy->n_columns, n_values = copy->n_columns;
    *mem_append(tracer, copy->to_columns, n) = to;
    *mem_append(tracer, copy->values, n_values) = value;
    *mem_append(tracer, copy->from_columns, copy->n_columns) = from;
}

// The i-th column that the INSERT fills, among those that there are now.
static struct trace_column *nth_filled(const struct trace_table *to, const struct query *query,
                                       size_t at)
{
    if (query->n_columns > 0)
        return at < query->n_columns ? trace_column_now(to, query->columns[at]) : NULL;
    for (size_t i = 0; i < to->n_columns; i++)
        if (to->columns[i]->after != NULL && at-- == 0)
            return to->columns[i];
    return NULL;
}

static void map_outputs(struct tracer *tracer, const struct sources *sources,
                        struct trace_copy *copy)
{
    const struct query *query = copy->query;
    bool is_whole = !copy->is_filtered && query->n_reads == 1;
    size_t at = 0;

    for (size_t i = 0; i < query->n_outputs; i++) {
        if (!is_star(query->outputs[i].text)) {
            add_copied(tracer, copy, nth_filled(copy->to, query, at++),
                       column_of_output(tracer, sources, query, i, copy->from),
                       is_whole ? tracer_lasting_sql(tracer, copy->from, &query->outputs[i])
                                : NULL);
            continue;
        }
        for (size_t c = 0; c < copy->from->n_columns; c++)
            if (copy->from->columns[c]->after != NULL)
                add_copied(tracer, copy, nth_filled(copy->to, query, at++), copy->from->columns[c],
                           NULL);
    }
}

bool tracer_add_copy(struct tracer *tracer, struct trace_table *to,
                     const struct statement *statement, const struct query *query)
{
    struct sources *sources =
        sources_read(tracer, schema_dialect(tracer->schema), statement->sql, query);
    struct trace_table *from = find_copied(tracer, sources, query);

    if (from == NULL || from == to)
        return false;
    struct trace_copy *copy = mem_append(tracer, tracer->trace.copies, tracer->trace.n_copies);
    *copy = (struct trace_copy){
        .from = from,
        .to = to,
        .cause = trace_cause(tracer, statement),
        .statement = statement,
        .query = query,
        .is_filtered = query->where != NULL || query->has_group_by || query->has_distinct ||
                       query->has_limit || query->has_set_operation,
    };
    map_outputs(tracer, sources, copy);
    return true;
}

// --- the end: tables that were replaced by a copy of themselves

static const struct trace_copy *find_replacement(const struct tracer *tracer,
                                                 const struct trace_table *table)
{
    for (size_t i = 0; i < tracer->trace.n_copies; i++) {
        const struct trace_copy *copy = &tracer->trace.copies[i];
        if (copy->from == table && copy->to->before.name == NULL &&
            trace_is_same_name(copy->to->after, table->before))
            return copy;
    }
    return NULL;
}

// Dropped under another name than its copy has: the copy is still where its rows are.
static const struct trace_copy *find_refuge(const struct tracer *tracer,
                                            const struct trace_table *table)
{
    for (size_t i = 0; table->dropped != NULL && i < tracer->trace.n_copies; i++) {
        const struct trace_copy *copy = &tracer->trace.copies[i];
        if (copy->from == table && copy->to->before.name == NULL && copy->to->after.name != NULL)
            return copy;
    }
    return NULL;
}

// The column of the copy that a column went to: plainly copied, or computed under the same name.
// A plain copy to a column of another type: SQLite converts what it stores.
static bool is_converted(const struct trace_column *column, const struct trace_column *to,
                         const struct trace_copy *copy)
{
    return !copy->is_filtered && column->before != NULL && column->written.cause == NULL &&
           column->type != NULL && to->type != NULL && !text_equal_nocase(column->type, to->type);
}

static void follow_column(struct trace_column *column, const struct trace_copy *copy)
{
    const char *name = column->after;

    column->after = NULL;
    column->dropped = copy->cause;
    for (size_t i = 0; i < copy->n_columns; i++) {
        struct trace_column *to = copy->to_columns[i];
        bool is_plain = copy->from_columns[i] == column;
        if (to == NULL || to->after == NULL ||
            (!is_plain && (name == NULL || !text_equal_nocase(to->after, name))))
            continue;
        column->after = to->after;
        column->dropped = NULL;
        if (to->written.cause != NULL)
            column->written = (struct trace_rows){.cause = to->written.cause};
        else if (!is_plain)
            column->written = (struct trace_rows){.cause = copy->cause,
                                                  .value = copy->values[i],
                                                  .is_countable = copy->values[i] != NULL};
        else if (is_converted(column, to, copy))
            column->written = (struct trace_rows){.cause = copy->cause,
                                                  .is_countable = true,
                                                  .value = sql_name(column, column->before)};
        column->type = to->type;
        if (is_plain)
            return;
    }
}

static void follow(struct trace_table *table, const struct trace_copy *copy)
{
    struct trace_table *to = copy->to;

    for (size_t i = 0; i < table->n_columns; i++)
        follow_column(table->columns[i], copy);
    for (size_t i = 0; i < to->n_columns; i++)
        if (to->columns[i]->after != NULL && trace_column_now(table, to->columns[i]->after) == NULL)
            trace_add_column(table, NULL, to->columns[i]->after);
    table->after = to->after;
    table->rebuilt = copy->cause;
    table->is_rewritten = true;
    table->dropped = NULL;
    if (to->removed.cause != NULL)
        table->removed = (struct trace_rows){.cause = to->removed.cause};
}

struct trace *tracer_end(struct tracer *tracer)
{
    for (size_t i = 0; i < tracer->trace.n_tables; i++) {
        struct trace_table *table = tracer->trace.tables[i];
        if (table->before.name == NULL)
            continue;
        const struct trace_copy *copy = find_replacement(tracer, table);
        if (copy == NULL)
            copy = find_refuge(tracer, table);
        if (copy != NULL)
            follow(table, copy);
    }
    return &tracer->trace;
}
