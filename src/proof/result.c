/*
 * Results: statuses as names and colours, results as JSON, and the verdict over many.
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

json_t *result_to_json(const struct result *result, const char *at)
{
    json_t *object = json_object();

    json_put_text(object, "name", result->name);
    json_put_text(object, "title", result->title);
    json_put_text(object, "status", status_name(result->status));
    json_put_bool(object, "required", result->is_required);
    json_put_text(object, "command", result->command);
    json_put_text(object, "expected", result->expected);
    json_put_text(object, "observed", result->observed);
    json_put(object, "value", result->has_value ? json_real(result->value) : json_null());
    json_put_text(object, "unit", result->unit);
    json_put_text(object, "detail", result->detail);
    json_put_text(object, "layer", at == NULL ? NULL : layer_name(result->layer));
    json_put_integer(object, "took_ms", result->took_ms);
    json_put_text(object, "at", at);
    return object;
}

// A person's decision stands apart from what was seen.
const char *status_color(enum status status)
{
    switch (status) {
    case STATUS_PASS: return "\033[32m";
    case STATUS_WARN: return "\033[33m";
    case STATUS_FAIL: return "\033[1;31m";
    case STATUS_UNKNOWN: return "\033[1;33m";
    case STATUS_WAIVED:
    case STATUS_MANUAL: return "\033[36m";
    }
    bug("status %d", (int)status);
}

const char *verdict_color(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_GO: return "\033[1;32m";
    case VERDICT_NO_GO: return "\033[1;31m";
    case VERDICT_HOLD: return "\033[1;33m";
    }
    bug("verdict %d", (int)verdict);
}
