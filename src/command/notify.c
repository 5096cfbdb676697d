/*
 * tminus notify: a message to every channel of the environment.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/act_options.h"
#include "command/effect.h"
#include "flight/notification.h"

struct request {
    struct options options; // first
    const char *text;
    bool is_dry_run;
};

static const struct act_option table[] = {
    {"dry-run", NULL, "only look whether there is a channel", ACT_OPTION_SET,
     offsetof(struct request, is_dry_run)},
    {0},
};

static const struct act_verb verb = {
    .arguments = "TEXT",
    .doc = "Send a text to every channel under notify: of tminus.yaml. Ends with 0 when each took "
           "it, 4 when none did, 5 when some did.",
    .options = table,
    .takes = {{offsetof(struct request, text), NULL}},
    .surplus_hint = ": a text of several words wants quotes",
};

static int notify_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {0};
    struct act act;

    act_options_parse(&verb, &request, argc, argv);
    struct effect effect = {.verb = "notify",
                            .program = program,
                            .options = &request.options,
                            .is_dry_run = request.is_dry_run,
                            .may_be_many = true};
    if (!effect_open(tmp, &effect, err))
        return -1;
    const struct notification notification = {
        .config = effect.choice.config,
        .environment = effect.choice.environment,
        .text = request.text,
        .drivers = program->notifiers,
        .wait = effect.wait,
    };
    if (!notification_act(tmp, &notification, &act, err))
        return -1;
    return effect_run(tmp, &effect, &act, "notify", err);
}

const struct command command_notify = {
    .name = "notify",
    .arguments = "TEXT",
    .summary = "send a text to every channel of the environment",
    .when = "always",
    .run = notify_run,
};
