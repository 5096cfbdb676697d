/*
 * Rules on VALIDATE CONSTRAINT: it lets others read and write, unless its transaction holds a
 * stronger lock.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/lock_place.h"

static bool adds_constraint(const struct statement *statement, const char *name)
{
    for (size_t i = 0; i < statement->n_actions; i++) {
        const struct action *action = &statement->actions[i];
        if (action->kind == ACTION_ADD_CONSTRAINT && action->constraint->name != NULL &&
            strcmp(action->constraint->name, name) == 0)
            return true;
    }
    return false;
}

// The statement of this transaction that added the constraint, and has its lock; NULL: an earlier
// migration did, or another transaction.
static const struct statement *added_by(const struct rule_place *place, const char *constraint)
{
    for (size_t i = timeline_now(place->timeline)->first; i < place->index; i++) {
        if (adds_constraint(&place->script->statements[i], constraint))
            return &place->script->statements[i];
    }
    return NULL;
}

static const char *alone(const struct rule_place *place, const struct action *action)
{
    return mem_printf(
        place->mem, "-- in a migration of its own:\nALTER TABLE %s VALIDATE CONSTRAINT %s;",
        place_sql_table(place, action->relation), place_sql_name(place, action->member));
}

static void validate_together(struct rule_place *place, const struct action *action)
{
    const struct statement *added =
        action->kind == ACTION_VALIDATE_CONSTRAINT && place_is_old(place, action->relation)
            ? added_by(place, action->member)
            : NULL;
    if (added == NULL)
        return;
    const char *size;
    enum severity severity = place_weigh(place, action->relation, &size);
    rule_report_as(
        place, severity, alone(place, action),
        "the lock with which line %zu added %s to %s is held while every row is checked: "
        "NOT VALID won nothing (%s)",
        added->line, action->member, place_name(place, action->relation), size);
}

static void check_not_valid_and_validate_together(struct rule_place *place)
{
    place_each_action(place, validate_together);
}

static void validate(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_VALIDATE_CONSTRAINT || !place_is_old(place, action->relation) ||
        !place_scans(place, action->relation) || added_by(place, action->member) != NULL)
        return;
    const char *table = place_name(place, action->relation);
    const struct timeline_lock *lock = timeline_held(place->timeline, table);
    if (lock == NULL || !lock_mode_blocks_writes(lock->mode))
        return;
    const char *size;
    enum severity severity = place_weigh(place, action->relation, &size);
    bool is_own = lock->statement == place->index; // another action of the same ALTER TABLE
    rule_report_as(
        place, severity,
        mem_printf(place->mem, "ALTER TABLE %s VALIDATE CONSTRAINT %s; in its own transaction",
                   table, action->member),
        "%s %s while %s is validated: the %s lock of %s is held through the scan (%s)",
        lock_mode_felt(lock->mode), table, action->member, lock_mode_sql(lock->mode),
        is_own
            ? "another action of this statement"
            : mem_printf(place->mem, "line %zu", place->script->statements[lock->statement].line),
        size);
}

static void check_validate_while_holding_strong_lock(struct rule_place *place)
{
    place_each_action(place, validate);
}

// --- rows

const struct rule rule_not_valid_and_validate_together = {
    .id = "not-valid-and-validate-together",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "VALIDATE CONSTRAINT in the transaction that added it NOT VALID",
    .why = "The strong lock of ADD is held through the scan, so nothing was won.",
    .safe_form = "VALIDATE in a migration of its own",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_VALIDATE_CONSTRAINT},
    .check = check_not_valid_and_validate_together,
};

const struct rule rule_validate_while_holding_strong_lock = {
    .id = "validate-while-holding-strong-lock",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "VALIDATE CONSTRAINT while the same transaction holds a strong lock on the table",
    .why = "VALIDATE alone lets others read and write; the lock taken before it does not.",
    .safe_form = "VALIDATE CONSTRAINT in its own transaction",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_VALIDATE_CONSTRAINT},
    .check = check_validate_while_holding_strong_lock,
};
