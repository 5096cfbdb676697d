/*
 * Trace: where each table and column is after the change, and which of its differences the text of
 * the migrations explains.
 *
 * What the text does not say is not explained; nothing here looks at data.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_TRACE_H
#define PROOF_TRACE_H

#include "analysis/schema.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include <stdbool.h>
#include <stddef.h>

// Rows that a statement speaks of, as a predicate over the table as it was before the change.
struct trace_rows {
    const char *cause; // "0003_x.up.sql:12 UPDATE"; NULL: no statement does it
    const char *where; // predicates joined by OR; NULL: every row
    bool is_countable; // `where` can be counted before the change: it depends on nothing that the
                       // change itself writes
    const char *value; // SQL of what a column becomes, that can be asked before the change as well;
                       // NULL: not known, or more than one statement says it. Not in a baseline
};

struct trace_column {
    const char *before; // name; NULL: the change adds it
    const char *after;  // name; NULL: the change drops it
    struct trace_rows written;
    const char *dropped; // cause, or NULL
    const char *type;    // as SQL of now writes it; NULL: not known. Not in a baseline
};

struct trace_table {
    struct name before; // name NULL: the change creates it
    struct name after;  // name NULL: the change drops it
    const char **key;   // key columns before; none: no key is declared
    size_t n_key;
    struct trace_column **columns; // as they were, then those that were added
    size_t n_columns;
    struct trace_rows removed; // DELETE, TRUNCATE
    const char *added;         // cause: INSERT into it; NULL
    bool is_added_apart;       // by an INSERT that copies no table, too
    const char *indirect;      // what may write its rows although no text names it; NULL
    const char *dropped;       // cause of DROP TABLE; NULL
    const char *rebuilt; // cause: its rows were copied to the table that now has its name; NULL
    bool is_rewritten;   // rows are written anew, or go, without being updated or deleted
};

struct trace_copy { // INSERT … SELECT, CREATE TABLE … AS SELECT
    struct trace_table *from, *to;
    const char *cause;
    const struct statement *statement;
    const struct query *query;
    // For each column of `to` that is filled: the column of `from` that it is a plain copy of, else
    // NULL.
    struct trace_column **to_columns, **from_columns;
    const char **values; // SQL of each that can be asked before the change, else NULL
    size_t n_columns;
    bool is_filtered; // WHERE, GROUP BY, DISTINCT, LIMIT, UNION
};

struct trace {
    struct trace_table **tables;
    size_t n_tables;
    struct trace_copy *copies;
    size_t n_copies;
    // The first statement that may write rows which the text does not name, or within a
    // subtransaction ("0003_x.sql:4 DO"); NULL. A baseline keeps it beside the trace.
    const char *hidden;
    // The first statement whose writes to rows that were there nobody can tell: neither does its
    // text, nor does the schema with triggers and views. NULL: there is none.
    const char *unnamed;
    // Relations that were there and are written, which write to others in turn: by triggers and
    // rules, or as views.
    struct name *acting;
    size_t n_acting;
    // No statement writes, moves or drops a row of what is there: no table is to be compared. A
    // baseline keeps it beside the trace.
    bool keeps_rows;
    enum dialect dialect;
};

// May it write rows of any table? CREATE INDEX CONCURRENTLY, which runs without a transaction, does
// not.
bool script_may_write_rows(const struct script *script);

// Take a table that the change does not touch into the trace as well.
void trace_include(struct trace *trace, const struct schema_relation *relation);
// Does the change do anything to a table that was there before, or is it only read?
bool trace_is_changed(const struct trace_table *table);
// Leave out tables that are only read.
void trace_prune(struct trace *trace);
struct trace_table *trace_find_before(const struct trace *trace, struct name before); // or NULL

bool trace_is_same_name(struct name a, struct name b); // of resolved names; no name equals none
struct trace_column *trace_column_now(const struct trace_table *table, const char *after);
struct trace_column *trace_column_before(const struct trace_table *table, const char *before);
// "0003_x.up.sql:12 UPDATE", the path without its folders.
char *trace_cause(TALLOC_CTX *mem, const struct statement *statement);

// What is stored in a baseline; copies are left out.
json_t *trace_to_json(const struct trace *trace);
MUST_CHECK bool trace_from_json(TALLOC_CTX *mem, const json_t *json, struct trace **out,
                                struct error *err);

#endif
