/*
 * Judging: every gate over the facts, what people waived, and the verdict. Pure.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHECK_JUDGING_H
#define CHECK_JUDGING_H

#include "check/gate.h"
#include "check/poll_report.h"

// Required FAIL → NO_GO, else required UNKNOWN or MANUAL → HOLD, else GO. ERROR_CONFIG: tminus.yaml
// requires a gate that does not exist.
MUST_CHECK bool poll_judge(TALLOC_CTX *mem, const struct gate_facts *facts, struct poll_report *out,
                           struct error *err);

#endif
