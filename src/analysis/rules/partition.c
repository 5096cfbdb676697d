/*
 * Rules on partitions and inheritance: rows that leave a table with the child that holds them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"

// A later statement puts the child under a parent again, or drops it (and is told as that).
static bool comes_back(const struct rule_place *place, struct name child)
{
    for (size_t i = place->index + 1; i < place->script->n_statements; i++) {
        const struct statement *statement = &place->script->statements[i];
        for (size_t j = 0; j < statement->n_actions; j++) {
            const struct action *action = &statement->actions[j];
            if ((action->kind == ACTION_ATTACH_PARTITION && name_may_equal(action->other, child)) ||
                ((action->kind == ACTION_INHERIT || action->kind == ACTION_DROP) &&
                 name_may_equal(action->relation, child)))
                return true;
        }
    }
    return false;
}

static void child_leaves(struct rule_place *place, const struct action *action)
{
    bool is_partition = action->kind == ACTION_DETACH_PARTITION;
    if (!is_partition && action->kind != ACTION_NO_INHERIT)
        return;
    struct name child = is_partition ? action->other : action->relation;
    struct name parent = is_partition ? action->relation : action->other;
    const struct schema_relation *relation = schema_find(place->before, child);
    if (place_is_new(place, child) || place_has_no_rows(place, child) || comes_back(place, child))
        return;
    rule_report(place, "rows of %s are no rows of %s any more (%s)", place_name(place, child),
                place_name(place, parent), size_text(place->mem, relation));
}

static void check_child_leaves(struct rule_place *place)
{
    place_each_action(place, child_leaves);
}

// --- rows

const struct rule rule_partition_detached = {
    .id = "partition-detached",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES,
    .summary = "DETACH PARTITION or NO INHERIT of a table that has rows",
    .why = "Queries of the parent do not see its rows any more, sums and foreign keys to it "
           "change, and no error says so.",
    .safe_form = "prove that nobody asks the parent for these rows, keep the table, note how many "
                 "rows left",
    .source = "PostgreSQL 15 manual, Table Partitioning",
    .kinds = {ACTION_DETACH_PARTITION, ACTION_NO_INHERIT},
    .check = check_child_leaves,
};
