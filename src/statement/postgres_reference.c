/*
 * Columns that a query takes, with the tables in which one of them must stand.
 *
 * Each is resolved by the FROM lists around it as the server does it. Where something in reach has
 * columns that the text does not tell (a subquery, a WITH query, a function, an alias with names of
 * its own) a bare column may be its, and is left out; so are names of ORDER BY and GROUP BY that
 * may be outputs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "statement/postgres_reading.h"

struct source {
    const char *called; // by its alias, or its name
    struct name table;
    bool is_opaque; // which columns it has the text does not tell
};

struct level {
    const struct level *outer;
    struct source *sources;
    size_t n_sources;
};

struct reference_step {
    Node *node;
    const struct level *level;
    const struct scope *scope; // WITH queries
};

struct references {
    struct reading *reading;
    struct query *query;
    struct reference_step at; // for its children
    struct reference_step *todo;
    size_t n_todo;
};

static void push(struct references *walk, void *node, const struct level *level,
                 const struct scope *scope)
{
    if (node != NULL)
        *mem_append(walk->reading->tmp, walk->todo, walk->n_todo) =
            (struct reference_step){.node = node, .level = level, .scope = scope};
}

static bool push_child(Node *node, void *context)
{
    struct references *walk = context;
    push(walk, node, walk->at.level, walk->at.scope);
    return false;
}

// --- levels

static void source_add(struct references *walk, struct level *level, const RangeVar *range,
                       const Alias *alias, const struct scope *scope)
{
    struct reading *reading = walk->reading;
    struct source *source = mem_append(reading->tmp, level->sources, level->n_sources);
    *source = (struct source){.called = alias != NULL ? alias->aliasname : "", .is_opaque = true};
    if (range == NULL)
        return;
    if (alias == NULL)
        source->called = range->relname;
    source->table = name_of_range(reading, range);
    source->is_opaque = (alias != NULL && alias->colnames != NIL) || scope_has(scope, range);
}

static const Alias *alias_of(const Node *node)
{
    switch (nodeTag(node)) {
    case T_RangeVar: return ((const RangeVar *)node)->alias;
    case T_RangeSubselect: return ((const RangeSubselect *)node)->alias;
    case T_RangeFunction: return ((const RangeFunction *)node)->alias;
    case T_RangeTableFunc: return ((const RangeTableFunc *)node)->alias;
    case T_JoinExpr: return ((const JoinExpr *)node)->alias;
    default: return NULL;
    }
}

// A function without an alias is called by its own name.
static const char *function_called(const RangeFunction *function)
{
    const Node *call = linitial((List *)linitial(function->functions));
    return call != NULL && IsA(call, FuncCall) ? strVal(llast(((const FuncCall *)call)->funcname))
                                               : "";
}

static void from_item(struct references *walk, struct level *level, Node *item,
                      const struct scope *scope)
{
    const Alias *alias = alias_of(item);
    source_add(walk, level, IsA(item, RangeVar) ? (RangeVar *)item : NULL, alias, scope);
    if (IsA(item, RangeFunction) && alias == NULL)
        level->sources[level->n_sources - 1].called = function_called((RangeFunction *)item);
    if (IsA(item, RangeSubselect))
        push(walk, ((RangeSubselect *)item)->subquery,
             ((RangeSubselect *)item)->lateral ? level : level->outer, scope);
    if (IsA(item, RangeFunction))
        push(walk, ((RangeFunction *)item)->functions, level, scope);
}

// Of a FROM list: what it makes visible, and what stands in it.
static void from_read(struct references *walk, struct level *level, const List *from,
                      const struct scope *scope)
{
    Node **todo = NULL;
    size_t n = 0;
    ListCell *cell;
    foreach (cell, from) {
        *mem_append(walk->reading->tmp, todo, n) = lfirst(cell);
        while (n > 0) {
            Node *item = todo[--n];
            const JoinExpr *join = IsA(item, JoinExpr) ? (JoinExpr *)item : NULL;
            if (IsA(item, RangeTableSample))
                item = ((RangeTableSample *)item)->relation;
            if (join == NULL) {
                from_item(walk, level, item, scope);
                continue;
            }
            *mem_append(walk->reading->tmp, todo, n) = join->larg;
            *mem_append(walk->reading->tmp, todo, n) = join->rarg;
            push(walk, join->quals, level, scope);
            if (join->alias != NULL)
                source_add(walk, level, NULL, join->alias, scope);
            if (join->join_using_alias != NULL)
                source_add(walk, level, NULL, join->join_using_alias, scope);
        }
    }
}

// --- queries

static const struct scope *with_read(struct references *walk, const WithClause *with,
                                     const struct reference_step *at)
{
    if (with == NULL)
        return at->scope;
    const struct scope *all = scope_behind(walk->reading, with, at->scope);
    ListCell *cell;
    foreach (cell, with->ctes)
        push(walk, ((CommonTableExpr *)lfirst(cell))->ctequery, at->level,
             with->recursive ? all
                             : scope_show(walk->reading, all, (size_t)foreach_current_index(cell)));
    return all;
}

static struct level *level_make(struct references *walk, const struct level *outer)
{
    struct level *level = mem_new(walk->reading->tmp, struct level);
    level->outer = outer;
    return level;
}

// A bare name in ORDER BY, GROUP BY and DISTINCT ON may be that of an output.
static void clause_read(struct references *walk, const List *list, const struct level *level,
                        const struct scope *scope)
{
    ListCell *cell;
    foreach (cell, list) {
        Node *node = lfirst(cell);
        if (node != NULL && IsA(node, SortBy))
            node = ((SortBy *)node)->node;
        if (node == NULL || IsA(node, GroupingSet) ||
            (IsA(node, ColumnRef) && list_length(((ColumnRef *)node)->fields) == 1))
            continue;
        push(walk, node, level, scope);
    }
}

static void select_references(struct references *walk, SelectStmt *select,
                              const struct reference_step *at)
{
    const struct scope *scope = with_read(walk, select->withClause, at);
    if (select->op != SETOP_NONE) {
        push(walk, select->larg, at->level, scope);
        push(walk, select->rarg, at->level, scope);
        return;
    }
    struct level *level = level_make(walk, at->level);
    from_read(walk, level, select->fromClause, scope);
    push(walk, select->targetList, level, scope);
    push(walk, select->whereClause, level, scope);
    push(walk, select->havingClause, level, scope);
    push(walk, select->valuesLists, level, scope);
    clause_read(walk, select->groupClause, level, scope);
    clause_read(walk, select->sortClause, level, scope);
    if (select->distinctClause != NIL && linitial(select->distinctClause) != NULL)
        clause_read(walk, select->distinctClause, level, scope);
}

static struct level *target_level(struct references *walk, RangeVar *target,
                                  const struct reference_step *at)
{
    struct level *level = level_make(walk, at->level);
    source_add(walk, level, target, target->alias, NULL);
    return level;
}

static void insert_references(struct references *walk, InsertStmt *insert,
                              const struct reference_step *at)
{
    const struct scope *scope = with_read(walk, insert->withClause, at);
    const struct level *level = target_level(walk, insert->relation, at);
    push(walk, insert->selectStmt, at->level, scope);
    push(walk, insert->returningList, level, scope);
    const OnConflictClause *conflict = insert->onConflictClause;
    if (conflict == NULL)
        return;
    struct level *both = target_level(walk, insert->relation, at);
    source_add(walk, both, insert->relation, NULL, NULL);
    both->sources[1].called = "excluded";
    push(walk, conflict->targetList, both, scope);
    push(walk, conflict->whereClause, both, scope);
}

static void update_references(struct references *walk, UpdateStmt *update,
                              const struct reference_step *at)
{
    const struct scope *scope = with_read(walk, update->withClause, at);
    struct level *level = target_level(walk, update->relation, at);
    from_read(walk, level, update->fromClause, scope);
    push(walk, update->targetList, level, scope);
    push(walk, update->whereClause, level, scope);
    push(walk, update->returningList, level, scope);
}

static void delete_references(struct references *walk, DeleteStmt *delete,
                              const struct reference_step *at)
{
    const struct scope *scope = with_read(walk, delete->withClause, at);
    struct level *level = target_level(walk, delete->relation, at);
    from_read(walk, level, delete->usingClause, scope);
    push(walk, delete->whereClause, level, scope);
    push(walk, delete->returningList, level, scope);
}

static void merge_references(struct references *walk, MergeStmt *merge,
                             const struct reference_step *at)
{
    const struct scope *scope = with_read(walk, merge->withClause, at);
    struct level *level = target_level(walk, merge->relation, at);
    from_read(walk, level, list_make1(merge->sourceRelation), scope);
    push(walk, merge->joinCondition, level, scope);
    push(walk, merge->mergeWhenClauses, level, scope);
}

// --- columns

static void reference_add(struct references *walk, const char *qualifier, const char *column,
                          const struct source *sources, size_t n)
{
    struct reading *reading = walk->reading;
    struct query *query = walk->query;
    struct column_reference *reference =
        mem_append(reading->mem, query->references, query->n_references);
    *reference = (struct column_reference){.qualifier = mem_strdup(reading->mem, qualifier),
                                           .column = mem_strdup(reading->mem, column)};
    for (size_t i = 0; i < n; i++)
        *mem_append(reading->mem, reference->tables, reference->n_tables) = sources[i].table;
}

static void bare_read(struct references *walk, const char *column, const struct level *level)
{
    struct source *sources = NULL;
    size_t n = 0;
    for (; level != NULL; level = level->outer) {
        for (size_t i = 0; i < level->n_sources; i++) {
            // A table's name alone is its row.
            if (level->sources[i].is_opaque || strcmp(level->sources[i].called, column) == 0)
                return;
            *mem_append(walk->reading->tmp, sources, n) = level->sources[i];
        }
    }
    reference_add(walk, NULL, column, sources, n);
}

static void qualified_read(struct references *walk, const char *qualifier, const char *column,
                           const struct level *level)
{
    for (; level != NULL; level = level->outer) {
        for (size_t i = 0; i < level->n_sources; i++) {
            const struct source *source = &level->sources[i];
            if (strcmp(source->called, qualifier) != 0)
                continue;
            if (!source->is_opaque)
                reference_add(walk, qualifier, column, source, 1);
            return;
        }
    }
    reference_add(walk, qualifier, column, NULL, 0);
}

static void column_read_reference(struct references *walk, const ColumnRef *column,
                                  const struct level *level)
{
    int n = list_length(column->fields);
    const Node *last = llast(column->fields);
    if (n > 2 || !IsA(last, String))
        return;
    if (n == 1)
        bare_read(walk, strVal(last), level);
    else
        qualified_read(walk, strVal(linitial(column->fields)), strVal(last), level);
}

// --- the whole

static bool node_read(struct references *walk, const struct reference_step *at)
{
    switch (nodeTag(at->node)) {
    case T_SelectStmt: select_references(walk, (SelectStmt *)at->node, at); return true;
    case T_InsertStmt: insert_references(walk, (InsertStmt *)at->node, at); return true;
    case T_UpdateStmt: update_references(walk, (UpdateStmt *)at->node, at); return true;
    case T_DeleteStmt: delete_references(walk, (DeleteStmt *)at->node, at); return true;
    case T_MergeStmt: merge_references(walk, (MergeStmt *)at->node, at); return true;
    case T_ColumnRef: column_read_reference(walk, (ColumnRef *)at->node, at->level); return true;
    // Words in the parentheses of a type are no columns.
    case T_TypeCast: push(walk, ((TypeCast *)at->node)->arg, at->level, at->scope); return true;
    case T_TypeName: return true;
    default: return !node_has_children(at->node);
    }
}

void references_read(struct reading *reading, Node *node, struct query *query)
{
    struct references walk = {.reading = reading, .query = query};
    push(&walk, node, NULL, NULL);
    while (walk.n_todo > 0) {
        walk.at = walk.todo[--walk.n_todo];
        if (!node_read(&walk, &walk.at))
            raw_expression_tree_walker(walk.at.node, push_child, &walk);
    }
    talloc_free(walk.todo);
}
