/*
 * Queries: a SELECT or DML, flattened to what it reads and writes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STATEMENT_QUERY_H
#define STATEMENT_QUERY_H

#include "statement/definition.h"

// One target column of an UPDATE, an INSERT's ON CONFLICT, a MERGE.
struct assignment {
    const char *column;
    struct expression value; // of (a, b) = (SELECT …): the whole right side for each
};

// A row of VALUES, as far as its literals tell.
struct value {
    enum literal_kind literal;
    const char *constant; // of a text, number or boolean
};
struct value_row {
    struct value *values;
    size_t n_values;
};
#define VALUE_ROWS_MAX 100 // that are kept of one statement

// A column that a query takes: one of `tables` must have it. None: nothing in its FROM is called
// `qualifier`, or there is no FROM.
struct column_reference {
    const char *qualifier; // NULL: none
    const char *column;
    struct name *tables;
    size_t n_tables;
};

enum overriding { OVERRIDING_NONE, OVERRIDING_USER_VALUE, OVERRIDING_SYSTEM_VALUE };

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
    struct column_reference *references; // PostgreSQL: whose tables are told by the text, in any order
    size_t n_references;
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
    struct value_row *rows; // PostgreSQL: the first of them; of MERGE the one of each INSERT
    size_t n_rows;
    enum overriding overriding; // INSERT
    bool has_default_values;
    enum conflict_action conflict; // ON CONFLICT; SQLite also OR IGNORE (NOTHING), OR REPLACE
    const char **conflict_columns; // PostgreSQL: ON CONFLICT (…) of plain columns alone
    size_t n_conflict_columns;
    bool conflict_has_predicate;     // … WHERE
    const char *conflict_constraint; // ON CONFLICT ON CONSTRAINT
    bool has_returning;
    bool copies_from_program; // COPY … PROGRAM
    bool copies_to;           // COPY … TO
    bool merge_deletes;       // MERGE … THEN DELETE
    struct query **inner;     // data-modifying CTEs
    size_t n_inner;
};

#endif
