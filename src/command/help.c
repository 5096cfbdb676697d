/*
 * tminus help: the verbs by the time when they are used, or the options of one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/help.h"
#include "base/text.h"

static const char *const groups[] = {"before", "during", "after", "always"};

static size_t head_width(const struct command *command)
{
    return text_width(command->name) + 1 + text_width(command->arguments);
}

static void write_group(FILE *out, const struct program *program, const char *when, size_t width)
{
    bool has_title = false;
    for (const struct command *const *at = program->commands; *at != NULL; at++) {
        const struct command *command = *at;
        if (strcmp(command->when, when) != 0)
            continue;
        if (!has_title)
            fprintf(out, "\n%s\n", when);
        has_title = true;
        int gap = (int)(width - head_width(command)) + 2;
        fprintf(out, "  %s %s%*s%s\n", command->name, command->arguments, gap, "",
                command->summary);
    }
}

void help_write_verbs(FILE *out, const struct program *program)
{
    size_t width = 0;
    for (const struct command *const *at = program->commands; *at != NULL; at++) {
        if (head_width(*at) > width)
            width = head_width(*at);
    }
    fputs("usage: tminus VERB [OPTION…]\n\n"
          "Says GO, NO-GO or HOLD for deployments that touch data, with the evidence.\n",
          out);
    for (size_t i = 0; i < COUNT_OF(groups); i++)
        write_group(out, program, groups[i], width);
    fputs("\n'tminus help VERB' says more about one of them.\n", out);
}

bool help_find_verb(const struct program *program, const char *name, const struct command **out,
                    struct error *err)
{
    SCRATCH(tmp);
    const char **names = NULL;
    size_t n = 0;
    for (const struct command *const *at = program->commands; *at != NULL; at++) {
        bool is_alias = (*at)->alias != NULL && strcmp((*at)->alias, name) == 0;
        if (is_alias || strcmp((*at)->name, name) == 0) {
            *out = *at;
            return true;
        }
        *mem_append(tmp, names, n) = (*at)->name;
    }
    if (*name == '-') {
        error_set(err, ERROR_USAGE, "unknown option '%s'", name);
        return error_hint(err, "options follow the verb: tminus VERB [OPTION…]");
    }
    error_set(err, ERROR_USAGE, "unknown verb '%s'", name);
    const char *nearest = text_nearest(name, names, n);
    if (nearest != NULL)
        return error_hint(err, "did you mean '%s'?", nearest);
    return error_hint(err, "'tminus help' lists the verbs");
}

static int help_run(const struct program *program, int argc, char **argv, struct error *err)
{
    SCRATCH(tmp);
    bool is_asked = argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    if (argc < 2 || is_asked) {
        help_write_verbs(stdout, program);
        return EXIT_GO;
    }
    const struct command *command;
    if (!help_find_verb(program, argv[1], &command, err))
        return -1;
    if (command == &command_help) {
        help_write_verbs(stdout, program);
        return EXIT_GO;
    }
    char *words[] = {mem_printf(tmp, "tminus %s", command->name), mem_strdup(tmp, "--help"), NULL};
    return command->run(program, 2, words, err);
}

const struct command command_help = {
    .name = "help",
    .arguments = "[VERB]",
    .summary = "list the verbs, or the options of one",
    .when = "always",
    .run = help_run,
};
