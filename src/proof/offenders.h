/*
 * Offenders: the rows that break an invariant, by who wrote them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_OFFENDERS_H
#define PROOF_OFFENDERS_H

#include "proof/baseline.h"
#include "proof/result.h"
#include "proof/writers.h"

struct offenders_request {
    const struct writers *writers;
    const struct baseline *baseline;
    const struct schema *schema; // as it is now
    struct table_file *file;     // holds the observation, with the baseline attached as `base`
};

// Look at the rows behind a result that does not hold, and say who wrote them; where traffic alone
// did and the invariant allows it that, the result becomes a warning. What cannot be asked changes
// nothing. Within the snapshot in which the invariant was asked.
MUST_CHECK bool offenders_explain(TALLOC_CTX *mem, const struct offenders_request *request,
                                  const struct invariant *invariant, struct result *result,
                                  struct error *err);

#endif
