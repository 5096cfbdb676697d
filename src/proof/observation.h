/*
 * Observations: what an invariant's query gave at one instant, and what that means.
 *
 * Taken into a table file, so that a million keys need no memory: the baseline's file before, a
 * temporary one after, to which the baseline is attached as `base`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_OBSERVATION_H
#define PROOF_OBSERVATION_H

#include "driver/table_file.h"
#include "proof/invariant.h"
#include "proof/target.h"

#define OBSERVATION_GROUPS_MAX 100000 // rows of a SAME query

// Make the tables `observation`, `observed_row` and `observed_key`.
MUST_CHECK bool observation_tables(struct table_file *file, struct error *err);

// Run the query of this moment (MOMENT_BEFORE or MOMENT_AFTER). A query that is refused or fails is
// an observation too: UNKNOWN, with the reason. Fails only when the target is gone or on an
// interruption.
MUST_CHECK bool observation_take(struct table_file *file, const struct target *target,
                                 const struct invariant *invariant, enum invariant_moment moment,
                                 struct error *err);

// At the baseline: is there a contradiction already?
MUST_CHECK bool observation_judge_before(TALLOC_CTX *mem, struct table_file *file,
                                         const struct target *target,
                                         const struct invariant *invariant, struct result *out,
                                         struct error *err);
// After: `file` holds the new observation, the baseline is attached as `base`; its table `drift`
// says how far it was from the baseline before it, for TOLERANCE_LEARNED.
MUST_CHECK bool observation_judge_after(TALLOC_CTX *mem, struct table_file *file,
                                        const struct target *target,
                                        const struct invariant *invariant, struct result *out,
                                        struct error *err);
// How far the SAME values of the baseline attached as `earlier` and those of `main` are apart.
MUST_CHECK bool observation_drift(struct table_file *file, const char *invariant, double *out,
                                  struct error *err);

#endif
