/*
 * Which plan a verb is about: the options of poll and approve.
 *
 * A verb embeds `struct plan_request`, has `poll_children` as its argp children and hands the
 * request over in its parser, as it does with those of every verb (command/options.h), which come
 * along.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_POLL_OPTIONS_H
#define COMMAND_POLL_OPTIONS_H

#include "command/plan.h"

extern const struct argp_child poll_children[];

// The plan of it, and the database that it is for. ERROR_USAGE: none is named.
MUST_CHECK bool poll_plan(TALLOC_CTX *mem, const struct program *program,
                          const struct plan_request *request, struct plan_input *input,
                          struct plan **out, struct error *err);

#endif
