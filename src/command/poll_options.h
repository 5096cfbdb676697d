/*
 * Which plan a verb is about, and what a poll of it is handed: for poll and approve.
 *
 * A verb embeds `struct plan_request`, has `poll_children` as its argp children and hands the
 * request over in its parser, as it does with those of every verb (command/options.h), which come
 * along.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_POLL_OPTIONS_H
#define COMMAND_POLL_OPTIONS_H

#include "check/poll.h"
#include "command/plan.h"

extern const struct argp_child poll_children[];

// The plan of it, and the database that it is for. ERROR_USAGE: none is named.
MUST_CHECK bool poll_plan(TALLOC_CTX *mem, const struct program *program,
                          const struct plan_request *request, struct plan_input *input,
                          struct plan **out, struct error *err);

// What a poll of that plan is handed, with staging's journal open where there is one. ERROR_CONFIG:
// tminus.yaml names a staging that is no environment.
MUST_CHECK bool poll_request_make(TALLOC_CTX *mem, const struct program *program,
                                  const struct plan_input *input, const struct plan *plan,
                                  struct poll_request *out, struct error *err);

#endif
