/*
 * Rules on locks that a transaction keeps: what runs while they are held, and who else may hold
 * what they wait for.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/lock_place.h"

#define WORKS_SHOWN 3
#define TABLES_COMPARED 32 // of one transaction

static size_t line_of(const struct rule_place *place, size_t statement)
{
    return place->script->statements[statement].line;
}

static bool is_table_lock(const struct rule_place *place, const struct timeline_lock *lock)
{
    const struct schema_relation *relation =
        schema_find(place->before, relation_name(place, lock->relation));
    return relation == NULL ||
           (relation->kind != RELATION_INDEX && relation->kind != RELATION_SEQUENCE);
}

// --- statements after ACCESS EXCLUSIVE

// A lock that nobody else can get past, of the transaction and taken before statement `index`;
// the first that the statement itself does not need, else the first.
static const struct timeline_lock *lock_held_over(const struct rule_place *place,
                                                  const struct timeline_transaction *transaction,
                                                  size_t index)
{
    const struct timeline_lock *first = NULL;
    for (size_t i = 0; i < transaction->n_locks; i++) {
        const struct timeline_lock *lock = &place->timeline->locks[transaction->first_lock + i];
        if (lock->statement >= index)
            break;
        if (!lock_mode_blocks_reads(lock->mode) || lock->freed_by <= index ||
            !is_table_lock(place, lock))
            continue;
        first = first == NULL ? lock : first;
        const struct effect_lock *own = effects_lock_on(place->effects[index], lock->relation);
        if (own == NULL || own->mode < lock->mode)
            return lock;
    }
    return first;
}

// What others wait for while it is done; DML is told by mix-ddl-and-dml.
static bool is_long(const struct rule_place *place, const struct timeline_work *work)
{
    const struct statement *statement = &place->script->statements[work->statement];
    if (statement->actions[0].kind == ACTION_QUERY)
        return false;
    return work->is_new ||
           size_class(schema_find(place->before, relation_name(place, work->relation))) !=
               SIZE_SMALL;
}

struct held_work {
    const struct timeline_lock *lock;
    const struct timeline_work *first, *last;
    const char *text; // "line 3 scans public.a, line 5 …"
    size_t n;         // statements
    bool is_needed;   // each takes the lock itself: it only begins earlier
};

static void add_work(const struct rule_place *place, struct held_work *held,
                     const struct timeline_lock *lock, const struct timeline_work *work)
{
    const struct effect_lock *own =
        effects_lock_on(place->effects[work->statement], lock->relation);
    bool is_needed = own != NULL && own->mode >= lock->mode;
    if (held->first == NULL || (held->is_needed && !is_needed))
        held->lock = lock;
    held->first = held->first == NULL ? work : held->first;
    held->last = work;
    held->is_needed = held->n == 0 ? is_needed : held->is_needed && is_needed;
    if (held->n++ < WORKS_SHOWN)
        held->text =
            mem_printf(place->mem, "%s%sline %zu %s %s", held->text == NULL ? "" : held->text,
                       held->text == NULL ? "" : ", ", line_of(place, work->statement),
                       timeline_work_verb(work->kind), work->relation);
}

// The heaviest work of each statement stands first.
static struct held_work work_behind(const struct rule_place *place,
                                    const struct timeline_transaction *transaction)
{
    struct held_work held = {0};
    for (size_t i = 0; i < transaction->n_works; i++) {
        const struct timeline_work *work = &place->timeline->works[transaction->first_work + i];
        if (held.last != NULL && held.last->statement == work->statement)
            continue;
        const struct timeline_lock *lock =
            is_long(place, work) ? lock_held_over(place, transaction, work->statement) : NULL;
        if (lock != NULL)
            add_work(place, &held, lock, work);
    }
    return held;
}

static const char *split_hint(const struct rule_place *place, const struct held_work *held)
{
    return mem_printf(
        place->mem,
        "line %zu and what follows in a migration of their own, so that what line %zu "
        "locks is free again before; or line %zu last, where nothing behind it needs it",
        line_of(place, held->first->statement), line_of(place, held->lock->statement),
        line_of(place, held->lock->statement));
}

static void after_exclusive(struct rule_place *place,
                            const struct timeline_transaction *transaction)
{
    struct held_work held = work_behind(place, transaction);
    if (held.first == NULL)
        return;
    place->statement = &place->script->statements[held.first->statement];
    const char *rest =
        held.n > WORKS_SHOWN ? mem_printf(place->mem, " and %zu more", held.n - WORKS_SHOWN) : "";
    rule_report_as(place, held.is_needed ? SEVERITY_NOTE : SEVERITY_WARN, split_hint(place, &held),
                   "nobody reads or writes %s, locked since line %zu, while %s%s",
                   held.lock->relation, line_of(place, held.lock->statement), held.text, rest);
    place->statement = NULL;
}

static void check_statements_after_ax(struct rule_place *place)
{
    for (size_t i = 0; i < place->timeline->n_transactions; i++) {
        const struct timeline_transaction *transaction = &place->timeline->transactions[i];
        if (transaction->kind != TRANSACTION_ALONE && !transaction->is_rolled_back)
            after_exclusive(place, transaction);
    }
}

// --- several tables

// Tables that a transaction keeps others out of, in the order in which it came to them.
static size_t tables_kept(const struct rule_place *place,
                          const struct timeline_transaction *transaction,
                          const struct timeline_lock **tables)
{
    size_t n = 0;
    for (size_t i = 0; i < transaction->n_locks && n < TABLES_COMPARED; i++) {
        const struct timeline_lock *lock = &place->timeline->locks[transaction->first_lock + i];
        if (lock_mode_blocks_writes(lock->mode) && !lock->is_stronger &&
            lock->freed_by == SIZE_MAX && is_table_lock(place, lock))
            tables[n++] = lock;
    }
    return n;
}

static void report_order(struct rule_place *place, const struct timeline_lock *first,
                         const struct timeline_lock *second)
{
    place->statement = &place->script->statements[second->statement];
    const struct lock_order *other =
        lock_order_find(place->orders, second->relation, first->relation);
    if (other != NULL)
        rule_report(place,
                    "locks %s and keeps %s, locked since line %zu; %s:%zu takes them in the other "
                    "order: run at the same time, one of the two ends in a deadlock",
                    second->relation, first->relation, line_of(place, first->statement),
                    other->path, other->line);
    else
        rule_report(
            place,
            "locks %s and keeps %s, locked since line %zu: a transaction of the application "
            "that took them in the other order ends in a deadlock with it",
            second->relation, first->relation, line_of(place, first->statement));
    place->statement = NULL;
}

// Remember every pair that a foreign key links; report the first.
static void compare_order(struct rule_place *place, const struct timeline_transaction *transaction)
{
    const struct timeline_lock *tables[TABLES_COMPARED];
    size_t n = tables_kept(place, transaction, tables);
    bool is_told = false;
    for (size_t k = 1; k < n; k++) {
        for (size_t i = 0; i < k; i++) {
            // With a lock_timeout it gives up, and is tried again.
            if (tables[i]->statement == tables[k]->statement || tables[k]->timeout_ms > 0 ||
                !place_are_linked(place, relation_name(place, tables[i]->relation),
                                  relation_name(place, tables[k]->relation)))
                continue;
            if (!is_told)
                report_order(place, tables[i], tables[k]);
            is_told = true;
            lock_order_add(place->orders, tables[i]->relation, tables[k]->relation,
                           &place->script->statements[tables[k]->statement]);
        }
    }
}

static void check_multiple_tables_locked_order(struct rule_place *place)
{
    for (size_t i = 0; i < place->timeline->n_transactions; i++) {
        const struct timeline_transaction *transaction = &place->timeline->transactions[i];
        if (transaction->kind != TRANSACTION_ALONE && !transaction->is_rolled_back)
            compare_order(place, transaction);
    }
}

// --- several ALTER TABLE

static bool works_on_all_rows(const struct effects *effects, const char *table)
{
    return word_in(table, effects->rewrites, effects->n_rewrites) ||
           word_in(table, effects->scans, effects->n_scans);
}

// One statement would take the stronger of the two for both.
static bool locks_alike(const struct rule_place *place, size_t other, const char *table)
{
    const struct effect_lock *a = effects_lock_on(place_effects(place), table);
    const struct effect_lock *b = effects_lock_on(place->effects[other], table);
    return a != NULL && b != NULL && a->mode == b->mode;
}

static bool is_alter_table(const struct statement *statement, struct name table)
{
    return strcmp(statement->kind, "ALTER TABLE") == 0 && statement->n_actions > 0 &&
           name_may_equal(statement->actions[0].relation, table);
}

// At the second one that goes through all rows of a table.
static void check_several_alter_same_table(struct rule_place *place)
{
    if (place->statement->n_actions == 0)
        return;
    struct name table = place->statement->actions[0].relation;
    if (table.name == NULL || !is_alter_table(place->statement, table) ||
        place_effects(place)->n_blocks_writes_long == 0 ||
        !works_on_all_rows(place_effects(place), place_name(place, table)))
        return;
    const char *size, *name = place_name(place, table);
    const struct timeline_lock *held = timeline_held(place->timeline, name);
    if (held == NULL || held->statement == place->index)
        return; // it is the first, or takes a stronger lock
    for (size_t i = timeline_now(place->timeline)->first; i < place->index; i++) {
        if (!is_alter_table(&place->script->statements[i], table) ||
            place->effects[i]->n_blocks_writes_long == 0 ||
            !works_on_all_rows(place->effects[i], name) || !locks_alike(place, i, name) ||
            place_weigh(place, table, &size) == SEVERITY_NOTE)
            continue;
        rule_report(place,
                    "goes through all rows of %s again, as line %zu did: one ALTER TABLE with both "
                    "actions does it once",
                    name, line_of(place, i));
        return;
    }
}

// --- savepoints

static bool is_savepoint(const struct statement *statement, const char *option, const char *name)
{
    const struct action *action = statement->n_actions > 0 ? &statement->actions[0] : NULL;
    if (action == NULL || action->kind != ACTION_SAVEPOINT || action->member == NULL ||
        (name != NULL && strcmp(action->member, name) != 0))
        return false;
    return option == NULL ? action->option == NULL
                          : action->option != NULL && strcmp(action->option, option) == 0;
}

static void check_savepoint_keeps_locks(struct rule_place *place)
{
    if (!is_savepoint(place->statement, "rollback to", NULL))
        return;
    size_t since = place->index;
    const char *name = place->statement->actions[0].member;
    while (since > 0 && !is_savepoint(&place->script->statements[since - 1], NULL, name))
        since--;
    const struct timeline_lock *lock =
        since == 0 ? NULL : timeline_holds(place->timeline, LOCK_SHARE, since - 1);
    if (lock != NULL)
        rule_report(place,
                    "takes back what came after SAVEPOINT %s, but %s stays locked (%s) since line "
                    "%zu: each try keeps others waiting",
                    name, lock->relation, lock_mode_sql(lock->mode),
                    line_of(place, lock->statement));
}

// --- rows

const struct rule rule_statements_after_ax = {
    .id = "statements-after-ax",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "a transaction that holds ACCESS EXCLUSIVE goes on to scan, rewrite or index",
    .why = "Locks are held to the end of the transaction: what is locked for a moment's work is "
           "kept from everybody through the long work behind it.",
    .safe_form = "split the migration, or put the long work first and the short ALTER TABLE last",
    .source = "PostgreSQL 15 manual, Explicit Locking: locks are held until the end of the "
              "transaction",
    .check_migration = check_statements_after_ax,
};

const struct rule rule_multiple_tables_locked_order = {
    .id = "multiple-tables-locked-order",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "a transaction locks two tables that a foreign key links, one after the other",
    .why = "The application locks both too, in its own order: parent and child of one insert. Who "
           "holds one and waits for the other is ended by the server as a deadlock.",
    .safe_form = "one table a transaction; or SET lock_timeout = '2s', and try again on 55P03 and "
                 "40P01",
    .source = "PostgreSQL 15 manual, Explicit Locking, Deadlocks",
    .check_migration = check_multiple_tables_locked_order,
};

const struct rule rule_several_alter_same_table = {
    .id = "several-alter-same-table",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "two ALTER TABLE of one transaction go through all rows of the same table",
    .why = "Each scans or rewrites the whole table under its lock; one statement with both actions "
           "does it once.",
    .safe_form = "one ALTER TABLE with both actions",
    .source = "PostgreSQL 15 manual, ALTER TABLE",
    .check = check_several_alter_same_table,
};

const struct rule rule_savepoint_keeps_locks = {
    .id = "savepoint-keeps-locks",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "ROLLBACK TO a savepoint in a transaction that holds a strong lock",
    .why =
        "Only what was locked after the savepoint is given back; what was locked before it stays "
        "locked through every try.",
    .safe_form = "ROLLBACK, and try the whole transaction again",
    .source = "PostgreSQL 15 manual, ROLLBACK TO SAVEPOINT",
    .kinds = {ACTION_SAVEPOINT},
    .check = check_savepoint_keeps_locks,
};
