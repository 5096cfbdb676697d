/*
 * Rules on the shape of the transaction: what may not stand in one, and what should not stand
 * behind a lock.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/foreign_keys.h"
#include "base/text.h"

// Source: PostgreSQL 15 manual; docs/effects.md lists the forms.
static const char *refuses_transaction(const struct action *action)
{
    switch ((int)action->kind) {
    case ACTION_CREATE_INDEX: return action->concurrently ? "CREATE INDEX CONCURRENTLY" : NULL;
    case ACTION_REINDEX:
        if (action->object == OBJECT_SCHEMA || action->object == OBJECT_DATABASE)
            return "REINDEX of a schema or database";
        return action->concurrently ? "REINDEX CONCURRENTLY" : NULL;
    case ACTION_DETACH_PARTITION:
        return action->concurrently ? "DETACH PARTITION CONCURRENTLY" : NULL;
    case ACTION_VACUUM: return "VACUUM";
    case ACTION_CLUSTER: return action->relation.name == NULL ? "CLUSTER without a table" : NULL;
    case ACTION_DROP:
        if (action->object == OBJECT_INDEX && action->concurrently)
            return "DROP INDEX CONCURRENTLY";
        if (action->object == OBJECT_DATABASE)
            return "DROP DATABASE";
        return action->object == OBJECT_TABLESPACE ? "DROP TABLESPACE" : NULL;
    default: return NULL;
    }
}

// Statements that have no action of their own. Source: measured on PostgreSQL 15.
static const char *refuses_by_words(const struct rule_place *place)
{
    static const char *const words[] = {"ALTER SYSTEM", "CREATE DATABASE", "CREATE TABLESPACE"};
    const char *kind = place->statement->kind;
    const struct action *action = &place->statement->actions[0];
    // Source: PostgreSQL 12, release notes: ADD VALUE may run in a transaction block.
    if (place->pg_version < 12 && action->kind == ACTION_ADD_ENUM_VALUE)
        return "ALTER TYPE ADD VALUE before PostgreSQL 12";
    if (action->kind != ACTION_OTHER)
        return NULL;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcmp(kind, words[i]) == 0)
            return words[i];
    }
    const char *sql = place->statement->sql;
    bool makes_slot = strcasestr(sql, "create_slot") == NULL &&
                      strcasestr(sql, "connect ") == NULL && strcasestr(sql, "connect=") == NULL;
    bool is_subscription = strcmp(kind, "CREATE SUBSCRIPTION") == 0;
    return is_subscription && makes_slot ? "CREATE SUBSCRIPTION that creates its slot" : NULL;
}

// Measured on SQLite 3.40 (test_sqlite_harm).
static const char *refuses_in_sqlite(const struct action *action)
{
    if (action->kind == ACTION_VACUUM)
        return "VACUUM";
    if (action->kind == ACTION_BEGIN)
        return "BEGIN";
    if (action->kind != ACTION_PRAGMA || action->option == NULL)
        return NULL;
    if (strcmp(action->member, "synchronous") == 0)
        return "PRAGMA synchronous";
    bool is_wal =
        strcmp(action->member, "journal_mode") == 0 && text_equal_nocase(action->option, "wal");
    return is_wal ? "PRAGMA journal_mode = WAL" : NULL;
}

static void refused_in_sqlite(struct rule_place *place)
{
    const char *what =
        place->statement->n_actions == 0 ? NULL : refuses_in_sqlite(&place->statement->actions[0]);
    if (what != NULL && foreign_keys_before(place, place->index).is_in_transaction)
        rule_report(place, "%s cannot run inside a transaction, and this one does", what);
}

static void check_non_transactional_statement_in_transaction(struct rule_place *place)
{
    if (place->script->dialect == DIALECT_SQLITE) {
        refused_in_sqlite(place);
        return;
    }
    for (size_t i = 0; place->in_transaction && i < place->statement->n_actions; i++) {
        const char *what = refuses_transaction(&place->statement->actions[i]);
        if (what == NULL && i == 0)
            what = refuses_by_words(place);
        if (what != NULL)
            rule_report(place, "%s cannot run inside a transaction, and this one does", what);
    }
}

// A WHERE that names a whole key, or a constant; of a table that nobody told, any WHERE may.
static bool where_picks_few(const struct rule_place *place, const struct query *query)
{
    const struct schema_relation *relation = schema_find(place->before, query->target);
    if (query->where == NULL || query->where->is_true || query->n_inner_joined > 0)
        return false; // joined: as many as have a partner
    if (query->where->n_columns == 0)
        return true;
    return relation == NULL ||
           relation_has_key(relation, query->where->columns, query->where->n_columns);
}

static bool works_on_many_rows(const struct rule_place *place, const struct query *query)
{
    if (query->target.name == NULL)
        return false;
    if (query->verb == QUERY_UPDATE || query->verb == QUERY_DELETE || query->verb == QUERY_MERGE)
        return !place_is_new(place, query->target) && !where_picks_few(place, query);
    return query->verb == QUERY_INSERT && !query->has_values && !query->has_default_values &&
           query->n_reads > 0;
}

static void backfill_behind_lock(struct rule_place *place, const struct query *query)
{
    if (!works_on_many_rows(place, query))
        return;
    const struct timeline_lock *held = timeline_strongest(place->timeline, place->index);
    if (held == NULL || !lock_mode_blocks_writes(held->mode))
        return;
    const char *size;
    enum severity severity = place_weigh(place, query->target, &size);
    rule_report_as(place, severity == SEVERITY_STOP ? SEVERITY_WARN : severity, NULL,
                   "rows of %s are changed while the %s lock on %s is still held (%s)",
                   place_name(place, query->target), lock_mode_sql(held->mode), held->relation,
                   size);
}

static void check_mix_ddl_and_dml(struct rule_place *place)
{
    if (place->in_transaction)
        place_each_query(place, backfill_behind_lock);
}

// The DO block that an inner statement stands in.
static const struct statement *code_around(const struct rule_place *place)
{
    size_t i = place->index;
    while (i > 0 && place->script->statements[i].is_inner)
        i--;
    return &place->script->statements[i];
}

static bool commits(const struct statement *code)
{
    for (size_t i = 0; i < code->n_inner; i++) {
        for (size_t k = 0; k < code->inner[i].n_actions; k++) {
            if (code->inner[i].actions[k].kind == ACTION_COMMIT)
                return true;
        }
    }
    return false;
}

// A part of the rows, picked by LIMIT, in code that goes round until none is left and never
// commits: the transaction is as long as that of one statement.
static bool is_uncommitted_batch(const struct rule_place *place, const struct query *query)
{
    const struct statement *statement = place->statement;
    if (!statement->is_inner || !statement->is_conditional || query->where == NULL ||
        (query->verb != QUERY_UPDATE && query->verb != QUERY_DELETE) ||
        query->where->n_relations == 0 || !text_has_word_nocase(query->where->text, "limit"))
        return false;
    const struct statement *code = code_around(place);
    return code->n_actions == 1 && code->actions[0].body != NULL &&
           text_has_word_nocase(code->actions[0].body, "loop") && !commits(code);
}

static void backfill(struct rule_place *place, const struct query *query)
{
    bool is_batch = is_uncommitted_batch(place, query);
    bool is_whole = query->verb == QUERY_UPDATE && !query->has_limit;
    if (query->target.name == NULL || place_is_new(place, query->target) ||
        (!is_batch && (!is_whole || where_picks_few(place, query))))
        return;
    const char *size;
    enum severity severity = place_weigh(place, query->target, &size);
    // What holds locks on rows is no reason to stop; how long is a question of size.
    if (severity == SEVERITY_STOP)
        severity = SEVERITY_WARN;
    if (is_batch)
        rule_report_as(place, severity,
                       "batches as scripts outside of the migration, each its own transaction; or "
                       "COMMIT in the loop, where the tool opens no transaction around it",
                       "changes rows of %s in batches, and all of them in one transaction: the "
                       "loop has no COMMIT (%s)",
                       place_name(place, query->target), size);
    else
        rule_report_as(place, severity, NULL, "changes rows of %s in one statement (%s)",
                       place_name(place, query->target), size);
}

static void check_backfill_in_one_statement(struct rule_place *place)
{
    place_each_query(place, backfill);
}

static void check_dynamic_ddl(struct rule_place *place)
{
    const struct effects *effects = place_effects(place);
    if (effects->unknown_reason != NULL)
        rule_report(place, "not understood: %s", effects->unknown_reason);
}

// What the tool does here and the file does not show.
static void check_unseen_code(struct rule_place *place)
{
    const struct migration_text *text =
        place->is_down ? &place->migration->down : &place->migration->up;
    if (text->unseen == NULL)
        return;
    const struct statement there = {.path = text->path, .line = text->unseen_line, .sql = ""};
    place->statement = &there;
    rule_report(place, "not understood: %s", text->unseen);
    place->statement = NULL;
}

// A COMMIT inside the tool's own transaction ends it early: the rest runs without one.
static void check_tool_managed_transaction(struct rule_place *place)
{
    bool tool_wraps = place->is_down ? place->migration->down.in_transaction
                                     : place->migration->up.in_transaction;
    for (size_t i = 0; tool_wraps && i < place->statement->n_actions; i++) {
        if (place->statement->actions[i].kind == ACTION_COMMIT &&
            place->index + 1 < place->script->n_statements)
            rule_report(place, "COMMIT ends the tool's transaction: what follows is not taken "
                               "back when it fails");
    }
}

// --- rows

const struct rule rule_non_transactional_statement_in_transaction = {
    .id = "non-transactional-statement-in-transaction",
    .severity = SEVERITY_STOP,
    .dialects = POSTGRES | SQLITE,
    .in_downs = true,
    .summary = "a statement that cannot run inside a transaction stands in one",
    .why = "It fails: by the rule of its tool, or an open BEGIN, it runs inside a "
           "transaction.",
    .safe_form = "a migration of its own, marked as running without a transaction in the "
                 "way of its tool",
    .source = "PostgreSQL 15 manual",
    .check = check_non_transactional_statement_in_transaction,
};

const struct rule rule_mix_ddl_and_dml = {
    .id = "mix-ddl-and-dml",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "rows are changed in the transaction that already holds a strong lock",
    .why = "The lock of the DDL is held until the last row is changed, and everybody waits.",
    .safe_form = "split: DDL in one migration, the backfill in batches in another",
    .source = "PostgreSQL 15 manual, Explicit Locking: locks are held until the end of the "
              "transaction",
    .kinds = {ACTION_QUERY},
    .check = check_mix_ddl_and_dml,
};

const struct rule rule_backfill_in_one_statement = {
    .id = "backfill-in-one-statement",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "UPDATE of many rows in one statement",
    .why = "Locks on every row until the end, a burst of WAL, lag on replicas, bloat.",
    .safe_form = "batches by ranges of the primary key, each its own transaction, with a "
                 "pause",
    .source = "PostgreSQL 15 manual, Routine Vacuuming",
    .kinds = {ACTION_QUERY},
    .check = check_backfill_in_one_statement,
};

const struct rule rule_dynamic_ddl = {
    .id = "dynamic-ddl",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .in_downs = true,
    .summary = "work that its text does not show: EXECUTE of a text made at run time, CALL, "
               "code of another language",
    .why = "What it does cannot be read from its text: not understood, so the verdict is "
           "HOLD.",
    .safe_form = "write the statements out, or rehearse it and look at what it did",
    .source = "PostgreSQL 15 manual, DO and CALL",
    .is_final = true,
    .check = check_dynamic_ddl,
    .check_migration = check_unseen_code,
};

const struct rule rule_tool_managed_transaction = {
    .id = "tool-managed-transaction",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "COMMIT inside the transaction of the migration tool",
    .why = "The transaction ends there: what follows is not taken back when it fails.",
    .safe_form = "leave BEGIN and COMMIT to the tool, or switch its transaction off",
    .source = "PostgreSQL 15 manual, COMMIT",
    .kinds = {ACTION_COMMIT},
    .check = check_tool_managed_transaction,
};
