/*
 * Options of verbs that do one act (build, release, tag, step, notify, flag): each says its own as
 * rows of a table, beside those that every verb has.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_ACT_OPTIONS_H
#define COMMAND_ACT_OPTIONS_H

#include "command/options.h"
#include <stddef.h>

enum act_option_kind {
    ACT_OPTION_TEXT, // const char *: its value
    ACT_OPTION_SET,  // bool: becomes true
    ACT_OPTION_NONE  // const char *: becomes NULL
};

struct act_option {
    const char *name;     // "version"; NULL ends the table
    const char *argument; // "VERSION"; NULL: it takes none
    const char *help;
    enum act_option_kind kind;
    size_t offset; // in the verb's request
};

struct act_argument {           // without a dash, in their order
    size_t offset;              // const char *, NULL before; 0 ends the table
    const char *const *choices; // as options_action; NULL: any text
};

#define ACT_ARGUMENTS_MAX 2

struct act_verb {
    const char *arguments; // of the usage: "NAME on | off"
    const char *doc;
    const struct act_option *options;
    struct act_argument takes[ACT_ARGUMENTS_MAX];
    const char *surplus_hint; // behind "unexpected argument 'x'"; NULL
};

// `request` begins with its struct options. A usage error ends the program, as argp does.
void act_options_parse(const struct act_verb *verb, void *request, int argc, char **argv);

#endif
