/*
 * Statements that act in a session or by procedure: transactions, settings, locks, maintenance,
 * DO, CALL, PREPARE, EXPLAIN, COPY, cursors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "statement/postgres_reading.h"

// --- transactions and settings

static const struct transaction_row {
    TransactionStmtKind type;
    enum action_kind kind;
    const char *words;
    const char *option;
} transaction_rows[] = {
    {TRANS_STMT_BEGIN, ACTION_BEGIN, "BEGIN"},
    {TRANS_STMT_START, ACTION_BEGIN, "START TRANSACTION"},
    {TRANS_STMT_COMMIT, ACTION_COMMIT, "COMMIT"},
    {TRANS_STMT_ROLLBACK, ACTION_ROLLBACK, "ROLLBACK"},
    {TRANS_STMT_SAVEPOINT, ACTION_SAVEPOINT, "SAVEPOINT"},
    {TRANS_STMT_RELEASE, ACTION_SAVEPOINT, "RELEASE SAVEPOINT", "release"},
    {TRANS_STMT_ROLLBACK_TO, ACTION_SAVEPOINT, "ROLLBACK TO SAVEPOINT", "rollback to"},
    {TRANS_STMT_PREPARE, ACTION_COMMIT, "PREPARE TRANSACTION", "prepare"},
    {TRANS_STMT_COMMIT_PREPARED, ACTION_OTHER, "COMMIT PREPARED"},
    {TRANS_STMT_ROLLBACK_PREPARED, ACTION_OTHER, "ROLLBACK PREPARED"},
};

void read_transaction(struct reading *reading, Node *node)
{
    const TransactionStmt *transaction = (TransactionStmt *)node;
    size_t i = 0;
    while (transaction_rows[i].type != transaction->kind)
        i++;
    struct action *action = action_add(reading, transaction_rows[i].kind);
    action->option = transaction_rows[i].option;
    action->member = mem_strdup(reading->mem, transaction->savepoint_name);
    reading->statement->kind = transaction_rows[i].words;
}

// The values as they are written, joined by ", ".
static const char *setting_value(struct reading *reading, const List *values)
{
    const char **texts = NULL;
    size_t n = 0;
    ListCell *cell;
    foreach (cell, values) {
        struct expression value = {0};
        expression_read(reading, lfirst(cell), NULL, &value);
        *mem_append(reading->tmp, texts, n) = value.constant == NULL ? "" : value.constant;
    }
    return strings_join(reading, texts, n, ", ");
}

void read_set(struct reading *reading, Node *node)
{
    const VariableSetStmt *set = (VariableSetStmt *)node;
    struct action *action = action_add(reading, ACTION_SET_VARIABLE);
    action->member = set->kind == VAR_RESET_ALL ? "ALL" : mem_strdup(reading->mem, set->name);
    action->is_local = set->is_local;
    if (set->kind == VAR_SET_VALUE)
        action->option = setting_value(reading, set->args);
    if (set->kind == VAR_SET_MULTI) // SET TRANSACTION …: names of the modes
        action->option = option_names(reading, set->args);
    if (set->kind == VAR_RESET || set->kind == VAR_RESET_ALL)
        reading->statement->kind = "RESET";
}

// --- locks and maintenance

void read_lock(struct reading *reading, Node *node)
{
    static const char *const modes[] = {
        "AccessShareLock", "RowShareLock",          "RowExclusiveLock", "ShareUpdateExclusiveLock",
        "ShareLock",       "ShareRowExclusiveLock", "ExclusiveLock",    "AccessExclusiveLock"};
    const LockStmt *lock = (LockStmt *)node;
    ListCell *cell;
    foreach (cell, lock->relations) {
        const RangeVar *range = lfirst(cell);
        struct action *action = action_add(reading, ACTION_LOCK_TABLE);
        action->object = OBJECT_TABLE;
        action->relation = name_of_range(reading, range);
        action->option = modes[lock->mode - 1];
        action->is_nowait = lock->nowait;
        action->only = !range->inh;
    }
}

static void vacuum_add(struct reading *reading, const VacuumStmt *vacuum, const RangeVar *range)
{
    struct action *action =
        action_add(reading, vacuum->is_vacuumcmd ? ACTION_VACUUM : ACTION_ANALYZE);
    action->is_full = option_is_on(vacuum->options, "full");
    action->option = option_names(reading, vacuum->options);
    if (range == NULL)
        return;
    action->object = OBJECT_TABLE;
    action->relation = name_of_range(reading, range);
}

void read_vacuum(struct reading *reading, Node *node)
{
    const VacuumStmt *vacuum = (VacuumStmt *)node;
    if (vacuum->rels == NIL)
        vacuum_add(reading, vacuum, NULL);
    ListCell *cell;
    foreach (cell, vacuum->rels)
        vacuum_add(reading, vacuum, ((VacuumRelation *)lfirst(cell))->relation);
    reading->statement->kind = vacuum->is_vacuumcmd ? "VACUUM" : "ANALYZE";
}

void read_cluster(struct reading *reading, Node *node)
{
    const ClusterStmt *cluster = (ClusterStmt *)node;
    struct action *action = action_add(reading, ACTION_CLUSTER);
    action->member = mem_strdup(reading->mem, cluster->indexname);
    if (cluster->relation == NULL)
        return;
    action->object = OBJECT_TABLE;
    action->relation = name_of_range(reading, cluster->relation);
}

void read_reindex(struct reading *reading, Node *node)
{
    static const enum object_kind objects[] = {
        [REINDEX_OBJECT_INDEX] = OBJECT_INDEX,       [REINDEX_OBJECT_TABLE] = OBJECT_TABLE,
        [REINDEX_OBJECT_SCHEMA] = OBJECT_SCHEMA,     [REINDEX_OBJECT_SYSTEM] = OBJECT_DATABASE,
        [REINDEX_OBJECT_DATABASE] = OBJECT_DATABASE,
    };
    const ReindexStmt *reindex = (ReindexStmt *)node;
    struct action *action = action_add(reading, ACTION_REINDEX);
    action->object = objects[reindex->kind];
    action->relation.name = mem_strdup(reading->mem, reindex->name);
    if (reindex->relation != NULL)
        action->relation = name_of_range(reading, reindex->relation);
    action->concurrently = option_is_on(reindex->params, "concurrently");
}

// --- procedures

static const char *do_argument(struct reading *reading, const List *args, const char *name)
{
    const DefElem *arg = option_find(args, name);
    return arg == NULL ? NULL : mem_strdup(reading->mem, strVal(arg->arg));
}

void read_do(struct reading *reading, Node *node)
{
    const List *args = ((DoStmt *)node)->args;
    struct action *action = action_add(reading, ACTION_DO);
    action->body = do_argument(reading, args, "as");
    action->language = do_argument(reading, args, "language");
    if (action->language == NULL)
        action->language = "plpgsql";
}

void read_call(struct reading *reading, Node *node)
{
    struct action *action = action_add(reading, ACTION_CALL);
    action->object = OBJECT_PROCEDURE;
    action->relation = name_of_list(reading, ((CallStmt *)node)->funccall->funcname);
}

static bool is_query(const Node *node)
{
    return IsA(node, SelectStmt) || IsA(node, InsertStmt) || IsA(node, UpdateStmt) ||
           IsA(node, DeleteStmt) || IsA(node, MergeStmt);
}

void read_prepare(struct reading *reading, Node *node)
{
    const PrepareStmt *prepare = (PrepareStmt *)node;
    struct action *action = action_add(reading, ACTION_EXECUTE);
    action->member = mem_strdup(reading->mem, prepare->name);
    action->option = "prepare";
    if (is_query(prepare->query))
        action->query = query_make(reading, prepare->query, NULL);
}

void read_execute(struct reading *reading, Node *node)
{
    struct action *action = action_add(reading, ACTION_EXECUTE);
    action->member = mem_strdup(reading->mem, ((ExecuteStmt *)node)->name);
    action->option = "execute";
}

void read_deallocate(struct reading *reading, Node *node)
{
    struct action *action = action_add(reading, ACTION_EXECUTE);
    action->member = mem_strdup(reading->mem, ((DeallocateStmt *)node)->name);
    action->option = "deallocate";
}

// --- queries within

// EXPLAIN ANALYZE really runs the statement: its actions are those. The grammar nests no EXPLAIN.
void read_explain(struct reading *reading, Node *node)
{
    const ExplainStmt *explain = (ExplainStmt *)node;
    bool is_analyze = option_is_on(explain->options, "analyze");
    if (is_analyze || is_query(explain->query))
        statement_read(reading, explain->query);
    else
        action_add(reading, ACTION_OTHER);
    reading->statement->actions[0].option = is_analyze ? "EXPLAIN ANALYZE" : "EXPLAIN";
    reading->statement->kind = "EXPLAIN";
}

void read_copy(struct reading *reading, Node *node)
{
    struct query *query = query_make_copy(reading, (CopyStmt *)node);
    action_add(reading, ACTION_QUERY)->query = query;
}

void read_cursor(struct reading *reading, Node *node)
{
    const DeclareCursorStmt *cursor = (DeclareCursorStmt *)node;
    struct query *query = query_make(reading, cursor->query, NULL);
    struct action *action = action_add(reading, ACTION_QUERY);
    action->query = query;
    action->member = mem_strdup(reading->mem, cursor->portalname);
}

void read_fetch(struct reading *reading, Node *node)
{
    const FetchStmt *fetch = (FetchStmt *)node;
    action_add(reading, ACTION_OTHER)->member = mem_strdup(reading->mem, fetch->portalname);
    reading->statement->kind = fetch->ismove ? "MOVE" : "FETCH";
}
