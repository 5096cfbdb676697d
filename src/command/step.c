/*
 * tminus step: do one of the steps that tminus.yaml configures, or take it back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "command/act_options.h"
#include "command/effect.h"
#include "command/kept_journal.h"
#include "flight/step_act.h"
#include "flight/verb.h"

struct request {
    struct options options; // first
    const char *name;
    const char *version;
    bool is_undo, is_dry_run;
};

static const struct act_option table[] = {
    {"version", "V", "what is deployed: {version} of the step", ACT_OPTION_TEXT,
     offsetof(struct request, version)},
    {"undo", NULL, "take it back, as the step's undo says", ACT_OPTION_SET,
     offsetof(struct request, is_undo)},
    {"dry-run", NULL, "only look whether it is done", ACT_OPTION_SET,
     offsetof(struct request, is_dry_run)},
    {0},
};

static const struct act_verb verb = {
    .arguments = "NAME",
    .doc = "Do one step of tminus.yaml, as a flight does it, and read it back. Ends with 0 when it "
           "is done, 3 when nobody can say, 4 when it failed and nothing of it is there, 5 when "
           "some of it may be, 6 when what it waits for does not hold.",
    .options = table,
    .takes = {{offsetof(struct request, name), NULL}},
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

    act_options_parse(&verb, &request, argc, argv);
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
