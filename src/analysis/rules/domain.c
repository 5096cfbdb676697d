/*
 * Rules on domains: a constraint of a domain is checked in every table that uses it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/lock_place.h"

#define PG_DOMAIN_VALIDATES_LIGHTLY 19 // VALIDATE takes SHARE UPDATE EXCLUSIVE from there on

static const char *add_hint(const struct rule_place *place, const struct action *action)
{
    const char *name = place_name(place, action->relation);
    if (action->option != NULL && strstr(action->option, "validate") != NULL)
        return "run it when few write: before PostgreSQL 19 VALIDATE of a domain keeps writers out";
    if (place->pg_version >= PG_DOMAIN_VALIDATES_LIGHTLY)
        return mem_printf(place->mem,
                          "ALTER DOMAIN %s ADD CONSTRAINT ... NOT VALID; then, in its own "
                          "transaction, ALTER DOMAIN %s VALIDATE CONSTRAINT ...;",
                          name, name);
    return mem_printf(
        place->mem,
        "ALTER DOMAIN %s ADD CONSTRAINT ... NOT VALID; VALIDATE keeps writers out too "
        "before PostgreSQL 19: run it when few write, or put the CHECK on the tables",
        name);
}

static void add_constraint(struct rule_place *place, const struct action *action)
{
    const struct effects *effects = place_effects(place);
    if (action->kind != ACTION_ALTER_DOMAIN || effects->n_blocks_writes_long == 0)
        return;
    enum severity severity =
        place_weigh_all(place, effects->blocks_writes_long, effects->n_blocks_writes_long);
    rule_report_as(
        place, severity, add_hint(place, action),
        "no writes to %s while every value of domain %s is checked",
        words_shorten(place->mem, effects->blocks_writes_long, effects->n_blocks_writes_long),
        place_name(place, action->relation));
}

static void check_domain_add_constraint(struct rule_place *place)
{
    place_each_action(place, add_constraint);
}

static void create_domain(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_CREATE_TYPE && action->object == OBJECT_DOMAIN &&
        (action->definition->n_constraints > 0 || action->definition->is_not_null))
        rule_report(place,
                    "a later change of the constraint of %s keeps writers out of every table that "
                    "uses it, and a column of it is added by a rewrite",
                    place_name(place, action->relation));
}

static void check_domain_create_with_constraint(struct rule_place *place)
{
    place_each_action(place, create_domain);
}

// --- rows

const struct rule rule_domain_add_constraint = {
    .id = "domain-add-constraint",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "a constraint of a domain that tables use is added or validated",
    .why = "SHARE on every table with a column of the domain, while all of them are read.",
    .safe_form = "ADD CONSTRAINT ... NOT VALID, then VALIDATE CONSTRAINT when few write",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ALTER_DOMAIN},
    .check = check_domain_add_constraint,
};

const struct rule rule_domain_create_with_constraint = {
    .id = "domain-create-with-constraint",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "CREATE DOMAIN with a CHECK or NOT NULL",
    .why = "Changing it later locks and reads every table that uses it, and ADD COLUMN of it "
           "rewrites the table (before 19).",
    .safe_form = "a plain type, and a CHECK on the tables that need it",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_CREATE_TYPE},
    .check = check_domain_create_with_constraint,
};
