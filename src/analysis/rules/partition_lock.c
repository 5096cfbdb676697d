/*
 * Rules on partitions: what joins, leaves or is altered with a partitioned table, and who is locked
 * for it.
 *
 * A partitioned table is divided because it is large and busy: a lock on it is felt by everybody.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/partition_check.h"
#include "analysis/rules/lock_place.h"

// "public.p and its default partition public.d": what of it the statement locks against readers.
static const char *locked_text(const struct rule_place *place, struct name parent)
{
    const struct effects *effects = place_effects(place);
    const char *text = place_name(place, parent);
    for (size_t i = 0; i < effects->n_locks; i++) {
        const struct schema_relation *relation =
            schema_find(place->before, relation_name(place, effects->locks[i].relation));
        if (relation != NULL && relation->is_default_partition && relation->n_parents > 0 &&
            lock_mode_blocks_reads(effects->locks[i].mode) &&
            name_may_equal(relation->parents[0], parent))
            return mem_printf(place->mem, "%s and its default partition %s", text,
                              effects->locks[i].relation);
    }
    return text;
}

// --- a new partition

static void create_of(struct rule_place *place, const struct action *action)
{
    enum severity severity;
    if (action->kind != ACTION_CREATE_TABLE || !place_is_old(place, action->partition_of) ||
        !place_weigh_wait(place, action->partition_of, SEVERITY_WARN, &severity))
        return;
    const char *parent = place_sql_table(place, action->partition_of);
    const char *own = place_sql_table(place, action->relation);
    rule_report_as(
        place, severity,
        mem_printf(place->mem,
                   "CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS);\n"
                   "ALTER TABLE %s ATTACH PARTITION %s ...; -- others read and write %s "
                   "meanwhile",
                   own, parent, parent, own, parent),
        "waits for everybody who uses %s; meanwhile nobody reads or writes it",
        locked_text(place, action->partition_of));
}

static void check_partition_create_of(struct rule_place *place)
{
    place_each_action(place, create_of);
}

// --- rows that are looked at because a partition joins

static bool has_check(const struct schema_relation *relation)
{
    for (size_t i = 0; relation != NULL && i < relation->n_constraints; i++) {
        if (relation->constraints[i].kind == CONSTRAINT_CHECK && relation->constraints[i].is_valid)
            return true;
    }
    return false;
}

// A CHECK that is not understood here may imply the bound all the same.
static void attach_scan(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_ATTACH_PARTITION || !place_is_old(place, action->other) ||
        !place_scans(place, action->other))
        return;
    const char *size;
    enum severity severity = place_weigh(place, action->other, &size);
    bool is_checked = has_check(schema_find(place->before, action->other));
    rule_report_as(place, is_checked ? SEVERITY_NOTE : severity, place_safe_form(place, action),
                   "nobody reads or writes %s while every row is held against the bound%s (%s)",
                   place_name(place, action->other),
                   is_checked ? ", unless a CHECK of it implies the bound" : "", size);
}

static void check_partition_attach_scan(struct rule_place *place)
{
    place_each_action(place, attach_scan);
}

static const struct schema_relation *scanned_default(const struct rule_place *place,
                                                     struct name parent)
{
    const struct effects *effects = place_effects(place);
    for (size_t i = 0; i < effects->n_scans; i++) {
        const struct schema_relation *relation =
            schema_find(place->before, relation_name(place, effects->scans[i]));
        if (relation != NULL && relation->is_default_partition && relation->n_parents > 0 &&
            name_may_equal(relation->parents[0], parent))
            return relation;
    }
    return NULL;
}

static void default_scan(struct rule_place *place, const struct action *action)
{
    struct name parent = action->kind == ACTION_ATTACH_PARTITION ? action->relation
                         : action->kind == ACTION_CREATE_TABLE   ? action->partition_of
                                                                 : (struct name){0};
    const struct schema_relation *other =
        parent.name == NULL ? NULL : scanned_default(place, parent);
    if (other == NULL)
        return;
    const char *size;
    enum severity severity = place_weigh(place, other->name, &size);
    const char *own = place_sql_table(place, other->name);
    const struct schema_relation *above = schema_find(place->before, parent);
    const char *outside = above == NULL ? NULL
                                        : partition_check_text(place->mem, above->partition_key,
                                                               action->bound, false);
    rule_report_as(
        place, has_check(other) ? SEVERITY_NOTE : severity,
        mem_printf(place->mem,
                   "-- before it:\nALTER TABLE %s ADD CONSTRAINT not_moved CHECK (%s) NOT "
                   "VALID;\n"
                   "-- in a transaction of its own:\nALTER TABLE %s VALIDATE CONSTRAINT "
                   "not_moved;",
                   own, outside != NULL ? outside : "/* outside of the new bound */", own),
        "nobody reads or writes %s, the default partition of %s, while it is searched for "
        "rows of the new one (%s)",
        place_name(place, other->name), place_name(place, parent), size);
}

