/*
 * What a rollback would do: see rollback_plan.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/rollback_plan.h"
#include "base/quantity.h"
#include <string.h>

// --- what there is to take back

struct deciding {
    TALLOC_CTX *mem;
    const struct flight_work *work;
    const struct flight *flight;
    const struct rollback_request *request;
    struct rollback_plan *plan;
};

static void refuse(struct deciding *deciding, const char *why, const char *hint)
{
    deciding->plan->refused = why;
    deciding->plan->hint = hint;
}

// Methods of which something is left to be done.
static unsigned methods_left(const struct flight *flight)
{
    unsigned left = 0;

    for (size_t i = 0; i < flight->n_steps; i++) {
        const struct step *step = &flight->steps[i];
        const struct step *undone = flight_step(flight, step->undoes);
        bool is_begun = undone == NULL || (undone->state != STEP_PENDING && !undone->left_nothing);
        // What ends whichever method is flown is none of them.
        bool is_of_one = flight_step_method(step) != BACK_WHOLE;
        if (step->phase == STEP_BACK && step->state != STEP_DONE && is_begun && is_of_one)
            left |= flight_step_method(step);
    }
    return left;
}

static const struct step *step_of_kind(const struct flight *flight, enum step_phase phase,
                                       const char *kind)
{
    for (size_t i = 0; i < flight->n_steps; i++)
        if (flight->steps[i].phase == phase && strcmp(flight->steps[i].kind, kind) == 0)
            return &flight->steps[i];
    return NULL;
}

// The old release comes back, and nobody knows which that was.
static bool needs_version(const struct deciding *deciding, unsigned methods)
{
    const struct step *back = step_of_kind(deciding->flight, STEP_BACK, "release");

    return (methods & BACK_VERSION) != 0 && back != NULL && back->argv == NULL &&
           deciding->request->to == NULL;
}

// --- evidence

static bool comes_back_whole(const struct flight *flight)
{
    const char *class = flight->way_back.class;
    return class != NULL && (strcmp(class, "round_trip") == 0 || strcmp(class, "undo_log") == 0 ||
                             strcmp(class, "dual_write") == 0);
}

static bool old_release_survives(const struct flight *flight)
{
    const char *status = flight->way_back.old_release_survives;
    return status != NULL && strcmp(status, "PASS") == 0;
}

// What shows that `methods` may be taken; NULL: nothing does.
static const char *evidence_for(const struct deciding *deciding, unsigned methods)
{
    const struct flight *flight = deciding->flight;
    bool is_version_alone = (methods_left(flight) & ~methods) == BACK_MIGRATION;

    if (flight_final_step(flight) != NULL)
        return NULL;
    if ((methods & BACK_MIGRATION) != 0)
        return comes_back_whole(flight)
                   ? mem_printf(deciding->mem, "rehearsed on a copy: %s", flight->way_back.class)
                   : NULL;
    if (is_version_alone)
        return old_release_survives(flight)
                   ? "rehearsed on a copy: the old release runs on the new schema"
                   : NULL;
    return "the schema is that of the old release";
}

// --- what is lost

static const char *loss(const struct deciding *deciding, unsigned methods)
{
    const struct flight *flight = deciding->flight;
    int64_t rows = flight->way_back.rows_lost;

    if (deciding->plan->is_unchanged)
        return flight->is_rolling_back ? "nothing more: all of it is taken back, and compared again"
                                       : "nothing: nothing of the target was changed";
    if ((methods & BACK_MIGRATION) == 0)
        return "no row: the migrations stay applied";
    if (flight->way_back.class == NULL)
        return "not known: these migrations were not rehearsed";
    if (rows < 0)
        return mem_printf(deciding->mem, "not known how many rows: %s", flight->way_back.class);
    return mem_printf(
        deciding->mem,
        "%s of what was there before (%s), and what was written since into what the "
        "change added",
        rows == 0   ? "no row"
        : rows == 1 ? "1 row"
                    : mem_printf(deciding->mem, "%s rows", quantity_count(deciding->mem, rows)),
        flight->way_back.class);
}

static const char *note_of(const struct deciding *deciding, unsigned methods)
{
    const struct flight *flight = deciding->flight;
    unsigned left = methods_left(flight);

    if ((methods & BACK_VERSION) == 0 && (left & BACK_VERSION) != 0)
        return mem_printf(deciding->mem,
                          "%s stays deployed, and nothing shows that it runs on the schema before "
                          "it",
                          flight->version ?: "what was deployed");
    if ((methods & BACK_MIGRATION) == 0 && (left & BACK_MIGRATION) != 0)
        return "the migrations stay; tminus rollback --method migration takes them back later";
    return NULL;
}

// --- the methods

// By what the evidence allows where nobody said: all, or else what leaves the data alone.
static unsigned choose_methods(const struct deciding *deciding, unsigned left)
{
    if (deciding->request->methods != 0)
        return deciding->request->methods & left;
    if (evidence_for(deciding, left) == NULL && (left & BACK_VERSION) != 0 &&
        evidence_for(deciding, BACK_VERSION) != NULL)
        return BACK_VERSION;
    return left;
}

static void list_steps(struct deciding *deciding)
{
    struct rollback_plan *plan = deciding->plan;
    struct flight flown = *deciding->flight;

    flown.methods = plan->methods;
    for (size_t i = 0; i < flown.n_steps; i++) {
        const struct step *step = &flown.steps[i];
        bool is_named = plan->to != NULL && strcmp(step->kind, "release") == 0;
        struct step shown = *step;
        if (is_named)
            shown.argv = (const char *const[]){""}; // it is known now
        if (step->phase == STEP_BACK && step->state != STEP_DONE &&
            flight_is_called_for(&flown, &shown))
            *mem_append(deciding->mem, plan->back, plan->n_back) = step;
    }
}

// --- signing

static json_t *act_content(const struct deciding *deciding)
{
    const struct rollback_plan *plan = deciding->plan;
    json_t *content = json_object();

    json_put_text(content, "act", "rollback");
    json_put_text(content, "flight", deciding->flight->id);
    json_put_text(content, "to", plan->to);
    json_put_text(content, "class", deciding->flight->way_back.class);
    json_put_text(content, "loses", plan->loses);
    json_t *steps = json_put_array(content, "steps");
    for (size_t i = 0; i < plan->n_back; i++)
        json_array_append_new(steps, json_text(plan->back[i]->name));
    return content;
}

static const char *lacking(const struct deciding *deciding)
{
    const struct flight *flight = deciding->flight;
    const struct step *final = flight_final_step(flight);

    if (final != NULL)
        return mem_printf(deciding->mem, "nothing takes back step '%s'", final->name);
    if ((deciding->plan->methods & BACK_MIGRATION) == 0)
        return "no rehearsal showed that the old release runs on the new schema";
    return mem_printf(deciding->mem, "the way back is %s",
                      flight->way_back.class == NULL
                          ? "not known: these migrations were not rehearsed"
                          : flight->way_back.class);
}

static bool allow(struct deciding *deciding, struct error *err)
{
    struct rollback_plan *plan = deciding->plan;
    struct act_approval approval;
    json_auto_t *content = act_content(deciding);

    plan->act = (struct act){
        .name = "rollback",
        .environment = deciding->flight->environment,
        .digest = act_digest(content),
        .what = mem_printf(deciding->mem, "flight %s is taken back; it loses %s",
                           deciding->flight->id, plan->loses),
    };
    plan->allowed_by = evidence_for(deciding, plan->methods);
    if (plan->allowed_by != NULL)
        return true;
    TRY(act_find_approval(deciding->mem, deciding->work->journal, &plan->act, &approval, err));
    if (approval.actor != NULL) {
        plan->allowed_by =
            mem_printf(deciding->mem, "%s: %s", approval.actor, approval.reason ?: "no reason");
        return true;
    }
    refuse(deciding, lacking(deciding),
           "somebody else signs what it loses: tminus rollback --approve --reason TEXT, with the "
           "same options");
    return true;
}

// --- the whole

static void check_request(struct deciding *deciding, unsigned left)
{
    const struct rollback_request *request = deciding->request;
    const struct flight *flight = deciding->flight;
    bool has_release = step_of_kind(flight, STEP_DEPLOY, "release") != NULL;

    if (request->to != NULL && flight->version != NULL && strcmp(request->to, flight->version) == 0)
        refuse(deciding, mem_printf(deciding->mem, "%s is what the flight deployed", request->to),
               "name the version before it");
    else if (request->to != NULL && (!has_release || (left & BACK_VERSION) == 0))
        refuse(deciding, "the flight has no release that could be taken back to a version", NULL);
    else if (request->methods != 0 && (request->methods & left) == 0)
        refuse(deciding, "by this method nothing is left to be taken back", NULL);
    else if (needs_version(deciding, deciding->plan->methods))
        refuse(deciding, "which version ran before it is not known to the journal",
               "tminus rollback --to VERSION");
}

static bool check_state(struct deciding *deciding)
{
    const struct flight *flight = deciding->flight;
    struct flight_facts facts = flight_facts(flight);

    facts.can_go_back = true; // what shows that is asked later
    if (flight_transition_find(flight->state, OCCURRED_ROLLBACK_ASKED, &facts) != NULL)
        return true;
    refuse(deciding, flight_refusal(flight->state, OCCURRED_ROLLBACK_ASKED),
           "tminus status shows it");
    return false;
}

bool rollback_plan_make(TALLOC_CTX *mem, const struct flight_work *work,
                        const struct rollback_request *request, struct rollback_plan *out,
                        struct error *err)
{
    struct deciding deciding = {
        .mem = mem, .work = work, .flight = work->flight, .request = request, .plan = out};
    unsigned left = methods_left(work->flight);
    const char *since;

    *out = (struct rollback_plan){.to = request->to,
                                  .is_unchanged = !flight_facts(work->flight).is_changed};
    out->methods = choose_methods(&deciding, left);
    out->loses = loss(&deciding, out->methods);
    if (!check_state(&deciding) || out->is_unchanged)
        return true;
    list_steps(&deciding);
    out->note = note_of(&deciding, out->methods);
    check_request(&deciding, left);
    if (out->refused != NULL)
        return true;
    TRY(rollback_since(mem, work, &since, err));
    if (since != NULL) {
        refuse(&deciding, since, "take that back first");
        return true;
    }
    return allow(&deciding, err);
}

bool rollback_check_accepted(TALLOC_CTX *mem, const struct flight_work *work, struct error *err)
{
    const struct rollback_request whole = {0};
    struct rollback_plan plan;

    if (work->flight->way_back.class == NULL || comes_back_whole(work->flight))
        return true;
    TRY(rollback_plan_make(mem, work, &whole, &plan, err));
    if (plan.refused == NULL)
        return true;
    error_set(err, ERROR_POLICY, "flight %s is not taken back: %s", work->flight->id, plan.refused);
    return plan.hint == NULL ? false : error_hint(err, "%s", plan.hint);
}
