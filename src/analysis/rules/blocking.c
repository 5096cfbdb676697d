/*
 * Rules on locks that are held long: index builds, foreign keys, REINDEX, REFRESH, VACUUM FULL.
 *
 * What a statement really does to a table comes from its effects; how bad that is, from the size of
 * the table. A size that nobody told is never small.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/lock_place.h"
#include "analysis/schema_edit.h"

// Source: PostgreSQL 18, release notes: NOT VALID foreign keys of partitioned tables.
#define NOT_VALID_OF_PARTITIONED_SINCE 18
#define PARTITIONS_SHOWN_MAX 3

static void index_create(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_CREATE_INDEX || action->concurrently || action->only ||
        !place_is_old(place, action->relation) ||
        place_effects(place)->n_index_builds == 0) // IF NOT EXISTS, and it does
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
    enum severity severity;
    if (action->kind != ACTION_DROP || action->object != OBJECT_INDEX || action->concurrently)
        return;
    const struct schema_relation *table =
        schema_find_index(place->before, action->relation, &index);
    if (table == NULL || schema_is_new(place->before, table) ||
        index->created_in == place->migration->path ||
        !place_weigh_wait(place, table->name, SEVERITY_NOTE, &severity))
        return;
    rule_report_as(place, severity, place_safe_form(place, action),
                   "waits for every reader of %s, and everybody waits behind it",
                   place_name(place, table->name));
}

static void check_index_drop_blocking(struct rule_place *place)
{
    place_each_action(place, index_drop);
}

// The table of the index, or the table itself; NULL: a schema, a database, or not known.
static const struct schema_relation *reindexed(const struct rule_place *place,
                                               const struct action *action)
{
    struct schema_index *index;
    if (action->object == OBJECT_INDEX)
        return schema_find_index(place->before, action->relation, &index);
    return action->object == OBJECT_TABLE ? schema_find(place->before, action->relation) : NULL;
}

static void reindex(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_REINDEX || action->concurrently)
        return;
    const struct schema_relation *table = reindexed(place, action);
    if (table != NULL && schema_is_new(place->before, table))
        return;
    if (action->object != OBJECT_TABLE && action->object != OBJECT_INDEX) {
        rule_report(place,
                    "no writes to one table of %s after the other, while its indexes are "
                    "built again",
                    action->relation.name != NULL ? action->relation.name : "the database");
        return;
    }
    struct name name = table != NULL ? table->name : action->relation;
    const char *size;
    enum severity severity = place_weigh(place, name, &size);
    rule_report_as(place, severity, place_safe_form(place, action),
                   "no writes to %s while its indexes are built again, and readers that plan on "
                   "one of them wait too (%s)",
                   place_name(place, name), size);
}

static void check_reindex_blocking(struct rule_place *place)
{
    place_each_action(place, reindex);
}

static void refresh(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_REFRESH || action->concurrently || action->without_data ||
        !place_is_old(place, action->relation))
        return;
    const char *size;
    enum severity severity = place_weigh(place, action->relation, &size);
    rule_report_as(place, severity, place_safe_form(place, action),
                   "nobody reads %s while its query runs (%s)", place_name(place, action->relation),
                   size);
}

static void check_matview_refresh_blocking(struct rule_place *place)
{
    place_each_action(place, refresh);
}

static void vacuum_full(struct rule_place *place, const struct action *action)
{
    bool rewrites =
        (action->kind == ACTION_VACUUM && action->is_full) || action->kind == ACTION_CLUSTER;
    if (!rewrites || (action->relation.name != NULL && place_is_new(place, action->relation)))
        return;
    if (action->relation.name == NULL) {
        rule_report(place,
                    "nobody reads or writes one table after the other while it is rewritten");
        return;
    }
    const char *size;
    enum severity severity = place_weigh(place, action->relation, &size);
    rule_report_as(place, severity, NULL, "nobody reads or writes %s while it is rewritten (%s)",
                   place_name(place, action->relation), size);
}

static void check_vacuum_full(struct rule_place *place)
{
    place_each_action(place, vacuum_full);
}

static const char *columns_sql(const struct rule_place *place, const char *const *columns, size_t n)
{
    const char **names = mem_array(place->mem, const char *, n);
    for (size_t i = 0; i < n; i++)
        names[i] = place_sql_name(place, columns[i]);
    return n == 0 ? "" : mem_printf(place->mem, " (%s)", words_join(place->mem, names, n));
}

static const char *key_sql(const struct rule_place *place, const struct constraint *key,
                           const char *name)
{
    TALLOC_CTX *mem = place->mem;
    const char *rest = key->is_match_full ? " MATCH FULL" : "";
    if (key->on_delete != NULL)
        rest = mem_printf(mem, "%s ON DELETE %s", rest, key->on_delete);
    if (key->on_update != NULL)
        rest = mem_printf(mem, "%s ON UPDATE %s", rest, key->on_update);
    return mem_printf(mem, "ADD CONSTRAINT %s FOREIGN KEY%s REFERENCES %s%s%s", name,
                      columns_sql(place, key->columns, key->n_columns),
                      place_sql_table(place, key->references),
                      columns_sql(place, key->referenced, key->n_referenced), rest);
}

// Before 18 a partitioned table takes no NOT VALID foreign key: but it takes over the valid ones of
// its partitions without a scan (measured on PostgreSQL 15).
static const char *key_by_partition(const struct rule_place *place,
                                    const struct schema_relation *table,
                                    const struct constraint *key)
{
    SCRATCH(tmp);
    TALLOC_CTX *mem = place->mem;
    struct relation_list below = schema_descendants(tmp, place->before, table);
    const char *name =
        place_sql_name(place, key->name != NULL ? key->name
                                                : mem_printf(mem, "%s_%s_fkey", table->name.name,
                                                             key->columns[0]));
    const char *definition = key_sql(place, key, name);
    const char *hint = "-- each in a transaction of its own:\n";
    size_t n_shown = 0;
    for (size_t i = 1; i < below.n && n_shown < PARTITIONS_SHOWN_MAX; i++) {
        if (below.list[i]->kind != RELATION_TABLE)
            continue;
        const char *own = place_sql_table(place, below.list[i]->name);
        hint = mem_printf(
            mem, "%sALTER TABLE %s %s NOT VALID;\nALTER TABLE %s VALIDATE CONSTRAINT %s;\n", hint,
            own, definition, own, name);
        n_shown++;
    }
    return mem_printf(
        mem, "%s%s-- when every partition has it, which is then taken over:\nALTER TABLE %s %s;",
        hint, n_shown == PARTITIONS_SHOWN_MAX ? "-- and so on for every partition\n" : "",
        place_sql_table(place, table->name), definition);
}

static const char *key_hint(const struct rule_place *place, const struct action *action)
{
    const struct schema_relation *table = schema_find(place->before, action->relation);
    const struct constraint *key = action->constraint;
    if (table == NULL || table->kind != RELATION_PARTITIONED ||
        place->pg_version >= NOT_VALID_OF_PARTITIONED_SINCE)
        return place_safe_form(place, action);
    if (key->n_columns > 0 && table->has_children && !key->is_deferrable)
        return key_by_partition(place, table, key);
    return "SET lock_timeout = '2s' before it, and try again when it fails: a partitioned table "
           "takes no NOT VALID foreign key before PostgreSQL 18";
}

static void foreign_key(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_ADD_CONSTRAINT ||
        action->constraint->kind != CONSTRAINT_FOREIGN_KEY || action->constraint->is_not_valid ||
        !place_is_old(place, action->relation))
        return;
    const char *size;
    enum severity severity = place_weigh(place, action->relation, &size);
    rule_report_as(place, severity, key_hint(place, action),
                   "no writes to %s nor to %s while every row is checked (%s)",
                   place_name(place, action->relation),
                   place_name(place, action->constraint->references), size);
}

static void check_fk_add_locks_both(struct rule_place *place)
{
    place_each_action(place, foreign_key);
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
