/*
 * Results: names of statuses, and the verdict over many.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof/result.h"

const char *status_name(enum status status)
{
    static const char *const names[] = {
        [STATUS_PASS] = "PASS",       [STATUS_WARN] = "WARN",     [STATUS_FAIL] = "FAIL",
        [STATUS_UNKNOWN] = "UNKNOWN", [STATUS_WAIVED] = "WAIVED", [STATUS_MANUAL] = "MANUAL",
    };
    return names[status];
}

enum verdict results_verdict(const struct results *results)
{
    enum verdict verdict = results->n == 0 ? VERDICT_HOLD : VERDICT_GO;

    for (size_t i = 0; i < results->n; i++) {
        const struct result *result = &results->list[i];
        if (!result->is_required)
            continue;
        if (result->status == STATUS_FAIL)
            return VERDICT_NO_GO;
        if (result->status == STATUS_UNKNOWN || result->status == STATUS_MANUAL)
            verdict = VERDICT_HOLD;
    }
    return verdict;
}
