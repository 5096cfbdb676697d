/*
 * Options of verbs that do one act: see act_options.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/act_options.h"
#include "base/memory.h"

#define KEY_FIRST 0x201

struct parsing {
    const struct act_verb *verb;
    void *request;
    size_t n_options;
    size_t n_arguments; // taken
};

static void *member(const struct parsing *parsing, size_t offset)
{
    return (char *)parsing->request + offset;
}

static void take_option(const struct parsing *parsing, const struct act_option *option,
                        const char *value)
{
    void *at = member(parsing, option->offset);
    switch (option->kind) {
    case ACT_OPTION_TEXT: *(const char **)at = value; return;
    case ACT_OPTION_SET: *(bool *)at = true; return;
    case ACT_OPTION_NONE: *(const char **)at = NULL; return;
    }
}

static void take_argument(struct parsing *parsing, struct argp_state *state, const char *value)
{
    const struct act_argument *argument = &parsing->verb->takes[parsing->n_arguments];
    if (parsing->n_arguments == ACT_ARGUMENTS_MAX || argument->offset == 0)
        argp_error(state, "unexpected argument '%s'%s", value, parsing->verb->surplus_hint ?: "");
    parsing->n_arguments++;
    *(const char **)member(parsing, argument->offset) =
        argument->choices == NULL ? value : options_action(state, value, argument->choices);
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct parsing *parsing = state->input;
    size_t at = (size_t)(key - KEY_FIRST);
    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = parsing->request;
        return 0;
    }
    if (key == ARGP_KEY_ARG && parsing->verb->arguments[0] != '\0') {
        take_argument(parsing, state, value);
        return 0;
    }
    if (key < KEY_FIRST || at >= parsing->n_options)
        return ARGP_ERR_UNKNOWN;
    take_option(parsing, &parsing->verb->options[at], value);
    return 0;
}

void act_options_parse(const struct act_verb *verb, void *request, int argc, char **argv)
{
    SCRATCH(tmp);
    struct parsing parsing = {.verb = verb, .request = request};
    while (verb->options[parsing.n_options].name != NULL)
        parsing.n_options++;
    struct argp_option *table = mem_array(tmp, struct argp_option, parsing.n_options + 1);
    for (size_t i = 0; i < parsing.n_options; i++)
        table[i] = (struct argp_option){.name = verb->options[i].name,
                                        .key = KEY_FIRST + (int)i,
                                        .arg = verb->options[i].argument,
                                        .doc = verb->options[i].help,
                                        .group = 1};
    const struct argp parser = {.options = table,
                                .parser = parse,
                                .args_doc = verb->arguments,
                                .doc = verb->doc,
                                .children = options_children};
    argp_parse(&parser, argc, argv, 0, NULL, &parsing);
}
