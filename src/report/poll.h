/*
 * Report of a poll: the board, and the document.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REPORT_POLL_H
#define REPORT_POLL_H

#include "check/poll_report.h"
#include "report/migration.h"
#include <stdio.h>

struct report_poll_options {
    bool is_colored;
    bool is_whole; // also what passed says what was expected
    const struct report_journal *journal;
};

void report_poll_text(FILE *out, const struct poll_report *report,
                      const struct report_poll_options *options);
// {"schema": "tminus/poll/1", …}
void report_poll_json(FILE *out, const struct poll_report *report,
                      const struct report_poll_options *options);

#endif
