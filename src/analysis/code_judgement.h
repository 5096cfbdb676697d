/*
 * Code judgement: findings from what the changed code of a range writes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_CODE_JUDGEMENT_H
#define ANALYSIS_CODE_JUDGEMENT_H

#include "analysis/finding.h"
#include "change/code.h"

void code_judge(struct findings *findings, const struct code_report *code);

#endif
