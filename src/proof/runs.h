/*
 * Runs: the migrations that were run since a baseline, read from the journal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_RUNS_H
#define PROOF_RUNS_H

#include "journal/journal.h"
#include "proof/attribution.h"
#include "proof/baseline.h"

// `unknown` is filled when a migration of the baseline was run by another program, without a
// number, or in part: then nobody's rows can be told from the migration's. `is_applied`: all of the
// baseline's are applied now.
MUST_CHECK bool runs_read(TALLOC_CTX *mem, struct journal *journal, const struct baseline *baseline,
                          bool is_applied, struct attribution *out, struct error *err);

// Of `table`, and of what else is called so: what all runs together wrote. False: not all is known.
bool runs_wrote(const struct attribution *attribution, const struct name *names, size_t n,
                struct engine_written *out);
// When the last of them ended; 0: none.
int64_t runs_ended_ms(const struct attribution *attribution);

#endif
