/*
 * What the files trace.c and tracer*.c share to make a trace; nobody else includes this.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_TRACER_STATE_H
#define PROOF_TRACER_STATE_H

#include "proof/trace.h"

struct tracer {
    struct trace trace; // first: what hangs under the trace hangs under the tracer
    const struct schema *schema;
    struct name *touched; // resolved names of relations that were written, made or renamed
    size_t n_touched;
    bool has_path; // a statement set the search path
    bool has_made_trigger;
};

// --- trace.c

struct trace_table *trace_add_table(struct trace *trace);
struct trace_column *trace_add_column(struct trace_table *table, const char *before,
                                      const char *after);
// A table of the schema, as it was before the change.
struct trace_table *trace_add_relation(struct trace *trace, const struct schema_relation *relation);

// --- tracer.c

void tracer_touch(struct tracer *tracer, struct name relation);
// The SQL of what `expression` over `table` gives, where it can be asked before the change and
// gives the same then; else NULL.
const char *tracer_lasting_sql(struct tracer *tracer, const struct trace_table *table,
                               const struct expression *expression);

// --- tracer_hidden.c

// Note the first statement whose writes its text does not show. Before it is applied.
void tracer_note_hidden(struct tracer *tracer, const struct statement *statement);
// Does it write rows anew, or take them away, without updating or deleting them?
bool tracer_rewrites(const struct action *action);

// --- tracer_copy.c

// Note that `query` copies rows into `to`. False: its rows are no other table's.
bool tracer_add_copy(struct tracer *tracer, struct trace_table *to,
                     const struct statement *statement, const struct query *query);

#endif
