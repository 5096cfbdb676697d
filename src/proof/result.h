/*
 * Results: what a check found, with everything that a reader needs to see the same.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROOF_RESULT_H
#define PROOF_RESULT_H

#include "analysis/assessment.h"
#include "base/json.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum status { STATUS_PASS, STATUS_WARN, STATUS_FAIL, STATUS_UNKNOWN, STATUS_WAIVED, STATUS_MANUAL };
const char *status_name(enum status status); // "PASS" …

struct result {
    const char *name;  // stable id
    const char *title; // for people
    enum status status;
    bool is_required;
    const char *command;  // what a person would type to see the same
    const char *expected; // text for people
    const char *observed;
    bool has_value;
    double value;
    const char *unit;   // "rows", NULL
    const char *detail; // samples, keys, the reason of UNKNOWN; may have lines; NULL
    enum layer layer;
    int64_t took_ms;
    int64_t at_ms; // wall clock
};

struct results {
    struct result *list;
    size_t n;
};

// Required results: any FAIL → NO_GO, else any UNKNOWN or MANUAL → HOLD, else GO; no result at all
// → HOLD.
enum verdict results_verdict(const struct results *results);

// RESULT of man/tminus-verify.1. `at`: RFC 3339; NULL: nothing was asked, and there is no layer.
json_t *result_to_json(const struct result *result, const char *at);

// What a terminal shows them in.
#define COLOR_PLAIN "\033[0m"
const char *status_color(enum status status);
const char *verdict_color(enum verdict verdict);

#endif
