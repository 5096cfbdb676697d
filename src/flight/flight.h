/*
 * Flight: one execution of a plan, as its journal tells it.
 *
 * Everything that is known of a flight is a fold over its events: after a crash, on another machine
 * and in `tminus status` the same events give the same view. An event says which state the flight
 * is in after it, so a view never depends on a later program's table.
 *
 * A step's effect stands between two events, its intent and its result. An intent without result
 * means that nobody knows: the step is read back before anything else happens.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_FLIGHT_H
#define FLIGHT_FLIGHT_H

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "flight/maintenance_lease.h"
#include "flight/states.h"
#include "journal/journal.h"

enum step_phase {
    STEP_PREPARE, // before T-0; does not touch the target
    STEP_DEPLOY,  // changes it
    STEP_BACK,    // takes back the step that `undoes` names
    STEP_PHASE_COUNT
};

enum step_state {
    STEP_PENDING,
    STEP_BEGUN, // intent without result
    STEP_DONE,
    STEP_FAILED,
    STEP_UNKNOWN,
    STEP_STATE_COUNT
};

struct step {
    const char *name; // unique within the flight: "migrate", "release.green", "back.migrate"
    enum step_phase phase;
    const char *kind;        // who does it: "migrate" "command" "tag" … (flight/step_kind.h)
    const char *const *argv; // what is run, NULL-terminated; NULL: `kind` needs none
    const char *undoes;      // of STEP_BACK: the step that it takes back; NULL: none
    int64_t timeout_ms;      // of one attempt
    const json_t *settings;  // what else the kind wants; borrowed; NULL
    // What became of it:
    enum step_state state;
    int64_t attempts;
    int64_t began_ms, ended_ms; // wall; 0: not yet
    bool left_nothing;          // it failed, and reading back showed that nothing of it was done
    const char *why;            // of the last result
};

// The ways back that one may ask for alone.
enum back_method {
    BACK_VERSION = 1,   // what ran before is deployed again, flags are off: all but the data
    BACK_MIGRATION = 2, // the migrations are undone
    BACK_WHOLE = BACK_VERSION | BACK_MIGRATION
};

// What the rehearsal answered when the flight began; what a rollback may lose.
struct flight_way_back {
    const char *class;                // "round_trip"; NULL: not known
    const char *reason;               // for people; NULL
    int64_t rows_lost;                // -1: not known
    const char *old_release_survives; // on the new schema: "PASS" "FAIL" "UNKNOWN"; NULL: UNKNOWN
};

struct flight_point {     // of the watch
    const char *name;     // "T+30 min"
    int64_t after_ms;     // after the verification
    int64_t tolerance_ms; // how late it may be checked; later it is missed, which is an alarm
    bool is_passed;
    int64_t missed_ms;  // when the alarm was raised; 0: it was not
    int64_t checked_ms; // when the check that passed began; 0: not yet
};

struct flight_gate {
    const char *name, *status, *observed; // status: "PASS" "FAIL" … (proof/result.h)
    bool is_required;
};

// Differences of which nobody can tell who made them, and the person who accepted them.
struct flight_acceptance {
    const char *open;     // what the flight holds for, by kinds (flight/acceptance.h); NULL: not
    const char *accepted; // the kinds that were accepted; NULL: none
    const char *by;       // who said go last; NULL
};

struct flight_poll {
    const char *verdict, *why; // verdict NULL: not polled yet
    struct flight_gate *gates; // worst first
    size_t n_gates;
};

// What a person asked for and nobody has answered yet.
struct flight_request {
    int64_t sequence; // of its event
    enum flight_occurrence occurrence;
    const char *actor, *reason;
    const char *answer; // of a go: what became of the unknown step: "done" "again"; NULL
    // Of a rollback:
    unsigned methods;       // of enum back_method
    const char *to;         // the version that is deployed again; NULL: the one of the plan
    const char *allowed_by; // what shows that it may be, or the second person who signed what is
                            // lost, in words; NULL: nothing but the plan's own evidence
    bool is_now;            // the step that runs is ended
};

struct flight {
    const char *id;
    const char *version, *digest, *service, *environment; // version, digest NULL: none
    const json_t *target; // the database that it began with (flight/binding.h); NULL: not noted
    enum flight_state state;
    enum flight_state held; // where `go` leads from FLIGHT_HOLDING
    int64_t started_ms;
    int64_t entered_ms;                     // of the state
    int64_t deployed_ms;                    // the first time that all was deployed; 0: not yet
    int64_t reached_ms[FLIGHT_STATE_COUNT]; // when it came into each state last; 0: never
    struct flight_poll poll;                // the last one
    int64_t start_at_ms;                    // T-0
    int64_t verified_ms;                    // the watch's clock starts here; 0: not yet
    struct flight_acceptance acceptance;
    struct maintenance_lease maintenance; // of its environment
    const char *why;                      // the last sentence
    bool is_after_release;                // it flies the migrations that run after the release
    int64_t n_after_release; // that waited for a flight of their own when this one began
    bool can_go_back;        // by class and proof of the rehearsal
    struct flight_way_back way_back;
    bool is_rolling_back;
    unsigned methods;   // that are flown back: of enum back_method
    struct step *steps; // in order; of STEP_BACK in the order of taking back
    size_t n_steps;
    struct flight_point *points;
    size_t n_points;
    struct flight_request *requests;
    size_t n_requests;
    // Events that people are called for: the last one, and the last one that they were called for,
    // whether or not anybody took it.
    int64_t alarm_sequence, called_sequence;
    int64_t last_sequence; // of its last event
    int64_t lost_ms; // nobody flew it, and the alarm was raised; 0: not, or somebody did since
};

// The events of a flight's start: what stands in the plan of it.
json_t *flight_plan_json(const struct flight *flight);

// Reads a journal for one flight, and what others append to it meanwhile.
struct flight_reader;
// The flight called `id`, of whichever environment; NULL: the last one of the service's environment
// (NULL: of any) that has begun, or that was asked back since.
struct flight_reader *flight_reader_make(TALLOC_CTX *mem, struct journal *journal,
                                         const char *service, const char *environment,
                                         const char *id);
// Does the event name no other service and environment? One journal may tell of several.
bool flight_event_is_of(const json_t *event, const char *service, const char *environment);
// The view after all events that there are now, NULL while there is no such flight. It is the
// reader's, and the same one until another flight begins. ERROR_INPUT: an event of it cannot be
// read.
MUST_CHECK bool flight_refresh(struct flight_reader *reader, struct flight **out,
                               struct error *err);

// The maintenance of the environment, also where no flight was begun.
const struct maintenance_lease *flight_reader_maintenance(const struct flight_reader *reader);

// The next step of the phase that the state works on, NULL: none is left. Steps back are only those
// whose step was begun.
struct step *flight_next_step(const struct flight *flight);
struct step *flight_step(const struct flight *flight, const char *name); // NULL: none
// Is this step back to be taken: was what it undoes begun, and is it of a method that is flown?
bool flight_is_called_for(const struct flight *flight, const struct step *step);
enum back_method flight_step_method(const struct step *step);
// The first step that was begun and that nothing takes back: whoever wrote it said so. NULL: none.
const struct step *flight_final_step(const struct flight *flight);
struct flight_facts flight_facts(const struct flight *flight);
// When the state ends by itself; 0: never.
int64_t flight_deadline_ms(const struct flight *flight);
// The next point of the watch; NULL: none is left.
const struct flight_point *flight_next_point(const struct flight *flight);
int64_t flight_point_ms(const struct flight *flight, const struct flight_point *point);
// Nobody checked it in time, and it still is to be checked.
bool flight_point_is_missed(const struct flight *flight, const struct flight_point *point,
                            int64_t now_ms);
// By how much it was checked later than it should; 0: it was not.
int64_t flight_point_late_ms(const struct flight *flight, const struct flight_point *point);
// Source: the runbook, "verify within 5 minutes"; counted from the end of the deploy.
#define FLIGHT_VERIFY_WITHIN_MS ((int64_t)5 * 60 * 1000)
#define FLIGHT_TOLERANCE_MS ((int64_t)5 * 60 * 1000) // of a point, where none is chosen
// By how much the verification came later, or is late by now; 0: it is in time, or there is none.
int64_t flight_verification_late_ms(const struct flight *flight, int64_t now_ms);
// Is it in a state in which its process is at work, or waits for T-0? Else people are waited for,
// or the timer of the watch.
bool flight_needs_pilot(const struct flight *flight);
// Is there an event that people are to be called for, and were not?
bool flight_is_call_due(const struct flight *flight);

const char *step_state_name(enum step_state state);
const char *step_phase_name(enum step_phase phase);
// STEP_STATE_COUNT, STEP_PHASE_COUNT: none of this name.
enum step_state step_state_named(const char *name);
enum step_phase step_phase_named(const char *name);

#endif
