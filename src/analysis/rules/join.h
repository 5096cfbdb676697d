/*
 * Joins in the text of a statement: which columns of a joined table its partner is found by.
 *
 * The flattened query has the columns of all tables together, and `o.id = e.order_id` must not be
 * taken for a use of `e.id`: so the text's own `alias.column` are read.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RULES_JOIN_H
#define ANALYSIS_RULES_JOIN_H

#include "analysis/rules/rules.h"

struct joined_table {
    const char *alias;    // NULL: it does not stand in the FROM list itself
    bool is_left;         // LEFT JOIN
    const char **columns; // of it, that are compared by = or named by USING
    size_t n_columns;
    bool is_plain; // it is asked about nothing but those
};

// `text`: from FROM or USING on.
struct joined_table join_read(const struct rule_place *place, const char *text, struct name table);
// The text of the statement behind the first of `begins` outside of parentheses, up to the first of
// `ends`; NULL: there is none. Lists of lower-case words, NULL at the end.
const char *join_text(const struct rule_place *place, const char *const *begins,
                      const char *const *ends);

#endif
