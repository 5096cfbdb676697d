/*
 * tminus release: run the deploy command for a slot, and read back the version on every address.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/release.h"
#include "command/act_options.h"
#include "command/effect.h"
#include "journal/events.h"

struct request {
    struct options options; // first
    const char *version;
    bool is_dry_run;
};

static const struct act_option table[] = {
    {"version", "VERSION", "what is released: {version} of the command", ACT_OPTION_TEXT,
     offsetof(struct request, version)},
    {"dry-run", NULL, "only ask which version answers", ACT_OPTION_SET,
     offsetof(struct request, is_dry_run)},
    {0},
};

static const struct act_verb verb = {
    .arguments = "",
    .doc = "Run release.deploy of tminus.yaml for a slot, or for each, and ask every address which "
           "version answers. Ends with 0 when all of them answer it and are well, 3 when that "
           "cannot be told, 4 when the command failed and no address answers it, 5 when some do.",
    .options = table,
};

static int release_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {0};
    struct act act;

    act_options_parse(&verb, &request, argc, argv);
    struct effect effect = {.verb = "release",
                            .program = program,
                            .options = &request.options,
                            .is_dry_run = request.is_dry_run};
    if (!effect_open(tmp, &effect, err))
        return -1;
    if (request.version == NULL) {
        error_set(err, ERROR_USAGE, "it is not said what is released");
        error_hint(err, "give it with --version V");
        return -1;
    }
    const struct config_release *configured = &effect.choice.environment->release;
    const char *sha256 = NULL;
    if ((configured->artifact != NULL || configured->n_digest > 0) &&
        !effect_find_digest(tmp, &effect, effect.choice.environment_name, EVENT_BUILT,
                            request.version, &sha256, err))
        return -1;
    const struct release_request release = {
        .config = effect.choice.config,
        .environment = effect.choice.environment,
        .slot = effect.slot,
        .version = request.version,
        .sha256 = sha256,
        .probes = program->probes,
        .engines = program->engines,
        .wait = effect.wait,
        .show = effect_show_line,
        .show_context = &effect,
    };
    if (!release_act(tmp, &release, &act, err))
        return -1;
    const char *title =
        mem_printf(tmp, "release %s to %s%s%s", request.version, effect.choice.environment_name,
                   effect.slot == NULL ? "" : " ", effect.slot == NULL ? "" : effect.slot);
    return effect_run(tmp, &effect, &act, title, err);
}

const struct command command_release = {
    .name = "release",
    .arguments = "--version V [--slot S]",
    .summary = "deploy a version to a slot, and read it back on every address",
    .when = "during",
    .run = release_run,
};
