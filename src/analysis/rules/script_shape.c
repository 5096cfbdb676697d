/*
 * Rules on the script as a whole: transactions that stay open, what cannot be run again, settings
 * that outlive it, locks that the server has no room for, definitions that IF NOT EXISTS passes
 * over.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"

static bool tool_wraps(const struct rule_place *place)
{
    return place->is_down ? place->migration->down.in_transaction
                          : place->migration->up.in_transaction;
}

// --- transactions

static void check_transaction_left_open(struct rule_place *place)
{
    const struct statement *begun = NULL;
    for (size_t i = 0; i < place->script->n_statements; i++) {
        place->statement = &place->script->statements[i];
        for (size_t j = 0; j < place->statement->n_actions; j++) {
            enum action_kind kind = place->statement->actions[j].kind;
            if (kind == ACTION_BEGIN && begun != NULL)
                rule_report_as(place, SEVERITY_NOTE, "leave it out",
                               "BEGIN inside a transaction does nothing but warn: the first COMMIT "
                               "ends both");
            if (kind == ACTION_BEGIN && begun == NULL)
                begun = place->statement;
            if (kind == ACTION_COMMIT || kind == ACTION_ROLLBACK)
                begun = NULL;
        }
    }
    place->statement = begun;
    if (begun != NULL && !tool_wraps(place))
        rule_report(place,
                    "this transaction is never committed: what the migration did is gone when "
                    "its connection closes");
}

// --- what cannot be run again

static bool fails_again(const struct action *action)
{
    switch ((int)action->kind) {
    case ACTION_CREATE_TABLE:
    case ACTION_CREATE_TABLE_AS:
    case ACTION_CREATE_INDEX:
    case ACTION_CREATE_SEQUENCE:
    case ACTION_CREATE_SCHEMA:
    case ACTION_CREATE_EXTENSION:
    case ACTION_ADD_COLUMN:
    case ACTION_DROP_COLUMN:
    case ACTION_DROP_CONSTRAINT:
    case ACTION_ADD_ENUM_VALUE: return !action->if_exists && !action->is_temporary;
    case ACTION_DROP: return !action->if_exists && action->object != OBJECT_NONE;
    case ACTION_CREATE_VIEW:
    case ACTION_CREATE_FUNCTION:
    case ACTION_CREATE_TRIGGER: return !action->or_replace && !action->is_temporary;
    default: return false;
    }
}

static bool is_bare(const struct rule_place *place, size_t i)
{
    const struct statement *statement = &place->script->statements[i];
    for (size_t j = 0; j < statement->n_actions; j++) {
        if (fails_again(&statement->actions[j]))
            return true;
    }
    return false;
}

// A statement outside of a transaction that cannot run twice, with something behind it that may
// fail.
static void check_not_rerunnable(struct rule_place *place)
{
    size_t n = 0, first = 0, last = place->script->n_statements;
    if (tool_wraps(place))
        return;
    for (size_t k = 0; k < place->timeline->n_transactions; k++) {
        const struct timeline_transaction *t = &place->timeline->transactions[k];
        if (t->first + t->n >= last) // nothing stands behind it
            continue;
        for (size_t i = t->first; i < t->first + t->n; i++) {
            if (is_bare(place, i) && n++ == 0)
                first = i;
        }
    }
    if (n == 0)
        return;
    place->statement = &place->script->statements[first];
    rule_report(place,
                "when a later statement fails, this one%s stay%s and fail%s the next attempt",
                n == 1 ? "" : mem_printf(place->mem, " and %zu more", n - 1), n == 1 ? "s" : "",
                n == 1 ? "s" : "");
}

// --- settings

// Settings by which later statements of the same session mean something else.
static const char *const meaningful[] = {"search_path", "role", "session_authorization",
                                         "session_replication_role"};

static bool is_reset_later(const struct rule_place *place, const char *name)
{
    for (size_t i = place->index + 1; i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct action *action = &statement->actions[j];
            if (action->kind == ACTION_SET_VARIABLE && !action->is_local &&
                action->member != NULL &&
                (strcmp(action->member, name) == 0 || strcmp(action->member, "ALL") == 0))
                return true;
        }
    }
    return false;
}

// The setting that the statement leaves behind; NULL: none that counts.
static const char *left_setting(const struct rule_place *place, const struct action *action)
{
    const struct query *query = action->kind == ACTION_QUERY ? action->query : NULL;
    for (size_t i = 0; query != NULL && i < query->n_calls; i++) {
        // pg_dump writes: SELECT pg_catalog.set_config('search_path', '', false)
        if (strcmp(query->calls[i].name, "set_config") == 0 &&
            strcasestr(place->statement->sql, "'search_path'") != NULL &&
            strcasestr(place->statement->sql, "false") != NULL)
            return "search_path";
    }
    bool is_set = action->kind == ACTION_SET_VARIABLE && !action->is_local &&
                  action->member != NULL && action->option != NULL;
    return is_set && word_in(action->member, meaningful, COUNT_OF(meaningful)) ? action->member
                                                                               : NULL;
}

static void set_without_local(struct rule_place *place, const struct action *action)
{
    const char *setting = left_setting(place, action);
    if (setting == NULL || is_reset_later(place, setting))
        return;
    rule_report_as(place, place->rule->severity,
                   place->in_transaction ? mem_printf(place->mem, "SET LOCAL %s = …", setting)
                                         : mem_printf(place->mem, "RESET %s at the end", setting),
                   "%s stays set behind the migration: the next one of the same session, or the "
                   "next client of a pooled connection, runs with it",
                   setting);
}

static void check_set_without_local(struct rule_place *place)
{
    place_each_action(place, set_without_local);
}

// --- locks

// Source: PostgreSQL 15, max_locks_per_transaction 64 times max_connections 100.
#define LOCKS_BY_DEFAULT 6400
#define LOCKS_MANY (LOCKS_BY_DEFAULT / 2)

static size_t objects_made(const struct statement *statement)
{
    size_t n = 0;
    for (size_t j = 0; j < statement->n_actions; j++) {
        enum action_kind kind = statement->actions[j].kind;
        n += kind == ACTION_CREATE_TABLE || kind == ACTION_CREATE_TABLE_AS ||
             kind == ACTION_CREATE_INDEX || kind == ACTION_CREATE_VIEW;
    }
    return n;
}

static void check_too_many_locks(struct rule_place *place)
{
    for (size_t k = 0; k < place->timeline->n_transactions; k++) {
        const struct timeline_transaction *t = &place->timeline->transactions[k];
        size_t n = t->n_locks;
        if (n + t->n < LOCKS_MANY)
            continue;
        for (size_t i = t->first; i < t->first + t->n; i++)
            n += objects_made(&place->script->statements[i]);
        if (n < LOCKS_MANY)
            continue;
        place->statement = &place->script->statements[t->first];
        rule_report(place,
                    "one transaction locks about %zu tables and indexes; by its defaults the "
                    "server has room for %d in all sessions",
                    n, LOCKS_BY_DEFAULT);
    }
}

// --- rows

const struct rule rule_transaction_left_open = {
    .id = "transaction-left-open",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES | SQLITE,
    .in_downs = true,
    .summary = "BEGIN without COMMIT, or inside a transaction",
    .why = "What is not committed is rolled back when the connection closes, and the tool may note "
           "the "
           "migration as applied.",
    .safe_form = "COMMIT at the end, or leave both to the tool",
    .source = "PostgreSQL 15 manual, BEGIN",
    .kinds = {ACTION_BEGIN},
    .check_migration = check_transaction_left_open,
};

const struct rule rule_not_rerunnable = {
    .id = "not-rerunnable",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "statements outside of a transaction that fail when the migration is run again",
    .why = "When a later statement fails, the earlier ones stay: the migration cannot go on and "
           "cannot "
           "begin anew.",
    .safe_form = "IF [NOT] EXISTS, or one statement a migration",
    .source = "PostgreSQL 15 manual, Building Indexes Concurrently",
    .check_migration = check_not_rerunnable,
};

const struct rule rule_set_without_local = {
    .id = "set-without-local",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "SET of search_path, role and the like, which holds until the session ends",
    .why =
        "Tools run the next migration in the same session, and poolers give it to other clients: "
        "their statements mean something else.",
    .safe_form = "SET LOCAL in a transaction, or RESET at the end",
    .source = "PostgreSQL 15 manual, SET; PgBouncer, features by pooling mode",
    .kinds = {ACTION_SET_VARIABLE, ACTION_QUERY},
    .check = check_set_without_local,
};

const struct rule rule_too_many_locks = {
    .id = "too-many-locks",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "one transaction locks more relations than half of the lock table holds by default",
    .why = "When the lock table is full, this and every other session fails with out of shared "
           "memory.",
    .safe_form = "several migrations, or a greater max_locks_per_transaction (needs a restart)",
    .source = "PostgreSQL 15 manual, max_locks_per_transaction",
    .check_migration = check_too_many_locks,
};
