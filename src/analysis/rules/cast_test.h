/*
 * Cast tests: which values a change of type refuses, as a condition that itself never fails.
 *
 * Before PostgreSQL 16 nothing asks whether a text reads as a type without failing when it does
 * not, so the types' input rules stand here as patterns and ranges.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RULES_CAST_TEST_H
#define ANALYSIS_RULES_CAST_TEST_H

#include "analysis/rules/question.h"

// What is cast: the column, or what USING makes of it.
struct cast_value {
    const char *sql;
    bool is_cast; // USING writes the cast out: `sql` is what stands in front of it
};
struct cast_value cast_value_of(const struct asking *asking, const struct type_name *to);

bool type_is_text(const char *name);
// True for each value that fails; NULL: there is no such test for the two types.
const char *cast_test(const struct rule_place *place, const struct cast_value *value,
                      const struct type_name *from, const struct type_name *to);
// The same for numbers alone; NULL: all of them fit.
const char *cast_test_range(const struct rule_place *place, const char *value,
                            const struct type_name *from, const struct type_name *to);
// What the test counts although the server would take it, for a title; "": nothing.
const char *cast_test_limits(const struct rule_place *place, const struct type_name *from,
                             const struct type_name *to);

#endif
