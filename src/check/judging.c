/*
 * Judging: see judging.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "check/judging.h"
#include "base/clock.h"
#include "base/text.h"

struct judging {
    TALLOC_CTX *mem;
    const struct gate_facts *facts;
    struct poll_report *report;
};

// --- one gate

static const struct gate_waiver *find_waiver(const struct gate_facts *facts, const char *gate)
{
    for (size_t i = 0; i < facts->n_waivers; i++)
        if (strcmp(facts->waivers[i].gate, gate) == 0 && facts->waivers[i].until_ms > facts->now_ms)
            return &facts->waivers[i];
    return NULL;
}

static bool is_required(const struct gate *gate, const struct gate_facts *facts,
                        const struct gate_answer *answer)
{
    const struct config_gates *gates = facts->gates;

    if (word_in(gate->id, gates->required, gates->n_required))
        return true;
    if (word_in(gate->id, gates->optional, gates->n_optional))
        return false;
    return gate->need == GATE_REQUIRED || (gate->need == GATE_CONFIGURED && answer->is_configured);
}

static bool is_open(enum status status)
{
    return status == STATUS_FAIL || status == STATUS_UNKNOWN || status == STATUS_MANUAL;
}

static char *join(TALLOC_CTX *mem, const char *a, const char *b)
{
    return mem_printf(mem, "%s%s%s", a, b[0] == '\0' ? "" : " ", b);
}

static const char *command_of(const struct judging *judging, const struct gate *gate)
{
    TALLOC_CTX *mem = judging->mem;

    if (gate->verb == NULL)
        return gate->command;
    char *command = join(mem, mem_printf(mem, "tminus %s", gate->verb), judging->facts->options);
    return gate->takes_paths ? join(mem, command, judging->facts->paths) : command;
}

static void waive(TALLOC_CTX *mem, const struct gate_waiver *waiver, struct result *result)
{
    const char *was = result->observed;

    result->detail =
        mem_printf(mem, "%s%s%s", was == NULL ? "" : was, result->detail == NULL ? "" : "\n",
                   result->detail == NULL ? "" : result->detail);
    result->observed = mem_printf(mem, "by %s until %.16s UTC: %s", waiver->actor,
                                  clock_format(waiver->until_ms).text, waiver->reason);
    result->status = STATUS_WAIVED;
}

static bool is_folded(const struct gate_answer *answer, const struct result *result)
{
    return !answer->is_configured && !result->is_required && is_open(result->status) &&
           result->status != STATUS_FAIL;
}

static void add_gate(const struct judging *judging, const struct gate *gate)
{
    TALLOC_CTX *mem = judging->mem;
    struct poll_report *report = judging->report;
    const struct gate_facts *facts = judging->facts;
    struct gate_answer answer = {.status = STATUS_UNKNOWN, .is_configured = true};
    const struct gate_waiver *waiver =
        gate->never_waived == NULL ? find_waiver(facts, gate->id) : NULL;

    gate->judge(mem, facts, &answer);
    if (answer.is_moot)
        return;
    struct result result = {
        .name = gate->id,
        .title = gate->title,
        .status = answer.status,
        .is_required = is_required(gate, facts, &answer),
        .command = command_of(judging, gate),
        .expected = answer.expected,
        .observed = answer.observed,
        .detail = answer.detail,
        .has_value = answer.has_value,
        .value = answer.value,
        .unit = answer.unit,
        .layer = answer.layer,
        .at_ms = facts->now_ms,
    };
    if (is_folded(&answer, &result)) {
        *mem_append(mem, report->not_configured, report->n_not_configured) = gate->id;
        return;
    }
    if (waiver != NULL && is_open(result.status))
        waive(mem, waiver, &result);
    else if (result.status == STATUS_FAIL && !result.is_required)
        result.status = STATUS_WARN;
    *mem_append(mem, report->results.list, report->results.n) = result;
}

// --- all of them

// Worst first: what stops, what holds, what is only told.
static int rank_of(const struct result *result)
{
    switch (result->status) {
    case STATUS_FAIL: return 0;
    case STATUS_UNKNOWN: return result->is_required ? 1 : 5;
    case STATUS_MANUAL: return result->is_required ? 2 : 6;
    case STATUS_WARN: return 3;
    case STATUS_WAIVED: return 4;
    case STATUS_PASS: return 7;
    }
    bug("status %d", (int)result->status);
}

// Stable: within a rank the order of the table stays, which is that of the loss.
static void sort_results(TALLOC_CTX *mem, struct results *results)
{
    struct result *sorted = mem_array(mem, struct result, results->n + 1);
    size_t n = 0;

    for (int rank = 0; rank <= 7; rank++)
        for (size_t i = 0; i < results->n; i++)
            if (rank_of(&results->list[i]) == rank)
                sorted[n++] = results->list[i];
    results->list = sorted;
}

// "backup, rehearsal"
static const char *names_with(TALLOC_CTX *mem, const struct results *results, bool is_failed,
                              size_t *n)
{
    const char *names = "";

    *n = 0;
    for (size_t i = 0; i < results->n; i++) {
        const struct result *result = &results->list[i];
        bool fails = result->status == STATUS_FAIL;
        if (!result->is_required || !is_open(result->status) || fails != is_failed)
            continue;
        names = mem_printf(mem, "%s%s%s", names, *n == 0 ? "" : ", ", result->name);
        (*n)++;
    }
    return names;
}

static const char *reason_of(TALLOC_CTX *mem, const struct results *results)
{
    size_t n_failed, n_open, n_required = 0, n_waived = 0;
    const char *failed = names_with(mem, results, true, &n_failed);
    const char *open = names_with(mem, results, false, &n_open);

    for (size_t i = 0; i < results->n; i++) {
        n_required += results->list[i].is_required;
        n_waived += results->list[i].status == STATUS_WAIVED;
    }
    if (n_failed > 0)
        return mem_printf(mem, "%zu of %zu required gates failed: %s%s%s", n_failed, n_required,
                          failed, n_open > 0 ? "; not answered: " : "", open);
    if (n_open > 0)
        return mem_printf(mem, "%zu of %zu required gates are not answered: %s", n_open, n_required,
                          open);
    if (n_waived > 0)
        return mem_printf(mem, "all %zu required gates passed or were waived (%zu)", n_required,
                          n_waived);
    return mem_printf(mem, "all %zu required gates passed", n_required);
}

static bool check_names(const char *const *names, size_t n, struct error *err)
{
    for (size_t i = 0; i < n; i++)
        if (gate_find(names[i]) == NULL)
            return gate_fail_unknown(names[i], ERROR_CONFIG, err);
    return true;
}

static bool check_optional(const struct config_gates *gates, struct error *err)
{
    TRY(check_names(gates->optional, gates->n_optional, err));
    for (size_t i = 0; i < gates->n_optional; i++) {
        const struct gate *gate = gate_find(gates->optional[i]);
        if (gate->is_fixed)
            return error_set(err, ERROR_CONFIG, "gates.optional: '%s' is always required: %s",
                             gate->id, gate->never_waived);
    }
    return true;
}

bool poll_judge(TALLOC_CTX *mem, const struct gate_facts *facts, struct poll_report *out,
                struct error *err)
{
    const struct config_gates *gates = facts->gates;
    struct poll_report report = {
        .digest = facts->plan->digest.hex,
        .at = mem_strdup(mem, clock_format(facts->now_ms).text),
        .service = facts->plan->service,
        .environment = facts->plan->environment,
        .target = facts->identity.text,
    };
    const struct judging judging = {.mem = mem, .facts = facts, .report = &report};

    TRY(check_names(gates->required, gates->n_required, err));
    TRY(check_optional(gates, err));
    for (size_t i = 0; i < gate_count; i++)
        add_gate(&judging, &gate_table[i]);
    sort_results(mem, &report.results);
    report.verdict = results_verdict(&report.results);
    report.reason = reason_of(mem, &report.results);
    *out = report;
    return true;
}
