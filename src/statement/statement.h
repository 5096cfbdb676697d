/*
 * Statements: one SQL statement of a migration as plain data, whatever the dialect.
 *
 * This is the language between the readers and everything behind them. A statement is an ordered
 * list of actions: `ALTER TABLE t ADD a int, DROP b` has two, most statements one, one that we read
 * but that touches no relation (SET, GRANT on a function, …) may have an action of kind OTHER.
 * Nothing here says what a statement costs or locks: that is analysis/.
 *
 * Names are as the dialect resolves them: unquoted ones folded (PostgreSQL: lower case), without
 * quotes. A name without schema has `schema == NULL`.
 *
 * All memory is under the script's context.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_STATEMENT_H
#define STATEMENT_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>

enum dialect { DIALECT_POSTGRES, DIALECT_SQLITE };
const char *dialect_name(enum dialect dialect);  // "postgres", "sqlite"
const char *dialect_title(enum dialect dialect); // "PostgreSQL", "SQLite"

struct name {
    const char *schema; // NULL when not written
    const char *name;
};

// An expression or predicate, as far as anything behind asks about it.
struct expression {
    const char *text;     // source text, trimmed, comments kept
    const char **columns; // columns read, last part of the name, each once
    size_t n_columns;
    struct name *functions; // functions called, each once
    size_t n_functions;
    struct name *relations; // relations of its subqueries, each once
    size_t n_relations;
    bool is_null;     // the literal NULL
    bool is_constant; // literals only, perhaps cast; no column, no function
    bool is_true;     // a predicate that keeps every row: true, 1=1, 1, '1'='1'
    bool has_else;    // when it is a CASE: an ELSE is written
    bool is_case;
    const char *constant;        // when is_constant and not null: the literal's value, else NULL
    const char *proves_not_null; // a predicate that is or contains by AND `col IS NOT NULL`: that
                                 // column (the first), else NULL
};

struct type_name {
    const char *schema; // NULL, or "pg_catalog" when the grammar says so (int → pg_catalog.int4)
    const char *name;   // PostgreSQL: internal names (int4, int8, varchar, bpchar, timestamptz,
                        // bool, numeric, …; serial stays serial, bigserial, smallserial)
                        // SQLite: as written
    int mods[3];        // length, precision, scale; n_mods of them
    size_t n_mods;
    bool is_array;
    const char *text; // as a person would write it: "varchar(20)"
};

enum constraint_kind {
    CONSTRAINT_CHECK,
    CONSTRAINT_NOT_NULL,
    CONSTRAINT_PRIMARY_KEY,
    CONSTRAINT_UNIQUE,
    CONSTRAINT_FOREIGN_KEY,
    CONSTRAINT_EXCLUDE
};

// `column WITH operator` of an exclusion constraint.
struct exclude_element;

struct constraint {
    enum constraint_kind kind;
    const char *name;     // NULL when not written
    const char **columns; // key or foreign key columns; of a column constraint: that column
    size_t n_columns;
    struct expression *check; // CHECK
    struct name references;   // FOREIGN KEY; name NULL otherwise
    const char **referenced;  // FOREIGN KEY: columns, none when the primary key is meant
    size_t n_referenced;
    const char *on_delete; // "CASCADE" "SET NULL" "SET DEFAULT" "RESTRICT" or NULL (no action)
    const char *on_update;
    const char *using_index; // UNIQUE / PRIMARY KEY USING INDEX name
    const char **includes;   // UNIQUE / PRIMARY KEY / EXCLUDE … INCLUDE
    size_t n_includes;
    const char *method;               // EXCLUDE: access method
    struct exclude_element *excluded; // EXCLUDE
    size_t n_excluded;
    struct expression *predicate; // EXCLUDE … WHERE
    bool is_not_valid;            // NOT VALID
    bool is_match_full;           // FOREIGN KEY … MATCH FULL
    bool is_deferrable;
    bool is_deferred;   // INITIALLY DEFERRED
    bool is_no_inherit; // CHECK … NO INHERIT
    bool nulls_not_distinct;
    size_t offset; // byte offset in the file
};

// An option with its value, or what else a statement sets.
struct setting {
    const char *name;  // "fillfactor", "toast.autovacuum_enabled", "comment"
    const char *value; // as text; NULL: reset, or without one
};

struct column {
    const char *name;
    struct type_name type;            // name NULL: SQLite without type
    struct expression *default_value; // NULL: none
    struct expression *generated;     // GENERATED ALWAYS AS (…)
    bool generated_is_stored;
    bool is_identity;
    bool is_identity_always;        // GENERATED ALWAYS, not BY DEFAULT
    struct name identity_sequence;  // SEQUENCE NAME, name NULL else
    bool is_not_null;               // NOT NULL or PRIMARY KEY written on the column
    const char *collation;          // NULL: none written
    struct constraint *constraints; // the other column constraints (check, unique, pk, fk)
    size_t n_constraints;
};

// A column of an index: a plain column, or an expression.
struct index_column {
    const char *column;            // NULL: expression
    struct expression *expression; // NULL: column
    const char *collation;
    const char *opclass;
    bool is_descending;
    bool has_nulls_first; // as it works out: NULLS FIRST is the default of DESC
};

// --- partitions

enum partition_strategy { PARTITION_NONE, PARTITION_RANGE, PARTITION_LIST, PARTITION_HASH };

// PARTITION BY
struct partition_key {
    enum partition_strategy strategy;
    struct index_column *columns; // or expressions
    size_t n_columns;
};

enum partition_limit { LIMIT_VALUE, LIMIT_MINVALUE, LIMIT_MAXVALUE, LIMIT_NULL };

struct partition_value {
    enum partition_limit limit;
    const char *text;     // as written; of MINVALUE, MAXVALUE and NULL that word
    const char *constant; // the literal's value, NULL: an expression or no LIMIT_VALUE
};

// FOR VALUES …, DEFAULT
struct partition_bound {
    enum partition_strategy strategy; // NONE: DEFAULT
    struct partition_value *values;   // LIST: IN; RANGE: FROM
    size_t n_values;
    struct partition_value *to; // RANGE: TO, n_values of them
    int modulus, remainder;     // HASH
};

struct exclude_element {
    struct index_column column;
    const char *operator; // "&&", or "OPERATOR(schema.&&)"
};

// --- triggers

enum trigger_timing { TRIGGER_BEFORE, TRIGGER_AFTER, TRIGGER_INSTEAD_OF };

struct trigger_definition {
    enum trigger_timing timing;
    bool on_insert, on_update, on_delete, on_truncate;
    bool is_for_each_row;
    const char **columns; // UPDATE OF
    size_t n_columns;
    struct expression *condition; // WHEN; NULL: none
    const char **arguments;       // of the function
    size_t n_arguments;
    const char *old_table, *new_table; // REFERENCING; NULL: none
    bool is_constraint, is_deferrable, is_deferred;
};

struct index_definition {
    const char *name;   // NULL: the server makes one
    const char *method; // "btree" when not written
    struct index_column *columns;
    size_t n_columns;
    struct expression *predicate; // partial index
    const char **includes;        // INCLUDE
    size_t n_includes;
    bool is_unique;
    bool nulls_not_distinct;
};

// One target column of an UPDATE, an INSERT's ON CONFLICT, a MERGE.
struct assignment {
    const char *column;
    struct expression value; // of (a, b) = (SELECT …): the whole right side for each
};

enum query_verb {
    QUERY_SELECT,
    QUERY_INSERT,
    QUERY_UPDATE,
    QUERY_DELETE,
    QUERY_MERGE,
    QUERY_VALUES,
    QUERY_COPY
};

enum conflict_action { CONFLICT_NONE, CONFLICT_NOTHING, CONFLICT_UPDATE, CONFLICT_REPLACE };

// A query or DML, flattened to what it reads and writes. DML in a CTE is listed in `inner`.
struct query {
    enum query_verb verb;
    struct name target; // written relation; name NULL for SELECT, VALUES
    const char *target_alias;
    bool target_only;   // ONLY
    struct name *reads; // every other relation read: FROM, joins, subqueries, CTE bodies
    size_t n_reads;     // (CTE names themselves left out), each once
    struct name *calls; // PostgreSQL: every function called anywhere in it, each once
    size_t n_calls;
    struct name *scans;   // SQLite: tables that its planner goes through from end to end,
    size_t n_scans;       // asked of an empty copy of the schema; the target too
    const char **columns; // INSERT, COPY, MERGE's INSERT: column list; none when not written
    size_t n_columns;
    struct expression *outputs; // SELECT list: of the SELECT, of an INSERT's SELECT, of a view
    size_t n_outputs;
    const char **output_names;      // alias or column name, NULL where neither; n_outputs of them
    struct assignment *assignments; // UPDATE SET, ON CONFLICT DO UPDATE SET
    size_t n_assignments;
    struct expression *where;          // NULL: no WHERE
    struct expression *join_condition; // UPDATE … FROM / DELETE … USING / JOIN … ON: all ON and
                                       // USING conditions joined by AND in `columns`; NULL: none
    struct name *inner_joined; // relations joined so that rows of what is written before them
                               // vanish without a partner in them; CTE names too
    size_t n_inner_joined;
    bool has_limit, has_group_by, has_distinct, has_set_operation, has_order_by;
    bool is_locking;     // FOR UPDATE / SHARE …
    struct name *locked; // … OF these alone; none: of all that is read
    size_t n_locked;
    bool selects_into; // SELECT … INTO
    bool has_values;   // INSERT … VALUES, with this many rows in n_values
    size_t n_values;
    bool has_default_values;
    enum conflict_action conflict; // ON CONFLICT; SQLite also OR IGNORE (NOTHING), OR REPLACE
    bool has_returning;
    bool copies_from_program; // COPY … PROGRAM
    bool copies_to;           // COPY … TO
    bool merge_deletes;       // MERGE … THEN DELETE
    struct query **inner;     // data-modifying CTEs
    size_t n_inner;
};

enum action_kind {
    ACTION_OTHER, // read, touches no relation that we model; `object` and `option` may tell
    // tables
    ACTION_CREATE_TABLE, // columns, constraints, like (option: "defaults,constraints,indexes,
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
    ACTION_CREATE_TRIGGER, // member; option = function name; or_replace
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
    const char *language; // functions and DO
    const char *body;     // function or DO source text

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

struct statement {
    const char *path;
    size_t line; // of its first token, comments before it skipped; from 1
    size_t column;
    size_t offset; // byte offset in the file
    size_t len;
    const char *sql;  // its text, without the closing semicolon
    const char *kind; // upper-case words as in the corpora: "ALTER TABLE", "CREATE INDEX"
    struct action *actions;
    size_t n_actions;

    // PostgreSQL: code is a statement (DO) with statements in it. They stand behind it in the
    // script, as others do, and whoever runs or rewrites statements leaves them out: they run when
    // the code does.
    const struct statement *inner; // of a DO block whose code was read
    size_t n_inner;                // with those of code within the code
    bool is_inner;
    bool is_conditional; // of inner ones: a branch, loop or exception may keep it from running once
    bool has_variables;  // of inner ones: some names in it are those of variables

    unsigned needs_version;  // PostgreSQL: of a form that the grammar does not know; 0: none is
    const char *placeholder; // that a tool fills in, read as a name or text; NULL: none

    // SQLite: how the reader judged it against the schema known so far (NULL: fine). A statement
    // may be understood and still invalid: "no such column: x".
    const char *invalid_reason;
    // SQLite: what fails behind a DROP COLUMN that SQLite takes, by a trigger that writes the column
    // ("DELETE FROM "t": no such column: x"); NULL: nothing.
    const char *breaks;
    // SQLite: "names" of a query or an index key that are no column, and so strings; each once.
    const char **strings;
    size_t n_strings;
};

// A place where reading failed: the statement is skipped, what follows is still read.
struct not_understood {
    const char *path;
    size_t line;
    size_t column;
    size_t offset;
    size_t start, end;  // of the whole statement in the file; equal: not known
    const char *reason; // "syntax error at or near "NOT" (PostgreSQL 15 grammar)"
    const char *sql;    // the start of it, shortened
};

struct script {
    const char *path;
    enum dialect dialect;
    struct statement *statements;
    size_t n_statements;
    struct not_understood *not_understood;
    size_t n_not_understood;
};

#endif
