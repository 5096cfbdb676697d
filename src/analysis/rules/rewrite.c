/*
 * Rules on rewrites: every row of a table is written again, and nobody reads or writes it
 * meanwhile.
 *
 * Which statement rewrites is known from its effects; the rules say why, and so what to write
 * instead.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/lock_place.h"
#include "base/quantity.h"

#define PG_FAST_DEFAULT 11

static void report_rewrite(struct rule_place *place, const struct action *action, const char *why)
{
    const char *size;
    enum severity severity = place_weigh(place, action->relation, &size);
    rule_report_as(place, severity, place_safe_form(place, action),
                   "nobody reads or writes %s while it is rewritten: %s (%s)",
                   place_name(place, action->relation), why, size);
}

static bool rewrites_old(const struct rule_place *place, const struct action *action)
{
    return place_is_old(place, action->relation) && place_rewrites(place, action->relation);
}

// --- types

static void type_change(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_ALTER_TYPE || !rewrites_old(place, action) ||
        place_repeats(place, action))
        return;
    report_rewrite(
        place, action,
        mem_printf(place->mem, "%s becomes %s", action->column, action->definition->type.text));
}

static void check_type_change_rewrite(struct rule_place *place)
{
    place_each_action(place, type_change);
}

// --- a new column whose values are computed

enum new_value {
    VALUE_NONE,
    VALUE_VOLATILE,
    VALUE_OLD_SERVER,
    VALUE_SERIAL,
    VALUE_IDENTITY,
    VALUE_STORED,
    VALUE_DOMAIN
};

// Why an added column rewrites its table; one reason, the strongest.
static enum new_value new_value(const struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_ADD_COLUMN || !rewrites_old(place, action))
        return VALUE_NONE;
    const struct column *column = action->definition;
    if (column->type.name != NULL && strstr(column->type.name, "serial") != NULL)
        return VALUE_SERIAL;
    if (column->is_identity)
        return VALUE_IDENTITY;
    if (column->generated != NULL)
        return column->generated_is_stored ? VALUE_STORED : VALUE_NONE;
    struct name type = {column->type.schema, column->type.name};
    const struct schema_type *domain = schema_find_type(place->before, type);
    if (domain != NULL && domain->object == OBJECT_DOMAIN)
        return VALUE_DOMAIN;
    if (column->default_value == NULL)
        return VALUE_NONE;
    return place->pg_version < PG_FAST_DEFAULT ? VALUE_OLD_SERVER : VALUE_VOLATILE;
}

static void each_new_value(struct rule_place *place, enum new_value wanted, const char *why)
{
    for (size_t i = 0; i < place->statement->n_actions; i++) {
        const struct action *action = &place->statement->actions[i];
        if (new_value(place, action) == wanted)
            report_rewrite(place, action, why);
    }
}

static void check_volatile_default(struct rule_place *place)
{
    each_new_value(place, VALUE_VOLATILE, "the default of the new column differs from row to row");
}

static void check_default_pre_11(struct rule_place *place)
{
    each_new_value(place, VALUE_OLD_SERVER,
                   "before PostgreSQL 11 a default is written into every "
                   "row");
}

static void check_serial_column(struct rule_place *place)
{
    each_new_value(place, VALUE_SERIAL, "the new column counts the rows");
}

static void check_identity_column_add(struct rule_place *place)
{
    each_new_value(place, VALUE_IDENTITY, "the new column counts the rows");
}

static void check_stored_generated_column(struct rule_place *place)
{
    each_new_value(place, VALUE_STORED, "the new column is stored and computed for every row");
}

static void check_constrained_domain_column(struct rule_place *place)
{
    each_new_value(place, VALUE_DOMAIN,
                   "the constraint of the new column's domain is checked row "
                   "by row");
}

static void set_expression(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_SET_EXPRESSION && rewrites_old(place, action))
        report_rewrite(
            place, action,
            mem_printf(place->mem, "%s is computed again for every row", action->column));
}

static void check_set_expression(struct rule_place *place)
{
    place_each_action(place, set_expression);
}

// --- storage

static void set_logged(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_SET_LOGGED && rewrites_old(place, action))
        report_rewrite(place, action, "it becomes LOGGED, so all of it goes to the WAL");
    if (action->kind == ACTION_SET_UNLOGGED && rewrites_old(place, action))
        report_rewrite(place, action, "it becomes UNLOGGED");
}

static void check_set_logged_unlogged(struct rule_place *place)
{
    place_each_action(place, set_logged);
}

static void set_access_method(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_SET_ACCESS_METHOD && rewrites_old(place, action))
        report_rewrite(place, action, "its access method changes");
}

static void check_set_access_method(struct rule_place *place)
{
    place_each_action(place, set_access_method);
}

static void set_tablespace(struct rule_place *place, const struct action *action)
{
    if (action->kind == ACTION_SET_TABLESPACE && rewrites_old(place, action))
        report_rewrite(place, action,
                       "its file is copied to another tablespace; its indexes stay where they are");
}

static void check_set_tablespace(struct rule_place *place)
{
    place_each_action(place, set_tablespace);
}

// --- what a rewrite costs elsewhere

static void check_rewrite_replica_lag(struct rule_place *place)
{
    const struct effects *effects = place_effects(place);
    for (size_t i = 0; i < effects->n_rewrites; i++) {
        const struct schema_relation *relation =
            schema_find(place->before, relation_name(place, effects->rewrites[i]));
        if (relation == NULL || relation->bytes < SIZE_BYTES_LARGE)
            continue;
        const char *bytes = quantity_size(place->mem, relation->bytes);
        rule_report(place,
                    "rewriting %s writes about %s of WAL and needs as much disk again: replicas "
                    "fall behind, and their readers of it wait or are cancelled",
                    effects->rewrites[i], bytes);
    }
}

// --- new relations made by a query

static void create_as(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_CREATE_TABLE_AS || action->without_data || action->query == NULL ||
        !place->in_transaction)
        return;
    for (size_t i = 0; i < action->query->n_reads; i++) {
        struct name source = action->query->reads[i];
        const char *size;
        if (!place_is_old(place, source) || name_is_system(source) ||
            place_weigh(place, source, &size) == SEVERITY_NOTE)
            continue;
        rule_report(place,
                    "reads %s while the migration's transaction is open: what that has locked "
                    "stays locked, and VACUUM waits (%s)",
                    place_name(place, source), size);
        return;
    }
}

static void check_create_table_as(struct rule_place *place)
{
    place_each_action(place, create_as);
}

// --- rows

const struct rule rule_type_change_rewrite = {
    .id = "type-change-rewrite",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ALTER COLUMN TYPE that copies the whole table",
    .why =
        "ACCESS EXCLUSIVE while every row is written again and every index rebuilt; the column's "
        "statistics are gone until the next ANALYZE.",
    .safe_form = "new column, write both, backfill in batches, swap",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ALTER_TYPE},
    .check = check_type_change_rewrite,
};

const struct rule rule_volatile_default = {
    .id = "volatile-default",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD COLUMN with a default that differs from row to row",
    .why = "ACCESS EXCLUSIVE while the whole table is copied, because every row gets its own "
           "value.",
    .safe_form = "add the column without default, SET DEFAULT, backfill in batches",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ADD_COLUMN},
    .check = check_volatile_default,
};

const struct rule rule_default_pre_11 = {
    .id = "default-pre-11",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD COLUMN with any default before PostgreSQL 11",
    .why = "ACCESS EXCLUSIVE while the whole table is copied: only from 11 on a constant default "
           "is kept in the catalog.",
    .safe_form = "add the column without default, SET DEFAULT, backfill in batches",
    .source = "PostgreSQL 11 release notes",
    .kinds = {ACTION_ADD_COLUMN},
    .check = check_default_pre_11,
};

const struct rule rule_serial_column = {
    .id = "serial-column",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD COLUMN serial or bigserial on a table with rows",
    .why = "ACCESS EXCLUSIVE while the whole table is copied, because every row gets its number.",
    .safe_form = "a plain bigint column, a sequence, SET DEFAULT nextval, backfill in batches",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ADD_COLUMN},
    .check = check_serial_column,
};

const struct rule rule_identity_column_add = {
    .id = "identity-column-add",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD COLUMN ... GENERATED AS IDENTITY on a table with rows",
    .why = "ACCESS EXCLUSIVE while the whole table is copied, because every row gets its number.",
    .safe_form = "a plain bigint column, a sequence, SET DEFAULT nextval, backfill in batches; "
                 "ADD GENERATED AS IDENTITY when no row is NULL",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_ADD_COLUMN},
    .check = check_identity_column_add,
};

const struct rule rule_stored_generated_column = {
    .id = "stored-generated-column",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD COLUMN ... GENERATED ALWAYS AS (...) STORED on a table with rows",
    .why = "ACCESS EXCLUSIVE while the whole table is copied, because every row gets its value.",
    .safe_form = "a plain column, a trigger that fills it, backfill in batches; from 18 on "
                 "GENERATED ... VIRTUAL writes nothing",
    .source = "measured on PostgreSQL 15 (docs/effects.md); 18: release notes",
    .kinds = {ACTION_ADD_COLUMN},
    .check = check_stored_generated_column,
};

const struct rule rule_constrained_domain_column = {
    .id = "constrained-domain-column",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ADD COLUMN of a domain with a constraint",
    .why = "ACCESS EXCLUSIVE while the whole table is copied, even when every value is NULL.",
    .safe_form = "a column of the base type, and a CHECK NOT VALID that is validated in its own "
                 "transaction",
    .source = "measured on PostgreSQL 15 (docs/effects.md); 19: release notes",
    .kinds = {ACTION_ADD_COLUMN},
    .check = check_constrained_domain_column,
};

const struct rule rule_set_expression = {
    .id = "set-expression",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "ALTER COLUMN SET EXPRESSION of a stored generated column",
    .why = "ACCESS EXCLUSIVE while the whole table is copied, because every row gets its value "
           "again.",
    .safe_form = "a new column beside it, filled in batches, and a swap",
    .source = "PostgreSQL 17 manual, ALTER TABLE",
    .kinds = {ACTION_SET_EXPRESSION},
    .check = check_set_expression,
};

const struct rule rule_set_logged_unlogged = {
    .id = "set-logged-unlogged",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "SET LOGGED or SET UNLOGGED of a table with rows",
    .why = "ACCESS EXCLUSIVE while the whole table and its indexes are copied.",
    .safe_form = "there is no online way: when nobody uses the table, or a new table and a swap",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_SET_LOGGED, ACTION_SET_UNLOGGED},
    .check = check_set_logged_unlogged,
};

const struct rule rule_set_access_method = {
    .id = "set-access-method",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "SET ACCESS METHOD other than that of the table",
    .why = "ACCESS EXCLUSIVE while the whole table and its indexes are copied.",
    .safe_form = "there is no online way: when nobody uses the table, or a new table and a swap",
    .source = "measured on PostgreSQL 15 (docs/effects.md)",
    .kinds = {ACTION_SET_ACCESS_METHOD},
    .check = check_set_access_method,
};

const struct rule rule_set_tablespace = {
    .id = "set-tablespace",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "SET TABLESPACE of a table with rows",
    .why = "ACCESS EXCLUSIVE while its file is copied block by block; its indexes do not move.",
    .safe_form = "pg_repack --tablespace, or when nobody uses the table",
    .source = "PostgreSQL 15 manual, ALTER TABLE",
    .kinds = {ACTION_SET_TABLESPACE},
    .check = check_set_tablespace,
};

const struct rule rule_rewrite_replica_lag = {
    .id = "rewrite-replica-lag",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "a rewrite of a table known to be large",
    .why = "Every row goes to the WAL again and every index with it: replicas fall behind, and the "
           "ACCESS EXCLUSIVE lock is replayed there, against their readers.",
    .safe_form = "a new column or table beside it, filled in batches with pauses",
    .source = "PostgreSQL 15 manual, Hot Standby, Handling Query Conflicts",
    .check = check_rewrite_replica_lag,
};

const struct rule rule_create_table_as = {
    .id = "create-table-as",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "CREATE TABLE AS or a materialized view, filled inside the migration's transaction",
    .why = "The transaction stays open for as long as the query runs: what it has locked stays "
           "locked, and VACUUM cleans nothing that it may still see.",
    .safe_form = "WITH NO DATA in the migration, and fill it on its own",
    .source = "PostgreSQL 15 manual, CREATE TABLE AS; Routine Vacuuming",
    .kinds = {ACTION_CREATE_TABLE_AS},
    .check = check_create_table_as,
};
