/*
 * Which plan a verb is about: see poll_options.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/poll_options.h"

#define KEY_BASE 0x300
#define KEY_DATABASE 0x301
#define KEY_PLAN 0x302

static const struct argp_option table[] = {
    {"base", KEY_BASE, "REV", 0, "of the plan: what changed since REV, as plan was told", 2},
    {"database", KEY_DATABASE, "URL", 0,
     "database instead of tminus.yaml's (a URL, a file, or a name of several)", 2},
    {"plan", KEY_PLAN, "FILE", 0, "a plan that was written as JSON, instead of one made now", 2},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct plan_request *request = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->assess.options; return 0;
    case KEY_BASE: request->assess.base = value; return 0;
    case KEY_DATABASE: request->database = value; return 0;
    case KEY_PLAN: request->check_path = value; return 0;
    case ARGP_KEY_ARG:
        *mem_append(request->assess.mem, request->assess.paths, request->assess.n_paths) = value;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {.options = table, .parser = parse, .children = options_children};
const struct argp_child poll_children[] = {{.argp = &parser}, {0}};

bool poll_plan(TALLOC_CTX *mem, const struct program *program, const struct plan_request *request,
               struct plan_input *input, struct plan **out, struct error *err)
{
    TRY(plan_work(mem, program, request, input, out, err));
    if (input->inspection != NULL)
        return true;
    error_set(err, ERROR_USAGE, "no database is named: what is signed and polled is for one");
    return error_hint(err, "give --database URL, or write environments: into tminus.yaml");
}
