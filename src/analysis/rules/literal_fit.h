/*
 * Literals held against types: whether PostgreSQL refuses to store one in a column, whatever the
 * rows are.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RULES_LITERAL_FIT_H
#define ANALYSIS_RULES_LITERAL_FIT_H

#include "analysis/rules/rules.h"

// Why a column of `type` does not take the literal, as "'abc' is no integer"; NULL: it does, or it
// is not known. `is_stored`: its length and size count, too (a DEFAULT is only measured when used).
const char *literal_misfit(const struct rule_place *place, const struct value *value,
                           const struct type_name *type, bool is_stored);
struct value value_of_expression(const struct expression *expression);

#endif
