/*
 * The inside of the loop that flies, for the files that do what its states call for.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_FLYING_PARTS_H
#define FLIGHT_FLYING_PARTS_H

#include "flight/flying.h"

struct flying {
    struct flight_reader *reader;
    struct journal *journal;
    const struct flight_world *world;
    const struct flying_options *options;
    struct flight *flight;
};

// --- flying.c
json_t *flying_event(const struct flying *flying); // {flight, at_ms}
// The state after `occurrence`, into `data`; false: refused in this state.
bool flying_put_transition(const struct flying *flying, json_t *data,
                           enum flight_occurrence occurrence, const char *why);
// Append, and look at the flight anew.
MUST_CHECK bool flying_append(struct flying *flying, const char *event, json_t *data,
                              struct error *err);
// An occurrence that is no step's and no person's. `detail` is stolen; NULL: none.
MUST_CHECK bool flying_move(struct flying *flying, enum flight_occurrence occurrence,
                            const char *why, json_t *detail, struct error *err);

// --- flying_step.c
// The next step of the phase: done, or what became of it read back.
MUST_CHECK bool flying_step(struct flying *flying, struct error *err);

// --- flying_question.c
MUST_CHECK bool flying_poll(struct flying *flying, struct error *err);
// `as_before`: is everything as in the baseline, as after a rollback?
MUST_CHECK bool flying_verify(struct flying *flying, bool as_before, struct error *err);

#endif
