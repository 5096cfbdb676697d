/*
 * Source of the forms: PostgreSQL 15, "partition constraint … is implied by existing constraints"
 * (debug1) for each of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/partition_check.h"
#include "base/text.h"
#include "statement/quoting.h"

static const char *range_check(TALLOC_CTX *mem, const char *column,
                               const struct partition_bound *bound, bool is_inside)
{
    const struct partition_value *from = &bound->values[0], *to = &bound->to[0];
    bool has_from = from->limit == LIMIT_VALUE, has_to = to->limit == LIMIT_VALUE;
    const char *low = mem_printf(mem, "%s %s %s", column, is_inside ? ">=" : "<", from->text);
    const char *high = mem_printf(mem, "%s %s %s", column, is_inside ? "<" : ">=", to->text);
    if (!has_from && !has_to)
        return NULL;
    const char *both = !has_from ? high
                       : !has_to ? low
                                 : mem_printf(mem, "%s %s %s", low, is_inside ? "AND" : "OR", high);
    return is_inside ? mem_printf(mem, "%s IS NOT NULL AND %s", column, both) : both;
}

static const char *list_check(TALLOC_CTX *mem, const char *column,
                              const struct partition_bound *bound, bool is_inside)
{
    const char *values = "";
    for (size_t i = 0; i < bound->n_values; i++) {
        if (bound->values[i].limit != LIMIT_VALUE)
            return NULL;
        values = mem_printf(mem, "%s%s%s", values, i == 0 ? "" : ", ", bound->values[i].text);
    }
    return is_inside ? mem_printf(mem, "%s IS NOT NULL AND %s IN (%s)", column, column, values)
                     : mem_printf(mem, "%s NOT IN (%s)", column, values);
}

const char *partition_check_text(TALLOC_CTX *mem, const struct partition_key *key,
                                 const struct partition_bound *bound, bool is_inside)
{
    if (key == NULL || bound == NULL || key->n_columns != 1 || key->columns[0].column == NULL ||
        key->strategy != bound->strategy || bound->n_values == 0)
        return NULL;
    const char *column = quoting_name(mem, DIALECT_POSTGRES, key->columns[0].column);
    if (key->strategy == PARTITION_RANGE)
        return range_check(mem, column, bound, is_inside);
    return key->strategy == PARTITION_LIST ? list_check(mem, column, bound, is_inside) : NULL;
}
