/*
 * Report of an assessment: for people, for programs, for a pull request.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REPORT_ASSESS_H
#define REPORT_ASSESS_H

#include "analysis/assessment.h"
#include <stdbool.h>
#include <stdio.h>

// A comment on a pull request holds 65,536 characters; ours stays below.
#define REPORT_MARKDOWN_MAX 65000

struct report_text_options {
    bool is_colored;
    bool is_whole; // every finding, also the notes
};

void report_assess_text(FILE *out, const struct assessment *assessment,
                        const struct report_text_options *options);
// {"schema": "tminus/assess/1", …} as man/tminus-assess.1 fixes it.
void report_assess_json(FILE *out, const struct assessment *assessment);
// Worst first, cut at REPORT_MARKDOWN_MAX characters with the number that was left out.
void report_assess_markdown(FILE *out, const struct assessment *assessment);

#endif
