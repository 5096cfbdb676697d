/*
 * Restoration, inside: the comparison that its files share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RESTORATION_COMPARISON_H
#define ANALYSIS_RESTORATION_COMPARISON_H

#include "analysis/name_table.h"
#include "analysis/restoration.h"
#include "base/memory.h"

struct comparison {
    TALLOC_CTX *mem;
    const struct schema *target;
    const struct schema *actual;
    struct restoration *out;
};

// --- restoration_text.c

void differs(struct comparison *comparison, const char *format, ...) PRINTF_LIKE(2, 3);
bool same_text(const char *a, const char *b);
bool same_words(const char *const *a, size_t n_a, const char *const *b, size_t n_b);
// Two expressions or queries, as they were written or as the server prints them.
bool same_sql(const struct comparison *comparison, const char *a, const char *b);
bool same_default(const struct comparison *comparison, const char *a, const char *b);

// --- one function for each kind of part that a relation has

typedef void part_comparison(struct comparison *comparison, const char *table,
                             const struct schema_relation *target,
                             const struct schema_relation *actual);

// restoration_keys.c
part_comparison compare_constraints, compare_indexes;
// restoration_parts.c
part_comparison compare_triggers, compare_members, compare_properties;

// restoration_named.c: what is no relation
void compare_named(struct comparison *comparison);
void compare_publications(struct comparison *comparison);

#endif
