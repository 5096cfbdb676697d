/*
 * tminus tag: an annotated tag at the commit that is released, pushed and read back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/tag.h"
#include "command/act_options.h"
#include "command/effect.h"

struct request {
    struct options options; // first
    const char *version;
    const char *revision;
    const char *message;
    const char *remote;
    bool is_dry_run;
};

static const struct act_option table[] = {
    {"at", "REV", "commit that is tagged, instead of HEAD", ACT_OPTION_TEXT,
     offsetof(struct request, revision)},
    {"message", "TEXT", "of the tag, instead of 'Release VERSION'", ACT_OPTION_TEXT,
     offsetof(struct request, message)},
    {"remote", "NAME", "pushed to, instead of origin", ACT_OPTION_TEXT,
     offsetof(struct request, remote)},
    {"no-push", NULL, "make it here alone", ACT_OPTION_NONE, offsetof(struct request, remote)},
    {"dry-run", NULL, "only look where it stands", ACT_OPTION_SET,
     offsetof(struct request, is_dry_run)},
    {0},
};

static const struct act_verb verb = {
    .arguments = "VERSION",
    .doc = "Make an annotated tag at a commit, push it, and read it back here and at the remote. A "
           "tag is never moved. Ends with 0 when it stands there, 1 when another one of the name "
           "does, 3 when the remote cannot be asked, 4 when it was refused and taken back.",
    .options = table,
    .takes = {{offsetof(struct request, version), NULL}},
};

static int tag_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {.revision = "HEAD", .remote = "origin"};
    struct act act;

    act_options_parse(&verb, &request, argc, argv);
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
