/*
 * Automatic casts: whether the server turns values of one type into another by itself, as ALTER
 * COLUMN TYPE without USING asks it to.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RULES_AUTOMATIC_CAST_H
#define ANALYSIS_RULES_AUTOMATIC_CAST_H

#include "analysis/rules/rules.h"

// Why ALTER COLUMN TYPE fails on any data, by the types alone; NULL: it does not, or nobody can
// tell.
const char *type_change_refusal(const struct rule_place *place, const struct schema_column *column,
                                const struct action *action);

#endif
