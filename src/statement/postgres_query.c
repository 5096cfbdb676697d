/*
 * Queries that write: INSERT, UPDATE, DELETE, MERGE, COPY; and the entry for all queries.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "statement/postgres_reading.h"

// One query while it is read: its scope, and what stands in all its parts.
struct query_reading {
    struct reading *reading;
    struct query *query;
    const struct scope *scope;
    struct found found;
};

static void query_walk(struct query_reading *q, void *node)
{
    walk(q->reading, node, q->scope, &q->found);
}

static void target_set(struct query_reading *q, const RangeVar *range)
{
    q->query->target = name_of_range(q->reading, range);
    q->query->target_only = !range->inh;
    if (range->alias != NULL)
        q->query->target_alias = mem_strdup(q->reading->mem, range->alias->aliasname);
}

// --- assignments

// The first token behind the "=" of `a = …` and of `(a, b) = …`, from a target column on.
static size_t value_index(struct reading *reading, const ResTarget *target)
{
    int depth = 0;
    size_t i = token_index(reading, target->location);
    for (; i + 1 < reading->n_tokens; i++) {
        const struct token *token = &reading->tokens[i];
        depth += token->kind == TOKEN_OPEN ? 1 : token->kind == TOKEN_CLOSE ? -1 : 0;
        if (depth <= 0 && token->kind == TOKEN_OPERATOR && token->len == 1 &&
            reading->text[token->offset] == '=')
            break;
    }
    return i + 1;
}

static void assignment_read(struct query_reading *q, const ResTarget *target,
                            struct assignment *out)
{
    struct reading *reading = q->reading;
    size_t index = value_index(reading, target);
    struct span span = span_from(reading, index, 0);
    Node *value = target->val;
    if (value != NULL && IsA(value, MultiAssignRef)) {
        const MultiAssignRef *multi = (MultiAssignRef *)value;
        value = multi->source;
        // Of (a, b) = (x, y) and ROW (x, y) each column has its own part.
        if (IsA(value, RowExpr) && list_length(((RowExpr *)value)->args) == multi->ncolumns) {
            value = list_nth(((RowExpr *)value)->args, multi->colno - 1);
            span = span_part(reading, index, multi->colno - 1);
        }
    }
    out->column = mem_strdup(reading->mem, target->name);
    expression_read(reading, value, q->scope, &out->value);
    out->value.text = span_text(reading, span);
}

static void assignments_read(struct query_reading *q, const List *targets)
{
    ListCell *cell;
    foreach (cell, targets)
        assignment_read(
            q, lfirst(cell),
            mem_append(q->reading->mem, q->query->assignments, q->query->n_assignments));
}

// --- verbs

static void columns_read(struct query_reading *q, const List *targets)
{
    ListCell *cell;
    foreach (cell, targets)
        *mem_append(q->reading->mem, q->query->columns, q->query->n_columns) =
            mem_strdup(q->reading->mem, ((ResTarget *)lfirst(cell))->name);
}

static enum overriding overriding_of(OverridingKind kind)
{
    return kind == OVERRIDING_NOT_SET         ? OVERRIDING_NONE
           : kind == PG_OVERRIDING_USER_VALUE ? OVERRIDING_USER_VALUE
                                              : OVERRIDING_SYSTEM_VALUE;
}

// Elements with an expression, a collation or an operator class leave the list empty.
static void conflict_target_read(struct query_reading *q, const InferClause *target)
{
    struct query *query = q->query;
    ListCell *cell;
    if (target == NULL)
        return;
    if (target->conname != NULL)
        query->conflict_constraint = mem_strdup(q->reading->mem, target->conname);
    query->conflict_has_predicate = target->whereClause != NULL;
    foreach (cell, target->indexElems) {
        const IndexElem *element = lfirst(cell);
        if (element->name == NULL || element->collation != NIL || element->opclass != NIL) {
            query->n_conflict_columns = 0;
            return;
        }
        *mem_append(q->reading->mem, query->conflict_columns, query->n_conflict_columns) =
            mem_strdup(q->reading->mem, element->name);
    }
}

static void insert_read(struct query_reading *q, const InsertStmt *insert)
{
    struct query *query = q->query;
    query->verb = QUERY_INSERT;
    target_set(q, insert->relation);
    query_walk(q, insert->selectStmt);
    query_walk(q, insert->returningList);
    query->has_returning = insert->returningList != NIL;
    query->has_default_values = insert->selectStmt == NULL;
    query->overriding = overriding_of(insert->override);
    columns_read(q, insert->cols);
    if (insert->selectStmt != NULL)
        select_read(q->reading, (SelectStmt *)insert->selectStmt, q->scope, query);
    const OnConflictClause *conflict = insert->onConflictClause;
    if (conflict == NULL)
        return;
    query_walk(q, conflict->targetList);
    query_walk(q, conflict->whereClause);
    conflict_target_read(q, conflict->infer);
    query->conflict = conflict->action == ONCONFLICT_UPDATE ? CONFLICT_UPDATE : CONFLICT_NOTHING;
    assignments_read(q, conflict->targetList);
}

static void update_read(struct query_reading *q, const UpdateStmt *update)
{
    q->query->verb = QUERY_UPDATE;
    target_set(q, update->relation);
    query_walk(q, update->targetList);
    query_walk(q, update->fromClause);
    query_walk(q, update->whereClause);
    query_walk(q, update->returningList);
    q->query->has_returning = update->returningList != NIL;
    assignments_read(q, update->targetList);
    joins_read(q->reading, update->fromClause, true, q->query);
    query_set_where(q->reading, update->whereClause, q->scope, q->query);
}

static void delete_read(struct query_reading *q, const DeleteStmt *delete)
{
    q->query->verb = QUERY_DELETE;
    target_set(q, delete->relation);
    query_walk(q, delete->usingClause);
    query_walk(q, delete->whereClause);
    query_walk(q, delete->returningList);
    q->query->has_returning = delete->returningList != NIL;
    joins_read(q->reading, delete->usingClause, true, q->query);
    query_set_where(q->reading, delete->whereClause, q->scope, q->query);
}

static void merge_read(struct query_reading *q, const MergeStmt *merge)
{
    struct reading *reading = q->reading;
    struct query *query = q->query;
    query->verb = QUERY_MERGE;
    target_set(q, merge->relation);
    query_walk(q, merge->sourceRelation);
    query_walk(q, merge->mergeWhenClauses);
    query_walk(q, merge->joinCondition);
    query->join_condition = mem_new(reading->mem, struct expression);
    int location = expression_read(reading, merge->joinCondition, q->scope, query->join_condition);
    query->join_condition->text = span_text(reading, span_behind_word(reading, location, "on"));
    ListCell *cell;
    foreach (cell, merge->mergeWhenClauses) {
        const MergeWhenClause *when = lfirst(cell);
        if (when->commandType == CMD_UPDATE)
            assignments_read(q, when->targetList);
        if (when->commandType == CMD_INSERT) {
            query->has_values = true;
            query->n_values++;
            query->overriding = overriding_of(when->override);
            columns_read(q, when->targetList);
            value_row_read(reading, when->values, query);
        }
        if (when->commandType == CMD_DELETE)
            query->merge_deletes = true;
    }
}

static void select_query_read(struct query_reading *q, SelectStmt *select)
{
    query_walk(q, select);
    select_read(q->reading, select, q->scope, q->query);
    q->query->verb = q->query->has_values ? QUERY_VALUES : QUERY_SELECT;
}

static const WithClause *with_clause(Node *node)
{
    if (IsA(node, InsertStmt))
        return ((InsertStmt *)node)->withClause;
    if (IsA(node, UpdateStmt))
        return ((UpdateStmt *)node)->withClause;
    if (IsA(node, DeleteStmt))
        return ((DeleteStmt *)node)->withClause;
    return IsA(node, MergeStmt) ? ((MergeStmt *)node)->withClause : NULL;
}

static void query_dispatch(struct query_reading *q, Node *node)
{
    q->scope = walk_with(q->reading, with_clause(node), q->scope, &q->found);
    if (IsA(node, InsertStmt))
        insert_read(q, (InsertStmt *)node);
    else if (IsA(node, UpdateStmt))
        update_read(q, (UpdateStmt *)node);
    else if (IsA(node, DeleteStmt))
        delete_read(q, (DeleteStmt *)node);
    else if (IsA(node, MergeStmt))
        merge_read(q, (MergeStmt *)node);
    else
        select_query_read(q, (SelectStmt *)node);
}

static struct query *query_make_one(struct reading *reading, Node *node, const struct scope *scope,
                                    struct found *found)
{
    struct query *query = mem_new(reading->mem, struct query);
    struct query_reading q = {.reading = reading, .query = query, .scope = scope};
    found_init(&q.found);
    query_dispatch(&q, node);
    found_finish(&q.found);
    query->reads = q.found.relations;
    query->n_reads = q.found.n_relations;
    query->calls = q.found.functions;
    query->n_calls = q.found.n_functions;
    *found = q.found;
    return query;
}

// A data-modifying WITH query may stand at the top level only (PostgreSQL refuses it elsewhere), so
// those of the inner ones are not looked for.
struct query *query_make(struct reading *reading, Node *node, const struct scope *scope)
{
    struct found found;
    struct found ignored;
    struct query *query = query_make_one(reading, node, scope, &found);
    for (size_t i = 0; i < found.n_inner; i++)
        *mem_append(reading->mem, query->inner, query->n_inner) =
            query_make_one(reading, found.inner[i].node, found.inner[i].scope, &ignored);
    references_read(reading, node, query);
    return query;
}

struct query *query_make_copy(struct reading *reading, const CopyStmt *copy)
{
    struct query *query = copy->query == NULL ? mem_new(reading->mem, struct query)
                                              : query_make(reading, copy->query, NULL);
    // COPY (DELETE … RETURNING …) TO stays a DELETE.
    if (copy->query == NULL || IsA(copy->query, SelectStmt))
        query->verb = QUERY_COPY;
    query->copies_from_program = copy->is_program;
    query->copies_to = !copy->is_from;
    if (copy->relation == NULL)
        return query;
    if (copy->is_from)
        query->target = name_of_range(reading, copy->relation);
    else
        *mem_append(reading->mem, query->reads, query->n_reads) =
            name_of_range(reading, copy->relation);
    query->columns = strings_of_list(reading, copy->attlist, &query->n_columns);
    query_set_where(reading, copy->whereClause, NULL, query);
    return query;
}