static void check_default_partition_scan(struct rule_place *place)
{
    place_each_action(place, default_scan);
}

// --- a partition that goes

static void detach(struct rule_place *place, const struct action *action)
{
    enum severity severity;
    if (action->kind != ACTION_DETACH_PARTITION || action->concurrently ||
        !place_is_old(place, action->relation) ||
        !place_weigh_wait(place, action->relation, SEVERITY_WARN, &severity))
        return;
    const char *locked = locked_text(place, action->relation);
    bool has_default = strstr(locked, " and ") != NULL;
    const char *hint = "SET lock_timeout = '2s' before it, and try again when it fails: with a "
                       "default partition there is no CONCURRENTLY";
    if (!has_default)
        hint = place_safe_form(place, action);
    rule_report_as(place, severity, hint,
                   "waits for everybody who uses %s; meanwhile nobody reads or writes it", locked);
}

static void check_partition_detach_blocking(struct rule_place *place)
{
    place_each_action(place, detach);
}

static void drop(struct rule_place *place, const struct action *action)
{
    enum severity severity;
    const struct schema_relation *own =
        action->kind == ACTION_DROP ? schema_find(place->before, action->relation) : NULL;
    if (own == NULL || !own->is_partition || own->n_parents == 0 ||
        !place_is_old(place, own->parents[0]) ||
        !place_weigh_wait(place, own->parents[0], SEVERITY_WARN, &severity))
        return;
    const char *parent = place_sql_table(place, own->parents[0]);
    const char *name = place_sql_table(place, own->name);
    const char *locked = locked_text(place, own->parents[0]);
    bool has_default = strstr(locked, " and ") != NULL;
    rule_report_as(place, severity,
                   has_default ? "SET lock_timeout = '2s' before it, and try again when it fails: "
                                 "with a default partition there is no DETACH ... CONCURRENTLY"
                               : mem_printf(place->mem,
                                            "-- outside any transaction:\nALTER TABLE %s DETACH "
                                            "PARTITION %s CONCURRENTLY;\nDROP TABLE %s;",
                                            parent, name, name),
                   "waits for everybody who uses %s; meanwhile nobody reads or writes it", locked);
}

static void check_partition_drop(struct rule_place *place)
{
    place_each_action(place, drop);
}

// --- all partitions at once

static size_t count_partitions(const struct rule_place *place, struct name parent)
{
    const struct effects *effects = place_effects(place);
    size_t n = 0;
    for (size_t i = 0; i < effects->n_locks; i++) {
        const struct schema_relation *relation =
            schema_find(place->before, relation_name(place, effects->locks[i].relation));
        n += relation != NULL && relation->is_partition &&
             lock_mode_blocks_reads(effects->locks[i].mode) &&
             !name_may_equal(relation->name, parent);
    }
    return n;
}

