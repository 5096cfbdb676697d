/*
 * One statement being read: what the files postgres_*.c share while they turn PostgreSQL's tree
 * into struct statement. Include postgres_tree.h first.
 *
 * Every walk over an expression is a loop over a stack on the heap: the tree of `1 + 1 + …` is as
 * deep as the text is long. Functions that recurse say why their depth is bounded.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_POSTGRES_READING_H
#define STATEMENT_POSTGRES_READING_H

#include "base/memory.h"
#include "statement/lexer.h"
#include "statement/origin.h"
#include "statement/reader_internal.h"

struct reading {
    TALLOC_CTX *mem;  // what is kept: the script
    TALLOC_CTX *tmp;  // ends with the statement
    const char *text; // of the whole file
    size_t base; // where the text begins that the parser was given: its locations are from here
    size_t end;  // where that ends
    const struct origin *origin; // of a text that is no part of the file; NULL: it is
    struct statement *statement;
    struct token *tokens; // of [base, end); made when first asked for
    size_t n_tokens;
};

// Where in the file a place of the text stands.
static inline size_t reading_place(const struct reading *reading, size_t offset)
{
    return reading->origin == NULL ? offset : origin_place(reading->origin, offset);
}

// --- postgres_reader.c: what the parser says of a text that it does not understand

// Byte offset of its place in a text that was parsed from `start`; the parser counts characters.
size_t parse_offset(const char *text, size_t start, size_t end, const PgQueryError *error);
char *parse_reason(TALLOC_CTX *mem, const PgQueryError *error);

// --- postgres_name.c: names and types

struct name name_of_range(struct reading *reading, const RangeVar *range);
// The last two of `a.b.c`; the last alone when there is one.
struct name name_of_list(struct reading *reading, const List *names);
// Of a list, a type, a function with arguments or a single string.
struct name name_of_object(struct reading *reading, const Node *object);
const char **strings_of_list(struct reading *reading, const List *strings, size_t *n);
void type_read(struct reading *reading, const TypeName *type, struct type_name *out);
// The texts with `separator` between; NULL when there is none.
const char *strings_join(struct reading *reading, const char *const *strings, size_t n,
                         const char *separator);
// Names of options joined by ",": "fillfactor,autovacuum_enabled".
const char *option_names(struct reading *reading, const List *options);
// Adds them to the action's settings; `is_reset`: without their values.
void settings_read(struct reading *reading, const List *options, bool is_reset,
                   struct action *action);
void setting_add(struct reading *reading, struct action *action, const char *name,
                 const char *value);
// The option of that name, or NULL.
const DefElem *option_find(const List *options, const char *name);
bool option_is_on(const List *options, const char *name);

// --- postgres_span.c: where in the text an expression stands

struct span {
    size_t start; // offsets in the file
    size_t end;
};

// Index of the first token at or behind a location of the tree.
size_t token_index(struct reading *reading, int location);
bool token_word(struct reading *reading, size_t index, const char *word);
// Behind the keyword `word` in front of the expression whose leftmost node is at `location`, to the
// expression's end. Opening parentheses between belong to the expression.
struct span span_behind_word(struct reading *reading, int location, const char *word);
// From a token to the end of the expression that begins there, at most to `limit` (0: none).
struct span span_from(struct reading *reading, size_t index, size_t limit);
// Inside the first parentheses at or behind a token.
struct span span_inside(struct reading *reading, size_t index);
// Of those, the n-th (from 0) of the parts between commas.
struct span span_part(struct reading *reading, size_t index, int n);
const char *span_text(struct reading *reading, struct span span);

// --- postgres_walk.c: everything that stands in a tree

// Names of WITH queries that are visible: those hide tables. One scope shows the first `n_visible`
// queries of one WITH.
struct scope {
    const struct scope *outer;
    const struct with_name *names; // of all its queries, sorted
    size_t n_names;
    size_t n_visible;
};

struct with_name {
    const char *name;
    size_t place; // of its query in the WITH
};

struct inner_query { // a data-modifying WITH query
    Node *node;
    const struct scope *scope;
};

struct found {
    struct name *columns;
    size_t n_columns;
    struct name *functions;
    size_t n_functions;
    struct name *relations;
    size_t n_relations;
    struct inner_query *inner;
    size_t n_inner;
    int location;     // of the leftmost node; -1: none
    bool is_variable; // a column, function, parameter or subquery stands in it
};

void found_init(struct found *found);
// Add what stands in `root`; a list is a node too. Names may repeat until found_finish.
void walk(struct reading *reading, Node *root, const struct scope *scope, struct found *found);
// The scope of the statement behind WITH.
const struct scope *scope_behind(struct reading *reading, const WithClause *with,
                                 const struct scope *scope);
// The same, and the bodies of the WITH queries are walked.
const struct scope *walk_with(struct reading *reading, const WithClause *with,
                              const struct scope *scope, struct found *found);
// What that WITH query sees which stands behind the first `n_visible`.
const struct scope *scope_show(struct reading *reading, const struct scope *all, size_t n_visible);
// Does it have children that raw_expression_tree_walker knows?
bool node_has_children(const Node *node);
// Is it a WITH query's name, and no table's?
bool scope_has(const struct scope *scope, const RangeVar *range);
void found_finish(struct found *found); // each name once, in the order of the first
const char **found_columns(struct reading *reading, const struct found *found);

// --- postgres_expression.c

// A row of VALUES.
void value_row_read(struct reading *reading, const List *values, struct query *query);
// All but the text; gives the location of its leftmost node, -1: none.
int expression_read(struct reading *reading, Node *node, const struct scope *scope,
                    struct expression *out);
struct expression *expression_make(struct reading *reading, Node *node, struct span span);

// --- postgres_query.c, postgres_select.c

// SELECT, VALUES, INSERT, UPDATE, DELETE, MERGE.
struct query *query_make(struct reading *reading, Node *node, const struct scope *scope);
// All columns that stand in the query, its subqueries and WITH queries.
void references_read(struct reading *reading, Node *node,
                     struct query *query); // postgres_reference.c
struct query *query_make_copy(struct reading *reading, const CopyStmt *copy);
void select_read(struct reading *reading, SelectStmt *select, const struct scope *scope,
                 struct query *query);
// Joins of a FROM or USING list. `is_joined`: its first relation is joined too (to the target).
void joins_read(struct reading *reading, const List *from, bool is_joined, struct query *query);
void query_set_where(struct reading *reading, Node *where, const struct scope *scope,
                     struct query *query);

// --- postgres_table.c

void column_read(struct reading *reading, const ColumnDef *definition, struct column *out);
// GENERATED … AS IDENTITY.
void identity_read(struct reading *reading, const Constraint *constraint, struct column *out);
// `column` is that of a column constraint, else NULL.
void index_read_column(struct reading *reading, const IndexElem *element, struct index_column *out);
void constraint_read(struct reading *reading, const Constraint *constraint, const char *column,
                     struct constraint *out);

// One of a list in parentheses, of an index or a partition key: `(expression)` gives what is
// inside, `lower(email) text_pattern_ops` the call.
struct span list_expression_span(struct reading *reading, int location);

// --- postgres_partition.c

struct partition_key *partition_key_read(struct reading *reading, const PartitionSpec *spec);
struct partition_bound *partition_bound_read(struct reading *reading,
                                             const PartitionBoundSpec *spec);

// --- actions

struct action *action_add(struct reading *reading, enum action_kind kind);
enum object_kind object_of(ObjectType type); // postgres_object.c
// statement->kind: "DROP" and "MATERIALIZED VIEW".
void kind_set(struct reading *reading, const char *verb, ObjectType type);

// One reader for each statement of the grammar; they add actions and may set statement->kind, which
// is the one of the table in postgres_statement.c before.
typedef void statement_reader(struct reading *reading, Node *node);
void statement_read(struct reading *reading, Node *node);
// "CREATE TABLE"; NULL: it is no statement.
const char *statement_words(const Node *node);

// The number that START or RESTART WITH names, into action->value.
void sequence_read_first(struct reading *reading, const List *options, struct action *action);

// postgres_table.c, postgres_relation.c
statement_reader read_create_table, read_create_index, read_create_view, read_create_table_as,
    read_query, read_refresh, read_create_sequence, read_alter_sequence, read_create_statistics;
// postgres_alter.c
statement_reader read_alter_table, read_move_all;
// postgres_object.c
statement_reader read_drop, read_drop_named, read_rename, read_set_schema, read_owner, read_comment,
    read_grant, read_grant_role, read_truncate;
// postgres_define.c, postgres_trigger.c
statement_reader read_create_trigger, read_create_rule, read_create_policy, read_alter_policy,
    read_create_function, read_create_enum, read_alter_enum, read_create_composite,
    read_create_range, read_define, read_create_domain, read_alter_domain, read_create_schema,
    read_create_extension, read_create_publication, read_alter_publication;
// postgres_session.c
statement_reader read_transaction, read_set, read_lock, read_vacuum, read_cluster, read_reindex,
    read_do, read_call, read_prepare, read_execute, read_deallocate, read_explain, read_copy,
    read_cursor, read_fetch;

#endif
