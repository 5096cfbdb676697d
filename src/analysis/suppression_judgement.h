/*
 * Judgement of suppressions: which findings the comments of the judged files allow today, and which
 * comments are findings themselves.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_SUPPRESSION_JUDGEMENT_H
#define ANALYSIS_SUPPRESSION_JUDGEMENT_H

#include "analysis/assessment.h"

// Moves what is allowed from the findings, which are sorted, to `suppressed`, and adds findings
// about comments that allow nothing. `today` is the day by the clock: "2026-11-22".
void suppressions_judge(struct assessment *assessment, const char *today);

#endif
