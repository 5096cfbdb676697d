/*
 * What can be done to any object: drop, rename, move, own, comment, grant.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/postgres_tree.h"

#include "statement/postgres_reading.h"

static const struct object_row {
    ObjectType type;
    enum object_kind object;
    const char *words; // behind CREATE, ALTER, DROP
} object_rows[] = {
    {PG_OBJECT_TABLE, OBJECT_TABLE, "TABLE"},
    {PG_OBJECT_INDEX, OBJECT_INDEX, "INDEX"},
    {PG_OBJECT_COLUMN, OBJECT_COLUMN, "COLUMN"},
    {PG_OBJECT_VIEW, OBJECT_VIEW, "VIEW"},
    {OBJECT_MATVIEW, OBJECT_MATERIALIZED_VIEW, "MATERIALIZED VIEW"},
    {PG_OBJECT_SEQUENCE, OBJECT_SEQUENCE, "SEQUENCE"},
    {PG_OBJECT_FOREIGN_TABLE, OBJECT_FOREIGN_TABLE, "FOREIGN TABLE"},
    {OBJECT_TABCONSTRAINT, OBJECT_CONSTRAINT, "CONSTRAINT"},
    {OBJECT_DOMCONSTRAINT, OBJECT_CONSTRAINT, "CONSTRAINT"},
    {PG_OBJECT_TRIGGER, OBJECT_TRIGGER, "TRIGGER"},
    {PG_OBJECT_RULE, OBJECT_RULE, "RULE"},
    {PG_OBJECT_POLICY, OBJECT_POLICY, "POLICY"},
    {PG_OBJECT_FUNCTION, OBJECT_FUNCTION, "FUNCTION"},
    {PG_OBJECT_PROCEDURE, OBJECT_PROCEDURE, "PROCEDURE"},
    {OBJECT_ROUTINE, OBJECT_FUNCTION, "ROUTINE"},
    {PG_OBJECT_AGGREGATE, OBJECT_AGGREGATE, "AGGREGATE"},
    {PG_OBJECT_TYPE, OBJECT_TYPE, "TYPE"},
    {OBJECT_ATTRIBUTE, OBJECT_COLUMN, "ATTRIBUTE"},
    {PG_OBJECT_DOMAIN, OBJECT_DOMAIN, "DOMAIN"},
    {PG_OBJECT_SCHEMA, OBJECT_SCHEMA, "SCHEMA"},
    {PG_OBJECT_DATABASE, OBJECT_DATABASE, "DATABASE"},
    {PG_OBJECT_EXTENSION, OBJECT_EXTENSION, "EXTENSION"},
    {PG_OBJECT_ROLE, OBJECT_ROLE, "ROLE"},
    {OBJECT_TSCONFIGURATION, OBJECT_TEXT_SEARCH, "TEXT SEARCH CONFIGURATION"},
    {OBJECT_TSDICTIONARY, OBJECT_TEXT_SEARCH, "TEXT SEARCH DICTIONARY"},
    {OBJECT_TSPARSER, OBJECT_TEXT_SEARCH, "TEXT SEARCH PARSER"},
    {OBJECT_TSTEMPLATE, OBJECT_TEXT_SEARCH, "TEXT SEARCH TEMPLATE"},
    {PG_OBJECT_PUBLICATION, OBJECT_PUBLICATION, "PUBLICATION"},
    {PG_OBJECT_SUBSCRIPTION, OBJECT_SUBSCRIPTION, "SUBSCRIPTION"},
    {OBJECT_STATISTIC_EXT, OBJECT_STATISTICS, "STATISTICS"},
    {PG_OBJECT_TABLESPACE, OBJECT_TABLESPACE, "TABLESPACE"},
    {PG_OBJECT_OPERATOR, OBJECT_OPERATOR, "OPERATOR"},
    {OBJECT_OPCLASS, OBJECT_OPERATOR, "OPERATOR CLASS"},
    {OBJECT_OPFAMILY, OBJECT_OPERATOR, "OPERATOR FAMILY"},
    {PG_OBJECT_COLLATION, OBJECT_COLLATION, "COLLATION"},
    {OBJECT_CONVERSION, OBJECT_OTHER, "CONVERSION"},
    {PG_OBJECT_CAST, OBJECT_CAST, "CAST"},
    {OBJECT_TRANSFORM, OBJECT_OTHER, "TRANSFORM"},
    {OBJECT_FOREIGN_SERVER, OBJECT_SERVER, "SERVER"},
    {OBJECT_FDW, OBJECT_SERVER, "FOREIGN DATA WRAPPER"},
    {OBJECT_USER_MAPPING, OBJECT_SERVER, "USER MAPPING"},
    {PG_OBJECT_EVENT_TRIGGER, OBJECT_EVENT_TRIGGER, "EVENT TRIGGER"},
    {OBJECT_ACCESS_METHOD, OBJECT_OTHER, "ACCESS METHOD"},
    {OBJECT_LANGUAGE, OBJECT_OTHER, "LANGUAGE"},
    {OBJECT_LARGEOBJECT, OBJECT_OTHER, "LARGE OBJECT"},
    {OBJECT_PARAMETER_ACL, OBJECT_OTHER, "PARAMETER"},
};

static const struct object_row *object_row(ObjectType type)
{
    static const struct object_row other = {.object = OBJECT_OTHER, .words = "OBJECT"};
    for (size_t i = 0; i < COUNT_OF(object_rows); i++) {
        if (object_rows[i].type == type)
            return &object_rows[i];
    }
    return &other;
}

enum object_kind object_of(ObjectType type)
{
    return object_row(type)->object;
}

void kind_set(struct reading *reading, const char *verb, ObjectType type)
{
    reading->statement->kind = mem_printf(reading->mem, "%s %s", verb, object_row(type)->words);
}

// Triggers, rules, policies, constraints and columns are named `table.name`.
static bool is_member(ObjectType type)
{
    return type == PG_OBJECT_TRIGGER || type == PG_OBJECT_RULE || type == PG_OBJECT_POLICY ||
           type == OBJECT_TABCONSTRAINT || type == OBJECT_DOMCONSTRAINT || type == PG_OBJECT_COLUMN;
}

// Relation, and member of it where the kind of object has one.
static void object_read_name(struct reading *reading, ObjectType type, Node *object,
                             struct action *action)
{
    action->object = object_of(type);
    if (type == OBJECT_OPCLASS || type == OBJECT_OPFAMILY) { // the first part is the access method
        action->relation = name_of_list(reading, list_copy_tail((List *)object, 1));
        return;
    }
    if (!is_member(type) || !IsA(object, List)) {
        action->relation = name_of_object(reading, object);
        return;
    }
    List *table = list_copy((List *)object);
    action->member = name_of_object(reading, llast(table)).name;
    table = list_truncate(table, list_length(table) - 1);
    // Of a domain's constraint the first part is its type.
    bool is_type = list_length(table) == 1 && IsA(linitial(table), TypeName);
    action->relation = name_of_object(reading, is_type ? linitial(table) : (Node *)table);
}

// --- DROP

static enum action_kind drop_kind(ObjectType type)
{
    switch (type) {
    case PG_OBJECT_TRIGGER: return ACTION_DROP_TRIGGER;
    case PG_OBJECT_RULE: return ACTION_DROP_RULE;
    case PG_OBJECT_POLICY: return ACTION_DROP_POLICY;
    default: return ACTION_DROP;
    }
}

void read_drop(struct reading *reading, Node *node)
{
    const DropStmt *drop = (DropStmt *)node;
    ListCell *cell;
    foreach (cell, drop->objects) {
        struct action *action = action_add(reading, drop_kind(drop->removeType));
        object_read_name(reading, drop->removeType, lfirst(cell), action);
        action->cascade = drop->behavior == DROP_CASCADE;
        action->if_exists = drop->missing_ok;
        action->concurrently = drop->concurrent;
    }
    kind_set(reading, "DROP", drop->removeType);
    if (drop->concurrent)
        reading->statement->kind = "DROP INDEX CONCURRENTLY";
}

static void drop_add(struct reading *reading, ObjectType type, const char *name, bool if_exists)
{
    struct action *action = action_add(reading, ACTION_DROP);
    action->object = object_of(type);
    action->relation.name = mem_strdup(reading->mem, name);
    action->if_exists = if_exists;
}

// The DROP statements that have a node of their own.
void read_drop_named(struct reading *reading, Node *node)
{
    ListCell *cell;
    switch (nodeTag(node)) {
    case T_DropRoleStmt:
        foreach (cell, ((DropRoleStmt *)node)->roles)
            drop_add(reading, PG_OBJECT_ROLE, ((RoleSpec *)lfirst(cell))->rolename,
                     ((DropRoleStmt *)node)->missing_ok);
        break;
    case T_DropOwnedStmt:
        foreach (cell, ((DropOwnedStmt *)node)->roles)
            drop_add(reading, PG_OBJECT_ROLE, ((RoleSpec *)lfirst(cell))->rolename, false);
        reading->statement->actions[0].option = "owned";
        break;
    case T_DropdbStmt:
        drop_add(reading, PG_OBJECT_DATABASE, ((DropdbStmt *)node)->dbname,
                 ((DropdbStmt *)node)->missing_ok);
        break;
    case T_DropTableSpaceStmt:
        drop_add(reading, PG_OBJECT_TABLESPACE, ((DropTableSpaceStmt *)node)->tablespacename,
                 ((DropTableSpaceStmt *)node)->missing_ok);
        break;
    case T_DropUserMappingStmt:
        drop_add(reading, OBJECT_USER_MAPPING, ((DropUserMappingStmt *)node)->servername,
                 ((DropUserMappingStmt *)node)->missing_ok);
        break;
    default:
        drop_add(reading, PG_OBJECT_SUBSCRIPTION, ((DropSubscriptionStmt *)node)->subname,
                 ((DropSubscriptionStmt *)node)->missing_ok);
        break;
    }
}

// --- RENAME

static void rename_part(struct reading *reading, const RenameStmt *rename, struct action *action)
{
    const char *part = mem_strdup(reading->mem, rename->subname);
    switch (rename->renameType) {
    case PG_OBJECT_COLUMN:
    case OBJECT_ATTRIBUTE:
        action->kind = ACTION_RENAME_COLUMN;
        action->column = part;
        action->object = object_of(rename->relationType);
        break;
    case OBJECT_TABCONSTRAINT:
        action->kind = ACTION_RENAME_CONSTRAINT;
        action->member = part;
        break;
    case OBJECT_DOMCONSTRAINT:
        action->kind = ACTION_ALTER_DOMAIN;
        action->object = OBJECT_DOMAIN;
        action->option = "rename constraint";
        action->member = part;
        break;
    case PG_OBJECT_TRIGGER:
        action->kind = ACTION_RENAME_TRIGGER;
        action->member = part;
        break;
    case PG_OBJECT_POLICY:
        action->kind = ACTION_ALTER_POLICY;
        action->member = part;
        break;
    case PG_OBJECT_RULE: action->member = part; break;
    default: // schema, role, database, tablespace: the name itself
        if (action->relation.name == NULL)
            action->relation.name = part;
        break;
    }
}

void read_rename(struct reading *reading, Node *node)
{
    const RenameStmt *rename = (RenameStmt *)node;
    struct action *action = action_add(reading, ACTION_RENAME);
    action->object = object_of(rename->renameType);
    action->relation = rename->relation != NULL ? name_of_range(reading, rename->relation)
                                                : name_of_object(reading, rename->object);
    action->new_name = mem_strdup(reading->mem, rename->newname);
    action->relation_if_exists = rename->missing_ok;
    action->only = rename->relation != NULL && !rename->relation->inh &&
                   rename->renameType != OBJECT_ATTRIBUTE;
    rename_part(reading, rename, action);
    kind_set(reading, "RENAME", rename->renameType);
}

// --- schema, owner, comment

void read_set_schema(struct reading *reading, Node *node)
{
    const AlterObjectSchemaStmt *alter = (AlterObjectSchemaStmt *)node;
    struct action *action = action_add(reading, ACTION_SET_SCHEMA);
    action->object = object_of(alter->objectType);
    action->relation = alter->relation != NULL ? name_of_range(reading, alter->relation)
                                               : name_of_object(reading, alter->object);
    action->new_name = mem_strdup(reading->mem, alter->newschema);
    action->relation_if_exists = alter->missing_ok;
    kind_set(reading, "ALTER", alter->objectType);
}

void read_owner(struct reading *reading, Node *node)
{
    const AlterOwnerStmt *alter = (AlterOwnerStmt *)node;
    struct action *action = action_add(reading, ACTION_OWNER);
    action->object = object_of(alter->objectType);
    action->relation = alter->relation != NULL ? name_of_range(reading, alter->relation)
                                               : name_of_object(reading, alter->object);
    action->new_name = mem_strdup(reading->mem, alter->newowner->rolename);
    kind_set(reading, "ALTER", alter->objectType);
}

void read_comment(struct reading *reading, Node *node)
{
    const CommentStmt *comment = (CommentStmt *)node;
    struct action *action = action_add(reading, ACTION_COMMENT);
    object_read_name(reading, comment->objtype, comment->object, action);
    if (comment->objtype == PG_OBJECT_COLUMN)
        action->column = action->member;
    setting_add(reading, action, "comment", comment->comment);
    kind_set(reading, "COMMENT ON", comment->objtype);
}

// --- GRANT, TRUNCATE

void read_grant(struct reading *reading, Node *node)
{
    const GrantStmt *grant = (GrantStmt *)node;
    ListCell *cell;
    foreach (cell, grant->objects) {
        struct action *action = action_add(reading, ACTION_GRANT);
        action->object = object_of(grant->objtype);
        action->cascade = grant->behavior == DROP_CASCADE;
        if (grant->targtype == ACL_TARGET_ALL_IN_SCHEMA) {
            action->relation.schema = name_of_object(reading, lfirst(cell)).name;
            action->option = "all in schema";
        } else {
            action->relation = name_of_object(reading, lfirst(cell));
        }
    }
    reading->statement->kind = grant->is_grant ? "GRANT" : "REVOKE";
}

void read_grant_role(struct reading *reading, Node *node)
{
    action_add(reading, ACTION_GRANT)->object = OBJECT_ROLE;
    reading->statement->kind = ((GrantRoleStmt *)node)->is_grant ? "GRANT" : "REVOKE";
}

void read_truncate(struct reading *reading, Node *node)
{
    const TruncateStmt *truncate = (TruncateStmt *)node;
    ListCell *cell;
    foreach (cell, truncate->relations) {
        const RangeVar *range = lfirst(cell);
        struct action *action = action_add(reading, ACTION_TRUNCATE);
        action->object = OBJECT_TABLE;
        action->relation = name_of_range(reading, range);
        action->restart_identity = truncate->restart_seqs;
        action->cascade = truncate->behavior == DROP_CASCADE;
        action->only = !range->inh;
    }
}
