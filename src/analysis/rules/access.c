/*
 * Rules on who may read and write, and on who gets the rows by replication.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"
#include "base/text.h"

// --- privileges and row security

static void revoke(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_GRANT || !text_starts_with(place->statement->kind, "REVOKE") ||
        (action->relation.name != NULL && place_is_new(place, action->relation)))
        return;
    if (action->relation.name == NULL)
        rule_report(place, "a role loses what the running release may need");
    else
        rule_report(place, "a role loses rights on %s %s that the running release may need",
                    object_kind_name(action->object), place_name(place, action->relation));
}

static bool has_policy_statement(const struct rule_place *place, struct name table)
{
    for (size_t i = 0; i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct action *action = &statement->actions[j];
            if (action->kind == ACTION_CREATE_POLICY && name_may_equal(action->relation, table))
                return true;
        }
    }
    return false;
}

static void row_security(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_ROW_SECURITY || action->option == NULL ||
        place_is_new(place, action->relation))
        return;
    const char *table = place_name(place, action->relation);
    if (strcmp(action->option, "disable") == 0)
        rule_report(place, "every role that may read %s sees all its rows from now on", table);
    else if (strcmp(action->option, "force") == 0)
        rule_report(place, "the policies of %s hold for its owner too from now on", table);
    else if (strcmp(action->option, "enable") == 0 &&
             !has_policy_statement(place, action->relation))
        rule_report(place, "no row of %s is seen by others than its owner until a policy lets them",
                    table);
    else if (strcmp(action->option, "enable") == 0)
        rule_report_as(place, SEVERITY_NOTE, NULL,
                       "rows of %s are seen and written as its policies say from now on", table);
}

static void policy(struct rule_place *place, const struct action *action)
{
    bool is_gone =
        action->kind == ACTION_DROP_POLICY && !has_policy_statement(place, action->relation);
    bool is_narrower = action->kind == ACTION_CREATE_POLICY &&
                       strcasestr(place->statement->sql, "restrictive") != NULL;
    if ((!is_gone && !is_narrower && action->kind != ACTION_ALTER_POLICY) ||
        place_is_new(place, action->relation))
        return;
    rule_report(place, "policy '%s' decides which rows of %s the running release sees and writes",
                action->member, place_name(place, action->relation));
}

static void check_access_changed(struct rule_place *place)
{
    place_each_action(place, revoke);
    place_each_action(place, row_security);
    place_each_action(place, policy);
}

// --- extensions

static void extension(struct rule_place *place, const struct action *action)
{
    if (action->object != OBJECT_EXTENSION)
        return;
    if (action->kind == ACTION_DROP)
        rule_report(place, "drops extension %s with its functions, types and operators",
                    action->relation.name);
    if (action->kind == ACTION_OTHER && strcmp(place->statement->kind, "ALTER EXTENSION") == 0)
        rule_report_as(
            place, SEVERITY_NOTE, NULL,
            "functions of the extension may behave otherwise for the running release, and "
            "no statement takes the version back");
}

static void check_extension_changed(struct rule_place *place)
{
    place_each_action(place, extension);
}

// --- replication

static bool is_published_by(const struct schema_publication *publication, struct name table)
{
    for (size_t i = 0; i < publication->n_tables; i++) {
        if (name_may_equal(publication->tables[i], table))
            return true;
    }
    return publication->has_all_tables;
}

// The publication that a live catalog has the table in; NULL: none is known.
static const char *publication_of(const struct rule_place *place, struct name table)
{
    size_t n;
    const struct schema_publication *list = schema_publications(place->before, &n);
    struct name full = n == 0 ? table : schema_resolve(place->before, table);
    for (size_t i = 0; i < n; i++) {
        if (is_published_by(&list[i], full))
            return list[i].name;
    }
    return NULL;
}

static bool has_primary_key(const struct schema_relation *relation)
{
    for (size_t i = 0; i < relation->n_constraints; i++) {
        if (relation->constraints[i].kind == CONSTRAINT_PRIMARY_KEY)
            return true;
    }
    return false;
}

static void identity(struct rule_place *place, const struct action *action)
{
    if (action->kind != ACTION_REPLICA_IDENTITY || place_is_new(place, action->relation))
        return;
    const char *table = place_name(place, action->relation);
    bool is_nothing =
        action->option == NULL && strcasestr(place->statement->sql, "nothing") != NULL;
    if (is_nothing && publication_of(place, action->relation) != NULL)
        rule_report_as(place, SEVERITY_STOP, NULL,
                       "every UPDATE and DELETE of %s fails from now on: publication %s has it",
                       table, publication_of(place, action->relation));
    else if (is_nothing)
        rule_report(place, "UPDATE and DELETE of %s fail as soon as a publication has it", table);
    else
        rule_report_as(place, SEVERITY_NOTE, NULL,
                       "subscribers and change capture of %s get other old values from now on",
                       table);
}

static bool drops_primary_key(const struct rule_place *place, const struct action *action,
                              const struct schema_relation *relation)
{
    const struct schema_constraint *constraint =
        action->kind != ACTION_DROP_CONSTRAINT || relation == NULL || action->member == NULL
            ? NULL
            : schema_find_constraint(relation, action->member);
    const struct schema_relation *start = schema_find(place->start, action->relation);
    return constraint != NULL && constraint->kind == CONSTRAINT_PRIMARY_KEY && start != NULL;
}

static void published(struct rule_place *place, const struct action *action)
{
    const struct schema_relation *relation =
        action->relation.name == NULL ? NULL : schema_find(place->before, action->relation);
    if (action->kind == ACTION_PUBLICATION && relation != NULL &&
        relation->kind == RELATION_TABLE && !has_primary_key(relation) &&
        strcasestr(place->statement->sql, " drop ") == NULL)
        rule_report(place,
                    "UPDATE and DELETE of %s fail from now on unless it has a replica identity: "
                    "it has no primary key",
                    place_name(place, action->relation));
    if (drops_primary_key(place, action, relation) &&
        publication_of(place, action->relation) != NULL)
        rule_report(place,
                    "UPDATE and DELETE of %s fail until it has a key again: publication %s has "
                    "it",
                    place_name(place, action->relation), publication_of(place, action->relation));
    if (action->kind == ACTION_DROP && action->object == OBJECT_PUBLICATION)
        rule_report(place, "subscribers of publication %s get nothing any more",
                    action->relation.name);
}

static void check_replica_identity(struct rule_place *place)
{
    place_each_action(place, identity);
    place_each_action(place, published);
}

static bool alters_rows_form(const struct action *action)
{
    switch ((int)action->kind) {
    case ACTION_ADD_COLUMN:
    case ACTION_DROP_COLUMN:
    case ACTION_RENAME_COLUMN:
    case ACTION_ALTER_TYPE:
    case ACTION_SET_SCHEMA:
    case ACTION_TRUNCATE: return true;
    case ACTION_RENAME: return action->object == OBJECT_TABLE;
    default: return false;
    }
}

static void replicated(struct rule_place *place, const struct action *action)
{
    if (!alters_rows_form(action) || action->relation.name == NULL ||
        place_is_new(place, action->relation) || place_repeats(place, action))
        return;
    const char *publication = publication_of(place, action->relation);
    if (publication == NULL)
        return;
    const char *table = place_name(place, action->relation);
    if (action->kind == ACTION_TRUNCATE)
        rule_report(place, "publication %s empties %s at the subscribers too", publication, table);
    else
        rule_report(place,
                    "publication %s has %s, and does not pass on DDL: replication stops where "
                    "the subscriber's table does not fit",
                    publication, table);
}

static void check_logical_replication_ddl(struct rule_place *place)
{
    place_each_action(place, replicated);
}

// --- rows

const struct rule rule_access_changed = {
    .id = "access-changed",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "REVOKE, row security or a policy changes what roles of the running release may do",
    .why = "A right that is missing fails the query; a policy hides rows without an error.",
    .safe_form = "try it as each role (SET ROLE) before, and count what each sees",
    .source = "PostgreSQL 15 manual, REVOKE and Row Security Policies",
    .kinds = {ACTION_GRANT, ACTION_ROW_SECURITY, ACTION_CREATE_POLICY, ACTION_ALTER_POLICY,
              ACTION_DROP_POLICY},
    .check = check_access_changed,
};

const struct rule rule_extension_changed = {
    .id = "extension-changed",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "an extension is dropped or altered",
    .why = "What the running release calls of it is gone or behaves otherwise, and an older "
           "version is "
           "not to be had by SQL.",
    .safe_form = "rehearse the update on a copy, and read what its versions changed",
    .source = "PostgreSQL 15 manual, ALTER EXTENSION and DROP EXTENSION",
    .check = check_extension_changed,
};

const struct rule rule_replica_identity = {
    .id = "replica-identity",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "replica identity or a publication changes",
    .why =
        "A published table without replica identity refuses UPDATE and DELETE, and consumers stop "
        "getting what they rely on.",
    .safe_form = "a primary key or REPLICA IDENTITY USING INDEX before the table is published",
    .source = "measured on PostgreSQL 15: cannot update table because it does not have a replica "
              "identity",
    .kinds = {ACTION_REPLICA_IDENTITY, ACTION_PUBLICATION, ACTION_DROP_CONSTRAINT, ACTION_DROP},
    .check = check_replica_identity,
};

const struct rule rule_logical_replication_ddl = {
    .id = "logical-replication-ddl",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary =
        "the columns of a published table change (with a database: its publications are read)",
    .why =
        "DDL is not replicated: the subscriber's worker fails on the first row that does not fit, "
        "and WAL piles up behind its slot.",
    .safe_form = "new columns at the subscriber first, columns to be dropped here first",
    .source = "PostgreSQL 15 manual, Logical Replication, Restrictions",
    .kinds = {ACTION_ADD_COLUMN, ACTION_DROP_COLUMN, ACTION_RENAME_COLUMN, ACTION_ALTER_TYPE,
              ACTION_SET_SCHEMA, ACTION_TRUNCATE, ACTION_RENAME},
    .check = check_logical_replication_ddl,
};
