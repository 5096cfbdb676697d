/*
 * Gates about people: who signed this plan.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "check/gate.h"

// Without a way back, and where tminus.yaml counts approvals, one's own does not count.
static bool needs_others(const struct gate_facts *facts)
{
    enum rollback_class class = facts->plan->rollback.class;

    return facts->gates->approvals > 0 || class == ROLLBACK_PARTIAL ||
           class == ROLLBACK_IRREVERSIBLE;
}

static const char *expected_text(TALLOC_CTX *mem, size_t wanted, bool is_others, const char *actor)
{
    if (!is_others)
        return "one person signed the plan's digest";
    return mem_printf(mem, "%zu %s than %s signed the plan's digest", wanted,
                      wanted == 1 ? "person other" : "people other", actor);
}

void judge_approved(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    SCRATCH(tmp);
    size_t wanted = facts->gates->approvals > 0 ? (size_t)facts->gates->approvals : 1;
    bool is_others = needs_others(facts);
    size_t n = is_others ? gate_other_people(facts) : facts->n_approvals;

    out->layer = LAYER_KNOWN;
    out->expected = expected_text(mem, wanted, is_others, facts->actor);
    for (size_t i = 0; i < facts->n_approvals; i++) {
        const struct gate_approval *approval = &facts->approvals[i];
        gate_add_detail(mem, out,
                        mem_printf(tmp, "%s, %s%s%s", approval->actor,
                                   gate_ago(tmp, facts, approval->at_ms),
                                   approval->reason == NULL ? "" : ": ",
                                   approval->reason == NULL ? "" : approval->reason));
    }
    if (n >= wanted)
        gate_answer(out, STATUS_PASS, mem_printf(mem, "signed by %zu", n));
    else if (n > 0)
        gate_answer(out, STATUS_UNKNOWN, mem_printf(mem, "signed by %zu of %zu", n, wanted));
    else if (facts->n_approvals > 0)
        gate_answer(out, STATUS_UNKNOWN, "signed by nobody else than who launches");
    else
        gate_answer(out, STATUS_UNKNOWN,
                    facts->n_void > 0 ? "what was signed is another plan than this: it is void"
                                      : "signed by nobody");
}
