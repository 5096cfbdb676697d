/*
 * tminus notify: a message to every channel of the environment.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/effect.h"
#include "flight/notification.h"

#define KEY_DRY_RUN 0x201

struct request {
    struct options options;
    const char *text;
    bool is_dry_run;
};

static const struct argp_option table[] = {
    {"dry-run", KEY_DRY_RUN, NULL, 0, "only look whether there is a channel", 1},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct request *request = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &request->options; return 0;
    case KEY_DRY_RUN: request->is_dry_run = true; return 0;
    case ARGP_KEY_ARG:
        if (request->text != NULL)
            argp_error(state, "unexpected argument '%s': a text of several words wants quotes",
                       value);
        request->text = value;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = table,
    .parser = parse,
    .args_doc = "TEXT",
    .doc = "Send a text to every channel under notify: of tminus.yaml. Ends with 0 when each took "
           "it, 4 when none did, 5 when some did.",
    .children = options_children,
};

static int notify_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {0};
    struct act act;

    argp_parse(&parser, argc, argv, 0, NULL, &request);
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
