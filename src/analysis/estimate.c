/*
 * Estimates: see estimate.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/estimate.h"
#include "analysis/calibration.h"
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

const char *estimate_kind_name(enum estimate_kind kind)
{
    static const char *const names[ESTIMATE_KIND_COUNT] = {
        [ESTIMATE_SCAN] = "scan",
        [ESTIMATE_REWRITE] = "rewrite",
        [ESTIMATE_INDEX] = "index",
        [ESTIMATE_WRITE] = "write",
    };
    return names[kind];
}

// Of a kind of work by bytes or rows: what a rehearsal measured and down to a part of it, or
// general rates.
static struct duration rate_of(enum estimate_kind kind, bool by_bytes,
                               const struct calibration *calibration)
{
    const struct rate *general = &rates[kind];
    const struct calibration_rate *measured = calibration ? &calibration->rates[kind] : NULL;
    double rate = measured == NULL ? 0 : by_bytes ? measured->bytes_per_s : measured->rows_per_s;
    if (rate > 0)
        return (struct duration){rate, rate / CALIBRATION_SLOWER};
    if (by_bytes)
        return (struct duration){general->bytes_fast, general->bytes_slow};
    return (struct duration){general->rows_fast, general->rows_slow};
}

struct duration work_duration(const struct work_amount *amount,
                              const struct calibration *calibration)
{
    const struct schema_relation *relation = amount->relation;
    struct duration sum = {0, 0};

    for (size_t i = 0; i < ESTIMATE_KIND_COUNT; i++) {
        enum estimate_kind kind = (enum estimate_kind)i;
        bool by_bytes = prefers_bytes(relation, kind);
        double size = (double)(by_bytes ? relation->bytes : relation->rows) * (double)amount->n[i];
        // Of rows that a WHERE chooses there may be none: they are looked for all the same.
        bool may_be_none = kind == ESTIMATE_WRITE && amount->writes_some;
        enum estimate_kind at_least = may_be_none ? ESTIMATE_SCAN : kind;
        sum.low += size / rate_of(at_least, by_bytes, calibration).low;
        sum.high += size / rate_of(kind, by_bytes, calibration).high;
    }
    return sum;
}

const char *estimate_basis(TALLOC_CTX *mem, const struct calibration *calibration)
{
    const struct calibration_rate *last = NULL;
    size_t n = 0;
    for (size_t i = 0; calibration != NULL && i < ESTIMATE_KIND_COUNT; i++) {
        const struct calibration_rate *rate = &calibration->rates[i];
        if (rate->bytes_per_s <= 0 && rate->rows_per_s <= 0)
            continue;
        last = last == NULL || strcmp(rate->taken_at, last->taken_at) > 0 ? rate : last;
        n++;
    }
    if (last == NULL)
        return ESTIMATE_RATES;
    return mem_printf(mem, "rates that a rehearsal measured on %.10s (%s)%s",
                      last->taken_at, last->machine,
                      n < ESTIMATE_KIND_COUNT ? ", else " ESTIMATE_RATES : "");
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
