/*
 * Kinds of steps: who does one, and how it is seen from outside whether it is done.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_STEP_KIND_H
#define FLIGHT_STEP_KIND_H

#include "flight/flying.h"
#include "flight/verb.h"
#include "journal/journal.h"

struct step_context {
    const struct verb_caller *caller;
    struct journal *journal;
};

// As flight_world wants them (flight/flying.h).
MUST_CHECK bool step_act(TALLOC_CTX *mem, const struct step_context *context,
                         const struct step *step, struct step_result *out, struct error *err);
MUST_CHECK bool step_read_back(TALLOC_CTX *mem, const struct step_context *context,
                               const struct step *step, struct step_result *out, struct error *err);

// Can this step back be taken to its end? `*refused`: why not, in words; it changes nothing.
MUST_CHECK bool step_check_back(TALLOC_CTX *mem, const struct step_context *context,
                                const struct step *step, const char **refused, struct error *err);
// The command of an undo as it would be run now, whatever somebody undid since the launch, or that
// nothing is left of it; NULL: it is no undo, or something stands in its way.
MUST_CHECK bool step_undo_command(TALLOC_CTX *mem, const struct step_context *context,
                                  const struct step *step, const char **out, struct error *err);

// The flight's own baseline, the original one: not a later one that somebody saved meanwhile. NULL:
// there is none.
MUST_CHECK bool step_find_baseline(TALLOC_CTX *mem, const struct step_context *context,
                                   const char **out, struct error *err);

#endif
