/*
 * Contract judgement: what a migration behind the release takes away, in the light of what the code
 * that runs was found to use.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_CONTRACT_JUDGEMENT_H
#define ANALYSIS_CONTRACT_JUDGEMENT_H

#include "analysis/assessment.h"

// After the evidence was added: a drop behind the release of what no line of the deployed code
// names, and no counted statement, warns; the others stay, and say which evidence is missing.
void contract_judge(struct assessment *assessment);

#endif
