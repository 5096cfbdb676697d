/*
 * States of a flight: one table of what may happen in each, and what follows.
 *
 * A flight is in exactly one state. Whatever happens to it is an occurrence: a poll answered, a
 * step ended, a person asked, a deadline passed. A row says for a state, an occurrence and a guard
 * which state is next, and tells it in a sentence for people. An occurrence without a row in a
 * state is refused there, also with a sentence. Each state that is no end has a deadline, and the
 * row of OCCURRED_DEADLINE is its named exit. An end is left only by a person who asks that the
 * flight be taken back.
 *
 * Pure: neither clock nor driver; flight/flight.h keeps the record and flight/flying.h acts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_STATES_H
#define FLIGHT_STATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum flight_state {
    FLIGHT_POLLING,      // the gates are asked, before anything is made
    FLIGHT_PREPARING,    // T-30: tag, build, backup, baseline: nothing of it touches the target
    FLIGHT_READY,        // waits for T-0
    FLIGHT_CONFIRMING,   // T-0: the gates once more, as they are now
    FLIGHT_DEPLOYING,    // T-0: the steps that change the target
    FLIGHT_VERIFYING,    // T+5 min: invariants and rows beside the baseline
    FLIGHT_WATCHING,     // between the points T+30 min, +1 h, +4 h, +24 h
    FLIGHT_CHECKING,     // at a point
    FLIGHT_HOLDING,      // waits for a person, who says go or abort
    FLIGHT_ROLLING_BACK, // the steps back, in their order
    FLIGHT_PROVING,      // is everything as in the original baseline?
    FLIGHT_NEEDS_PERSON, // tminus may not or cannot go on by itself
    FLIGHT_DONE,         // deployed, verified and watched
    FLIGHT_ROLLED_BACK,  // taken back, and proven so
    FLIGHT_ABORTED,      // ended before anything of the target was changed
    FLIGHT_CLOSED,       // a person took it over and closed it
    FLIGHT_STATE_COUNT
};

enum flight_occurrence {
    OCCURRED_POLL_GO,
    OCCURRED_POLL_NO_GO,
    OCCURRED_POLL_HOLD,
    OCCURRED_TIME,         // T-0 came, or the next point
    OCCURRED_STEP_DONE,    // and there are more of the phase
    OCCURRED_STEPS_DONE,   // the last one of the phase
    OCCURRED_STEP_FAILED,  // proven not done, or done wrong
    OCCURRED_STEP_UNKNOWN, // nobody can say what became of it
    OCCURRED_VERIFY_GO,
    OCCURRED_VERIFY_NO_GO,
    OCCURRED_VERIFY_HOLD,
    OCCURRED_POINTS_DONE,  // the last point passed
    OCCURRED_BACK_REFUSED, // the way back cannot be gone to its end
    OCCURRED_VERSION_BACK, // it is as after its migrations, which stay; the version went back
    OCCURRED_HOLD_ASKED,
    OCCURRED_GO_ASKED,
    OCCURRED_ABORT_ASKED,
    OCCURRED_ROLLBACK_ASKED,
    OCCURRED_WATCH_ASKED, // that it is watched on as it stands
    OCCURRED_DEADLINE,
    OCCURRENCE_COUNT
};

enum flight_guard {
    GUARD_ALWAYS,
    GUARD_UNCHANGED,   // no step that changes the target was begun, or all of them are taken back
    GUARD_CAN_GO_BACK, // one was, and the evidence allows that tminus takes it back by itself
    GUARD_CANNOT,      // one was, and it does not
    GUARD_OPEN,        // it holds for differences that nobody can attribute: a person decides
    GUARD_STANDS       // all of the deploy is done, and no step back was begun
};

// What the guards look at.
struct flight_facts {
    bool is_changed;  // a step that changes the target was begun, and is not taken back
    bool can_go_back; // the rollback class and its proof allow it, or a second person does
    bool is_open;     // it holds for differences that nobody can attribute
    bool stands;      // all of the deploy is done, and no step back was begun
};

// What the executor does in a state.
enum flight_action {
    ACTION_POLL,
    ACTION_STEP,
    ACTION_WAIT,   // for a moment that comes by itself
    ACTION_VERIFY, // beside the baseline, as after the change
    ACTION_PROVE,  // beside the baseline, as before the change
    ACTION_ASK,    // wait for a person
    ACTION_END
};

// No state: back to the one that was held.
#define FLIGHT_HELD FLIGHT_STATE_COUNT

struct flight_transition {
    enum flight_state state;
    enum flight_occurrence occurrence;
    enum flight_guard guard;
    enum flight_state next; // FLIGHT_HELD
    const char *sentence;   // for people: "a step failed; what was done is taken back"
};

extern const struct flight_transition flight_transitions[];
extern const size_t flight_n_transitions;

const char *flight_state_name(enum flight_state state); // "rolling_back": for programs
const char *flight_state_says(enum flight_state state); // "takes back what was done"
// FLIGHT_STATE_COUNT: there is none of this name.
enum flight_state flight_state_named(const char *name);
const char *flight_occurrence_name(enum flight_occurrence occurrence);
enum flight_action flight_state_action(enum flight_state state);
bool flight_state_is_end(enum flight_state state);
// How long it may last before OCCURRED_DEADLINE; 0 for an end.
int64_t flight_state_deadline_ms(enum flight_state state);

// The row, or NULL: refused in this state.
const struct flight_transition *flight_transition_find(enum flight_state state,
                                                       enum flight_occurrence occurrence,
                                                       const struct flight_facts *facts);
// Why it is refused, when it is: "a rollback is not stopped half-way".
const char *flight_refusal(enum flight_state state, enum flight_occurrence occurrence);

// The table as a Mermaid diagram, for the manual.
void flight_states_draw(FILE *out);

#endif
