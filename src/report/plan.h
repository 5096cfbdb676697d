/*
 * Report of a plan: for people to execute, for a pull request, for programs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REPORT_PLAN_H
#define REPORT_PLAN_H

#include "plan/plan.h"
#include <stdbool.h>
#include <stdio.h>

struct report_plan_options {
    bool is_colored;
    bool is_whole;   // text: every line, not only what waits or fails
    bool only_asked; // --check: the section that the verdict is about, and nothing else
    bool is_ascii;   // --ascii, or a terminal without UTF-8
};

// {"schema": "tminus/plan/1", …} as man/tminus-plan.1 fixes it; plan_read reads it back.
void report_plan_json(FILE *out, const struct plan *plan);
// The summary of a CI job holds this many bytes; ours stays below, and says what it left out.
#define REPORT_PLAN_MARKDOWN_MAX 1048576

// The checklist in the shape of its source document.
void report_plan_markdown(FILE *out, const struct plan *plan,
                          const struct report_plan_options *options);
// The same as one file that needs no other: to read, to print, on a telephone, in the dark.
void report_plan_html(FILE *out, const struct plan *plan);
// An overview for a terminal: what fails and what waits, worst first, the verdict last.
void report_plan_text(FILE *out, const struct plan *plan,
                      const struct report_plan_options *options);

#endif
