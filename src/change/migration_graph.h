/*
 * Migration graph: the order of migrations that name their parents instead of counting.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHANGE_MIGRATION_GRAPH_H
#define CHANGE_MIGRATION_GRAPH_H

#include "change/change.h"

struct migration_parents {
    const char **versions;
    size_t n;
};

// Reorder `change` so that each migration stands behind its parents; of those that are free to go,
// the first in the present order goes first. parents[i] belongs to migrations[i]; a parent that is
// not among them was applied earlier. ERROR_INPUT for a circle, naming one of its migrations.
MUST_CHECK bool migration_graph_sort(struct change *change, const struct migration_parents *parents,
                                     struct error *err);

#endif