static void check_partition_recursive_lock(struct rule_place *place)
{
    enum severity severity;
    if (place_effects(place)->n_locks < 2)
        return;
    const struct action *action = &place->statement->actions[0];
    struct name parent = action->relation;
    bool has_own_rule = action->kind == ACTION_ATTACH_PARTITION ||
                        action->kind == ACTION_DETACH_PARTITION || action->kind == ACTION_DROP;
    const struct schema_relation *own =
        parent.name == NULL || has_own_rule ? NULL : schema_find(place->before, parent);
    if (own == NULL || own->kind != RELATION_PARTITIONED || schema_is_new(place->before, own) ||
        place_effects(place)->n_blocks_writes_long > 0 || // another rule says more
        !place_weigh_wait(place, parent, SEVERITY_WARN, &severity))
        return;
    size_t n = count_partitions(place, parent);
    if (n > 0)
        rule_report_as(place, severity, NULL,
                       "waits for everybody who uses %s or one of %zu partitions, locked one after "
                       "the other; meanwhile nobody reads or writes them",
                       place_name(place, parent), n);
}

// --- rows

const struct rule rule_partition_create_of = {
    .id = "partition-create-of",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "CREATE TABLE ... PARTITION OF a table in use, without a short lock_timeout",
    .why = "ACCESS EXCLUSIVE on the parent and its default partition: it waits for every reader, "
           "and everybody waits behind it. ATTACH PARTITION takes SHARE UPDATE EXCLUSIVE only.",
    .safe_form = "CREATE TABLE (LIKE parent), then ATTACH PARTITION",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_CREATE_TABLE},
    .check = check_partition_create_of,
};

const struct rule rule_partition_attach_scan = {
    .id = "partition-attach-scan",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ATTACH PARTITION of a table with rows that no CHECK proves to be within the bound",
    .why = "ACCESS EXCLUSIVE on the new partition while every row is held against the bound.",
    .safe_form = "a CHECK that says the bound, NOT VALID, validated before, dropped after",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ATTACH_PARTITION},
    .check = check_partition_attach_scan,
};

const struct rule rule_default_partition_scan = {
    .id = "default-partition-scan",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "a partition joins a table that has a default partition",
    .why = "ACCESS EXCLUSIVE on the default partition while it is searched for rows that belong "
           "into the new one.",
    .safe_form = "a CHECK on the default partition that excludes the new bound, validated before",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ATTACH_PARTITION, ACTION_CREATE_TABLE},
    .check = check_default_partition_scan,
};

const struct rule rule_partition_detach_blocking = {
    .id = "partition-detach-blocking",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "DETACH PARTITION without CONCURRENTLY, without a short lock_timeout",
    .why = "ACCESS EXCLUSIVE on the parent, the partition and the default partition: it waits for "
           "every reader, and everybody waits behind it.",
    .safe_form = "DETACH PARTITION ... CONCURRENTLY (14+), outside a transaction",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_DETACH_PARTITION},
    .check = check_partition_detach_blocking,
};

const struct rule rule_partition_drop = {
    .id = "partition-drop",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "DROP TABLE of a partition, without a short lock_timeout",
    .why = "ACCESS EXCLUSIVE on the parent and its default partition too: it waits for every "
           "reader, and everybody waits behind it.",
    .safe_form = "DETACH PARTITION ... CONCURRENTLY, then DROP TABLE",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_DROP},
    .check = check_partition_drop,
};

const struct rule rule_partition_recursive_lock = {
    .id = "partition-recursive-lock",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ALTER TABLE of a partitioned table that locks every partition, without a short "
               "lock_timeout",
    .why = "ACCESS EXCLUSIVE on the parent and on every partition, one after the other: each wait "
           "keeps what it has already locked.",
    .safe_form = "SET lock_timeout = '2s' before it, and try again when it fails; partition by "
                 "partition where the action allows ONLY",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .check = check_partition_recursive_lock,
};
