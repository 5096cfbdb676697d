/*
 * The table of flight states: see states.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/states.h"
#include "base/error.h"
#include <string.h>

#define MINUTES(n) ((int64_t)(n)*60 * 1000)
#define HOURS(n) ((int64_t)(n)*3600 * 1000)

struct state {
    const char *name;
    const char *says; // after "the flight "
    enum flight_action action;
    int64_t deadline_ms;
};

// Deadlines: the runbook's clock (T-30, verification within five minutes of the end of the deploy);
// what it does not say is as long as the same work took at most where it was measured, and then
// some.
static const struct state states[] = {
    [FLIGHT_POLLING] = {"polling", "asks the gates", ACTION_POLL, MINUTES(30)},
    [FLIGHT_PREPARING] = {"preparing", "prepares: tag, build, backup, baseline", ACTION_STEP,
                          HOURS(4)},
    [FLIGHT_READY] = {"ready", "waits for T-0", ACTION_WAIT, HOURS(24)},
    [FLIGHT_CONFIRMING] = {"confirming", "asks the gates once more", ACTION_POLL, MINUTES(30)},
    [FLIGHT_DEPLOYING] = {"deploying", "changes the target", ACTION_STEP, HOURS(24)},
    [FLIGHT_VERIFYING] = {"verifying", "compares with the baseline", ACTION_VERIFY, MINUTES(30)},
    [FLIGHT_WATCHING] = {"watching", "waits for the next point of the watch", ACTION_WAIT,
                         HOURS(24)},
    [FLIGHT_CHECKING] = {"checking", "checks at a point of the watch", ACTION_VERIFY, MINUTES(30)},
    [FLIGHT_HOLDING] = {"holding", "holds: a person says go or abort", ACTION_ASK, HOURS(1)},
    [FLIGHT_ROLLING_BACK] = {"rolling_back", "takes back what was done", ACTION_STEP, HOURS(4)},
    [FLIGHT_PROVING] = {"proving", "compares with the original baseline", ACTION_PROVE,
                        MINUTES(30)},
    [FLIGHT_NEEDS_PERSON] = {"needs_person", "needs a person", ACTION_ASK, MINUTES(15)},
    [FLIGHT_DONE] = {"done", "is done: deployed, verified and watched", ACTION_END, 0},
    [FLIGHT_ROLLED_BACK] = {"rolled_back", "is rolled back, and proven so", ACTION_END, 0},
    [FLIGHT_ABORTED] = {"aborted", "is aborted; nothing of the target was changed", ACTION_END, 0},
    [FLIGHT_CLOSED] = {"closed", "is closed: a person took it over", ACTION_END, 0},
};
_Static_assert(sizeof states / sizeof *states == FLIGHT_STATE_COUNT, "one row a state");

static const char *const occurrences[] = {
    [OCCURRED_POLL_GO] = "poll_go",           [OCCURRED_POLL_NO_GO] = "poll_no_go",
    [OCCURRED_POLL_HOLD] = "poll_hold",       [OCCURRED_TIME] = "time",
    [OCCURRED_STEP_DONE] = "step_done",       [OCCURRED_STEPS_DONE] = "steps_done",
    [OCCURRED_STEP_FAILED] = "step_failed",   [OCCURRED_STEP_UNKNOWN] = "step_unknown",
    [OCCURRED_VERIFY_GO] = "verify_go",       [OCCURRED_VERIFY_NO_GO] = "verify_no_go",
    [OCCURRED_VERIFY_HOLD] = "verify_hold",   [OCCURRED_POINTS_DONE] = "points_done",
    [OCCURRED_BACK_REFUSED] = "back_refused", [OCCURRED_VERSION_BACK] = "version_back",
    [OCCURRED_HOLD_ASKED] = "hold_asked",     [OCCURRED_GO_ASKED] = "go_asked",
    [OCCURRED_ABORT_ASKED] = "abort_asked",   [OCCURRED_ROLLBACK_ASKED] = "rollback_asked",
    [OCCURRED_WATCH_ASKED] = "watch_asked",   [OCCURRED_DEADLINE] = "deadline",
};
_Static_assert(sizeof occurrences / sizeof *occurrences == OCCURRENCE_COUNT, "one name each");

// The three ways out of a state in which the target may have been changed.
#define WAYS_OUT(from, happened, what)                                                             \
    {FLIGHT_##from, OCCURRED_##happened, GUARD_UNCHANGED, FLIGHT_ABORTED,                          \
     what "; nothing of the target was changed"},                                                  \
        {FLIGHT_##from, OCCURRED_##happened, GUARD_CAN_GO_BACK, FLIGHT_ROLLING_BACK,               \
         what "; what was done is taken back"},                                                    \
    {                                                                                              \
        FLIGHT_##from, OCCURRED_##happened, GUARD_CANNOT, FLIGHT_NEEDS_PERSON,                     \
            what "; nothing shows that it can be taken back, so a person decides"                  \
    }

#define ROW(from, happened, to, what)                                                              \
    {                                                                                              \
        FLIGHT_##from, OCCURRED_##happened, GUARD_ALWAYS, FLIGHT_##to, what                        \
    }

#define UNTOUCHED "a person asked for the way back; nothing of the target was changed"

#define LEFT_AGAIN(from)                                                                           \
    {                                                                                              \
        FLIGHT_##from, OCCURRED_ROLLBACK_ASKED, GUARD_CAN_GO_BACK, FLIGHT_ROLLING_BACK,            \
            "a person asked for the way back; what was done is taken back"                         \
    }

const struct flight_transition flight_transitions[] = {
    ROW(POLLING, POLL_GO, PREPARING, "the gates say GO: it is prepared"),
    ROW(POLLING, POLL_NO_GO, ABORTED, "the gates say NO-GO: it does not start"),
    ROW(POLLING, POLL_HOLD, HOLDING, "a required gate could not be answered"),
    ROW(POLLING, HOLD_ASKED, HOLDING, "a person held it"),
    ROW(POLLING, ABORT_ASKED, ABORTED, "a person aborted it"),
    ROW(POLLING, ROLLBACK_ASKED, ABORTED, UNTOUCHED),
    ROW(POLLING, DEADLINE, ABORTED, "the gates did not answer in time"),

    ROW(PREPARING, STEP_DONE, PREPARING, "the next step of the preparation"),
    ROW(PREPARING, STEPS_DONE, READY, "it is prepared"),
    ROW(PREPARING, STEP_FAILED, ABORTED, "the preparation failed; the target was not touched"),
    ROW(PREPARING, STEP_UNKNOWN, HOLDING, "nobody can say what became of a step"),
    ROW(PREPARING, HOLD_ASKED, HOLDING, "a person held it"),
    ROW(PREPARING, ABORT_ASKED, ABORTED, "a person aborted it"),
    ROW(PREPARING, ROLLBACK_ASKED, ABORTED, UNTOUCHED),
    ROW(PREPARING, DEADLINE, HOLDING, "the preparation takes longer than it may"),

    ROW(READY, TIME, CONFIRMING, "T-0: the gates are asked as they are now"),
    ROW(READY, HOLD_ASKED, HOLDING, "a person held it"),
    ROW(READY, ABORT_ASKED, ABORTED, "a person aborted it"),
    ROW(READY, ROLLBACK_ASKED, ABORTED, UNTOUCHED),
    ROW(READY, DEADLINE, ABORTED, "T-0 did not come in time: what was prepared is too old"),

    ROW(CONFIRMING, POLL_GO, DEPLOYING, "the gates say GO: the target is changed"),
    ROW(CONFIRMING, POLL_NO_GO, ABORTED, "the gates say NO-GO: it does not start"),
    ROW(CONFIRMING, POLL_HOLD, HOLDING, "a required gate could not be answered"),
    ROW(CONFIRMING, HOLD_ASKED, HOLDING, "a person held it"),
    ROW(CONFIRMING, ABORT_ASKED, ABORTED, "a person aborted it"),
    ROW(CONFIRMING, ROLLBACK_ASKED, ABORTED, UNTOUCHED),
    ROW(CONFIRMING, DEADLINE, ABORTED, "the gates did not answer in time"),

    ROW(DEPLOYING, STEP_DONE, DEPLOYING, "the next step of the deploy"),
    ROW(DEPLOYING, STEPS_DONE, VERIFYING, "all steps are done: it is verified"),
    WAYS_OUT(DEPLOYING, STEP_FAILED, "a step failed"),
    ROW(DEPLOYING, STEP_UNKNOWN, HOLDING, "nobody can say what became of a step"),
    ROW(DEPLOYING, HOLD_ASKED, HOLDING, "a person held it between two steps"),
    WAYS_OUT(DEPLOYING, ABORT_ASKED, "a person aborted it"),
    WAYS_OUT(DEPLOYING, ROLLBACK_ASKED, "a person asked for the way back"),
    ROW(DEPLOYING, DEADLINE, HOLDING, "the deploy takes longer than it may"),

    ROW(VERIFYING, VERIFY_GO, WATCHING, "verified: the watch begins"),
    WAYS_OUT(VERIFYING, VERIFY_NO_GO, "the verification failed"),
    ROW(VERIFYING, VERIFY_HOLD, HOLDING, "the verification could not be answered"),
    ROW(VERIFYING, HOLD_ASKED, HOLDING, "a person held it"),
    WAYS_OUT(VERIFYING, ABORT_ASKED, "a person aborted it"),
    WAYS_OUT(VERIFYING, ROLLBACK_ASKED, "a person asked for the way back"),
    ROW(VERIFYING, DEADLINE, HOLDING, "not verified within the time limit"),

    ROW(WATCHING, TIME, CHECKING, "a point of the watch has come"),
    ROW(WATCHING, HOLD_ASKED, HOLDING, "a person held it"),
    WAYS_OUT(WATCHING, ABORT_ASKED, "a person aborted it"),
    WAYS_OUT(WATCHING, ROLLBACK_ASKED, "a person asked for the way back"),
    ROW(WATCHING, DEADLINE, CHECKING, "a point of the watch was missed: it is checked late"),

    ROW(CHECKING, VERIFY_GO, WATCHING, "the point passed"),
    ROW(CHECKING, POINTS_DONE, DONE, "the last point passed"),
    WAYS_OUT(CHECKING, VERIFY_NO_GO, "a point of the watch failed"),
    ROW(CHECKING, VERIFY_HOLD, HOLDING, "a point of the watch could not be answered"),
    ROW(CHECKING, HOLD_ASKED, HOLDING, "a person held it"),
    WAYS_OUT(CHECKING, ABORT_ASKED, "a person aborted it"),
    WAYS_OUT(CHECKING, ROLLBACK_ASKED, "a person asked for the way back"),
    ROW(CHECKING, DEADLINE, HOLDING, "a point of the watch was not answered in time"),

    ROW(HOLDING, GO_ASKED, HELD, "a person said go: it goes on where it was held"),
    ROW(HOLDING, HOLD_ASKED, HOLDING, "a person held it for longer"),
    WAYS_OUT(HOLDING, ABORT_ASKED, "a person aborted it"),
    WAYS_OUT(HOLDING, ROLLBACK_ASKED, "a person asked for the way back"),
    {FLIGHT_HOLDING, OCCURRED_DEADLINE, GUARD_OPEN, FLIGHT_HOLDING,
     "nobody answered: the person is called again"},
    // No effect by itself while people may be at work: they are called instead.
    {FLIGHT_HOLDING, OCCURRED_DEADLINE, GUARD_UNCHANGED, FLIGHT_ABORTED,
     "nobody answered in time; nothing of the target was changed"},
    {FLIGHT_HOLDING, OCCURRED_DEADLINE, GUARD_CAN_GO_BACK, FLIGHT_NEEDS_PERSON,
     "nobody answered in time, and the target is half-way"},
    {FLIGHT_HOLDING, OCCURRED_DEADLINE, GUARD_CANNOT, FLIGHT_NEEDS_PERSON,
     "nobody answered in time, and the target is half-way"},

    ROW(ROLLING_BACK, STEP_DONE, ROLLING_BACK, "the next step back"),
    ROW(ROLLING_BACK, STEPS_DONE, PROVING, "all is taken back: it is proven"),
    ROW(ROLLING_BACK, BACK_REFUSED, NEEDS_PERSON,
        "it cannot be taken back now, and no step back was begun"),
    ROW(ROLLING_BACK, STEP_FAILED, NEEDS_PERSON, "a step back failed"),
    ROW(ROLLING_BACK, STEP_UNKNOWN, NEEDS_PERSON, "nobody can say what became of a step back"),
    ROW(ROLLING_BACK, DEADLINE, NEEDS_PERSON, "the rollback takes longer than it may"),

    ROW(PROVING, VERIFY_GO, ROLLED_BACK, "everything is as in the original baseline"),
    ROW(PROVING, VERSION_BACK, ROLLED_BACK,
        "the version is back, and the data as after the migrations"),
    ROW(PROVING, VERIFY_NO_GO, NEEDS_PERSON, "after the rollback something is not as it was"),
    ROW(PROVING, VERIFY_HOLD, NEEDS_PERSON, "whether all is as it was could not be answered"),
    ROW(PROVING, DEADLINE, NEEDS_PERSON, "the proof of the rollback takes longer than it may"),

    ROW(NEEDS_PERSON, GO_ASKED, ROLLING_BACK, "a person said go: it is taken back"),
    ROW(NEEDS_PERSON, ROLLBACK_ASKED, ROLLING_BACK, "a person asked for the way back"),
    ROW(NEEDS_PERSON, ABORT_ASKED, CLOSED, "a person took it over"),
    // Not on a person's word alone: it is verified like behind the deploy.
    {FLIGHT_NEEDS_PERSON, OCCURRED_WATCH_ASKED, GUARD_STANDS, FLIGHT_VERIFYING,
     "a person wants it watched on: all of it is verified again"},
    ROW(NEEDS_PERSON, DEADLINE, NEEDS_PERSON, "nobody answered: the person is called again"),

    // Over, and a person wants back: whole, or as a second person accepted it. Of one that is
    // rolled back there is something left when only one of its methods was asked for.
    LEFT_AGAIN(DONE),
    LEFT_AGAIN(CLOSED),
    LEFT_AGAIN(ROLLED_BACK),
};
const size_t flight_n_transitions = sizeof flight_transitions / sizeof *flight_transitions;

// --- names

const char *flight_state_name(enum flight_state state)
{
    return states[state].name;
}

const char *flight_state_says(enum flight_state state)
{
    return states[state].says;
}

enum flight_state flight_state_named(const char *name)
{
    for (int state = 0; name != NULL && state < FLIGHT_STATE_COUNT; state++)
        if (strcmp(states[state].name, name) == 0)
            return (enum flight_state)state;
    return FLIGHT_STATE_COUNT;
}

const char *flight_occurrence_name(enum flight_occurrence occurrence)
{
    return occurrences[occurrence];
}

enum flight_action flight_state_action(enum flight_state state)
{
    return states[state].action;
}

bool flight_state_is_end(enum flight_state state)
{
    return states[state].action == ACTION_END;
}

int64_t flight_state_deadline_ms(enum flight_state state)
{
    return states[state].deadline_ms;
}

// --- transitions

static bool guard_holds(enum flight_guard guard, const struct flight_facts *facts)
{
    switch (guard) {
    case GUARD_ALWAYS: return true;
    case GUARD_UNCHANGED: return !facts->is_changed;
    case GUARD_CAN_GO_BACK: return facts->is_changed && facts->can_go_back;
    case GUARD_CANNOT: return facts->is_changed && !facts->can_go_back;
    case GUARD_OPEN: return facts->is_open;
    case GUARD_STANDS: return facts->stands;
    }
    bug("no guard %d", (int)guard);
}

const struct flight_transition *flight_transition_find(enum flight_state state,
                                                       enum flight_occurrence occurrence,
                                                       const struct flight_facts *facts)
{
    for (size_t i = 0; i < flight_n_transitions; i++) {
        const struct flight_transition *row = &flight_transitions[i];
        if (row->state == state && row->occurrence == occurrence && guard_holds(row->guard, facts))
            return row;
    }
    return NULL;
}

static const char *refusal_of_way_back(enum flight_state state)
{
    if (state == FLIGHT_ABORTED)
        return "nothing of it is on the target";
    if (state == FLIGHT_ROLLED_BACK)
        return "it is taken back already";
    if (flight_state_is_end(state))
        return "nothing shows that it comes back whole, and no second person accepted what is lost";
    return "it is being taken back already";
}

static const char *refusal_of_watch(enum flight_state state)
{
    if (state == FLIGHT_NEEDS_PERSON)
        return "not all of it stands: a step of the deploy is not done, or one was taken back";
    if (state == FLIGHT_HOLDING)
        return "it holds: tminus go goes on where it was held";
    return "only one that needs a person is sent back to its watch";
}

const char *flight_refusal(enum flight_state state, enum flight_occurrence occurrence)
{
    if (occurrence == OCCURRED_ROLLBACK_ASKED)
        return refusal_of_way_back(state);
    if (flight_state_is_end(state))
        return "the flight has ended";
    if (occurrence == OCCURRED_WATCH_ASKED)
        return refusal_of_watch(state);
    if (occurrence == OCCURRED_GO_ASKED)
        return "nothing is held: it goes on by itself";
    if (occurrence == OCCURRED_HOLD_ASKED && state == FLIGHT_NEEDS_PERSON)
        return "it waits for a person already";
    if (occurrence == OCCURRED_HOLD_ASKED || occurrence == OCCURRED_ABORT_ASKED)
        return "it is being taken back; a rollback is not stopped half-way";
    return "it cannot happen in this state";
}

// --- the diagram

void flight_states_draw(FILE *out)
{
    fputs("stateDiagram-v2\n    [*] --> polling\n", out);
    for (size_t i = 0; i < flight_n_transitions; i++) {
        const struct flight_transition *row = &flight_transitions[i];
        static const char *const guards[] = {[GUARD_ALWAYS] = "",
                                             [GUARD_UNCHANGED] = " [unchanged]",
                                             [GUARD_CAN_GO_BACK] = " [can go back]",
                                             [GUARD_CANNOT] = " [cannot go back]",
                                             [GUARD_OPEN] = " [a person is to accept]",
                                             [GUARD_STANDS] = " [all of it stands]"};
        if (row->next == FLIGHT_HELD) // to whichever it was
            fprintf(out, "    note right of %s : %s returns to the state that was held\n",
                    states[row->state].name, occurrences[row->occurrence]);
        else
            fprintf(out, "    %s --> %s : %s%s\n", states[row->state].name, states[row->next].name,
                    occurrences[row->occurrence], guards[row->guard]);
    }
    for (int state = 0; state < FLIGHT_STATE_COUNT; state++)
        if (states[state].action == ACTION_END)
            fprintf(out, "    %s --> [*]\n", states[state].name);
}
