/*
 * Gates about the change itself: its database, its statements, its data, its risk.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "check/gate.h"

// --- the target

static bool is_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

void judge_target(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    const struct plan_target *planned = &facts->plan->target;
    const struct engine_identity *now = &facts->identity;

    out->layer = LAYER_KNOWN;
    out->expected = planned->text != NULL ? planned->text : "the database that the plan names";
    if (planned->database == NULL)
        gate_answer(out, STATUS_UNKNOWN, "the plan was made without a database");
    else if (!is_same(planned->engine, now->engine) || !is_same(planned->database, now->database) ||
             (planned->system != NULL && !is_same(planned->system, now->system)))
        gate_answer(out, STATUS_FAIL, mem_printf(mem, "another database: %s", now->text));
    else if (now->is_standby)
        gate_answer(out, STATUS_FAIL, "a standby: it replays another server and cannot be written");
    else
        gate_answer(out, STATUS_PASS, now->text);
}

// --- lines of the plan

static const struct plan_section *section_before(const struct gate_facts *facts)
{
    return &facts->plan->sections[PLAN_PRE_DEPLOY];
}

// The plan's own answer to one of its lines.
static void take_step(const struct gate_facts *facts, const char *name, struct gate_answer *out)
{
    const struct plan_section *section = section_before(facts);

    for (size_t i = 0; i < section->n_steps; i++) {
        const struct plan_step *step = &section->steps[i];
        if (strcmp(step->name, name) != 0)
            continue;
        out->expected = step->expected;
        out->detail = step->detail;
        out->layer = step->layer;
        gate_answer(out, step->status,
                    step->observed != NULL ? step->observed : "nothing was asked");
    }
}

void judge_migrations(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    (void)mem;
    take_step(facts, "pre.assess", out);
}

void judge_baseline(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    (void)mem;
    take_step(facts, "pre.baseline", out);
}

static bool is_about_data(const struct plan_step *step)
{
    static const char *const others[] = {"pre.assess", "pre.baseline", "pre.activity"};

    return step->kind == STEP_CHECK && !word_in(step->name, others, COUNT_OF(others));
}

static void add_line(TALLOC_CTX *mem, const struct plan_step *step, struct gate_answer *out)
{
    SCRATCH(tmp);

    gate_add_detail(mem, out,
                    mem_printf(tmp, "%s %s: %s", status_name(step->status), step->title,
                               step->observed != NULL ? step->observed : "nothing was asked"));
}

void judge_data(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    const struct plan_section *section = section_before(facts);
    size_t n = 0, n_failed = 0, n_unknown = 0, n_warned = 0;

    out->layer = LAYER_MEASURED;
    out->expected = "every question and invariant of the plan is answered as it must be";
    for (size_t i = 0; i < section->n_steps; i++) {
        const struct plan_step *step = &section->steps[i];
        if (!is_about_data(step))
            continue;
        n++;
        n_failed += step->status == STATUS_FAIL;
        n_unknown += step->status == STATUS_UNKNOWN && step->is_required;
        n_warned += step->status == STATUS_WARN;
        if (step->status != STATUS_PASS)
            add_line(mem, step, out);
    }
    if (n_failed > 0)
        gate_answer(out, STATUS_FAIL, mem_printf(mem, "%zu of %zu questions failed", n_failed, n));
    else if (n_unknown > 0)
        gate_answer(out, STATUS_UNKNOWN,
                    mem_printf(mem, "%zu of %zu questions have no answer", n_unknown, n));
    else
        gate_answer(out, n_warned > 0 ? STATUS_WARN : STATUS_PASS,
                    n == 0 ? "the change asks nothing of the data"
                           : mem_printf(mem, "%zu of %zu questions answered", n, n));
}

// --- risk

static const struct gate_approval *find_reason(const struct gate_facts *facts)
{
    for (size_t i = 0; i < facts->n_approvals; i++)
        if (facts->approvals[i].reason != NULL)
            return &facts->approvals[i];
    return NULL;
}

void judge_risk(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    const struct gate_approval *reason = find_reason(facts);

    out->layer = LAYER_PREDICTED;
    out->expected = "not high; or a flag that turns it off (gates.risk.flag), or a reason in "
                    "somebody's approval";
    if (facts->risk == RISK_UNKNOWN)
        gate_answer(out, STATUS_UNKNOWN, "the risk is not known: see the gate 'migrations'");
    else if (facts->risk != RISK_HIGH)
        gate_answer(out, STATUS_PASS, mem_printf(mem, "risk %s", risk_name(facts->risk)));
    else if (facts->gates->risk_flag != NULL)
        gate_answer(out, STATUS_PASS,
                    mem_printf(mem, "risk high, behind the flag %s", facts->gates->risk_flag));
    else if (reason != NULL)
        gate_answer(
            out, STATUS_PASS,
            mem_printf(mem, "risk high, accepted by %s: %s", reason->actor, reason->reason));
    else
        gate_answer(out, STATUS_FAIL, "risk high, without a flag or a reason");
}

// --- size

// Source: the runbook, "small changes (< 200 lines)".
#define LINES_MAX 200

void judge_size(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    SCRATCH(tmp);
    const struct gate_size *size = &facts->size;
    int64_t limit = facts->gates->max_lines > 0 ? facts->gates->max_lines : LINES_MAX;

    out->is_configured = facts->gates->max_lines > 0 || facts->gates->size_base != NULL;
    out->layer = LAYER_KNOWN;
    out->expected =
        mem_printf(mem, "at most %lld changed lines, generated ones not counted", (long long)limit);
    for (size_t i = 0; i < size->n_binaries; i++)
        gate_add_detail(mem, out, mem_printf(tmp, "%s is binary: not counted", size->binaries[i]));
    if (!size->is_asked || size->unknown != NULL) {
        gate_answer(out, STATUS_UNKNOWN,
                    size->unknown != NULL ? size->unknown
                                          : "no range is named: --base REV, or gates.size.base");
        return;
    }
    out->has_value = true;
    out->value = (double)size->lines;
    out->unit = "lines";
    gate_answer(out, size->lines > limit ? STATUS_FAIL : STATUS_PASS,
                mem_printf(mem, "%lld lines", (long long)size->lines));
}
