/*
 * Findings of one severity by rule: what is said often is said once, with its places.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REPORT_FINDING_GROUPS_H
#define REPORT_FINDING_GROUPS_H

#include "analysis/finding.h"

struct finding_group {
    const char *rule;
    const struct finding **list; // in the order of the findings
    size_t n;
};

// The rules in the order in which each comes first. The array is a child of `mem`.
struct finding_group *finding_groups_make(TALLOC_CTX *mem, const struct findings *findings,
                                          enum severity severity, size_t *n);

#endif
