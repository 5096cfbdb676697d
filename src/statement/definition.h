/*
 * Definitions: names, expressions, types, columns, constraints, indexes, partitions and triggers
 * as a statement writes them, whatever the dialect.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_DEFINITION_H
#define STATEMENT_DEFINITION_H

#include <stdbool.h>
#include <stddef.h>

struct name {
    const char *schema; // NULL when not written
    const char *name;
};

// A value that is a literal and nothing else, not even cast: its kind decides which types take it.
enum literal_kind {
    LITERAL_NONE, // something else
    LITERAL_DEFAULT,
    LITERAL_NULL,
    LITERAL_TEXT,
    LITERAL_NUMBER,
    LITERAL_BOOLEAN
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
    enum literal_kind literal;   // PostgreSQL
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

// A parameter of a function. Those of RETURNS TABLE are outputs.
struct parameter {
    const char *name; // NULL: none
    struct type_name type;
    bool is_input, is_output;
    bool has_default;
};

struct signature {
    struct parameter *parameters; // in the order of the text
    size_t n_parameters;
    struct type_name returns; // name NULL: by its outputs, or nothing
    bool returns_set;
    bool is_procedure;
};

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

#endif
