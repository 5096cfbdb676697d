/*
 * Restoration: does one schema equal another, and what differs when not.
 *
 * What neither script names is compared too: a down that
 * drops a neighbour is found.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RESTORATION_H
#define ANALYSIS_RESTORATION_H

#include "analysis/schema.h"

struct restoration {
    const char **differences; // "index 'public.i' is missing"
    size_t n;
    const char **reordered; // relations of which nothing but the order of columns differs
    size_t n_reordered;
};

struct restoration *restoration_compare(TALLOC_CTX *mem, const struct schema *target,
                                        const struct schema *actual);

#endif
