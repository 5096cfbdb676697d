/*
 * Migration graph: the order of migrations that name their parents instead of counting.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/migration_graph.h"

struct graph {
    const struct change *change;
    const struct migration_parents *parents;
    bool *is_placed;
};

static bool is_waiting_for(const struct graph *graph, const char *version)
{
    for (size_t i = 0; i < graph->change->n_migrations; i++)
        if (!graph->is_placed[i] && strcmp(graph->change->migrations[i].version, version) == 0)
            return true;
    return false;
}

static bool is_free(const struct graph *graph, size_t i)
{
    if (graph->is_placed[i])
        return false;
    for (size_t j = 0; j < graph->parents[i].n; j++)
        if (is_waiting_for(graph, graph->parents[i].versions[j]))
            return false;
    return true;
}

static size_t next_free(const struct graph *graph)
{
    size_t i = 0;
    while (i < graph->change->n_migrations && !is_free(graph, i))
        i++;
    return i;
}

static bool refuse_circle(const struct graph *graph, struct error *err)
{
    size_t i = 0;
    while (graph->is_placed[i])
        i++;
    error_set(err, ERROR_INPUT, "%s: the parents of migration %s lead back to itself",
              graph->change->migrations[i].path, graph->change->migrations[i].version);
    return error_hint(err, "mend the parents: each migration must come after those it names");
}

bool migration_graph_sort(struct change *change, const struct migration_parents *parents,
                          struct error *err)
{
    SCRATCH(tmp);
    size_t n = change->n_migrations;
    struct migration *sorted = mem_array(tmp, struct migration, n);
    struct graph graph = {change, parents, mem_array(tmp, bool, n)};
    for (size_t placed = 0; placed < n; placed++) {
        size_t i = next_free(&graph);
        if (i == n)
            return refuse_circle(&graph, err);
        graph.is_placed[i] = true;
        sorted[placed] = change->migrations[i];
    }
    for (size_t i = 0; i < n; i++)
        change->migrations[i] = sorted[i];
    return true;
}
