/*
 * PostgreSQL facts: what each form of statement locks, reads and writes anew, for each version.
 *
 * One table, compiled in: predictions take modes and work from its rows, `explain` prints them,
 * docs/effects.md is made of them, and a test runs every row that PostgreSQL 15 has on a server. A
 * form is what a statement does as far as locks and work differ; most statements have one form,
 * some have several (a type change, and an index that has to be built again for it).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_POSTGRES_FACT_H
#define ANALYSIS_POSTGRES_FACT_H

#include "analysis/effects.h"
#include <stdbool.h>
#include <stddef.h>

// Versions that `explain` and the documentation speak of. Rows reach further back where
// predictions do.
enum { POSTGRES_FACT_FIRST = 14, POSTGRES_FACT_LAST = 19 };
enum { POSTGRES_VERSION_USUAL = 15 }; // what is meant when none is given

// In order of the rows.
enum postgres_form {
    // postgres_fact_column.c
    FORM_ADD_COLUMN,
    FORM_ADD_COLUMN_DEFAULT,
    FORM_ADD_COLUMN_VOLATILE_DEFAULT,
    FORM_ADD_COLUMN_SERIAL,
    FORM_ADD_COLUMN_IDENTITY,
    FORM_ADD_COLUMN_STORED,
    FORM_ADD_COLUMN_VIRTUAL,
    FORM_ADD_COLUMN_DOMAIN,
    FORM_ADD_COLUMN_CONSTRAINED_DOMAIN,
    FORM_ADD_COLUMN_CHECK,
    FORM_ADD_COLUMN_KEY,
    FORM_ADD_COLUMN_REFERENCES,
    FORM_ADD_COLUMN_REFERENCES_DEFAULT,
    FORM_ADD_COLUMN_NOT_NULL,
    FORM_ADD_COLUMN_EXISTS,
    FORM_DROP_COLUMN,
    FORM_DROP_COLUMN_CASCADE,
    FORM_COLUMN_DEFAULT,
    FORM_SET_NOT_NULL,
    FORM_SET_NOT_NULL_PROVEN,
    FORM_DROP_NOT_NULL,
    FORM_SET_STATISTICS,
    FORM_COLUMN_OPTIONS,
    FORM_SET_STORAGE,
    FORM_SET_COMPRESSION,
    FORM_ADD_IDENTITY,
    FORM_SET_IDENTITY,
    FORM_DROP_IDENTITY,
    FORM_DROP_EXPRESSION,
    FORM_SET_EXPRESSION,
    FORM_RENAME_COLUMN,
    // postgres_fact_type.c
    FORM_TYPE_SAME,
    FORM_TYPE_WIDER,
    FORM_TYPE_NARROWER,
    FORM_TYPE_CHARACTER,
    FORM_TYPE_COERCIBLE,
    FORM_TYPE_TIMESTAMP,
    FORM_TYPE_DOMAIN,
    FORM_TYPE_CONSTRAINED_DOMAIN,
    FORM_TYPE_ARRAY,
    FORM_TYPE_USING,
    FORM_TYPE_CAST,
    FORM_TYPE_UNKNOWN,
    FORM_TYPE_INDEX_BUILT,
    FORM_TYPE_CHECK,
    FORM_TYPE_LINKED,
    FORM_TYPE_LINKED_CHECKED,
    FORM_TYPE_IDENTITY,
    // postgres_fact_constraint.c
    FORM_ADD_CHECK,
    FORM_ADD_CHECK_NOT_VALID,
    FORM_ADD_CHECK_NOT_ENFORCED,
    FORM_ADD_NOT_NULL,
    FORM_ADD_NOT_NULL_NOT_VALID,
    FORM_ADD_UNIQUE,
    FORM_ADD_PRIMARY_KEY,
    FORM_ADD_PRIMARY_KEY_NULLABLE,
    FORM_ADD_UNIQUE_USING_INDEX,
    FORM_ADD_PRIMARY_KEY_USING_INDEX,
    FORM_ADD_PRIMARY_KEY_USING_INDEX_NULLABLE,
    FORM_ADD_EXCLUDE,
    FORM_ADD_FOREIGN_KEY,
    FORM_ADD_FOREIGN_KEY_NOT_VALID,
    FORM_VALIDATE_FOREIGN_KEY,
    FORM_VALIDATE_CHECK,
    FORM_VALIDATE_VALID,
    FORM_ALTER_CONSTRAINT,
    FORM_DROP_FOREIGN_KEY,
    FORM_DROP_CHECK,
    FORM_DROP_KEY,
    FORM_DROP_KEY_CASCADE,
    FORM_RENAME_CONSTRAINT,
    // postgres_fact_table.c
    FORM_RENAME,
    FORM_SET_SCHEMA,
    FORM_OWNER,
    FORM_SET_OPTIONS,
    FORM_SET_CATALOG_OPTION,
    FORM_SET_LOGGED,
    FORM_SET_LOGGED_SAME,
    FORM_SET_TABLESPACE,
    FORM_SET_ACCESS_METHOD,
    FORM_SET_ACCESS_METHOD_SAME,
    FORM_REPLICA_IDENTITY,
    FORM_CLUSTER_ON,
    FORM_ROW_SECURITY,
    FORM_TRIGGER_STATE,
    FORM_RULE_STATE,
    FORM_INHERIT,
    FORM_NO_INHERIT,
    FORM_ATTACH_PARTITION,
    FORM_ATTACH_PARTITION_PROVEN,
    FORM_ATTACH_PARTITION_INDEXES,
    FORM_ATTACH_PARTITION_KEYS,
    FORM_DEFAULT_PARTITION_CHECKED,
    FORM_DEFAULT_PARTITION_PROVEN,
    FORM_DETACH_PARTITION,
    FORM_DETACH_PARTITION_REFERENCED,
    FORM_DETACH_PARTITION_CONCURRENTLY,
    FORM_MERGE_PARTITIONS,
    FORM_SPLIT_PARTITION,
    FORM_CREATE_TABLE,
    FORM_CREATE_TABLE_REFERENCES,
    FORM_CREATE_TABLE_LIKE,
    FORM_CREATE_TABLE_AS,
    FORM_CREATE_TABLE_INHERITS,
    FORM_CREATE_PARTITION,
    FORM_DROP_TABLE,
    FORM_DROP_TABLE_CASCADE,
    FORM_DROP_PARTITION,
    FORM_TRUNCATE,
    FORM_TRUNCATE_CASCADE,
    FORM_TRUNCATE_RESTART_IDENTITY,
    // postgres_fact_index.c
    FORM_CREATE_INDEX,
    FORM_CREATE_INDEX_ONLY,
    FORM_CREATE_INDEX_EXISTS,
    FORM_CREATE_INDEX_CONCURRENTLY,
    FORM_DROP_INDEX,
    FORM_DROP_INDEX_CONCURRENTLY,
    FORM_REINDEX,
    FORM_REINDEX_CONCURRENTLY,
    FORM_REINDEX_MANY,
    FORM_RENAME_INDEX,
    FORM_RENAME_INDEX_AS_TABLE,
    FORM_SET_INDEX_OPTIONS,
    FORM_SET_INDEX_METHOD_OPTIONS,
    FORM_SET_INDEX_TABLESPACE,
    FORM_ATTACH_INDEX,
    FORM_ANALYZE,
    FORM_VACUUM,
    FORM_VACUUM_FULL,
    FORM_CLUSTER,
    FORM_CLUSTER_ALL,
    FORM_REPACK,
    FORM_REPACK_CONCURRENTLY,
    FORM_LOCK_TABLE,
    // postgres_fact_object.c
    FORM_CREATE_TRIGGER,
    FORM_CREATE_ROW_TRIGGER,
    FORM_CREATE_CONSTRAINT_TRIGGER,
    FORM_DROP_TRIGGER,
    FORM_RENAME_TRIGGER,
    FORM_CREATE_RULE,
    FORM_DROP_RULE,
    FORM_POLICY,
    FORM_CREATE_VIEW,
    FORM_REPLACE_VIEW,
    FORM_ALTER_VIEW,
    FORM_DROP_VIEW,
    FORM_DROP_VIEW_CASCADE,
    FORM_REFRESH,
    FORM_REFRESH_CONCURRENTLY,
    FORM_COMMENT,
    FORM_COMMENT_ON_CONSTRAINT,
    FORM_CREATE_STATISTICS,
    FORM_DROP_STATISTICS,
    FORM_PUBLICATION,
    FORM_ALTER_SEQUENCE,
    FORM_SEQUENCE_OWNED_BY,
    FORM_RENAME_SEQUENCE,
    FORM_DROP_SEQUENCE,
    FORM_DROP_SEQUENCE_CASCADE,
    FORM_ADD_ENUM_VALUE,
    FORM_ALTER_DOMAIN,
    FORM_ALTER_DOMAIN_CHECKED,
    FORM_VALIDATE_DOMAIN,
    FORM_DROP_TYPE_CASCADE,
    FORM_CREATE_FUNCTION,
    FORM_CREATE_SQL_FUNCTION,
    FORM_DROP_FUNCTION_CASCADE,
    FORM_RENAME_SCHEMA,
    FORM_DROP_SCHEMA_CASCADE,
    FORM_GRANT,
    FORM_DROP_MISSING,
    // postgres_fact_query.c
    FORM_SELECT,
    FORM_SELECT_FOR_UPDATE,
    FORM_INSERT,
    FORM_RULED,
    FORM_UPDATE,
    FORM_UPDATE_KEY,
    FORM_UPDATE_KEY_CASCADE,
    FORM_DELETE,
    FORM_DELETE_CASCADE,
    FORM_MERGE,
    FORM_COPY_TO,
    FORM_SEQUENCE_CALL,
    FORM_CREATE_DATABASE,
    FORM_DROP_DATABASE,
    FORM_DATABASE_TABLESPACE,
    FORM_CREATE_TABLESPACE,
    FORM_ALTER_SYSTEM,
    FORM_SUBSCRIPTION,
    FORM_COUNT
};

// What a relation is to the statement.
enum fact_role {
    ROLE_NONE,
    ROLE_TABLE,
    ROLE_PARTITION, // of the table
    ROLE_CHILD,     // of the table, by inheritance
    ROLE_INDEX,     // of the table and of what is below it; or the index that is named
    ROLE_OWNED_SEQUENCE,
    ROLE_NEW_SEQUENCE,
    ROLE_REFERENCED,
    ROLE_REFERENCING,
    ROLE_PARENT,
    ROLE_PARENT_INDEX,
    ROLE_DEFAULT_PARTITION, // of the parent
    ROLE_ATTACHED,          // what becomes a partition, or is one no longer
    ROLE_VIEW,
    ROLE_DEPENDENT_VIEW,
    ROLE_READ,
    ROLE_WRITTEN, // by a rule, or by the body of a function
    ROLE_SEQUENCE,
    ROLE_TYPE_USER, // has a column of the type
    ROLE_CALLER,    // has a trigger, CHECK … that calls the function
    ROLE_TAKER,     // has a default that takes from the sequence
    ROLE_CONTENT,   // of the schema
    ROLE_COUNT
};
const char *fact_role_name(enum fact_role role); // "referenced table"
const char *fact_role_id(enum fact_role role);   // "referenced"

enum fact_work { WORK_NONE = 0, WORK_SCAN = 1, WORK_REWRITE = 2, WORK_BUILD = 4 };

struct fact_effect {
    enum fact_role role;
    enum lock_mode mode;
    unsigned work; // enum fact_work
};

enum { FACT_EFFECTS_MAX = 10, FACT_SETUPS_MAX = 4 };

struct postgres_fact {
    enum postgres_form form;
    unsigned since, until; // server versions; 0: as far as is known
    const char *id;        // "add-column-volatile-default"
    const char *title;
    struct fact_effect effects[FACT_EFFECTS_MAX]; // up to ROLE_NONE
    bool is_outside_transactions;                 // may not stand in a transaction block
    const char *why;
    const char *history;   // since when, and what other versions do; NULL: as ever
    const char *safe_form; // NULL: nothing is safer
    const char *source;
    // For trying it. The names tell the role: t table, t_1 partition, t_child, r referenced, c
    // referencing, p parent, p_default, q attached, v view, w dependent view, z read, y written, s
    // sequence, u user of a type, k triggered or taker.
    const char *setups[FACT_SETUPS_MAX]; // none: a form that 15 has not
    const char *example;
};

// The row of a form for a server version: the nearest, where none is of that version.
const struct postgres_fact *postgres_fact_of(enum postgres_form form, unsigned version);
const struct postgres_fact *postgres_fact_find(const char *id,
                                               unsigned version); // NULL: no such id
// Each row in turn. NULL: the first, and after the last.
const struct postgres_fact *postgres_fact_next(const struct postgres_fact *fact);
bool postgres_fact_holds(const struct postgres_fact *fact, unsigned version);
// What happens to relations of that role; NULL: nothing.
const struct fact_effect *postgres_fact_effect(const struct postgres_fact *fact,
                                               enum fact_role role);

#endif
