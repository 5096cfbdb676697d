/*
 * Estimates: see estimate.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/estimate.h"
#include "base/quantity.h"

#define MB (1024.0 * 1024.0)

struct rate {
    const char *words;
    double bytes_fast, bytes_slow; // a second
    double rows_fast, rows_slow;
};

// Source: docs/plan.md, "Rates".
static const struct rate rates[ESTIMATE_KIND_COUNT] = {
    [ESTIMATE_SCAN] = {"read", 1000 * MB, 100 * MB, 5e6, 5e5},
    [ESTIMATE_REWRITE] = {"written anew with its indexes", 200 * MB, 30 * MB, 1e6, 1.5e5},
    [ESTIMATE_INDEX] = {"index built", 200 * MB, 30 * MB, 2e6, 2e5},
    [ESTIMATE_WRITE] = {"rows changed", 100 * MB, 5 * MB, 2e5, 2e4},
};

bool work_is_sized(const struct work_amount *amount)
{
    return amount->relation != NULL &&
           (amount->relation->rows >= 0 || amount->relation->bytes >= 0);
}

static bool prefers_bytes(const struct schema_relation *relation, enum estimate_kind kind)
{
    // Each changed row is found, logged and indexed: rows count more than bytes.
    return relation->bytes >= 0 && (kind != ESTIMATE_WRITE || relation->rows < 0);
}

struct duration work_duration(const struct work_amount *amount)
{
    const struct schema_relation *relation = amount->relation;
    struct duration sum = {0, 0};

    for (size_t i = 0; i < ESTIMATE_KIND_COUNT; i++) {
        bool by_bytes = prefers_bytes(relation, (enum estimate_kind)i);
        double size = (double)(by_bytes ? relation->bytes : relation->rows) * (double)amount->n[i];
        // Of rows that a WHERE chooses there may be none: they are looked for all the same.
        const struct rate *fast =
            &rates[i == ESTIMATE_WRITE && amount->writes_some ? ESTIMATE_SCAN : i];
        sum.low += size / (by_bytes ? fast->bytes_fast : fast->rows_fast);
        sum.high += size / (by_bytes ? rates[i].bytes_slow : rates[i].rows_slow);
    }
    return sum;
}

char *work_words(TALLOC_CTX *mem, const struct work_amount *amount)
{
    char *text = mem_strdup(mem, "");

    for (size_t i = 0; i < ESTIMATE_KIND_COUNT; i++) {
        if (amount->n[i] == 0)
            continue;
        const char *times = amount->n[i] == 1 ? "" : mem_printf(mem, " %zu times", amount->n[i]);
        text =
            mem_printf(mem, "%s%s%s%s", text, text[0] == '\0' ? "" : ", ", rates[i].words, times);
    }
    return text;
}

char *duration_text(TALLOC_CTX *mem, struct duration duration)
{
    if (duration.high <= 1)
        return mem_strdup(mem, "under 1 s");
    const char *low = quantity_duration(mem, (int64_t)(duration.low * 1000));
    const char *high = quantity_duration(mem, (int64_t)(duration.high * 1000));
    if (duration.low < 1 && duration.high > 10 * duration.low)
        return mem_printf(mem, "up to %s", high);
    return strcmp(low, high) == 0 ? mem_strdup(mem, high) : mem_printf(mem, "%s to %s", low, high);
}
