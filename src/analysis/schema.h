/*
 * Schema: what exists at one point of a history, as far as predictions ask.
 *
 * Replayed from statements (`schema_apply`), or filled from a live catalog by an engine: both make
 * the same plain structs. Names are resolved with the search path `public` (PostgreSQL) or `main`
 * (SQLite). What was created within the migration that is being judged is marked by
 * `created_in == schema->migration`, because it raises no alarm and takes no lock that anyone could
 * wait for.
 *
 * A history may start in the middle: a relation that a statement names and that nobody created is
 * unknown, not absent. `is_complete` tells whether the schema came from a catalog or a full dump.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_SCHEMA_H
#define ANALYSIS_SCHEMA_H

#include "base/memory.h"
#include "statement/statement.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum relation_kind {
    RELATION_TABLE,
    RELATION_PARTITIONED,
    RELATION_VIEW,
    RELATION_MATERIALIZED_VIEW,
    RELATION_INDEX,
    RELATION_SEQUENCE,
    RELATION_FOREIGN_TABLE,
    RELATION_COMPOSITE
};

struct schema_column {
    const char *name;
    struct type_name type;
    bool is_not_null;
    bool has_default;
    bool is_generated;
    bool is_identity, is_identity_always;
    const char *default_text;   // NULL: none
    const char *generated_text; // what it is computed from; NULL: not generated, or not known
    const char
        *owned_sequence; // serial or identity: its sequence (in the table's schema), NULL else
    const char *collation;
    const char *created_in;  // the migration that added it, as of relations
    int64_t distinct_values; // from a live catalog; -1: not known
};

struct schema_constraint {
    enum constraint_kind kind;
    const char *name;
    const char **columns;
    size_t n_columns;
    struct name references;  // foreign key: resolved
    const char **referenced; // as written or the primary key's columns when known
    size_t n_referenced;
    const char *check_text;
    const char *proves_not_null; // CHECK that proves this column NOT NULL
    const char **check_columns;  // columns that a CHECK reads
    size_t n_check_columns;
    const char *index; // index behind a key or exclusion
    const char *on_delete;
    const char *on_update;
    const char **operators; // exclusion: one for each column of its index
    size_t n_operators;
    bool is_match_full; // foreign key
    bool is_deferrable, is_deferred;
    bool is_no_inherit; // CHECK
    bool is_valid;
};

struct schema_index {
    const char *name;
    const char *method; // "btree" …
    struct index_column *columns;
    size_t n_columns;
    const char *predicate_text;
    const char **includes; // INCLUDE
    size_t n_includes;
    const char **expression_columns; // read by expression columns and the predicate
    size_t n_expression_columns;
    bool is_unique;
    bool is_primary;
    bool nulls_not_distinct;
    bool is_valid; // false too: of a partitioned table, and not every partition has its part
    const char *attached_to; // of a partition: the parent's index that it is a part of
    const char *created_in;
};

struct schema_trigger {
    const char *name;
    const char *function; // "name" or "schema.name"
    const struct trigger_definition *definition;
    bool is_disabled;
    bool is_clone; // of a partition: made for the trigger of its parent
};

// What a live catalog knows of a sequence.
struct schema_sequence {
    const char *type; // "integer" "bigint" "smallint"
    int64_t min_value, max_value, increment;
    int64_t last_value;
    bool has_last_value; // false: nothing was taken from it yet, or the role may not know
    bool cycles;
};

// A policy, a rule or a statistics object.
struct schema_member {
    enum object_kind object;
    const char *name;
    const char *definition; // as it was written, behind its names; NULL: from a live catalog
    const char *event;      // rule: "INSERT" …; NULL: not known
    const char **columns;   // of a policy that a statement made: what its conditions read
    size_t n_columns;
    bool is_instead;           // rule
    const struct name *writes; // rule: what its actions write
    size_t n_writes;
};

// What else is set on a relation or on a part of it, and no field of ours tells: a comment, an
// option, who owns it.
struct schema_property {
    const char *name;        // "comment", "fillfactor", "owner", …
    enum object_kind object; // that it is set on: column, constraint, trigger …; NONE: the relation
    const char *part;        // that column, constraint …
    const char *value;
};

// What the model has no structure for and knows by its name: an extension, a schema, a text search
// dictionary …
struct schema_named {
    struct name name;    // schema: its kind, and its schema if it has one
    const char *kind;    // "TEXT SEARCH DICTIONARY"
    const char *comment; // NULL: none
};

struct schema_relation {
    struct name name; // schema always set
    enum relation_kind kind;
    struct schema_column *columns;
    size_t n_columns;
    struct schema_constraint *constraints;
    size_t n_constraints;
    struct schema_index *indexes;
    size_t n_indexes;
    struct schema_trigger *triggers;
    size_t n_triggers;
    struct schema_member *members; // SQLite: none
    size_t n_members;
    struct schema_property *properties; // SQLite: none
    size_t n_properties;
    struct name *parents; // inheritance or partition parent
    size_t n_parents;
    bool is_partition;
    bool is_default_partition;
    const struct partition_key *partition_key; // NULL: none, or not known
    const struct partition_bound *bound;       // of a partition; NULL: not known
    struct name *reads;                        // views: relations read, resolved
    size_t n_reads;
    const char **read_columns; // views: columns read, "*" for all of them
    size_t n_read_columns;
    const char *definition; // view: its query as written; NULL: from a live catalog
    bool lacks_columns;     // of its columns some are not known: made by a query or LIKE
    bool is_read_only;    // view: grouped or joined, so that no write goes through; false: perhaps
    struct name owned_by; // sequence: owning table, name NULL else
    const char *owned_by_column;
    const struct schema_sequence *sequence; // NULL: no sequence, or no live catalog
    const char *created_in; // the migration that created it (compare pointers), NULL: catalog
    bool is_temporary;
    bool is_unlogged;
    bool is_filled;           // new, and rows were written to it since
    struct name name_before;  // renamed or moved within this migration: its name when that began
    const char *renamed_in;   // that migration; name_before counts only in it
    int64_t rows;             // from a live catalog or --sizes; -1: not known
    int64_t bytes;            // likewise
    double writes_per_second; // rows inserted, updated and deleted, on average; below 0: not known
    const char *options;      // SQLite: "WITHOUT ROWID", "STRICT", "USING fts5"; NULL: none
    // --- for schema*.c
    size_t n_doubts; // of the schema when it was created
    bool ignores_case;
    bool has_children, is_referenced; // perhaps: false is sure
    size_t place;                     // where it was last seen in the table
    uint64_t generation;              // of the schema that may write it
};

struct schema_type {
    struct name name;
    enum object_kind object; // enum, composite, range, domain
    struct type_name base;   // domain
    bool has_constraint;     // domain with CHECK or NOT NULL
    const char **labels;     // enum
    size_t n_labels;
    size_t label_room;                        // of an array that schema_type.c made
    const struct schema_relation *attributes; // composite, by its columns; NULL: not known
    const char *created_in;
};

struct schema_function {
    struct name name;
    const char *language;
    char volatility; // 'i' 's' 'v'
    const char *body;
    const struct signature *signature; // NULL: not known
};

struct schema_publication {
    const char *name;
    bool has_all_tables;
    const char **schemas; // whose tables it has all
    size_t n_schemas;
    struct name *tables; // none when it has all
    size_t n_tables;
};

// A statement after which the schema is not known in full, because it was not understood.
struct schema_doubt {
    const char *path;
    size_t line;
    const char *reason;
    const struct schema_doubt *before; // NULL: the first
    size_t number;                     // from 1
    const char **names;                // every word of its text; none: it may have changed anything
    size_t n_names;
};

struct schema; // relations by hash; opaque only for its index

struct schema *schema_make(TALLOC_CTX *mem, enum dialect dialect);
// Cheap: all is shared until one of the two changes it. Both stay readable and changeable, in any
// order of being freed. What a find returned before stays valid.
struct schema *schema_copy(TALLOC_CTX *mem, const struct schema *schema);
enum dialect schema_dialect(const struct schema *schema);
void schema_set_complete(struct schema *schema, bool is_complete);
bool schema_is_complete(const struct schema *schema);
// From a live catalog: what is found in it is known, not predicted.
void schema_set_live(struct schema *schema);
bool schema_is_live(const struct schema *schema);
// A migration begins: what is created from now on counts as new. `migration` must outlive `schema`.
void schema_begin_migration(struct schema *schema, const char *migration);

// A statement, here with its text, was not understood. NULL: what it was about nobody knows.
void schema_add_doubt(struct schema *schema, const struct not_understood *place, const char *text,
                      size_t len);
const struct schema_doubt *schema_doubts(const struct schema *schema); // the last; NULL: none
bool schema_doubts_all(const struct schema *schema);
// Since it was created, something was not understood that may be about it.
bool schema_doubts_relation(const struct schema *schema, const struct schema_relation *relation);
// What the statement names may be there or not, whatever `schema_find` says.
bool schema_doubts_statement(const struct schema *schema, const struct statement *statement);

// Change the schema as the statement would. What it names and we do not know is left out.
// Strings are copied: the statement may be freed.
void schema_apply(struct schema *schema, const struct statement *statement);

// Look up by the rules of the search path; NULL: not known (see is_complete). What is found is for
// reading: it may be shared with a copy. Indexes and sequences are relations too (owned_by).
struct schema_relation *schema_find(const struct schema *schema, struct name name);
struct schema_type *schema_find_type(const struct schema *schema, struct name name);
struct schema_function *schema_find_function(const struct schema *schema, struct name name);
struct schema_column *schema_find_column(const struct schema_relation *relation, const char *name);
struct schema_constraint *schema_find_constraint(const struct schema_relation *relation,
                                                 const char *name);
// The table that owns index `name`, and the index.
struct schema_relation *schema_find_index(const struct schema *schema, struct name name,
                                          struct schema_index **index);
// Created within the migration that began last (or temporary)?
bool schema_is_new(const struct schema *schema, const struct schema_relation *relation);

// Full name: schema filled in by the search path.
struct name schema_resolve(const struct schema *schema, struct name name);
// "schema.name" without quotes.
char *schema_name_text(TALLOC_CTX *mem, const struct schema *schema, struct name name);

// Every relation, for those who must look at all (referencing foreign keys, partitions).
struct schema_relation *schema_next(const struct schema *schema,
                                    const struct schema_relation *previous); // NULL: first

// Perhaps a view reads it or a foreign key of another table references it: false is sure.
bool schema_may_be_used(const struct schema *schema, const struct schema_relation *relation);
// Of a relation (object NONE) or of a part. NULL: none.
const struct schema_property *schema_find_property(const struct schema_relation *relation,
                                                   const char *name, enum object_kind object,
                                                   const char *part);
// What has no structure here, one after the other; NULL: first.
const struct schema_named *schema_next_named(const struct schema *schema,
                                             const struct schema_named *previous);
const struct schema_named *schema_find_named(const struct schema *schema, struct name name);

// The next that `other`, a copy of one origin, does not share: what either of the two changed.
struct schema_relation *schema_next_changed(const struct schema *schema, const struct schema *other,
                                            const struct schema_relation *previous);

// For engines that fill a schema from a catalog: an empty relation, to be filled in place until the
// schema is copied or a migration begins.
struct schema_relation *schema_add(struct schema *schema, struct name name,
                                   enum relation_kind kind);
// Of several functions of one name the last stays.
struct schema_type *schema_add_type(struct schema *schema, struct name name,
                                    enum object_kind object);
struct schema_function *schema_add_function(struct schema *schema, struct name name);
// The one of that name, made where there is none; until the next is made.
struct schema_publication *schema_add_publication(struct schema *schema, const char *name);
// Something of a catalog that could not be read, in words for people.
void schema_add_gap(struct schema *schema, const char *text);
// Where names without a schema are found at the start of each migration: at most four entries
// count.
void schema_set_path(struct schema *schema, const char *const *path, size_t n);
// Lives as long as any copy of the schema: what its relations, types and functions point to.
TALLOC_CTX *schema_memory(const struct schema *schema);
const char *schema_keep_text(struct schema *schema, const char *text); // a copy there; NULL is NULL

// Copies there of what a statement says.
struct partition_key *schema_keep_key(struct schema *schema, const struct partition_key *key);
struct partition_bound *schema_keep_bound(struct schema *schema,
                                          const struct partition_bound *bound);
struct signature *schema_keep_signature(struct schema *schema, const struct signature *signature);
struct trigger_definition *schema_keep_trigger(struct schema *schema,
                                               const struct trigger_definition *trigger);

// What a live catalog told besides; `*n` of them.
const struct schema_publication *schema_publications(const struct schema *schema, size_t *n);
const char *const *schema_gaps(const struct schema *schema, size_t *n);

#endif
