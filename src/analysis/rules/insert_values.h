/*
 * The literals of INSERT … VALUES held against the checks of their table and against one another.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RULES_INSERT_VALUES_H
#define ANALYSIS_RULES_INSERT_VALUES_H

#include "analysis/rules/rules.h"

// Why rows of `query` are refused whatever else is in the table; NULL: they are not, or nobody can
// tell. `columns` are those that values are given for.
const char *insert_values_refusal(const struct rule_place *place, const struct query *query,
                                  const struct schema_relation *table,
                                  const struct schema_column *const *columns, size_t n_columns);

#endif
