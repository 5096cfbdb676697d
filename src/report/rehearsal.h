/*
 * Report of a rehearsal, for people and for programs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REPORT_REHEARSAL_H
#define REPORT_REHEARSAL_H

#include "rehearsal/rehearsal_report.h"
#include "report/migration.h"

struct report_rehearsal_options {
    bool is_colored;
    bool is_whole;                        // every statement, every result
    const struct report_journal *journal; // NULL: nothing was written
    const char *const *written;           // effects files that were written
    size_t n_written;
};

void report_rehearsal_text(FILE *out, const struct rehearsal_report *report,
                           const struct report_rehearsal_options *options);
// {"schema": "tminus/rehearse/1", …}
void report_rehearsal_json(FILE *out, const struct rehearsal_report *report,
                           const struct report_rehearsal_options *options);

// --- rehearsal_effects.c: what changed, in lines for people
void report_effects_text(FILE *out, const struct measured_effects *effects,
                         const struct report_rehearsal_options *options);

#endif
