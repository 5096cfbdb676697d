/*
 * Released judgement: findings from migrations that the base of a range already had.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RELEASED_JUDGEMENT_H
#define ANALYSIS_RELEASED_JUDGEMENT_H

#include "analysis/finding.h"
#include "change/change.h"

void released_judge(struct findings *findings, const struct change *change);

#endif
