/*
 * Timeline: transactions, the locks that they gather, and the work that is done in them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/timeline.h"
#include <string.h>

// A relation that the open transaction holds; `name` first, as a name table wants it.
struct held {
    struct name name;
    size_t lock;
};

const char *timeline_work_name(enum timeline_work_kind kind)
{
    static const char *const names[] = {"scan", "index build", "rewrite", "rows"};
    return names[kind];
}

const char *timeline_work_verb(enum timeline_work_kind kind)
{
    static const char *const verbs[] = {"scans", "builds an index on", "rewrites",
                                        "changes rows of"};
    return verbs[kind];
}

static struct timeline_transaction *now(const struct timeline *timeline)
{
    return &timeline->transactions[timeline->n_transactions - 1];
}

const struct timeline_transaction *timeline_now(const struct timeline *timeline)
{
    return now(timeline);
}

static void begin(struct timeline *timeline, enum transaction_kind kind, size_t first)
{
    struct timeline_transaction *transaction =
        mem_append(timeline->mem, timeline->transactions, timeline->n_transactions);
    *transaction = (struct timeline_transaction){.kind = kind,
                                                 .first = first,
                                                 .first_lock = timeline->n_locks,
                                                 .first_work = timeline->n_works};
    memset(timeline->first_of, 0xff, sizeof(timeline->first_of)); // SIZE_MAX everywhere
    if (kind == TRANSACTION_ALONE)
        return;
    timeline->is_open = true;
    timeline->n_savepoints = 0;
    timeline->held = name_table_make(timeline->mem, false);
    session_timeouts_begin(&timeline->session);
}

struct timeline *timeline_make(TALLOC_CTX *mem, bool tool_wraps)
{
    struct timeline *timeline = mem_new(mem, struct timeline);
    timeline->mem = mem;
    timeline->session = session_timeouts_start();
    if (tool_wraps)
        begin(timeline, TRANSACTION_TOOL, 0);
    return timeline;
}

static bool has_action(const struct statement *statement, enum action_kind kind)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        if (statement->actions[i].kind == kind)
            return true;
    }
    return false;
}

// --- locks

// Locks are noted in order of time.
static void note_first(struct timeline *timeline, size_t lock)
{
    for (size_t mode = 0; mode <= (size_t)timeline->locks[lock].mode; mode++) {
        if (timeline->first_of[mode] == SIZE_MAX)
            timeline->first_of[mode] = lock;
    }
}

static void append_lock(struct timeline *timeline, const struct effect_lock *lock, size_t index,
                        bool is_stronger)
{
    *mem_append(timeline->mem, timeline->locks, timeline->n_locks) =
        (struct timeline_lock){.relation = lock->relation,
                               .mode = lock->mode,
                               .statement = index,
                               .timeout_ms = timeline->session.now.lock.ms,
                               .is_stronger = is_stronger,
                               .freed_by = SIZE_MAX};
    now(timeline)->n_locks++;
    note_first(timeline, timeline->n_locks - 1);
}

static void hold(struct timeline *timeline, size_t lock)
{
    struct name name = {.name = timeline->locks[lock].relation};
    struct held *held = name_table_find(&timeline->held, name);
    if (held == NULL) {
        held = mem_new(timeline->mem, struct held);
        held->name = name;
        name_table_put(&timeline->held, held);
    }
    held->lock = lock;
}

static void add_lock(struct timeline *timeline, const struct effect_lock *lock, size_t index)
{
    if (lock->mode == LOCK_ACCESS_SHARE)
        return;
    if (!timeline->is_open) {
        append_lock(timeline, lock, index, false);
        return;
    }
    struct name name = {.name = lock->relation};
    struct held *held = name_table_find(&timeline->held, name);
    if (held != NULL && timeline->locks[held->lock].mode >= lock->mode)
        return;
    append_lock(timeline, lock, index, held != NULL);
    hold(timeline, timeline->n_locks - 1);
}

// --- savepoints

// ROLLBACK TO gives back what was locked since. Source: PostgreSQL 15 manual, Explicit Locking.
static void free_locks(struct timeline *timeline, size_t since, size_t index)
{
    const struct timeline_transaction *transaction = now(timeline);
    memset(timeline->first_of, 0xff, sizeof(timeline->first_of));
    timeline->held = name_table_make(timeline->mem, false);
    for (size_t i = 0; i < transaction->n_locks; i++) {
        struct timeline_lock *lock = &timeline->locks[transaction->first_lock + i];
        if (lock->freed_by == SIZE_MAX && lock->statement > since)
            lock->freed_by = index;
        if (lock->freed_by != SIZE_MAX)
            continue;
        note_first(timeline, transaction->first_lock + i);
        hold(timeline, transaction->first_lock + i);
    }
}

// SAVEPOINT keeps those of its name before it; RELEASE and ROLLBACK TO end those behind theirs.
static void follow_savepoint(struct timeline *timeline, size_t index, const struct action *action)
{
    size_t n = timeline->n_savepoints;
    if (action->option == NULL) {
        *mem_append(timeline->mem, timeline->savepoints, timeline->n_savepoints) =
            (struct timeline_savepoint){.name = action->member, .statement = index};
        return;
    }
    while (n > 0 && strcmp(timeline->savepoints[n - 1].name, action->member) != 0)
        n--;
    if (n == 0)
        return; // there is none: it fails
    bool is_release = strcmp(action->option, "release") == 0;
    timeline->n_savepoints = is_release ? n - 1 : n;
    if (!is_release)
        free_locks(timeline, timeline->savepoints[n - 1].statement, index);
}

const struct timeline_lock *timeline_holds(const struct timeline *timeline, enum lock_mode mode,
                                           size_t index)
{
    size_t first = timeline->first_of[mode];
    if (first == SIZE_MAX || timeline->locks[first].statement >= index)
        return NULL;
    return &timeline->locks[first];
}

const struct timeline_lock *timeline_strongest(const struct timeline *timeline, size_t index)
{
    const struct timeline_lock *lock = NULL;
    for (int mode = LOCK_MODE_COUNT - 1; lock == NULL && mode >= 0; mode--)
        lock = timeline_holds(timeline, (enum lock_mode)mode, index);
    return lock;
}

const struct timeline_lock *timeline_held(const struct timeline *timeline, const char *relation)
{
    if (timeline->is_open) {
        struct held *held = name_table_find(&timeline->held, (struct name){.name = relation});
        return held == NULL ? NULL : &timeline->locks[held->lock];
    }
    const struct timeline_transaction *transaction = now(timeline);
    for (size_t i = 0; i < transaction->n_locks; i++) {
        const struct timeline_lock *lock = &timeline->locks[transaction->first_lock + i];
        if (strcmp(lock->relation, relation) == 0)
            return lock;
    }
    return NULL;
}

// --- work

static void append_work(struct timeline *timeline, const struct timeline_work *work)
{
    *mem_append(timeline->mem, timeline->works, timeline->n_works) = *work;
    now(timeline)->n_works++;
}

// Each relation once: what is rewritten is read and indexed too.
static bool is_told(const struct timeline *timeline, const char *relation, size_t first)
{
    for (size_t i = first; i < timeline->n_works; i++) {
        if (strcmp(timeline->works[i].relation, relation) == 0)
            return true;
    }
    return false;
}

static void add_works(struct timeline *timeline, size_t index, enum timeline_work_kind kind,
                      const char *const *relations, size_t n)
{
    size_t first = timeline->n_works;
    while (first > 0 && timeline->works[first - 1].statement == index)
        first--;
    for (size_t i = 0; i < n; i++) {
        if (!is_told(timeline, relations[i], first))
            append_work(timeline, &(struct timeline_work){
                                      .kind = kind, .relation = relations[i], .statement = index});
    }
}

static bool changes_rows(const struct query *query)
{
    return query->target.name != NULL && query->verb != QUERY_SELECT &&
           query->verb != QUERY_VALUES && !query->copies_to;
}

static void add_rows(struct timeline *timeline, size_t index, const struct query *query,
                     const struct schema *before)
{
    if (!changes_rows(query))
        return;
    const struct schema_relation *target = schema_find(before, query->target);
    append_work(timeline, &(struct timeline_work){
                              .kind = TIMELINE_ROWS,
                              .relation = schema_name_text(timeline->mem, before, query->target),
                              .statement = index,
                              .is_written_out = query->has_values || query->has_default_values,
                              .is_new = target != NULL && schema_is_new(before, target)});
}

static void add_queries(struct timeline *timeline, size_t index, const struct query *query,
                        const struct schema *before)
{
    add_rows(timeline, index, query, before);
    for (size_t i = 0; i < query->n_inner; i++)
        add_rows(timeline, index, query->inner[i], before);
}

static void add_action(struct timeline *timeline, size_t index, const struct action *action,
                       const struct schema *before)
{
    bool creates_filled = action->kind == ACTION_CREATE_TABLE_AS && !action->without_data;
    if (creates_filled)
        append_work(timeline, &(struct timeline_work){.kind = TIMELINE_ROWS,
                                                      .relation = schema_name_text(
                                                          timeline->mem, before, action->relation),
                                                      .statement = index,
                                                      .is_new = true});
    else if (action->kind == ACTION_QUERY && action->query != NULL)
        add_queries(timeline, index, action->query, before);
}

// --- statements

static enum transaction_kind kind_of(const struct statement *statement)
{
    if (has_action(statement, ACTION_BEGIN))
        return TRANSACTION_WRITTEN;
    return statement->is_inner || statement->n_inner > 0 ? TRANSACTION_CODE : TRANSACTION_ALONE;
}

void timeline_enter(struct timeline *timeline, size_t index, const struct statement *statement,
                    const struct effects *effects, const struct schema *before)
{
    if (!timeline->is_open)
        begin(timeline, kind_of(statement), index);
    now(timeline)->n++;
    if (statement->n_inner > 0) { // its own effects are those of the statements in it
        if (!statement->is_inner)
            timeline->code_end = index + statement->n_inner;
        return;
    }
    for (size_t i = 0; i < effects->n_locks; i++)
        add_lock(timeline, &effects->locks[i], index);
    add_works(timeline, index, TIMELINE_REWRITE, effects->rewrites, effects->n_rewrites);
    add_works(timeline, index, TIMELINE_INDEX_BUILD, effects->index_builds,
              effects->n_index_builds);
    add_works(timeline, index, TIMELINE_SCAN, effects->scans, effects->n_scans);
    for (size_t i = 0; i < statement->n_actions; i++)
        add_action(timeline, index, &statement->actions[i], before);
}

void timeline_leave(struct timeline *timeline, size_t index, const struct statement *statement)
{
    session_timeouts_apply(&timeline->session, statement, index, timeline->is_open);
    bool is_code_over = now(timeline)->kind == TRANSACTION_CODE && index == timeline->code_end;
    bool is_committed = is_code_over || has_action(statement, ACTION_COMMIT);
    bool is_rolled_back = has_action(statement, ACTION_ROLLBACK);
    if (timeline->is_open && has_action(statement, ACTION_SAVEPOINT))
        follow_savepoint(timeline, index, statement->actions);
    if (!timeline->is_open || (!is_committed && !is_rolled_back))
        return;
    now(timeline)->is_rolled_back = is_rolled_back;
    timeline->is_open = false;
    session_timeouts_end(&timeline->session, is_committed);
}
