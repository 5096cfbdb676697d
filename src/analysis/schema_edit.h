/*
 * Schema, inside: what the files schema*.c share to change a schema.
 *
 * Everything that hangs on relations, types and functions lives in the pool, which all copies of a
 * schema share and which is freed with the last of them. A relation may be written only by the
 * schema whose generation it carries; `schema_edit` clones it when that is another.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_SCHEMA_EDIT_H
#define ANALYSIS_SCHEMA_EDIT_H

#include "analysis/name_table.h"
#include "analysis/schema.h"

// How one relation points at another.
enum schema_link { LINK_PARENT, LINK_REFERENCE, LINK_READ, LINK_OWNER, SCHEMA_LINKS };

struct schema_pool {
    size_t n_users;                        // schemas alive
    uint64_t generations;                  // handed out
    struct name_table constraint_names;    // that any constraint of any copy has had
    struct name_table links[SCHEMA_LINKS]; // who points at a name, in any copy
    const char *last_schema;               // the schema's name that was kept last: few differ
};

// What changes while a schema is only read.
struct schema_reading {
    uint64_t generation;           // copying takes a new one
    struct schema_relation *found; // last: statement after statement is about one relation
    bool is_found_bare;            // by the search path
};

struct schema {
    struct schema_pool *pool;
    enum dialect dialect;
    bool is_complete;
    bool is_live;
    const char *migration;
    struct name_table relations;
    struct name_table types;
    struct name_table functions;
    struct name_table objects;         // without a structure of their own, by kind
    const struct statement *statement; // that is being applied
    const char *path[4];               // search path, the first is where things are created
    size_t n_path;
    const char *usual_path[4]; // that a migration begins with
    size_t n_usual_path;
    struct schema_publication *publications;
    size_t n_publications;
    const struct schema_doubt *doubt; // the last; each lives in the pool
    size_t all_doubted;               // number of the last that may be about anything; 0: none
    const char **gaps;                // what of a catalog could not be read
    size_t n_gaps;
    bool has_temporary;
    bool needs_links;      // relations were filled in by others: their marks are not set yet
    bool has_bare_indexes; // of those, some have no entry among the relations
    bool dangles;          // something points to a relation that is not known (yet)
    bool saw_unknown;      // a statement changed a relation that nobody had created
    int code_depth;        // of functions that are being applied
    struct schema_reading *reading;
};

#define TEMPORARY_SCHEMA "pg_temp" // where temporary relations are kept, in both dialects

struct relation_list {
    struct schema_relation **list;
    size_t n;
};

// The relation for writing: cloned first when a copy of the schema shares it. NULL: not known.
struct schema_relation *schema_edit(struct schema *schema, struct name name);
// A relation of this migration, as schema_add makes it, for those who keep the marks themselves.
struct schema_relation *schema_create(struct schema *schema, struct name name,
                                      enum relation_kind kind);
// Remember what `relation` points to (parents, references, what it reads, its owner), so that who
// points at something is found without a look at all.
void schema_mark_links(struct schema *schema, const struct schema_relation *relation);
// The same of one constraint, and its name.
void schema_mark_constraint(struct schema *schema, const struct schema_relation *relation,
                            const struct schema_constraint *constraint);
// Those that may point at `name` by one of `links` (1U << LINK_…), in order of creation: who asks
// looks whether they do.
struct relation_list schema_linked(TALLOC_CTX *mem, const struct schema *schema, struct name name,
                                   unsigned links);
// Perhaps a constraint has this name: false is sure.
bool schema_may_have_constraint(const struct schema *schema, const char *name);
void schema_put(struct schema *schema, struct schema_relation *relation);
void schema_remove(struct schema *schema, struct name name);
bool schema_same(const struct schema *schema, const char *a, const char *b); // two names
struct name schema_keep_name(struct schema *schema, struct name name);       // copied to the pool
const char **schema_keep_list(struct schema *schema, const char *const *list, size_t n);
bool list_contains(const struct schema *schema, const char *const *list, size_t n,
                   const char *text);

// schema_naming.c: the names that PostgreSQL makes up.
// The first free of FIRST_SECOND_LABEL, …LABEL1, … among relations (and constraints).
char *naming_relation(const struct schema *schema, struct name first, const char *second,
                      const char *label, bool is_constraint);
char *naming_constraint(const struct schema *schema, const struct schema_relation *relation,
                        const char *second, const char *label);
// "a_b_c": columns of a key or an index, expressions by their function or "expr".
char *naming_columns(TALLOC_CTX *mem, const char *const *columns, size_t n);
// Included columns count too.
char *naming_index_columns(TALLOC_CTX *mem, const struct schema_index *index);
char *naming_exclusion(TALLOC_CTX *mem, const struct constraint *constraint);

// schema_relations.c: who belongs to whom. Results are arrays under `mem`.
// The relation and what inherits from it or is a partition of it, at any depth.
struct relation_list schema_descendants(TALLOC_CTX *mem, const struct schema *schema,
                                        const struct schema_relation *relation);
// Directly below it.
struct relation_list schema_children(TALLOC_CTX *mem, const struct schema *schema,
                                     const struct schema_relation *relation);
// Relations that go when `relation` is dropped: partitions; with cascade children and views too.
// Without indexes and sequences, which go with their tables.
struct relation_list schema_dropped_with(TALLOC_CTX *mem, const struct schema *schema,
                                         const struct schema_relation *relation, bool cascade);
// Views that read `relation` (its column `column`, NULL: any), at any depth.
struct relation_list schema_readers(TALLOC_CTX *mem, const struct schema *schema,
                                    struct name relation, const char *column);
// Tables with a foreign key to `relation`, itself left out.
struct relation_list schema_referencing(TALLOC_CTX *mem, const struct schema *schema,
                                        struct name relation);
// Sequences that `relation` owns (by `column`, NULL: any).
struct relation_list schema_sequences(TALLOC_CTX *mem, const struct schema *schema,
                                      struct name relation, const char *column);
// What an action on a table changes: it, and its descendants unless ONLY is written. None when the
// table is not known. The second form makes them ready to be written.
struct relation_list schema_targets(TALLOC_CTX *mem, const struct schema *schema,
                                    const struct action *action);
struct relation_list schema_edit_targets(TALLOC_CTX *mem, struct schema *schema,
                                         const struct action *action);
void list_add(TALLOC_CTX *mem, struct relation_list *list,
              struct schema_relation *relation); // once
bool constraint_uses(const struct schema *schema, const struct schema_constraint *constraint,
                     const char *column);
bool constraint_references(const struct schema *schema, const struct schema_constraint *constraint,
                           struct name table, const char *column); // column NULL: any
// The index of a partition that belongs to `index` of its parent, or could: one over the same
// columns that belongs to no other.
struct schema_index *schema_index_twin(const struct schema *schema,
                                       const struct schema_relation *partition,
                                       const struct schema_index *index);
// Does the column's default take its values from this sequence?
bool column_takes_from(const struct schema *schema, const struct schema_column *column,
                       struct name sequence);
// The constraint of a partition that belongs to `constraint` of its parent. NULL: none.
struct schema_constraint *schema_constraint_twin(const struct schema *schema,
                                                 const struct schema_relation *partition,
                                                 const struct schema_constraint *constraint);
// The policy or rule `name`. NULL: none that is known.
struct schema_member *schema_find_member(const struct schema *schema,
                                         const struct schema_relation *relation,
                                         const struct action *action);
bool index_uses(const struct schema *schema, const struct schema_index *index, const char *column);

// schema_constraint.c
// The name that it got; NULL: nothing was added.
const char *schema_add_constraint(struct schema *schema, struct schema_relation *relation,
                                  const struct constraint *constraint);
// As it is added to what inherits it from the table where it was called `name`.
struct constraint constraint_inherited(const struct constraint *constraint, const char *name);
void schema_remove_constraint(struct schema *schema, struct schema_relation *relation,
                              const char *name);
// To be added to another table: without its name.
struct constraint constraint_again(const struct schema_constraint *from);

// schema_index.c
struct schema_index *schema_relation_index(const struct schema *schema,
                                           const struct schema_relation *relation,
                                           const char *name); // NULL: none
void schema_add_index(struct schema *schema, struct schema_relation *relation,
                      const struct schema_index *index);
void schema_remove_index(struct schema *schema, struct schema_relation *relation, const char *name);
void schema_drop_index(struct schema *schema, struct name name); // and its parts
// The partition's part of an index of its parent.
void schema_add_part(struct schema *schema, struct schema_relation *partition,
                     const struct schema_index *index);
void index_take_exclusion(struct schema *schema, struct schema_index *index,
                          const struct constraint *constraint);
bool schema_has_partitions(const struct schema *schema, const struct schema_relation *relation);

// schema_partition.c
void schema_add_parent(struct schema *schema, struct schema_relation *relation, struct name parent);
// It gets what partitions have of their parent.
void schema_join_partition(struct schema *schema, struct schema_relation *partition,
                           const struct schema_relation *parent);

// schema_trigger.c
void schema_clone_trigger(struct schema *schema, struct schema_relation *partition,
                          const struct schema_trigger *trigger);
void schema_drop_trigger(struct schema *schema, struct schema_relation *relation, const char *name,
                         bool is_clone);

// schema_member.c
void schema_drop_statistics(struct schema *schema, const char *name);

// schema_property.c: a value of NULL takes it away.
void schema_set_property(struct schema *schema, struct schema_relation *relation,
                         const struct schema_property *set);
// Those that a statement writes.
void schema_take_settings(struct schema *schema, struct schema_relation *relation,
                          const struct action *action);
void schema_forget_part(struct schema_relation *relation, enum object_kind object,
                        const char *part);
void schema_rename_part(struct schema_relation *relation, enum object_kind object, const char *from,
                        const char *to);

// schema_object.c
void schema_drop_object(struct schema *schema, const struct action *action);
void schema_rename_object(struct schema *schema, const struct action *action);
void schema_comment_object(struct schema *schema, const struct action *action, const char *text);

// schema_publication.c
void schema_drop_publication(struct schema *schema, const char *name);
void schema_unpublish(struct schema *schema, struct name table); // it is dropped
void schema_republish(struct schema *schema, struct name from, struct name to);

// schema_keep.c
struct type_name keep_type(struct schema *schema, struct type_name type);
struct index_column *keep_index_columns(struct schema *schema, const struct index_column *columns,
                                        size_t n);

// Is a CHECK true only where `column` is not NULL?
bool check_proves_not_null(const struct schema_constraint *check, const char *column);

// schema_sqlite.c: the index of a key, if it has one, as SQLite names it; and after its table's
// rename.
void sqlite_add_key(struct schema *schema, struct schema_relation *relation,
                    struct schema_constraint *added);
// Would be the rowid, but the table has none: its index is made behind all others.
bool sqlite_key_comes_last(const struct schema_relation *relation,
                           const struct constraint *constraint);
void sqlite_rename_keys(struct schema *schema, struct schema_relation *relation);

// The search path that migrations begin with.
void schema_reset_path(struct schema *schema);

// schema_column.c: without its constraints.
// The sequence behind a column, under the name written or the one that the server makes.
void schema_add_sequence(struct schema *schema, struct schema_relation *relation,
                         struct schema_column *column, struct name written);
void schema_add_column(struct schema *schema, struct schema_relation *relation,
                       const struct column *column);

// schema_drop.c
// The column that owns it does no longer. The sequence itself is left as it is: it may be shared.
void schema_disown(struct schema *schema, const struct schema_relation *sequence);
void schema_drop_relation(struct schema *schema, struct name name, bool cascade);

// Tables with a trigger that calls `function`.
struct relation_list schema_triggered_by(TALLOC_CTX *mem, const struct schema *schema,
                                         struct name function);

// schema_apply.c
// The passes of one ALTER TABLE: what is dropped goes first, foreign keys come last.
enum { ACTION_PASSES = 6 };
int action_pass(const struct action *action);
void schema_apply_action(struct schema *schema, const struct action *action);

// One action kind's change. schema_apply.c has the table.
typedef void schema_change(struct schema *schema, const struct action *action);
schema_change change_create_table, change_create_table_as, change_create_view;
schema_change change_add_column, change_drop_column, change_alter_type, change_default,
    change_not_null, change_identity, change_expression;
schema_change change_add_constraint, change_drop_constraint, change_validate_constraint,
    change_alter_constraint, change_create_index, change_attach_index;
schema_change change_rename, change_rename_column, change_rename_constraint, change_set_schema,
    change_rename_trigger;
schema_change change_drop, change_create_trigger, change_drop_trigger, change_enable_trigger;
schema_change change_create_member, change_alter_member, change_drop_member;
schema_change change_inherit, change_no_inherit, change_attach, change_detach, change_logged;
schema_change change_create_sequence, change_alter_sequence;
schema_change change_create_type, change_enum_value, change_alter_domain, change_alter_composite,
    change_create_function;
schema_change change_query, change_search_path;
schema_change change_options, change_column_setting, change_setting, change_comment;
schema_change change_create_object, change_publication, change_set_identity;

#endif
