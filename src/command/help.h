/*
 * Help: the list of verbs, and the verb that was meant.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_HELP_H
#define COMMAND_HELP_H

#include "command/command.h"
#include <stdio.h>

void help_write_verbs(FILE *out, const struct program *program);

// The verb called `name`; ERROR_USAGE with the nearest one as hint when there is none.
MUST_CHECK bool help_find_verb(const struct program *program, const char *name,
                               const struct command **out, struct error *err);

#endif
