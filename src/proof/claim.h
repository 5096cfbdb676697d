/*
 * Claims: what one statement of a migration promises about the data, before it is turned into SQL.
 *
 * Claims are collected while statements are applied, because only then it is known what the
 * statement sees; they are written as invariants at the end, because only then it is known what
 * tables and columns are called afterwards. Private to invariant derivation.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_CLAIM_H
#define PROOF_CLAIM_H

#include "proof/invariant.h"
#include "proof/sources.h"
#include "proof/tracer.h"

struct claim;

struct derivation {
    TALLOC_CTX *mem;
    enum dialect dialect;
    const struct schema *schema; // before the change
    const struct config *config;
    struct tracer *tracer;
    struct claim **claims;
    size_t n_claims;
    struct invariants *out;
};

// Write the invariants of one claim.
typedef void claim_write(struct derivation *derivation, const struct claim *claim);

// UPDATE … FROM: the row of `lookup` whose `key` is a row's `old`, and nothing else, gives the
// value.
struct partner {
    const struct trace_column *old; // NULL: there is none, or it is not plain
    struct name lookup;
    const char *key;
};

struct claim {
    claim_write *write;
    const char *cause;
    const struct trace_table *table;
    const struct trace_column *column;
    struct name before; // the table's name as the schema before the change has it
    bool is_countable;  // can be asked before the change
    const struct statement *statement;
    const struct action *action;
    const struct query *query;
    const struct expression *expression; // UPDATE: f
    const struct expression *where;      // NULL: every row
    const struct trace_column **sources; // UPDATE: columns of the table that f reads
    size_t n_sources;
    struct partner partner;
    bool was_written; // UPDATE: the column was written before in this change
    size_t copy;      // index into the trace's copies
    const struct constraint *constraint;
};

struct claim *claim_add(struct derivation *derivation, claim_write *write,
                        const struct statement *statement, const struct trace_table *table);
// Add `invariant`; what it leaves empty is filled from the claim: because, table, required.
void claim_invariant(struct derivation *derivation, const struct claim *claim,
                     struct invariant invariant);
// "I1/emails.category_id"
char *claim_name(struct derivation *derivation, const char *catalogue,
                 const struct trace_table *table, const char *column);
// Does the table exist both before and after, does the column?
bool claim_has_after(const struct trace_table *table, const struct trace_column *column);
// `relation` by the alias that the statement gives it.
const char *claim_aliased(struct derivation *derivation, const char *relation,
                          const struct claim *claim);
char *claim_before_sql(struct derivation *derivation, const struct trace_table *table);
char *claim_after_sql(struct derivation *derivation, const struct trace_table *table);
// SELECT of the keys of rows that match `where`: at most 5; NULL when no key is known.
char *claim_samples(struct derivation *derivation, const struct trace_table *table, bool is_after,
                    const char *where);
// The column's values in a form that can be compared and grouped.
char *claim_value(struct derivation *derivation, const struct trace_column *column,
                  const char *name);
// Reads the expression only what is called the same before and after, and was not written since?
bool claim_holds_after(const struct derivation *derivation, const struct claim *claim,
                       const struct expression *expression);

// --- collectors, one a family of statements; called before the statement is applied
void derive_update(struct derivation *derivation, const struct statement *statement,
                   const struct query *query, const struct trace_table *table);
void derive_delete(struct derivation *derivation, const struct statement *statement,
                   const struct query *query, const struct trace_table *table);
void derive_schema(struct derivation *derivation, const struct statement *statement,
                   const struct action *action);
// Called after the statement was applied, for the copies from `first` on.
void derive_copies(struct derivation *derivation, const struct statement *statement, size_t first,
                   bool is_countable);
// --- derive_partner.c
// Fill `partner` of the claim of an assignment, its sources being known.
void partner_find(struct derivation *derivation, struct claim *claim);
// Values without a partner, asked before the change.
void partner_write_domain(struct derivation *derivation, const struct claim *claim);

// For all touched tables, at the end: orphans, NULLs of written columns, views.
void derive_tables(struct derivation *derivation);

// --- derive_presence.c
// Is every statement one that leaves the rows of all that is there alone?
bool derivation_keeps_rows(const struct assessment *assessment, const struct trace *trace);
// Of such a change: what it makes.
void derive_presence(struct derivation *derivation, const struct assessment *assessment);

#endif
