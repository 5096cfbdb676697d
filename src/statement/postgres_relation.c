/*
 * Relations other than tables: indexes, views, tables from queries, sequences, statistics.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "statement/postgres_reading.h"
#include <catalog/pg_class.h>

// --- indexes

// `(expression)` gives what is inside, `lower(email) text_pattern_ops` the call.
struct span list_expression_span(struct reading *reading, int location)
{
    size_t index = token_index(reading, location);
    size_t start = index;
    while (start > 0 && reading->tokens[start - 1].kind == TOKEN_OPEN)
        start--;
    // The first parenthesis of the first column is the list's own.
    bool is_first = start == 0 || reading->tokens[start - 1].kind != TOKEN_COMMA;
    start += is_first ? 1 : 0;
    if (reading->tokens[start].kind == TOKEN_OPEN)
        return span_inside(reading, start);
    size_t end = start;
    int depth = 0;
    for (; reading->tokens[end].kind != TOKEN_END; end++) {
        depth += reading->tokens[end].kind == TOKEN_OPEN ? 1 : 0;
        if (reading->tokens[end].kind == TOKEN_CLOSE && --depth == 0)
            break;
    }
    return (struct span){.start = reading->tokens[start].offset,
                         .end = reading->tokens[end].offset + reading->tokens[end].len};
}

void index_read_column(struct reading *reading, const IndexElem *element, struct index_column *out)
{
    out->column = mem_strdup(reading->mem, element->name);
    out->collation = name_of_list(reading, element->collation).name;
    out->opclass = name_of_list(reading, element->opclass).name;
    out->is_descending = element->ordering == SORTBY_DESC;
    out->has_nulls_first = element->nulls_ordering == SORTBY_NULLS_DEFAULT
                               ? out->is_descending
                               : element->nulls_ordering == SORTBY_NULLS_FIRST;
    if (element->expr == NULL)
        return;
    out->expression = mem_new(reading->mem, struct expression);
    int location = expression_read(reading, element->expr, NULL, out->expression);
    struct span span = list_expression_span(reading, location);
    out->expression->text = span_text(reading, span);
}

void read_create_index(struct reading *reading, Node *node)
{
    const IndexStmt *create = (IndexStmt *)node;
    struct action *action = action_add(reading, ACTION_CREATE_INDEX);
    struct index_definition *index = mem_new(reading->mem, struct index_definition);
    action->object = OBJECT_INDEX;
    action->index = index;
    action->relation = name_of_range(reading, create->relation);
    action->concurrently = create->concurrent;
    action->if_exists = create->if_not_exists;
    action->only = !create->relation->inh;
    settings_read(reading, create->options, false, action);
    index->name = mem_strdup(reading->mem, create->idxname);
    index->method = mem_strdup(reading->mem, create->accessMethod);
    index->is_unique = create->unique;
    index->nulls_not_distinct = create->nulls_not_distinct;
    ListCell *cell;
    foreach (cell, create->indexParams)
        index_read_column(reading, lfirst(cell),
                          mem_append(reading->mem, index->columns, index->n_columns));
    foreach (cell, create->indexIncludingParams)
        *mem_append(reading->mem, index->includes, index->n_includes) =
            mem_strdup(reading->mem, ((IndexElem *)lfirst(cell))->name);
    if (create->whereClause != NULL) {
        index->predicate = mem_new(reading->mem, struct expression);
        int location = expression_read(reading, create->whereClause, NULL, index->predicate);
        index->predicate->text = span_text(reading, span_behind_word(reading, location, "where"));
    }
    static const char *const kinds[] = {"CREATE INDEX", "CREATE INDEX CONCURRENTLY",
                                        "CREATE UNIQUE INDEX", "CREATE UNIQUE INDEX CONCURRENTLY"};
    reading->statement->kind = kinds[(create->unique ? 2 : 0) + (create->concurrent ? 1 : 0)];
}

// --- views and tables from queries

// Names written for the columns replace those of the query.
static void outputs_rename(struct reading *reading, const List *names, struct query *query)
{
    for (size_t i = 0; i < (size_t)list_length(names) && i < query->n_outputs; i++)
        query->output_names[i] = mem_strdup(reading->mem, strVal(list_nth(names, (int)i)));
}

static void persistence_read(const RangeVar *range, struct action *action)
{
    action->is_temporary = range->relpersistence == RELPERSISTENCE_TEMP;
    action->is_unlogged = range->relpersistence == RELPERSISTENCE_UNLOGGED;
}

void read_create_view(struct reading *reading, Node *node)
{
    const ViewStmt *create = (ViewStmt *)node;
    struct action *action = action_add(reading, ACTION_CREATE_VIEW);
    action->object = OBJECT_VIEW;
    action->relation = name_of_range(reading, create->view);
    action->or_replace = create->replace;
    action->query = query_make(reading, create->query, NULL);
    outputs_rename(reading, create->aliases, action->query);
    settings_read(reading, create->options, false, action);
    if (create->withCheckOption != NO_CHECK_OPTION)
        setting_add(reading, action, "check_option",
                    create->withCheckOption == LOCAL_CHECK_OPTION ? "local" : "cascaded");
    persistence_read(create->view, action);
}

static void table_as_read(struct reading *reading, const IntoClause *into, struct query *query)
{
    struct action *action = action_add(reading, ACTION_CREATE_TABLE_AS);
    action->object = OBJECT_TABLE;
    action->relation = name_of_range(reading, into->rel);
    action->without_data = into->skipData;
    settings_read(reading, into->options, false, action);
    action->query = query;
    persistence_read(into->rel, action);
    if (query != NULL)
        outputs_rename(reading, into->colNames, query);
}

void read_create_table_as(struct reading *reading, Node *node)
{
    const CreateTableAsStmt *create = (CreateTableAsStmt *)node;
    bool is_execute = IsA(create->query, ExecuteStmt); // AS EXECUTE name: its query is not here
    table_as_read(reading, create->into,
                  is_execute ? NULL : query_make(reading, create->query, NULL));
    struct action *action = &reading->statement->actions[0];
    action->if_exists = create->if_not_exists;
    if (create->objtype == OBJECT_MATVIEW) {
        action->object = OBJECT_MATERIALIZED_VIEW;
        reading->statement->kind = "CREATE MATERIALIZED VIEW";
    }
}

// INTO stands in the first SELECT of a set operation.
static const IntoClause *into_of(const SelectStmt *select)
{
    while (select->op != SETOP_NONE)
        select = select->larg;
    return select->intoClause;
}

void read_query(struct reading *reading, Node *node)
{
    struct query *query = query_make(reading, node, NULL);
    if (IsA(node, SelectStmt) && into_of((SelectStmt *)node) != NULL) {
        table_as_read(reading, into_of((SelectStmt *)node), query);
        reading->statement->kind = "SELECT INTO";
        return;
    }
    action_add(reading, ACTION_QUERY)->query = query;
    if (query->verb == QUERY_VALUES)
        reading->statement->kind = "VALUES";
}

void read_refresh(struct reading *reading, Node *node)
{
    const RefreshMatViewStmt *refresh = (RefreshMatViewStmt *)node;
    struct action *action = action_add(reading, ACTION_REFRESH);
    action->object = OBJECT_MATERIALIZED_VIEW;
    action->relation = name_of_range(reading, refresh->relation);
    action->concurrently = refresh->concurrent;
    action->without_data = refresh->skipData;
}

// --- sequences and statistics

void sequence_read_first(struct reading *reading, const List *options, struct action *action)
{
    static const char *const words[] = {"start", "restart"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        const DefElem *first = option_find(options, words[i]);
        if (first == NULL || first->arg == NULL)
            continue;
        const char *text = IsA(first->arg, Float)
                               ? ((const Float *)first->arg)->fval
                               : mem_printf(reading->mem, "%d", intVal(first->arg));
        action->value = mem_new(reading->mem, struct expression);
        *action->value =
            (struct expression){.is_constant = true, .text = mem_strdup(reading->mem, text)};
        action->value->constant = action->value->text;
    }
}

// OWNED BY table.column or NONE.
static void sequence_read_options(struct reading *reading, const List *options,
                                  struct action *action)
{
    action->option = option_names(reading, options);
    settings_read(reading, options, false, action);
    sequence_read_first(reading, options, action);
    const DefElem *owner = option_find(options, "owned_by");
    if (owner == NULL || list_length((List *)owner->arg) < 2)
        return;
    List *table = list_copy((List *)owner->arg);
    action->column = mem_strdup(reading->mem, strVal(llast(table)));
    action->other = name_of_list(reading, list_truncate(table, list_length(table) - 1));
}

void read_create_sequence(struct reading *reading, Node *node)
{
    const CreateSeqStmt *create = (CreateSeqStmt *)node;
    struct action *action = action_add(reading, ACTION_CREATE_SEQUENCE);
    action->object = OBJECT_SEQUENCE;
    action->relation = name_of_range(reading, create->sequence);
    action->if_exists = create->if_not_exists;
    persistence_read(create->sequence, action);
    sequence_read_options(reading, create->options, action);
}

void read_alter_sequence(struct reading *reading, Node *node)
{
    const AlterSeqStmt *alter = (AlterSeqStmt *)node;
    struct action *action = action_add(reading, ACTION_ALTER_SEQUENCE);
    action->object = OBJECT_SEQUENCE;
    action->relation = name_of_range(reading, alter->sequence);
    action->relation_if_exists = alter->missing_ok;
    sequence_read_options(reading, alter->options, action);
}

void read_create_statistics(struct reading *reading, Node *node)
{
    const CreateStatsStmt *create = (CreateStatsStmt *)node;
    ListCell *cell;
    foreach (cell, create->relations) {
        if (!IsA(lfirst(cell), RangeVar))
            continue; // the grammar takes more than the server does
        struct action *action = action_add(reading, ACTION_CREATE_STATISTICS);
        action->object = OBJECT_STATISTICS;
        action->relation = name_of_range(reading, lfirst(cell));
        action->member = name_of_list(reading, create->defnames).name;
        action->if_exists = create->if_not_exists;
    }
}
