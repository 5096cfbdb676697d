/*
 * tminus build: run the build command, and compare what it made with what was verified.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/build.h"
#include "command/act_options.h"
#include "command/effect.h"
#include "journal/events.h"

struct request {
    struct options options; // first
    const char *version;
    bool is_dry_run;
};

static const struct act_option table[] = {
    {"version", "VERSION", "what is built: {version} of the command", ACT_OPTION_TEXT,
     offsetof(struct request, version)},
    {"dry-run", NULL, "only look whether it was built, and is what was verified", ACT_OPTION_SET,
     offsetof(struct request, is_dry_run)},
    {0},
};

static const struct act_verb verb = {
    .arguments = "",
    .doc = "Run release.build of tminus.yaml, and record the digest of the artifact. Ends with 0 "
           "when it was built and is what release.verified_in released, 1 when it is another one "
           "or its provenance speaks of another, 3 when that is not known, 4 when the command "
           "failed.",
    .options = table,
};

static int build_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {0};
    struct act act;

    act_options_parse(&verb, &request, argc, argv);
    struct effect effect = {.verb = "build",
                            .program = program,
                            .options = &request.options,
                            .is_dry_run = request.is_dry_run};
    if (!effect_open(tmp, &effect, err))
        return -1;
    if (request.version == NULL) {
        error_set(err, ERROR_USAGE, "it is not said what is built");
        error_hint(err, "give it with --version V");
        return -1;
    }
    struct build_request build = {
        .config = effect.choice.config,
        .environment = effect.choice.environment,
        .version = request.version,
        .verified_in = effect.choice.environment->release.verified_in,
        .wait = effect.wait,
        .show = effect_show_line,
        .show_context = &effect,
    };
    if (!effect_find_digest(tmp, &effect, effect.choice.environment_name, EVENT_BUILT,
                            request.version, &build.built, err))
        return -1;
    if (build.verified_in != NULL &&
        !effect_find_digest(tmp, &effect, build.verified_in, EVENT_RELEASED, request.version,
                            &build.verified, err))
        return -1;
    if (!build_act(tmp, &build, &act, err))
        return -1;
    return effect_run(tmp, &effect, &act, mem_printf(tmp, "build %s", request.version), err);
}

const struct command command_build = {
    .name = "build",
    .arguments = "--version V",
    .summary = "build a version, and compare it with what was verified",
    .when = "during",
    .run = build_run,
};
