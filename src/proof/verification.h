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

#include "proof/comparison.h"

enum expectation { EXPECT_APPLIED, EXPECT_AS_BEFORE };
const char *expectation_name(enum expectation expectation); // "applied" "as-before"

struct verification_request {
    const struct target *target;
    const struct baseline *baseline;
    const struct config *config; // the user's invariants as they are now; NULL: the baseline's
    enum expectation expectation;
};

struct verification {
    enum expectation expectation;
    const struct baseline *baseline;
    enum verdict verdict;
    struct results invariants; // worst first
    struct comparison *tables;
    size_t n_tables;
    int64_t took_ms;
};

MUST_CHECK bool verification_make(TALLOC_CTX *mem, const struct verification_request *request,
                                  struct verification *out, struct error *err);

// What is to be expected when nobody says it: what the record of migrations says (`recorded`: 1
// applied, 0 not applied); where there is none (-1), a change that would have changed the schema is
// not there when the schema is the baseline's.
MUST_CHECK bool verification_expect(const struct target *target, const struct baseline *baseline,
                                    int recorded, enum expectation *out, struct error *err);

#endif
