/*
 * Tracer: a trace while the statements of a change are applied to it, one after the other.
 *
 * A table is followed through renames, and through the idiom that SQLite needs for most changes: a
 * new table is filled by INSERT … SELECT from the old one and takes its name.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_TRACER_H
#define PROOF_TRACER_H

#include "proof/trace.h"

struct tracer;

// `schema` is the schema before the change and outlives the tracer.
struct tracer *tracer_make(TALLOC_CTX *mem, const struct schema *schema);
void tracer_apply(struct tracer *tracer, const struct statement *statement);
// The schema's search path is that of a statement: what an expression names without a schema cannot
// be asked by another session.
void tracer_set_path(struct tracer *tracer, bool is_set);
// The table that is called so now; one that no statement touched yet is taken from the schema.
// NULL: not known.
struct trace_table *tracer_find(struct tracer *tracer, struct name name);
// Can `expression` over `table` (NULL: none) be evaluated before the change, and gives it there
// what the statement will see?
bool tracer_is_countable(struct tracer *tracer, const struct trace_table *table,
                         const struct expression *expression);
// Was anything of this relation written, made or renamed by the statements so far?
bool tracer_is_touched(struct tracer *tracer, struct name relation);
// Its copies so far; the last one is that of the statement applied last, when it is one.
const struct trace *tracer_state(const struct tracer *tracer);
// Follow tables that were replaced by a copy of themselves. The trace lives as long as the tracer.
struct trace *tracer_end(struct tracer *tracer);

#endif
