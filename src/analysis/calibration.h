/*
 * Calibration: how fast work on rows was when a rehearsal measured it, in place of general rates.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_CALIBRATION_H
#define ANALYSIS_CALIBRATION_H

#include "analysis/estimate.h"

// How many times as long work may take on the target as what was measured says: its cache is cold,
// others use the disk too, and an index grows by more than its rows (docs/measured-run.md).
#define CALIBRATION_SLOWER 3.0

struct calibration_rate {
    double bytes_per_s, rows_per_s; // 0: not measured
    const char *taken_at;           // "2026-11-22T14:00:00.000Z"
    const char *machine;            // "PostgreSQL 15.20 on 2 cores"
};

struct calibration {
    struct calibration_rate rates[ESTIMATE_KIND_COUNT];
};

const char *estimate_kind_name(enum estimate_kind kind); // "scan" "rewrite" "index" "write"

#endif
