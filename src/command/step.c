/*
 * tminus step: do one of the steps that tminus.yaml configures, or take it back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "command/effect.h"
#include "command/kept_journal.h"
#include "flight/step_act.h"
#include "flight/verb.h"

#define KEY_VERSION 0x201
#define KEY_UNDO 0x202
#define KEY_DRY_RUN 0x203

struct request {
    struct options options;
    const char *name;
    const char *version;
    bool is_undo, is_dry_run;
};

static const struct argp_option table[] = {
    {"version", KEY_VERSION, "V", 0, "what is deployed: {version} of the step", 1},
    {"undo", KEY_UNDO, NULL, 0, "take it back, as the step's undo says", 1},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "only look whether it is done", 1},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct request *request = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_VERSION: request->version = value; return 0;
    case KEY_UNDO: request->is_undo = true; return 0;
    case KEY_DRY_RUN: request->is_dry_run = true; return 0;
    case ARGP_KEY_ARG:
        if (request->name != NULL)
            argp_error(state, "unexpected argument '%s'", value);
        request->name = value;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .args_doc = "NAME",
    .doc = "Do one step of tminus.yaml, as a flight does it, and read it back. Ends with 0 when it "
           "is done, 3 when nobody can say, 4 when it failed and nothing of it is there, 5 when "
           "some of it may be, 6 when what it waits for does not hold.",
    .children = options_children,
};

// The journal of the flight whose step this is; NULL: a person types it.
static bool find_flight(TALLOC_CTX *mem, const struct effect *effect, struct step_request *step,
                        struct error *err)
{
    struct journal_place place;
    step->flight = getenv(VERB_FLIGHT);
    if (step->flight == NULL)
        return true;
    TRY(kept_journal_find(mem, effect->program, &effect->choice, &place, err));
    if (strcmp(place.driver->name, "sqlite") == 0 &&
        file_kind(secret_reveal(place.location)) == FILE_MISSING)
        return true;
    return journal_open(mem, &place, "", &step->journal, err);
}

static int do_step(TALLOC_CTX *mem, struct effect *effect, const struct request *request,
                   struct error *err)
{
    struct act act;
    struct step_request step = {
        .config = effect->choice.config,
        .environment = effect->choice.environment,
        .is_undo = request->is_undo,
        .version = request->version,
        .slot = effect->slot,
        .probes = effect->program->probes,
        .engines = effect->program->engines,
        .flags = effect->program->flags,
        .notifiers = effect->program->notifiers,
        .wait = effect->wait,
        .show = effect_show_line,
        .show_context = effect,
    };
    if (!step_find(step.environment, request->name, &step.step, err) ||
        !find_flight(mem, effect, &step, err) || !step_act_make(mem, &step, &act, err))
        return -1;
    return effect_run(
        mem, effect, &act,
        mem_printf(mem, "step %s%s", request->name, request->is_undo ? ", taken back" : ""), err);
}

static int step_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {0};

    argp_parse(&parser, argc, argv, 0, NULL, &request);
    struct effect effect = {.verb = "step",
                            .program = program,
                            .options = &request.options,
                            .is_dry_run = request.is_dry_run};
    if (!effect_open(tmp, &effect, err))
        return -1;
    if (request.name == NULL) {
        error_set(err, ERROR_USAGE, "it is not said which step");
        error_hint(err, "tminus step NAME, a name under steps: of tminus.yaml");
        return -1;
    }
    return do_step(tmp, &effect, &request, err);
}

const struct command command_step = {
    .name = "step",
    .arguments = "NAME [--undo]",
    .summary = "do one configured step of a flight, and read it back",
    .when = "during",
    .run = step_run,
};
