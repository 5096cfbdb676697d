/*
 * Flying: what moves a flight from state to state, one act at a time.
 *
 * The loop reads the flight out of its journal, answers what people asked, and does what the state
 * calls for. Each effect has its intent in the journal before and its result after it; what was
 * begun and has no result is read back before anything else. So the loop may die at any point, and
 * another one goes on from the journal alone.
 *
 * The world (clock, gates, steps, people) is a table: the real one is flight/world.h's, and tests
 * fly whole days in milliseconds with another.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_FLYING_H
#define FLIGHT_FLYING_H

#include "analysis/assessment.h"
#include "flight/flight.h"

// Of a poll or a verification.
struct flight_answer {
    enum verdict verdict;
    const char *why; // one sentence
    json_t *detail;  // for the journal, stolen; NULL: none
    // Of a verification that holds: the kinds of differences that nobody can attribute, where it
    // rests on these alone (flight/acceptance.h); a person may accept them. NULL else.
    const char *unattributed;
};

struct step_result {
    // STEP_DONE; STEP_PENDING: nothing of it was done; STEP_FAILED; STEP_UNKNOWN
    enum step_state state;
    bool is_proof;    // of STEP_PENDING, read back: it is proven, and not only nothing to be seen
    bool is_partly;   // of STEP_PENDING: some of it is done, and doing it again goes on from there
    const char *why;  // one sentence; NULL: none is needed
    json_t *evidence; // what was read: a version, an exit status; stolen; NULL: none
};

// What channels said to a call.
struct flight_call {
    bool is_taken;   // by one of them
    const char *why; // one sentence
    json_t *answers; // stolen; NULL: none
};

struct flight_world {
    void *context;
    int64_t (*now_ms)(void *context);  // of durations: whoever sets the clock does not move it
    int64_t (*wall_ms)(void *context); // of T-0, which people agreed on; NULL: the same
    // Until the moment, or a little, or until something may have been asked for.
    bool (*sleep_until)(void *context, int64_t ms, struct error *err);
    bool (*poll)(void *context, TALLOC_CTX *mem, const struct flight *flight,
                 struct flight_answer *out, struct error *err);
    // `as_before`: is everything as in the baseline, as after a rollback?
    bool (*verify)(void *context, TALLOC_CTX *mem, const struct flight *flight, bool as_before,
                   struct flight_answer *out, struct error *err);
    // Do it, within its timeout. False only when it was interrupted: nobody knows then.
    bool (*act)(void *context, TALLOC_CTX *mem, const struct flight *flight,
                const struct step *step, struct step_result *out, struct error *err);
    // What became of it, seen from outside; it changes nothing.
    bool (*read_back)(void *context, TALLOC_CTX *mem, const struct flight *flight,
                      const struct step *step, struct step_result *out, struct error *err);
    // Of a step that was begun, has no result, and of which nothing is seen: what of it may still
    // be at work on another machine, in words; NULL: nothing. NULL: it is not asked.
    bool (*find_stray)(void *context, TALLOC_CTX *mem, const struct flight *flight,
                       const struct step *step, const char **out, struct error *err);
    // Before the first step back: what stands in the way of one of them, in words; NULL: nothing.
    // False only when it was interrupted. NULL: it is not asked.
    bool (*check_back)(void *context, TALLOC_CTX *mem, const struct flight *flight,
                       const char **refused, struct error *err);
    // What is due beside the flight, between two of its acts: a maintenance whose time is over.
    // False only when it was interrupted. NULL: nothing is.
    bool (*keep)(void *context, TALLOC_CTX *mem, const struct flight *flight, struct error *err);
    // What people are told of the flight as it is now.
    char *(*call_text)(void *context, TALLOC_CTX *mem, const struct flight *flight);
    // Call them; bounded in time. NULL: nobody is to be called. False only when it was interrupted.
    bool (*call)(void *context, TALLOC_CTX *mem, const struct flight *flight, const char *text,
                 struct flight_call *out, struct error *err);
    // The state or its sentence changed: for the screen.
    void (*tell)(void *context, const struct flight *flight);
};

struct flying_options {
    // How much of the watch is flown by this process, after the verification; what comes later is
    // `tminus watch`'s. INT64_MAX: all of it.
    int64_t watch_ms;
    bool is_waiting; // for a person in FLIGHT_HOLDING; false: it ends there, to be resumed
    bool is_keeping; // the deadlines of what waits for a person, also in FLIGHT_NEEDS_PERSON
};

// Until the flight ends, needs a person, or the options say enough. `*out` is the view then, the
// reader's. Errors: interrupted, fenced, a journal that cannot be written: the flight can be
// resumed.
MUST_CHECK bool flight_fly(struct flight_reader *reader, struct journal *journal,
                           const struct flight_world *world, const struct flying_options *options,
                           struct flight **out, struct error *err);

// Nobody flies it although its state needs that: an alarm, for which people are called once. It
// flies nothing. `pilot`: who did.
MUST_CHECK bool flight_raise_alarm(struct flight_reader *reader, struct journal *journal,
                                   const struct flight_world *world,
                                   const struct store_lease *pilot, struct flight **out,
                                   struct error *err);

// Begin: the flight's plan as its first event. `flight` has its steps and points.
MUST_CHECK bool flight_begin(struct journal *journal, const struct flight *flight,
                             struct error *err);
// What a person asks for.
struct flight_wish {
    const char *asks;   // "hold" "go" "abort" "rollback" "watch"
    const char *reason; // NULL: none
    const char *answer; // of a go, "done" or "again"; NULL: none
    // Of a rollback, as in struct flight_request; `methods` 0: all.
    unsigned methods;
    const char *to, *allowed_by;
    bool is_now;
};
MUST_CHECK bool flight_ask(struct journal *journal, const struct flight *flight,
                           const struct flight_wish *wish, struct error *err);

#endif
