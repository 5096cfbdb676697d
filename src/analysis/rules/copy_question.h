/*
 * Questions about copies: which rows of INSERT ... SELECT get lost on their way.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RULES_COPY_QUESTION_H
#define ANALYSIS_RULES_COPY_QUESTION_H

#include "analysis/rules/question.h"

// Rows of the first table that do not arrive exactly once. Nothing is asked where the text leaves
// rows out by more than its joins, or cannot be taken apart.
void ask_lost_in_join(struct asking *asking, const struct query *query);
// Rows that collide with one that is there or with one another, by the only key of the target.
void ask_collisions(struct asking *asking, const struct query *query);
// The same by a key of the target that the copy fills, for a copy that fails at the first of them.
void ask_key_collisions(struct asking *asking, const struct query *query,
                        const char *const *columns, size_t n);
// Rows that arrive without a value in the target's column.
void ask_copied_nulls(struct asking *asking, const struct query *query, const char *column);

#endif
