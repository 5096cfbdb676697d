/*
 * Post-Deploy (Within 5 Minutes): what must be true of the data once the change is applied.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/expected_value.h"
#include "plan/making.h"
#include "plan/spot_check.h"

static void add_record(struct making *making)
{
    if (making->plan->n_migrations == 0)
        return;
    making_add(making, PLAN_POST_DEPLOY,
               (struct plan_step){
                   .kind = STEP_CHECK,
                   .name = "post.record",
                   .title = "The migrations are recorded as applied",
                   .command = command_tminus(making, "migrate --dry-run"),
                   .proof = "the record of migrations in the database",
                   .expected = "nothing is pending",
                   .is_required = true,
                   .owner = making->database_owner,
               });
}

// What is compared with the baseline is asked by verify, all at one instant.
static bool needs_baseline(const struct invariant *invariant)
{
    return invariant->kind == INVARIANT_SAME || invariant->kind == INVARIANT_KEYS_KEPT;
}

static void add_invariant(struct making *making, const struct invariant *invariant)
{
    making_add(making, PLAN_POST_DEPLOY,
               (struct plan_step){
                   .kind = STEP_CHECK,
                   .name = mem_printf(making->mem, "post.%s", invariant->name),
                   .title = invariant->title,
                   .command = command_query(making, invariant->sql),
                   .sql = invariant->sql,
                   .samples = invariant->samples,
                   .answer = invariant->kind,
                   .expect = invariant->expect,
                   .proof = invariant->because,
                   .expected = invariant->kind == INVARIANT_ZERO
                                   ? "0"
                                   : expected_value_text(making->mem, &invariant->expect),
                   .is_required = invariant->is_required,
                   .is_invariant = true,
                   .is_given = invariant->catalogue == NULL,
                   .owner = making->database_owner,
               });
}

static const char *tolerance_words(TALLOC_CTX *mem, const struct tolerance *tolerance)
{
    switch (tolerance->kind) {
    case TOLERANCE_EXACT: return "exact";
    case TOLERANCE_ABSOLUTE: return mem_printf(mem, "within %g", tolerance->value);
    case TOLERANCE_SHARE: return mem_printf(mem, "within %g%%", tolerance->value * 100);
    case TOLERANCE_LEARNED: return "within the drift of two baselines";
    }
    bug("tolerance %d", (int)tolerance->kind);
}

static void add_comparison(struct making *making)
{
    SCRATCH(tmp);
    const struct invariants *invariants = making->facts->invariants;
    char *compared = mem_strdup(tmp, "");

    for (size_t i = 0; i < invariants->n; i++) {
        const struct invariant *invariant = &invariants->list[i];
        if ((invariant->moments & MOMENT_AFTER) != 0 && needs_baseline(invariant))
            compared = mem_printf(tmp, "%s; %s (%s)", compared, invariant->name,
                                  tolerance_words(tmp, &invariant->tolerance));
    }
    making_add(making, PLAN_POST_DEPLOY,
               (struct plan_step){
                   .kind = STEP_CHECK,
                   .name = "post.compare",
                   .title = "Compare with the baseline",
                   .command = command_tminus(making, "verify"),
                   .proof = "every row of every touched table is compared by key",
                   .expected = mem_printf(making->mem,
                                          "GO: every difference is explained by the migrations%s",
                                          compared),
                   .is_required = true,
                   .undo = "none: it reads, and notes its answer in the journal",
                   .owner = making->database_owner,
               });
}

static void add_errors(struct making *making)
{
    // The folder's name, which stands for it elsewhere, may be another one on the next machine.
    const struct yaml *document = making->facts->config->document;
    const struct yaml *service = document == NULL ? NULL : yaml_get(document, "service");

    making_add(
        making, PLAN_POST_DEPLOY,
        (struct plan_step){
            .kind = STEP_MANUAL,
            .name = "post.errors",
            .title = mem_printf(making->mem, "Check the error dashboard of %s",
                                service == NULL ? "the service" : service->text),
            .proof = "the share of failed requests since the deploy, and new kinds of errors "
                     "in the log",
            .expected = "not above 1% for 5 minutes, and no kind of error that was not there "
                        "before",
            .is_required = true,
            .undo = UNDO_READS,
            .owner = making->on_call,
        });
}

static void add_spot_check(struct making *making)
{
    struct spot_check check;

    if (!spot_check_make(making, &check)) {
        plan_note(making->mem, making->plan,
                  "no spot check: the change writes no column of a table that is there afterwards");
        return;
    }
    making_add(making, PLAN_POST_DEPLOY,
               (struct plan_step){
                   .kind = STEP_MANUAL,
                   .name = "post.spot_check",
                   .title = mem_printf(making->mem, "Spot check %d rows of %s", SPOT_CHECK_ROWS,
                                       check.table),
                   .command = command_console(making, check.sql),
                   .sql = check.sql,
                   .answer = INVARIANT_SAME,
                   .proof = check.how,
                   .expected = check.expected,
                   .undo = UNDO_READS,
                   .owner = making->deployer,
               });
}

void making_post_deploy(struct making *making)
{
    const struct invariants *invariants = making->facts->invariants;

    add_record(making);
    for (size_t i = 0; i < invariants->n; i++)
        if ((invariants->list[i].moments & MOMENT_AFTER) != 0 &&
            !needs_baseline(&invariants->list[i]))
            add_invariant(making, &invariants->list[i]);
    add_comparison(making);
    add_errors(making);
    add_spot_check(making);
}
