/*
 * SARIF: the findings of other tools, taken in.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_SARIF_H
#define ANALYSIS_SARIF_H

#include "analysis/finding.h"
#include "base/error.h"

// Read SARIF 2.1.0 into `out` (out->mem set by the caller). error → stop, warning → warn, the rest
// → note; what the tool or a person suppressed is left out. ERROR_INPUT: malformed, and where.
MUST_CHECK bool sarif_read(const char *path, const char *text, size_t len, struct findings *out,
                           struct error *err);

#endif
