/*
 * Estimates: how long work on every row of a table takes, as a range.
 *
 * A rate is a range itself: from what a fast local disk with a warm cache did to what a loaded,
 * remote one does (docs/plan.md, "Rates"). Nothing is estimated for a table whose size nobody told.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_ESTIMATE_H
#define ANALYSIS_ESTIMATE_H

#include "analysis/schema.h"

#define ESTIMATE_RATES "rates of docs/plan.md"

enum estimate_kind {
    ESTIMATE_SCAN,
    ESTIMATE_REWRITE,
    ESTIMATE_INDEX,
    ESTIMATE_WRITE,
    ESTIMATE_KIND_COUNT
};

// What is done to one table, and how often.
struct work_amount {
    const struct schema_relation *relation; // NULL: not known
    size_t n[ESTIMATE_KIND_COUNT];
    bool writes_some; // the WHERE decides how many rows
};

struct duration {
    double low, high; // seconds
};

struct calibration; // analysis/calibration.h: what a rehearsal measured; NULL: general rates

bool work_is_sized(const struct work_amount *amount);
// Of one that is sized.
struct duration work_duration(const struct work_amount *amount,
                              const struct calibration *calibration);
// Whose rates are taken: ESTIMATE_RATES, or "rates measured on 2026-11-22 (PostgreSQL 15.20 …)".
const char *estimate_basis(TALLOC_CTX *mem, const struct calibration *calibration);
// "index built 2 times, rows changed"; "" where nothing is done.
char *work_words(TALLOC_CTX *mem, const struct work_amount *amount);
char *duration_text(TALLOC_CTX *mem, struct duration duration); // "2 s to 9 s"

// Of a finding about work under a lock.
struct estimate {
    bool is_known;
    int64_t low_ms, high_ms;
    const char *basis;   // "public.emails (2,000,000 rows) read; rates of …"
    bool has_waiting;    // how often the table is written is known
    int64_t waiting_low; // writes that come in meanwhile and wait
    int64_t waiting_high;
    int64_t budget_ms; // that this lock may be held (tminus.yaml); 0: none is set
};

#endif
