/*
 * Actions: what a statement does, one kind each, and on which objects.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_ACTION_H
#define STATEMENT_ACTION_H

#include "statement/query.h"

enum action_kind {
    ACTION_OTHER, // read, touches no relation that we model; `object` and `option` may tell
    // tables
    ACTION_CREATE_TABLE,    // columns, constraints, like (option: "defaults,constraints,indexes,
                            // identity," as INCLUDING says), inherits / partition_of
    ACTION_CREATE_TABLE_AS, // query; also SELECT INTO and CREATE MATERIALIZED VIEW (object)
    ACTION_DROP,            // object tells what; one action for each name
    ACTION_RENAME,          // object tells what; new_name
    ACTION_SET_SCHEMA,      // new_name is the schema
    ACTION_OWNER,
    ACTION_TRUNCATE,    // one action for each relation; restart_identity, cascade
    ACTION_SET_OPTIONS, // ALTER TABLE/INDEX/VIEW SET/RESET (…): option = names joined by ',';
                        // settings
    ACTION_SET_LOGGED,
    ACTION_SET_UNLOGGED,
    ACTION_SET_TABLESPACE,
    ACTION_SET_ACCESS_METHOD,
    ACTION_REPLICA_IDENTITY, // option = index or NULL
    ACTION_ROW_SECURITY,     // option: enable disable force no force
    ACTION_CLUSTER_ON,       // and SET WITHOUT CLUSTER
    ACTION_INHERIT,
    ACTION_NO_INHERIT, // other = parent
    ACTION_ATTACH_PARTITION,
    ACTION_DETACH_PARTITION, // other = the partition; concurrently
    // columns
    ACTION_ADD_COLUMN, // definition
    ACTION_DROP_COLUMN,
    ACTION_RENAME_COLUMN, // new_name; also an attribute of a composite type
    ACTION_ALTER_TYPE,    // type, using, collation in definition->collation
    ACTION_SET_DEFAULT,   // value
    ACTION_DROP_DEFAULT,
    ACTION_SET_NOT_NULL,
    ACTION_DROP_NOT_NULL,
    ACTION_SET_STATISTICS,
    ACTION_SET_STORAGE,
    ACTION_SET_COMPRESSION,
    ACTION_COLUMN_OPTIONS,
    ACTION_ADD_IDENTITY, // definition
    ACTION_SET_IDENTITY, // definition->is_identity: how it is generated is set
    ACTION_DROP_IDENTITY,
    ACTION_SET_EXPRESSION,
    ACTION_DROP_EXPRESSION,
    // constraints
    ACTION_ADD_CONSTRAINT,  // constraint
    ACTION_DROP_CONSTRAINT, // new_name unused; `column` holds nothing; constraint name in `member`
    ACTION_VALIDATE_CONSTRAINT, // member
    ACTION_ALTER_CONSTRAINT,    // member
    ACTION_RENAME_CONSTRAINT,   // member, new_name
    // triggers, rules, policies on a table
    ACTION_CREATE_TRIGGER, // member; option = function name, new_name its schema or NULL; other of
                           // a constraint trigger: FROM; or_replace
    ACTION_DROP_TRIGGER,
    ACTION_RENAME_TRIGGER,
    ACTION_ENABLE_TRIGGER,
    ACTION_DISABLE_TRIGGER, // member: trigger, "ALL" or "USER"
    ACTION_CREATE_RULE, // option: SELECT INSERT UPDATE DELETE; is_instead; without_data: NOTHING
    ACTION_DROP_RULE,
    ACTION_ENABLE_RULE,   // and disable
    ACTION_CREATE_POLICY, // value: columns of both conditions
    ACTION_ALTER_POLICY,
    ACTION_DROP_POLICY,
    // indexes
    ACTION_CREATE_INDEX, // index, relation = the table; concurrently; only
    ACTION_REINDEX,      // object: index, table, schema, database; concurrently
    ACTION_ATTACH_INDEX, // ALTER INDEX … ATTACH PARTITION: relation, other
    // views
    ACTION_CREATE_VIEW, // query; or_replace; is_temporary
    ACTION_REFRESH,     // materialized view; concurrently; without_data
    // sequences
    ACTION_CREATE_SEQUENCE,
    ACTION_ALTER_SEQUENCE, // other = owned-by table, column = its column;
                           // option names what is altered
    // types, domains, functions, schemas, extensions, others
    ACTION_CREATE_TYPE, // object: enum, composite, range, domain, base; type for a domain
    ACTION_ADD_ENUM_VALUE,
    ACTION_RENAME_ENUM_VALUE, // member
    ACTION_ALTER_DOMAIN,      // option: add constraint, set not null, …; constraint
    ACTION_ALTER_COMPOSITE,   // definition
    ACTION_CREATE_FUNCTION,   // language, body (source), volatility in option; or_replace
    ACTION_CREATE_SCHEMA,
    ACTION_CREATE_EXTENSION,
    ACTION_COMMENT,           // object tells on what; relation, member; one setting
    ACTION_GRANT,             // and REVOKE; object
    ACTION_CREATE_STATISTICS, // relation
    ACTION_PUBLICATION,       // create or alter: one action for each table in relation; option:
                              // "all tables"; of ALTER "add" "drop" "set"
    // data
    ACTION_QUERY,      // query: SELECT, INSERT, UPDATE, DELETE, MERGE, COPY; EXPLAIN: option
    ACTION_CALL,       // CALL
    ACTION_DO,         // language, body; option: why the body could not be read, NULL when it was
    ACTION_EXECUTE,    // PREPARE, EXECUTE, DEALLOCATE; option "dynamic": PL/pgSQL's EXECUTE of a
                       // text that is made when it runs
    ACTION_LOCK_TABLE, // option = mode as in pg_locks ("AccessExclusiveLock")
    ACTION_ANALYZE,
    ACTION_VACUUM,  // relation or name NULL; is_full
    ACTION_CLUSTER, // relation or name NULL
    // session and transaction
    ACTION_BEGIN,
    ACTION_COMMIT,
    ACTION_ROLLBACK,
    ACTION_SAVEPOINT,       // also release, rollback to
    ACTION_SET_VARIABLE,    // member = name, option = value as text or NULL (default); is_local
    ACTION_PRAGMA,          // SQLite: member = name, option = value or NULL
    ACTION_ATTACH_DATABASE, // SQLite ATTACH and DETACH
    ACTION_KIND_COUNT
};
const char *action_kind_name(enum action_kind kind); // "add column"
// Is `column` one that was there before: altered, renamed, dropped?
bool action_is_of_column(enum action_kind kind);

enum object_kind {
    OBJECT_NONE,
    OBJECT_TABLE,
    OBJECT_INDEX,
    OBJECT_VIEW,
    OBJECT_MATERIALIZED_VIEW,
    OBJECT_SEQUENCE,
    OBJECT_FOREIGN_TABLE,
    OBJECT_COLUMN,
    OBJECT_CONSTRAINT,
    OBJECT_TRIGGER,
    OBJECT_RULE,
    OBJECT_POLICY,
    OBJECT_FUNCTION,
    OBJECT_PROCEDURE,
    OBJECT_AGGREGATE,
    OBJECT_TYPE,
    OBJECT_ENUM,
    OBJECT_COMPOSITE,
    OBJECT_RANGE,
    OBJECT_DOMAIN,
    OBJECT_SCHEMA,
    OBJECT_DATABASE,
    OBJECT_EXTENSION,
    OBJECT_ROLE,
    OBJECT_TEXT_SEARCH,
    OBJECT_PUBLICATION,
    OBJECT_SUBSCRIPTION,
    OBJECT_STATISTICS,
    OBJECT_TABLESPACE,
    OBJECT_OPERATOR,
    OBJECT_COLLATION,
    OBJECT_CAST,
    OBJECT_SERVER,
    OBJECT_EVENT_TRIGGER,
    OBJECT_OTHER,
    OBJECT_KIND_COUNT
};
const char *object_kind_name(enum object_kind kind); // "materialized view"

struct action {
    enum action_kind kind;
    enum object_kind object;
    struct name relation; // what is acted on; for a trigger, policy, rule, constraint: its table
    struct name other;    // the second relation, where the kind says so
    const char *column;   // of column actions
    const char *member;   // constraint, trigger, policy, enum value, variable …
    const char *new_name;
    const char *option; // see the kinds

    struct column *columns; // CREATE TABLE; SQLite: also of a view, of CREATE TABLE AS
    size_t n_columns;
    struct constraint *constraints; // CREATE TABLE: table constraints
    size_t n_constraints;
    struct name *parents; // CREATE TABLE … INHERITS, LIKE
    size_t n_parents;
    bool is_like;              // parents come from LIKE
    struct name partition_of;  // CREATE TABLE … PARTITION OF
    bool is_default_partition; // of PARTITION OF or ATTACH: FOR VALUES is DEFAULT
    bool is_partitioned;       // CREATE TABLE … PARTITION BY
    struct partition_key *partition_key;
    struct partition_bound *bound;      // PARTITION OF and ATTACH PARTITION
    struct trigger_definition *trigger; // CREATE TRIGGER

    struct setting *settings; // options with their values; WITH (…) of what is created
    size_t n_settings;

    struct column *definition;     // ADD COLUMN, ALTER TYPE (type, collation), ALTER COMPOSITE
    struct expression *using_expr; // ALTER TYPE … USING
    struct expression *value;      // SET DEFAULT; a sequence's or identity's START or RESTART WITH
    struct constraint *constraint; // ADD CONSTRAINT, domain constraint
    struct index_definition *index;
    struct query *query;
    const char **labels; // CREATE TYPE … AS ENUM
    size_t n_labels;
    const char *language;        // functions and DO
    const char *body;            // function or DO source text
    struct signature *signature; // CREATE FUNCTION; NULL: a type of it is that of a column

    bool if_exists;          // also IF NOT EXISTS
    bool relation_if_exists; // ALTER TABLE IF EXISTS: no such relation, nothing done
    bool cascade;
    bool concurrently;
    bool only; // ONLY
    bool or_replace;
    bool is_temporary;
    bool is_unlogged;
    bool is_full;  // VACUUM FULL
    bool is_local; // SET LOCAL
    bool is_instead;
    struct query **rule_queries; // CREATE RULE: its actions
    size_t n_rule_queries;
    bool is_nowait;
    bool restart_identity;
    bool without_data;
    size_t offset; // byte offset of this action's own place in the file
};

#endif
