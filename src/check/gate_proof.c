/*
 * Gates about what is proven: the rehearsal, its effects, the way back, backups.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"
#include "check/gate.h"

// --- the rehearsal

void judge_rehearsal(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    SCRATCH(tmp);
    const struct gate_rehearsal *rehearsal = &facts->rehearsal;
    int64_t limit_ms = facts->gates->rehearsal_max_age_ms;

    out->layer = LAYER_MEASURED;
    out->expected = mem_printf(mem, "a rehearsal of just these migrations with GO, younger than %s",
                               quantity_duration(tmp, limit_ms));
    if (gate_has_no_migration(facts, out))
        return;
    if (!rehearsal->is_there) {
        gate_answer(out, STATUS_UNKNOWN,
                    rehearsal->has_other ? "the last rehearsal was of other migrations than these"
                                         : "never rehearsed");
        return;
    }
    const char *when = gate_ago(tmp, facts, rehearsal->at_ms);
    out->detail = rehearsal->why;
    if (rehearsal->verdict == VERDICT_NO_GO)
        gate_answer(out, STATUS_FAIL, mem_printf(mem, "rehearsed %s: NO-GO", when));
    else if (rehearsal->verdict == VERDICT_HOLD)
        gate_answer(out, STATUS_UNKNOWN, mem_printf(mem, "rehearsed %s: HOLD", when));
    else if (facts->now_ms - rehearsal->at_ms > limit_ms)
        gate_answer(out, STATUS_FAIL, mem_printf(mem, "rehearsed %s: too old", when));
    else
        gate_answer(out, STATUS_PASS, mem_printf(mem, "rehearsed %s: GO", when));
}

// --- effects

static const char *effects_problem(const struct gate_effects *effects)
{
    if (!effects->is_there)
        return "there is none; tminus rehearse --write makes it, for review";
    if (!effects->was_compared)
        return "no rehearsal compared it as it is now";
    return effects->was_different ? "the rehearsal did something else than it says" : NULL;
}

void judge_effects(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    SCRATCH(tmp);
    size_t n_different = 0, n_open = 0;

    out->layer = LAYER_MEASURED;
    out->expected = "an effects file beside each migration, equal to what the rehearsal did";
    if (gate_has_no_migration(facts, out))
        return;
    for (size_t i = 0; i < facts->n_effects; i++) {
        const struct gate_effects *effects = &facts->effects[i];
        const char *problem = effects_problem(effects);
        bool is_different = effects->is_there && effects->was_compared && effects->was_different;
        n_different += is_different;
        n_open += problem != NULL && !is_different;
        if (problem != NULL)
            gate_add_detail(mem, out, mem_printf(tmp, "%s: %s", effects->path, problem));
    }
    if (n_different > 0)
        gate_answer(out, STATUS_FAIL,
                    mem_printf(mem, "%zu of %zu effects files say something else than happened",
                               n_different, facts->n_effects));
    else if (n_open > 0 || facts->n_effects == 0)
        gate_answer(out, STATUS_UNKNOWN,
                    mem_printf(mem, "%zu of %zu effects files are missing or were not compared",
                               n_open, facts->n_effects));
    else
        gate_answer(out, STATUS_PASS, mem_printf(mem, "%zu approved", facts->n_effects));
}

// --- the way back

// A reason of somebody else than who launches.
static const struct gate_approval *find_acceptance(const struct gate_facts *facts)
{
    for (size_t i = 0; i < facts->n_approvals; i++) {
        const struct gate_approval *approval = &facts->approvals[i];
        if (approval->reason != NULL && strcmp(approval->actor, facts->actor) != 0)
            return approval;
    }
    return NULL;
}

void judge_rollback(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    const struct plan_rollback *rollback = &facts->plan->rollback;
    const char *class = rollback_class_name(rollback->class);
    const struct gate_approval *acceptance = find_acceptance(facts);

    out->layer = rollback->layer;
    out->detail = rollback->reason;
    out->expected =
        "round_trip, undo_log, dual_write or backup; or a second person approved with a reason";
    if (gate_has_no_migration(facts, out))
        return;
    if (rollback->class == ROLLBACK_UNKNOWN)
        gate_answer(out, STATUS_UNKNOWN, "the way back is not known");
    else if (rollback->class != ROLLBACK_PARTIAL && rollback->class != ROLLBACK_IRREVERSIBLE)
        gate_answer(out, STATUS_PASS,
                    mem_printf(mem, "%s, %s", class, layer_name(rollback->layer)));
    else if (acceptance != NULL)
        gate_answer(out, STATUS_PASS,
                    mem_printf(mem, "%s, accepted by %s: %s", class, acceptance->actor,
                               acceptance->reason));
    else
        gate_answer(
            out, STATUS_FAIL,
            mem_printf(mem, "%s, and nobody but %s could have accepted it", class, facts->actor));
}

void judge_down(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    SCRATCH(tmp);
    const struct gate_rehearsal *rehearsal = &facts->rehearsal;

    out->layer = LAYER_MEASURED;
    out->expected = "a rehearsal took the way back, and schema and data were as before";
    if (gate_has_no_migration(facts, out))
        return;
    const char *when = gate_ago(tmp, facts, rehearsal->at_ms);
    if (!rehearsal->is_there)
        gate_answer(out, STATUS_UNKNOWN, "these migrations were not rehearsed");
    else if (rehearsal->schema_restored == STATUS_FAIL)
        gate_answer(out, STATUS_FAIL,
                    mem_printf(mem, "rehearsed %s: the schema did not come back", when));
    else if (facts->plan->rollback.class == ROLLBACK_UNDO_LOG)
        gate_answer(out, STATUS_PASS, mem_printf(mem, "rehearsed %s, with the undo log", when));
    else if (rehearsal->data_restored == STATUS_FAIL)
        gate_answer(out, STATUS_FAIL,
                    mem_printf(mem, "rehearsed %s: the data did not come back", when));
    else if (rehearsal->schema_restored != STATUS_PASS || rehearsal->data_restored != STATUS_PASS)
        gate_answer(out, STATUS_UNKNOWN,
                    mem_printf(mem, "rehearsed %s: it could not be told", when));
    else
        gate_answer(out, STATUS_PASS, mem_printf(mem, "rehearsed %s", when));
}

// --- backups

void judge_backup(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    SCRATCH(tmp);
    const struct gate_backup *backup = &facts->backup;
    int64_t limit_ms = facts->limits->max_age_ms;

    out->layer = LAYER_KNOWN;
    out->expected = mem_printf(mem, "a backup of this database, younger than %s",
                               quantity_duration(tmp, limit_ms));
    if (gate_has_no_migration(facts, out))
        return;
    const char *when = gate_ago(tmp, facts, backup->taken_ms);
    if (!backup->is_configured)
        gate_answer(out, STATUS_UNKNOWN, "tminus.yaml does not say how backups are taken: backup:");
    else if (backup->unknown != NULL)
        gate_answer(out, STATUS_UNKNOWN, backup->unknown);
    else if (!backup->is_there)
        gate_answer(out, STATUS_FAIL, "there is none");
    else if (backup->damage != NULL)
        gate_answer(out, STATUS_FAIL, mem_printf(mem, "%s: %s", backup->id, backup->damage));
    else if (backup->is_of_other)
        gate_answer(out, STATUS_FAIL, mem_printf(mem, "%s is of another system", backup->id));
    else if (facts->now_ms - backup->taken_ms > limit_ms)
        gate_answer(out, STATUS_FAIL, mem_printf(mem, "%s, taken %s", backup->id, when));
    else
        gate_answer(out, STATUS_PASS, mem_printf(mem, "%s, taken %s", backup->id, when));
}

void judge_restore_proof(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    SCRATCH(tmp);
    const struct gate_backup *backup = &facts->backup;
    int64_t limit_ms = facts->limits->max_restore_proof_age_ms;

    out->is_configured = backup->is_configured;
    out->layer = LAYER_MEASURED;
    out->expected = mem_printf(mem, "a backup was restored and equal, less than %s ago",
                               quantity_duration(tmp, limit_ms));
    if (gate_has_no_migration(facts, out))
        return;
    const char *when = gate_ago(tmp, facts, backup->proven_ms);
    if (!backup->is_configured)
        gate_answer(out, STATUS_UNKNOWN, "no backups are configured");
    else if (backup->unknown != NULL)
        gate_answer(out, STATUS_UNKNOWN, backup->unknown);
    else if (backup->proven_ms < 0)
        gate_answer(out, STATUS_UNKNOWN, "none of the backups that are there was ever restored");
    else if (backup->proof == VERDICT_NO_GO)
        gate_answer(out, STATUS_FAIL, mem_printf(mem, "restored %s: NOT equal", when));
    else if (backup->proof == VERDICT_HOLD)
        gate_answer(out, STATUS_UNKNOWN,
                    mem_printf(mem, "restored %s: it could not be told", when));
    else if (facts->now_ms - backup->proven_ms > limit_ms)
        gate_answer(out, STATUS_UNKNOWN, mem_printf(mem, "restored and equal %s: too old", when));
    else
        gate_answer(out, STATUS_PASS, mem_printf(mem, "restored and equal %s", when));
}

// --- staging

// What was tried on no row was not tried.
static void judge_staging_rows(TALLOC_CTX *mem, const struct gate_facts *facts,
                               struct gate_answer *out)
{
    SCRATCH(tmp);
    int64_t there = facts->staging.rows, here = facts->baseline_rows;

    if (out->status != STATUS_PASS || there < 0 || here <= 0)
        return;
    if (there == 0)
        gate_answer(out, STATUS_UNKNOWN,
                    mem_printf(mem,
                               "verified there, where the tables of the change are empty; "
                               "here they have %s row%s",
                               quantity_count(tmp, here), here == 1 ? "" : "s"));
    else if (there < here)
        out->detail = mem_printf(mem, "rows in the tables of the change: %s, %.2g %% of those here",
                                 quantity_count(tmp, there), 100.0 * (double)there / (double)here);
}

void judge_staging(TALLOC_CTX *mem, const struct gate_facts *facts, struct gate_answer *out)
{
    SCRATCH(tmp);
    const struct gate_staging *staging = &facts->staging;
    size_t n = facts->plan->n_migrations;

    out->is_configured = staging->name != NULL;
    out->layer = LAYER_MEASURED;
    out->expected = mem_printf(mem, "%s applied these migrations and verified them with GO",
                               staging->name != NULL ? staging->name : "staging");
    if (gate_has_no_migration(facts, out))
        return;
    if (staging->name == NULL || staging->unknown != NULL) {
        gate_answer(out, STATUS_UNKNOWN,
                    staging->name == NULL ? "there is no environment 'staging'" : staging->unknown);
        return;
    }
    const char *when = gate_ago(tmp, facts, staging->verified_ms);
    if (staging->n_applied < n)
        gate_answer(
            out, STATUS_FAIL,
            mem_printf(mem, "%zu of %zu are applied there as they are now", staging->n_applied, n));
    else if (staging->verified_ms < staging->applied_ms)
        gate_answer(out, STATUS_UNKNOWN, "applied there, and not verified since");
    else
        gate_answer(
            out, staging->is_go ? STATUS_PASS : STATUS_FAIL,
            mem_printf(mem, "verified there %s%s", when, staging->is_go ? "" : ", not with GO"));
    judge_staging_rows(mem, facts, out);
}
