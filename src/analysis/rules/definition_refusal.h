/*
 * Parts of the rule on definitions that contradict what is known: why each is refused.
 *
 * NULL: it is not, or nobody can tell. Relations that are passed in are known and not in doubt.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RULES_DEFINITION_REFUSAL_H
#define ANALYSIS_RULES_DEFINITION_REFUSAL_H

#include "analysis/rules/rules.h"

// Of CREATE TABLE, by its own text.
const char *new_table_refusal(const struct rule_place *place, const struct action *create);

// Of PARTITION OF and ATTACH PARTITION: bounds that are empty, taken or of another kind.
const char *bound_refusal(const struct rule_place *place, const struct schema_relation *parent,
                          const struct action *action);
// Of ATTACH PARTITION: columns and checks that differ.
const char *shape_refusal(const struct rule_place *place, const struct schema_relation *parent,
                          const struct schema_relation *child);

// The statement is for another kind of relation.
const char *kind_refusal(const struct schema_relation *relation, const struct action *action);

#endif
