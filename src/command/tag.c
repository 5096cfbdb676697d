/*
 * tminus tag: an annotated tag at the commit that is released, pushed and read back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/tag.h"
#include "command/effect.h"

#define KEY_AT 0x201
#define KEY_MESSAGE 0x202
#define KEY_REMOTE 0x203
#define KEY_NO_PUSH 0x204
#define KEY_DRY_RUN 0x205

struct request {
    struct options options;
    const char *version;
    const char *revision;
    const char *message;
    const char *remote;
    bool is_dry_run;
};

static const struct argp_option table[] = {
    {"at", KEY_AT, "REV", 0, "commit that is tagged, instead of HEAD", 1},
    {"message", KEY_MESSAGE, "TEXT", 0, "of the tag, instead of 'Release VERSION'", 1},
    {"remote", KEY_REMOTE, "NAME", 0, "pushed to, instead of origin", 1},
    {"no-push", KEY_NO_PUSH, NULL, 0, "make it here alone", 1},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "only look where it stands", 1},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct request *request = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_AT: request->revision = value; return 0;
    case KEY_MESSAGE: request->message = value; return 0;
    case KEY_REMOTE: request->remote = value; return 0;
    case KEY_NO_PUSH: request->remote = NULL; return 0;
    case KEY_DRY_RUN: request->is_dry_run = true; return 0;
    case ARGP_KEY_ARG:
        if (request->version != NULL)
            argp_error(state, "unexpected argument '%s'", value);
        request->version = value;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .args_doc = "VERSION",
    .doc = "Make an annotated tag at a commit, push it, and read it back here and at the remote. A "
           "tag is never moved. Ends with 0 when it stands there, 1 when another one of the name "
           "does, 3 when the remote cannot be asked, 4 when it was refused and taken back.",
    .children = options_children,
};

static int tag_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {.revision = "HEAD", .remote = "origin"};
    struct act act;

    argp_parse(&parser, argc, argv, 0, NULL, &request);
    struct effect effect = {.verb = "tag",
                            .program = program,
                            .options = &request.options,
                            .is_dry_run = request.is_dry_run};
    if (!effect_open(tmp, &effect, err))
        return -1;
    if (request.version == NULL) {
        error_set(err, ERROR_USAGE, "it is not said which version is tagged");
        return -1;
    }
    const struct tag_request tag = {
        .folder = effect.choice.config->folder,
        .name = request.version,
        .revision = request.revision,
        .message = request.message != NULL ? request.message
                                           : mem_printf(tmp, "Release %s", request.version),
        .remote = request.remote,
    };
    if (!tag_act(tmp, &tag, &act, err))
        return -1;
    return effect_run(tmp, &effect, &act, mem_printf(tmp, "tag %s", request.version), err);
}

const struct command command_tag = {
    .name = "tag",
    .arguments = "VERSION",
    .summary = "make an annotated tag at a commit, push it, and read it back",
    .when = "during",
    .run = tag_run,
};
