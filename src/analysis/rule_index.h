/*
 * The index of rules: which of them have anything to say about a statement, by the kinds of its
 * actions.
 *
 * Most rules look at one or two kinds of action. Asking each of them about each statement costs
 * more than the answers do, and grows with every rule that is added.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RULE_INDEX_H
#define ANALYSIS_RULE_INDEX_H

#include "analysis/rule.h"
#include <stdint.h>

#define RULE_SET_WORDS 4 // rules: 64 a word

struct rule_set {
    uint64_t words[RULE_SET_WORDS]; // bit i: rule_table[i]
};

struct rule_index {
    struct rule_set all;    // of the dialect
    struct rule_set always; // those without kinds
    struct rule_set in_downs;
    struct rule_set of_kind[ACTION_KIND_COUNT];
};

// Not asked about anything.
void rule_index_leave_out(struct rule_index *index, size_t i);
void rule_index_make(struct rule_index *index, enum dialect dialect);
// Rules for a statement; and for a script of them.
struct rule_set rule_index_choose(const struct rule_index *index, const struct statement *statement,
                                  bool is_down);
struct rule_set rule_index_choose_for_script(const struct rule_index *index,
                                             const struct script *script, bool is_down);
bool rule_set_has(const struct rule_set *set, size_t i);
// The next rule of the set from `*at` on; NULL: none. `*at` moves behind it.
const struct rule *rule_set_next(const struct rule_set *set, size_t *at);

#endif
