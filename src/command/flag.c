/*
 * tminus flag: what a feature flag is, and switching it with a look at what came of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/flag.h"
#include "command/act_options.h"
#include "command/effect.h"

struct request {
    struct options options; // first
    const char *name;
    const char *action;
    bool is_dry_run;
};

static const char *const actions[] = {"on", "off", "show", NULL};

static const struct act_option table[] = {
    {"dry-run", NULL, "only look what it is, and whether it may be set", ACT_OPTION_SET,
     offsetof(struct request, is_dry_run)},
    {0},
};

static const struct act_verb verb = {
    .arguments = "NAME on | off | show",
    .doc = "Switch a flag of tminus.yaml, and read it back. Ends with 0 when it is so, 3 when it "
           "cannot be read, 4 when it was refused and is as before, 5 when it was set and reads "
           "back otherwise, 6 when what it waits for does not hold. show: 0 when it was read.",
    .options = table,
    .takes = {{offsetof(struct request, name), NULL}, {offsetof(struct request, action), actions}},
};

static int show(TALLOC_CTX *mem, const struct flag_setting *setting, const struct options *options,
                struct error *err)
{
    struct flag_answer answer;
    if (!flag_read(mem, setting, &answer, err))
        return -1;
    if (options->format == FORMAT_JSON) {
        json_auto_t *document = json_object();
        json_put_text(document, "schema", "tminus/flag/1");
        json_put_text(document, "flag", setting->flag->name);
        json_put_text(document, "kind", setting->flag->kind);
        json_put_text(document, "value", flag_value_name(answer.value));
        json_put_text(document, "text", answer.text);
        json_write(stdout, document);
    } else {
        printf("%s is %s: %s\n", setting->flag->name, flag_value_name(answer.value), answer.text);
    }
    return answer.value == FLAG_UNKNOWN ? EXIT_HOLD : EXIT_GO;
}

static int flag_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    struct request request = {0};

    act_options_parse(&verb, &request, argc, argv);
    struct effect effect = {.verb = "flag",
                            .program = program,
                            .options = &request.options,
                            .is_dry_run = request.is_dry_run};
    if (!effect_open(tmp, &effect, err))
        return -1;
    if (request.action == NULL) {
        error_set(err, ERROR_USAGE, "it is not said what to do with which flag");
        error_hint(err, "tminus flag NAME on, off or show");
        return -1;
    }
    struct flag_setting setting = {
        .config = effect.choice.config,
        .environment = effect.choice.environment,
        .is_on = strcmp(request.action, "on") == 0,
        .drivers = program->flags,
        .engines = program->engines,
        .wait = effect.wait,
        .show = effect_show_line,
        .show_context = &effect,
    };
    if (!flag_find(setting.environment, request.name, &setting.flag, err))
        return -1;
    if (strcmp(request.action, "show") == 0)
        return show(tmp, &setting, &request.options, err);
    if (!flag_check(&setting, err))
        return -1;
    const struct act act = flag_act(tmp, &setting);
    return effect_run(tmp, &effect, &act,
                      mem_printf(tmp, "flag %s %s", request.name, request.action), err);
}

const struct command command_flag = {
    .name = "flag",
    .arguments = "NAME on | off | show",
    .summary = "switch a feature flag, and read it back",
    .when = "during",
    .run = flag_run,
};
