/*
 * Judgement of validity: constraints that the change adds NOT VALID and leaves so at its end.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_VALIDITY_JUDGEMENT_H
#define ANALYSIS_VALIDITY_JUDGEMENT_H

#include "analysis/assessment.h"

// Needs the scripts and the schema after every up.
void validity_judge(struct assessment *assessment);

#endif
