/*
 * Reports of baselines and verifications: for people, worst first, and for programs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_REPORT_H
#define PROOF_REPORT_H

#include "journal/journal.h"
#include "proof/verification.h"

struct report_proof_options {
    bool is_colored;
    bool is_whole;                      // also what passed
    const struct journal_head *journal; // as it stands afterwards; NULL: nothing was written
};

void report_baseline_text(FILE *out, const struct baseline *baseline, const struct results *results,
                          const struct report_proof_options *options);
// {"schema": "tminus/baseline/1", …}
void report_baseline_json(FILE *out, const struct baseline *baseline, const struct results *results,
                          const struct report_proof_options *options);

void report_comparison_text(FILE *out, const struct baseline *a, const struct baseline *b,
                            const struct baseline_difference *differences, size_t n);
void report_comparison_json(FILE *out, const struct baseline *a, const struct baseline *b,
                            const struct baseline_difference *differences, size_t n);

void report_verification_text(FILE *out, const struct verification *verification,
                              const struct report_proof_options *options);
// {"schema": "tminus/verify/1", …} as man/tminus-verify.1 fixes it.
void report_verification_json(FILE *out, const struct verification *verification,
                              const struct report_proof_options *options);

#endif
