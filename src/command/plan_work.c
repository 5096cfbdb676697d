/*
 * The plan that a verb works with: made now, or read from a file and held against what is there.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/plan.h"

static bool make(TALLOC_CTX *mem, const struct plan_input *input, struct plan **out,
                 struct error *err)
{
    *out = plan_make(mem, &input->facts);
    for (size_t i = 0; i < input->n_notes; i++)
        plan_note(mem, *out, input->notes[i]);
    TRY(plan_lint(*out, err));
    return plan_commands_check(mem, *out, input->inspection != NULL, err);
}

// What was approved, with the lines of today.
static bool take(TALLOC_CTX *mem, const struct plan_input *input, struct plan *plan,
                 struct error *err)
{
    TRY(plan_file_check(plan, input, err));
    plan_take_assessment(plan, plan_make(mem, &input->facts));
    TRY(plan_commands_check(mem, plan, input->inspection != NULL, err));
    plan_decide(mem, plan, PLAN_PRE_DEPLOY);
    return true;
}

bool plan_work(TALLOC_CTX *mem, const struct program *program, const struct plan_request *request,
               struct plan_input *input, struct plan **out, struct error *err)
{
    struct plan_request again = *request;

    if (request->check_path == NULL) {
        TRY(plan_gather(mem, program, request, input, err));
        return make(mem, input, out, err);
    }
    TRY(plan_file_read(mem, request->check_path, out, err));
    plan_file_request(mem, *out, &again);
    TRY(plan_gather(mem, program, &again, input, err));
    return take(mem, input, *out, err);
}

bool plan_ask(TALLOC_CTX *mem, const struct plan_input *input, struct plan *plan, struct error *err)
{
    if (input->inspection == NULL)
        return true;
    bool is_asked = plan_look(mem, input->inspection, plan, input->whole, err);
    inspection_end_progress(input->inspection);
    return is_asked;
}
