/*
 * tminus: the tables of commands and drivers, and dispatch; nothing else.
 *
 * No other file names an implementation of a driver or lists the verbs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/log.h"
#include "command/command.h"
#include <locale.h>

static const struct command *const commands[] = {
    &command_version,
    NULL,
};

static const struct engine_driver *const engines[] = {
    NULL,
};

static const struct store_driver *const stores[] = {
    &store_sqlite,
    NULL,
};

int main(int argc, char **argv)
{
    const struct program program = {.commands = commands, .engines = engines, .stores = stores};
    setlocale(LC_CTYPE, "");
    for (size_t i = 0; argc > 1 && commands[i] != NULL; i++) {
        if (strcmp(commands[i]->name, argv[1]) != 0)
            continue;
        struct error err = {0};
        int status = commands[i]->run(&program, argc - 1, argv + 1, &err);
        if (status < 0) {
            log_error(&err);
            status = error_exit_status(err.code);
        }
        return status;
    }
    fprintf(stderr, "usage: tminus VERB [OPTION…]\n");
    return EXIT_USAGE;
}
