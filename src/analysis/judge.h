/*
 * The judge: walks the migrations of a change in order and runs the rules on every statement.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_JUDGE_H
#define ANALYSIS_JUDGE_H

#include "analysis/assessment.h"

// Fill scripts, findings, coverage and schema of `assessment`. ERROR_INPUT as assessment_make.
MUST_CHECK bool judge_change(struct assessment *assessment, const struct change *change,
                             const struct assessment_options *options, struct error *err);

#endif
