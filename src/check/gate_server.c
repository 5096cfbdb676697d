/*
 * Gates about what goes on in the server: transactions, slots, connections.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "check/gate.h"

// Can the server be asked, and did it say everything? If not, the answer is given.
static bool is_seen(const struct gate_facts *facts, struct gate_answer *out)
{
    out->layer = LAYER_MEASURED;
    out->is_moot = !facts->has_server;
    if (out->is_moot)
        return false;
    if (facts->activity_unknown != NULL) {
        gate_answer(out, STATUS_UNKNOWN, facts->activity_unknown);
        return false;
    }
    return true;
}

// The line that says that others cannot be seen; NULL: they can.
static const struct engine_activity *find_kind(const struct gate_facts *facts, const char *kind)
{
    for (size_t i = 0; i < facts->n_activity; i++)
        if (strcmp(facts->activity[i].kind, kind) == 0)
            return &facts->activity[i];
    return NULL;
}

void judge_long_transactions(TALLOC_CTX *mem, const struct gate_facts *facts,
                             struct gate_answer *out)
{
    size_t n = 0;

    out->expected = "no transaction older than 5 min, nobody waiting for a lock";
    if (!is_seen(facts, out))
        return;
    for (size_t i = 0; i < facts->n_activity; i++) {
        const struct engine_activity *activity = &facts->activity[i];
        bool is_old = strcmp(activity->kind, "transaction") == 0 &&
                      activity->age_ms > PLAN_TRANSACTION_MAX_AGE_MS;
        if (!is_old && strcmp(activity->kind, "waiting") != 0)
            continue;
        n++;
        gate_add_detail(mem, out, activity->text);
    }
    const struct engine_activity *unseen = find_kind(facts, "unknown");
    if (n > 0)
        gate_answer(out, STATUS_FAIL, mem_printf(mem, "%zu in the way", n));
    else if (unseen != NULL)
        gate_answer(out, STATUS_UNKNOWN, unseen->text);
    else
        gate_answer(out, STATUS_PASS, "none");
}

void judge_prepared_transactions(TALLOC_CTX *mem, const struct gate_facts *facts,
                                 struct gate_answer *out)
{
    size_t n = 0;

    out->expected = "none: one keeps its locks until somebody commits it";
    if (!is_seen(facts, out))
        return;
    for (size_t i = 0; i < facts->n_activity; i++) {
        if (strcmp(facts->activity[i].kind, "prepared") != 0)
            continue;
        n++;
        gate_add_detail(mem, out, facts->activity[i].text);
    }
    gate_answer(out, n > 0 ? STATUS_FAIL : STATUS_PASS, n > 0 ? mem_printf(mem, "%zu", n) : "none");
}

void judge_replication_slots(TALLOC_CTX *mem, const struct gate_facts *facts,
                             struct gate_answer *out)
{
    size_t n = 0, n_behind = 0;

    out->expected = "every slot is read by somebody: an idle one keeps all WAL that the change "
                    "writes";
    if (!is_seen(facts, out))
        return;
    for (size_t i = 0; i < facts->n_activity; i++) {
        const struct engine_activity *slot = &facts->activity[i];
        if (strcmp(slot->kind, "slot") != 0)
            continue;
        n++;
        if (strcmp(slot->state, "active") == 0)
            continue;
        n_behind++;
        gate_add_detail(mem, out, slot->text);
    }
    gate_answer(out, n_behind > 0 ? STATUS_FAIL : STATUS_PASS,
                mem_printf(mem, "%zu of %zu not active", n_behind, n));
}

// Source: D6 of the diagnosis catalogue: 80 % warns, 95 % is critical.
#define CONNECTIONS_WARN 0.80
#define CONNECTIONS_FAIL 0.95

void judge_connections(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    long long used, all;

    out->expected = "less than 95 % of max_connections in use";
    if (!is_seen(facts, out))
        return;
    const struct engine_activity *line = find_kind(facts, "connections");
    if (line == NULL || sscanf(line->state, "%lld of %lld", &used, &all) != 2 || all <= 0) {
        gate_answer(out, STATUS_UNKNOWN, "the server does not say");
        return;
    }
    double share = (double)used / (double)all;
    out->has_value = true;
    out->value = share;
    out->detail = line->text;
    gate_answer(out,
                share >= CONNECTIONS_FAIL   ? STATUS_FAIL
                : share >= CONNECTIONS_WARN ? STATUS_WARN
                                            : STATUS_PASS,
                mem_printf(mem, "%lld of %lld in use", used, all));
}
