/*
 * Estimates from a measured run: how long each statement takes at the target's size, and the rates
 * that this machine worked at.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REHEARSAL_ESTIMATE_SCALE_H
#define REHEARSAL_ESTIMATE_SCALE_H

#include "analysis/calibration.h"
#include "rehearsal/rehearsal_report.h"

struct estimate_scale_request {
    const struct measured_run *run;
    const struct schema *copy;             // before the run, with sizes
    const struct schema *target;           // with sizes; NULL: it is not known
    const struct calibration *calibration; // of earlier rehearsals; NULL: none
};

// Of every statement that works on rows, and of the whole run ("up") last. What nothing says the
// size of is left out of neither: its `high_s` is below 0, and `basis` says why.
void estimate_scale(TALLOC_CTX *mem, const struct estimate_scale_request *request,
                    struct rehearsal_estimate **out, size_t *n);
// Work that took far longer than general rates say, as findings.
void estimate_contradictions(const struct estimate_scale_request *request, struct findings *out);
// Put the rates of this run into `calibration`, where it worked on enough to tell.
void estimate_calibrate(TALLOC_CTX *mem, const struct estimate_scale_request *request,
                        const char *machine, const char *taken_at, struct calibration *calibration);

#endif
