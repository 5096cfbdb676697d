/*
 * Options: those that every verb takes, as a child of the verb's own argp parser.
 *
 * A verb embeds `struct options`, has `options_children` as its argp children and hands the struct
 * over in its parser:
 *
 *     case ARGP_KEY_INIT:
 *         state->child_inputs[0] = &request->options;
 *         return 0;
 *
 * argp prints usage errors itself and ends with status 2; `--help` ends with 0.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_OPTIONS_H
#define COMMAND_OPTIONS_H

#include "base/error.h"
#include <argp.h>
#include <stdbool.h>

enum format {
    FORMAT_TEXT,
    FORMAT_JSON,
    FORMAT_MD,
    FORMAT_HTML,
    FORMAT_SARIF,
    FORMAT_JUNIT,
    FORMAT_GITHUB,
    FORMAT_GITLAB,
    FORMAT_TAP,
    FORMAT_NAGIOS,
    FORMAT_PROMETHEUS,
    FORMAT_COUNT
};

struct options {
    const char *environment; // --env, --environment; NULL: not given
    const char *slot;        // --slot; NULL: not given
    const char *config_path; // --config; NULL: not given
    enum format format;      // --format; text when not given
    int verbosity;           // -1 with -q (the log is quiet), 1 with -v (the report says more)
    bool no_progress;        // --no-progress
    bool is_after_release;   // --after-release: the migrations of post_migrations
};

// All members of `struct options` at zero are the defaults.
extern const struct argp_child options_children[];

// What the verb shall do: `name` (NULL: missing) when it is one of `known`, which ends with NULL;
// else a usage error.
const char *options_action(struct argp_state *state, const char *name, const char *const *known);

#define OPTIONS_FORMAT(format) (1u << (format))
// Is the chosen format one of the verb's (an OR of OPTIONS_FORMAT)? Else ERROR_USAGE that lists
// them.
MUST_CHECK bool options_format_allowed(const struct options *options, unsigned formats,
                                       struct error *err);

#endif
