/*
 * Commands of a plan: are they on PATH, here where it is made?
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "command/plan.h"

// tminus itself runs, whatever it was called by.
static bool is_here(const char *name)
{
    return strcmp(name, "tminus") == 0 || file_is_program(name, NULL);
}

static bool refuse(const struct plan_step *step, const char *name, struct error *err)
{
    error_set(err, ERROR_INPUT, "plan: step '%s': command '%s' is not on PATH", step->name, name);
    return error_hint(err, "install it here, or make the plan where the deploy runs");
}

static bool check_step(TALLOC_CTX *mem, struct plan *plan, const struct plan_step *step,
                       bool is_strict, struct error *err)
{
    SCRATCH(tmp);

    if (step->argv != NULL)
        return is_here(step->argv[0]) || refuse(step, step->argv[0], err);
    if (step->command == NULL)
        return true;
    const char *name = mem_strndup(tmp, step->command, strcspn(step->command, " \n"));
    if (is_here(name))
        return true;
    if (is_strict)
        return refuse(step, name, err);
    plan_note(mem, plan,
              mem_printf(tmp,
                         "'%s' is not on PATH here; whoever executes the plan needs "
                         "it",
                         name));
    return true;
}

bool plan_commands_check(TALLOC_CTX *mem, struct plan *plan, bool is_strict, struct error *err)
{
    for (size_t i = 0; i < PLAN_SECTION_COUNT; i++)
        for (size_t j = 0; j < plan->sections[i].n_steps; j++)
            TRY(check_step(mem, plan, &plan->sections[i].steps[j], is_strict, err));
    return true;
}
