/*
 * Findings of one severity by rule.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report/finding_groups.h"

struct finding_group *finding_groups_make(TALLOC_CTX *mem, const struct findings *findings,
                                          enum severity severity, size_t *n)
{
    struct finding_group *groups = NULL;
    *n = 0;
    for (size_t i = 0; i < findings->n; i++) {
        const struct finding *finding = &findings->list[i];
        size_t at = 0;
        if (finding->severity != severity)
            continue;
        while (at < *n && strcmp(groups[at].rule, finding->rule) != 0)
            at++;
        if (at == *n)
            *mem_append(mem, groups, *n) = (struct finding_group){.rule = finding->rule};
        *mem_append(mem, groups[at].list, groups[at].n) = finding;
    }
    return groups;
}
