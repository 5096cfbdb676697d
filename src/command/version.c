/*
 * tminus version: the program's version and those of what it reads with.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command/command.h"

static int version_run(const struct program *program, int argc, char **argv, struct error *err)
{
    (void)program;
    (void)argc;
    (void)argv;
    (void)err;
    printf("tminus %s\n", TMINUS_VERSION);
    return EXIT_GO;
}

const struct command command_version = {
    .name = "version",
    .arguments = "",
    .summary = "print the version",
    .when = "always",
    .run = version_run,
};
