/*
 * Questions about INSERT ... SELECT: rows that the target's keys and NOT NULL refuse.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RULES_INSERT_QUESTION_H
#define ANALYSIS_RULES_INSERT_QUESTION_H

#include "analysis/rules/question.h"

// Reports when a copied row may collide with one of the target, or with another copied one.
void report_insert_collisions(struct rule_place *place, const struct query *query);
// Reports each required column that is copied from one that may hold NULL.
void report_insert_nulls(struct rule_place *place, const struct query *query);

#endif
