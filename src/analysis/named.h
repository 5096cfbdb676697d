/*
 * Named: the table, column or other object that a finding takes from the release that still runs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_NAMED_H
#define ANALYSIS_NAMED_H

#include "analysis/assessment.h"

// What becomes of it.
enum named_fate { FATE_GONE, FATE_REQUIRED, FATE_CHANGED };

struct named {
    enum named_fate fate;
    const char *table;  // without schema; of a type, function or schema: its name
    const char *column; // NULL: the whole of it
};

// False: the running release is not asked about this finding.
bool named_by(const struct assessment *assessment, const struct finding *finding,
              struct named *out);

#endif
