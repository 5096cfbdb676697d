/*
 * Statement: the names of dialects, actions and objects, as people read them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "statement/statement.h"

#include <assert.h>

static const char *const dialect_names[] = {
    [DIALECT_POSTGRES] = "postgres",
    [DIALECT_SQLITE] = "sqlite",
};

static const char *const dialect_titles[] = {
    [DIALECT_POSTGRES] = "PostgreSQL",
    [DIALECT_SQLITE] = "SQLite",
};

static const char *const action_kind_names[] = {
    [ACTION_OTHER] = "other",
    [ACTION_CREATE_TABLE] = "create table",
    [ACTION_CREATE_TABLE_AS] = "create table as",
    [ACTION_DROP] = "drop",
    [ACTION_RENAME] = "rename",
    [ACTION_SET_SCHEMA] = "set schema",
    [ACTION_OWNER] = "change owner",
    [ACTION_TRUNCATE] = "truncate",
    [ACTION_SET_OPTIONS] = "set options",
    [ACTION_SET_LOGGED] = "set logged",
    [ACTION_SET_UNLOGGED] = "set unlogged",
    [ACTION_SET_TABLESPACE] = "set tablespace",
    [ACTION_SET_ACCESS_METHOD] = "set access method",
    [ACTION_REPLICA_IDENTITY] = "set replica identity",
    [ACTION_ROW_SECURITY] = "row level security",
    [ACTION_CLUSTER_ON] = "cluster on",
    [ACTION_INHERIT] = "inherit",
    [ACTION_NO_INHERIT] = "no inherit",
    [ACTION_ATTACH_PARTITION] = "attach partition",
    [ACTION_DETACH_PARTITION] = "detach partition",
    [ACTION_ADD_COLUMN] = "add column",
    [ACTION_DROP_COLUMN] = "drop column",
    [ACTION_RENAME_COLUMN] = "rename column",
    [ACTION_ALTER_TYPE] = "change type",
    [ACTION_SET_DEFAULT] = "set default",
    [ACTION_DROP_DEFAULT] = "drop default",
    [ACTION_SET_NOT_NULL] = "set not null",
    [ACTION_DROP_NOT_NULL] = "drop not null",
    [ACTION_SET_STATISTICS] = "set statistics",
    [ACTION_SET_STORAGE] = "set storage",
    [ACTION_SET_COMPRESSION] = "set compression",
    [ACTION_COLUMN_OPTIONS] = "set column options",
    [ACTION_ADD_IDENTITY] = "add identity",
    [ACTION_SET_IDENTITY] = "set identity",
    [ACTION_DROP_IDENTITY] = "drop identity",
    [ACTION_SET_EXPRESSION] = "set expression",
    [ACTION_DROP_EXPRESSION] = "drop expression",
    [ACTION_ADD_CONSTRAINT] = "add constraint",
    [ACTION_DROP_CONSTRAINT] = "drop constraint",
    [ACTION_VALIDATE_CONSTRAINT] = "validate constraint",
    [ACTION_ALTER_CONSTRAINT] = "alter constraint",
    [ACTION_RENAME_CONSTRAINT] = "rename constraint",
    [ACTION_CREATE_TRIGGER] = "create trigger",
    [ACTION_DROP_TRIGGER] = "drop trigger",
    [ACTION_RENAME_TRIGGER] = "rename trigger",
    [ACTION_ENABLE_TRIGGER] = "enable trigger",
    [ACTION_DISABLE_TRIGGER] = "disable trigger",
    [ACTION_CREATE_RULE] = "create rule",
    [ACTION_DROP_RULE] = "drop rule",
    [ACTION_ENABLE_RULE] = "enable rule",
    [ACTION_CREATE_POLICY] = "create policy",
    [ACTION_ALTER_POLICY] = "alter policy",
    [ACTION_DROP_POLICY] = "drop policy",
    [ACTION_CREATE_INDEX] = "create index",
    [ACTION_REINDEX] = "reindex",
    [ACTION_ATTACH_INDEX] = "attach index",
    [ACTION_CREATE_VIEW] = "create view",
    [ACTION_REFRESH] = "refresh",
    [ACTION_CREATE_SEQUENCE] = "create sequence",
    [ACTION_ALTER_SEQUENCE] = "alter sequence",
    [ACTION_CREATE_TYPE] = "create type",
    [ACTION_ADD_ENUM_VALUE] = "add enum value",
    [ACTION_RENAME_ENUM_VALUE] = "rename enum value",
    [ACTION_ALTER_DOMAIN] = "alter domain",
    [ACTION_ALTER_COMPOSITE] = "alter composite",
    [ACTION_CREATE_FUNCTION] = "create function",
    [ACTION_CREATE_SCHEMA] = "create schema",
    [ACTION_CREATE_EXTENSION] = "create extension",
    [ACTION_COMMENT] = "comment",
    [ACTION_GRANT] = "grant",
    [ACTION_CREATE_STATISTICS] = "create statistics",
    [ACTION_PUBLICATION] = "publication",
    [ACTION_QUERY] = "query",
    [ACTION_CALL] = "call",
    [ACTION_DO] = "do",
    [ACTION_EXECUTE] = "execute",
    [ACTION_LOCK_TABLE] = "lock table",
    [ACTION_ANALYZE] = "analyze",
    [ACTION_VACUUM] = "vacuum",
    [ACTION_CLUSTER] = "cluster",
    [ACTION_BEGIN] = "begin",
    [ACTION_COMMIT] = "commit",
    [ACTION_ROLLBACK] = "rollback",
    [ACTION_SAVEPOINT] = "savepoint",
    [ACTION_SET_VARIABLE] = "set variable",
    [ACTION_PRAGMA] = "pragma",
    [ACTION_ATTACH_DATABASE] = "attach database",
};
static_assert(COUNT_OF(action_kind_names) == ACTION_KIND_COUNT, "every action has a name");

static const char *const object_kind_names[] = {
    [OBJECT_NONE] = "nothing",
    [OBJECT_TABLE] = "table",
    [OBJECT_INDEX] = "index",
    [OBJECT_VIEW] = "view",
    [OBJECT_MATERIALIZED_VIEW] = "materialized view",
    [OBJECT_SEQUENCE] = "sequence",
    [OBJECT_FOREIGN_TABLE] = "foreign table",
    [OBJECT_COLUMN] = "column",
    [OBJECT_CONSTRAINT] = "constraint",
    [OBJECT_TRIGGER] = "trigger",
    [OBJECT_RULE] = "rule",
    [OBJECT_POLICY] = "policy",
    [OBJECT_FUNCTION] = "function",
    [OBJECT_PROCEDURE] = "procedure",
    [OBJECT_AGGREGATE] = "aggregate",
    [OBJECT_TYPE] = "type",
    [OBJECT_ENUM] = "enum",
    [OBJECT_COMPOSITE] = "composite",
    [OBJECT_RANGE] = "range",
    [OBJECT_DOMAIN] = "domain",
    [OBJECT_SCHEMA] = "schema",
    [OBJECT_DATABASE] = "database",
    [OBJECT_EXTENSION] = "extension",
    [OBJECT_ROLE] = "role",
    [OBJECT_TEXT_SEARCH] = "text search",
    [OBJECT_PUBLICATION] = "publication",
    [OBJECT_SUBSCRIPTION] = "subscription",
    [OBJECT_STATISTICS] = "statistics",
    [OBJECT_TABLESPACE] = "tablespace",
    [OBJECT_OPERATOR] = "operator",
    [OBJECT_COLLATION] = "collation",
    [OBJECT_CAST] = "cast",
    [OBJECT_SERVER] = "server",
    [OBJECT_EVENT_TRIGGER] = "event trigger",
    [OBJECT_OTHER] = "object",
};
static_assert(COUNT_OF(object_kind_names) == OBJECT_KIND_COUNT, "every object has a name");

const char *dialect_name(enum dialect dialect)
{
    return dialect_names[dialect];
}

const char *dialect_title(enum dialect dialect)
{
    return dialect_titles[dialect];
}

bool action_is_of_column(enum action_kind kind)
{
    switch ((int)kind) {
    case ACTION_DROP_COLUMN:
    case ACTION_RENAME_COLUMN:
    case ACTION_ALTER_TYPE:
    case ACTION_SET_DEFAULT:
    case ACTION_DROP_DEFAULT:
    case ACTION_SET_NOT_NULL:
    case ACTION_DROP_NOT_NULL: return true;
    default: return false;
    }
}

const char *action_kind_name(enum action_kind kind)
{
    return action_kind_names[kind];
}

const char *object_kind_name(enum object_kind kind)
{
    return object_kind_names[kind];
}
