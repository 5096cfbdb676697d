/*
 * Trace: applies statements to what is known of each table and column.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/trace.h"
#include "base/file.h"
#include "base/text.h"
#include "proof/sources.h"

struct tracer {
    struct trace trace; // first: what hangs under the trace hangs under the tracer
    const struct schema *schema;
    struct name *touched; // resolved names of relations that were written, made or renamed
    size_t n_touched;
};

char *trace_cause(TALLOC_CTX *mem, const struct statement *statement)
{
    return mem_printf(mem, "%s:%zu %s", file_base(statement->path), statement->line,
                      statement->kind);
}

struct tracer *tracer_make(TALLOC_CTX *mem, const struct schema *schema)
{
    struct tracer *tracer = mem_new(mem, struct tracer);
    tracer->schema = schema;
    return tracer;
}

// --- lookup

static bool is_same_name(struct name a, struct name b)
{
    return a.name != NULL && b.name != NULL && strcmp(a.name, b.name) == 0
           && text_equal_nocase(a.schema, b.schema);
}

static struct trace_table *find_now(const struct tracer *tracer, struct name name)
{
    struct name resolved = schema_resolve(tracer->schema, name);

    for (size_t i = 0; i < tracer->trace.n_tables; i++)
        if (is_same_name(tracer->trace.tables[i]->after, resolved))
            return tracer->trace.tables[i];
    return NULL;
}

static struct trace_column *add_column(struct trace_table *table, const char *before,
                                       const char *after)
{
    struct trace_column *column = mem_new(table, struct trace_column);

    column->before = mem_strdup(column, before);
    column->after = mem_strdup(column, after);
    *mem_append(table, table->columns, table->n_columns) = column;
    return column;
}

static struct trace_table *add_table(struct trace *trace)
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

static struct trace_table *table_from_schema(struct trace *trace,
                                             const struct schema_relation *relation)
{
    struct trace_table *table = add_table(trace);

    table->before.schema = mem_strdup(table, relation->name.schema);
    table->before.name = mem_strdup(table, relation->name.name);
    table->after = table->before;
    for (size_t i = 0; i < relation->n_columns; i++)
        if (!relation->columns[i].is_generated)
            add_column(table, relation->columns[i].name, relation->columns[i].name);
    take_key(table, relation);
    return table;
}

struct trace_table *trace_find_before(const struct trace *trace, struct name before)
{
    for (size_t i = 0; i < trace->n_tables; i++)
        if (is_same_name(trace->tables[i]->before, before))
            return trace->tables[i];
    return NULL;
}

bool trace_is_changed(const struct trace_table *table)
{
    if (!is_same_name(table->before, table->after) || table->removed.cause != NULL
        || table->added != NULL || table->rebuilt != NULL)
        return true;
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct trace_column *column = table->columns[i];
        if (column->before == NULL || column->after == NULL || column->written.cause != NULL
            || strcmp(column->before, column->after) != 0)
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
        table_from_schema(trace, relation);
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
    if (relation == NULL || is_gone(tracer, relation->name)
        || (relation->kind != RELATION_TABLE && relation->kind != RELATION_PARTITIONED))
        return NULL;
    return table_from_schema(&tracer->trace, relation);
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

// --- what can be asked before the change

bool tracer_is_touched(struct tracer *tracer, struct name relation)
{
    struct name resolved = schema_resolve(tracer->schema, relation);

    for (size_t i = 0; i < tracer->n_touched; i++)
        if (is_same_name(tracer->touched[i], resolved))
            return true;
    return false;
}

static void touch(struct tracer *tracer, struct name relation)
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
           || (column->before != NULL && strcmp(column->before, column->after) == 0
               && column->written.cause == NULL);
}

bool tracer_is_countable(struct tracer *tracer, const struct trace_table *table,
                         const struct expression *expression)
{
    for (size_t i = 0; i < expression->n_relations; i++)
        if (schema_find(tracer->schema, expression->relations[i]) == NULL
            || tracer_is_touched(tracer, expression->relations[i]))
            return false;
    if (table == NULL)
        return true;
    if (table->before.name == NULL || !is_same_name(table->before, table->after))
        return false;
    for (size_t i = 0; i < expression->n_columns; i++)
        if (!is_column_as_before(table, expression->columns[i]))
            return false;
    return true;
}

// --- rows that a statement speaks of

// `always`: the statement touches every row, whatever `where` says.
static void add_rows(struct tracer *tracer, struct trace_rows *rows, const struct trace_table *table,
                     const struct statement *statement, const struct expression *where)
{
    bool is_countable = table->before.name != NULL
                        && (where == NULL || tracer_is_countable(tracer, table, where));

    if (rows->cause == NULL) {
        rows->cause = trace_cause(tracer, statement);
        rows->where = where == NULL ? NULL : mem_strdup(tracer, where->text);
        rows->is_countable = is_countable;
        return;
    }
    rows->where = rows->where == NULL || where == NULL
                      ? NULL
                      : mem_printf(tracer, "(%s) OR (%s)", rows->where, where->text);
    rows->is_countable = rows->is_countable && is_countable;
}

static void add_uncountable(struct tracer *tracer, struct trace_rows *rows,
                            const struct statement *statement)
{
    if (rows->cause == NULL)
        rows->cause = trace_cause(tracer, statement);
    rows->where = NULL;
    rows->is_countable = false;
}

// --- data

// A row is changed only if it is joined to something: WHERE alone does not bound what UPDATE … FROM
// changes, but it changes no other row than those of the WHERE when the WHERE is about the table.
static void write_columns(struct tracer *tracer, struct trace_table *table,
                          const struct statement *statement, const struct query *query)
{
    bool is_joined = query->join_condition != NULL || query->n_inner_joined > 0
                     || (query->verb == QUERY_UPDATE && query->target_alias != NULL);

    for (size_t i = 0; i < query->n_assignments; i++) {
        struct trace_column *column = trace_column_now(table, query->assignments[i].column);
        if (column == NULL)
            continue;
        if (is_joined || query->verb != QUERY_UPDATE)
            add_uncountable(tracer, &column->written, statement);
        else
            add_rows(tracer, &column->written, table, statement, query->where);
    }
}

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

    if (!sources_plain_column(tmp, sources->dialect, &query->outputs[output], &qualifier, &column)
        || table_of_output(tracer, sources, query, qualifier, column) != from)
        return NULL;
    return trace_column_now(from, column);
}

static void add_copied(struct tracer *tracer, struct trace_copy *copy, struct trace_column *to,
                       struct trace_column *from)
{
    size_t n = copy->n_columns;
    *mem_append(tracer, copy->to_columns, n) = to;
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
    size_t at = 0;

    for (size_t i = 0; i < query->n_outputs; i++) {
        if (!is_star(query->outputs[i].text)) {
            add_copied(tracer, copy, nth_filled(copy->to, query, at++),
                       column_of_output(tracer, sources, query, i, copy->from));
            continue;
        }
        for (size_t c = 0; c < copy->from->n_columns; c++)
            if (copy->from->columns[c]->after != NULL)
                add_copied(tracer, copy, nth_filled(copy->to, query, at++),
                           copy->from->columns[c]);
    }
}

static void copy_rows(struct tracer *tracer, struct trace_table *to,
                      const struct statement *statement, const struct query *query)
{
    struct sources *sources =
        sources_read(tracer, schema_dialect(tracer->schema), statement->sql, query);
    struct trace_table *from = find_copied(tracer, sources, query);

    if (from == NULL || from == to)
        return;
    struct trace_copy *copy = mem_append(tracer, tracer->trace.copies, tracer->trace.n_copies);
    *copy = (struct trace_copy){
        .from = from,
        .to = to,
        .cause = trace_cause(tracer, statement),
        .statement = statement,
        .query = query,
        .is_filtered = query->where != NULL || query->has_group_by || query->has_distinct
                       || query->has_limit || query->has_set_operation,
    };
    map_outputs(tracer, sources, copy);
}

static void apply_query(struct tracer *tracer, const struct statement *statement,
                        const struct query *query)
{
    struct trace_table *table =
        query->target.name == NULL ? NULL : tracer_find(tracer, query->target);
    if (table == NULL)
        return;
    switch (query->verb) {
    case QUERY_UPDATE:
        write_columns(tracer, table, statement, query);
        break;
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
        if (query->n_outputs > 0)
            copy_rows(tracer, table, statement, query);
        break;
    case QUERY_MERGE:
        table->added = trace_cause(tracer, statement);
        add_uncountable(tracer, &table->removed, statement);
        for (size_t i = 0; i < table->n_columns; i++)
            add_uncountable(tracer, &table->columns[i]->written, statement);
        break;
    case QUERY_SELECT:
    case QUERY_VALUES:
        return;
    }
    touch(tracer, query->target);
}

// --- schema

static void create_table(struct tracer *tracer, const struct statement *statement,
                         const struct action *action)
{
    if (action->if_exists && tracer_find(tracer, action->relation) != NULL)
        return;
    struct trace_table *table = add_table(&tracer->trace);
    struct name name = schema_resolve(tracer->schema, action->relation);

    table->after.schema = mem_strdup(table, name.schema);
    table->after.name = mem_strdup(table, name.name);
    for (size_t i = 0; i < action->n_columns; i++)
        add_column(table, NULL, action->columns[i].name);
    if (action->kind != ACTION_CREATE_TABLE_AS || action->query == NULL)
        return;
    for (size_t i = 0; i < action->query->n_outputs; i++)
        if (action->query->output_names[i] != NULL)
            add_column(table, NULL, action->query->output_names[i]);
    copy_rows(tracer, table, statement, action->query);
}

static void rename_table(struct trace_table *table, const char *schema, const char *name)
{
    table->after.schema = mem_strdup(table, schema);
    table->after.name = mem_strdup(table, name);
}

static void apply_column(struct tracer *tracer, const struct statement *statement,
                         const struct action *action, struct trace_table *table)
{
    struct trace_column *column =
        action->column == NULL ? NULL : trace_column_now(table, action->column);

    if (action->kind == ACTION_ADD_COLUMN && action->definition != NULL) {
        if (trace_column_now(table, action->definition->name) == NULL)
            add_column(table, NULL, action->definition->name);
    } else if (column == NULL) {
        return;
    } else if (action->kind == ACTION_RENAME_COLUMN) {
        column->after = mem_strdup(column, action->new_name);
    } else if (action->kind == ACTION_DROP_COLUMN) {
        column->after = NULL;
        column->dropped = trace_cause(column, statement);
    } else if (action->kind == ACTION_ALTER_TYPE) {
        add_rows(tracer, &column->written, table, statement, NULL);
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

static bool changes_relation(enum action_kind kind)
{
    return kind == ACTION_DROP || kind == ACTION_RENAME || kind == ACTION_SET_SCHEMA
           || kind == ACTION_TRUNCATE || kind == ACTION_ADD_COLUMN || kind == ACTION_DROP_COLUMN
           || kind == ACTION_RENAME_COLUMN || kind == ACTION_ALTER_TYPE;
}

static void apply_action(struct tracer *tracer, const struct statement *statement,
                         const struct action *action)
{
    if (action->kind == ACTION_QUERY && action->query != NULL && action->option == NULL) {
        for (size_t i = 0; i < action->query->n_inner; i++)
            apply_query(tracer, statement, action->query->inner[i]);
        apply_query(tracer, statement, action->query);
    } else if (action->kind == ACTION_CREATE_TABLE
               || (action->kind == ACTION_CREATE_TABLE_AS
                   && action->object != OBJECT_MATERIALIZED_VIEW)) {
        touch(tracer, action->relation);
        create_table(tracer, statement, action);
    } else if (changes_relation(action->kind) && action->relation.name != NULL) {
        struct trace_table *table = tracer_find(tracer, action->relation);
        if (table == NULL)
            return;
        // A new column disturbs no question about the others.
        if (action->kind != ACTION_ADD_COLUMN)
            touch(tracer, action->relation);
        apply_table(tracer, statement, action, table);
        if (table->after.name != NULL && action->kind != ACTION_ADD_COLUMN)
            touch(tracer, table->after);
    }
}

void tracer_apply(struct tracer *tracer, const struct statement *statement)
{
    for (size_t i = 0; i < statement->n_actions; i++)
        apply_action(tracer, statement, &statement->actions[i]);
}

const struct trace *tracer_state(const struct tracer *tracer)
{
    return &tracer->trace;
}

// --- the end: tables that were replaced by a copy of themselves

static const struct trace_copy *find_replacement(const struct tracer *tracer,
                                                 const struct trace_table *table)
{
    for (size_t i = 0; i < tracer->trace.n_copies; i++) {
        const struct trace_copy *copy = &tracer->trace.copies[i];
        if (copy->from == table && copy->to->before.name == NULL
            && is_same_name(copy->to->after, table->before))
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
static void follow_column(struct trace_column *column, const struct trace_copy *copy)
{
    const char *name = column->after;

    column->after = NULL;
    column->dropped = copy->cause;
    for (size_t i = 0; i < copy->n_columns; i++) {
        struct trace_column *to = copy->to_columns[i];
        bool is_plain = copy->from_columns[i] == column;
        if (to == NULL || to->after == NULL
            || (!is_plain && (name == NULL || !text_equal_nocase(to->after, name))))
            continue;
        column->after = to->after;
        column->dropped = NULL;
        if (!is_plain || to->written.cause != NULL)
            column->written =
                (struct trace_rows){.cause = to->written.cause ? to->written.cause : copy->cause};
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
        if (to->columns[i]->after != NULL
            && trace_column_now(table, to->columns[i]->after) == NULL)
            add_column(table, NULL, to->columns[i]->after);
    table->after = to->after;
    table->rebuilt = copy->cause;
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
