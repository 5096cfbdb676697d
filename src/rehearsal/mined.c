/*
 * Mined invariants: what nobody wrote down and what held anyway, asked of both copies.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rehearsal/mined.h"
#include "rehearsal/mined_table.h"
#include <stdlib.h>

#define FINDINGS_MAX 20
#define SAMPLES_MAX 5

// --- asking

struct numbers {
    int64_t *list;
    size_t n;
};

static bool take_numbers(void *context, const char *const *names, const struct engine_value *values,
                         size_t n)
{
    struct numbers *numbers = context;
    (void)names;
    for (size_t i = 0; i < n && i < numbers->n; i++)
        numbers->list[i] = values[i].is_null ? 0 : strtoll(values[i].text, NULL, 10);
    return false;
}

// A question that cannot be asked (a type without equality) is no finding; a target that is gone is
// a failure.
static bool is_gone(const struct error *err)
{
    return err->code == ERROR_UNREACHABLE || err->code == ERROR_INTERRUPTED ||
           err->code == ERROR_SYSTEM;
}

bool mining_ask(const struct mining *mining, const struct target *target, const char *sql,
                int64_t *numbers, size_t n, bool *is_known, struct error *err)
{
    struct numbers taken = {numbers, n};
    struct error why = {0};
    (void)mining;
    for (size_t i = 0; i < n; i++)
        numbers[i] = 0;
    *is_known = target->driver->session->query(target->engine, sql, take_numbers, &taken, &why);
    if (*is_known || !is_gone(&why))
        return true;
    *err = why;
    return false;
}

struct samples {
    TALLOC_CTX *mem;
    char *text;
    size_t n;
};

static bool take_sample(void *context, const char *const *names, const struct engine_value *values,
                        size_t n)
{
    struct samples *samples = context;
    (void)names;
    if (n == 0)
        return false;
    samples->text =
        mem_printf(samples->mem, "%s%s%s", samples->text, *samples->text != '\0' ? ", " : "",
                   values[0].is_null ? "NULL" : values[0].text);
    return ++samples->n < SAMPLES_MAX;
}

bool mining_samples(const struct mining *mining, TALLOC_CTX *mem, const char *sql, const char **out,
                    struct error *err)
{
    const struct target *target = mining->request->after;
    struct samples samples = {mem, mem_strdup(mem, ""), 0};
    struct error why = {0};
    if (!target->driver->session->query(target->engine, sql, take_sample, &samples, &why) &&
        is_gone(&why)) {
        *err = why;
        return false;
    }
    *out = samples.text;
    return true;
}

void mining_add(const struct mining *mining, const char *rule, enum severity severity,
                const char *message, const char *hint, const char *evidence)
{
    const struct finding finding = {
        .rule = rule,
        .severity = severity,
        .path = mining->request->path != NULL ? mining->request->path : "",
        .message = message,
        .hint = hint,
        .layer = LAYER_MEASURED,
    };
    findings_add(mining->out, &finding, evidence);
}

// --- the whole

static void take_worst(const struct mining *mining, struct findings *out)
{
    findings_sort(mining->out);
    for (size_t i = 0; i < mining->out->n && i < FINDINGS_MAX; i++)
        findings_add(out, &mining->out->list[i], mining->out->list[i].message);
}

bool mined_find(TALLOC_CTX *mem, const struct mined_request *request, struct findings *out,
                struct error *err)
{
    struct findings *found = mem_new(mem, struct findings);
    struct mining mining = {.mem = mem, .request = request, .out = found};
    found->mem = mem;
    mined_tables_gather(mem, request, &mining.tables);
    for (size_t i = 0; i < mining.tables.n; i++) {
        const struct mined_table *table = &mining.tables.list[i];
        TRY(mine_filled(&mining, table, err));
        TRY(mine_rebuilt(&mining, table, err));
        if (!mined_table_is_touched(table))
            continue;
        TRY(mine_columns(&mining, table, err));
        TRY(mine_presence(&mining, table, err));
    }
    TRY(mine_relations(&mining, err));
    mine_names(&mining);
    mine_doubled(&mining);
    TRY(mine_sequences(&mining, "", err));
    TRY(mine_stored(&mining, err));
    take_worst(&mining, out);
    return true;
}

bool mined_find_back(TALLOC_CTX *mem, const struct mined_request *request, struct findings *out,
                     struct error *err)
{
    struct findings *found = mem_new(mem, struct findings);
    const struct mining mining = {.mem = mem, .request = request, .out = found};
    found->mem = mem;
    TRY(mine_sequences(&mining, "after the downs, ", err));
    take_worst(&mining, out);
    return true;
}
