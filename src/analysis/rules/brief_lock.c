/*
 * Rules on locks that are held for a moment: triggers, views, policies, options, LOCK TABLE.
 *
 * The work is nothing; the wait is the danger, and with a short lock_timeout there is none.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/lock_place.h"

// Report `what` with what others feel of the statement's lock on `relation`.
static void report_brief(struct rule_place *place, struct name relation, const char *what)
{
    enum severity severity;
    const struct effect_lock *lock =
        effects_lock_on(place_effects(place), place_name(place, relation));
    if (lock == NULL || !lock_mode_blocks_writes(lock->mode) ||
        !place_weigh_wait(place, relation, place->rule->severity, &severity))
        return;
    rule_report_as(place, severity, NULL, "%s waits for everybody who uses %s; meanwhile %s it",
                   what, place_name(place, relation), lock_mode_felt(lock->mode));
}

// --- triggers

static void trigger_create(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_CREATE_TRIGGER)
        report_brief(place, action->relation, "CREATE TRIGGER");
}

static void check_trigger_create(struct rule_place *place)
{
    place_each_action(place, trigger_create);
}

static void trigger_drop(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_DROP_TRIGGER)
        report_brief(place, action->relation, "DROP TRIGGER");
    if (action->kind == ACTION_RENAME_TRIGGER)
        report_brief(place, action->relation, "ALTER TRIGGER ... RENAME");
}

static void check_trigger_drop(struct rule_place *place)
{
    place_each_action(place, trigger_drop);
}

static void trigger_switch(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_ENABLE_TRIGGER)
        report_brief(place, action->relation, "ENABLE TRIGGER");
    if (action->kind == ACTION_DISABLE_TRIGGER)
        report_brief(place, action->relation, "DISABLE TRIGGER");
}

static void check_trigger_enable_disable(struct rule_place *place)
{
    place_each_action(place, trigger_switch);
}

// --- views, policies, options

static void view_replace(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_CREATE_VIEW && action->or_replace)
        report_brief(place, action->relation, "CREATE OR REPLACE VIEW");
    if (action->object != OBJECT_VIEW)
        return;
    if (action->kind == ACTION_DROP)
        report_brief(place, action->relation, "DROP VIEW");
    if (action->kind == ACTION_RENAME || action->kind == ACTION_SET_OPTIONS)
        report_brief(place, action->relation, "ALTER VIEW");
}

static void check_view_replace(struct rule_place *place)
{
    place_each_action(place, view_replace);
}

static void policy(struct rule_place *place, const struct action *action)
{
    switch ((int)action->kind) {
    case ACTION_CREATE_POLICY: report_brief(place, action->relation, "CREATE POLICY"); return;
    case ACTION_ALTER_POLICY: report_brief(place, action->relation, "ALTER POLICY"); return;
    case ACTION_DROP_POLICY: report_brief(place, action->relation, "DROP POLICY"); return;
    case ACTION_ROW_SECURITY:
        report_brief(place, action->relation, "ALTER TABLE ... ROW LEVEL SECURITY");
        return;
    default: return;
    }
}

static void check_rls_policy_change(struct rule_place *place)
{
    place_each_action(place, policy);
}

static void storage_parameter(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_SET_OPTIONS || action->object == OBJECT_VIEW)
        return;
    const struct effect_lock *lock =
        effects_lock_on(place_effects(place), place_name(place, action->relation));
    if (lock != NULL && lock_mode_blocks_reads(lock->mode))
        report_brief(place, action->relation, mem_printf(place->mem, "SET (%s)", action->option));
}

static void check_storage_parameter_ax(struct rule_place *place)
{
    place_each_action(place, storage_parameter);
}

// --- LOCK TABLE

static void lock_table(struct rule_place *place, const struct action *action)
{
    enum severity severity;
    const struct effect_lock *lock =
        action->kind != ACTION_LOCK_TABLE
            ? NULL
            : effects_lock_on(place_effects(place), place_name(place, action->relation));
    if (lock == NULL || !lock_mode_blocks_writes(lock->mode) || action->is_nowait ||
        !place_weigh_wait(place, action->relation, place->rule->severity, &severity))
        return;
    const char *mode = lock_mode_sql(lock->mode);
    rule_report_as(place, severity,
                   mem_printf(place->mem,
                              "SET LOCAL lock_timeout = '2s';\nLOCK TABLE %s IN %s MODE; -- the "
                              "weakest that serves, and COMMIT soon",
                              place_sql_table(place, action->relation), mode),
                   "%s %s from here to the end of the transaction, and the wait for it has no "
                   "limit",
                   lock_mode_felt(lock->mode), place_name(place, action->relation));
}

static void check_explicit_lock_table(struct rule_place *place)
{
    place_each_action(place, lock_table);
}

// --- rows

const struct rule rule_trigger_create = {
    .id = "trigger-create",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "CREATE TRIGGER on a table in use, without a short lock_timeout",
    .why = "SHARE ROW EXCLUSIVE: short, but it waits for every writer, and writers wait behind it.",
    .safe_form = "SET lock_timeout = '2s' before it, and try again when it fails",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_CREATE_TRIGGER},
    .check = check_trigger_create,
};

const struct rule rule_trigger_drop = {
    .id = "trigger-drop",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "DROP TRIGGER or ALTER TRIGGER RENAME on a table in use, without a short "
               "lock_timeout",
    .why = "ACCESS EXCLUSIVE, unlike CREATE TRIGGER: short, but it waits for every reader, and "
           "everybody waits behind it.",
    .safe_form = "SET lock_timeout = '2s' before it, and try again when it fails",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_DROP_TRIGGER, ACTION_RENAME_TRIGGER},
    .check = check_trigger_drop,
};

const struct rule rule_trigger_enable_disable = {
    .id = "trigger-enable-disable",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "ENABLE or DISABLE TRIGGER on a table in use, without a short lock_timeout",
    .why = "SHARE ROW EXCLUSIVE: short, but it waits for every writer, and writers wait behind it.",
    .safe_form = "SET lock_timeout = '2s' before it, and try again when it fails",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ENABLE_TRIGGER, ACTION_DISABLE_TRIGGER},
    .check = check_trigger_enable_disable,
};

const struct rule rule_view_replace = {
    .id = "view-replace",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "a view in use is replaced, altered or dropped, without a short lock_timeout",
    .why = "ACCESS EXCLUSIVE on the view: short, but it waits for every query that reads it, and "
           "new ones wait behind it.",
    .safe_form = "SET lock_timeout = '2s' before it, and try again when it fails",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_CREATE_VIEW, ACTION_DROP, ACTION_RENAME, ACTION_SET_OPTIONS},
    .check = check_view_replace,
};

const struct rule rule_rls_policy_change = {
    .id = "rls-policy-change",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "a policy or ROW LEVEL SECURITY of a table in use changes, without a short "
               "lock_timeout",
    .why = "ACCESS EXCLUSIVE: short, but it waits for every reader, and everybody waits behind it.",
    .safe_form = "SET lock_timeout = '2s' before it, and try again when it fails",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_CREATE_POLICY, ACTION_ALTER_POLICY, ACTION_DROP_POLICY, ACTION_ROW_SECURITY},
    .check = check_rls_policy_change,
};

const struct rule rule_storage_parameter_ax = {
    .id = "storage-parameter-ax",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "SET (...) of one of the few parameters that take ACCESS EXCLUSIVE",
    .why =
        "Most storage parameters take SHARE UPDATE EXCLUSIVE, which nobody feels; this one waits "
        "for every reader, and everybody waits behind it.",
    .safe_form = "SET lock_timeout = '2s' before it, and try again when it fails",
    .source = "PostgreSQL 15, reloptions.c; measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_SET_OPTIONS},
    .check = check_storage_parameter_ax,
};

const struct rule rule_explicit_lock_table = {
    .id = "explicit-lock-table",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "LOCK TABLE that keeps others out, without NOWAIT or a short lock_timeout",
    .why = "The lock is held to the end of the transaction, and while it waits everybody waits "
           "behind it. Without a mode it is ACCESS EXCLUSIVE.",
    .safe_form = "SET LOCAL lock_timeout = '2s', the weakest mode that serves, and COMMIT soon",
    .source = "PostgreSQL 15 manual, LOCK",
    .kinds = {ACTION_LOCK_TABLE},
    .check = check_explicit_lock_table,
};
