/*
 * Checks as texts: the plain comparisons of one column with literals that a CHECK joins by AND.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RULES_CHECK_TEXT_H
#define ANALYSIS_RULES_CHECK_TEXT_H

#include "analysis/rules/rules.h"

enum comparison {
    COMPARISON_ONE_OF, // IN, = ANY, =
    COMPARISON_NONE_OF,
    COMPARISON_LESS,
    COMPARISON_LESS_OR_EQUAL,
    COMPARISON_GREATER,
    COMPARISON_GREATER_OR_EQUAL,
    COMPARISON_NOT_NULL
};

// One part of a CHECK that every row must pass.
struct check_part {
    const char *column;
    enum comparison comparison;
    const char **literals; // without quotes
    size_t n_literals;
    const char *text; // as it is written
};

// The parts that are such comparisons, under `mem`; others are left out.
struct check_part *check_parts(TALLOC_CTX *mem, const char *check, size_t *n);

// Surely not true of a value that a column of `type` is given; unknown is no.
bool check_part_refuses(const struct rule_place *place, const struct check_part *part,
                        const struct type_name *type, const struct value *value);

#endif
