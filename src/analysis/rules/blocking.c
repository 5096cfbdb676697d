/*
 * Rules on locks that are held long: index builds, scans and rewrites that writers wait for.
 *
 * What a statement really does to a table comes from its effects; how bad that is, from the size of
 * the table. A size that nobody told is never small.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"

static bool is_old_table(const struct rule_place *place, struct name table)
{
    return table.name != NULL && !place_is_new(place, table);
}

static void index_create(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_CREATE_INDEX || action->concurrently || action->only ||
        !is_old_table(place, action->relation))
        return;
    const char *size;
    enum severity severity = place_weigh(place, action->relation, &size);
    rule_report_as(place, severity, place_safe_form(place, action),
                   "no writes to %s while the index is built (%s)",
                   place_name(place, action->relation), size);
}

static void check_index_create_blocking(struct rule_place *place)
{
    place_each_action(place, index_create);
}

static void index_drop(struct rule_place *place, const struct action *action)
{
    struct schema_index *index;
    if (action->kind != ACTION_DROP || action->object != OBJECT_INDEX || action->concurrently)
        return;
    const struct schema_relation *table =
        schema_find_index(place->before, action->relation, &index);
    if (table == NULL || schema_is_new(place->before, table) ||
        index->created_in == place->migration->path)
        return;
    rule_report(place, "waits for every reader of %s, and everybody waits behind it",
                place_name(place, table->name));
}

static void check_index_drop_blocking(struct rule_place *place)
{
    place_each_action(place, index_drop);
}

static void reindex(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_REINDEX && !action->concurrently)
        rule_report(place, "REINDEX %s: no writes, and readers that plan on the index wait too",
                    action->relation.name != NULL ? place_name(place, action->relation) : "");
}

static void check_reindex_blocking(struct rule_place *place)
{
    place_each_action(place, reindex);
}

static void refresh(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_REFRESH && !action->concurrently && !action->without_data &&
        is_old_table(place, action->relation))
        rule_report(place, "nobody reads %s while its query runs",
                    place_name(place, action->relation));
}

static void check_matview_refresh_blocking(struct rule_place *place)
{
    place_each_action(place, refresh);
}

static void vacuum_full(struct rule_place *place, const struct action *action)
{
    bool rewrites =
        (action->kind == ACTION_VACUUM && action->is_full) || action->kind == ACTION_CLUSTER;
    if (rewrites)
        rule_report(place, "nobody reads or writes %s while it is rewritten",
                    action->relation.name != NULL ? place_name(place, action->relation)
                                                  : "any table");
}

static void check_vacuum_full(struct rule_place *place)
{
    place_each_action(place, vacuum_full);
}

static void set_not_null(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_SET_NOT_NULL || !is_old_table(place, action->relation) ||
        !place_scans(place, action->relation) || place_repeats(place, action))
        return;
    const char *size;
    enum severity severity = place_weigh(place, action->relation, &size);
    rule_report_as(place, severity, place_safe_form(place, action),
                   "nobody reads or writes %s while it is searched for NULLs in %s (%s)",
                   place_name(place, action->relation), action->column, size);
}

static void check_set_not_null_scan(struct rule_place *place)
{
    place_each_action(place, set_not_null);
}

static void foreign_key(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_ADD_CONSTRAINT ||
        action->constraint->kind != CONSTRAINT_FOREIGN_KEY || action->constraint->is_not_valid ||
        !is_old_table(place, action->relation))
        return;
    const char *size;
    enum severity severity = place_weigh(place, action->relation, &size);
    rule_report_as(place, severity, place_safe_form(place, action),
                   "no writes to %s nor to %s while every row is checked (%s)",
                   place_name(place, action->relation),
                   place_name(place, action->constraint->references), size);
}

static void check_fk_add_locks_both(struct rule_place *place)
{
    place_each_action(place, foreign_key);
}

static void report_check(struct rule_place *place, const struct action *action)
{
    const char *size;
    enum severity severity = place_weigh(place, action->relation, &size);
    rule_report_as(place, severity, place_safe_form(place, action),
                   "nobody reads or writes %s while every row is checked (%s)",
                   place_name(place, action->relation), size);
}

static void check_add(struct rule_place *place, const struct action *action)
{
    if (!is_old_table(place, action->relation))
        return;
    if (action->kind == ACTION_ADD_CONSTRAINT && action->constraint->kind == CONSTRAINT_CHECK &&
        !action->constraint->is_not_valid)
        report_check(place, action);
    // Even on a column that is new and NULL (measured; PostgreSQL 15).
    for (size_t i = 0; action->kind == ACTION_ADD_COLUMN && i < action->definition->n_constraints;
         i++) {
        if (action->definition->constraints[i].kind == CONSTRAINT_CHECK)
            report_check(place, action);
    }
}

static void check_check_add_scan(struct rule_place *place)
{
    place_each_action(place, check_add);
}

static void report_key(struct rule_place *place, const struct action *action, const char *what)
{
    const char *size;
    enum severity severity = place_weigh(place, action->relation, &size);
    rule_report_as(place, severity, place_safe_form(place, action),
                   "nobody reads or writes %s while the index of the %s is built (%s)",
                   place_name(place, action->relation), what, size);
}

static const char *key_text(const struct constraint *constraint)
{
    switch ((int)constraint->kind) {
    case CONSTRAINT_UNIQUE: return "UNIQUE constraint";
    case CONSTRAINT_PRIMARY_KEY: return "PRIMARY KEY";
    case CONSTRAINT_EXCLUDE: return "EXCLUDE constraint";
    default: return NULL;
    }
}

static void unique_constraint(struct rule_place *place, const struct action *action)
{
    if (!is_old_table(place, action->relation))
        return;
    if (action->kind == ACTION_ADD_CONSTRAINT && action->constraint->using_index == NULL &&
        key_text(action->constraint) != NULL)
        report_key(place, action, key_text(action->constraint));
    for (size_t i = 0; action->kind == ACTION_ADD_COLUMN && i < action->definition->n_constraints;
         i++) {
        const char *what = key_text(&action->definition->constraints[i]);
        if (what != NULL)
            report_key(place, action, what);
    }
}

static void check_unique_constraint(struct rule_place *place)
{
    place_each_action(place, unique_constraint);
}

static void report_rewrite(struct rule_place *place, const struct action *action, const char *why)
{
    const char *size;
    enum severity severity = place_weigh(place, action->relation, &size);
    rule_report_as(place, severity, place_safe_form(place, action),
                   "nobody reads or writes %s while it is rewritten: %s (%s)",
                   place_name(place, action->relation), why, size);
}

static void type_change(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_ALTER_TYPE || !is_old_table(place, action->relation) ||
        !place_rewrites(place, action->relation) || place_repeats(place, action))
        return;
    report_rewrite(
        place, action,
        mem_printf(place->mem, "%s becomes %s", action->column, action->definition->type.text));
}

static void check_type_change_rewrite(struct rule_place *place)
{
    place_each_action(place, type_change);
}

static void volatile_default(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_ADD_COLUMN || !is_old_table(place, action->relation) ||
        !place_rewrites(place, action->relation))
        return;
    const struct column *column = action->definition;
    const char *why = "the default of the new column differs from row to row";
    if (column->generated != NULL)
        why = "the new column is stored and computed for every row";
    else if (column->is_identity ||
             (column->type.name != NULL && strstr(column->type.name, "serial") != NULL))
        why = "the new column counts the rows";
    report_rewrite(place, action, why);
}

static void check_volatile_default(struct rule_place *place)
{
    place_each_action(place, volatile_default);
}

// --- waiting

static bool sets_lock_timeout(const struct statement *statement)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        if (action->kind == ACTION_SET_VARIABLE && action->member != NULL &&
            strcmp(action->member, "lock_timeout") == 0)
            return true;
    }
    return false;
}

static const struct effect_lock *blocking_lock(const struct effects *effects)
{
    for (size_t i = 0; i < effects->n_locks; i++) {
        if (lock_mode_blocks_reads(effects->locks[i].mode))
            return &effects->locks[i];
    }
    return NULL;
}

// Once a migration: at the first statement for which everybody may have to queue.
static void check_no_lock_timeout(struct rule_place *place)
{
    for (size_t i = 0; i < place->script->n_statements; i++) {
        if (sets_lock_timeout(&place->script->statements[i]))
            return;
        const struct effect_lock *lock = blocking_lock(place->effects[i]);
        if (lock == NULL)
            continue;
        place->statement = &place->script->statements[i];
        rule_report(place, "waits without limit for %s, and every reader waits behind it",
                    lock->relation);
        return;
    }
}

// --- rows

const struct rule rule_index_create_blocking = {
    .id = "index-create-blocking",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "CREATE INDEX without CONCURRENTLY on a table with rows",
    .why = "SHARE lock: no write to the table until the index is built.",
    .safe_form = "CREATE INDEX CONCURRENTLY, outside a transaction",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_CREATE_INDEX},
    .check = check_index_create_blocking,
};

const struct rule rule_index_drop_blocking = {
    .id = "index-drop-blocking",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "DROP INDEX without CONCURRENTLY",
    .why = "ACCESS EXCLUSIVE on the table: short, but it waits for every reader, and "
           "everybody waits behind it.",
    .safe_form = "DROP INDEX CONCURRENTLY, outside a transaction",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_DROP},
    .check = check_index_drop_blocking,
};

const struct rule rule_reindex_blocking = {
    .id = "reindex-blocking",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "REINDEX without CONCURRENTLY",
    .why = "SHARE on the table and ACCESS EXCLUSIVE on the index: writes wait, and reads "
           "that plan on the index.",
    .safe_form = "REINDEX ... CONCURRENTLY, outside a transaction",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_REINDEX},
    .check = check_reindex_blocking,
};

const struct rule rule_matview_refresh_blocking = {
    .id = "matview-refresh-blocking",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "REFRESH MATERIALIZED VIEW without CONCURRENTLY",
    .why = "ACCESS EXCLUSIVE on the view for as long as its query runs.",
    .safe_form = "a unique index on the view and REFRESH MATERIALIZED VIEW CONCURRENTLY",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_REFRESH},
    .check = check_matview_refresh_blocking,
};

const struct rule rule_vacuum_full = {
    .id = "vacuum-full",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "VACUUM FULL or CLUSTER",
    .why = "ACCESS EXCLUSIVE while the whole table is copied.",
    .safe_form = "pg_repack, or plain VACUUM",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_VACUUM, ACTION_CLUSTER},
    .check = check_vacuum_full,
};

const struct rule rule_set_not_null_scan = {
    .id = "set-not-null-scan",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "SET NOT NULL that no valid CHECK proves",
    .why = "ACCESS EXCLUSIVE while the whole table is searched for a NULL.",
    .safe_form = "ADD CONSTRAINT c CHECK (col IS NOT NULL) NOT VALID; VALIDATE CONSTRAINT "
                 "c in its own transaction; SET NOT NULL; DROP CONSTRAINT c",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_SET_NOT_NULL},
    .check = check_set_not_null_scan,
};

const struct rule rule_fk_add_locks_both = {
    .id = "fk-add-locks-both",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD FOREIGN KEY that is checked at once",
    .why = "SHARE ROW EXCLUSIVE on both tables while every row of the child is looked up.",
    .safe_form = "ADD ... NOT VALID, then VALIDATE CONSTRAINT in its own transaction",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ADD_CONSTRAINT},
    .check = check_fk_add_locks_both,
};

const struct rule rule_check_add_scan = {
    .id = "check-add-scan",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD CHECK that is checked at once, also inline on a new column",
    .why = "ACCESS EXCLUSIVE while every row is checked; even a new column that is NULL "
           "everywhere is scanned.",
    .safe_form = "ADD ... NOT VALID, then VALIDATE CONSTRAINT in its own transaction",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ADD_CONSTRAINT, ACTION_ADD_COLUMN},
    .check = check_check_add_scan,
};

const struct rule rule_unique_constraint = {
    .id = "unique-constraint",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD UNIQUE, PRIMARY KEY or EXCLUDE that builds its index",
    .why = "ACCESS EXCLUSIVE until the index is built.",
    .safe_form = "CREATE UNIQUE INDEX CONCURRENTLY, then ADD ... USING INDEX; EXCLUDE has "
                 "no online way",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ADD_CONSTRAINT, ACTION_ADD_COLUMN},
    .check = check_unique_constraint,
};

const struct rule rule_type_change_rewrite = {
    .id = "type-change-rewrite",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ALTER COLUMN TYPE that copies the whole table",
    .why = "ACCESS EXCLUSIVE while every row is written again and every index rebuilt.",
    .safe_form = "new column, write both, backfill in batches, swap",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ALTER_TYPE},
    .check = check_type_change_rewrite,
};

const struct rule rule_volatile_default = {
    .id = "volatile-default",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD COLUMN with a volatile default, serial, identity or a stored generated "
               "value",
    .why = "ACCESS EXCLUSIVE while the whole table is copied, because every row gets its "
           "own value.",
    .safe_form = "add the column without default, SET DEFAULT, backfill in batches",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ADD_COLUMN},
    .check = check_volatile_default,
};

const struct rule rule_no_lock_timeout = {
    .id = "no-lock-timeout",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "the first ACCESS EXCLUSIVE lock of a migration without lock_timeout",
    .why = "A lock that waits holds up everybody who comes after it, readers too.",
    .safe_form = "SET lock_timeout = '2s' first, and try again when it fails",
    .source = "PostgreSQL 15 manual, Explicit Locking",
    .check_migration = check_no_lock_timeout,
};
