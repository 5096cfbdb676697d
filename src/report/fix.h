/*
 * Report of a fixed change: what was written in whose place, what stays and why.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REPORT_FIX_H
#define REPORT_FIX_H

#include "analysis/fixed_files.h"
#include <stdio.h>

struct fix_report {
    const char *output; // folder; NULL: nothing was written
    const struct fixed_change *fixed;
    const struct fixed_files *files;
};

// The first part of a text report; the assessment of the result follows.
void report_fix_text(FILE *out, const struct fix_report *fix);
// {"schema": "tminus/fix/1", …, "assessment": the document of the result}.
void report_fix_json(FILE *out, const struct fix_report *fix, const struct assessment *result);

#endif
