/*
 * Verification: is the data after the change what it should be, by a baseline from before it?
 *
 * Where the change is applied, the invariants must hold and every difference must be explained by
 * the migrations' text. Where it is not (not yet, or undone), everything must be exactly as in
 * the baseline.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_VERIFICATION_H
#define PROOF_VERIFICATION_H

#include "journal/journal.h"
#include "proof/comparison.h"

enum expectation { EXPECT_APPLIED, EXPECT_AS_BEFORE };
const char *expectation_name(enum expectation expectation); // "applied" "as-before"

struct verification_request {
    const struct target *target;
    const struct baseline *baseline;
    const struct config *config; // the user's invariants as they are now; NULL: the baseline's
    enum expectation expectation;
    bool is_recorded;   // all of the baseline's migrations are, in the tool's record
    const char *partly; // which of the baseline's migrations are not applied; NULL: all or none
    struct journal *journal; // what was run since the baseline; NULL: not known
    bool is_alone;           // a copy: nobody else writes to it, and nobody asks who did
    const char *noted;       // file of the rows that traffic wrote before the runs; NULL: none
};

struct verification {
    enum expectation expectation;
    const struct baseline *baseline;
    enum verdict verdict;
    // The first required check that fails and does not rest on rows alone of which this engine does
    // not tell who wrote them; NULL: there is none. A NO-GO without one may be traffic as well as
    // damage.
    const struct result *decisive;
    struct results invariants; // worst first
    struct comparison *tables;
    size_t n_tables;
    int64_t took_ms;
};

MUST_CHECK bool verification_make(TALLOC_CTX *mem, const struct verification_request *request,
                                  struct verification *out, struct error *err);

// --- verification_weigh.c

// Results of derived invariants in the light of what the tables came to: numbers that traffic moved
// are not the migration's fault.
void verification_weigh(TALLOC_CTX *mem, const struct verification *made,
                        const struct invariants *invariants, struct results *results);
// Of a verification whose tables and invariants are judged: its decisive check; NULL: none.
const struct result *verification_decisive(const struct verification *made,
                                           const struct invariants *invariants);

// --- verification_schema.c

// Where nothing is applied: is the schema the baseline's, and what is not?
MUST_CHECK bool verification_schema_result(TALLOC_CTX *mem,
                                           const struct verification_request *request,
                                           struct result *out, struct error *err);

// --- verification_tables.c

// What came out of one table, as a result like the others.
const char *verification_table_name(TALLOC_CTX *mem, const struct comparison *comparison);
struct result verification_table_result(TALLOC_CTX *mem, const struct verification_request *request,
                                        const struct comparison *comparison);
// Columns that somebody else added to it.
struct result verification_foreign_result(TALLOC_CTX *mem, const struct comparison *comparison);
// "7 new (id=1, id=2, …), 3 status changed (id=9, …)"; NULL: traffic did nothing.
const char *verification_traffic_text(TALLOC_CTX *mem, const struct comparison *comparison);

// What is to be expected when nobody says it: what the record of migrations says (`recorded`: 1
// applied, 0 not applied); where there is none (-1), a change that would have changed the schema is
// not there when the schema is the baseline's.
MUST_CHECK bool verification_expect(const struct target *target, const struct baseline *baseline,
                                    int recorded, enum expectation *out, struct error *err);

#endif
