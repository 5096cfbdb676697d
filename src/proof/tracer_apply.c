/*
 * Applying statements: what each one does to the tables, columns and rows of a trace.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/sql.h"
#include "proof/tracer.h"
#include "proof/tracer_state.h"
#include "statement/quoting.h"

// --- rows that a statement speaks of

static void add_where(struct tracer *tracer, struct trace_rows *rows,
                      const struct statement *statement, const char *where, bool is_countable)
{
    if (rows->cause == NULL) {
        rows->cause = trace_cause(tracer, statement);
        rows->where = mem_strdup(tracer, where);
        rows->is_countable = is_countable;
        return;
    }
    rows->where = rows->where == NULL || where == NULL
                      ? NULL
                      : mem_printf(tracer, "(%s) OR (%s)", rows->where, where);
    rows->value = NULL;
    rows->is_countable = rows->is_countable && is_countable;
}

// `where` NULL: every row of the table.
static void add_rows(struct tracer *tracer, struct trace_rows *rows,
                     const struct trace_table *table, const struct statement *statement,
                     const struct expression *where)
{
    bool is_countable =
        table->before.name != NULL && (where == NULL || tracer_is_countable(tracer, table, where));

    add_where(tracer, rows, statement, where == NULL ? NULL : where->text, is_countable);
}

static void add_uncountable(struct tracer *tracer, struct trace_rows *rows,
                            const struct statement *statement)
{
    if (rows->cause == NULL)
        rows->cause = trace_cause(tracer, statement);
    rows->where = NULL;
    rows->value = NULL;
    rows->is_countable = false;
}

// --- data

// A trigger may write over what an UPDATE gives.
static bool has_triggers(const struct tracer *tracer, const struct trace_table *table)
{
    const struct schema_relation *relation = schema_find(tracer->schema, table->before);
    return relation == NULL || relation->n_triggers > 0;
}

static void write_column(struct tracer *tracer, struct trace_table *table,
                         const struct statement *statement, const struct query *query,
                         const struct assignment *assignment)
{
    struct trace_column *column = trace_column_now(table, assignment->column);
    if (column == NULL)
        return;
    bool is_known = column->written.cause == NULL && column->before != NULL &&
                    query->conflict == CONFLICT_NONE && !has_triggers(tracer, table);
    const char *sql = is_known ? tracer_lasting_sql(tracer, table, &assignment->value) : NULL;

    add_rows(tracer, &column->written, table, statement, query->where);
    if (column->written.is_countable)
        column->written.value = sql;
}

// The WHERE of a joined UPDATE may be about the other table, so the rows that it means cannot be
// counted in this one alone.
static void write_columns(struct tracer *tracer, struct trace_table *table,
                          const struct statement *statement, const struct query *query)
{
    bool is_joined = query->join_condition != NULL || query->n_inner_joined > 0 ||
                     (query->verb == QUERY_UPDATE && query->target_alias != NULL);

    for (size_t i = 0; i < query->n_assignments; i++) {
        struct trace_column *column = trace_column_now(table, query->assignments[i].column);
        if (column == NULL)
            continue;
        if (is_joined || query->verb != QUERY_UPDATE)
            add_uncountable(tracer, &column->written, statement);
        else
            write_column(tracer, table, statement, query, &query->assignments[i]);
    }
}

static void apply_query(struct tracer *tracer, const struct statement *statement,
                        const struct query *query)
{
    struct trace_table *table =
        query->target.name == NULL ? NULL : tracer_find(tracer, query->target);
    if (table == NULL)
        return;
    switch (query->verb) {
    case QUERY_UPDATE: write_columns(tracer, table, statement, query); break;
    case QUERY_DELETE:
        if (query->join_condition != NULL || query->target_alias != NULL)
            add_uncountable(tracer, &table->removed, statement);
        else
            add_rows(tracer, &table->removed, table, statement, query->where);
        break;
    case QUERY_INSERT:
    case QUERY_COPY:
        if (query->copies_to)
            return;
        table->added = trace_cause(tracer, statement);
        write_columns(tracer, table, statement, query);
        if (query->conflict == CONFLICT_REPLACE)
            add_uncountable(tracer, &table->removed, statement);
        if (query->n_outputs == 0 || !tracer_add_copy(tracer, table, statement, query))
            table->is_added_apart = true;
        break;
    case QUERY_MERGE:
        table->added = trace_cause(tracer, statement);
        add_uncountable(tracer, &table->removed, statement);
        for (size_t i = 0; i < table->n_columns; i++)
            add_uncountable(tracer, &table->columns[i]->written, statement);
        break;
    case QUERY_SELECT:
    case QUERY_VALUES: return;
    }
    tracer_touch(tracer, query->target);
}

// --- schema

static void create_table(struct tracer *tracer, const struct statement *statement,
                         const struct action *action)
{
    if (action->if_exists && tracer_find(tracer, action->relation) != NULL)
        return;
    struct trace_table *table = trace_add_table(&tracer->trace);
    struct name name = schema_resolve(tracer->schema, action->relation);

    table->after.schema = mem_strdup(table, name.schema);
    table->after.name = mem_strdup(table, name.name);
    for (size_t i = 0; i < action->n_columns; i++)
        trace_add_column(table, NULL, action->columns[i].name)->type =
            sql_type(table, tracer->trace.dialect, &action->columns[i].type);
    if (action->kind != ACTION_CREATE_TABLE_AS || action->query == NULL)
        return;
    for (size_t i = 0; i < action->query->n_outputs; i++)
        if (action->query->output_names[i] != NULL)
            trace_add_column(table, NULL, action->query->output_names[i]);
    table->is_added_apart = !tracer_add_copy(tracer, table, statement, action->query);
}

static void rename_table(struct trace_table *table, const char *schema, const char *name)
{
    table->after.schema = mem_strdup(table, schema);
    table->after.name = mem_strdup(table, name);
}

// Every row is written, with what USING says or the type makes of the value: that can be asked
// before.
static void retype_column(struct tracer *tracer, const struct statement *statement,
                          const struct action *action, struct trace_table *table,
                          struct trace_column *column)
{
    bool is_known = column->written.cause == NULL && column->before != NULL &&
                    trace_is_same_name(table->before, table->after) &&
                    strcmp(column->before, column->after) == 0 && action->definition != NULL;
    const char *value = !is_known ? NULL
                        : action->using_expr == NULL
                            ? sql_name(column, column->before)
                            : tracer_lasting_sql(tracer, table, action->using_expr);

    add_rows(tracer, &column->written, table, statement, NULL);
    if (column->written.is_countable)
        column->written.value = value;
    column->type = action->definition == NULL
                       ? NULL
                       : sql_type(column, tracer->trace.dialect, &action->definition->type);
}

static void apply_column(struct tracer *tracer, const struct statement *statement,
                         const struct action *action, struct trace_table *table)
{
    struct trace_column *column =
        action->column == NULL ? NULL : trace_column_now(table, action->column);

    if (action->kind == ACTION_ADD_COLUMN && action->definition != NULL) {
        if (trace_column_now(table, action->definition->name) == NULL)
            trace_add_column(table, NULL, action->definition->name)->type =
                sql_type(table, tracer->trace.dialect, &action->definition->type);
    } else if (column == NULL) {
        return;
    } else if (action->kind == ACTION_RENAME_COLUMN) {
        column->after = mem_strdup(column, action->new_name);
    } else if (action->kind == ACTION_DROP_COLUMN) {
        column->after = NULL;
        column->dropped = trace_cause(column, statement);
    } else if (action->kind == ACTION_ALTER_TYPE) {
        retype_column(tracer, statement, action, table, column);
    }
}

static void apply_table(struct tracer *tracer, const struct statement *statement,
                        const struct action *action, struct trace_table *table)
{
    if (action->kind == ACTION_DROP && action->object == OBJECT_TABLE) {
        table->dropped = trace_cause(table, statement);
        table->after = (struct name){0};
    } else if (action->kind == ACTION_RENAME && action->object == OBJECT_TABLE) {
        rename_table(table, table->after.schema, action->new_name);
    } else if (action->kind == ACTION_SET_SCHEMA) {
        rename_table(table, action->new_name, table->after.name);
    } else if (action->kind == ACTION_TRUNCATE) {
        add_rows(tracer, &table->removed, table, statement, NULL);
    } else {
        apply_column(tracer, statement, action, table);
    }
}

// --- a label of an enum type: rows that have it read otherwise, and none of them is written

static void relabel_column(struct tracer *tracer, const struct statement *statement,
                           const struct action *action, struct trace_table *table,
                           const struct schema_column *typed)
{
    SCRATCH(tmp);
    struct trace_column *column = trace_column_before(table, typed->name);

    if (column == NULL || column->after == NULL)
        return;
    if (typed->type.is_array) // the label may be anywhere in it
        add_uncountable(tracer, &column->written, statement);
    else
        add_where(tracer, &column->written, statement,
                  mem_printf(tmp, "%s = %s", sql_name(tmp, column->before),
                             quoting_text(tmp, action->member)),
                  column->written.cause == NULL);
}

static void rename_label(struct tracer *tracer, const struct statement *statement,
                         const struct action *action)
{
    const struct schema_type *type = schema_find_type(tracer->schema, action->relation);

    for (struct schema_relation *relation = schema_next(tracer->schema, NULL);
         type != NULL && relation != NULL; relation = schema_next(tracer->schema, relation))
        for (size_t i = 0; i < relation->n_columns; i++) {
            const struct schema_column *column = &relation->columns[i];
            if (column->type.name == NULL ||
                schema_find_type(tracer->schema, (struct name){.schema = column->type.schema,
                                                               .name = column->type.name}) != type)
                continue;
            struct trace_table *table = trace_find_before(&tracer->trace, relation->name);
            if (table == NULL)
                table = tracer_find(tracer, relation->name);
            if (table != NULL)
                relabel_column(tracer, statement, action, table, column);
        }
}

static bool changes_relation(enum action_kind kind)
{
    return kind == ACTION_DROP || kind == ACTION_RENAME || kind == ACTION_SET_SCHEMA ||
           kind == ACTION_TRUNCATE || kind == ACTION_ADD_COLUMN || kind == ACTION_DROP_COLUMN ||
           kind == ACTION_RENAME_COLUMN || kind == ACTION_ALTER_TYPE;
}

static void note_rewrite(struct tracer *tracer, const struct action *action)
{
    struct trace_table *table = action->relation.name == NULL || !tracer_rewrites(action)
                                    ? NULL
                                    : tracer_find(tracer, action->relation);
    if (table != NULL)
        table->is_rewritten = true;
}

static void apply_action(struct tracer *tracer, const struct statement *statement,
                         const struct action *action)
{
    note_rewrite(tracer, action);
    if (action->kind == ACTION_QUERY && action->query != NULL && action->option == NULL) {
        for (size_t i = 0; i < action->query->n_inner; i++)
            apply_query(tracer, statement, action->query->inner[i]);
        apply_query(tracer, statement, action->query);
    } else if (action->kind == ACTION_CREATE_TABLE ||
               (action->kind == ACTION_CREATE_TABLE_AS &&
                action->object != OBJECT_MATERIALIZED_VIEW)) {
        tracer_touch(tracer, action->relation);
        create_table(tracer, statement, action);
    } else if (action->kind == ACTION_RENAME_ENUM_VALUE) {
        rename_label(tracer, statement, action);
    } else if (changes_relation(action->kind) && action->relation.name != NULL) {
        struct trace_table *table = tracer_find(tracer, action->relation);
        if (table == NULL)
            return;
        // A new column disturbs no question about the others.
        if (action->kind != ACTION_ADD_COLUMN)
            tracer_touch(tracer, action->relation);
        apply_table(tracer, statement, action, table);
        if (table->after.name != NULL && action->kind != ACTION_ADD_COLUMN)
            tracer_touch(tracer, table->after);
    }
}

void tracer_apply(struct tracer *tracer, const struct statement *statement)
{
    tracer_note_hidden(tracer, statement);
    for (size_t i = 0; i < statement->n_actions; i++)
        apply_action(tracer, statement, &statement->actions[i]);
}
