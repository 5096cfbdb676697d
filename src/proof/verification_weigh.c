/*
 * Derived invariants in the light of what the tables came to.
 *
 * Numbers of groups, rows and keys move under traffic. Where the rows themselves were compared and
 * every difference has its writer, they say nothing more; where they say more, and others wrote
 * meanwhile, it is not known who moved them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/sql.h"
#include "proof/verification.h"

static const struct comparison *find_table(const struct verification *made, const char *table)
{
    SCRATCH(tmp);

    for (size_t i = 0; table != NULL && i < made->n_tables; i++) {
        const struct comparison *comparison = &made->tables[i];
        if (strcmp(sql_shown(tmp, comparison->before->name), table) == 0 ||
            (comparison->after.name != NULL &&
             strcmp(sql_shown(tmp, comparison->after), table) == 0))
            return comparison;
    }
    return NULL;
}

static bool is_moved(const struct comparison *comparison)
{
    return comparison->is_told &&
           (comparison_by_traffic(comparison) > 0 || comparison->is_traffics ||
            comparison_status(comparison) == STATUS_UNKNOWN);
}

static bool is_any_moved(const struct verification *made)
{
    for (size_t i = 0; i < made->n_tables; i++)
        if (is_moved(&made->tables[i]))
            return true;
    return false;
}

// Counts of a column that the migration does not write: the rows' comparison knows better.
static void weigh_groups(TALLOC_CTX *mem, const struct comparison *table, struct result *result)
{
    const char *traffic = verification_traffic_text(mem, table);
    enum status status = comparison_status(table);

    if (status == STATUS_FAIL || !is_moved(table))
        return;
    result->status = status;
    result->observed = status == STATUS_PASS ? "differ by what traffic wrote" : "unknown";
    result->detail =
        mem_printf(mem, "%s%s%s", result->detail == NULL ? "" : result->detail,
                   traffic == NULL ? "" : "; by traffic: ", traffic == NULL ? "" : traffic);
}

void verification_weigh(TALLOC_CTX *mem, const struct verification *made,
                        const struct invariants *invariants, struct results *results)
{
    for (size_t i = 0; i < results->n; i++) {
        struct result *result = &results->list[i];
        const struct invariant *invariant = invariants_find(invariants, result->name);
        if (result->status != STATUS_FAIL || invariant == NULL || invariant->catalogue == NULL ||
            (invariant->kind != INVARIANT_SAME && invariant->kind != INVARIANT_KEYS_KEPT))
            continue;
        const struct comparison *table = find_table(made, invariant->table);
        if (strcmp(invariant->catalogue, "I16") == 0) {
            if (table != NULL)
                weigh_groups(mem, table, result);
        } else if (invariant->offenders == NULL && is_any_moved(made)) {
            result->status = STATUS_UNKNOWN;
            result->detail = mem_printf(
                mem, "%s%sothers wrote to the tables meanwhile, and it cannot be told who moved it",
                result->detail == NULL ? "" : result->detail, result->detail == NULL ? "" : "; ");
        }
    }
}

// --- what nobody can attribute

// Rows that differ, and the engine does not say who wrote them. A row that stands twice, and
// another table than the change leaves, are nobody's traffic.
static bool is_untold(const struct comparison *comparison)
{
    return !comparison->is_told && comparison->damage == NULL && comparison->doubled.keys == 0 &&
           comparison_unattributed(comparison) > 0;
}

static const struct comparison *find_judged(const struct verification *made, const char *name)
{
    SCRATCH(tmp);

    for (size_t i = 0; i < made->n_tables; i++)
        if (strcmp(verification_table_name(tmp, &made->tables[i]), name) == 0)
            return &made->tables[i];
    return NULL;
}

static bool is_any_untold(const struct verification *made)
{
    for (size_t i = 0; i < made->n_tables; i++)
        if (is_untold(&made->tables[i]))
            return true;
    return false;
}

// Numbers of groups, rows and keys that such rows move.
static bool moves_with_rows(const struct verification *made, const struct invariant *invariant)
{
    if (invariant == NULL || invariant->catalogue == NULL ||
        (invariant->kind != INVARIANT_SAME && invariant->kind != INVARIANT_KEYS_KEPT))
        return false;
    const struct comparison *table = find_table(made, invariant->table);
    return table == NULL ? is_any_untold(made) : is_untold(table);
}

const struct result *verification_decisive(const struct verification *made,
                                           const struct invariants *invariants)
{
    for (size_t i = 0; i < made->invariants.n; i++) {
        const struct result *result = &made->invariants.list[i];
        if (result->status != STATUS_FAIL || !result->is_required)
            continue;
        const struct comparison *judged = find_judged(made, result->name);
        if (judged != NULL ? !is_untold(judged)
                           : !moves_with_rows(made, invariants_find(invariants, result->name)))
            return result;
    }
    return NULL;
}
