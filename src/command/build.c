/*
 * tminus build: run the build command, and compare what it made with what was verified.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/build.h"
#include "command/effect.h"
#include "journal/events.h"

#define KEY_VERSION 0x201
#define KEY_DRY_RUN 0x202

struct request {
    struct options options;
    const char *version;
    bool is_dry_run;
};

static const struct argp_option table[] = {
    {"version", KEY_VERSION, "VERSION", 0, "what is built: {version} of the command", 1},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "only look whether it was built, and is what was verified",
     1},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct request *request = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_VERSION: request->version = value; return 0;
    case KEY_DRY_RUN: request->is_dry_run = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .args_doc = "",
    .doc = "Run release.build of tminus.yaml, and record the digest of the artifact. Ends with 0 "
           "when it was built and is what release.verified_in released, 1 when it is another one "
           "or its provenance speaks of another, 3 when that is not known, 4 when the command "
           "failed.",
    .children = options_children,
};

static int build_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {0};
    struct act act;

    argp_parse(&parser, argc, argv, 0, NULL, &request);
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
